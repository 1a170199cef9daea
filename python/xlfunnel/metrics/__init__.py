"""The arithmetic of the funnel. Everything here needs the standard library alone."""

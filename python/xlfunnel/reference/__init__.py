"""The reference pages, all derived from declarations: `python -m xlfunnel.reference` writes them."""

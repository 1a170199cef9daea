"""The capacity plan: its cells say what the functions compute from its inputs, also when the inputs are others."""

from __future__ import annotations

import pytest

from xlfunnel.ooxml.engine import errors, results
from xlfunnel.templates.build import build_template
from xlfunnel.templates.capacity_plan import TEMPLATE
from xlfunnel.templates.contents import BLANK, Contents
from xlfunnel.templates.edition import Edition


@pytest.mark.parametrize("contents", [TEMPLATE.example, BLANK], ids=["example", "blank"])
def test_no_cell_shows_an_error(contents: Contents) -> None:
    assert errors(results(build_template(TEMPLATE, Edition.FORMULAS, contents))) == []

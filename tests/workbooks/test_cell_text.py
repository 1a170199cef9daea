"""Untrusted text in cells."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from xlfunnel.workbooks.cell_text import LONGEST, cell_text, is_active, line_text, lines_needed, pixels


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ("Acme", "Acme"),
        ("Bell\x07", "Bell␇"),
        ("null\x00", "null␀"),
        ("deleted\x7f", "deleted␡"),
        ("line\r\nline", "line\nline"),
        ("line\rline", "line\nline"),
        ("tab\there", "tab\there"),
        ("\ud83d alone", "\ufffd alone"),
        ("\ufffe", "\ufffd"),
        ("𝄞 clef", "𝄞 clef"),
    ],
)
def test_what_a_cell_shows(given_: str, shown: str) -> None:
    assert cell_text(given_) == shown


@pytest.mark.parametrize("sign", ["x", "𝄞"])
def test_an_overlong_text_is_cut_with_a_note(sign: str) -> None:
    shown = cell_text(sign * 40_000)
    assert len(shown.encode("utf-16-le")) // 2 <= LONGEST
    assert shown.endswith("characters]")
    assert shown.startswith(sign * 1000)


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_every_text_becomes_one_that_xml_can_hold(text: str) -> None:
    shown = cell_text(text)
    assert fromstring(f"<t>{escape(shown)}</t>").text in {shown, None}
    assert cell_text(shown) == shown


@given(st.text(max_size=80))
def test_a_line_is_one_line(text: str) -> None:
    assert "\n" not in line_text(text)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_text_that_would_become_a_formula(text: str) -> None:
    assert is_active(text)


@given(st.text(min_size=1, max_size=200), st.floats(60, 600))
def test_narrower_cells_need_no_fewer_lines(text: str, width: float) -> None:
    assert lines_needed(text, width) >= lines_needed(text, width * 2) >= 1


def test_wider_text_takes_more_room() -> None:
    assert pixels("WWW") > pixels("iii")
    assert pixels("WWW", 20) == pytest.approx(2 * pixels("WWW", 10))

"""A definitions file says what was agreed, and nothing that is not a setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlfunnel.definitions import Definitions, read_definitions
from xlfunnel.errors import SettingsError


def read(folder: Path, text: str) -> Definitions:
    path = folder / "definitions.toml"
    path.write_text(text, encoding="utf-8")
    return read_definitions(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "window_day = 90",
            r"there is no setting window_day; the settings there are agreed, .*, window_days, workdays",
        ),
        ("window_days = 0", r"window_days.*greater than or equal to 1"),
        ('window_days = "some"', r"window_days.*all"),
        ('timezone = "Mars"', r'timezone: "Mars" is no time zone \(write it like "Europe/Berlin"\)'),
        ('workdays = "weekdays"', r"workdays: .*weekdays"),
        ("opens = 17\ncloses = 9", r"toml: closes must be after opens \(17\), received 9"),
        ('[stages]\n"Gone" = "away"', r"stages\.Gone: .*'open', 'won', 'lost' or 'no decision'"),
        ("[rates]\nEUR = -1", r"rates\.EUR: .*greater than 0"),
        ("version = ", r"cannot be read as TOML"),
    ],
)
def test_a_wrong_setting_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        read(tmp_path, text)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nothing\.toml cannot be read"):
        read_definitions(tmp_path / "nothing.toml")


def test_all_closed_deals_may_count(tmp_path: Path) -> None:
    assert read(tmp_path, "").window == 365
    assert read(tmp_path, "window_days = 90").window == 90
    assert read(tmp_path, 'window_days = "all"').window is None

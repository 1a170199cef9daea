"""The menu and the toolbar of the add-in, as LibreOffice's configuration holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from xlfunnel.calc.icons import BACK, DOWN, Shape, icon

PROTOCOL: Final = "xlfunnel:"
HANDLER: Final = "org.xlfunnel.calc.Commands"
"""The implementation that `commands` registers."""
MENU: Final = "org.xlfunnel.calc.menu"
TOOLBAR: Final = "org.xlfunnel.calc.toolbar"
TITLE: Final = "xlfunnel"
CALC: Final = "com.sun.star.sheet.SpreadsheetDocument"
SIZES: Final = {"ImageSmall": 16, "ImageBig": 26}
"""What LibreOffice calls the pictures of a command, and their pixels."""

_SPACES: Final = 'xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"'


@dataclass(frozen=True)
class Command:
    """An entry of the menu and a button of the toolbar."""

    name: str
    title: str
    shape: Shape

    @property
    def address(self) -> str:
        """What is dispatched."""
        return f"{PROTOCOL}{self.name}"

    def picture(self, size: int) -> str:
        """The name of its picture in the extension."""
        return f"icons/{self.name}_{size}.png"


COMMANDS: Final = (Command("refresh", "Refresh from export…", DOWN), Command("undo", "Undo refresh", BACK))


def menu_parts() -> dict[str, str]:
    """The configuration by its names in the extension."""
    return {"Addons.xcu": _addons(), "CalcWindowState.xcu": _window_state(), "ProtocolHandler.xcu": _protocol()}


def pictures() -> dict[str, bytes]:
    """The icons by their names in the extension."""
    return {command.picture(size): icon(command.shape, size) for command in COMMANDS for size in SIZES.values()}


def _addons() -> str:
    items = "".join(
        _node(f"m{index}", _text("URL", command.address) + _title(command.title) + _text("Context", CALC))
        for index, command in enumerate(COMMANDS)
    )
    menu = _node(MENU, _title(TITLE) + _text("Context", CALC) + f'<node oor:name="Submenu">{items}</node>')
    images = "".join(_node(f"{HANDLER}.{command.name}", _images(command)) for command in COMMANDS)
    return _component(
        "Addons",
        "org.openoffice.Office",
        '<node oor:name="AddonUI">'
        f'<node oor:name="OfficeMenuBar">{menu}</node>'
        f'<node oor:name="OfficeToolBar">{_node(TOOLBAR, items)}</node>'
        f'<node oor:name="Images">{images}</node>'
        "</node>",
    )


def _images(command: Command) -> str:
    urls = "".join(_text(f"{name}URL", f"%origin%/{command.picture(size)}") for name, size in SIZES.items())
    return f'{_text("URL", command.address)}<node oor:name="UserDefinedImages">{urls}</node>'


def _window_state() -> str:
    """The name of the toolbar in the list of all toolbars."""
    name = f"private:resource/toolbar/addon_{TOOLBAR}"
    state = _node(name, f'<prop oor:name="UIName"><value xml:lang="en-US">{TITLE}</value></prop>')
    return _component(
        "CalcWindowState",
        "org.openoffice.Office.UI",
        f'<node oor:name="UIElements"><node oor:name="States">{state}</node></node>',
    )


def _protocol() -> str:
    handler = _node(
        HANDLER, f'<prop oor:name="Protocols" oor:type="oor:string-list"><value>{PROTOCOL}*</value></prop>'
    )
    return _component("ProtocolHandler", "org.openoffice.Office", f'<node oor:name="HandlerSet">{handler}</node>')


def _component(name: str, package: str, nodes: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<oor:component-data {_SPACES} oor:name="{name}" oor:package="{package}">{nodes}</oor:component-data>\n'
    )


def _node(name: str, inside: str) -> str:
    return f'<node oor:name="{name}" oor:op="replace">{inside}</node>\n'


def _text(name: str, value: str) -> str:
    return f'<prop oor:name="{name}" oor:type="xs:string"><value>{value}</value></prop>'


def _title(words: str) -> str:
    return f'<prop oor:name="Title" oor:type="xs:string"><value xml:lang="en-US">{words}</value></prop>'

"""XML as a tree that is written back as it was read: prefixes, order of attributes, comments and all white space."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat
from xml.sax.saxutils import unescape

from xlfunnel.ooxml.faults import DamagedWorkbook, UnsafeWorkbook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DECLARATION = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
DEEPEST = 200
"""Levels of elements; no part of a workbook has nearly so many."""

_TWO_BYTES = frozenset((b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<"))
"""How a part begins whose signs take two bytes each."""
_FOREIGN = re.compile(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8)", re.IGNORECASE)
_TEXT_SIGNS = re.compile("[&<>\r]")
_ATTRIBUTE_SIGNS = re.compile('[&<>"\t\n\r]')
_QUOTES = {"&quot;": '"', "&apos;": "'"}
"""Signs that a program may spell out, besides those that XML requires."""
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


@dataclass(frozen=True)
class Verbatim:
    """A comment or processing instruction, as it stands."""

    markup: str


@dataclass(eq=False, slots=True)
class Element:
    """One element: its name with the prefix as written, its attributes as written, and what it holds."""

    name: str
    scope: Mapping[str, str]
    """Which namespace each prefix means here."""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str | Verbatim] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        """What stands before the colon; empty without one."""
        return self.name.rpartition(":")[0]

    @property
    def local(self) -> str:
        """The name without its prefix."""
        return self.name.rpartition(":")[2]

    @property
    def namespace(self) -> str:
        """The namespace that the prefix means."""
        return self.scope.get(self.prefix, "")

    @property
    def text(self) -> str:
        """The text directly in this element."""
        children = self.children
        if len(children) == 1 and isinstance(children[0], str):
            return children[0]
        return "".join(child for child in children if isinstance(child, str))

    def whole(self, attribute: str, otherwise: int = 0) -> int:
        """An attribute as a whole number; `otherwise` where it is missing or none."""
        text = self.attributes.get(attribute, "").strip()
        return int(text) if text.isascii() and text.isdigit() else otherwise

    def elements(self, local: str = "") -> Iterator[Element]:
        """The elements directly in this one, all or those of a local name."""
        prefixed = f":{local}"
        for child in self.children:
            if isinstance(child, Element) and (not local or child.name == local or child.name.endswith(prefixed)):
                yield child

    def child(self, local: str) -> Element | None:
        """The first element of that local name directly in this one."""
        return next(self.elements(local), None)

    def below(self, local: str) -> Iterator[Element]:
        """All elements of that local name, however deep."""
        waiting = self.children[::-1]
        while waiting:
            child = waiting.pop()
            if isinstance(child, Element):
                if child.local == local:
                    yield child
                waiting += child.children[::-1]

    def related(self, local: str = "id") -> str | None:
        """The value of an attribute that names a relationship, such as r:id."""
        for name, value in self.attributes.items():
            prefix, _, end = name.rpartition(":")
            if end == local and prefix and self.scope.get(prefix, "").endswith("/relationships"):
                return value
        return None

    def new(self, local: str, attributes: dict[str, str] | None = None, text: str = "") -> Element:
        """An element of this one's namespace that is in no tree yet."""
        name = f"{self.prefix}:{local}" if self.prefix else local
        return Element(name, self.scope, attributes or {}, [text] if text else [])

    def remove(self, child: Element) -> None:
        """Take out an element that is directly in this one."""
        self.children = [held for held in self.children if held is not child]

    def insert(self, child: Element, before: frozenset[str]) -> None:
        """Put an element before the first one of these local names, or at the end."""
        places = (
            index for index, held in enumerate(self.children) if isinstance(held, Element) and held.local in before
        )
        self.children.insert(next(places, len(self.children)), child)


def parse(content: bytes, part: str) -> Element:
    """The root element of a part. Raises `DamagedWorkbook`, or `UnsafeWorkbook` where it declares a document type."""
    reader = _Reader(part, content.count(b"xmlns") if content[:2] not in _TWO_BYTES else len(content))
    _read(reader.parser(), content, part)
    return reader.root


def is_plain(content: bytes) -> bool:
    """Whether a part is in UTF-8 and without comments among its elements, so that these can be cut out of it."""
    if content[:2] in _TWO_BYTES or _FOREIGN.match(content) is not None:
        return False
    return b"!" not in content or b"<!" not in content  # one rare sign is found many times faster


def check_well_formed(content: bytes, part: str) -> None:
    """Raise what `parse` raises, without the tree."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _Reader(part).refuse
    _read(parser, content, part)


def _read(parser: expat.XMLParserType, content: bytes, part: str) -> None:
    try:
        parser.Parse(content, True)  # noqa: FBT003  # the parser takes no names
    except (expat.ExpatError, LookupError) as fault:  # LookupError: an encoding that does not exist
        msg = f"its part {part} is damaged ({fault})"
        raise DamagedWorkbook(msg) from fault


def serialised(root: Element) -> bytes:
    """A part as UTF-8, with its declaration.

    >>> serialised(parse(b'<a:b xmlns:a="urn:x"><a:c d="1 &amp; 2"/></a:b>', "doctest")).partition(b"\\n")[2]
    b'<a:b xmlns:a="urn:x"><a:c d="1 &amp; 2"/></a:b>'
    """
    return DECLARATION + fragment(root)


def fragment(element: Element) -> bytes:
    """One element and what it holds, as UTF-8."""
    pieces: list[str] = []
    _write(element, pieces)
    return "".join(pieces).encode()


def escaped(text: str) -> str:
    """Text as it stands between two tags."""
    return _TEXT_SIGNS.sub(lambda sign: _ESCAPES[sign[0]], text) if _TEXT_SIGNS.search(text) else text


def unescaped(text: str) -> str:
    """What text says that stands between two tags and names no sign by its number.

    >>> unescaped('IF(A1&gt;1,&quot;&amp;&quot;)')
    'IF(A1>1,"&")'
    """
    return unescape(text, _QUOTES) if "&" in text else text


def escaped_attribute(text: str) -> str:
    """Text as it stands between the quotes of an attribute."""
    return _ATTRIBUTE_SIGNS.sub(lambda sign: _ESCAPES[sign[0]], text) if text else text


def _write(element: Element, pieces: list[str]) -> None:
    pieces.append(f"<{element.name}")
    for name, value in element.attributes.items():
        pieces.append(f' {name}="{escaped_attribute(value)}"')
    if not element.children:
        pieces.append("/>")
        return
    pieces.append(">")
    for child in element.children:
        if isinstance(child, str):
            pieces.append(escaped(child))
        elif isinstance(child, Verbatim):
            pieces.append(child.markup)
        else:
            _write(child, pieces)
    pieces.append(f"</{element.name}>")


class _Reader:
    """Builds the tree while the parser reads."""

    def __init__(self, part: str, declarations: int = 0) -> None:
        self.part = part
        self._declarations = declarations
        """How many declarations of namespaces are to come, at most: most elements have none."""
        self._open: list[Element] = []
        self.root = Element("", {})

    def parser(self) -> expat.XMLParserType:
        """A parser that builds here; not kept, so that both are gone as soon as the part is read."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self.refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._keep
        parser.CommentHandler = lambda text: self._keep(Verbatim(f"<!--{text}-->"))
        parser.ProcessingInstructionHandler = lambda target, data: self._keep(Verbatim(f"<?{target} {data}?>"))
        return parser

    def refuse(self, *_: object) -> None:
        """Stop at a document type."""
        msg = f"its part {self.part} declares a document type, which could define XML entities"
        raise UnsafeWorkbook(msg)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        held = self._open
        scope = held[-1].scope if held else {"xml": "http://www.w3.org/XML/1998/namespace"}
        if self._declarations and (declared := _declared(attributes)):
            self._declarations -= len(declared)
            scope = {**scope, **declared}
        element = Element(name, scope, attributes, [])
        if held:
            held[-1].children.append(element)
        else:
            self.root = element
        held.append(element)
        if len(held) > DEEPEST:
            msg = f"its part {self.part} has more than {DEEPEST} levels of elements"
            raise UnsafeWorkbook(msg)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _keep(self, held: str | Verbatim) -> None:
        if self._open:  # what stands outside the root says nothing that a workbook needs
            self._open[-1].children.append(held)


def _declared(attributes: Mapping[str, str]) -> dict[str, str]:
    """The namespaces that an element declares, by prefix."""
    return {
        key.partition(":")[2]: value
        for key, value in attributes.items()
        if key == "xmlns" or key.startswith("xmlns:")
    }

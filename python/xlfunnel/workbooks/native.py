"""Formulas that call our functions, said in the functions that every spreadsheet has.

The translation is of text alone: nothing is computed. Where our function answers a number, the native formula gives
the same; where ours answers an error, so does the native one:

- an error in an input comes back unchanged, a blank input gives `#N/A`, a number out of range `#NUM!`, a division by
  nothing `#DIV/0!`;
- text in place of a number gives `#N/A` or `#VALUE!` (ours says `#VALUE!`), and where several inputs are wrong
  another of their errors may be told;
- digits that a formula inside the call makes as text (`LEFT(A1,2)`) count as a number, and LibreOffice takes TRUE
  for 1, as it does for our functions;
- a chance is one less a sum, so that one below a millionth keeps fewer digits than ours.

The guard around a formula says this in one line: `IF(` a number out of range `,#NUM!,IF(COUNT(` inputs `)=` how many
`,` the formula `,#N/A))`. Numbers that are typed into the formula and answers of our own functions need none.
Array formulas, LET and other functions newer than Excel 2013 are not used.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from xlfunnel.argument import REQUIRED
from xlfunnel.catalog import CATALOG
from xlfunnel.errors import XlfunnelError
from xlfunnel.units import Vector, Word
from xlfunnel.workbooks.formula_pieces import Piece, Token, UnreadableFormula
from xlfunnel.workbooks.native_functions import BY_WORD, CELLS, FUTURE, REASONS, SCALARS, Equivalent, TableCell
from xlfunnel.workbooks.native_guard import Given, complete, faults
from xlfunnel.workbooks.native_operands import (
    Call,
    Form,
    Operand,
    Parts,
    calls,
    operand,
    parsed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from xlfunnel.argument import Argument
    from xlfunnel.metric import Metric

    AnyMetric = Metric[Any, Any]


class NoEquivalent(XlfunnelError):
    """A call of a function of ours that no native formula can replace."""

    def __init__(self, function: str, reason: str) -> None:
        super().__init__(f"{function} has no native form here: {reason}")
        self.function = function
        self.reason = reason


def native(formula: str, pairs: Mapping[str, str] = MappingProxyType({})) -> str:
    """The formula with native functions in place of ours, everything else as it stands.

    With or without its equals sign, as it came. `pairs` are whole formulas, without equals sign, that have a native
    twin of their own; they come first. Raises `NoEquivalent` where a call of ours has no native form.

    >>> native("=MARKETING_CAC(B2,C2)")
    '=IF(MIN(B2,C2)<0,#NUM!,IF(COUNT(B2,C2)=2,C2/B2,#N/A))'
    >>> native("=SUM(B2:B9)")
    '=SUM(B2:B9)'
    """
    inside = formula.removeprefix("=")
    sign = formula[: len(formula) - len(inside)]
    if inside in pairs:
        return sign + pairs[inside].removeprefix("=")
    named = _spelled(inside)
    return sign + _native(inside, named[0]) if named else formula


@lru_cache(maxsize=8_192)
def _spelled(formula: str) -> tuple[str, ...]:
    """Our functions whose name stands before a bracket in a formula, be it in a text."""
    capitals = formula.upper()
    return tuple(name for name in CATALOG if f"{name}(" in capitals)


@lru_cache(maxsize=2_048)
def _native(formula: str, named: str) -> str:
    try:
        parts = parsed("=" + formula)
    except UnreadableFormula as fault:
        raise NoEquivalent(named, str(fault)) from fault
    return _translated(parts)


def functions_used(formula: str) -> tuple[str, ...]:
    """Names of our functions that a formula calls, in order, each once.

    >>> functions_used('=IF(A1>0,ltv_to_cac(CUSTOMER_LTV(A1,B1,C1),D1),"DEALS_NEEDED(")')
    ('LTV_TO_CAC', 'CUSTOMER_LTV')
    """
    if not _spelled(formula.removeprefix("=")):
        return ()
    names = (call.name for call in calls(parsed("=" + formula.removeprefix("="))))
    return tuple(dict.fromkeys(name for name in names if name in CATALOG))


def equivalents() -> Mapping[str, str]:
    """Every function of ours in the catalog's order: "yes", "cell by cell" or the reason why it has no native form.

    >>> equivalents()["DEALS_NEEDED"], equivalents()["FUNNEL_FORWARD"]
    ('yes', 'cell by cell')
    """
    return {name: _verdict(metric) for name, metric in CATALOG.items()}


def _verdict(metric: AnyMetric) -> str:
    if metric.name in SCALARS or metric.name in BY_WORD:
        return "yes"
    return "cell by cell" if metric.name in CELLS else _reason(metric)


def _reason(metric: AnyMetric) -> str:
    spills = "it spills a table from columns of records" if metric.signature.takes_records else "it spills a table"
    return REASONS.get(metric.name, spills)


# -- from the outer call to the inner ones ---------------------------------------------------------------------


def _translated(parts: Parts) -> str:
    """The parts as text with every call of ours replaced, in brackets where it stands beside an operator."""
    alone = sum(isinstance(part, Call) or part.type != Token.WSPACE for part in parts) == 1
    return "".join(
        part.text if isinstance(part, Piece) else part.before + _bracketed(_called(part), alone=alone)
        for part in parts
    )


def _bracketed(text: str, *, alone: bool) -> str:
    return text if alone or operand(parsed("=" + text)).atomic else f"({text})"


def _called(call: Call) -> str:
    """A call as text, its own name and those in its arguments replaced where they are ours."""
    if call.name in CATALOG:
        return _replaced(call, CATALOG[call.name])
    inner = _inner_table(call)
    if inner is not None:
        return _table_cell(call, inner)
    opening = call.opening[len(call.before) :]
    return f"{opening}{','.join(_translated(argument) for argument in call.arguments)})"


def _replaced(call: Call, metric: AnyMetric) -> str:
    if metric.name in BY_WORD:
        option, forms = BY_WORD[metric.name]
        given = _given(call, metric)
        word = _word(metric, given.pop(option, None))
        return _written(metric, forms[word], given)
    if metric.name not in SCALARS:
        raise NoEquivalent(metric.name, _reason(metric))
    return _written(metric, SCALARS[metric.name], _given(call, metric))


def _inner_table(call: Call) -> Call | None:
    """The table function of ours whose cell an INDEX with a row and a column takes."""
    if call.name != "INDEX" or not call.arguments:
        return None
    kept = [part for part in call.arguments[0] if isinstance(part, Call) or part.type != Token.WSPACE]
    if len(kept) == 1 and isinstance(kept[0], Call) and kept[0].name in CATALOG and CATALOG[kept[0].name].spills:
        return kept[0]
    return None


def _table_cell(call: Call, inner: Call) -> str:
    metric = CATALOG[inner.name]
    if metric.name not in CELLS:
        raise NoEquivalent(metric.name, _reason(metric))
    places = [operand(argument).numbers for argument in call.arguments[1:]]
    if len(places) != 2 or not all(len(place) == 1 and place[0].is_integer() for place in places):
        raise NoEquivalent(metric.name, "INDEX must take row and column as typed numbers")
    given = _given(inner, metric)
    options = [argument.name for argument in metric.arguments if isinstance(argument.kind, Word)]
    words = {name: _word(metric, given.pop(name)) for name in options if name in given}
    row, column = (int(place[0]) for place in places)
    form = CELLS[metric.name](TableCell(row, column, words))
    if form is None:
        told = f" with {', '.join(words.values())}" if words else ""
        raise NoEquivalent(metric.name, f"row {row}, column {column}{told} has no short formula")
    return _written(metric, form, given)


def _word(metric: AnyMetric, given: Given | None) -> str:
    """The option word that stands in the formula."""
    if given is None or given.operand.form is not Form.WORD:
        raise NoEquivalent(metric.name, "its option must stand in the formula as a word")
    assert isinstance(given.argument.kind, Word)  # noqa: S101
    word = given.operand.word.strip().casefold()
    if word not in set(given.argument.kind.options):
        raise NoEquivalent(metric.name, f"{given.argument.name} must be {given.argument.kind.rule}")
    return word


def _given(call: Call, metric: AnyMetric) -> dict[str, Given]:
    """What the call gives for each argument; raises `NoEquivalent` where our function answers no single number."""
    if len(call.arguments) > len(metric.arguments):
        raise NoEquivalent(metric.name, f"it takes at most {len(metric.arguments)} arguments")
    found: dict[str, Given] = {}
    for argument, parts in zip(metric.arguments, call.arguments, strict=False):
        one = _argument(metric, argument, parts)
        if one.operand.form is not Form.OMITTED:
            found[argument.name] = one
    missing = [a.name for a in metric.arguments if a.required and a.name not in found]
    if missing:
        raise NoEquivalent(metric.name, f"{missing[0]} is missing")
    return found


def _argument(metric: AnyMetric, argument: Argument, parts: Parts) -> Given:
    is_call = [part for part in parts if isinstance(part, Call) or part.type != Token.WSPACE]
    answer = None
    if len(is_call) == 1 and isinstance(is_call[0], Call):
        answer = CATALOG.get(is_call[0].name)
    # The shape is told by what was written, the text by what it became.
    one = replace(operand(parsed("=" + _translated(parts))), shape=operand(parts).shape)
    given = Given(argument, one, answer)
    if isinstance(argument.kind, Word):
        return given
    if one.form is Form.WORD:
        raise NoEquivalent(metric.name, f"{argument.name} is a text")
    if isinstance(argument.kind, Vector):
        size = len(one.numbers) or (one.shape.rows or 0) * (one.shape.columns or 0)
        if one.shape.is_block or (argument.kind.length and size not in {0, argument.kind.length}):
            raise NoEquivalent(metric.name, f"{argument.name} must be {argument.kind.rule}")
        return given
    if one.shape.is_many or len(one.numbers) > 1:
        raise NoEquivalent(metric.name, f"{argument.name} takes one value here: a range would spill")
    if not argument.required and one.form is Form.EXPRESSION and answer is None:
        # The expression may give "", which means the default.
        return replace(given, operand=_defaulted(one, argument.default))
    return given


def _defaulted(one: Operand, default: float) -> Operand:
    return replace(one, text=f'IF({one.text}="",{default:g},{one.text})', atomic=True)


# -- one call written out --------------------------------------------------------------------------------------


def _written(metric: AnyMetric, form: Equivalent, given: Mapping[str, Given]) -> str:
    """The native formula of one call: its body inside its guard."""
    for name, reason in form.refused.items():
        if name in given:
            raise NoEquivalent(metric.name, f"with {name}, {reason}")
    numbers = {name: one for name, one in given.items() if not isinstance(one.argument.kind, Word)}
    fill = _filler(metric, numbers)
    body = _filled(_body(metric, form, numbers), fill)
    if form.option in given:
        body = _times(body, _factor(metric, form, given[form.option]))
    guards = [one for one in numbers.values() if not one.is_sound]
    wrong = [*faults(guards), *(_filled(text, fill) for text in form.out_of_range)]
    counted = complete(guards)
    if counted:
        body = f"IF({counted},{body},#N/A)"
    if not wrong:
        return body
    condition = wrong[0] if len(wrong) == 1 else f"OR({','.join(wrong)})"
    return f"IF({condition},#NUM!,{body})"


def _body(metric: AnyMetric, form: Equivalent, given: Mapping[str, Given]) -> str:
    """The body that mentions just the optional arguments that are given, else the one that mentions them all."""
    for name, body in form.whole.items():
        if given[name].is_whole:
            return body
    optional = {argument.name for argument in metric.arguments if argument.default is not REQUIRED}
    for body in form.bodies:
        if _mentioned(body) & optional == optional & set(given):
            return body
    return form.bodies[0]


def _mentioned(body: str) -> set[str]:
    return {piece.text for piece in _pieces(parsed("=" + body)) if piece.subtype == Token.RANGE}


def _pieces(parts: Parts) -> Iterator[Piece]:
    for part in parts:
        if isinstance(part, Piece):
            yield part
        else:
            for argument in part.arguments:
                yield from _pieces(argument)


def _filler(metric: AnyMetric, given: Mapping[str, Given]) -> Callable[[str, str, bool], str]:
    """Gives the text for an argument's name, by the function around it and whether it stands alone there."""
    arguments = {argument.name: argument for argument in metric.arguments}

    def fill(name: str, inside: str, alone: bool) -> str:
        one = given.get(name)
        if one is None:
            return f"{arguments[name].default:g}"
        text = one.operand.text
        if one.is_optional_cell and inside != "SUM":  # SUM passes over blanks by itself
            return f"N({text})" if not one.argument.default else f'IF({text}="",{one.argument.default:g},{text})'
        return text if alone or one.operand.atomic else f"({text})"

    return fill


def _filled(template: str, fill: Callable[[str, str, bool], str]) -> str:
    """A formula over argument names with the arguments in their place."""
    return _filled_parts(parsed("=" + template), "", fill)


def _filled_parts(parts: Parts, inside: str, fill: Callable[[str, str, bool], str]) -> str:
    found: list[str] = []
    for part in parts:
        if isinstance(part, Call):
            arguments = (_filled_parts(argument, part.name, fill) for argument in part.arguments)
            found.append(f"{part.opening}{','.join(arguments)})")
        elif part.subtype == Token.RANGE:
            found.append(fill(part.text, inside, len(parts) == 1))
        else:
            found.append(part.text)
    return "".join(found)


def _factor(metric: AnyMetric, form: Equivalent, option: Given) -> str:
    """The factor for an option: of its word, or of the cell that holds the word."""
    if option.operand.form is Form.WORD:
        return form.factors[_word(metric, option)]
    if option.operand.form is not Form.REFERENCE or option.operand.shape.is_many:
        raise NoEquivalent(metric.name, f"{option.argument.name} must be a word or a cell that holds one")
    cell = option.operand.text
    chain = "#VALUE!"
    for word, factor in reversed(list(form.factors.items())):
        chain = f'IF(TRIM({cell})="{word}",{factor},{chain})'
    return f'IF({cell}="",{form.factors[str(option.argument.default)]},{chain})'


def _times(body: str, factor: str) -> str:
    return body if factor == "1" else f"{body}*{factor}"


# -- how a file spells newer functions -------------------------------------------------------------------------


def file_form(formula: str) -> str:
    """The formula as a file spells it: functions that came after Excel 2007 carry a prefix there.

    A formula that has its prefixes already stays as it is. Raises `UnreadableFormula`.

    >>> file_form('=NORM.S.INV(A1)&"NORM.S.INV("')
    '=_xlfn.NORM.S.INV(A1)&"NORM.S.INV("'
    """
    inside = formula.removeprefix("=")
    return formula[: len(formula) - len(inside)] + _prefixed(parsed("=" + inside))


def _prefixed(parts: Parts) -> str:
    found: list[str] = []
    for part in parts:
        if isinstance(part, Piece):
            found.append(part.text)
            continue
        name = part.opening[len(part.before) :]
        prefix = FUTURE.get(name.removesuffix("(").upper(), "")
        found.append(f"{part.before}{prefix}{name}{','.join(map(_prefixed, part.arguments))})")
    return "".join(found)

"""The rules that hold for every function of the catalog, tried on every function of the catalog."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from xlfunnel.argument import REQUIRED, Argument
from xlfunnel.catalog import CATALOG, find, grouped
from xlfunnel.errors import METRIC_ERRORS, ExcelCode, MetricError
from xlfunnel.evaluate import evaluate
from xlfunnel.metric import Metric
from xlfunnel.table import Table
from xlfunnel.units import (
    Anything,
    Flag,
    Grid,
    Label,
    Moment,
    Number,
    RecordGrid,
    Records,
    Vector,
    Window,
    Word,
)

AnyMetric = Metric[Any, Any]
METRICS = list(CATALOG.values())
SINGLE = (Number, Moment, Label, Flag, Word, Window)
each_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)


def arguments_where(condition: Callable[[Argument], object], *, shown: bool = False, spills: bool = True) -> Any:
    """Every (metric, index) whose argument meets the condition.

    `shown` leaves out arguments that the metric's example leaves out, `spills` set to False metrics that spill.
    """
    cases = [
        pytest.param(metric, index, id=f"{metric.name}-{argument.name}")
        for metric in METRICS
        for index, argument in enumerate(metric.arguments)
        if condition(argument) and not isinstance(argument.kind, Anything)
        if not shown or (index < len(metric.example.args) and metric.example.args[index] is not None)
        if spills or not metric.spills
    ]
    return pytest.mark.parametrize(("metric", "index"), cases)


def metrics_where(condition: Callable[[AnyMetric], object]) -> Any:
    """Every metric that meets the condition."""
    return pytest.mark.parametrize("metric", [m for m in METRICS if condition(m)], ids=lambda m: m.name)


def code_of(metric: AnyMetric, values: list[Any]) -> str:
    try:
        return repr(evaluate(metric, values))
    except MetricError as fault:
        return str(fault.code) if str(fault).strip() else "an error that does not say what is wrong"


def example_with(metric: AnyMetric, index: int, value: Any) -> list[Any]:
    """The metric's example with one argument replaced; arguments before it that the example leaves out are blank."""
    values = list(metric.example.args)
    values += [None] * (index + 1 - len(values))
    values[index] = value
    return values


def spoiled(metric: AnyMetric, index: int, cell: Any) -> Any:
    """The argument's example with one cell replaced: the only cell, or the last one of a range."""
    kind = metric.arguments[index].kind
    if isinstance(kind, SINGLE):
        return cell
    shown = metric.example.args[index] if index < len(metric.example.args) else ()
    values = [list(item) if isinstance(item, (list, tuple)) else item for item in shown] or [cell]
    if isinstance(values[-1], list):
        values[-1][-1] = cell
    else:
        values[-1] = cell
    return values


def close(got: Any, wanted: Any) -> bool:
    if isinstance(got, MetricError):
        return got.code == (wanted.code if isinstance(wanted, MetricError) else wanted)
    if isinstance(wanted, (int, float)) and isinstance(got, (int, float)):
        return math.isclose(got, wanted, rel_tol=1e-9, abs_tol=1e-9)
    return bool(got == wanted)


def cell_kind(argument: Argument) -> Any:
    return getattr(argument.kind, "of", argument.kind)


@each_metric
def test_the_example_answers_what_it_says(metric: AnyMetric) -> None:
    answer = evaluate(metric, metric.example.args)
    wanted = metric.example.result
    if not isinstance(answer, Table):
        assert close(answer, wanted), answer
        return
    got = (answer.header, *answer.rows)
    assert len(got) == len(wanted), got
    for row, wanted_row in zip(got, wanted, strict=True):
        assert len(row) == len(wanted_row), row
        assert all(close(a, b) for a, b in zip(row, wanted_row, strict=True)), (row, wanted_row)


@each_metric
def test_the_declaration_says_everything(metric: AnyMetric) -> None:
    assert metric.meaning.endswith((".", "wrong with the arguments of a function."))
    assert metric.source
    assert metric.caution.endswith(".")
    assert metric.formula or metric.name.startswith("METRIC_")
    assert all(argument.meaning for argument in metric.arguments)


@each_metric
def test_no_arguments_at_all_is_a_missing_input(metric: AnyMetric) -> None:
    assert code_of(metric, []) == "#N/A"


@metrics_where(lambda m: not m.arguments[-1].varying)
def test_one_argument_too_many_is_a_wrong_shape(metric: AnyMetric) -> None:
    values = [*metric.example.args, *([None] * (len(metric.arguments) - len(metric.example.args))), 1]
    assert code_of(metric, values) == "#VALUE!"


@arguments_where(lambda a: a.required)
def test_a_blank_required_input_is_not_available(metric: AnyMetric, index: int) -> None:
    assert code_of(metric, example_with(metric, index, None)) == "#N/A"
    assert code_of(metric, example_with(metric, index, "")) == "#N/A"
    if not getattr(metric.arguments[index].kind, "blanks", False):
        assert code_of(metric, example_with(metric, index, [[None]])) == "#N/A"


def test_a_column_of_blanks_is_a_column_where_blanks_mean_something() -> None:
    qualified = [[datetime(2026, 9, 1)], [datetime(2026, 9, 2)]]
    as_of = datetime(2026, 9, 30)
    assert evaluate(find("FOLLOW_UP_RATE"), [qualified, [[None], [None]], as_of]) == 0
    assert evaluate(find("FOLLOW_UP_RATE"), [[[as_of]], [[None]], as_of]) == 0


def test_a_group_of_spaces_is_a_group_without_a_name() -> None:
    day = date(2026, 1, 1)
    groups = evaluate(find("VELOCITY_BY"), [[" ", None, "a"], ["open"] * 3, [1] * 3, [day] * 3, [None] * 3, day])
    assert isinstance(groups, Table)
    assert [row[:2] for row in groups.rows] == [("a", 1), ("(blank)", 2), ("Total", 3)]
    assert evaluate(find("SOURCED_SHARE"), [[1, 3], ["a", "b"], ["a", " "]]) == 0.25
    assert code_of(find("CAC_BY_CHANNEL"), [["a", " "], [1, 1], [1, 1], [1, 1], 1]) == "#N/A"


def test_of_several_faults_the_gravest_is_told() -> None:
    deals = ["won", "won"], [date(2026, 1, 1), "x"], [date(2026, 1, 9), None]
    status, created, closed = deals
    cycle = find("SALES_CYCLE")
    assert code_of(cycle, [created, closed, [None, "won"]]) == "#N/A"
    assert code_of(cycle, [created, closed, status, "no such word"]) == "#VALUE!"
    assert code_of(cycle, [[1.5, -1], closed, status, "no such word"]) == "#VALUE!"
    assert code_of(cycle, [[1.5, -1], [*closed, None], [*status, ExcelCode.REF]]) == "#REF!"
    assert code_of(find("MIX_GAP"), [1, [0.5, 0.5], [[0.5, "x"], [None, 2]], [1, 1], [1, 1]]) == "#N/A"


@arguments_where(lambda a: not a.required)
def test_a_blank_optional_input_takes_the_default(metric: AnyMetric, index: int) -> None:
    default = metric.arguments[index].default
    assert default is not REQUIRED
    given = default.value if hasattr(default, "value") else default
    left_out = code_of(metric, example_with(metric, index, None))
    assert left_out == code_of(metric, example_with(metric, index, given if given != () else None))


@arguments_where(lambda _: True)
@pytest.mark.parametrize("error", [ExcelCode.NA, ExcelCode.DIV0, ExcelCode.REF])
def test_an_error_in_an_input_comes_back_unchanged(metric: AnyMetric, index: int, error: ExcelCode) -> None:
    assert code_of(metric, example_with(metric, index, spoiled(metric, index, error))) == error


@arguments_where(lambda _: True)
def test_an_error_in_an_input_outranks_every_other_fault(metric: AnyMetric, index: int) -> None:
    values = example_with(metric, index, spoiled(metric, index, ExcelCode.REF))
    values[0 if index else -1] = ExcelCode.REF if len(values) == 1 else None
    assert code_of(metric, values) == "#REF!"


@arguments_where(lambda a: isinstance(cell_kind(a), (Number, Moment, Flag, Window)))
def test_text_where_a_number_or_date_is_needed_is_a_wrong_value(metric: AnyMetric, index: int) -> None:
    assert code_of(metric, example_with(metric, index, spoiled(metric, index, "about ten"))) == "#VALUE!"
    assert code_of(metric, example_with(metric, index, spoiled(metric, index, "40"))) == "#VALUE!"


@arguments_where(lambda a: isinstance(cell_kind(a), Number))
def test_true_is_no_number(metric: AnyMetric, index: int) -> None:
    assert code_of(metric, example_with(metric, index, spoiled(metric, index, True))) == "#VALUE!"


@arguments_where(lambda a: isinstance(cell_kind(a), Word))
def test_an_unknown_option_word_is_a_wrong_value(metric: AnyMetric, index: int) -> None:
    assert code_of(metric, example_with(metric, index, spoiled(metric, index, "no such word"))) == "#VALUE!"
    assert code_of(metric, example_with(metric, index, spoiled(metric, index, 1))) == "#VALUE!"


@arguments_where(lambda a: isinstance(a.kind, Word))
def test_option_words_are_the_same_in_any_case(metric: AnyMetric, index: int) -> None:
    for option in metric.arguments[index].kind.options:
        lower = code_of(metric, example_with(metric, index, option.value))
        assert lower == code_of(metric, example_with(metric, index, f" {option.value.upper()} "))


@arguments_where(lambda a: isinstance(cell_kind(a), Number))
@pytest.mark.parametrize("step", [1e-6, 1, 1e12])
def test_a_number_out_of_its_range_is_refused(metric: AnyMetric, index: int, step: float) -> None:
    kind = cell_kind(metric.arguments[index])
    for bound, beyond in ((kind.low, -step), (kind.high, step)):
        if bound is not None:
            values = example_with(metric, index, spoiled(metric, index, bound + beyond))
            assert code_of(metric, values) == "#NUM!"
    for endless in (math.inf, -math.inf):
        assert code_of(metric, example_with(metric, index, spoiled(metric, index, endless))) == "#NUM!"


@arguments_where(lambda a: isinstance(cell_kind(a), Moment))
def test_a_number_that_is_no_serial_date_is_refused(metric: AnyMetric, index: int) -> None:
    for number in (-1, 0, 3_000_000):
        assert code_of(metric, example_with(metric, index, spoiled(metric, index, number))) == "#NUM!"


@arguments_where(lambda a: isinstance(a.kind, SINGLE), shown=True)
def test_one_cell_as_a_range_is_that_cell(metric: AnyMetric, index: int) -> None:
    values = list(metric.example.args)
    plain = code_of(metric, values)
    assert code_of(metric, example_with(metric, index, [[values[index]]])) == plain


@arguments_where(lambda a: isinstance(a.kind, SINGLE), shown=True, spills=False)
def test_a_range_broadcasts_and_an_error_stays_in_its_cell(metric: AnyMetric, index: int) -> None:
    good = metric.example.args[index]
    answer = evaluate(metric, example_with(metric, index, [[good], [ExcelCode.DIV0], [None], [good]]))
    assert isinstance(answer, list)
    first, error, blank, last = (row[0] for row in answer)
    assert close(first, metric.example.result)
    assert close(last, metric.example.result)
    assert isinstance(error, MetricError)
    assert error.code is ExcelCode.DIV0
    if metric.arguments[index].required:
        assert isinstance(blank, MetricError)
        assert blank.code is ExcelCode.NA
    across = evaluate(metric, example_with(metric, index, [[good, good]]))
    assert isinstance(across, list)
    assert len(across) == 1
    assert len(across[0]) == 2


def singles_of(metric: AnyMetric) -> list[int]:
    shown = metric.arguments[: len(metric.example.args)]
    return [index for index, argument in enumerate(shown) if isinstance(argument.kind, SINGLE)]


@metrics_where(lambda m: len(singles_of(m)) > (0 if m.spills else 1))
def test_shapes_that_do_not_fit_are_a_wrong_value_as_a_whole(metric: AnyMetric) -> None:
    values = list(metric.example.args)
    for index, count in zip(singles_of(metric), (2, 3), strict=False):
        values[index] = [[values[index]]] * count
    assert code_of(metric, values) == "#VALUE!"


@arguments_where(lambda a: isinstance(a.kind, (Vector, Records)), shown=True)
def test_a_row_and_a_column_are_the_same(metric: AnyMetric, index: int) -> None:
    cells = list(metric.example.args[index])
    row, column = [cells], [[cell] for cell in cells]
    assert code_of(metric, example_with(metric, index, row)) == code_of(metric, example_with(metric, index, column))


@arguments_where(lambda a: isinstance(a.kind, (Vector, Records)), shown=True)
def test_a_block_where_a_row_or_column_is_needed_is_a_wrong_value(metric: AnyMetric, index: int) -> None:
    cells = list(metric.example.args[index])
    assert code_of(metric, example_with(metric, index, [cells, cells])) == "#VALUE!"


@arguments_where(lambda a: isinstance(a.kind, (Grid, RecordGrid)))
def test_rows_of_unequal_length_are_a_wrong_value(metric: AnyMetric, index: int) -> None:
    assert code_of(metric, example_with(metric, index, [[0.5, 0.5], [0.5]])) == "#VALUE!"


@arguments_where(lambda a: isinstance(a.kind, Records), shown=True)
def test_columns_of_unequal_length_are_a_wrong_value(metric: AnyMetric, index: int) -> None:
    table = metric.arguments[index].kind.table
    if [getattr(a.kind, "table", None) for a in metric.arguments].count(table) < 2:
        return  # the only column of its table: nothing to be unequal to
    cells = list(metric.example.args[index])
    assert code_of(metric, example_with(metric, index, [*cells, cells[-1]])) == "#VALUE!"


@metrics_where(lambda m: m.signature.takes_records)
def test_records_that_are_blank_throughout_are_left_out(metric: AnyMetric) -> None:
    values = [
        [*value, [None] * len(value[0]) if isinstance(argument.kind, RecordGrid) else None]
        if isinstance(argument.kind, (Records, RecordGrid)) and value is not None
        else value
        for argument, value in zip(metric.arguments, metric.example.args, strict=False)
    ]
    assert code_of(metric, values) == code_of(metric, list(metric.example.args))


@arguments_where(lambda a: isinstance(cell_kind(a), Moment) and not isinstance(a.kind, RecordGrid), shown=True)
def test_a_date_and_its_serial_number_are_the_same(metric: AnyMetric, index: int) -> None:
    value = metric.example.args[index]
    serials = [_serial(v) for v in value] if isinstance(value, (tuple, list)) else _serial(value)
    assert code_of(metric, example_with(metric, index, serials)) == code_of(metric, list(metric.example.args))


def _serial(moment: Any) -> Any:
    if moment is None:
        return None
    at = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)
    return (at - datetime(1899, 12, 30)).total_seconds() / 86_400


@metrics_where(lambda m: m.name != "METRIC_CHECK")
def test_metric_check_tells_what_the_metric_raises(metric: AnyMetric) -> None:
    check = find("METRIC_CHECK")
    assert evaluate(check, [metric.name, *metric.example.args]) == "OK"
    with pytest.raises(MetricError) as caught:
        evaluate(metric, [])
    assert evaluate(check, [metric.name.lower()]) == str(caught.value)
    told = evaluate(check, [metric.name, *example_with(metric, 0, spoiled(metric, 0, ExcelCode.REF))])
    assert "#REF!" in str(told)


@each_metric
def test_metric_info_knows_it(metric: AnyMetric) -> None:
    info = evaluate(find("METRIC_INFO"), [metric.name.title()])
    assert isinstance(info, Table)
    facts = {str(row[0]): row[1] for row in info.rows}
    assert facts["definition"] == metric.meaning
    assert facts["usage"] == metric.usage
    assert all(len(str(value)) <= 255 for value in facts.values())


@each_metric
def test_results_hold_nothing_a_cell_cannot_show(metric: AnyMetric) -> None:
    answer = evaluate(metric, metric.example.args)
    cells = [cell for row in answer.rows for cell in row] if isinstance(answer, Table) else [answer]
    for cell in cells:
        assert cell is not None
        assert not isinstance(cell, bool)
        assert isinstance(cell, (float, int, str, date, MetricError)), cell
        assert not isinstance(cell, str) or len(cell) <= 255


VBA_RESERVED = set(
    """addressof alias and any as attribute boolean byref byte byval call case cbool cbyte ccur cdate cdbl cdec cint
    circle clng clngptr close const csng cstr currency cvar cverr date debug decimal declare defbool defbyte defcur
    defdate defdbl defdec defint deflng defobj defsng defstr defvar dim do double each else elseif empty end enddo
    endif endselect enum eqv erase error event exit false for friend function get global gosub goto if imp implements
    in input integer is let lib like line lock long longlong longptr loop lset me mid mod new next not nothing
    null object on open option optional or paramarray preserve print private property pset ptrsafe public put
    raiseevent redim rem resume return rset scale seek select set shared single spc static step stop string sub tab
    then time to true type typeof unlock until variant wend while width with withevents write xor""".split()
)
UNO_IDL_RESERVED = set(
    """any attribute boolean bound byte char const constants constrained default double enum exception float get
    hyper in inout interface long maybeambiguous maybedefault maybevoid method module needs observes optional out
    property published raises readonly removable sequence service set short singleton string struct transient type
    typedef union unsigned void ambiguous""".split()
)


@each_metric
def test_no_name_is_reserved_in_a_host(metric: AnyMetric) -> None:
    for argument in metric.arguments:
        name = argument.name.lower()
        assert name not in VBA_RESERVED, name
        assert name not in UNO_IDL_RESERVED, name
        assert not keyword.iskeyword(name)
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name), name
    assert not re.fullmatch(r"[A-Z]{1,3}[0-9]+", metric.name), "looks like a cell"
    assert metric.name not in {"SLN", "RATE", "NPER", "FORECAST", "TREND", "GROWTH", "MODE", "MEDIAN", "LEVEL"}
    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)+", metric.name), metric.name


def test_the_catalog_holds_every_function_of_the_contract() -> None:
    wanted = """SALES_VELOCITY VELOCITY_SENSITIVITY VELOCITY_GOAL VELOCITY_BRIDGE VELOCITY_BY VELOCITY_TREND
    VELOCITY_INTERVAL VELOCITY_BACKTEST CONVERSION_RATE STAGE_CONVERSION FUNNEL_FORWARD FUNNEL_REVERSE
    FUNNEL_BOTTLENECK TIME_IN_STAGE DEALS_NEEDED MQL_TARGET PLAN_CHANCE MIX_GAP PIPELINE_TARGET LEADS_FOR_PIPELINE
    COVERAGE_NEEDED PIPELINE_COVERAGE WIN_RATE WIN_RATE_INTERVAL WIN_RATE_COMPARE WIN_RATE_CURVE SALES_CYCLE
    ACCEPTANCE_RATE FOLLOW_UP_RATE SLA_HOURS SPEED_TO_LEAD SOURCED_SHARE INFLUENCED_SHARE TOUCHES_PER_DEAL
    LEAD_CAPACITY REPS_NEEDED LEAD_LEVEL RAMPED_CAPACITY FULLY_LOADED_CAC MARKETING_CAC CAC_BY_CHANNEL CUSTOMER_LTV
    LTV_TO_CAC CAC_PAYBACK METRIC_INFO METRIC_CHECK""".split()
    assert sorted(CATALOG) == sorted(wanted)
    assert [metric for _, _, metrics in grouped() for metric in metrics] == METRICS


def test_every_error_has_its_own_class_and_code() -> None:
    assert len({error.__name__ for error in METRIC_ERRORS}) == len(METRIC_ERRORS)
    assert all(error.meaning for error in METRIC_ERRORS)
    assert set(METRIC_ERRORS) == set(MetricError.__subclasses__())

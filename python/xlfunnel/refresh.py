"""The main job: exports in, a filled dashboard out, or an existing workbook with new figures."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from xlfunnel.changes import changed_cells, compared
from xlfunnel.crm.errors import MissingFile, MissingRate, UnknownHeader, UnrecognisedFile
from xlfunnel.crm.proposing import proposals
from xlfunnel.dashboard_report import build_report
from xlfunnel.definitions import Definitions
from xlfunnel.errors import Stopped
from xlfunnel.inputs import Inputs, data_of
from xlfunnel.ooxml.faults import DamagedWorkbook, LockedWorkbook, UnsafeWorkbook
from xlfunnel.ooxml.package import Package
from xlfunnel.ooxml.properties import custom_properties
from xlfunnel.ooxml.workbook_file import WorkbookFile
from xlfunnel.saving import held
from xlfunnel.templates.agreed_definitions import definitions_in, write_definitions
from xlfunnel.templates.agreed_mapping import Shown, located, mapping_in, merged, show_mapping, show_proposals
from xlfunnel.templates.agreed_source import check_secrets, names_tables, source_in
from xlfunnel.templates.agreed_source import located as located_in_source
from xlfunnel.templates.change_log import keep_changes, logged_on
from xlfunnel.templates.contents import BLANK
from xlfunnel.templates.edition import Edition
from xlfunnel.templates.mapping_sheet import FIELDS_TABLE, YOURS
from xlfunnel.templates.measured_cells import MeasuredCells
from xlfunnel.templates.ours import PROPERTY, check_suffix, open_ours
from xlfunnel.templates.quarter_days import day_in
from xlfunnel.templates.refresh_log import REFRESH_LOG, log_refresh, log_rows, logged, with_refresh
from xlfunnel.templates.shown_source import seen_from_book, show_source, shown_tables, source_words
from xlfunnel.templates.source_sheet import TOLD as SOURCE_TOLD
from xlfunnel.templates.taking import Found, Taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from xlfunnel.changes import Changes, State
    from xlfunnel.crm import Mapping
    from xlfunnel.inputs import Data, Read
    from xlfunnel.report import Report
    from xlfunnel.templates.contents import Contents, Row
    from xlfunnel.templates.ours import Ours

    Progress = Callable[[str, float], None]

READING, COMPUTING, WRITING = 0.7, 0.8, 0.9
"""Shares of a refresh that are done when reading is, when counting is, and when results are computed."""


class NoWorkbookName(Stopped):
    """The output has a name that no workbook can have: without .xlsx or .xlsm, or that of a file to be read."""


@dataclass(frozen=True)
class Refreshed:
    """What a refresh found, and what an existing workbook took of it; None for a new one."""

    report: Report
    taken: Taken | None = None
    stale: tuple[str, ...] = ()
    """Cells that show their earlier result until a spreadsheet program computes them."""
    pivots: tuple[str, ...] = ()
    """Pivot tables that show earlier figures until a spreadsheet program reads their source anew."""
    changes: Changes | None = None
    """What changed since the refresh before, where the workbook compares records and figures."""


def refresh(inputs: Inputs, output: Path, progress: Progress | None = None) -> Report:
    """Read the exports, compute every figure and write the dashboard; the report says what was found.

    A `Stopped` says what to do, and then no workbook was written.
    """
    return refresh_new(inputs, output, progress).report


def refresh_new(inputs: Inputs, output: Path, progress: Progress | None = None) -> Refreshed:
    """The same, with what changed since the dashboard whose place the new one takes, if there is one."""
    with held(output):
        return _refreshed_new(inputs, output, progress or _silent)


def _refreshed_new(inputs: Inputs, output: Path, told: Progress) -> Refreshed:
    from xlfunnel.templates.alignment_dashboard.filling import write_dashboard  # noqa: PLC0415  # others need it not
    from xlfunnel.templates.alignment_dashboard.refresh_states import state_of  # noqa: PLC0415

    check_output(inputs, output)
    definitions = _dated(inputs.definitions or Definitions(), inputs)
    with data_of(inputs) as data:
        read = _read(data, definitions, inputs.mapping, told)
        told("Counting", READING)
        report = build_report(read.tables, inputs.as_of, definitions, read.spend, read.people)
        told(f"Writing {output.name}", WRITING)
        changes = compared(_earlier(output), state_of(report))
        log = with_refresh(_earlier_log(output), log_rows(report, inputs.at))
        shown = _with_source(BLANK.with_table(REFRESH_LOG, log), data, output)
        write_dashboard(report, output, shown, changes)
    told(f"Writing {output.name}", 1.0)
    return Refreshed(report, changes=changes)


def _with_source(contents: Contents, data: Data, output: Path) -> Contents:
    """The contents of a new workbook with what its source says."""
    if data.source is None or data.inputs.source is None:
        return contents
    given = seen_from_book(data.source.sources, data.inputs.source, output.parent)
    for table, rows in shown_tables(given).items():
        contents = contents.with_table(table, rows)
    return contents.with_fields(**{SOURCE_TOLD: source_words(data.source.file)})


def _earlier(output: Path) -> State | None:
    """What the dashboard knew that stands where the new one goes; None where there is none that can be read."""
    from xlfunnel.templates.alignment_dashboard import TEMPLATE  # noqa: PLC0415  # as above
    from xlfunnel.templates.alignment_dashboard.refresh_states import earlier_state  # noqa: PLC0415

    if not output.exists() or not _is_ours(output):
        return None
    file = WorkbookFile.open(output)
    return earlier_state(file) if file.properties[PROPERTY] == TEMPLATE.name else None


def _earlier_log(output: Path) -> tuple[Row, ...]:
    """The log of the dashboard that a new one replaces: its refreshes are part of the history."""
    return logged(WorkbookFile.open(output)) if output.is_file() and _is_ours(output) else ()


class SeveralBooks(Stopped):
    """More than one workbook of ours was given."""


class SeveralSources(Stopped):
    """Workbooks that are refreshed together describe different sources."""


class NoBook(Stopped):
    """No workbook of ours was given, and no name for a new one."""


class TakesNothing(Stopped):
    """No refresh of this kind of workbook is written yet."""


class NotRefreshed(Stopped):
    """The workbook holds no figures yet."""


class OtherCurrency(Stopped):
    """The workbook's money is in another currency than the exports or the definitions."""


def refresh_book(inputs: Inputs, book: Path, output: Path, progress: Progress | None = None) -> Refreshed:
    """Read the exports and write what they measure into a workbook of ours; `output` may be the workbook itself.

    Definitions are those of its Definitions sheet, unless some are given: then these are written there, too. What was
    agreed stays, and so does everything of the user's own. The earlier version of a workbook that is refreshed in its
    place is its undo copy (`saving.undo`); another earlier file in the place of the output is kept. A `Stopped` says
    what to do, and then nothing has changed.
    """
    with held(output):
        return _refreshed_book(inputs, book, output, progress or _silent)


def _refreshed_book(inputs: Inputs, book: Path, output: Path, told: Progress) -> Refreshed:
    check_output(inputs, output)
    ours = open_ours(book)
    check_suffix(output, ours.edition)
    try:
        done = refreshed(inputs, ours, told)
    except UnrecognisedFile as fault:
        raise _proposed(fault, inputs, ours, output) from fault
    told(f"Writing {output.name}", WRITING)
    ours.save(output)
    told(f"Writing {output.name}", 1.0)
    return done


class OneOfSeveral(Stopped):
    """One of several workbooks could not be refreshed."""


def refresh_books(inputs: Inputs, books: Sequence[Path], progress: Progress | None = None) -> tuple[Refreshed, ...]:
    """The same for several workbooks in their own places, each by its own definitions, from data that is opened once.

    None is written before all are computed. What stops one stops all, as `OneOfSeveral`; where the writing itself
    fails, that says which workbooks are new and which are as they were.
    """
    _check_books(inputs, books)
    told = progress or _silent
    with ExitStack() as locks:
        for book in sorted(books):
            locks.enter_context(held(book))
        done = tuple(_computed_books(inputs, books, told))
        for place, (ours, _) in enumerate(done):
            told(f"Writing {ours.path.name}", WRITING)
            try:
                ours.save(ours.path)
            except Stopped as fault:
                raise _half_written(books, place, fault) from fault
        told("Done", 1.0)
    return tuple(found for _, found in done)


def _computed_books(inputs: Inputs, books: Sequence[Path], told: Progress) -> Iterator[tuple[Ours, Refreshed]]:
    opened = [_opened(book) for book in books]
    shared = _shared_source(inputs, opened)
    with _faults_located(opened[0], shared), data_of(shared) as data:
        for place, ours in enumerate(opened):
            with _one_of_several(ours.path), _faults_located(ours, shared):
                yield ours, _refreshed_from(data, ours, _share_of(told, place, len(books)))


def _opened(book: Path) -> Ours:
    with _one_of_several(book):
        return open_ours(book)


@contextmanager
def _one_of_several(book: Path) -> Iterator[None]:
    """Say of which workbook a fault is."""
    try:
        yield
    except Stopped as fault:
        raise OneOfSeveral(f"{book}: {fault} No workbook was changed.") from fault


def _shared_source(inputs: Inputs, books: Sequence[Ours]) -> Inputs:
    """The same inputs, with the source that all of these workbooks describe, where they name nothing to read."""
    found = []
    for ours in books:
        with _one_of_several(ours.path):
            found.append(_sourced(inputs, ours))
    if any(one.described != found[0].described for one in found):
        msg = (
            "The sheets Source of these workbooks describe different sources, which one pass cannot count. Refresh "
            "one after the other, or name the sources file with --source."
        )
        raise SeveralSources(msg)
    return found[0]


def _check_books(inputs: Inputs, books: Sequence[Path]) -> None:
    for place, book in enumerate(books):
        check_output(inputs, book)
        if any(_same_file(book, other) for other in books[:place]):
            msg = f"{book} was given twice. Name each workbook once."
            raise SeveralBooks(msg)


def _share_of(told: Progress, place: int, several: int) -> Progress:
    """Tell the work on one of several workbooks as its share of the whole."""
    return lambda what, share: told(what, (place + share / WRITING) / several * WRITING)


def _half_written(books: Sequence[Path], place: int, fault: Stopped) -> OneOfSeveral:
    new = ", ".join(map(str, books[:place])) or "none"
    old = ", ".join(map(str, books[place:]))
    return OneOfSeveral(f"{books[place]}: {fault} Refreshed: {new}. As before: {old}.")


class MappingProposed(Stopped):
    """A file was not recognised, and the workbook shows a proposal for its columns."""


def _proposed(fault: UnrecognisedFile, inputs: Inputs, ours: Ours, output: Path) -> Stopped:
    """Write a proposal for the files that are not recognised into the sheet Mapping, and say what to do with it."""
    ours = open_ours(ours.path)  # nothing of what was done before the fault
    if FIELDS_TABLE not in ours.file.tables:
        return fault
    found = proposals(inputs.exports, merged(mapping_in(ours.file), inputs.mapping))
    show_proposals(ours.file, found)
    ours.save(output)
    files = " and ".join(dict.fromkeys(one.file for one in found))
    kinds = " and ".join(dict.fromkeys(one.kind.value for one in found))
    return MappingProposed(
        f'{files} is not recognised. The sheet Mapping of "{output.name}" now shows its columns, with a proposal for '
        f'{kinds} under "{YOURS}": correct it there, save, and refresh "{output.name}" again. No figure has changed. '
        f"{fault.least}"
    )


def refreshed(inputs: Inputs, ours: Ours, told: Progress) -> Refreshed:
    """The same in an opened workbook, which is not written: its earlier version stays in its file."""
    with _faults_located(ours, sourced := _sourced(inputs, ours)), data_of(sourced) as data:
        return _refreshed_from(data, ours, told)


def _sourced(inputs: Inputs, ours: Ours) -> Inputs:
    """The same inputs; where they name nothing to read, with the source that the workbook's own sheet describes."""
    if inputs.exports or inputs.source or inputs.described or not names_tables(ours.file):
        return inputs
    folder = inputs.folder or ours.path.resolve().parent
    return replace(inputs, described=source_in(ours.file, folder))


@contextmanager
def _faults_located(ours: Ours, inputs: Inputs) -> Iterator[None]:
    """Name the cell of a workbook's own source that a fault comes from."""
    try:
        yield
    except Stopped as fault:
        if inputs.described is None:
            raise
        raise located_in_source(fault, ours.file) from fault


def _refreshed_from(data: Data, ours: Ours, told: Progress) -> Refreshed:
    inputs = data.inputs
    take = ours.template.take
    if take is None:
        name = ours.template.name
        msg = f'A refresh writes nothing into a workbook of the template {name}; "{ours.path.name}" is one.'
        raise TakesNothing(msg)
    if data.source is not None:
        check_secrets(ours.file)
    definitions = _agreed(inputs, ours)
    own = mapping_in(ours.file)
    read = _read_as_mapped(data, ours, own, definitions, told)
    told("Counting", READING)
    report = _report(read, data, definitions, ours)
    found = Found(report, read.tables, read.spend, read.people, inputs.as_of, definitions, data.once)
    since = logged_on(ours.file)
    taken = take(ours.file, found)
    changes = taken.changes or changed_cells(inputs.as_of, since, taken.measured)
    if changes.cells is not None:
        keep_changes(ours.file, changes)
    taken += _noted(inputs, definitions, ours)
    show_mapping(ours.file, Shown(report.files, own, definitions))
    taken += _shown_source(data, ours)
    log_refresh(ours.file, log_rows(report, inputs.at))
    told("Computing", COMPUTING)
    computed = ours.file.recalculate(ours.native)
    return Refreshed(report, taken, computed.stale, computed.pivots, changes)


def _shown_source(data: Data, ours: Ours) -> Taken:
    """Show on the workbook's sheet what its source is."""
    source, path = data.source, data.inputs.source
    given = None
    if source is not None and path is not None:
        given = seen_from_book(source.sources, path, data.inputs.folder or ours.path.parent)
    shown = show_source(ours.file, source.file if source else "", given)
    return Taken(notes=shown.taken().notes)


def report_again(book: Path, exports: tuple[Path, ...], progress: Progress | None = None) -> Report:
    """What exports say by the definitions and on the day of a workbook that was refreshed; it stays as it is.

    Raises `NotRefreshed`, and what a refresh raises.
    """
    ours = open_ours(book)
    day = day_in(ours.file, "last_refresh")
    if day is None:
        msg = f'"{book.name}" was not refreshed yet: no day says what its figures count. Run xlfunnel refresh first.'
        raise NotRefreshed(msg)
    inputs = Inputs(exports, day)
    definitions = _agreed(inputs, ours)
    with data_of(inputs) as data:
        read = _read_as_mapped(data, ours, mapping_in(ours.file), definitions, progress or _silent)
        return _report(read, data, definitions, ours)


def book_and_place(paths: Sequence[Path], output: Path | None) -> tuple[Path | None, Path]:
    """The workbook of ours among some files, if there is one, and where the refreshed one goes.

    It is known by its custom document property, and written to its own place where no output is named. Several of
    them raise `SeveralBooks`; none raises `NoBook` where no output is named, which would be new, or what is wrong
    with a file that could be the one that was meant.
    """
    books = [path for path in paths if _is_ours(path)]
    if len(books) > 1:
        msg = f"Several workbooks of xlfunnel were given: {', '.join(map(str, books))}. Refresh one after the other."
        raise SeveralBooks(msg)
    place = output or next(iter(books), None)
    if place is None:
        _check_given(paths)
        msg = (
            "None of the files is a workbook of xlfunnel. Give the one to refresh, or name a new dashboard with "
            "-o dashboard.xlsx"
        )
        raise NoBook(msg)
    return next(iter(books), None), place


def _check_given(paths: Sequence[Path]) -> None:
    """A name that was mistyped, or a workbook that cannot be read, is said before that there is no workbook."""
    for path in paths:
        if not path.exists():
            raise MissingFile(path.name)
        if path.suffix.lower() in {edition.suffix for edition in Edition}:
            Package.open(path)


def _is_ours(path: Path) -> bool:
    if path.suffix.lower() not in {edition.suffix for edition in Edition}:
        return False
    try:
        return PROPERTY in custom_properties(Package.open(path))
    except (DamagedWorkbook, LockedWorkbook, UnsafeWorkbook):  # reading it as an export says what is wrong with it
        return False


def _read_as_mapped(data: Data, ours: Ours, own: Mapping, definitions: Definitions, told: Progress) -> Read:
    """Read by the workbook's own mapping, and by the one that was given, which goes before it."""
    try:
        return _read(data, definitions, data.mapped(own, merged(own, data.inputs.mapping)), told)
    except UnknownHeader as fault:
        raise located(fault, ours.file, data.inputs.mapping) from fault
    except MissingRate as fault:  # a workbook's currency stands on Start
        if not definitions.currency:
            raise
        msg = f"{fault} If the workbook's money is not in {definitions.currency}, correct the currency on Start."
        raise OtherCurrency(msg) from fault


def _read(data: Data, definitions: Definitions, mapping: Mapping | None, told: Progress) -> Read:
    return data.read(definitions, mapping, lambda file, share: told(f"Reading {file}", share * READING))


def _report(read: Read, data: Data, definitions: Definitions, ours: Ours) -> Report:
    """The report; a workbook that keeps spend and people itself says what the files do not."""
    spend, people = read.spend, read.people
    if ours.template.costs and not (spend and people):
        own = ours.template.costs(ours.file)
        spend, people = spend or own.spend, people or own.people
    tables = ours.template.shows_report
    return build_report(read.tables, data.inputs.as_of, definitions, spend, people, tables=tables, once=data.once)


def _agreed(inputs: Inputs, ours: Ours) -> Definitions:
    """The definitions that hold for a workbook, in the workbook's currency."""
    own = definitions_in(ours.file) if inputs.definitions is None else inputs.definitions
    if inputs.definitions is not None:
        currency = str(ours.file.read_name("currency") or "") if ours.file.named("currency") else ""
        if own.currency and currency and own.currency.upper() != currency.upper():
            msg = (
                f"The definitions are in {own.currency}, and the workbook's money is in {currency} (Start). Make "
                "them the same: amounts in two currencies must not stand side by side."
            )
            raise OtherCurrency(msg)
        own = own.model_copy(update={"currency": currency.upper() or own.currency})
    return _dated(own, inputs)


def _dated(definitions: Definitions, inputs: Inputs) -> Definitions:
    return definitions.model_copy(update={"dates": inputs.dates}) if inputs.dates else definitions


def _noted(inputs: Inputs, definitions: Definitions, ours: Ours) -> Taken:
    """Write the day of the figures, and the definitions where others were given than the workbook had."""
    cells = MeasuredCells(ours.file)
    cells.put_name("last_refresh", inputs.as_of)
    if inputs.definitions is not None:
        write_definitions(cells, definitions)
    return cells.taken()


def _silent(_what: str, _share: float) -> None:
    """Tell nobody."""


def check_output(inputs: Inputs, output: Path) -> None:
    """Refuse before the work a place that the workbook cannot take after it. Raises `NoWorkbookName`."""
    if output.suffix.lower() not in {edition.suffix for edition in Edition}:
        msg = (
            f"The name of the workbook must end in .xlsx, or in .xlsm for the edition with functions; received "
            f'"{output.name}", write "{output.stem}.xlsx".'
        )
        raise NoWorkbookName(msg)
    if any(_same_file(path, output) for path in inputs.files):
        msg = f'"{output}" is one of the files to be read. Give the workbook another name.'
        raise NoWorkbookName(msg)


def _same_file(path: Path, other: Path) -> bool:
    """Whether both names lead to one file, as links and case-blind file systems have it."""
    return path.exists() and other.exists() and path.samefile(other)

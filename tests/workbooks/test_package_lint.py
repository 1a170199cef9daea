"""Each rule of the lint: silent on a workbook as it should be, and loud where one thing is spoilt."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass

import pytest
from tests.workbooks.package_lint import LONGEST_FORMULA, RULES, lint, name_of
from xlsxwriter import Workbook

from xlfunnel.excel.vba_project import SHEET, WORKBOOK, Kind, Module, vba_project
from xlfunnel.excel.wrappers import workbook_modules
from xlfunnel.workbooks import styles

SHEETS = ("Plan", "Mix check")
DOCUMENTS = (
    Module("ThisWorkbook", "Option Explicit\n", Kind.DOCUMENT, WORKBOOK),
    *(Module(f"Sheet{number}", "", Kind.DOCUMENT, SHEET) for number in (1, 2)),
)
OWN_ROW = "Plan_rows[[#This Row],[Deals]]"


def workbook(*modules: Module, button: str = "") -> bytes:
    """Two sheets with everything that a template has: inputs, a table, names, rules, a chart; and our VBA if any."""
    file = io.BytesIO()
    book = Workbook(file, {"in_memory": True, "use_future_functions": True})
    if modules:
        book.set_vba_name("ThisWorkbook")
        book.add_vba_project(io.BytesIO(vba_project((*DOCUMENTS, *modules))), is_stream=True)
    plain = book.add_format({"font_name": "Calibri", "font_size": 10})
    quoted = book.add_format({"font_size": 10, "quote_prefix": True})
    typed = book.add_format(
        {"font_size": 10, "bg_color": styles.INPUT_FILL, "font_color": styles.INPUT_INK, "locked": False}
    )
    for number, name in enumerate(SHEETS, 1):
        sheet = book.add_worksheet(name)
        if modules:
            sheet.set_vba_name(f"Sheet{number}")
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A")
        sheet.print_area("A1:H40")
        sheet.repeat_rows(0)
        sheet.protect()
    plan, mix = book.worksheets()
    plan.activate()
    headings = [{"header": name} for name in ("Segment", "Win rate", "Deals", "Chance")]
    headings[3]["formula"] = f"BINOM.DIST({OWN_ROW},{OWN_ROW}+1,0.5,TRUE)"
    plan.add_table("B3:E5", {"name": "Plan_rows", "columns": headings, "autofilter": False})
    for row, (name, rate, deals, chance) in enumerate([("Small", 0.2, 4, 0.97), ("Middle", 0.3, 3, 0.94)], 3):
        for column, value in enumerate((name, rate, deals), 1):
            plan.write(row, column, value, typed)
        plan.write_formula(row, 4, f"=BINOM.DIST({OWN_ROW},{OWN_ROW}+1,0.5,TRUE)", plain, chance)
    plan.data_validation("C4:C5", {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1})
    plan.data_validation("B4:B5", {"validate": "list", "source": ["Small", "Middle"]})
    plan.conditional_format("E4:E5", {"type": "cell", "criteria": "<", "value": 0.8, "format": plain})
    plan.conditional_format("E4:E5", {"type": "formula", "criteria": "=deals_total>9", "format": plain})
    plan.write_formula("D7", "=SUM(Plan_rows[Deals])", plain, 7)
    book.define_name("deals_total", "=Plan!$D$7")
    plan.write_string("B8", "+ a sign", quoted)
    plan.merge_range("B9:E9", "Notes over several columns", plain)
    mix.write_formula("B2", "='Mix check'!B3+deals_total+Plan!$D$7", plain, 14)
    mix.write_string("B3", "note", plain)
    if modules:
        plan.write_formula("B10", "=WIN_RATE(1,3)", plain, 0.25)
    if button:
        mix.insert_button("G2", {"macro": button, "caption": "Clear", "description": "Clears the example"})
    for place in ("B5", "J5"):
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"categories": "=Plan!$B$4:$B$5", "values": "=Plan!$D$4:$D$5"})
        chart.set_title({"name": "Deals by segment"})
        mix.insert_chart(place, chart, {"description": "Deals: Small 4, Middle 3", "object_position": 2})
    book.close()
    return file.getvalue()


BUTTONS = Module("XlfunnelButtons", "Option Explicit\n\nPublic Sub Clear()\nEnd Sub\n")


@pytest.fixture(scope="module")
def good() -> bytes:
    return workbook()


def spoilt(content: bytes, part: str, old: str, new: str, count: int = 1) -> bytes:
    """The workbook with something else in one of its parts; a part that is not there is added."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(made, "w") as changed:
        if part not in archive.namelist():
            changed.writestr(part, new)
        for name in archive.namelist():
            body = archive.read(name)
            if name == part:
                text = body.decode()
                assert re.search(old, text), f"{old} is not in {part}"
                body = re.sub(old, lambda _: new, text, count=count).encode()
            changed.writestr(name, body)
    return made.getvalue()


@dataclass(frozen=True)
class Fault:
    """A way to spoil the workbook, the rule that must see it, and a word of what it says."""

    rule: str
    part: str
    old: str
    new: str
    says: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.says}"


COLUMN_FORMULA = "<calculatedColumnFormula>.*</calculatedColumnFormula>"
TWIN = '<definedNames><definedName name="Deals_Total">1</definedName>'
INPUT_FILL, INPUT_INK = (f"FF{color.strip('#')}" for color in (styles.INPUT_FILL, styles.INPUT_INK))
CIRCLE = '<c r="D7" t="str"><f>D7</f><v>#CIRC!'
SECOND_LIMIT = "<formula2>1</formula2>"
BOOK, STYLES, TABLE, CHART = "xl/workbook.xml", "xl/styles.xml", "xl/tables/table1.xml", "xl/charts/chart1.xml"
STRINGS = "xl/sharedStrings.xml"
PLAN, MIX, DRAWING = "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/drawings/drawing1.xml"
TOTAL = r"<f>SUM\(Plan_rows\[Deals\]\)</f>"


def total(formula: str) -> str:
    return f"<f>{formula}</f>"


def nested(depth: int) -> str:
    return total("ABS(" * depth + "1" + ")" * depth)


FAULTS = [
    Fault("sheet names", BOOK, "Mix check", "plan", "two sheets are called plan"),
    Fault("sheet names", BOOK, "Mix check", "Mix?", "cannot name a sheet"),
    Fault("hidden things", BOOK, 'sheetId="2"', 'sheetId="2" state="veryHidden"', "Mix check is veryHidden"),
    Fault("hidden things", PLAN, '<row r="7"', '<row r="7" hidden="1"', "hidden rows"),
    Fault("opening", BOOK, "<workbookView ", '<workbookView activeTab="1" ', "first sheet"),
    Fault("opening", PLAN, "<sheetView ", '<sheetView zoomScale="85" ', "another size"),
    Fault("opening", MIX, "<sheetView ", '<sheetView tabSelected="1" ', "Mix check is selected"),
    Fault("opening", PLAN, "<sheetView ", '<sheetView topLeftCell="A9" ', "scrolled"),
    Fault("print setup", PLAN, 'orientation="landscape"', 'orientation="portrait"', "landscape"),
    Fault("print setup", PLAN, "<oddFooter>.*</oddFooter>", "", "without a footer"),
    Fault("print setup", BOOK, "_xlnm.Print_Titles", "_xlnm._Other", "no print titles"),
    Fault("print setup", BOOK, "_xlnm.Print_Area", "_xlnm._Other", "no print area"),
    Fault("print setup", PLAN, "<pageSetup ", '<pageSetup fitToWidth="2" ', "one page wide"),
    Fault("merged cells", PLAN, 'ref="B9:E9"', 'ref="B5:C5"', "inside the table Plan_rows"),
    Fault("merged cells", PLAN, 'ref="B9:E9"/>', 'ref="B9:E9"/><mergeCell ref="E9:F10"/>', "overlap"),
    Fault("merged cells", PLAN, 'ref="B9:E9"', 'ref="E9:B9"', "no block"),
    Fault("table columns", TABLE, 'name="Win rate"', 'name="DEALS"', "two columns deals"),
    Fault("table columns", TABLE, '<tableColumn id="2"', '<tableColumn id="1"', "two columns with the id 1"),
    Fault("table headings", TABLE, 'name="Win rate"', 'name="Win ratio"', "the heading 'Win rate'"),
    Fault("table areas", TABLE, "B3:E5", "B3:F5", "4 columns over"),
    Fault("table areas", TABLE, "B3:E5", "B3:E3", "no row"),
    Fault("table areas", TABLE, "B3:E5", "E5:B3", "no block"),
    Fault("table areas", TABLE, "<tableColumns", '<autoFilter ref="B3:E9"/><tableColumns', "the filter of"),
    Fault("table names", TABLE, 'displayName="Plan_rows"', 'displayName="deals_total"', "and something else"),
    Fault("table names", TABLE, 'displayName="Plan_rows"', 'displayName="AB12"', "cannot name a table"),
    Fault("table names", TABLE, 'displayName="Plan_rows"', 'displayName="R1C1"', "cannot name a table"),
    Fault("calculated columns", PLAN, r"0\.5,TRUE", "0.6,TRUE", "[Chance]"),
    Fault("calculated columns", TABLE, COLUMN_FORMULA, "", "gives new rows None"),
    Fault("defined names", BOOK, 'name="deals_total"', 'name="deals total"', "cannot be"),
    Fault("defined names", BOOK, 'name="deals_total"', 'name="Q3"', "cannot be"),
    Fault("defined names", BOOK, 'name="deals_total"', 'name="c"', "cannot be"),
    Fault("defined names", BOOK, r"Plan!\$D\$7", "Plan!#REF!", "refers to nothing"),
    Fault("defined names", BOOK, "<definedNames>", TWIN, "twice"),
    Fault("unreadable formulas", PLAN, TOTAL, total("SUM(Plan_rows[Deals"), "no formula"),
    Fault("unreadable formulas", PLAN, TOTAL, total("SUM(#REF!)"), "has lost what"),
    Fault("references", PLAN, TOTAL, total("SUM(Plans!A1)"), "a sheet Plans"),
    Fault("references", PLAN, TOTAL, total("SUM('Mix'!A1:A2)"), "a sheet Mix"),
    Fault("references", PLAN, TOTAL, total("SUM(Rows[Deals])"), "a table Rows"),
    Fault("references", PLAN, TOTAL, total("SUM(Plan_rows[[#All],[Leads]])"), "a column Plan_rows[Leads]"),
    Fault("references", PLAN, TOTAL, total("Plan_rows[[#Totals],[Deals]]"), "the totals of Plan_rows"),
    Fault("references", PLAN, TOTAL, total("SUM([Deals])"), "a column without a table"),
    Fault("references", PLAN, TOTAL, total("deal_total+1"), "deal_total, which is no cell and no name"),
    Fault("references", PLAN, TOTAL, total("ROWS(Plan!$D$7:$D$6)"), "D7:D6, which is turned round"),
    Fault("references", BOOK, r"Plan!\$D\$7", "Plans!$D$7", "a sheet Plans"),
    Fault("references", PLAN, "deals_total&gt;9", "deals_totals&gt;9", "a conditional format of Plan"),
    Fault("references", PLAN, SECOND_LIMIT, "<formula2>Limits!A1</formula2>", "a data validation of Plan"),
    Fault("own row references", PLAN, TOTAL, total("Plan_rows[@Deals]"), "[@Deals]"),
    Fault("own row references", PLAN, TOTAL, total("[[#This Row],[Deals]]"), "write Table"),
    Fault("structured rules", PLAN, "deals_total&gt;9", "SUM(Plan_rows[Deals])&gt;9", "a conditional format"),
    Fault("structured rules", PLAN, SECOND_LIMIT, "<formula2>Plan_rows[Deals]</formula2>", "a data val"),
    Fault("other files", PLAN, TOTAL, total("[1]Plan!A1"), "another workbook"),
    Fault("other files", "xl/externalLinks/externalLink1.xml", "", "<a/>", "is a link"),
    Fault(
        "other files",
        "xl/worksheets/_rels/sheet1.xml.rels",
        "</Relationships>",
        '<Relationship Id="r9" Type="x/hyperlink" Target="file:///c.xlsx" TargetMode="External"/></Relationships>',
        "points outside",
    ),
    Fault("functions", PLAN, TOTAL, total("WIN_RATE(1,3)"), "calls WIN_RATE"),
    Fault("functions", PLAN, TOTAL, total("SUMM(D4:D5)"), "calls SUMM"),
    Fault("prefixes", PLAN, TOTAL, total("STDEV.S(D4:D5)"), "it is _xlfn.STDEV.S"),
    Fault("prefixes", PLAN, TOTAL, total("ROWS(_xlfn.FILTER(D4:D5,1))"), "it is _xlfn._xlws.FILTER"),
    Fault("prefixes", PLAN, TOTAL, total("_xlfn.SUM(D4:D5)"), "it is SUM"),
    Fault("formula size", PLAN, TOTAL, total("1+" * (LONGEST_FORMULA // 2) + "1"), "8193 characters"),
    Fault("formula size", PLAN, TOTAL, nested(65), "65 functions"),
    Fault("stored results", PLAN, TOTAL + "<v>7</v>", total("1"), "Plan!D7 has no result"),
    Fault("error values", PLAN, r'(<c r="D7"[^>]*)>', '<c r="D7" t="e">', "Plan!D7 shows 7"),
    Fault("error values", PLAN, r'<c r="D7"[^>]*>.*?<v>7', CIRCLE, "Plan!D7 shows #CIRC!"),
    Fault("texts like formulas", STYLES, ' quotePrefix="1"', "", "Plan!B8 holds the text '+ a sign'"),
    Fault("clipped texts", STRINGS, "<t>Middle</t>", "<t>Middle-sized companies</t>", "Plan!B5 lacks"),
    Fault("clipped texts", STRINGS, "<t>Notes over", f"<t>Notes {'and more ' * 6}over", "Plan!B9 lacks"),
    Fault("conditional format order", PLAN, 'priority="1"', 'priority="0"', "priority 0"),
    Fault("conditional format order", PLAN, 'priority="1"', 'priority="2"', "two conditional formats of priority 2"),
    Fault("data validations", PLAN, '"Small,Middle"', f'"{"Small," * 43}"', "more than 255"),
    Fault("data validations", PLAN, 'sqref="C4:C5"', 'sqref="B5:C5"', "two data validations at"),
    Fault("data validations", PLAN, 'sqref="C4:C5"', f'prompt="{"x" * 256}" sqref="C4:C5"', "prompt of"),
    Fault("data validations", PLAN, 'sqref="C4:C5"', f'errorTitle="{"x" * 33}" sqref="C4:C5"', "errorTitle of"),
    Fault("protection", PLAN, "<sheetProtection ", '<sheetProtection password="83AF" ', "with a password"),
    Fault("protection", BOOK, "</workbook>", '<workbookProtection lockStructure="1"/></workbook>', "structure"),
    Fault("protection", PLAN, r'<c r="C4" s="\d">', '<c r="C4">', "C4 has a data validation and is locked"),
    Fault("protection", PLAN, r'<c r="D7" s="\d">', '<c r="D7" s="1">', "D7 is a formula that is not locked"),
    Fault("protection", STYLES, '<protection locked="0"/>', "", "C4 looks like an input and is locked"),
    Fault("protection", STYLES, INPUT_FILL, "FFFFFFFF", "does not look like an input"),
    Fault("protection", STYLES, INPUT_INK, "FF000000", "does not look like an input"),
    Fault("described drawings", DRAWING, 'descr="[^"]*"', "", "no alternative text"),
    Fault("described drawings", CHART, "<c:title>.*?</c:title>", "", "no title"),
    Fault("chart references", CHART, r"Plan!\$D\$4", "Plans!$D$4", "draws Plans!$D$4:$D$5"),
    Fault("chart references", CHART, r"Plan!\$D\$4:\$D\$5", "Plan_rows[Deals]", "draws Plan_rows[Deals]"),
    Fault("drawing places", DRAWING, "<xdr:col>9</xdr:col>", "<xdr:col>3</xdr:col>", "overlap"),
    Fault("drawing places", DRAWING, "<xdr:row>4</xdr:row>", "<xdr:row>2</xdr:row>", "hides B3"),
    Fault("drawing places", DRAWING, "xdr:to>", "xdr:end>", "not held by two cells"),
    Fault("house style", STYLES, '<name val="Calibri"/>', '<name val="Arial"/>', "'Arial' is not Calibri"),
    Fault("house style", STYLES, '<sz val="10"/>', '<sz val="13"/>', "type size 13"),
    Fault("house style", STYLES, "<cellXfs[^>]*>", "<cellXfs>" + "<xf/>" * 300, "cell styles"),
    Fault("house style", CHART, "<a:defRPr", '<a:latin typeface="Arial"/><a:defRPr', "written in Arial"),
    Fault("macros", "xl/vbaProject.bin", "", "", "without macros"),
    Fault("macros", "xl/activeX/activeX1.xml", "", "<a/>", "without macros"),
    Fault("buttons", DRAWING, 'macro=""', 'macro="[0]!XlfunnelButtons.Clear"', "which is not there"),
]  # fmt: skip


def test_a_workbook_as_it_should_be(good: bytes) -> None:
    assert lint(good) == []


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_what_is_spoilt_is_found(good: bytes, fault: Fault) -> None:
    found = lint(spoilt(good, fault.part, fault.old, fault.new, 0 if fault.old == "xdr:to>" else 1))
    assert [one for one in found if one.startswith(f"{fault.rule}: ") and fault.says in one], found


def test_a_sheet_that_is_printed_at_a_scale_of_its_own(good: bytes) -> None:
    unfitted = spoilt(good, PLAN, ' fitToPage="1"', "")
    assert lint(unfitted) == []
    (fault,) = lint(spoilt(unfitted, PLAN, "<pageSetup ", '<pageSetup scale="300" '))
    assert fault == "print setup: Plan prints more than one page wide"


@pytest.mark.parametrize(("height", "clipped"), [(15, True), (30, False)])
def test_text_that_is_wrapped_needs_the_height_of_its_lines(height: float, clipped: bool) -> None:
    file = io.BytesIO()
    book = Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.set_row(0, height)
    sheet.set_column(1, 1, 12)
    sheet.write_string(0, 1, "Two lines of words", book.add_format({"text_wrap": True}))
    book.close()
    assert any(one.startswith("clipped texts: Sheet1!B1 lacks") for one in lint(file.getvalue())) is clipped


@pytest.mark.parametrize(
    ("align", "beside", "clipped"),
    [("left", None, False), ("left", 2, True), ("left", 0, False), ("right", 0, True), ("right", 2, False)],
)
def test_text_flows_into_blank_cells_on_its_open_side(align: str, beside: int | None, clipped: bool) -> None:
    file = io.BytesIO()
    book = Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.set_column(0, 2, 12)
    sheet.write_string(0, 1, "Words for two columns", book.add_format({"align": align}))
    if beside is not None:
        sheet.write_number(0, beside, 1)
    book.close()
    assert any(one.startswith("clipped texts: Sheet1!B1 lacks") for one in lint(file.getvalue())) is clipped


def test_every_rule_has_a_fault_that_it_finds() -> None:
    assert {fault.rule for fault in FAULTS} == {name_of(rule) for rule in RULES}


# -- with macros


def test_a_workbook_with_our_modules() -> None:
    assert lint(workbook(*workbook_modules())) == []


def test_a_button_that_runs_a_macro_of_a_foreign_module() -> None:
    assert lint(workbook(*workbook_modules(), BUTTONS, button="XlfunnelButtons.Clear")) == [
        "macros: the module XlfunnelButtons is not ours as it stands"
    ]


def test_a_button_without_its_macro() -> None:
    assert lint(workbook(*workbook_modules(), button="XlfunnelButtons.Clear")) == [
        "buttons: Mix check: 'Clear' runs [0]!XlfunnelButtons.Clear, which is not there"
    ]


def test_a_module_of_ours_that_was_changed_or_is_missing() -> None:
    values, *others = workbook_modules()
    changed = Module(values.name, values.text + "' and more\n", values.kind)
    assert f"macros: the module {values.name} is not ours as it stands" in lint(workbook(changed, *others))
    assert f"macros: the module {values.name} is missing" in lint(workbook(*others))


def test_code_in_the_module_of_a_sheet() -> None:
    code = Module("Sheet1", "Private Sub Worksheet_Activate()\nEnd Sub\n", Kind.DOCUMENT, SHEET)
    project = vba_project((DOCUMENTS[0], code, DOCUMENTS[2], *workbook_modules()))
    whole = workbook(*workbook_modules())
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive, zipfile.ZipFile(made, "w") as changed:
        for name in archive.namelist():
            changed.writestr(name, project if name == "xl/vbaProject.bin" else archive.read(name))
    assert "macros: the module Sheet1 is not ours as it stands" in lint(made.getvalue())


def test_a_foreign_part_beside_our_modules() -> None:
    content = spoilt(workbook(*workbook_modules()), "xl/ctrlProps/ctrlProp1.xml", "", "<a/>")
    assert "macros: xl/ctrlProps/ctrlProp1.xml is none of our parts" in lint(content)

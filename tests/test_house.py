"""The house stands: imports point downward, a scalar metric loads nothing heavy, generated text is fresh."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import xlfunnel
from xlfunnel.catalog import CATALOG
from xlfunnel.reference.__main__ import pages

PACKAGE = Path(xlfunnel.__file__).parent
FLOORS = [
    {"errors", "units"},
    {"argument", "table", "saving"},
    {"check"},
    {"metric"},
    {"evaluate", "metrics"},
    {"segment_rule"},
    {"definitions"},
    {"crm"},
    {"segments"},
    {"sources"},
    {"inputs"},
    {"catalog"},
    {"reference", "report", "ooxml"},
    {"changes", "dashboard_report", "workbooks", "demo", "excel"},
    {"templates"},
    {"refresh"},
    {"account"},
    {"calc", "hosts"},
    {"cli"},
]
"""From the ground up: a room imports from its own floor's names and from below."""
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    """Top-level names of xlfunnel that a module imports at run time, wherever in the module it does so."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names if node.module == "xlfunnel"}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def test_every_room_has_its_floor() -> None:
    assert {room_of(path) for path in MODULES} - {"__init__"} == set(LEVEL)


def modules_where(condition: Callable[[str], bool]) -> pytest.MarkDecorator:
    """Every module of the rooms that meet the condition; the front door loads rooms only when asked."""
    paths = [path for path in MODULES if room_of(path) != "__init__" and condition(room_of(path))]
    return pytest.mark.parametrize("path", paths, ids=[p.relative_to(PACKAGE).as_posix() for p in paths])


@modules_where(lambda _: True)
def test_imports_point_downward(path: Path) -> None:
    room = room_of(path)
    for name in imports_of(path):
        parts = name.split(".")
        if parts[0] == "xlfunnel" and len(parts) > 1:
            assert parts[1] == room or LEVEL[parts[1]] < LEVEL[room], f"{room} imports {name}"


@modules_where(lambda room: LEVEL[room] <= LEVEL["metrics"])
def test_the_metric_core_needs_the_standard_library_alone(path: Path) -> None:
    outside = {name.split(".")[0] for name in imports_of(path)} - sys.stdlib_module_names - {"xlfunnel"}
    assert not outside


@pytest.mark.parametrize("package", ["pandas", "xlwings", "duckdb", "pyarrow", "numpy", "openpyxl"])
def test_a_scalar_metric_loads_nothing_heavy(package: str) -> None:
    program = (
        "import sys, xlfunnel; assert xlfunnel.sales_velocity(40, 12_000, 0.25, 60) == 2000;"
        "from xlfunnel.evaluate import evaluate; assert evaluate(xlfunnel.win_rate, [1, 3]) == 0.25;"
        "import xlfunnel.cli.commands;"
        f"sys.exit({package!r} in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr or f"{package} was loaded"


def test_engines_are_loaded_by_those_who_have_their_rows_there() -> None:
    program = (
        "import sys, xlfunnel.refresh, xlfunnel.segments.tables, pyarrow as pa;"
        "from xlfunnel.segments.frames import computed, frame_beside, frame_of;"
        "frame = frame_of(pa.table({'n': [1]}));"
        "once = computed(frame).__enter__(); frame_beside(once, pa.table({'n': [1]}));"
        "sys.exit(', '.join({'ibis', 'pyspark', 'polars', 'psycopg'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_refresh_loads_only_what_its_workbook_needs() -> None:
    program = (
        "import sys, xlfunnel.cli.commands, xlfunnel.refresh; from xlfunnel.templates.build import TEMPLATES;"
        "TEMPLATES['quarterly_plan'];"
        "others = {'rich', 'xlfunnel.demo', 'xlfunnel.templates.alignment_dashboard'};"
        "sys.exit(', '.join(others & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_metric_core_loads_without_any_other_package() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r}); import xlfunnel.metrics.velocity as v; print(v)"
    )
    done = subprocess.run([sys.executable, "-S", "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_reference_pages_are_fresh() -> None:
    folder = Path(__file__).parents[1] / "python"
    for name, text in pages().items():
        assert (folder / name).read_text(encoding="utf-8") == text, (
            f"{name} is stale: run python -m xlfunnel.reference"
        )


def test_every_function_can_be_imported_by_name() -> None:
    for name in dir(xlfunnel):
        assert callable(getattr(xlfunnel, name))
    with pytest.raises(AttributeError, match="no_such_metric"):
        _ = xlfunnel.no_such_metric
    with pytest.raises(AttributeError):
        _ = xlfunnel.SALES_VELOCITY


def test_type_checkers_see_every_function() -> None:
    declared = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    for module in {metric.__module__ for metric in CATALOG.values()}:
        assert module in declared, f"__init__ does not show {module} to type checkers"

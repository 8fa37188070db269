"""The house keeps its shape: imports point one way, checks are listed and described, nothing heavy at import."""

from __future__ import annotations

import ast
import importlib
import itertools
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from checks import ALL, every_check, law
from tests.conftest import ROOT

FLOORS = {
    "audit": 0, "audit.problem": 0,
    "audit.engine": 1, "audit.spark": 1, "audit.finding": 1, "audit.exhibit": 1, "audit.scope": 1,
    "audit.rules": 1, "audit.stats": 1, "audit.beacons": 1,
    "audit.intake": 2, "audit.replay": 2, "audit.reconcile": 2, "audit.forecast": 2, "audit.report": 2,
    "audit.money": 2, "audit.people": 2,
    "audit.case": 3, "audit.build": 3, "audit.simulate": 3, "audit.hidden": 4, "audit.evidence": 4, "checks": 5,
}  # fmt: skip
WITHIN_A_FLOOR = {
    ("audit.engine", "audit.spark"), ("audit.spark", "audit.engine"),  # one room of two files: nothing else knows of Spark
    ("audit.build", "audit.case"),  # a case as read, and the case file made of it
    ("audit.scope", "audit.engine"),  # a scope writes moments as SQL literals
    ("audit.exhibit", "audit.finding"),  # an exhibit speaks both languages
}
MODULES = sorted([*ROOT.glob("audit/**/*.py"), *ROOT.glob("checks/**/*.py")])


def room(module: str) -> str:
    """The room a module belongs to: `audit.rules` for `audit.rules.read`."""
    parts = module.split(".")
    return parts[0] if parts[0] == "checks" or len(parts) == 1 else ".".join(parts[:2])


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name for name in found if name.split(".")[0] in ("audit", "checks")}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_down(path: Path) -> None:
    here = room(name_of(path))
    assert here in FLOORS, f"{here} has no floor"
    for other in map(room, imported(path)):
        if other != here and (here, other) not in WITHIN_A_FLOOR:
            assert FLOORS[other] < FLOORS[here], f"{name_of(path)} imports {other}"


def test_every_check_is_listed_and_named_after_its_file() -> None:
    files = {
        f"{path.parent.name}.{path.stem}"
        for path in ROOT.glob("checks/*/*.py")
        if path.stem != "__init__" and path.parent.name != "law"
    }
    assert sorted(ALL) == sorted(files)
    assert [check.name for check in every_check()] == [place.rpartition(".")[2] for place in ALL]


@pytest.mark.parametrize("place", ALL)
def test_every_check_says_what_it_does(place: str) -> None:
    text = importlib.import_module(f"checks.{place}").__doc__ or ""
    assert text.splitlines()[0].endswith(".")
    marks = [text.index(f"\n{heading}: ") for heading in ("Does", "Matters", "How", "Blind to")]
    assert marks == sorted(marks)
    source = (ROOT / "checks" / (place.replace(".", "/") + ".py")).read_text("utf-8")
    assert source.isascii() or "Text(" in source


def test_provisions_are_dated_in_order_and_cited() -> None:
    cited = {name for check in every_check() for name in check.provisions}
    named = {name for one in law.predicates().values() for name in one["provisions"]}
    assert cited <= set(law.provisions())
    assert set(law.provisions()) == cited | named
    for versions in law.provisions().values():
        for before, after in itertools.pairwise(versions):
            assert before["to"] <= after["from"]
        assert all(version["status"] in ("verified", "quoted") for version in versions)


def test_an_undated_provision_is_never_in_force() -> None:
    from datetime import date

    day = date(2022, 4, 1)
    old = law.cite(["cn-prize-sales"], day, day)
    assert [one["cite"] for one in old] == ["《反不正当竞争法》（2019修正）第十条"]
    assert law.cite(["cn-price-promises"], day, day) == []
    assert all("undated" in one["status"] for one in law.cite(["cn-blind-box-odds"], day, day))


def test_help_loads_nothing_heavy() -> None:
    heavy = ["duckdb", "pandas", "numpy", "scipy", "numba", "pydantic", "great_expectations", "matplotlib", "yaml", "rich"]
    script = f"import sys, checks.cli; print([name for name in {heavy} if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.strip() == "[]"


def test_the_gate_loads_neither_spark_nor_parsers_of_addresses() -> None:
    """Great Expectations would load both wherever they lie: the one may exit, the other takes seconds."""
    script = (
        "import sys\nfrom audit.intake.expectations import judge\nprint(judge(['1', '2'], ['1', '3'])[1],"
        " [name for name in ('great_expectations', 'pyspark', 'rfc3987_syntax') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert out.stdout.split("\n")[-2] == "[True, False] ['great_expectations']"


def test_a_large_export_is_judged_in_a_process_of_its_own(tmp_path: Path) -> None:
    """Great Expectations holds memory that the engine needs; what the two processes say is the same."""
    script = (
        "import sys\nfrom audit.intake.expectations import judge, judge_apart\nasked = ['1', '2', '3'], ['1', '', '3']\n"
        "told = judge_apart(*asked)\nassert 'great_expectations' not in sys.modules\nassert told == judge(*asked), told\nprint(told)"
    )
    (tmp_path / "json.py").write_text("raise SystemExit('another folder is no place to import from')")
    call = [sys.executable, "-P", "-c", script]
    out = subprocess.run(call, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert out.stdout.split("\n")[-2] == "('expect_column_pair_values_to_be_equal', [True, False, True])"


@pytest.mark.parametrize("command", [["ruff", "check", "."], ["mypy"]], ids=lambda command: command[0])
def test_style(command: list[str]) -> None:
    tool = Path(sys.executable).parent / command[0]
    if not tool.exists() and shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed; it comes with the extra `test`")
    out = subprocess.run(
        [str(tool) if tool.exists() else command[0], *command[1:]], capture_output=True, text=True, cwd=ROOT
    )
    assert out.returncode == 0, out.stdout + out.stderr

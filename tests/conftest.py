"""One process for all tests: Great Expectations is imported once, and each case is audited once."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from audit.build import build
from audit.case import Audit, read_case
from audit.finding import FAULT, Finding
from checks.run import judge, share_of

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "fixtures"
SHARED = ROOT.parent / "shared"
Auditor = Callable[..., tuple[Audit, list[Finding]]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The longer runs are asked for."""
    parser.addoption("--every-case", action="store_true", help="run every fixture on Spark, not only some")


@pytest.fixture
def audited(tmp_path: Path) -> Iterator[Auditor]:
    """A function that audits a case folder and gives the loaded case with its findings."""
    opened: list[Audit] = []

    def run(folder: Path, exports: Path | None = None) -> tuple[Audit, list[Finding]]:
        case = read_case(folder, exports)
        work = tmp_path / f"audit-{len(opened)}"
        work.mkdir()
        audit = build(case, work / "case.duckdb", Fraction(1, 1000) / share_of(case)[0], lambda _: None)
        opened.append(audit)
        findings = judge(audit, lambda _: None)
        assert [one.text.en for one in findings if one.subject == FAULT] == []
        return audit, findings

    yield run
    for audit in opened:
        audit.engine.connection.close()


@pytest.fixture
def honest(tmp_path: Path) -> Path:
    """A copy of the honest blind box, to be damaged."""
    return Path(shutil.copytree(FIXTURES / "blind-box" / "honest", tmp_path / "honest"))


@cache
def maker() -> Any:
    """fixtures/make.py, which shares no code with audit."""
    spec = importlib.util.spec_from_file_location("make", FIXTURES / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make"] = module  # its records look their own module up
    spec.loader.exec_module(module)
    return module


@cache
def expected(folder: Path) -> list[dict[str, Any]]:
    """The findings that a case's expected.json names."""
    return json.loads((folder / "expected.json").read_text("utf-8"))["findings"]


def failing(findings: list[Finding]) -> list[tuple[str, str]]:
    """(check, subject) of every FAIL that contradicts something, in order; screens are looked at by their own tests."""
    return [(one.check, one.subject) for one in findings if one.verdict == "FAIL" and one.basis != "screen"]

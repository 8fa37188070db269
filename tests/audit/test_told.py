"""Outcomes in the records of their entries are kept there; in a file of their own they are joined. The audit is the same."""

from __future__ import annotations

import csv
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit.build import build
from audit.case import Audit, read_case
from audit.evidence.rerun import tables_differing
from tests.conftest import FIXTURES

CASES = (
    "blind-box/first-seven-never-win",
    "lucky-wish/honest",
    "open-raffle/honest",
    "envelope-rain/honest",
    "lucky-box-eras/honest",
)
OWN = {"entry", "outcome", "entry_told", "input", "line_run", "rule", "step"}  # where records lie, not what they say


def built(folder: Path, out: Path) -> Audit:
    out.mkdir()
    audit = build(read_case(folder), out / "case.duckdb", Fraction(1, 1000), lambda _: None)
    audit.engine.rows("CHECKPOINT case_file")
    return audit


def parted(folder: Path, to: Path) -> Path:
    """The same case with its outcomes in a copy of the entries' file."""
    case = Path(shutil.copytree(folder, to))
    declared: dict[str, Any] = yaml.safe_load((case / "case.yaml").read_text("utf-8"))
    outcome = declared["tables"]["outcome"]
    shutil.copy(case / outcome["file"], case / f"outcomes-{outcome['file']}")
    outcome["file"] = f"outcomes-{outcome['file']}"
    (case / "case.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True, sort_keys=False), "utf-8")
    return case


def damage(case: Path, encoding: str, *, again: bool, unread: bool) -> None:
    """Let an entry stand twice with another outcome; take the id of another away; and write an outcome that is none."""
    declared: dict[str, Any] = yaml.safe_load((case / "case.yaml").read_text("utf-8"))
    plan = declared["tables"]["outcome"]
    path = case / plan["file"]
    head, *rows = csv.reader(path.read_bytes().decode(encoding).splitlines())
    place = {name: head.index(at if isinstance(at, str) else at["column"]) for name, at in plan["columns"].items()
             if isinstance(at, str) or "column" in at}  # fmt: skip
    rows[3][place["outcome"]] = "?"
    if unread:
        rows[5][place["entry_id"]] = " spaced "
    if again:
        rows.append([*rows[8]])
        rows[-1][place["outcome"]] = rows[9][place["outcome"]]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("hurt", [None, {"again": True, "unread": False}, {"again": False, "unread": True}])
def test_the_audit_is_the_same(name: str, hurt: dict[str, bool] | None, tmp_path: Path) -> None:
    case = Path(shutil.copytree(FIXTURES / name, tmp_path / "case"))
    if hurt:
        damage(case, "gb18030" if name.startswith("blind-box/") else "utf-8-sig", **hurt)
    together = built(case, tmp_path / "together")
    apart = built(parted(case, tmp_path / "parted"), tmp_path / "apart")
    try:
        assert together.engine.holds("entry_told")
        assert not apart.engine.holds("entry_told")
        played = "SELECT sql FROM step WHERE name = 'entry_played'"
        assert ("entry_told" in together.engine.value(played)) is (hurt is None)
        assert "entry_told" not in apart.engine.value(played)
        for table in ("entry", "outcome"):
            rows = f"SELECT * EXCLUDE (source_file) FROM {table} ORDER BY ALL"
            assert together.engine.rows(rows) == apart.engine.rows(rows)
    finally:
        together.engine.connection.close()
        apart.engine.connection.close()
    found = set(tables_differing(tmp_path / "together" / "case.duckdb", tmp_path / "apart" / "case.duckdb"))
    if hurt:  # these name the file of an outcome, which is another
        found -= {"refused_cell", "repeated_record"}
    assert found <= OWN, found

"""Parquet read where it lies: the findings are those of a copy, and what allows no view is copied."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml

from audit.build import begin, finish
from audit.case import read_case
from audit.finding import Finding
from checks.cli import main
from checks.run import judge
from tests.conftest import FIXTURES

CASE = FIXTURES / "blind-box" / "first-seven-never-win"
TYPES = {
    "盒号": "BIGINT", "支付金额": "DECIMAL(18, 2)",
    "开盒时间": "TIMESTAMP", "付款时间": "TIMESTAMP", "发起时间": "TIMESTAMP", "注册时间": "TIMESTAMP",
}  # fmt: skip
VIEWS = (
    "SELECT name FROM step WHERE name IN ('participant', 'entry', 'outcome', 'payment')"  # that read the export itself
)


def to_parquet(
    folder: Path, *, types: dict[str, str] | None = None, change: tuple[str, str, str] | None = None
) -> Path:
    """The case with Parquet instead of CSV, columns typed as `types` says; change: one file, column and cell of its record 1."""
    folder.mkdir()
    told = yaml.safe_load((CASE / "case.yaml").read_text("utf-8"))
    (folder / "rules.yaml").write_bytes((CASE / "rules.yaml").read_bytes())
    for file in sorted({one["file"] for one in told["tables"].values()}):
        raw = (CASE / file).read_bytes()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("gb18030")
        head, *rows = csv.reader(text.splitlines())
        if change and change[0] == file:
            rows[0][head.index(change[1])] = change[2]
        kinds = [(TYPES if types is None else types).get(name, "VARCHAR") for name in head]
        with duckdb.connect() as db:
            frame = pd.DataFrame([[cell or None for cell in row] for row in rows], columns=head, dtype=object)
            db.register("given", frame)
            cells = ", ".join(
                f'CAST(CAST("{name}" AS VARCHAR) AS {kind}) AS "{name}"' for name, kind in zip(head, kinds, strict=True)
            )
            db.execute(f"COPY (SELECT {cells} FROM given) TO '{folder / file}.parquet' (FORMAT parquet)")
    for table in told["tables"].values():
        table["file"] += ".parquet"
        table.pop("encoding", None)
    (folder / "case.yaml").write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    return folder


def audited(case: Path, out: Path, *more: str) -> tuple[Any, list[tuple[Any, ...]], set[str]]:
    """(findings, discrepancies, canonical tables that are views) of an audit."""
    assert main(["audit", str(case), "--out", str(out), "--quiet", *more]) in (0, 1)
    with duckdb.connect(str(out / "case.duckdb"), read_only=True) as db:
        rows = db.execute("SELECT * FROM discrepancy ORDER BY ALL").fetchall()
        return (
            json.loads((out / "findings.json").read_text("utf-8")),
            rows,
            {name for (name,) in db.execute(VIEWS).fetchall()},
        )


def judged(case: Path, out: Path, *, in_place: bool) -> tuple[list[Finding], list[tuple[Any, ...]], set[str]]:
    """The same without reports."""
    read = read_case(case)
    out.mkdir()
    engine = begin(read, out / "case.duckdb", {})
    try:
        audit = finish(read, engine, out / "work", Fraction(1, 4000), lambda _: None, in_place=in_place)
        rows = engine.rows("SELECT * FROM discrepancy ORDER BY ALL")
        return judge(audit, lambda _: None), rows, {name for (name,) in engine.rows(VIEWS)}
    finally:
        engine.connection.close()


def test_the_findings_are_the_same_and_nothing_is_copied(tmp_path: Path) -> None:
    case = to_parquet(tmp_path / "case")
    copied, placed = audited(case, tmp_path / "copied"), audited(case, tmp_path / "placed", "--in-place")
    assert placed[:2] == copied[:2]
    assert (copied[2], placed[2]) == (set(), {"participant", "entry", "outcome", "payment"})
    assert (tmp_path / "placed" / "case.duckdb").stat().st_size < (tmp_path / "copied" / "case.duckdb").stat().st_size


@pytest.mark.parametrize(
    ("types", "change", "table"),
    [
        ({}, None, "entry"),  # moments are text
        (TYPES, ("openings.csv", "开盒编号", " K1 "), "entry"),  # an id with spaces around it is refused
        ({**TYPES, "支付金额": "VARCHAR"}, ("openings.csv", "支付金额", "5.005"), "entry"),
        (TYPES, ("openings.csv", "盒号", "1" + "0" * 18), "entry"),
        (TYPES, ("openings.csv", "开盒时间", "0999-12-31 00:00:00"), "entry"),
        ({**TYPES, "支付金额": "DOUBLE"}, None, "entry"),
    ],
)
def test_what_allows_no_view_is_copied(
    types: dict[str, str], change: tuple[str, str, str] | None, table: str, tmp_path: Path
) -> None:
    case = to_parquet(tmp_path / "case", types=types, change=change)
    copied, placed = judged(case, tmp_path / "copied", in_place=False), judged(case, tmp_path / "placed", in_place=True)
    assert placed[:2] == copied[:2]
    assert table not in placed[2]
    assert (change is None) or any(
        one.check in ("cells_refused", "ids_repeated", "links_broken", "values_out_of_range") for one in placed[0]
    )


@pytest.mark.parametrize(
    "kind", ["VARCHAR[]", "VARCHAR[1]", "STRUCT(a VARCHAR)", "MAP(VARCHAR, VARCHAR)", "UNION(a VARCHAR)", "BLOB"]
)
@pytest.mark.parametrize("options", [[], ["--in-place"]], ids=["copied", "in place"])
def test_a_column_of_no_single_values_is_no_text(
    kind: str, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case, file = to_parquet(tmp_path / "case"), "users.csv.parquet"
    with duckdb.connect() as db:
        values = {
            "[]": "[x]",
            "[1]": "[x]",
            "STRUCT": "{'a': x}",
            "MAP": "map([x], [x])",
            "UNION": "union_value(a := x)",
        }
        cell = next(
            (made for word, made in values.items() if kind.startswith(word) or kind.endswith(word)), "CAST(x AS BLOB)"
        )
        made = cell.replace("x", "coalesce(推荐人, '')") if cell != "CAST(x AS BLOB)" else "CAST(推荐人 AS BLOB)"
        db.execute(f"CREATE TABLE t AS SELECT * FROM read_parquet('{case / file}')")
        db.execute(
            f"COPY (SELECT * REPLACE (CAST({made} AS {kind}) AS 推荐人) FROM t) TO '{case / file}' (FORMAT parquet)"
        )
    assert main(["audit", str(case), "--out", str(tmp_path / "out"), "--quiet", *options]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{file}: the column '推荐人' is ")
    assert said.endswith("export it as text\n")
    assert not (tmp_path / "out").exists()


def test_a_column_of_no_single_values_that_nobody_reads_is_left(tmp_path: Path) -> None:
    case, file = to_parquet(tmp_path / "case"), "users.csv.parquet"
    with duckdb.connect() as db:
        db.execute(f"CREATE TABLE t AS SELECT *, [1] AS tags FROM read_parquet('{case / file}')")
        db.execute(f"COPY t TO '{case / file}' (FORMAT parquet)")
    read = read_case(case)
    engine = begin(read, tmp_path / "case.duckdb", {})
    try:
        finish(read, engine, tmp_path / "work", Fraction(1, 4000), lambda _: None)
    finally:
        engine.connection.close()


def test_a_case_file_without_its_exports_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case, out = to_parquet(tmp_path / "case"), tmp_path / "out"
    audited(case, out, "--in-place")
    assert main(["explain", str(out), "row:entry/K000001"]) in (0, 2)
    assert main(["seal", str(out), "--out", str(tmp_path / "bundle.zip")]) == 2
    assert "audit again without --in-place" in capsys.readouterr().err
    (case / "openings.csv.parquet").rename(case / "gone.parquet")
    assert main(["explain", str(out), "row:entry/K000001"]) == 2
    assert "reads this export in place, and it is gone" in capsys.readouterr().err

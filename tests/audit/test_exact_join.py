"""Comparing payments with no hash trusted: the same differences, and those that colliding hashes would hide."""

from __future__ import annotations

import re
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from audit.build import build
from audit.case import read_case
from audit.engine import Engine
from audit.evidence.rerun import tables_differing
from audit.reconcile import sides
from audit.reconcile.sides import alike_of, cuts_of
from checks.cli import main
from tests.conftest import FIXTURES, Auditor

CASES = (
    "blind-box/honest", "two-level/rigged-third-level-paid", "blind-box/first-seven-never-win", "group-rebate/honest",
    "red-envelope/honest",
)  # fmt: skip
MANY = (300, 7)  # payments in a range, one record in so many looked at
# how the differing events are found, and what is compared with them row by row, not which differ
OWN = {
    "side_total", "side_paid", "side_award_due", "side_entry_award", "side_other_award", "bucket_differing",
    "side_range", "step", "bucket_slow", "bucket_maybe_late", "bucket_suspect",
    "award_suspect", "paid_suspect", "owed_row", "paid_row", "known_event", "pair_exact", "pair_wrong_amount", "pair_wrong_asset",
    "pair_wrong_payee", "owed_unpaid", "paid_unowed",
}  # fmt: skip


def discrepancies(folder: Path, out: Path, *, exact: bool) -> list[tuple[Any, ...]]:
    out.mkdir()
    engine = build(read_case(folder), out / "case.duckdb", Fraction(1, 1000), lambda _: None, exact=exact).engine
    try:
        return engine.rows("SELECT * FROM discrepancy ORDER BY ALL")
    finally:
        engine.connection.close()


def cut(case: Path) -> None:
    """Leave out some payments, double some, change an amount and a payee, cut off some references."""
    path = case / "payments.csv"
    head, *lines = path.read_text("utf-8").splitlines(keepends=True)
    lines = [line for place, line in enumerate(lines) if place % 37 != 5]
    lines += [line.replace("P", "Q", 1) for line in lines[::53]]
    path.write_text("".join([head, *lines]), "utf-8")


@pytest.mark.parametrize(("name", "size"), [*((name, MANY) for name in CASES), *((name, None) for name in CASES[:2])])
def test_the_differences_are_the_same(
    name: str, size: tuple[int, int] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if size:
        monkeypatch.setattr(sides, "RANGE", size[0])
        monkeypatch.setattr(sides, "SAMPLE", size[1])
    case = Path(shutil.copytree(FIXTURES / name, tmp_path / "case"))
    if name == "blind-box/honest":
        cut(case)
    found = discrepancies(case, tmp_path / "buckets", exact=False)
    assert found == discrepancies(case, tmp_path / "ranges", exact=True)
    assert found or name not in CASES[:2]
    differing = tables_differing(tmp_path / "buckets" / "case.duckdb", tmp_path / "ranges" / "case.duckdb")
    assert {one for one in differing if not one.startswith("side_range_")} <= OWN


@pytest.mark.parametrize("name", ["blind-box/first-seven-never-win", "red-envelope/rigged-odd-fen-kept",
                                  "red-envelope/honest-random", "partner-plan/honest", "chain-2-1/honest"])  # fmt: skip
def test_suspect_awards_are_the_same_that_the_replay_owes(name: str, audited: Auditor) -> None:
    """They are worked out anew from the events of suspect buckets; here every other bucket is suspected."""
    engine = audited(FIXTURES / name)[0].engine
    texts = dict(engine.rows("SELECT name, sql FROM step"))
    suspect = texts["award_suspect"]
    whole = suspect.replace("FROM suspect_award AS a", "FROM award_due AS a")
    assert whole != suspect
    if "entry_award" in texts:
        parts, due = "(FROM entry_award UNION ALL FROM other_award)", "(FROM award_due)"
        assert engine.rows(f"({parts} EXCEPT ALL {due}) UNION ALL ({due} EXCEPT ALL {parts})") == []
    assert ("entry_award" in texts) == (not name.startswith(("partner-plan", "chain-2-1")))
    for half in (0, 1):
        engine.rows("DELETE FROM bucket_suspect")
        engine.rows("INSERT INTO bucket_suspect SELECT DISTINCT bucket, clause FROM side_total WHERE bucket % 2 = ?", [half])
        assert engine.rows(f"(({suspect}) EXCEPT ALL ({whole})) UNION ALL (({whole}) EXCEPT ALL ({suspect}))") == []
        assert 0 < engine.value(f"SELECT count(*) FROM ({whole})") < engine.value("SELECT count(*) FROM award_due")


def test_colliding_hashes_hide_what_only_the_exact_join_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a platform had found other payments of the same sums: every row gets the same hash."""
    by_bucket = sides.by_bucket

    def colliding(*given: Any) -> list[Any]:
        return [
            type(one)(one.name, one.sql.replace(f"hash({sides.ROW})", "hash(0)"), one.kind) for one in by_bucket(*given)
        ]

    monkeypatch.setattr("audit.reconcile.by_reference.by_bucket", colliding)
    case = Path(shutil.copytree(FIXTURES / "blind-box" / "honest", tmp_path / "case"))
    path = case / "payments.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    place = next(at for at, line in enumerate(lines) if ",4.50," in line)
    lines[place] = lines[place].replace(",4.50,", ",0.45,")
    path.write_text("".join(lines), "utf-8")
    assert discrepancies(case, tmp_path / "buckets", exact=False) == []
    (found,) = discrepancies(case, tmp_path / "ranges", exact=True)
    assert found[0] == "wrong_amount"


def test_ranges_end_where_the_records_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    out.mkdir()
    engine = build(read_case(FIXTURES / CASES[0]), out / "case.duckdb", Fraction(1, 1000), lambda _: None).engine
    try:
        assert cuts_of(engine) == []
        monkeypatch.setattr(sides, "RANGE", 1000)
        monkeypatch.setattr(sides, "SAMPLE", 7)
        cuts = cuts_of(engine)
        assert len(cuts) >= 2
        assert cuts == sorted(set(cuts))
    finally:
        engine.connection.close()


def test_the_case_file_says_so_and_the_bundle_is_run_again_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = FIXTURES / "seed-grant" / "honest"
    assert main(["audit", str(case), "--out", str(tmp_path / "out"), "--exact-join", "--quiet"]) in (0, 1)
    assert capsys.readouterr().out == ""
    with duckdb.connect(str(tmp_path / "out" / "case.duckdb"), read_only=True) as db:
        assert db.execute("SELECT value FROM made_with WHERE name = 'exact-join'").fetchall() == [("yes",)]
        assert db.execute("SELECT count(*) FROM step WHERE name LIKE 'side_range%'").fetchone() == (3,)
    main(["seal", str(tmp_path / "out"), "--exports", str(case), "--out", str(tmp_path / "case.zip")])
    assert main(["verify", str(tmp_path / "case.zip"), "--rerun"]) == 0
    told = capsys.readouterr().out
    assert "equal tables" in told
    assert "bytes may differ" not in told


@pytest.mark.parametrize("many", [False, True])
def test_neighbours_in_time_show_the_same_differences_as_buckets_at_random(
    many: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Late payments among them; many: more buckets look late than may be compared row by row."""
    case = Path(shutil.copytree(FIXTURES / "blind-box" / "honest", tmp_path / "case"))
    cut(case)
    path = case / "payments.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    lines = [
        re.sub(r"2022-0[34]-", "2022-05-", line, count=1) if not place % 41 else line
        for place, line in enumerate(lines)
    ]
    path.write_text("".join(lines), "utf-8")
    monkeypatch.setattr("audit.reconcile.late.FEW", (1 << 30, 0) if many else (1, 1 << 30))
    found = discrepancies(case, tmp_path / "neighbours", exact=False)
    with duckdb.connect(str(tmp_path / "neighbours" / "case.duckdb"), read_only=True) as db:
        assert db.execute("SELECT DISTINCT many FROM bucket_slow").fetchall() == [(many,)]
    monkeypatch.setattr("audit.reconcile.sides.alike_of", lambda *_: 0)
    assert found == discrepancies(case, tmp_path / "random", exact=False)
    assert found == discrepancies(case, tmp_path / "ranges", exact=True)
    assert {"late", "missing", "duplicate"} <= {one[0] for one in found}


@pytest.mark.parametrize(
    ("name", "width"), [("E{:09}", 2), ("{}", 2), ("A{:05}/{}", 0), ("{:016x}", 0), ("E{:09}0", 3)]
)  # fmt: skip
def test_ids_that_count_up_have_neighbours(name: str, width: int) -> None:
    """20 000 payments, 128 buckets: ids that count by one share them by hundreds; random ids have no neighbours."""
    db = duckdb.connect()
    ids = [name.format(n * 977_777_777_777_777 % (1 << 61) if "x" in name else n, n % 9) for n in range(20_000)]
    db.register("given", pd.DataFrame({"ref": ids[::4], "record": range(0, 20_000, 4)}))
    db.execute("CREATE TABLE payment AS SELECT CAST(ref AS VARCHAR) AS ref, CAST(record AS BIGINT) AS record FROM given")
    assert alike_of(Engine(db), 20_000) == width

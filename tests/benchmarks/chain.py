"""Replay and reconciliation of chain 2+1, as ratios to a plain scan: `python tests/benchmarks/chain.py [MEMBERS] [bush|deep]`.

Everybody joins, buys the package and one in ten buys again; bush: under anybody before them, deep: under the one before, so that
the tree is as deep as it has members. A first audit without payments gives what is owed; it is paid, and audited again. Trust
the ratios.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import duckdb
from measure import Marks, scan, slowest, together

from audit.build import build
from audit.case import read_case

FIXTURE = Path(__file__).parents[2] / "fixtures" / "chain-2-1" / "honest"
COLUMNS = {
    "participant": ["participant_id", "referrer_id", "joined_at"],
    "purchase": ["purchase_id", "participant_id", "item", "kind", "amount", "paid_at"],
    "payment": ["payment_id", "paid_at", "payee_id", "asset", "amount", "reason", "ref"],
}


def make(folder: Path, members: int, shape: str) -> None:
    """Write people and orders, in time order, as exports are."""
    db = duckdb.connect()
    above = "i - 1" if shape == "deep" else "hash(i, 2) % i"
    db.execute(f"""
        CREATE TABLE participant AS
        SELECT 'U' || lpad(CAST(i AS VARCHAR), 9, '0') AS participant_id,
            CASE WHEN i > 0 THEN 'U' || lpad(CAST({above} AS VARCHAR), 9, '0') END AS referrer_id,
            TIMESTAMP '2022-03-01 00:00:00' + i * INTERVAL 1 SECOND AS joined_at
        FROM range({members}) AS t(i)""")
    db.execute(f"""
        CREATE TABLE purchase AS
        SELECT 'D' || lpad(CAST(row_number() OVER (ORDER BY paid_at, participant_id) AS VARCHAR), 9, '0') AS purchase_id, *
        FROM (
            SELECT participant_id, '699礼包' AS item, 'package' AS kind, '699.00' AS amount, joined_at AS paid_at FROM participant
            UNION ALL
            SELECT participant_id, '699礼包', 'repeat', '699.00', joined_at + INTERVAL 9 DAY FROM participant
            WHERE hash(participant_id) % 10 = 0
            UNION ALL
            SELECT participant_id, unnest(['身份礼包999', '身份礼包1980']), 'rank', '999.00', joined_at + INTERVAL 1 DAY FROM participant
            WHERE CAST(participant_id[2:] AS BIGINT) < {members} / 20
        ) AS bought ORDER BY paid_at, participant_id""")
    for table in ("participant", "purchase"):
        db.execute(f"COPY {table} TO '{folder / table}.parquet' (COMPRESSION zstd)")
    shutil.copy(FIXTURE / "rules.yaml", folder)


def describe(folder: Path, *tables: str) -> None:
    """Write case.yaml for these tables."""
    plans = {one: {"file": f"{one}.parquet", "columns": {name: name for name in COLUMNS[one]}} for one in tables}
    plans["purchase"]["columns"]["asset"] = {"value": "CNY"}  # type: ignore[index]
    (folder / "case.yaml").write_text(
        json.dumps({"case": "benchmark-chain", "timezone": "Asia/Shanghai", "tables": plans})
    )


def settle(folder: Path, threads: int, memory: str = "4GB") -> None:
    """Pay what a first audit finds owed."""
    describe(folder, "participant", "purchase")
    (folder / "first").mkdir()
    audit = build(
        read_case(folder),
        folder / "first" / "case.duckdb",
        Fraction(1, 4000),
        lambda _: None,
        memory=memory,
        threads=threads,
    )
    audit.engine.connection.close()
    db = duckdb.connect(str(folder / "first" / "case.duckdb"), read_only=True)
    db.execute("SET TimeZone = 'Asia/Shanghai'")
    db.execute(f"""
        COPY (
            SELECT 'P' || lpad(CAST(row_number() OVER (ORDER BY event_at, event, clause, payee, amount) AS VARCHAR), 10, '0')
                AS payment_id, event_at + INTERVAL 1 MINUTE AS paid_at, payee AS payee_id, asset,
                CAST(amount / 100 AS DECIMAL(18, 2)) AS amount, clause AS reason, event AS ref
            FROM expected_award ORDER BY event_at, event, clause, payee, amount
        ) TO '{folder / "payment"}.parquet' (COMPRESSION zstd)""")
    db.close()
    shutil.rmtree(folder / "first")
    describe(folder, "participant", "purchase", "payment")


def main(members: int, shape: str = "bush", threads: int = 2) -> None:
    """Print (JSON, to standard output) the ratios, and the dearest steps."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, members, shape)
        settle(folder, threads)
        base, marks = scan(folder, COLUMNS, threads), Marks()
        (folder / "out").mkdir()
        audit = build(
            read_case(folder), folder / "out" / "case.duckdb", Fraction(1, 4000), marks, memory="4GB", threads=threads
        )
        marks("end")
        counts = {
            one: audit.engine.value(f"SELECT count(*) FROM {one}")
            for one in ("participant", "purchase", "payment", "discrepancy")
        }
    spent = marks.spent()
    places = [one.what for one in spent]
    spent = spent[places.index("participant_once") : places.index("owed_by_clause") + 1]
    whole = together("replay+reconcile", spent)
    print(json.dumps({
        "shape": shape, **counts, "scan_wall": round(base.wall, 3), "scan_cpu": round(base.cpu, 3),
        "replay+reconcile_wall": round(whole.wall, 3), "x_scan_wall": round(whole.wall / base.wall, 1),
        "x_scan_cpu": round(whole.cpu / base.cpu, 1), "peak_mb": whole.peak_mb,
    }, indent=2))  # fmt: skip
    print(slowest(spent))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, *sys.argv[2:3])

"""Money, people and fairness on a large plan, as ratios to a plain scan: `python tests/benchmarks/plan.py [PAYMENTS]`.

Makes a two-level plan in Parquet with DuckDB (a tenth as many members as payments), audits it, and times each step and check
of these rooms against one scan that hashes every column they read. Both are CPU seconds of all threads, measured in one run:
trust the ratios. What an audit reads and imports once, however small its export, is read and imported before.
"""

from __future__ import annotations

import itertools
import json
import resource
import statistics
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import duckdb

from audit.build import build
from audit.case import read_case
from audit.engine import Engine
from checks import every_check, law

RULES = """
campaign: plan
effective: {from: 2023-01-01}
assets: {CNY: {step: "0.01"}}
awards:
  first: {on: order, to: participant.referrer, pays: {CNY: {percent: "10", of: order, rounding: down}}}
  second: {on: order, to: participant.referrer.referrer, pays: {CNY: {percent: "5", of: order, rounding: down}}}
"""
ROOMS = ("checks.money", "checks.people", "checks.fairness")
STEPS = ("invited", "payee_total", "plan_person", "money_event", "buyer_total", "reward_side", "tree_level", "money_beside",
         "member_money", "moved_day", "payment_day", "money_day", "identity_link", "account_cluster", "staff",
         "entry_chance")  # fmt: skip


def make(folder: Path, payments: int) -> None:
    """Members, orders and payments of an honest plan."""
    members, orders = payments // 10, payments * 10 // 17
    db = duckdb.connect()
    db.execute(f"""
        CREATE TABLE participant AS
        SELECT 'U' || lpad(CAST(i AS VARCHAR), 9, '0') AS participant_id,
            CASE WHEN i > 0 AND hash(i, 1) % 100 < 95 THEN 'U' || lpad(CAST(hash(i, 2) % i AS VARCHAR), 9, '0') END AS referrer_id,
            TIMESTAMP '2023-01-01 00:00:00' + i * INTERVAL 1 SECOND AS joined_at,
            CASE hash(i, 3) % 4 WHEN 0 THEN 'east' WHEN 1 THEN 'west' ELSE 'middle' END AS region
        FROM range({members}) AS t(i)""")
    db.execute(f"""
        CREATE TABLE purchase AS
        SELECT 'D' || lpad(CAST(i AS VARCHAR), 10, '0') AS purchase_id,
            'U' || lpad(CAST(hash(i, 4) % {members} AS VARCHAR), 9, '0') AS participant_id,
            CASE WHEN hash(i, 5) % 10 = 0 THEN 'package' ELSE 'goods' END AS kind, 'item ' || hash(i, 6) % 50 AS item,
            CAST(10 + hash(i, 6) % 50 AS VARCHAR) || '.00' AS amount,
            TIMESTAMP '2023-02-01 00:00:00' + i * INTERVAL 5 SECOND AS paid_at
        FROM range({orders}) AS t(i)""")
    db.execute("""
        CREATE TABLE payment AS
        SELECT 'P' || lpad(CAST(row_number() OVER () AS VARCHAR), 10, '0') AS payment_id, * FROM (
            SELECT d.purchase_id AS ref, 'first' AS reason, p.referrer_id AS payee_id, d.paid_at + INTERVAL 1 HOUR AS paid_at,
                CAST(CAST(d.amount AS DECIMAL(18, 2)) / 10 AS DECIMAL(18, 2)) AS amount
            FROM purchase AS d JOIN participant AS p ON p.participant_id = d.participant_id WHERE p.referrer_id IS NOT NULL
            UNION ALL
            SELECT d.purchase_id, 'second', q.referrer_id, d.paid_at + INTERVAL 1 HOUR,
                CAST(floor(CAST(d.amount AS DECIMAL(18, 2)) * 5) / 100 AS DECIMAL(18, 2))
            FROM purchase AS d JOIN participant AS p ON p.participant_id = d.participant_id
            JOIN participant AS q ON q.participant_id = p.referrer_id WHERE q.referrer_id IS NOT NULL ORDER BY paid_at, ref, reason)""")
    db.execute(f"""
        CREATE TABLE identity AS
        SELECT 'U' || lpad(CAST(i AS VARCHAR), 9, '0') AS participant_id, 'address' AS kind, 'home ' || i // 3 AS value
        FROM range({members}) AS t(i)""")
    for table in ("participant", "purchase", "payment", "identity"):
        db.execute(f"COPY {table} TO '{folder / table}.parquet' (COMPRESSION zstd)")
    (folder / "rules.yaml").write_text(RULES)
    columns = {
        "participant": ["participant_id", "referrer_id", "joined_at", "region"],
        "purchase": ["purchase_id", "participant_id", "kind", "item", "amount", "paid_at"],
        "payment": ["payment_id", "paid_at", "payee_id", "amount", "reason", "ref"],
        "identity": ["participant_id", "kind", "value"],
    }
    tables = {
        table: {"file": f"{table}.parquet", "columns": {name: name for name in names}}
        for table, names in columns.items()
    }
    for table in ("purchase", "payment"):
        tables[table]["columns"]["asset"] = {"value": "CNY"}  # type: ignore[index]
    case = {
        "case": f"plan-{payments}",
        "timezone": "Asia/Shanghai",
        "attribution": {"entry": {"kind": ["package"]}},
        "tables": tables,
    }
    (folder / "case.yaml").write_text(json.dumps(case))


def scan(folder: Path, threads: int) -> float:
    """CPU seconds of hashing every column that these rooms read: the middle of three rounds, after one to warm the cache."""
    db = Engine(duckdb.connect())
    db.rows(f"SET threads = {threads}")
    parts = [f"SELECT sum(CAST(hash(t) >> 8 AS BIGINT)) FROM read_parquet('{folder / name}.parquet') AS t"
             for name in ("participant", "purchase", "payment", "identity")]  # fmt: skip
    spent = []
    for _ in range(4):
        begun = time.process_time()
        for part in parts:
            db.rows(part)
        spent.append(time.process_time() - begun)
    return statistics.median(spent[1:])


def main(payments: int, threads: int = 2) -> None:
    """Print the ratios as JSON, then what took longest."""
    import scipy.signal
    import scipy.stats  # noqa: F401

    law.provisions()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, payments)
        base = scan(folder, threads)
        marks: list[tuple[str, float]] = []
        (folder / "out").mkdir()
        audit = build(read_case(folder), folder / "out" / "case.duckdb", Fraction(1, 4000),
                      lambda what: marks.append((what, time.process_time())), memory="4GB", threads=threads)  # fmt: skip
        marks.append(("end", time.process_time()))
        spent = [(later - at, what) for (what, at), (_, later) in itertools.pairwise(marks) if what in STEPS]
        for check in every_check():
            if check.judge.__module__.rpartition(".")[0] in ROOMS:
                begun = time.process_time()
                list(check.judge(audit))
                spent.append((time.process_time() - begun, check.name))
        steps = sum(seconds for seconds, what in spent if what in STEPS)
        total = sum(seconds for seconds, _ in spent)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(json.dumps({"payments": payments, "scan": round(base, 3), "steps": round(steps, 3), "checks": round(total - steps, 3),
                      "x_scan": round(total / base, 2), "peak_mb": peak}, indent=2))  # fmt: skip
    print(
        "\n".join(
            f"{seconds:8.3f} s  {seconds / base:5.2f} x  {what}" for seconds, what in sorted(spent, reverse=True)[:24]
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)

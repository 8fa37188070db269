"""Replay and reconciliation of a blind box, as ratios to a plain scan: `python tests/benchmarks/blind_box.py [OPENINGS]`.

Makes an honest export in Parquet with DuckDB (seeded), audits it, and times the steps of replay and reconciliation
against one scan that hashes every column they read. Both are measured in one run; trust the ratios.
"""

from __future__ import annotations

import itertools
import json
import resource
import shutil
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import duckdb

from audit.case import build, read_case
from audit.engine import Engine

FIXTURE = Path(__file__).parents[2] / "fixtures" / "blind-box" / "honest"
BOXES, MEAN = 24, 12.5
CLAUSES = """
    SELECT e.entry_id AS ref, 'initiator-per-opening' AS reason, a.initiator_id AS payee_id,
        'CNY' AS asset, '4.50' AS amount, e.entered_at AS moment
    FROM entry AS e JOIN activity AS a ON a.activity_id = e.activity_id
    UNION ALL
    SELECT e.entry_id, 'referrer-per-opening', p.referrer_id, 'CNY', '0.50', e.entered_at
    FROM entry AS e JOIN participant AS p ON p.participant_id = e.participant_id
    UNION ALL
    SELECT e.entry_id, 'consolation', e.participant_id, 'coupon', '99', e.entered_at FROM entry AS e WHERE outcome = 'loss'
    UNION ALL
    SELECT e.entry_id, 'prize', e.participant_id, 'coupon', '198', e.entered_at FROM entry AS e WHERE outcome = 'win'
    UNION ALL
    SELECT a.activity_id, 'referrer-per-activity', p.referrer_id, 'CNY', '4.00', a.started_at
    FROM activity AS a JOIN participant AS p ON p.participant_id = a.initiator_id
    UNION ALL
    SELECT a.activity_id, 'team-leader-per-activity', p.team_leader_id, 'CNY', '6.00', a.started_at
    FROM activity AS a JOIN participant AS p ON p.participant_id = a.initiator_id
    UNION ALL
    SELECT participant_id, 'seed-user', participant_id, 'coupon', '100', joined_at
    FROM (SELECT *, row_number() OVER (ORDER BY joined_at, participant_id) AS place FROM participant) AS p WHERE place <= 1000"""


def make(folder: Path, openings: int) -> None:
    """Write a case with about so many openings; events lie in time order, as exports do."""
    games, users = int(openings / MEAN), max(100, openings // 20)
    db = duckdb.connect()
    db.execute("SET preserve_insertion_order = true")
    db.execute(f"""
        CREATE TABLE participant AS
        SELECT 'U' || lpad(CAST(i AS VARCHAR), 9, '0') AS participant_id,
            CASE WHEN i > 0 AND hash(i, 1) % 100 < 85 THEN 'U' || lpad(CAST(hash(i, 2) % i AS VARCHAR), 9, '0') END AS referrer_id,
            CASE WHEN i > 9 THEN 'U' || lpad(CAST(i % 10 AS VARCHAR), 9, '0') END AS team_leader_id,
            TIMESTAMP '2022-03-01 00:00:00' + i * INTERVAL 1 SECOND AS joined_at
        FROM range({users}) AS t(i)""")
    db.execute(f"""
        CREATE TABLE activity AS
        SELECT 'A' || lpad(CAST(g AS VARCHAR), 9, '0') AS activity_id,
            'U' || lpad(CAST(hash(g, 3) % {users} AS VARCHAR), 9, '0') AS initiator_id,
            TIMESTAMP '2022-03-20 00:00:00' + g * INTERVAL 2 SECOND AS started_at, 1 + hash(g, 4) % {BOXES} AS winner
        FROM range({games}) AS t(g)""")
    db.execute(f"""
        CREATE TABLE entry AS
        SELECT 'K' || lpad(CAST(row_number() OVER () AS VARCHAR), 10, '0') AS entry_id, activity_id, position,
            'U' || lpad(CAST(hash(activity_id, position) % {users} AS VARCHAR), 9, '0') AS participant_id,
            started_at + position * INTERVAL 7 SECOND AS entered_at,
            CASE WHEN position = winner THEN 'win' ELSE 'loss' END AS outcome,
            CASE WHEN position = winner THEN 'coupon' END AS choice, '5.00' AS paid
        FROM activity, range(1, {BOXES + 1}) AS b(position) WHERE position <= winner ORDER BY activity_id, position""")
    db.execute(f"""
        CREATE TABLE payment AS
        SELECT 'P' || lpad(CAST(row_number() OVER () AS VARCHAR), 10, '0') AS payment_id, * FROM (
            SELECT ref, reason, payee_id, asset, amount, moment + (hash(ref, reason) % 3600) * INTERVAL 1 SECOND AS paid_at
            FROM ({CLAUSES}) AS owed WHERE payee_id IS NOT NULL ORDER BY moment, ref, reason)""")
    for table in ("participant", "activity", "entry", "payment"):
        db.execute(f"COPY {table} TO '{folder / table}.parquet' (COMPRESSION zstd)")
    shutil.copy(FIXTURE / "rules.yaml", folder)
    columns = {
        "participant": ["participant_id", "referrer_id", "team_leader_id", "joined_at"],
        "activity": ["activity_id", "initiator_id", "started_at"],
        "entry": ["entry_id", "activity_id", "participant_id", "position", "entered_at", "paid"],
        "outcome": ["entry_id", "outcome", "choice"],
        "payment": ["payment_id", "paid_at", "payee_id", "asset", "amount", "reason", "ref"],
    }
    tables = {
        table: {
            "file": f"{'entry' if table == 'outcome' else table}.parquet",
            "columns": {name: name for name in names},
        }
        for table, names in columns.items()
    }
    tables["entry"]["columns"]["asset"] = {"value": "CNY"}  # type: ignore[index]
    case = {"case": f"benchmark-{openings}", "timezone": "Asia/Shanghai", "tables": tables}
    (folder / "case.yaml").write_text(json.dumps(case, ensure_ascii=False), "utf-8")


def scan(folder: Path, threads: int) -> tuple[float, float]:
    """(wall, CPU) seconds of hashing every column that replay and reconciliation read."""
    db = Engine(duckdb.connect())
    db.rows(f"SET threads = {threads}")
    parts = [f"SELECT sum(CAST(hash(t) >> 8 AS BIGINT)) FROM read_parquet('{folder / name}.parquet') AS t"
             for name in ("participant", "activity", "entry", "payment")]  # fmt: skip
    db.rows(parts[-1])
    wall, cpu = time.perf_counter(), time.process_time()
    for part in parts:
        db.rows(part)
    return time.perf_counter() - wall, time.process_time() - cpu


def main(openings: int, threads: int = 2) -> None:
    """Print and write (JSON, to standard output) the ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, openings)
        scan_wall, scan_cpu = scan(folder, threads)
        marks: list[tuple[str, float, float]] = []
        work = folder / "out"
        work.mkdir()

        def mark(what: str) -> None:
            marks.append((what, time.perf_counter(), time.process_time()))

        audit = build(read_case(folder), work / "case.duckdb", Fraction(1, 4000), mark, threads=threads)
        mark("end")
        differing = audit.engine.value("SELECT count(*) FROM discrepancy")
        size = (work / "case.duckdb").stat().st_size
    places = [what for what, *_ in marks]
    replay = places.index("participant_once")
    stages = {
        "intake": (0, places.index("gate")),
        "gate": (places.index("gate"), replay),
        "replay+reconcile": (replay, len(marks) - 1),
    }
    result = {
        "openings": openings, "differing": differing, "scan_wall": round(scan_wall, 3), "scan_cpu": round(scan_cpu, 3),
        "case_file_mb": size >> 20, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        **{f"{stage}_wall": round(marks[to][1] - marks[start][1], 3) for stage, (start, to) in stages.items()},
        **{f"{stage}_x_scan_wall": round((marks[to][1] - marks[start][1]) / scan_wall, 2) for stage, (start, to) in stages.items()},
        **{f"{stage}_x_scan_cpu": round((marks[to][2] - marks[start][2]) / scan_cpu, 2) for stage, (start, to) in stages.items()},
    }  # fmt: skip
    print(json.dumps(result, indent=2))
    slow = sorted(((b[1] - a[1], a[0]) for a, b in itertools.pairwise(marks)), reverse=True)[:12]
    print("\n".join(f"{seconds:8.3f} s  {what}" for seconds, what in slow))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

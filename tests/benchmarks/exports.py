"""Large exports in Parquet, honest but for a few planted faults: blind box, group, red-envelope rain. Seeded: the same every time.

They are written in time order, as exports are, in parts of ten million entries, so that no part is sorted or held whole.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np

FIXTURES = Path(__file__).parents[2] / "fixtures"
PART = 10_000_000  # entries
RATE = 100_000  # one payment in so many is wrong
DAYS = 90
ACTIVITY = ("activity_id", "initiator_id", "started_at")
ENTRY = ("entry_id", "activity_id", "participant_id", "position", "entered_at")
PAYMENT = ("payment_id", "paid_at", "payee_id", "asset", "amount", "reason", "ref")


@dataclass(frozen=True)
class Shape:
    """A kind of export: the fixture whose rules it keeps, how many entries an activity has on average, and its SQL.

    entry gives the entries of the table `game`; owed what each earns, in their order; first what is owed besides, once.
    """

    fixture: str
    mean: float
    entry: str
    owed: str
    first: str = ""
    tables: Mapping[str, Sequence[str]] = field(default_factory=dict)
    outcome: Sequence[str] = ("entry_id", "outcome")

    @property
    def columns(self) -> dict[str, Sequence[str]]:
        """The columns of each Parquet file."""
        return {"participant": ("participant_id", "referrer_id", "joined_at"), "activity": ACTIVITY,
                "entry": (*ENTRY, "paid", *self.outcome[1:]), "payment": PAYMENT, **self.tables}  # fmt: skip


BOX = Shape(
    "blind-box/honest", 12.5,
    """SELECT *, CASE WHEN position = winner THEN 'win' ELSE 'loss' END AS outcome,
        CASE WHEN position = winner THEN 'coupon' END AS choice, CAST(5 AS DECIMAL(18, 2)) AS paid
    FROM (SELECT g, activity_id, initiator, started_at, format('K{:011d}', g * 24 + b) AS entry_id, somebody(g, b) AS who,
            b AS position, 1 + hash(concat('w', g)) % 24 AS winner, started_at + b * INTERVAL 7 SECOND AS entered_at
        FROM game, (SELECT unnest(range(1, 25)) AS b) WHERE b <= 1 + hash(concat('w', g)) % 24)""",
    """SELECT CASE WHEN k < 3 THEN entry_id ELSE activity_id END AS ref, CASE WHEN k < 3 THEN entered_at ELSE started_at END AS moment,
        CASE k WHEN 0 THEN 'initiator-per-opening' WHEN 1 THEN 'referrer-per-opening'
            WHEN 2 THEN CASE outcome WHEN 'win' THEN 'prize' ELSE 'consolation' END
            WHEN 3 THEN 'referrer-per-activity' ELSE 'team-leader-per-activity' END AS reason,
        CASE k WHEN 0 THEN initiator WHEN 1 THEN referrer(who) WHEN 2 THEN who
            WHEN 3 THEN referrer(initiator) ELSE leader(initiator) END AS payee,
        CASE k WHEN 2 THEN 'coupon' ELSE 'CNY' END AS asset,
        CAST(CASE k WHEN 0 THEN 4.50 WHEN 1 THEN 0.50 WHEN 2 THEN CASE outcome WHEN 'win' THEN 198 ELSE 99 END
            WHEN 3 THEN 4 ELSE 6 END AS DECIMAL(18, 2)) AS amount
    FROM entry, (SELECT unnest(range(5)) AS k) WHERE k < 3 OR position = 1""",
    """SELECT person(i) AS ref, joined(i) AS moment, 'seed-user' AS reason, i AS payee, 'coupon' AS asset,
        CAST(100 AS DECIMAL(18, 2)) AS amount FROM range(1000) AS t(i) WHERE i < users()""",
    {"participant": ("participant_id", "referrer_id", "team_leader_id", "joined_at")}, ("entry_id", "outcome", "choice"),
)  # fmt: skip
GROUP = Shape(
    "red-envelope/honest", 3,
    """SELECT g, activity_id, initiator, format('K{:011d}', g * 3 + b) AS entry_id, b AS position, filled_at,
        1 + (hash(concat('v', g)) + b) % (users() - 1) AS who, started_at + b * INTERVAL 7 SECOND AS entered_at,
        CASE WHEN b = 1 + hash(concat('w', g)) % 3 THEN 'win' ELSE 'loss' END AS outcome, CAST(99 AS DECIMAL(18, 2)) AS paid
    FROM (SELECT *, started_at + INTERVAL 21 SECOND AS filled_at FROM game), (SELECT unnest(range(1, 4)) AS b)""",
    """SELECT CASE k WHEN 0 THEN entry_id ELSE activity_id END AS ref, filled_at AS moment, who AS payee,
        CASE k WHEN 1 THEN 'envelope' ELSE CASE outcome WHEN 'win' THEN 'product' ELSE 'refund' END END AS reason,
        CASE WHEN k = 0 AND outcome = 'win' THEN 'product' ELSE 'CNY' END AS asset,
        CAST(CASE k WHEN 1 THEN CASE position WHEN 1 THEN 3.34 ELSE 3.33 END
            ELSE CASE outcome WHEN 'win' THEN 1 ELSE 99 END END AS DECIMAL(18, 2)) AS amount
    FROM entry, (SELECT unnest(range(2)) AS k)""",
)  # fmt: skip
RAIN = Shape(
    "envelope-rain/honest", 6,
    """SELECT g, activity_id, initiator, format('K{:011d}', g * 6 + b) AS entry_id, b AS position, filled_at,
        1 + (hash(concat('v', g)) + b) % (users() - 1) AS who, started_at + b * INTERVAL 2 SECOND AS entered_at, 'win' AS outcome,
        CAST((shares[b] + 9) / CAST(100 AS DECIMAL(18, 2)) AS DECIMAL(18, 2)) AS share, CAST(NULL AS DECIMAL(18, 2)) AS paid
    FROM (SELECT *, started_at + INTERVAL 12 SECOND AS filled_at FROM game), (SELECT unnest(range(1, 7)) AS b)""",
    """SELECT activity_id AS ref, filled_at AS moment, 'envelope' AS reason, who AS payee, 'CNY' AS asset, share AS amount
    FROM entry""",
    outcome=("entry_id", "outcome", "share"),
)  # fmt: skip
SHAPES = {"blind-box": BOX, "group": GROUP, "envelope": RAIN}


def make(folder: Path, name: str, entries: int) -> None:
    """Write a case with about so many entries; `planted.parquet` lists the faults, as (kind, event, clause)."""
    shape = SHAPES[name]
    games, users = int(entries / shape.mean), max(100, entries // 20)
    db = duckdb.connect()
    db.execute(f"SET memory_limit = '6GB'; SET temp_directory = '{folder / 'spill'}'")
    for macro in (
        f"users() AS {users}",
        "person(i) AS CASE WHEN i IS NOT NULL THEN format('U{:09d}', i) END",
        "referrer(i) AS CASE WHEN i > 0 AND hash(i, 1) % 100 < 85 THEN CAST(hash(i, 2) % i AS BIGINT) END",
        "leader(i) AS CASE WHEN i > 9 THEN i % 10 END",
        "somebody(a, b) AS CAST(1 + hash(a, b, 5) % (users() - 1) AS BIGINT)",
        f"joined(i) AS TIMESTAMP '2022-03-01' + to_seconds(i * {15 * 86400} // users())",
    ):
        db.execute(f"CREATE MACRO {macro}")
    db.execute(f"""COPY (SELECT person(i) AS participant_id, person(referrer(i)) AS referrer_id,
            person(leader(i)) AS team_leader_id, joined(i) AS joined_at FROM range({users}) AS t(i))
        TO '{folder}/participant.parquet' (COMPRESSION zstd)""")
    step = max(1, int(PART / shape.mean))
    for part, begin in enumerate(range(0, games, step)):
        end = min(games, begin + step)
        random = np.random.default_rng([7, part])
        shares = _shares(random, end - begin) if "shares" in shape.entry else np.zeros((end - begin, 1), np.int64)
        db.register("drawn", {f"s{place}": column for place, column in enumerate(shares.T)})
        names = ", ".join(f"s{place}" for place in range(shares.shape[1]))
        db.execute(f"""CREATE OR REPLACE TABLE game AS
            SELECT g, format('A{{:010d}}', g) AS activity_id, somebody(g, 3) AS initiator, [{names}] AS shares,
                TIMESTAMP '2022-03-20' + to_seconds(g * {DAYS * 86400} // {games}) AS started_at
            FROM (SELECT {begin} + row_number() OVER () - 1 AS g, * FROM drawn)""")
        db.unregister("drawn")
        db.execute(f"CREATE OR REPLACE TABLE entry AS {shape.entry}")
        listed = ", ".join(one for one in shape.columns["entry"] if one != "participant_id")
        db.execute(f"""COPY (SELECT activity_id, person(initiator) AS initiator_id, started_at FROM game)
            TO '{folder}/activity-{part:03d}.parquet' (COMPRESSION zstd)""")
        db.execute(f"""COPY (SELECT person(who) AS participant_id, {listed} FROM entry)
            TO '{folder}/entry-{part:03d}.parquet' (COMPRESSION zstd)""")
        first = f"{shape.first} UNION ALL " if shape.first and not part else ""
        pay(db, folder / f"payment-{part:03d}.parquet", f"""SELECT ref, reason, person(payee) AS payee_id, asset, amount,
                moment + (hash(ref, reason, payee) % 3600) * INTERVAL 1 SECOND AS paid_at
            FROM ({first}{shape.owed}) WHERE payee IS NOT NULL""", number=part * 10**9)  # fmt: skip
    db.execute(f"COPY planted TO '{folder}/planted.parquet'")
    _describe(folder, name, shape)


def pay(db: duckdb.DuckDBPyConnection, path: Path, owed: str, *, number: int = 0, until: str = "infinity") -> None:
    """Write payments of what is owed; one in RATE, until a moment, is missing, wrong, another's, late or made twice.

    The table `planted` gets the faults, as (kind, event, clause). An event has at most one under each clause: of two, such as one
    share unpaid and one paid twice, nobody could tell which two they were.
    """
    db.execute("CREATE TABLE IF NOT EXISTS planted (kind VARCHAR, event VARCHAR, clause VARCHAR)")
    db.execute(f"""CREATE OR REPLACE TABLE owed AS
        SELECT *, CASE WHEN hash(ref, reason, payee_id, 11) % {RATE} = 0 AND paid_at < TIMESTAMP '{until}'
            THEN ['missing', 'wrong_amount', 'wrong_payee', 'late', 'duplicate'][1 + CAST(hash(ref, reason, payee_id, 12) % 5 AS INTEGER)]
            END AS fault
        FROM ({owed})""")
    db.execute("""UPDATE owed SET fault = NULL WHERE fault IS NOT NULL AND (ref, reason, payee_id) NOT IN (
        SELECT (ref, reason, min(payee_id)) FROM owed WHERE fault IS NOT NULL GROUP BY ref, reason)""")
    db.execute("INSERT INTO planted SELECT fault, ref, reason FROM owed WHERE fault IS NOT NULL")
    db.execute(f"""COPY (
        SELECT format('P{{:013d}}', {number} + row_number() OVER ()) AS payment_id, * FROM (
            SELECT paid_at + CASE WHEN fault = 'late' THEN INTERVAL 48 HOUR ELSE INTERVAL 0 HOUR END AS paid_at,
                CASE WHEN fault IS NULL OR fault <> 'wrong_payee' THEN payee_id
                    WHEN payee_id = 'U000000000' THEN 'U000000001' ELSE 'U000000000' END AS payee_id, asset,
                CAST(amount + CASE WHEN fault = 'wrong_amount' THEN 1 ELSE 0 END AS DECIMAL(18, 2)) AS amount, reason, ref
            FROM owed, (VALUES (1), (2)) AS copy(turn)
            WHERE (fault IS NULL OR fault <> 'missing') AND (turn = 1 OR fault = 'duplicate'))
        ) TO '{path}' (COMPRESSION zstd)""")


def _shares(random: np.random.Generator, many: int) -> np.ndarray:
    """Six parts of at least 1 of 2000 - 6 * 9 steps, every way as likely: five different cuts of the line."""
    cuts = np.sort(random.integers(1, 1946, (many, 5)), axis=1)
    while (again := (np.diff(cuts) == 0).any(axis=1)).any():
        cuts[again] = np.sort(random.integers(1, 1946, (int(again.sum()), 5)), axis=1)
    return np.diff(cuts, axis=1, prepend=0, append=1946)


def _describe(folder: Path, name: str, shape: Shape) -> None:
    """Write case.yaml, and the rules of the fixture beside it."""
    shutil.copy(FIXTURES / shape.fixture / "rules.yaml", folder)
    tables: dict[str, dict[str, object]] = {}
    for table, columns in {**shape.columns, "outcome": shape.outcome}.items():
        prefix = "entry" if table == "outcome" else table
        own = [one for one in columns if table != "entry" or one not in shape.outcome[1:]]
        tables[table] = {"file": sorted(one.name for one in folder.glob(f"{prefix}*.parquet")),
                         "columns": {one: one for one in own}}  # fmt: skip
    tables["outcome" if name == "envelope" else "entry"]["columns"]["asset"] = {"value": "CNY"}  # type: ignore[index]
    if name == "envelope":
        del tables["entry"]["columns"]["paid"]  # type: ignore[attr-defined]
    case = {"case": f"benchmark-{name}", "timezone": "Asia/Shanghai", "period": {"from": "2022-03-01", "to": "2022-08-01"},
            "tables": tables}  # fmt: skip
    (folder / "case.yaml").write_text(json.dumps(case), "utf-8")

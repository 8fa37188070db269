"""The blind box reconciled by other means, on the same Parquet: SQL by hand, pandas, polars, a Python loop; the gate by Great
Expectations over whole columns.

Each gives how many payments differ: a missing one, one too many, or a wrong one (which is one of each), or one paid late.
pm4py judges the order of steps in a log of events and knows no amounts; OpenFisca reckons what a person is due in a period, one
formula over a vector of persons, and has no ledger to hold it against: neither can do this work.
"""

from __future__ import annotations

import os
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb

OWED = """
    SELECT e.entry_id AS ref, 'initiator-per-opening' AS reason, a.initiator_id AS payee, 'CNY' AS asset, 450 AS amount,
        e.entered_at AS moment FROM entry AS e JOIN activity AS a USING (activity_id)
    UNION ALL
    SELECT e.entry_id, 'referrer-per-opening', p.referrer_id, 'CNY', 50, e.entered_at
    FROM entry AS e JOIN standing AS p USING (participant_id) WHERE p.referrer_id IS NOT NULL
    UNION ALL
    SELECT entry_id, CASE outcome WHEN 'win' THEN 'prize' ELSE 'consolation' END, participant_id, 'coupon',
        CASE outcome WHEN 'win' THEN 198 ELSE 99 END, entered_at FROM entry
    UNION ALL
    SELECT a.activity_id, 'referrer-per-activity', p.referrer_id, 'CNY', 400, a.started_at
    FROM activity AS a JOIN standing AS p ON p.participant_id = a.initiator_id WHERE p.referrer_id IS NOT NULL
    UNION ALL
    SELECT a.activity_id, 'team-leader-per-activity', p.team_leader_id, 'CNY', 600, a.started_at
    FROM activity AS a JOIN standing AS p ON p.participant_id = a.initiator_id WHERE p.team_leader_id IS NOT NULL
    UNION ALL
    SELECT participant_id, 'seed-user', participant_id, 'coupon', 100, joined_at
    FROM (SELECT * FROM standing ORDER BY joined_at, participant_id LIMIT 1000)"""
PAID = """
    SELECT ref, reason, payee_id AS payee, asset, CAST(CASE asset WHEN 'CNY' THEN amount * 100 ELSE amount END AS INTEGER) AS amount,
        paid_at FROM payment"""
STANDING = """
    SELECT p.participant_id, p.joined_at, CASE WHEN r.joined_at <= p.joined_at AND r.participant_id <> p.participant_id
            THEN r.participant_id END AS referrer_id,
        CASE WHEN l.joined_at <= p.joined_at AND l.participant_id <> p.participant_id THEN l.participant_id END AS team_leader_id
    FROM participant AS p LEFT JOIN participant AS r ON r.participant_id = p.referrer_id
    LEFT JOIN participant AS l ON l.participant_id = p.team_leader_id"""
ROW = "ref, reason, payee, asset, amount"
BUCKET = "CAST(hash(ref) & 262143 AS INTEGER)"
TABLES = ("participant", "activity", "entry", "payment")


def sql(folder: Path, memory: str, threads: int) -> int:
    """Sums of hashes by bucket, the late ones by a join, then the rows of those buckets one by one."""
    db = duckdb.connect()
    db.execute(f"SET memory_limit = '{memory}'; SET threads = {threads}; SET temp_directory = '{folder / 'spill'}'")
    for table in TABLES:
        db.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{folder / table}*.parquet')")
    db.execute(f"CREATE TABLE standing AS {STANDING}")
    db.execute(f"CREATE VIEW owed AS {OWED}")
    db.execute(f"CREATE VIEW paid AS {PAID}")
    db.execute(f"""
        CREATE TABLE suspect AS
        SELECT bucket FROM (
            SELECT {BUCKET} AS bucket, 1 AS one, CAST(hash({ROW}) >> 1 AS BIGINT) AS code FROM owed
            UNION ALL
            SELECT {BUCKET}, -1, -CAST(hash({ROW}) >> 1 AS BIGINT) FROM paid)
        GROUP BY bucket HAVING sum(one) <> 0 OR sum(code) <> 0
        UNION
        SELECT {BUCKET.replace("ref", "p.ref")} FROM payment AS p JOIN (
            SELECT entry_id AS ref, entered_at AS moment FROM entry
            UNION ALL SELECT activity_id, started_at FROM activity
            UNION ALL SELECT participant_id, joined_at FROM participant) AS m ON m.ref = p.ref
        WHERE p.paid_at > m.moment + INTERVAL 24 HOUR""")
    for side, order in (("owed", "moment"), ("paid", "paid_at")):
        db.execute(f"""
            CREATE TABLE {side}_row AS SELECT *, row_number() OVER (PARTITION BY {ROW} ORDER BY {order}) AS turn
            FROM {side} WHERE {BUCKET} IN (SELECT bucket FROM suspect)""")
    found = db.execute(f"""
        SELECT count(*) FROM owed_row AS o FULL JOIN paid_row AS p USING ({ROW}, turn)
        WHERE o.moment IS NULL OR p.paid_at IS NULL OR p.paid_at > o.moment + INTERVAL 24 HOUR""").fetchall()
    return int(found[0][0])


def pandas(folder: Path) -> int:
    """Merges in memory."""
    import pandas as pd

    people, games, entry, payment = (pd.read_parquet(sorted(folder.glob(f"{one}*.parquet"))) for one in TABLES)
    joined = people.set_index("participant_id")["joined_at"]
    for column in ("referrer_id", "team_leader_id"):
        early = people[column].map(joined) <= people["joined_at"]
        people[column] = people[column].where(early & (people[column] != people["participant_id"]))
    by_id = people.set_index("participant_id")
    games = games.rename(columns={"started_at": "moment"})
    entry = entry.merge(games[["activity_id", "initiator_id"]], on="activity_id").rename(
        columns={"entered_at": "moment"}
    )
    won = entry["outcome"] == "win"
    first = people.sort_values(["joined_at", "participant_id"]).head(1000).rename(columns={"joined_at": "moment"})

    def of(rows: Any, ref: str, reason: Any, payee: Any, asset: str, amount: Any) -> Any:
        return pd.DataFrame(
            {
                "ref": rows[ref],
                "reason": reason,
                "payee": payee,
                "asset": asset,
                "amount": amount,
                "moment": rows["moment"],
            }
        )

    owed = pd.concat([
        of(entry, "entry_id", "initiator-per-opening", entry["initiator_id"], "CNY", 450),
        of(entry, "entry_id", "referrer-per-opening", entry["participant_id"].map(by_id["referrer_id"]), "CNY", 50),
        of(entry, "entry_id", won.map({True: "prize", False: "consolation"}), entry["participant_id"], "coupon",
           won.map({True: 198, False: 99})),
        of(games, "activity_id", "referrer-per-activity", games["initiator_id"].map(by_id["referrer_id"]), "CNY", 400),
        of(games, "activity_id", "team-leader-per-activity", games["initiator_id"].map(by_id["team_leader_id"]), "CNY", 600),
        of(first, "participant_id", "seed-user", first["participant_id"], "coupon", 100),
    ]).dropna(subset="payee")  # fmt: skip
    scale = payment["asset"].map({"CNY": 100, "coupon": 1}).astype("int64")
    payment["amount"] = (payment["amount"].astype("float64") * scale).round().astype("int64")
    paid = payment.rename(columns={"payee_id": "payee"})
    keys = ROW.split(", ")
    for side in (owed, paid):
        side["turn"] = side.groupby(keys).cumcount()
    both = owed.merge(paid, on=[*keys, "turn"], how="outer", indicator=True)
    return int(((both["_merge"] != "both") | (both["paid_at"] > both["moment"] + pd.Timedelta(hours=24))).sum())


def polars(folder: Path) -> int:
    """Lazy frames, collected by the streaming engine."""
    import polars as pl

    people, games, entry, payment = (pl.scan_parquet(str(folder / f"{one}*.parquet")) for one in TABLES)
    joined = people.select("participant_id", early="joined_at")
    for column in ("referrer_id", "team_leader_id"):
        held = (pl.col("early") <= pl.col("joined_at")) & (pl.col(column) != pl.col("participant_id"))
        people = people.join(joined, left_on=column, right_on="participant_id", how="left")
        people = people.with_columns(pl.when(held).then(pl.col(column)).alias(column)).drop("early")
    entry = entry.join(games.select("activity_id", "initiator_id"), on="activity_id").rename({"entered_at": "moment"})
    games = games.rename({"started_at": "moment"}).join(
        people, left_on="initiator_id", right_on="participant_id", how="left"
    )
    won = pl.col("outcome") == "win"

    def of(rows: Any, ref: str, reason: Any, payee: str, asset: str, amount: Any) -> Any:
        text = pl.lit(reason) if isinstance(reason, str) else reason
        steps = pl.lit(amount) if isinstance(amount, int) else amount
        return rows.select(
            ref=ref, reason=text, payee=payee, asset=pl.lit(asset), amount=steps.cast(pl.Int64), moment="moment"
        )

    owed = pl.concat([
        of(entry, "entry_id", "initiator-per-opening", "initiator_id", "CNY", 450),
        of(entry.join(people, on="participant_id"), "entry_id", "referrer-per-opening", "referrer_id", "CNY", 50),
        of(entry, "entry_id", pl.when(won).then(pl.lit("prize")).otherwise(pl.lit("consolation")), "participant_id", "coupon",
           pl.when(won).then(198).otherwise(99)),
        of(games, "activity_id", "referrer-per-activity", "referrer_id", "CNY", 400),
        of(games, "activity_id", "team-leader-per-activity", "team_leader_id", "CNY", 600),
        of(people.rename({"joined_at": "moment"}).sort("moment", "participant_id").head(1000), "participant_id", "seed-user",
           "participant_id", "coupon", 100),
    ]).drop_nulls("payee")  # fmt: skip
    scale = pl.when(pl.col("asset") == "CNY").then(100).otherwise(1)
    keys = ROW.split(", ")
    paid = payment.rename({"payee_id": "payee"}).with_columns(amount=(pl.col("amount") * scale).cast(pl.Int64))
    # a sum of hashes has no turn: what stands twice is told by the counts
    left = owed.group_by(keys).agg(owed=pl.len(), moment=pl.col("moment").min())
    right = paid.group_by(keys).agg(paid=pl.len(), paid_at=pl.col("paid_at").max())
    both = left.join(right, on=keys, how="full", coalesce=True)
    wrong = (pl.col("owed").fill_null(0) - pl.col("paid").fill_null(0).cast(pl.Int64)).abs()
    late = (pl.col("paid_at") > pl.col("moment") + pl.duration(hours=24)).fill_null(False)
    counted = both.select(pl.when(wrong != 0).then(wrong).otherwise(late.cast(pl.Int64)).sum()).collect(
        engine="streaming"
    )
    return int(counted.item())


def loop(folder: Path) -> int:
    """A dictionary of what is owed, in Python, from which each payment is taken."""
    import pyarrow.parquet as pq

    def rows(table: str) -> Any:
        for path in sorted(folder.glob(f"{table}*.parquet")):
            for batch in pq.ParquetFile(path).iter_batches():
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    people = {one: (referrer, leader, joined) for one, referrer, leader, joined in rows("participant")}
    above: dict[str, tuple[str | None, str | None]] = {}
    for one, (*both, joined) in people.items():
        above[one] = tuple(who if who in people and who != one and people[who][2] <= joined else None for who in both)  # type: ignore[assignment]
    owed: Counter[tuple[Any, ...]] = Counter()
    moments = {}
    initiators = {}
    for game, initiator, started in rows("activity"):
        initiators[game], moments[game] = initiator, started
        referrer, leader = above[initiator]
        if referrer:
            owed[game, "referrer-per-activity", referrer, "CNY", 400] += 1
        if leader:
            owed[game, "team-leader-per-activity", leader, "CNY", 600] += 1
    for one, (*_, joined) in sorted(people.items(), key=lambda item: (item[1][2], item[0]))[:1000]:
        moments[one] = joined
        owed[one, "seed-user", one, "coupon", 100] += 1
    names = pq.ParquetFile(next(folder.glob("entry*.parquet"))).schema_arrow.names
    who, entry, game_at, moment, result = (
        names.index(name) for name in ("participant_id", "entry_id", "activity_id", "entered_at", "outcome")
    )
    for row in rows("entry"):
        moments[row[entry]] = row[moment]
        owed[row[entry], "initiator-per-opening", initiators[row[game_at]], "CNY", 450] += 1
        if referrer := above[row[who]][0]:
            owed[row[entry], "referrer-per-opening", referrer, "CNY", 50] += 1
        won = row[result] == "win"
        owed[row[entry], "prize" if won else "consolation", row[who], "coupon", 198 if won else 99] += 1
    differing, day = 0, 24 * 3600
    for _, paid_at, payee, asset, amount, reason, ref in rows("payment"):
        key = (ref, reason, payee, asset, int(amount * 100 if asset == "CNY" else amount))
        if owed[key] > 0:
            owed[key] -= 1
            differing += (paid_at - moments[ref]).total_seconds() > day
        else:
            differing += 1
    return differing + sum(count for count in owed.values() if count > 0)


def great_expectations(folder: Path) -> int:
    """The gate on whole pandas columns: nothing missing, ids once, links, ranges. Gives how many expectations were not met."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx
        import great_expectations.expectations as gxe
        import pandas as pd

        frames = {one: pd.read_parquet(sorted(folder.glob(f"{one}*.parquet"))) for one in TABLES}
        context: Any = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        people = frames["participant"]["participant_id"].tolist()
        links = {
            "activity": ["initiator_id"],
            "entry": ["participant_id"],
            "payment": ["payee_id"],
            "participant": ["referrer_id"],
        }
        failed = 0
        for table, frame in frames.items():
            nullable = {"referrer_id", "team_leader_id", "choice"}
            wanted = [gxe.ExpectColumnValuesToNotBeNull(column=one) for one in frame.columns if one not in nullable]
            wanted.append(gxe.ExpectColumnValuesToBeUnique(column=f"{table}_id"))
            wanted += [gxe.ExpectColumnValuesToBeInSet(column=one, value_set=people) for one in links[table]]
            wanted += [
                gxe.ExpectColumnValuesToBeBetween(column=one, min_value=0) for one in ("paid", "amount") if one in frame
            ]
            batch = (
                context.data_sources.add_pandas(table)
                .add_dataframe_asset(table)
                .add_batch_definition_whole_dataframe("all")
            )
            result = batch.get_batch({"dataframe": frame}).validate(
                gx.ExpectationSuite(name=table, expectations=wanted)
            )
            failed += sum(not one.success for one in result.results)
    return failed

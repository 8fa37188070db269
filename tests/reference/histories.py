"""Small random histories of blind boxes, their ledgers honest first and damaged then, as case folders.

Everything odd that an export may hold is here in small: people who recruited themselves, or were recruited by
somebody unknown; openings after the win, second winners, boxes that do not exist, skipped boxes, repeated
ids, unknown outcomes and choices, people and activities without a record.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.reference.blind_box import Award, Owed, first_moment, owed, read_tables, read_yaml

Row = dict[str, Any]
SINCE, UNTIL = datetime(2022, 3, 1), datetime(2022, 3, 11)
LAST = datetime(2022, 3, 10, tzinfo=UTC)
STEPS = {"CNY": "0.01", "coupon": "1", "product": "1", "gold": "0.05"}
AMOUNTS = {"CNY": ["4.50", "0.50", "6"], "coupon": ["99", "198"], "product": ["1"], "gold": ["0.05", "1.15"]}
ROLES = [who + above for who in ("participant", "initiator") for above in ("", ".referrer", ".team_leader")]
HEADERS = {
    "participant": ["participant_id", "referrer_id", "team_leader_id", "joined_at"],
    "activity": ["activity_id", "initiator_id", "started_at"],
    "entry": [
        "entry_id", "activity_id", "participant_id", "position", "entered_at", "paid",
        "outcome", "choice", "decided_at",
    ],
    "payment": ["payment_id", "paid_at", "payee_id", "asset", "amount", "reason", "ref"],
}  # fmt: skip


def write_history(rng: Random, folder: Path) -> None:
    """A case folder: case.yaml, rules.yaml, people, activities, openings and payments."""
    rules, case = make_rules(rng), make_case(rng)
    for name, data in (("rules", rules), ("case", case)):
        (folder / f"{name}.yaml").write_text(json.dumps(data, indent=1), "utf-8")  # JSON is YAML
    tables = make_tables(rng, int(rules["draw"]["boxes"]))
    tables["payment"] = []
    for table, rows in tables.items():
        write(folder, table, rows)
    zone = ZoneInfo(case["timezone"])
    since = first_moment(case["period"]["from"], zone)
    awards, undetermined = owed(read_tables(folder), read_yaml(folder / "rules.yaml"), zone, since)
    people = [one["participant_id"] for one in tables["participant"]]
    payments = make_ledger(rng, awards, sorted(undetermined), people)
    for row in payments:
        row["paid_at"] = row["paid_at"].astimezone(zone).replace(tzinfo=None)
    for table, rows in {**lose(rng, tables), "payment": payments}.items():
        write(folder, table, with_repeats(rng, table, rows))


def make_case(rng: Random) -> Row:
    """case.yaml; some exports do not number the boxes, some do not say when an opening was decided."""
    opening = [name for name in HEADERS["entry"] if name not in ("outcome", "choice", "decided_at")]
    if rng.random() < 0.15:
        opening.remove("position")
    outcome = ["entry_id", "outcome", "choice", *(["decided_at"] if rng.random() < 0.3 else [])]
    named = {**HEADERS, "entry": opening, "outcome": outcome}
    tables: Row = {}
    for table, names in named.items():
        file = f"{'entry' if table == 'outcome' else table}.csv"
        tables[table] = {"file": file, "columns": {name: name for name in names}}
    tables["entry"]["columns"]["asset"] = {"value": "CNY"}
    zone = rng.choice(["Asia/Shanghai", "America/New_York"])
    period = {"from": str(SINCE.date()), "to": str(UNTIL.date())}
    return {"case": "history", "timezone": zone, "period": period, "tables": tables}


def make_rules(rng: Random) -> Row:
    """rules.yaml: three to seven clauses on any event, for anybody who can hold a role at it."""
    boxes = rng.randint(3, 6)
    awards: Row = {}
    for number in range(rng.randint(3, 7)):
        on = rng.choice(["registration", "start", "entry", "entry", "win", "loss", "completion"])
        who = {"registration": "participant", "start": "initiator", "completion": "initiator"}.get(on, "")
        award: Row = {"on": on, "to": rng.choice([role for role in ROLES if role.startswith(who)])}
        assets = rng.sample(sorted(STEPS), rng.choice([1, 1, 1, 2]))
        options = [{asset: rng.choice(AMOUNTS[asset])} for asset in assets]
        if on == "win" and rng.random() < 0.7:
            award["choice"] = [{"product": "1"}, {rng.choice(["coupon", "coupon", "CNY"]): "198"}]
        else:
            award["pays"] = {asset: amount for option in options for asset, amount in option.items()}
        if on == "registration":
            award["first"] = rng.randint(1, 4)
        if rng.random() < 0.3:
            award["due"] = rng.choice(["90min", "2h", "9d"])
        awards[f"clause-{number}"] = award
    effective = {"from": rng.choice(["2022-01-01", "2022-01-01", "2022-03-02"])}
    if rng.random() < 0.2:
        effective["to"] = "2022-03-04"
    rules: Row = {
        "campaign": "history",
        "effective": effective,
        "assets": {asset: {"step": step} for asset, step in STEPS.items()},
        "activity": {"stake": {"CNY": "30"}},
        "entry": {"stake": {"CNY": "5"}},
        "draw": {"kind": "boxes", "boxes": boxes, "prizes": {"product": 1}, "odds": make_odds(rng, boxes)},
        "awards": awards,
    }
    return {**rules, "due": "24h"} if rng.random() < 0.7 else rules


def make_odds(rng: Random, boxes: int) -> Any:
    """Uniform, or two ranges of boxes with a share of the chance each, which may be all of it."""
    if rng.random() < 0.5:
        return "uniform"
    cut = rng.randint(1, boxes - 1)
    share = rng.choice([Fraction(0), Fraction(1, 3), Fraction(3, 4), Fraction(1)])
    return {f"1-{cut}": str(share / cut), f"{cut + 1}-{boxes}": str((1 - share) / (boxes - cut))}


def make_tables(rng: Random, boxes: int) -> dict[str, list[Row]]:
    """People, activities and openings."""
    names = [f"U{number}" for number in range(rng.randint(3, 9))]
    above = [*names, *names, None, None, "U99"]
    people = []
    for name in names:
        joined = SINCE + timedelta(hours=rng.randint(-6, 40))
        referrer, leader = rng.choice(above), rng.choice(above)
        people.append(dict(zip(HEADERS["participant"], (name, referrer, leader, joined), strict=True)))
    activities: list[Row] = []
    entries: list[Row] = []
    for number in range(rng.randint(1, 7)):
        start = SINCE + timedelta(days=rng.randint(0, 8), minutes=rng.randint(0, 600))
        activity = {"activity_id": f"A{number}", "initiator_id": rng.choice(names), "started_at": start}
        activities.append(activity)
        at = start
        for position, outcome in make_run(rng, boxes):
            at += timedelta(seconds=rng.choice([0, 0, 1, 700, 5000]))
            choice = rng.choice(["product", "coupon", "coupon", None]) if outcome == "win" else None
            decided = at + timedelta(hours=rng.choice([0, 3])) if rng.random() < 0.5 else None
            entries.append({
                "entry_id": f"K{len(entries)}", "activity_id": activity["activity_id"],
                "participant_id": rng.choice(names), "position": position, "entered_at": at,
                "paid": "5.00", "outcome": outcome, "choice": choice, "decided_at": decided,
            })  # fmt: skip
    return {"participant": people, "activity": activities, "entry": entries}


def make_run(rng: Random, boxes: int) -> list[tuple[int, str | None]]:
    """The boxes opened in one activity with their outcomes: mostly as declared, sometimes not at all."""
    winner = rng.randint(1, boxes)
    last = rng.choice([winner, winner, winner, rng.randint(0, boxes), boxes + 2])
    wins = {winner} if rng.random() < 0.8 else {winner, rng.randint(1, boxes + 2)}
    run: list[tuple[int, str | None]] = [(box, "win" if box in wins else "loss") for box in range(1, last + 1)]
    if run and rng.random() < 0.15:
        place = rng.randrange(len(run))
        run[place] = (run[place][0], None)
    return run


def lose(rng: Random, tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """The tables, often without a few of their records; what was paid for these is still in the ledger."""
    kept = {table: list(rows) for table, rows in tables.items()}
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2])):
        rows = kept[rng.choice(["participant", "activity", "entry", "entry"])]
        if len(rows) > 1:
            del rows[rng.randrange(len(rows))]
    return kept


def make_ledger(rng: Random, awards: list[Owed], unknown: list[Award], people: list[str]) -> list[Row]:
    """Payments of all that is owed, some dropped, doubled, split, taken back, changed, misdirected or late, and some from nowhere.

    Where a clause pays several assets for one event at most one payment is touched, so that it stays clear
    which payment was meant for which award.
    """
    groups = defaultdict[Award, list[Row]](list)
    for award in awards:
        early = timedelta(minutes=rng.choice([0, 5, 90]))
        on_time = award.due_at - early if award.due_at else LAST
        groups[award.event, award.clause].append({
            "paid_at": on_time, "payee_id": award.payee, "asset": award.asset, "amount": award.amount,
            "reason": award.clause, "ref": award.event,
        })  # fmt: skip
    share = rng.choice([0.0, 0.2, 0.6])
    for rows in groups.values():
        for _ in range(1 if len(rows) > 1 else 2):
            if rows and rng.random() < share:
                damage(rng, rows, rng.randrange(len(rows)), people)
    payments = [row for rows in groups.values() for row in rows]
    events = sorted({award.event for award in awards} | {"K77"})
    reasons = [*sorted({award.clause for award in awards}), "other", "gift"]
    for _ in range(rng.choice([0, 1, 2])):
        ref, reason = rng.choice(events), rng.choice(reasons)
        if unknown and rng.random() < 0.3:
            ref, reason = rng.choice(unknown)
        if len(groups[ref, reason]) < 2:
            payments.append({"paid_at": LAST, "payee_id": rng.choice(people), "asset": "coupon",
                             "amount": Decimal(7), "reason": reason, "ref": ref})  # fmt: skip
    if rng.random() < 0.5:
        rng.shuffle(payments)
    return [{"payment_id": f"P{number}", **row} for number, row in enumerate(payments)]


def damage(rng: Random, rows: list[Row], place: int, people: list[str]) -> None:
    """Do one thing to one payment of a list."""
    row = rows[place]
    match rng.choice(["drop", "double", "amount", "payee", "asset", "delay", "double elsewhere", "split", "take back"]):
        case "drop":
            del rows[place]
        case "double":
            rows.append({**row})
        case "amount":
            row["amount"] += Decimal(rng.choice([1, 2]) * Decimal(STEPS[row["asset"]]))
        case "payee":
            row["payee_id"] = rng.choice(people)
        case "asset":
            row.update(asset=rng.choice(sorted(STEPS)), amount=Decimal(3))
        case "delay":
            row["paid_at"] += timedelta(days=rng.choice([1, 3]))
        case "double elsewhere":
            rows.append({**row, "payee_id": rng.choice(people)})
        case "split" if row["amount"] > (part := Decimal(STEPS[row["asset"]])):
            row["amount"] -= part
            rows.append({**row, "amount": part, "paid_at": row["paid_at"] + timedelta(days=rng.choice([0, 3]))})
        case "take back":
            again = [{**row, "paid_at": row["paid_at"] + timedelta(hours=rng.choice([1, 72]))}] * rng.choice([0, 0, 1])
            back = row["paid_at"] + timedelta(hours=rng.choice([-2, 2, 2, 96]))
            rows += [{**row, "amount": -row["amount"], "paid_at": back}, *again]


def with_repeats(rng: Random, table: str, rows: list[Row]) -> list[Row]:
    """Rows, sometimes with a later record of an id that stands already: the same or not, it is no event."""
    if not rows or rng.random() < 0.7:
        return rows
    columns = {"participant": "referrer_id", "activity": "initiator_id", "entry": "outcome"}
    column = columns.get(table, "payee_id")
    return [*rows, {**rng.choice(rows), column: rng.choice(rows)[column]}]


def write(folder: Path, table: str, rows: list[Row]) -> None:
    """A table as CSV in UTF-8; times are local and without an offset."""
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADERS[table], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

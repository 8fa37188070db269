"""Small random histories of the mechanisms, as case folders without payments: groups with funds and pots, raffles with
milestones, chances with guarantees, orders with ladders, coupons, deposits, versions and exceptions.

Everything odd that an export may hold is here in small: ties in one second, repeated entries of one person, groups that
never fill, unknown outcomes, people without a record, who recruited themselves or were recruited later or by nobody known,
second wins, draws that were not held or held too early.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

Row = dict[str, Any]
Made = tuple[Row, dict[str, list[Row]]]  # rules, tables
SINCE = datetime(2022, 3, 1)
HEADERS = {
    "participant": ["participant_id", "referrer_id", "joined_at"],
    "activity": ["activity_id", "initiator_id", "started_at", "ended_at"],
    "entry": ["entry_id", "activity_id", "participant_id", "position", "weight", "entered_at", "paid"],
    "outcome": ["entry_id", "outcome", "decided_at", "share"],
    "purchase": ["purchase_id", "participant_id", "item", "kind", "list_price", "amount", "coupon", "deposit_id", "paid_at"],
    "payment": ["payment_id", "paid_at", "payee_id", "asset", "amount", "reason", "ref"],
}  # fmt: skip
MONEY = {"entry": "CNY", "outcome": "CNY", "purchase": "CNY"}


def write_history(rng: Random, folder: Path, play: Callable[[Random], Made]) -> None:
    """case.yaml, rules.yaml (JSON is YAML) and the exports of one history."""
    rules, tables = play(rng)
    tables.setdefault("payment", [])
    case: Row = {"case": "history", "timezone": "Asia/Shanghai", "tables": {},
                 "period": {"from": str(SINCE.date()), "to": "2022-03-20"}}  # fmt: skip
    for table, rows in tables.items():
        used = [name for name in HEADERS[table] if any(name in row for row in rows) or not rows]
        columns: Row = {name: name for name in used}
        if table in MONEY and (table != "outcome" or "share" in used):
            columns["asset"] = {"value": MONEY[table]}
        case["tables"][table] = {"file": f"{table}.csv", "columns": columns}
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([used, *([row.get(name) for name in used] for row in rows)])
    for name, data in (("rules", rules), ("case", case)):
        (folder / f"{name}.yaml").write_text(json.dumps(data, indent=1), "utf-8")


def make_rules(draw: Row | None, awards: Row, *, ends: Row | None = None, **more: Any) -> Row:
    """Rules that begin with the period, so that nobody has a past."""
    assets = {
        "CNY": {"step": "0.01"},
        "fund": {"step": "0.01"},
        "gift": {"step": "1"},
        "half": {"step": "1", "valid": "3d"},
    }
    rules = {
        "campaign": "history",
        "effective": {"from": str(SINCE.date()), **(ends or {})},
        "assets": assets,
        "due": "24h",
        "awards": awards,
    }
    if draw:
        rules |= {"activity": {"started_by": "initiator"}, "entry": {"stake": {"CNY": "9"}}, "draw": draw}
    return {**rules, **more}


def make_people(rng: Random, count: int = 6) -> list[Row]:
    """People, some of whom recruited themselves, or were recruited by somebody unknown, or by one who came later."""
    names = [f"U{number}" for number in range(1, count + 1)]
    return [
        {"participant_id": name, "referrer_id": rng.choice([None, *names, *names, "U404"]),
         "joined_at": SINCE + timedelta(minutes=rng.randrange(9))}
        for name in names
    ]  # fmt: skip


def who(rng: Random, people: list[Row]) -> str:
    """One of them, or now and then somebody without a record."""
    return "U99" if rng.random() < 0.03 else str(rng.choice(people)["participant_id"])


def groups(rng: Random) -> Made:
    """Groups that fill at once or never, a fund that entries unlock, a pot shared equally or at random."""
    size = rng.randint(2, 4)
    pot = rng.choice(["10", "0.05", "7.77"])
    random_split = rng.random() < 0.5
    split = {"pot": pot, "split": "random", "least": "0.01"} if random_split else {
        "pot": pot, "split": "equal", "odd": rng.choice(["lowest-positions", "highest-positions"])}  # fmt: skip
    own, speed = rng.choice(["4", "2.5", "undeclared"]), rng.choice(["1", "3.33"])
    awards: Row = {
        "grant": {"on": "win", "to": "participant", "pays": {"fund": rng.choice(["9", "5"])}},
        "release": {"on": "entry", "to": "participant", "pays": {"CNY": {"unlock": own, "from": "fund"}}},
        "speed": {"on": "entry", "to": "participant.referrer", "pays": {"CNY": {"unlock": speed, "from": "fund"}}},
        "refund": {"on": "loss", "to": "participant", "pays": {"CNY": "9"}},
        "envelope": {"on": "completion", "to": "entrants", "pays": {"CNY": split}},
        "starter": {"on": "entry", "to": "initiator", "pays": {"CNY": {"ladder": {"1": "0.5", "2-3": "0.7"}}}},
        "head": {"on": "start", "to": "initiator.referrer", "pays": {"gift": "1"}},
    }
    people, activities, entries, outcomes = make_people(rng), list[Row](), list[Row](), list[Row]()
    filling: dict[str, list[Row]] = {}
    moment = SINCE + timedelta(hours=1)
    for number in range(rng.randint(10, 40)):
        moment += timedelta(seconds=rng.choice([0, 0, 1, 600]))
        if len(filling) < 2 or rng.random() < 0.1:
            key = f"G{len(activities) + 1}"
            activities.append(
                {"activity_id": key, "initiator_id": who(rng, people), "started_at": moment, "ended_at": None}
            )
            filling[key] = []
        key = rng.choice(list(filling))
        mine = filling[key]
        entries.append({"entry_id": f"K{rng.randrange(10)}{number}", "activity_id": key, "participant_id": who(rng, people),
                        "position": len(mine) + 1, "entered_at": moment, "paid": "9.00"})  # fmt: skip
        mine.append(entries[-1])
        if len(mine) == size:
            next(one for one in activities if one["activity_id"] == key)["ended_at"] = moment
            wins = rng.sample(mine, rng.randint(1, size - 1))
            for one in filling.pop(key):
                said = None if rng.random() < 0.02 else "win" if one in wins else "loss"
                outcomes.append({"entry_id": one["entry_id"], "outcome": said})
                if random_split:
                    outcomes[-1]["share"] = rng.choice(["0.01", "3.33", None])
    draw = {"kind": "group", "size": size, "winners": max(1, size // 2)}
    if not random_split:
        outcomes = outcomes or [{"entry_id": entries[0]["entry_id"], "outcome": None}]
    tables = {"participant": people, "activity": activities, "entry": entries, "outcome": outcomes}
    return make_rules(draw, awards), tables


def raffles(rng: Random) -> Made:
    """Draws at every few entries or at the end, and money back to all at every few; some draws were not as declared."""
    every = rng.choice([None, 2, 3, 5])
    weighted, winners = rng.random() < 0.5, rng.choice([1, 1, 2])
    draw: Row = {"kind": "raffle", "winners": winners, "among": rng.choice(["not-yet-won", "not-yet-won", "everyone"]),
                 "tickets": "weight" if weighted else "equal"}  # fmt: skip
    step = rng.choice([2, 4, 7])
    awards: Row = {
        "rebate": {"on": "entry", "every": step, "to": rng.choice(["everyone-so-far", "everyone-in-the-end"]),
                   "pays": {"CNY": "5"}},
        "free": {"on": "win", "to": "participant", "pays": {"CNY": "9"}},
        "early": {"on": "entry", "nth": "1-3", "to": "participant", "pays": {"gift": "1"}},
        "third": {"on": "entry", "every": 3, "to": "participant.referrer", "pays": {"gift": "2"}},
    }  # fmt: skip
    if rng.random() < 0.5:
        awards["rebate"]["nth"] = f"1-{2 * step}"
    if every:
        draw["every"] = every
    people, activities, entries = make_people(rng, 9), list[Row](), list[Row]()
    outcomes: dict[str, Row] = {}
    ends = {"to": str((SINCE + timedelta(days=1)).date())} if rng.random() < 0.5 else {}  # amid the entries of the first raffle
    for number in range(1, rng.randint(2, 4)):
        moment = SINCE + timedelta(hours=number, minutes=1360 if ends else 0)
        key = f"S{number}"
        mine, due = list[Row](), list[datetime]()
        for place in range(1, rng.randint(4, 24)):
            moment += timedelta(seconds=rng.choice([0, 30, 60]) if not every or (place - 1) % every else 60)
            mine.append({"entry_id": f"{key}-{rng.randrange(100)}-{place}", "activity_id": key, "position": place,
                         "participant_id": who(rng, people), "entered_at": moment, "paid": "9.00"})  # fmt: skip
            if weighted:
                mine[-1]["weight"] = rng.randint(1, 4)
            key_of = mine[-1]["entry_id"]
            outcomes[key_of] = {"entry_id": key_of, "outcome": "loss", "decided_at": None}
            if every and place % every == 0:
                due.append(moment)
        ended = moment + timedelta(minutes=5) if rng.random() < 0.9 else None
        activities.append({"activity_id": key, "initiator_id": "U1", "started_at": SINCE, "ended_at": ended})
        if not every and ended:
            due.append(ended)
        for at in due:
            held = [one for one in mine if one["entered_at"] <= at]
            odd = rng.random()
            for turn in range(0 if odd < 0.05 else winners + (odd > 0.95)):
                one = rng.choice(held if rng.random() < 0.97 else mine)
                said = outcomes[one["entry_id"]]
                if said["outcome"] == "loss":
                    said |= {"outcome": "win", "decided_at": at + timedelta(seconds=turn)}
        entries += mine
    tables = {"participant": people, "activity": activities, "entry": entries, "outcome": list(outcomes.values())}
    return make_rules(draw, awards, ends=ends), tables


def pulls(rng: Random) -> Made:
    """Entries with chances of their own: prizes guaranteed, rising, both or neither; some outcomes are not known."""
    prizes: Row = {}
    sure = sorted((rng.randint(4, 9) for _ in range(3)), reverse=True)  # a better prize is not guaranteed sooner
    for name, guarantee in zip(("best", "good", "fair")[: rng.randint(1, 3)], sure, strict=False):
        prizes[name] = {"chance": rng.choice(["0.006", "0.05", "1/7", "0.2"])}
        if rng.random() < 0.7:
            prizes[name]["guarantee"] = guarantee
        if rng.random() < 0.4:
            prizes[name]["rises"] = {"from": rng.randint(2, 3), "by": rng.choice(["0.06", "0.5"])}
    draw = {
        "kind": "chances",
        "prizes": prizes,
        "counted": rng.choice(["participant", "participant-in-activity", "activity"]),
    }
    awards: Row = {
        "hero": {"on": "win", "when": {"prize": ["best"]}, "to": "participant", "pays": {"gift": "1"}},
        "any": {"on": "win", "to": "participant", "pays": {"CNY": "0.50"}},
        "dust": {"on": "loss", "to": "participant", "pays": {"gift": "15"}},
    }
    people, activities, entries, outcomes = make_people(rng, 3), list[Row](), list[Row](), list[Row]()
    for number in (1, 2):
        activities.append({"activity_id": f"B{number}", "initiator_id": "U1", "started_at": SINCE, "ended_at": None})
    moment, places = SINCE + timedelta(hours=1), {"B1": 0, "B2": 0}
    for number in range(rng.randint(10, 60)):
        moment += timedelta(seconds=rng.choice([0, 0, 1, 60]))
        key = rng.choice(["B1", "B2"])
        places[key] += 1
        entries.append({"entry_id": f"K{rng.randrange(10)}{number}", "activity_id": key, "position": places[key],
                        "participant_id": who(rng, people), "entered_at": moment, "paid": "9.00"})  # fmt: skip
        said = rng.choice([*["loss"] * 12, *prizes, *([None] if rng.random() < 0.3 else [])])
        outcomes.append({"entry_id": entries[-1]["entry_id"], "outcome": said})
    tables = {"participant": people, "activity": activities, "entry": entries, "outcome": outcomes}
    return make_rules(draw, awards), tables


def orders(rng: Random) -> Made:
    """Orders down a ladder with coupons and deposits; clauses that change, and an exception to them."""
    double: Row = {"on": "order", "when": {"item": ["package"]}, "to": "participant.referrer", "pays": {"CNY": "4"},
                   "overrides": ["direct"]}  # fmt: skip
    half = {"percent": "7.5", "of": "order", "rounding": rng.choice(["down", "half-up", "up"])}
    awards: Row = {
        "direct": {"on": "order", "to": "participant.referrer", "pays": {"CNY": "2"}},
        "ladder": {"on": "order", "to": "participant", "pays": {"CNY": {"ladder": {"1": "1", "2-3": "0.5"}}}},
        "share": {"on": "order", "nth": "1-4", "to": "participant.referrer.referrer", "pays": {"CNY": half}},
        "kind": {"on": "order", "when": {"kind": ["goods"]}, "to": "participant", "pays": {"gift": "1"}},
        "invite": {"on": "recruit", "to": "participant.referrer", "pays": {"half": "1"}},
        "joined": {"on": "registration", "first": 3, "to": "participant", "pays": {"gift": "9"}},
    }
    versions: list[Row] = [
        {"from": "2022-03-03", "awards": {"direct": {**awards["direct"], "pays": {"CNY": "1.50"}}, "double": double}},
        {"from": "2022-03-05", "awards": {"double": None, "kind": None}},
    ]
    rounding = rng.choice(["down", "half-up", "up"])
    terms: Row = {"percent": {"1": "50", "2": "60", "3": "70"}, "coupons": {"half": rng.choice(["50", "33.3"])},
                  "rounding": rounding, "deposits": ["deposit"], "coupon-orders-count": rng.random() < 0.5}  # fmt: skip
    people, purchases, payments = make_people(rng), list[Row](), list[Row]()
    for one in people:
        if rng.random() < 0.7:
            payments.append({"payment_id": f"P{len(payments) + 1}", "payee_id": one["participant_id"], "asset": "half",
                             "paid_at": SINCE + timedelta(hours=rng.randrange(1, 40)), "amount": rng.randint(1, 2),
                             "reason": "invite", "ref": one["participant_id"]})  # fmt: skip
    moment, deposits = SINCE + timedelta(hours=2), list[str]()
    for number in range(rng.randint(10, 40)):
        moment += timedelta(seconds=rng.choice([0, 0, 3600, 20000]))
        buyer = who(rng, people)
        price = rng.choice(["19.99", "0.15", "68.75", "699.00"])
        row: Row = {"purchase_id": f"D{number:02d}", "participant_id": buyer, "item": rng.choice(["package", "refill"]),
                    "kind": "goods", "list_price": price, "amount": price, "paid_at": moment,
                    "coupon": None, "deposit_id": None}  # fmt: skip
        chance = rng.random()
        if chance < 0.2:
            row |= {"kind": "deposit", "list_price": "5.00", "amount": "5.00"}
            deposits.append(row["purchase_id"])
        elif chance < 0.5:
            row["coupon"] = "half"
        if deposits and row["kind"] == "goods" and rng.random() < 0.3:
            row["deposit_id"] = rng.choice(deposits)
        purchases.append(row)
    tables = {"participant": people, "purchase": purchases, "payment": payments}
    return make_rules(None, awards, order=terms, versions=versions), tables


PLAYS = {"groups": groups, "raffles": raffles, "pulls": pulls, "orders": orders}

"""Ranks, trees, pools and help funds against the slow reference, over random rules and random trees."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from audit.build import build
from audit.case import read_case
from audit.engine import Engine
from tests.reference import chain

BEGIN, END = datetime(2022, 3, 1), datetime(2022, 3, 12)
Row = dict[str, Any]
HEADERS = {
    "participant": ["participant_id", "referrer_id", "joined_at"],
    "purchase": ["purchase_id", "participant_id", "item", "kind", "asset", "amount", "paid_at"],
    "request": ["request_id", "participant_id", "kind", "asset", "amount", "requested_at"],
}


@contextmanager
def replayed(rules: Row, people: list[Row], orders: list[Row], withdrawals: list[Row]) -> Iterator[Engine]:
    """A case of these, replayed."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        tables = {
            "participant": [[u["id"], u["referrer"], u["at"]] for u in people],
            "purchase": [[o["id"], o["user"], o["item"], o["kind"], "CNY", o["price"], o["at"]] for o in orders],
            "request": [[w["id"], w["user"], "withdrawal", "CNY", w["amount"], w["at"]] for w in withdrawals],
        }
        case: Row = {
            "case": "tree", "timezone": "Asia/Shanghai", "period": {"from": str(BEGIN.date()), "to": str(END.date())},
            "tables": {name: {"file": f"{name}.csv", "columns": {one: one for one in HEADERS[name]}} for name in tables},
        }  # fmt: skip
        for table, rows in tables.items():
            with (folder / f"{table}.csv").open("w", newline="") as out:
                csv.writer(out).writerows([HEADERS[table], *rows])
        (folder / "rules.yaml").write_text(json.dumps(rules), "utf-8")
        (folder / "case.yaml").write_text(json.dumps(case), "utf-8")
        (folder / "out").mkdir()
        engine = build(read_case(folder), folder / "out" / "case.duckdb", Fraction(1, 1000), lambda _: None).engine
        try:
            yield engine
        finally:
            engine.connection.close()


def random_ranks(rng: Random) -> tuple[Row, Row]:
    """Two or three ranks, each above the one before, and a milestone or two."""
    ranks: Row = {"r1": rng.choice([{"bought": {"kind": ["k1"]}}, {"bought": {"item": ["a"]}}, {}, {"recruits": {}}])}
    for number in range(2, rng.randint(2, 4) + 1):
        below = f"r{number - 1}"
        need: Row = {"holds": below}
        need |= {"recruits": {below: rng.randint(1, 2)}} if rng.random() < 0.5 else {}
        need |= {"lines": {below: rng.randint(1, 2)}} if rng.random() < 0.5 else {}
        need |= {"bought": {"kind": [rng.choice(["k1", "k2"])]}} if rng.random() < 0.4 else {}
        ranks[f"r{number}"] = need
    milestones: Row = {}
    if rng.random() < 0.7:
        orders: Row = {"count": rng.randint(1, 4)}
        orders |= {"under": rng.choice(["1", "1-2", "2"])} if rng.random() < 0.6 else {}
        orders |= {"when": {"kind": ["k1"]}} if rng.random() < 0.4 else {}
        milestones["m1"] = {"orders": orders} | ({"each": {"1-2": "r1"}} if rng.random() < 0.4 else {})
    return ranks, milestones


def random_rules(rng: Random) -> Row:
    """Rules of random ranks, a random tree and some clause of every kind that needs them."""
    ranks, milestones = random_ranks(rng)
    names = list(ranks)
    tree: Row = {"recruit": rng.choice(names[:2])} if rng.random() < 0.7 else {}
    shape = rng.random()
    if shape < 0.5:
        rest = rng.choice(["company", "recruiter"])
        tree["hand-over"] = {"first": rng.randint(1, 2), "to": rng.choice(names), "otherwise": rest}
    elif shape < 0.75:
        tree["matrix"] = {"width": rng.randint(2, 3)}
        milestones |= {"full-1": {"filled": 1}, "full-2": {"filled": 2}}
    rank = lambda: rng.choice(names)  # noqa: E731
    share = {
        "percent": rng.choice(["10", "33.3", "100"]),
        "of": "order",
        "rounding": rng.choice(["down", "half-up", "up"]),
    }
    income = {"percent": rng.choice(["10", "50", "33.3"]), "of": ["direct", "near", "ladder"], "rounding": "down"}
    when = {"when": {"kind": ["k1"]}} if rng.random() < 0.5 else {}
    awards: Row = {
        "direct": {"to": "participant.referrer", "pays": {"CNY": "2"}},
        "near": {"to": f"participant.nearest.{rank()}", "pays": {"CNY": rng.choice(["1.01", share])}},
        "second": {"to": f"participant.nearest.{rank()}.nearest.{rank()}", "pays": {"CNY": "0.5"}},
        "ladder": {
            "to": "participant.upline",
            "pays": {"CNY": {"difference": {n: str(i + 1) for i, n in enumerate(names)}}},
        },
        "income": {
            "to": rng.choice([f"earner.nearest.{rank()}", "earner.referrer"]),
            "pays": {
                "CNY": income | {"compounding": rng.random() < 0.5} | ({"earner": rank()} if rng.random() < 0.4 else {})
            },
        },
    }
    awards = {name: {"on": "order", **when, **award} for name, award in awards.items()}
    exactly = rng.choice(["", "exactly."])
    pool = {"per-order": "0.1", "shared": "equal", "rest": "carried"}
    awards["pool"] = {"on": "day-end", "to": f"holders.{exactly}{rank()}", "pays": {"CNY": pool}} | when
    reached = rank()
    awards["promoted"] = {
        "on": "rank-reached",
        "reaches": reached,
        "to": f"participant.nearest.{rank()}",
        "pays": {"CNY": "3"},
    }
    awards["risen"] = {"on": "rank-reached", "reaches": reached, "to": "participant.referrer", "pays": {"CNY": "4"}}
    awards["brought"] = {
        "on": "recruit",
        "nth": rng.choice(["1", "2-9"]),
        "to": "participant.referrer",
        "pays": {"CNY": "5"},
    }
    for name in milestones:
        awards[f"at-{name}"] = {"on": "milestone", "reaches": name, "to": "participant", "pays": {"CNY": "6"}}
    if "m1" in milestones:
        freeze = {"freeze": "20", "rounding": "up", "until": "m1"}
        awards["payout"] = {"on": "withdrawal", "to": "participant", "pays": {"CNY": freeze}}
        awards["release"] = {
            "on": "milestone",
            "reaches": "m1",
            "to": "participant",
            "pays": {"CNY": {"released": "payout"}},
        }
    more = rng.choice([None, {**awards["pool"], "pays": {"CNY": {**pool, "per-order": "0.3"}}}])
    changed = {"versions": [{"from": "2022-03-05", "awards": {"pool": more}}]} if rng.random() < 0.5 else {}
    return {"campaign": "tree", "effective": {"from": "2022-01-01"}, "assets": {"CNY": {"step": "0.01"}},
            "ranks": ranks, "milestones": milestones, **({"tree": tree} if tree else {}), "awards": awards, **changed}  # fmt: skip


def random_people(rng: Random, count: int) -> list[Row]:
    """Bushes and chains; some referrers are oneself, unknown or later, and some form rings."""
    deep = rng.random() < 0.3
    people = []
    for number in range(count):
        at = BEGIN + timedelta(hours=rng.choice([number, number, number, 0, rng.randrange(count)]))
        above = f"U{(number - 1 if deep else rng.randrange(number)) if number else 0:02d}"
        odd = rng.random()
        named = (
            [f"U{number:02d}", "nobody", None, f"U{rng.randrange(count):02d}"][rng.randrange(4)] if odd < 0.2 else above
        )
        people.append({"id": f"U{number:02d}", "referrer": named, "at": at})
    return people


def random_history(rng: Random) -> tuple[list[Row], list[Row], list[Row]]:
    people = random_people(rng, rng.randint(3, 24))
    ids = [one["id"] for one in people]
    moments = [BEGIN + timedelta(hours=rng.randrange(24 * 9)) for _ in range(rng.randint(5, 80))]
    if rng.random() < 0.5:
        moments.sort()
    orders = [
        {"id": f"D{n:02d}", "user": rng.choice(ids), "item": rng.choice("ab"), "kind": rng.choice(["k1", "k1", "k2"]),
         "price": Decimal(rng.randrange(1, 900)) / 100, "at": at} for n, at in enumerate(moments)
    ]  # fmt: skip
    withdrawals = [
        {"id": f"W{n:02d}", "user": rng.choice(ids), "amount": Decimal(rng.randrange(1, 900)) / 100,
         "at": BEGIN + timedelta(hours=rng.randrange(24 * 9))} for n in range(rng.randint(0, 6))
    ]  # fmt: skip
    return people, orders, withdrawals


@settings(deadline=None, derandomize=True, max_examples=15, phases=[Phase.generate])
@given(seed=st.integers(0, 1 << 32))
def test_random_trees_come_out_as_the_reference_says(seed: int) -> None:
    rng = Random(seed)
    rules = random_rules(rng)
    people, orders, withdrawals = random_history(rng)
    world = chain.World(rules, people, orders, withdrawals, END).run()
    with replayed(rules, people, orders, withdrawals) as engine:
        reached = engine.rows("SELECT participant_id, standing, reached_at FROM standing_reached")
        found = engine.rows("SELECT event_at, payee, asset, amount, clause, event FROM expected_award")
    assert {(who, what, at.replace(tzinfo=None)) for who, what, at in reached} == {
        (who, what, at) for who, held in world.held.items() for what, at in held.items()
    }
    wanted = Counter(one for one in world.owed if one.payee and one.amount > 0)
    assert (
        Counter(
            chain.Owed(at.replace(tzinfo=None), who, asset, amount / 100, *what)
            for at, who, asset, amount, *what in found
        )
        == wanted
    )

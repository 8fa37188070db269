"""Awards on orders and registrations against the simulator's own row-by-row arithmetic, which shares no code with audit."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from audit.build import build
from audit.case import read_case
from tests.conftest import maker

CASE = {
    "case": "orders",
    "timezone": "Asia/Shanghai",
    "tables": {
        "participant": {
            "file": "u.csv",
            "columns": {name: name for name in ("participant_id", "referrer_id", "team_leader_id", "joined_at")},
        },
        "purchase": {
            "file": "o.csv",
            "columns": {
                name: name for name in ("purchase_id", "participant_id", "item", "kind", "asset", "amount", "paid_at")
            },
        },
    },
}
ROLES = ["participant", "participant.referrer", "participant.referrer.referrer", "participant.referrer.referrer.referrer",
         "participant.team_leader"]  # fmt: skip


def random_people(rng: Random, count: int) -> list[dict[str, Any]]:
    """People in order of joining whose referrers may be themselves, unknown, or have joined later; such hold no role."""
    users = [{"id": f"U{n}", "at": maker().BEGIN + timedelta(minutes=rng.randrange(9))} for n in range(count)]
    users.sort(key=lambda user: (user["at"], user["id"]))
    for user in users:
        for role, held in (("referrer", "above"), ("leader_id", "leader_person")):
            named = rng.choice([*users, {"id": "nobody"}, None])
            counts = named is not None and "at" in named and named is not user and named["at"] <= user["at"]
            user[role], user[held] = named and named["id"], named if counts else None
        user["leader"] = user["leader_person"] and user["leader_person"]["id"]
    return users


def random_rules(rng: Random) -> dict[str, Any]:
    awards: dict[str, Any] = {}
    for number in range(rng.randint(1, 5)):
        award: dict[str, Any] = {"on": rng.choice(["order", "order", "registration"]), "to": rng.choice(ROLES)}
        if award["on"] == "registration":
            award |= {"first": rng.randint(1, 8)} if rng.random() < 0.5 else {}
        else:
            award |= {"nth": rng.choice(["1", "2-3", "1-2"])} if rng.random() < 0.4 else {}
            award |= {"when": {"kind": ["k1"]}} if rng.random() < 0.3 else {}
            award |= {"when": {"item": ["a", "b"], "kind": ["k1", "k2"]}} if rng.random() < 0.2 else {}
        rounding = rng.choice(["down", "half-up", "up"])
        share = {"percent": rng.choice(["10", "5", "0.5", "33.3", "100"]), "of": "order", "rounding": rounding}
        award["pays"] = (
            {"CNY": share} if award["on"] == "order" and rng.random() < 0.7 else {"coupon": "3", "CNY": "0.01"}
        )
        awards[f"c{number}"] = award
    assets = {"CNY": {"step": "0.01"}, "coupon": {"step": "1"}}
    return {"campaign": "orders", "effective": {"from": "2022-01-01"}, "assets": assets, "awards": awards}


def no_own_upline(person: dict[str, Any], owed: list[Any], rules: dict[str, Any]) -> list[Any]:
    """Referrers who joined in the same minute may form a ring; nobody is paid as their own upline."""
    return [one for one in owed if one.payee != person["id"] or rules["awards"][one.clause]["to"] == "participant"]


@settings(deadline=None, derandomize=True, max_examples=30, phases=[Phase.generate])
@given(seed=st.integers(0, 1 << 32))
def test_random_orders_are_owed_what_the_simulator_says(seed: int) -> None:
    rng, make = Random(seed), maker()
    users, rules = random_people(rng, rng.randint(2, 10)), random_rules(rng)
    orders = [
        {"id": f"D{n:02d}", "user": rng.choice(users), "item": rng.choice("abc"), "kind": rng.choice(["k1", "k2"]),
         "price": Decimal(rng.randrange(1, 5000)) / 100, "at": make.BEGIN + timedelta(minutes=30 + rng.randrange(40))}
        for n in range(rng.randint(0, 15))
    ]  # fmt: skip
    orders.sort(key=lambda order: (order["at"], order["id"]))
    wanted: Counter[Any] = Counter()
    for event in make.events(users, [], orders):
        mine = list(make.owed(rules, iter([event])))
        for one in no_own_upline(event.roles["participant"], mine, rules):
            wanted[one.event, one.clause, one.payee, one.asset, one.amount] += 1
    assert owed(rules, users, orders) == wanted


def owed(rules: dict[str, Any], users: list[dict[str, Any]], orders: list[dict[str, Any]]) -> Counter[Any]:
    """What audit says is owed for an export of these: (event, clause, payee, asset, units) → how often."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rules.yaml").write_text(yaml.safe_dump(rules).replace("'on':", "on:"), "utf-8")
        (folder / "case.yaml").write_text(yaml.safe_dump(CASE), "utf-8")
        with (folder / "u.csv").open("w", newline="") as out:
            rows = [[u["id"], u["referrer"], u["leader_id"], u["at"]] for u in users]
            csv.writer(out).writerows([["participant_id", "referrer_id", "team_leader_id", "joined_at"], *rows])
        with (folder / "o.csv").open("w", newline="") as out:
            rows = [[o["id"], o["user"]["id"], o["item"], o["kind"], "CNY", o["price"], o["at"]] for o in orders]
            header = ["purchase_id", "participant_id", "item", "kind", "asset", "amount", "paid_at"]
            csv.writer(out).writerows([header, *rows])
        work = folder / "out"
        work.mkdir()
        engine = build(read_case(folder), work / "case.duckdb", Fraction(1, 1000), lambda _: None).engine
        found = Counter(engine.rows(
            "SELECT event, clause, payee, asset, CASE asset WHEN 'coupon' THEN amount ELSE amount / 100 END FROM expected_award"
        ))  # fmt: skip
        engine.connection.close()
    return Counter({(*key[:4], Decimal(str(key[4]))): count for key, count in found.items()})


def test_orders_of_one_moment_unlock_a_fund_by_whose_order_comes_first_in_number() -> None:
    """Twenty were put aside; a first order took eight of them, and of the twelve left a first order comes before a second."""
    begin, assets = maker().BEGIN, {name: {"step": "0.01"} for name in ("CNY", "fund")}
    above = {"id": "U0", "at": begin, "referrer": None, "leader_id": None}
    users = [above, *({"id": f"U{n}", "at": begin, "referrer": "U0", "leader_id": None} for n in (1, 2))]
    orders = [{"id": name, "user": users[buyer], "item": "a", "kind": "k1", "price": 1, "at": begin + timedelta(hours=hour)}
              for name, buyer, hour in (("D0", 1, 1), ("D1", 1, 2), ("D2", 2, 2))]  # fmt: skip
    awards = {
        "fill": {"on": "registration", "to": "participant.referrer", "pays": {"fund": "10"}},
        "release": {"on": "order", "to": "participant.referrer", "pays": {"CNY": {"unlock": "8", "from": "fund"}}},
    }
    rules = {"campaign": "orders", "effective": {"from": "2022-01-01"}, "assets": assets, "awards": awards}
    released = {event: units for event, clause, _, _, units in owed(rules, users, orders) if clause == "release"}
    assert released == {"D0": 8, "D2": 8, "D1": 4}

"""`reward_total`, `reward_reach` and `member_money` against a slow reference, on small random ledgers with every kind of fault in them."""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from audit.case import Audit
from tests.conftest import Auditor
from tests.reference import money

RULES = """
campaign: ledger
effective: {from: 2023-01-01}
assets: {CNY: {step: "0.01"}}
awards:
  first: {on: order, to: participant.referrer, pays: {CNY: {percent: "10", of: order, rounding: down}}}
  second: {on: order, to: participant.referrer.referrer, pays: {CNY: {percent: "5", of: order, rounding: down}}}
  back: {on: order, to: participant, pays: {CNY: {percent: "1", of: order, rounding: down}}}
"""


def ledger(rng: random.Random) -> tuple[dict[str, money.Row], list[money.Row], list[money.Row]]:
    """Referrers unknown, later or oneself; payments to anybody, for orders that exist or not."""
    ids = [f"M{n}" for n in range(rng.randrange(3, 16))]
    people = {one: {"referrer": rng.choice([None, "nobody", *ids]), "joined": f"2023-01-{rng.randrange(1, 9):02d} 00:00:00"}
              for one in ids}  # fmt: skip
    orders = [{"id": f"O{n}", "buyer": rng.choice(ids), "kind": rng.choice(["package", "goods"]),
               "amount": rng.randrange(1, 9999)} for n in range(rng.randrange(1, 25))]  # fmt: skip
    payments = []
    for n in range(rng.randrange(1, 50)):
        order = rng.choice(orders)
        above = money.inviter(people, order["buyer"])
        likely = [one for one in (order["buyer"], above, above and money.inviter(people, above)) if one]
        payments.append({"id": f"P{n}", "payee": rng.choice([*likely, *likely, rng.choice(ids), "stranger"]),
                         "clause": rng.choice(["first", "second", "back", "other"]), "amount": rng.randrange(1, 999),
                         "ref": rng.choice([order["id"]] * 5 + ["O-none"])})  # fmt: skip
    return people, orders, payments


def write(folder: Path, people: dict[str, money.Row], orders: list[money.Row], payments: list[money.Row]) -> Path:
    folder.mkdir()
    at = "2023-02-01 00:00:00"
    tables = {
        "people": [["u", "r", "t"], *([one, row["referrer"] or "", row["joined"]] for one, row in people.items())],
        "orders": [["o", "u", "k", "a", "t"], *([o["id"], o["buyer"], o["kind"], yuan(o["amount"]), at] for o in orders)],
        "pay": [["p", "u", "c", "a", "o", "t"],
                *([p["id"], p["payee"], p["clause"], yuan(p["amount"]), p["ref"], at] for p in payments)],
    }  # fmt: skip
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    (folder / "rules.yaml").write_text(RULES)
    cny = {"value": "CNY"}
    case = {
        "case": "ledger", "timezone": "Asia/Shanghai", "attribution": {"entry": {"kind": ["package"]}},
        "tables": {
            "participant": {"file": "people.csv", "columns": {"participant_id": "u", "referrer_id": "r", "joined_at": "t"}},
            "purchase": {"file": "orders.csv", "columns": {"purchase_id": "o", "participant_id": "u", "kind": "k", "asset": cny,
                                                            "amount": "a", "paid_at": "t"}},
            "payment": {"file": "pay.csv", "columns": {"payment_id": "p", "payee_id": "u", "reason": "c", "amount": "a",
                                                       "asset": cny, "ref": "o", "paid_at": "t"}},
        },
    }  # fmt: skip
    (folder / "case.yaml").write_text(json.dumps(case))
    return folder


def yuan(steps: int) -> str:
    return f"{steps // 100}.{steps % 100:02d}"


@pytest.mark.parametrize("seed", range(6))
def test_rewards_and_members_are_what_a_slow_reader_finds(seed: int, tmp_path: Path, audited: Auditor) -> None:
    people, orders, payments = ledger(random.Random(seed))
    audit, _ = audited(write(tmp_path / "case", people, orders, payments))
    edges = money.edges(people, orders, payments)
    totals: Counter[tuple[object, ...]] = Counter()
    for (_, _, clause, source, step), amount in edges.items():
        totals[clause, source, step] += amount
    rows = audit.engine.rows("SELECT clause, source, step, amount FROM reward_total")
    assert {tuple(key): int(amount) for *key, amount in rows} == totals
    steps: dict[str, set[int | None]] = {}
    for person, _, _, _, step in edges:
        if person is not None:
            steps.setdefault(person, set()).add(step)
    others = {person: found - {0, None} for person, found in steps.items()}
    reached = sorted((person, 1 in found, bool(found - {1})) for person, found in others.items() if found)
    assert sorted(audit.engine.rows("SELECT person, inviter, past FROM reward_reach")) == reached
    assert dict(levels(audit, "invited_level")) == walk(people, set(people))
    assert dict(levels(audit, "paid_level")) == walk(people, {person for person, found in steps.items() if 1 in found})
    rows = audit.engine.rows("SELECT person, paid, received FROM member_money")
    assert {one: (int(paid), int(got)) for one, paid, got in rows} == money.members(people, orders, payments)


def levels(audit: Audit, name: str) -> list[tuple[str, tuple[str, int]]]:
    return [(person, (head, int(level))) for person, head, level in audit.engine.rows(f"SELECT person, head, level FROM {name}")]


def walk(people: dict[str, money.Row], paid: set[str]) -> dict[str, tuple[str, int]]:
    """Everybody's head and level, going up one by one as long as the invitation was paid for; in or below a circle there is none."""
    found = {}
    for person in people:
        above = [person]
        while (up := money.inviter(people, above[-1])) and up not in above:
            above.append(up)
        if up is None:
            level = next((place for place, one in enumerate(above) if one not in paid), len(above) - 1)
            found[person] = (above[level], level + 1)
    return found


def test_an_order_counts_once_however_many_its_buyer_recruited(tmp_path: Path, audited: Auditor) -> None:
    joined = "2023-01-01 00:00:00"
    people = {one: {"referrer": None if one == "M0" else "M0", "joined": joined} for one in ("M0", "M1", "M2")}
    orders = [{"id": "O0", "buyer": "M0", "kind": "goods", "amount": 1000}]
    payments = [{"id": "P0", "payee": "M0", "clause": "back", "amount": 10, "ref": "O0"}]
    folder = write(tmp_path / "case", people, orders, payments)
    (folder / "rules.yaml").write_text("\n".join(line for line in RULES.splitlines() if ".referrer" not in line))
    audit, _ = audited(folder)
    assert audit.engine.rows("SELECT source, events, moved FROM buyer_total") == [("own", 1, 1000)]
    assert audit.engine.rows("SELECT source, payments, amount FROM reward_total") == [("own", 1, 10)]

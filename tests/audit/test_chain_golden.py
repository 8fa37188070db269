"""Chain 2+1, the figures worked out by hand from the document: what three recruits bring, where an order's 699 goes."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.audit.test_trees_reference import replayed
from tests.conftest import FIXTURES

BEGIN = datetime(2022, 3, 1)
Row = dict[str, Any]
OWED = "SELECT clause, payee, amount FROM expected_award WHERE event = '{event}' ORDER BY ALL"


def rules_of(case: str) -> Row:
    text = (FIXTURES / "chain-2-1" / case / "rules.yaml").read_text("utf-8")
    found: Row = yaml.safe_load(text.replace(" on:", " 'on':").replace("from: 2022-01-01", "from: '2022-01-01'"))
    return found


def person(name: str, above: str | None) -> Row:
    return {"id": name, "referrer": above, "at": BEGIN}


def order(number: int, name: str, item: str = "699礼包", kind: str = "package") -> Row:
    at = BEGIN + timedelta(minutes=number)
    return {"id": f"D{number:03d}", "user": name, "item": item, "kind": kind, "price": Decimal(699), "at": at}


def rows(case: Row, sql: str, people: list[Row], orders: list[Row], withdrawals: list[Row] | None = None) -> list[Any]:
    with replayed(case, people, orders, withdrawals or []) as engine:
        return engine.rows(sql)


@pytest.mark.parametrize(
    ("case", "price", "rewards"), [("honest", 699, [200, 200, 300]), ("honest-499", 499, [145, 145, 215])]
)
def test_three_recruits_bring_the_fee_back_on_paper_and_not_in_hand(case: str, price: int, rewards: list[int]) -> None:
    """700 credited, 560 withdrawable; the amounts at 499 are the fixture's own."""
    people = [person("A", None), *(person(name, "A") for name in "BCD")]
    orders = [order(number, name) for number, name in enumerate("ABCD")]
    credited = sum(rewards)
    withdrawal = {"id": "W1", "user": "A", "amount": Decimal(credited), "at": BEGIN + timedelta(days=2)}
    sql = (
        "SELECT event, CAST(sum(amount) AS BIGINT) FROM expected_award WHERE payee = 'A' GROUP BY event ORDER BY event"
    )
    found = rows(rules_of(case), sql, people, orders, [withdrawal])
    assert found[:3] == [(f"D00{number}", reward * 100) for number, reward in enumerate(rewards, 1)]
    assert credited >= price
    assert found[3:] == [("W1", credited * 80)]
    assert credited * 80 // 100 < price


def full_line() -> tuple[list[Row], list[Row]]:
    """Under an agent G stands a V3, under it a V2, under it a V1, whose fourth recruit X is the last to order."""
    people, orders = [person("G", None), person("G1", "G"), person("G2", "G"), person("T", "G")], []
    names = ["T"]
    for above in names:
        if len(above) < 4:
            names += [above + digit for digit in "123"]
    people += [person(name, name[:-1]) for name in names if name != "T"]
    number = 0
    packages = {4: [], 3: ["身份礼包999"], 2: ["身份礼包999", "身份礼包1980"]}
    for name in ["G", "G1", "G2", *names]:
        number += 1
        orders.append(order(number, name))
    for name in names:
        for item in packages.get(len(name), ["身份礼包999", "身份礼包1980", "身份礼包5000"]):
            number += 1
            orders.append(order(number, name, item, "rank"))
    return [*people, person("X", "T33")], [*orders, order(number + 1, "X")]


def test_an_order_spends_410_of_699_and_445_where_the_ten_per_cent_is_a_clause_of_its_own() -> None:
    people, orders = full_line()
    last = orders[-1]["id"]
    rules = rules_of("honest")
    with replayed(rules, people, orders, []) as engine:
        sql = f"SELECT clause, sum(amount) FROM award_due WHERE event = '{last}' AND NOT unknown GROUP BY clause"
        paid = dict(engine.rows(sql))
        differential = engine.rows(OWED.format(event=last).replace("ORDER", "AND clause = 'differential' ORDER"))
        fed = engine.value("SELECT CAST(sum(fed) AS BIGINT) FROM pool_fed")
    fed //= sum(one["kind"] == "package" for one in orders)
    assert differential == [("differential", "T", 2000), ("differential", "T3", 1000), ("differential", "T33", 2000)]
    assert paid == {
        "direct": 20000,
        "see-point": 10000,
        "differential": 5000,
        "peer-bonus": 3000,
        "downline-income": 3500,
    }
    spent = sum(paid.values()) - paid["downline-income"] + fed
    assert (spent, 69900 - spent) == (41000, 28900)
    assert round(Decimal(spent) / 699, 2) == Decimal("58.66")
    assert round(Decimal(spent + paid["downline-income"]) / 699, 2) == Decimal("63.66")


def test_a_v2_nearer_than_any_v1_gets_both_steps() -> None:
    people, orders = full_line()
    people.append(person("Y", "T3"))
    orders.append(order(900, "Y"))
    found = rows(rules_of("honest"), OWED.format(event="D900"), people, orders)
    assert [row for row in found if row[0] == "differential"] == [
        ("differential", "T", 2000),
        ("differential", "T3", 3000),
    ]


def test_income_compounds_only_where_that_is_declared() -> None:
    people, orders = full_line()
    last = orders[-1]["id"]
    found = {}
    for compounding in (False, True):
        rules = rules_of("honest")
        rules["awards"]["downline-income"]["pays"]["CNY"]["compounding"] = compounding
        sql = OWED.format(event=last).replace("ORDER", "AND clause = 'downline-income' ORDER")
        found[compounding] = {payee: amount for _, payee, amount in rows(rules, sql, people, orders)}
    # X's order: T33 earns 320, T3 10, T 20; ten per cent of each to the next agent above
    assert found[False] == {"T3": 3200, "T": 100, "G": 200}
    # T3 passes on 10 % of 10 + 32, T 10 % of 20 + 4.20
    assert found[True] == {"T3": 3200, "T": 420, "G": 242}


def test_the_first_two_recruits_of_a_founder_go_to_the_company_for_good() -> None:
    people = [person("A", None), person("B", "A"), person("C", "A"), person("D", "B")]
    orders = [order(number, name) for number, name in enumerate("ABCD")] + [order(9, "B", kind="repeat")]
    found = rows(
        rules_of("honest"),
        "SELECT event, clause, payee FROM award_due WHERE clause = 'see-point' ORDER BY ALL",
        people,
        orders,
    )
    assert {(event, payee) for event, _, payee in found} == {(f"D00{n}", None) for n in (0, 1, 2, 3, 9)}
    stay = rules_of("honest")
    stay["tree"]["hand-over"]["otherwise"] = "recruiter"
    found = rows(stay, "SELECT event, payee FROM award_due WHERE clause = 'see-point' ORDER BY ALL", people, orders)
    assert dict(found) == {"D000": None, "D001": None, "D002": None, "D003": "A", "D009": "A"}


def test_midnight_belongs_to_the_new_day_and_the_rest_of_a_pool_is_carried() -> None:
    people, orders = full_line()
    before = {**order(0, "X", kind="repeat"), "id": "E1", "at": BEGIN + timedelta(hours=24, seconds=-1)}
    after = {**before, "id": "E2", "at": BEGIN + timedelta(hours=24)}
    sql = "SELECT day, fed, pot, holders, share FROM pool_day WHERE clause = 'v1-pool' AND day < DATE '2022-03-04' ORDER BY day"
    found = rows(rules_of("honest"), sql, people, [*orders, before, after])
    count = sum(one["kind"] == "package" for one in orders)
    first, second, third = [tuple(map(int, row[1:])) for row in found]
    assert first == ((count + 1) * 1000, (count + 1) * 1000, 9, (count + 1) * 1000 // 9)
    assert second == (1000, 1000 + first[1] % 9, 9, (1000 + first[1] % 9) // 9)
    assert third == (0, second[1] % 9, 9, 0)


def test_the_help_fund_is_released_whole_and_never_frozen_again() -> None:
    """Recruits one and two are agents, ten orders under them together; a withdrawal before, and one after."""
    people = [person("A", None), person("B", "A"), person("C", "A")]
    people += [person(f"{above}{n}", above) for above in "BC" for n in range(5)]
    orders = [order(number, one["id"]) for number, one in enumerate(people)]
    moment = orders[-1]["at"]
    withdrawals = [
        {"id": f"W{n}", "user": "A", "amount": Decimal("100.01"), "at": moment + timedelta(minutes=n - 1)}
        for n in range(3)
    ]
    sql = "SELECT event, clause, amount FROM expected_award WHERE clause IN ('withdrawal', 'help-fund') ORDER BY ALL"
    found = rows(rules_of("honest"), sql, people, orders, withdrawals)
    # 20 % of 100.01 is 20.002, rounded down; the withdrawal of the same second is still before the release
    assert found == [
        ("A", "help-fund", 4000),
        ("W0", "withdrawal", 8001),
        ("W1", "withdrawal", 8001),
        ("W2", "withdrawal", 10001),
    ]
    short = [one for one in orders if one["id"] != orders[-1]["id"]]
    assert ("A", "help-fund", 4000) not in rows(rules_of("honest"), sql, people, short, withdrawals)


def test_a_compressed_unilevel_plan_is_a_path_of_nearest() -> None:
    """Levels count only those who are active: whoever did not order is passed over."""
    rules: Row = {
        "campaign": "unilevel", "effective": {"from": "2022-01-01"}, "assets": {"CNY": {"step": "0.01"}},
        "ranks": {"active": {"bought": {"kind": ["package"]}}},
        "awards": {
            f"level-{level}": {"on": "order", "to": "participant" + ".nearest.active" * level,
                               "pays": {"CNY": {"percent": str(10 - level), "of": "order", "rounding": "down"}}}
            for level in (1, 2, 3)
        },
    }  # fmt: skip
    people = [person(name, above) for name, above in zip("ABCDEF", [None, *"ABCDE"], strict=True)]
    orders = [order(number, name) for number, name in enumerate("ABDF")]
    found = rows(rules, OWED.format(event="D003"), people, orders)
    assert found == [("level-1", "D", 6291), ("level-2", "B", 5592), ("level-3", "A", 4893)]


def test_a_chain_of_a_hundred_thousand_is_no_deeper_than_a_bush(tmp_path: Path) -> None:
    """Everybody has one recruit: the first orders pay the founder's line nothing, and nothing recurses."""
    import numpy as np

    from audit.replay import ladders

    count = 100_000
    referrer = np.arange(-1, count - 1, dtype=np.int32)
    reached = np.full((1, count), ladders.NEVER, np.int32)
    reached[0, 7] = 0
    placed = np.arange(count, dtype=np.int32)
    team = ladders.build(referrer, reached, placed)
    tree = ladders.Tree(team, ladders.build(referrer, np.minimum(reached, placed - 1), placed), placed, reached)
    assert ladders.nearest(count - 1, 0, count, tree) == 7
    assert ladders.nearest(6, 0, count, tree) == -1
    assert team.depth[count - 1] == count
    assert list(ladders.from_the_top(referrer)[-2:]) == [count - 2, count - 1]


def test_handing_over_by_jumps_is_handing_over_step_by_step() -> None:
    """Long lines in which some are placed late or never: whoever is placed is passed by the place, others by the referrer."""
    import numpy as np

    from audit.replay import ladders

    rng, count, first, farther = np.random.default_rng(3), 60, 2, 0
    for _ in range(200):
        referrer = np.array([-1, *(max(0, who - int(rng.integers(1, 3))) for who in range(1, count))], np.int32)
        placed = np.where(rng.random(count) < 0.5, rng.integers(0, 3 * count, count), ladders.NEVER).astype(np.int32)
        reached = np.where(rng.random((1, count)) < 0.1, rng.integers(0, 3 * count, count), ladders.NEVER).astype(np.int32)
        number = rng.integers(0, 4, count).astype(np.int32)
        parent = list(referrer)
        for who in range(1, count):
            now, above = placed[who], referrer[who]
            if 1 <= number[who] <= first:
                steps = 0
                above = parent[above] if placed[above] <= now else referrer[above]
                while above >= 0 and reached[0, above] >= now:
                    above = parent[above] if placed[above] <= now else referrer[above]
                    steps += 1
                farther = max(farther, steps)
            parent[who] = above
        assert list(ladders.hand_over(referrer, number, placed, reached, first, False)) == parent
    assert farther > 10, "no line was long enough to be jumped along"

"""The golden figures of mechanisms.md §2 to §4, worked by hand from the documents, asked of the reference and of audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from math import prod
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.reference import blind_box, mechanisms
from tests.reference.mechanism_histories import SINCE, Made, make_rules, write_history

Row = dict[str, Any]
Answer = tuple[Counter[tuple[str, str]], dict[tuple[str, str], Decimal], dict[str, Fraction]]
PEOPLE, EVERY = 2000, 25


def by_reference(folder: Path, out: Path) -> Answer:
    """(total by clause and asset, amount by clause and event, chance of each winning entry)."""
    tables, rules = blind_box.read_tables(folder), blind_box.read_yaml(folder / "rules.yaml")
    awards, unknown = mechanisms.owed(tables, rules, ZoneInfo("Asia/Shanghai"))
    assert not unknown
    chances = mechanisms.win_chances(tables, rules) if rules["draw"]["kind"] == "raffle" else {}
    return *totals([(one.event, one.clause, one.asset, one.amount, one.payee) for one in awards]), chances


def by_audit(folder: Path, out: Path) -> Answer:
    from audit.build import build
    from audit.case import read_case

    case = read_case(folder)
    engine = build(case, out / "case.duckdb", Fraction(1, 1000), lambda _: None).engine
    steps = {name: Decimal(asset.step) for name, asset in case.rules.assets.items()}
    awards = engine.rows("SELECT event, clause, asset, amount, payee FROM expected_award")
    drawn = case.rules.draw is not None and case.rules.draw.kind == "raffle"
    chances = engine.rows("SELECT entry_id, chance_num, chance_den FROM draw_replayed") if drawn else []
    engine.connection.close()
    owed = [(event, clause, asset, amount * steps[asset], payee) for event, clause, asset, amount, payee in awards]
    return *totals(owed), {entry: Fraction(int(num), int(den)) for entry, num, den in chances}


def totals(awards: list[tuple[str, str, str, Decimal, str]]) -> tuple[Any, Any]:
    by_clause: Counter[tuple[str, str]] = Counter()
    by_payee: dict[tuple[str, str], Decimal] = Counter()  # type: ignore[assignment]
    for _, clause, asset, amount, payee in awards:
        by_clause[clause, asset] += amount  # type: ignore[assignment]
        by_payee[clause, payee] += amount
    return by_clause, by_payee


Solve = Callable[[Callable[[Random], Made]], Answer]


@pytest.fixture(scope="module", params=[by_reference, by_audit])
def solve(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Solve:
    def solved(play: Callable[[Random], Made]) -> Answer:
        folder, out = (tmp_path_factory.mktemp(name) for name in ("golden", "out"))
        write_history(Random(0), folder, play)
        found: Answer = request.param(folder, out)
        return found

    return solved


def person(number: int) -> Row:
    return {"participant_id": f"U{number}", "referrer_id": None, "joined_at": SINCE + timedelta(seconds=number)}


# §2: group rebate


def one_group(rng: Random) -> Made:
    """Five people pay 99 each; the first two win. Then the first enters thirty more groups, none of which fills."""
    unlock = {"unlock": "7", "from": "fund"}
    awards: Row = {
        "release": {"on": "entry", "to": "participant", "pays": {"CNY": unlock}},
        "refund": {"on": "loss", "to": "participant", "pays": {"CNY": "99"}},
        "envelope": {"on": "loss", "to": "participant", "pays": {"CNY": "10"}},
        "fund": {"on": "win", "to": "participant", "pays": {"fund": "99"}},
    }
    at = SINCE + timedelta(hours=1)
    activities = [{"activity_id": "G0", "initiator_id": "U1", "started_at": at, "ended_at": at + timedelta(minutes=5)}]
    entries = [{"entry_id": f"G0-{n}", "activity_id": "G0", "participant_id": f"U{n}", "position": n, "paid": "9.00",
                "entered_at": at + timedelta(minutes=n)} for n in range(1, 6)]  # fmt: skip
    outcomes = [{"entry_id": f"G0-{n}", "outcome": "win" if n < 3 else "loss"} for n in range(1, 6)]
    for number in range(1, 31):
        moment = at + timedelta(hours=number)
        activities.append({"activity_id": f"G{number}", "initiator_id": "U1", "started_at": moment, "ended_at": None})
        entries.append({"entry_id": f"G{number}-1", "activity_id": f"G{number}", "participant_id": "U1", "position": 1,
                        "paid": "9.00", "entered_at": moment})  # fmt: skip
    people = [person(number) for number in range(1, 6)]
    tables = {"participant": people, "activity": activities, "entry": entries, "outcome": outcomes}
    return make_rules({"kind": "group", "size": 5, "winners": 2}, awards), tables


def test_a_group_leaves_twice_the_price_in_funds_and_pays_thirty_in_envelopes(solve: Solve) -> None:
    by_clause, by_payee, _ = solve(one_group)
    assert by_clause["fund", "fund"] == 2 * 99
    assert by_clause["envelope", "CNY"] == 30
    assert by_clause["refund", "CNY"] == 3 * 99
    # 30 entries × 7 would be 210: the fund holds 99, so that the fifteenth release is 1 and later ones nothing
    assert by_payee["release", "U1"] == 99
    assert ("release", "U2") not in by_payee


def test_a_balance_with_a_floor_has_a_closed_form() -> None:
    rng = Random(2)
    moves = [rng.choice([99, 99, -25, -15]) * (rng.random() < 0.9) for _ in range(500)]
    moves = [move - 20 for move in moves]
    sums = list(accumulate(moves))
    closed = [total - min(0, low) for total, low in zip(sums, accumulate(sums, min), strict=True)]
    assert closed == list(accumulate(moves, lambda balance, move: max(0, balance + move), initial=0))[1:]
    assert min(closed) == 0
    assert sums != closed


# §3: pre-sale ladder


def presale(to: str) -> Callable[[Random], Made]:
    """2000 people order once; at every 25th a free order goes to one who has not won, the d-th to the d-th of them."""

    def play(rng: Random) -> Made:
        awards: Row = {
            "rebate": {"on": "entry", "every": 200, "nth": "1-2000", "to": to, "pays": {"CNY": "5"}},
            "free": {"on": "win", "to": "participant", "pays": {"CNY": "100"}},
        }
        at = SINCE + timedelta(hours=1)
        entries = [{"entry_id": f"D{n}", "activity_id": "S", "participant_id": f"U{n}", "position": n, "paid": "9.00",
                    "entered_at": at + timedelta(minutes=n)} for n in range(1, PEOPLE + 1)]  # fmt: skip
        outcomes = [{"entry_id": f"D{n}", "outcome": "win" if n <= PEOPLE // EVERY else "loss",
                     "decided_at": at + timedelta(minutes=n * EVERY) if n <= PEOPLE // EVERY else None}
                    for n in range(1, PEOPLE + 1)]  # fmt: skip
        activities = [{"activity_id": "S", "initiator_id": "U1", "started_at": at, "ended_at": None}]
        people = [person(number) for number in range(1, PEOPLE + 1)]
        draw = {"kind": "raffle", "every": EVERY, "winners": 1, "among": "not-yet-won"}
        return make_rules(draw, awards), {
            "participant": people, "activity": activities, "entry": entries, "outcome": outcomes}  # fmt: skip

    return play


@pytest.fixture(scope="module")
def in_the_end(solve: Solve) -> Answer:
    return solve(presale("everyone-in-the-end"))


def test_rebates_are_100_000_where_latecomers_catch_up(in_the_end: Answer) -> None:
    by_clause, by_payee, _ = in_the_end
    assert by_clause["rebate", "CNY"] == 100_000
    assert {amount for (clause, _), amount in by_payee.items() if clause == "rebate"} == {50}


def test_rebates_are_55_000_where_a_step_pays_only_those_already_in(solve: Solve) -> None:
    by_clause, by_payee, _ = solve(presale("everyone-so-far"))
    assert by_clause["rebate", "CNY"] == 55_000
    assert (by_payee["rebate", "U200"], by_payee["rebate", "U201"], by_payee["rebate", "U2000"]) == (50, 45, 5)


def test_draw_d_picks_one_of_24d_and_1(in_the_end: Answer) -> None:
    chances = in_the_end[2]
    assert chances == {f"D{draw}": Fraction(1, 24 * draw + 1) for draw in range(1, 81)}


def test_chance_of_a_free_order_by_joining_batch(in_the_end: Answer) -> None:
    one_of = {draw: in_the_end[2][f"D{draw}"] for draw in range(1, 81)}
    win = {batch: 1 - prod(1 - one_of[draw] for draw in range(batch, 81)) for batch in range(1, 81)}
    published = {1: "0.185765", 2: "0.151838", 8: "0.094035", 40: "0.029217", 80: "0.000521"}  # fmt: skip
    assert {batch: f"{float(win[batch]):.6f}" for batch in published} == published
    assert sum(25 * chance for chance in win.values()) == 80


def test_the_platforms_own_account_is_12_000(in_the_end: Answer) -> None:
    by_clause = in_the_end[0]
    free, rebates = by_clause["free", "CNY"], by_clause["rebate", "CNY"]
    assert free == 8_000
    assert 100 * PEOPLE - free - rebates == 92_000
    assert 100 * PEOPLE - free - rebates - 60_000 - 20_000 == 12_000


# §4: red envelopes


@pytest.mark.parametrize(
    ("odd", "shares"), [("lowest-positions", "3.34 3.33 3.33"), ("highest-positions", "3.33 3.33 3.34")]
)
def test_ten_yuan_among_three_is_exact(solve: Solve, odd: str, shares: str) -> None:
    def play(rng: Random) -> Made:
        pot = {"pot": "10", "split": "equal", "odd": odd}
        at = SINCE + timedelta(hours=1)
        rules = make_rules({"kind": "group", "size": 3, "winners": 1},
                           {"envelope": {"on": "completion", "to": "entrants", "pays": {"CNY": pot}}})  # fmt: skip
        entries = [{"entry_id": f"K{9 - n}", "activity_id": "G", "participant_id": f"U{n}", "position": n, "paid": "9.00",
                    "entered_at": at + timedelta(minutes=n)} for n in range(1, 4)]  # fmt: skip
        group = {"activity_id": "G", "initiator_id": "U1", "started_at": at, "ended_at": at + timedelta(minutes=3)}
        outcomes = [{"entry_id": f"K{9 - n}", "outcome": "win" if n == 2 else "loss"} for n in range(1, 4)]
        people = [person(number) for number in range(1, 4)]
        return rules, {"participant": people, "activity": [group], "entry": entries, "outcome": outcomes}

    by_clause, by_payee, _ = solve(play)
    assert by_clause["envelope", "CNY"] == 10
    assert [f"{by_payee['envelope', f'U{n}']:.2f}" for n in range(1, 4)] == shares.split()

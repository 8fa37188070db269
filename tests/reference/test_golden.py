"""The figures of mechanisms.md §1, worked by hand there: they hold in the reference and in audit.

The case: 24 activities of one initiator, the n-th won at box n, so that their means are those of a fair draw.
"""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.reference import blind_box

HONEST = Path(__file__).parents[2] / "fixtures/blind-box/honest"
BEGIN = datetime(2022, 3, 1, 9)
FEE = Decimal(30)
USERS = 1003
Award = tuple[str, str, str, str, Decimal]  # event, clause, payee, asset, amount
Answer = tuple[list[Award], dict[str, Fraction]]  # awards, chance of every opening by entry id


def write(path: Path, header: str, rows: Iterable[Iterable[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """U3, referred by U2 in the team of U1, starts every activity; U5, referred by U4, opens every box."""
    folder = tmp_path_factory.mktemp("golden")
    for name in ("case.yaml", "rules.yaml"):
        shutil.copy(HONEST / name, folder)
    text = (folder / "case.yaml").read_text("utf-8")  # from the first day of the rules: nobody registered before
    (folder / "case.yaml").write_text(text.replace("from: 2022-03-01", "from: 2022-01-01"), "utf-8")
    above = {2: ("U1", "U1"), 3: ("U2", "U1"), 5: ("U4", "U4")}
    users = [(f"U{n}", *above.get(n, ("", "")), BEGIN + timedelta(minutes=n)) for n in range(1, USERS + 1)]
    activities, openings = [], []
    for winner in range(1, 25):
        at = BEGIN + timedelta(days=1 + winner)
        activities.append((f"A{winner}", "U3", at, at + timedelta(minutes=winner)))
        for box in range(1, winner + 1):
            outcome = ("中奖", "盲盒券" if winner % 2 else "产品") if box == winner else ("未中", "")
            moment = at + timedelta(minutes=box)
            openings.append((f"A{winner}-{box}", f"A{winner}", box, "U5", moment, "5.00", *outcome))
    write(folder / "users.csv", "用户编号,推荐人,团队长,注册时间", users)
    write(folder / "activities.csv", "活动编号,发起人,发起时间,结束时间", activities)
    write(folder / "openings.csv", "开盒编号,活动编号,盒号,开盒人,开盒时间,支付金额,结果,奖品选择", openings)
    write(folder / "payments.csv", "流水号,付款时间,收款人,资产,数额,名目,关联编号", [])
    return folder


def by_reference(folder: Path) -> Answer:
    tables, rules = blind_box.read_tables(folder), blind_box.read_yaml(folder / "rules.yaml")
    awards, undetermined = blind_box.owed(tables, rules, ZoneInfo("Asia/Shanghai"))
    assert not undetermined
    return [award[:5] for award in awards], blind_box.chances(blind_box.openings(tables), rules["draw"])


def by_audit(folder: Path) -> Answer:
    from audit.build import build
    from audit.case import read_case

    case, out = read_case(folder), folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    engine = build(case, out / "case.duckdb", Fraction(1, 1000), lambda _: None).engine
    steps = {name: Decimal(asset.step) for name, asset in case.rules.assets.items()}
    awards = engine.rows("SELECT event, clause, payee, asset, amount FROM expected_award")
    chances = engine.rows("SELECT entry_id, chance_num, chance_den FROM draw_replayed")
    engine.connection.close()
    owed = [(*who, steps[who[3]] * amount) for *who, amount in awards]
    return owed, {entry: Fraction(num, den) for entry, num, den in chances}


@pytest.fixture(scope="module", params=[by_reference, by_audit])
def answer(request: pytest.FixtureRequest, case: Path) -> Answer:
    solve: Callable[[Path], Answer] = request.param
    return solve(case)


def paid(answer: Answer, clause: str, activity: int | None = None) -> dict[tuple[str, str], Decimal]:
    """(payee, asset) → what a clause pays in one activity, or in all."""
    total: dict[tuple[str, str], Decimal] = Counter()
    for event, name, payee, asset, amount in answer[0]:
        if name == clause and activity in (None, int(event.lstrip("AU").partition("-")[0])):
            total[payee, asset] += amount
    return dict(total)


def net(answer: Answer, activity: int) -> Decimal:
    return sum(paid(answer, "initiator-per-opening", activity).values()) - FEE


def test_initiator_receives_4_50_for_each_opening(answer: Answer) -> None:
    assert paid(answer, "initiator-per-opening", 7) == {("U3", "CNY"): Decimal("31.50")}
    assert paid(answer, "initiator-per-opening", 24) == {("U3", "CNY"): Decimal("108.00")}


@pytest.mark.parametrize(
    ("first", "low", "mean", "high", "losing"),
    [
        (1, "-25.5", "26.25", "78", Fraction(6, 24)),
        (7, "1.5", "39.75", "78", Fraction(0)),
        (8, "6", "42", "78", Fraction(0)),
    ],
)
def test_initiator_net(answer: Answer, first: int, low: str, mean: str, high: str, losing: Fraction) -> None:
    nets = [net(answer, winner) for winner in range(first, 25)]
    assert (min(nets), sum(nets) / len(nets), max(nets)) == (Decimal(low), Decimal(mean), Decimal(high))
    assert Fraction(sum(one < 0 for one in nets), len(nets)) == losing


def test_referrer_of_the_opener_receives_0_50_for_each_opening(answer: Answer) -> None:
    assert paid(answer, "referrer-per-opening", 7) == {("U4", "CNY"): Decimal("3.50")}


def test_each_activity_pays_4_to_the_referrer_and_6_to_the_team_leader(answer: Answer) -> None:
    assert paid(answer, "referrer-per-activity", 1) == {("U2", "CNY"): Decimal(4)}
    assert paid(answer, "team-leader-per-activity", 24) == {("U1", "CNY"): Decimal(6)}


def test_losing_openings_receive_99_coupon_and_the_winner_none(answer: Answer) -> None:
    assert paid(answer, "consolation", 1) == {}
    assert paid(answer, "consolation", 2) == {("U5", "coupon"): Decimal(99)}
    everything = sum(paid(answer, "consolation").values())
    assert everything / 24 == Decimal("1138.5")


def test_the_winner_receives_what_they_chose(answer: Answer) -> None:
    assert paid(answer, "prize", 7) == {("U5", "coupon"): Decimal(198)}
    assert paid(answer, "prize", 8) == {("U5", "product"): Decimal(1)}


def test_the_first_1000_registered_receive_100_coupon(answer: Answer) -> None:
    seeded = paid(answer, "seed-user")
    assert seeded == {(f"U{n}", "coupon"): Decimal(100) for n in range(1, 1001)}


def test_openings_collect_62_50_on_average(answer: Answer) -> None:
    assert Decimal(5) * len(answer[1]) / 24 == Decimal("62.5")


def test_chance_of_box_j_is_one_in_25_less_j(answer: Answer) -> None:
    assert answer[1]["A24-1"] == Fraction(1, 24)
    assert answer[1]["A24-18"] == Fraction(1, 7)
    assert answer[1]["A24-24"] == answer[1]["A24-23"] * 2 == 1
    for entry, chance in answer[1].items():
        assert chance == Fraction(1, 25 - int(entry.partition("-")[2]))

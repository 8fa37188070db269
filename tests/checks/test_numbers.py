"""Checks of number lotteries on small made ones: honest draws in the form in which results are published, and tiers that are rare."""

from __future__ import annotations

import csv
import math
import random
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from audit.finding import Finding, Verdict
from audit.stats.bets import log_number_bet
from audit.stats.tiers import log_tier_bet, tier_evidence
from tests.conftest import Auditor

RULES = """\
campaign: lottery
effective: {{from: 2022-01-01}}
assets: {{CNY: {{step: "1"}}}}
entry: {{stake: {{CNY: "2"}}}}
draw:
  kind: numbers
  pools: {{red: {{from: 1, to: {size}, pick: {pick}}}}}
  tiers:
    "1": {{matches: [{{red: {pick}}}]}}
    "2": {{matches: [{{red: {second}}}]}}
"""
CASE = """\
case: lottery
timezone: Asia/Shanghai
tables:
  draw: {file: d.csv, columns: {draw_id: id, drawn_at: t, asset: {value: CNY}, sales: s}}
  drawn_number: {file: n.csv, columns: {draw_id: id, pool: {value: red}, ordinal: o, number: n}}
  tier_total: {file: w.csv, columns: {draw_id: id, tier: tier, winners: w}}
"""


def write(folder: Path, size: int, drawn: list[list[int]], sold: list[tuple[int, int, int]]) -> Path:
    """A lottery of these balls; sold gives the bets of each draw and the winners of its two tiers."""
    pick = len(drawn[0])
    (folder / "rules.yaml").write_text(RULES.format(size=size, pick=pick, second=pick - 1), "utf-8")
    (folder / "case.yaml").write_text(CASE, "utf-8")
    at = [datetime(2022, 1, 1, 20) + timedelta(hours=8 * number) for number in range(len(drawn))]
    rows = {
        "d.csv": [["id", "t", "s"], *([f"D{n:04d}", at[n], 2 * bets] for n, (bets, _, _) in enumerate(sold))],
        "n.csv": [["id", "o", "n"], *([f"D{n:04d}", o, ball] for n, balls in enumerate(drawn) for o, ball in enumerate(balls, 1))],
        "w.csv": [["id", "tier", "w"], *([f"D{n:04d}", tier, won[tier]] for n, won in enumerate(sold) for tier in (1, 2))],
    }
    for name, lines in rows.items():
        with (folder / name).open("w", newline="") as file:
            csv.writer(file).writerows(lines)
    return folder


def found(findings: list[Finding], check: str) -> Finding:
    (one,) = [finding for finding in findings if finding.check == check]
    return one


def test_balls_in_ascending_order_favour_no_number(tmp_path: Path, audited: Auditor) -> None:
    """As results are published: by the order of drawing they would be a bet of which smaller numbers win more than their share."""
    drawn: list[list[int]] = []
    for seed in range(1000):  # an honest lottery of 5 from 11 that such a bet accuses, of which there are one in ten
        rng = np.random.default_rng(seed)
        drawn = np.sort(np.argsort(rng.random((3000, 11)), axis=1)[:, :5] + 1, axis=1).tolist()
        if log_number_bet(drawn, range(1, 12)) > math.log(3000):
            break
    one = found(audited(write(tmp_path, 11, drawn, [(1000, 2, 65)] * len(drawn)))[1], "numbers_favoured")
    assert one.verdict is Verdict.PASS
    assert one.e_value is not None
    assert one.e_value < 1


def test_balls_that_are_favoured_are_found_in_ascending_order_too(tmp_path: Path, audited: Auditor) -> None:
    rng = random.Random(3)
    heavy = [[*range(1, 12), 7, 7, 7] for _ in range(600)]
    drawn = []
    for balls in heavy:
        rng.shuffle(balls)
        drawn.append(sorted(list(dict.fromkeys(balls))[:5]))
    one = found(audited(write(tmp_path, 11, drawn, [(1000, 2, 65)] * len(drawn)))[1], "numbers_favoured")
    assert one.verdict is Verdict.FAIL


def test_a_jackpot_that_nobody_won_is_no_evidence(tmp_path: Path, audited: Auditor) -> None:
    """A tier of which half a winner was due: that all draws look alike says nothing."""
    rng = np.random.default_rng(7)
    bets = rng.normal(10_000, 500, 200).astype(int)
    chance = math.comb(6, 5) * 34 / math.comb(40, 6)
    sold = [(int(one), 0, int(rng.binomial(one, chance))) for one in bets]
    drawn = [(np.sort(rng.permutation(40)[:6]) + 1).tolist() for _ in sold]
    one = found(audited(write(tmp_path, 40, drawn, sold))[1], "tier_winners_differ")
    assert one.verdict is Verdict.PASS
    assert one.p_value is not None
    assert one.p_value > 0.1


@pytest.mark.parametrize(("draws", "due"), [(100, 0.003), (300, 0.01), (1000, 0.03)])
def test_rare_tiers_are_accused_as_seldom_as_is_said(draws: int, due: float) -> None:
    rng = np.random.default_rng(draws)
    alarms = 0
    for _ in range(300):
        bets = rng.normal(due * 1e6, due * 5e4, draws).astype(int)
        one = tier_evidence("1", Fraction(1, 10**6), list(zip(bets.tolist(), rng.binomial(bets, 1e-6).tolist(), strict=True)))
        assert one is not None
        alarms += log_tier_bet([one]) >= math.log(1000)
    assert alarms == 0


def test_nothing_is_bet_on_a_tier_of_few_draws() -> None:
    few = tier_evidence("1", Fraction(1, 10), [(1000, 300 + n) for n in range(10)])
    many = tier_evidence("1", Fraction(1, 10), [(1000, 300 + n) for n in range(30)])
    assert few is not None
    assert many is not None
    assert log_tier_bet([few]) == 0
    assert log_tier_bet([many]) > math.log(1e6)


def test_a_tier_that_no_bet_can_land_in_stops_nothing(tmp_path: Path, audited: Auditor) -> None:
    """The second tier asks for what the first takes: it is said of the clause, and the first tier is weighed without it."""
    rng = np.random.default_rng(1)
    drawn = [(rng.permutation(11)[:5] + 1).tolist() for _ in range(60)]
    won = rng.binomial(100_000, 1 / math.comb(11, 5), 60).tolist()
    folder = write(tmp_path, 11, drawn, [(100_000, count, 0) for count in won])
    rules = folder / "rules.yaml"
    rules.write_text(rules.read_text("utf-8").replace("{red: 4}", "{red: 5}"), "utf-8")
    findings = audited(folder)[1]
    one = found(findings, "tier_winners_differ")
    assert (one.subject, one.verdict, [row["tier"] for row in one.rows]) == ("tiers", "PASS", ["1"])
    assert found(findings, "clause_never_fires").subject == "tier 2"

"""What the declared blind box implies: the golden figures, worked by hand from the document."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import pytest

from audit.forecast import break_even, distribution, mean, minted_and_burnt, net_by_box, show
from audit.forecast.book import Plan, forecast
from audit.forecast.courses import tier_chances
from audit.forecast.rounds import played
from audit.rules import read_rules
from checks.cli import main
from tests.conftest import FIXTURES

HONEST = FIXTURES / "blind-box" / "honest" / "rules.yaml"


def test_the_initiator_nets_minus_25_50_to_78_and_26_25_on_average() -> None:
    rules, _ = read_rules(HONEST)
    outcomes = net_by_box(rules, "initiator", "CNY")
    assert (show(outcomes[0].net), show(outcomes[-1].net)) == ("-25.50", "78.00")
    assert sum(one.chance * one.net for one in outcomes) == Fraction("26.25")
    assert sum(one.chance for one in outcomes if one.net < 0) == Fraction(6, 24)
    assert outcomes[6].net == Fraction("1.5")
    assert break_even(rules, "CNY") == 6


def test_each_hidden_rule_has_its_own_figures(tmp_path: Path) -> None:
    golden = {"1-6": ("0", "7-24", "1/18", "39.75", "1.50"), "1-7": ("0", "8-24", "1/17", "42.00", "6.00")}
    for barred, (zero, left, odds, average, lowest) in golden.items():
        path = tmp_path / "rules.yaml"
        text = HONEST.read_text("utf-8").replace("odds: uniform", f'odds: {{{barred}: "{zero}", {left}: {odds}}}')
        path.write_text(text, "utf-8")
        rules, _ = read_rules(path)
        possible = [one for one in net_by_box(rules, "initiator", "CNY") if one.chance]
        assert show(sum((one.chance * one.net for one in possible), Fraction(0))) == average
        assert show(possible[0].net) == lowest
        assert all(one.net > 0 for one in possible)


def test_a_fair_activity_mints_1138_5_coupons_and_burns_69() -> None:
    rules, _ = read_rules(HONEST)
    least, most, burnt = minted_and_burnt(rules, "coupon")
    assert (least, most, burnt) == (Fraction("1138.5"), Fraction("1336.5"), 69)


def by_hand(path: Path, low: int, high: int) -> list[Fraction]:
    """The initiator's net over every winning box from low to high, straight from the document: 4.5 a box, less 30."""
    return [Fraction(9, 2) * box - 30 for box in range(low, high + 1)]


def test_exhibits_print_the_golden_figures() -> None:
    rules, _ = read_rules(HONEST)
    shown = {one.name: one for one in forecast(rules, Plan(rounds=1000, runs=100))}
    roles = {row[:3]: row[3:] for row in shown["roles"].rows}
    nets = by_hand(HONEST, 1, 24)
    assert roles["initiator", "round", "CNY"] == ("-25.50", "26.25", "78.00", "1/4")
    assert [row[2] for row in shown["outcomes-initiator-CNY"].rows] == [show(one) for one in nets]
    assert roles["platform", "round", "CNY"][:3] == ("20.00", "20.00", "20.00")
    assert roles["platform", "round", "coupon"][1] == "-1267.50 … -1069.50"
    assert [row[2] for row in shown["odds"].rows] == [str(Fraction(1, 25 - box)) for box in range(1, 25)]


def test_simulation_agrees_with_enumeration_and_with_itself() -> None:
    rules, _ = read_rules(HONEST)
    who = [("initiator", "CNY"), ("platform", "coupon")]
    first = played(rules, who, runs=50, rounds=2000, seed=7)
    assert first == played(rules, who, runs=50, rounds=2000, seed=7)
    for one in first:
        assert one.off < 4
        assert one.error > 0
    initiator = first[0]
    assert initiator.exact == Fraction("26.25")
    deviation = (sum((net - Fraction("26.25")) ** 2 for net in by_hand(HONEST, 1, 24)) / 24) ** 0.5
    assert initiator.error == pytest.approx(float(deviation) / 100_000**0.5, rel=0.02)


def test_lottery_tiers_are_enumerated(tmp_path: Path) -> None:
    """A small lottery, 2 of 5 and 1 of 2, by listing every draw for one bet."""
    path = tmp_path / "rules.yaml"
    path.write_text(
        "campaign: small\neffective: {from: 2024-01-01}\nassets: {CNY: {step: '1'}}\nentry: {stake: {CNY: '1'}}\n"
        "draw:\n  kind: numbers\n  pools: {a: {from: 1, to: 5, pick: 2}, b: {from: 1, to: 2, pick: 1}}\n"
        "  tiers: {'1': {matches: [{a: 2, b: 1}], prize: {CNY: '9'}}, '2': {matches: [{a: 2, b: 0}, {a: 1, b: 1}], prize: {CNY: '2'}}}\n",
        "utf-8",
    )
    rules, _ = read_rules(path)
    draws = [(set(a), b) for a in itertools.combinations(range(1, 6), 2) for b in (1, 2)]
    hits = [(len({1, 2} & a), int(b == 1)) for a, b in draws]
    assert tier_chances(rules.draw) == {
        "1": Fraction(hits.count((2, 1)), len(draws)),
        "2": Fraction(hits.count((2, 0)) + hits.count((1, 1)), len(draws)),
    }
    won = sum({(2, 1): 9, (2, 0): 2, (1, 1): 2}.get(one, 0) for one in hits)
    assert mean(distribution(rules, "participant", "CNY"))[0] == Fraction(won, len(draws)) - 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_draws_its_pictures_and_needs_no_network(lang: str, tmp_path: Path) -> None:
    out = tmp_path / "forecast.html"
    assert main(["forecast", str(HONEST), "--out", str(out), "--lang", lang, "--rounds", "500"]) == 0
    page = out.read_text("utf-8")
    assert page.count("<svg") == 3
    assert "://" not in page
    again = tmp_path / "again.html"
    main(["forecast", str(HONEST), "--out", str(again), "--lang", lang, "--rounds", "500"])
    assert again.read_bytes() == out.read_bytes()

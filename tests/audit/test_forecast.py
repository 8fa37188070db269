"""What the declared blind box implies: the golden figures, worked by hand from the document."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from pathlib import Path

import pytest

from audit.forecast import break_even, distribution, mean, minted_and_burnt, net_by_box, other_readings, show
from audit.forecast.book import Plan, forecast
from audit.forecast.chances import long_run
from audit.forecast.raffles import chance_by_batch
from audit.forecast.rounds import played
from audit.rules import Chances, Raffle, Rules, read_declared, read_rules
from audit.rules.odds import tier_chances
from audit.simulate.growth import break_even_recruits, grow, growth
from audit.simulate.world import Scenario
from checks.cli import main
from tests.conftest import FIXTURES
from tests.reference.declarations import COMMUNITY, GACHA, GROUP_REBATE, PRESALE

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


def test_a_bet_that_fits_several_tiers_is_in_the_first(tmp_path: Path) -> None:
    """Both numbers of a, or the one of b: a bet with all three is in the first tier, and in no other."""
    rules = rules_of(
        "campaign: small\neffective: {from: 2024-01-01}\nassets: {CNY: {step: '1'}}\nentry: {stake: {CNY: '2'}}\n"
        "draw:\n  kind: numbers\n  pools: {a: {from: 1, to: 4, pick: 2}, b: {from: 1, to: 2, pick: 1}}\n"
        "  tiers: {'1': {matches: [{a: 2, b: 1}], prize: {CNY: '10'}}, '2': {matches: [{a: 2}, {b: 1}], prize: {CNY: '3'}}}\n",
        tmp_path,
    )
    draws = [(len({1, 2} & set(a)) == 2, b == 1) for a in itertools.combinations(range(1, 5), 2) for b in (1, 2)]
    first, second = sum(a and b for a, b in draws), sum(a != b for a, b in draws)
    assert tier_chances(rules.draw) == {"1": Fraction(first, len(draws)), "2": Fraction(second, len(draws))}
    assert mean(distribution(rules, "participant", "CNY"))[0] == Fraction(10 * first + 3 * second, len(draws)) - 2


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


def rules_of(text: str, folder: Path) -> Rules:
    path = folder / "rules.yaml"
    path.write_text(text, "utf-8")
    return read_rules(path)[0]


def test_the_pre_sale_by_joining_batch_and_its_account(tmp_path: Path) -> None:
    """Golden: P(win) of batches 1, 2, 8, 40, 80; 80 wins in all; 12 000 left; 100 000 of rebates against 55 000."""
    shown = {one.name: one for one in forecast(rules_of(PRESALE, tmp_path), Plan())}
    chances = [row[2] for row in shown["batches"].rows]
    assert [chances[batch - 1] for batch in (1, 2, 8, 40, 80)] == [
        "0.185765",
        "0.151838",
        "0.094035",
        "0.029217",
        "0.000521",
    ]
    assert "add to 80.00 wins" in shown["batches"].note.en
    account = {row[0]: row[2:] for row in shown["account"].rows}
    assert account["Σ"][0] == "12000.00"
    assert account["platform → everyone-in-the-end: rebate"][1] == "100000.00"
    (reading,) = other_readings(rules_of(PRESALE, tmp_path))
    assert reading.between == 45_000
    assert "55000.00" in reading.per.en
    roles = {row[0]: row[3:] for row in shown["roles"].rows}
    assert roles["platform"][:3] == ("12000.00",) * 3


@pytest.mark.parametrize("among", ["not-yet-won", "everyone"])
def test_a_small_raffle_by_listing_every_way_it_may_go(among: str, tmp_path: Path) -> None:
    """Draws at every 2nd of 6 entries, by walking the whole tree of draws."""
    text = PRESALE.replace("every: 25,", "every: 2,").replace("not-yet-won", among)
    draw = rules_of(text, tmp_path).draw
    won = dict.fromkeys(range(6), Fraction(0))

    def walk(turn: int, winners: frozenset[int], weight: Fraction) -> None:
        if turn == 4:
            for one in winners:
                won[one] += weight
            return
        pool = [one for one in range(2 * turn) if among == "everyone" or one not in winners]
        for one in pool:
            walk(turn + 1, winners | {one}, weight / len(pool))

    walk(1, frozenset(), Fraction(1))
    assert isinstance(draw, Raffle)
    assert [one for one in chance_by_batch(draw, 6) for _ in range(2)] == list(won.values())


def test_a_guarantee_counts_in_the_long_run(tmp_path: Path) -> None:
    """One guaranteed prize has the closed form (1 − (1 − p)^90) / p entries a prize; two, by following many pulls."""
    draw = rules_of(GACHA, tmp_path).draw
    assert isinstance(draw, Chances)
    rates = long_run(draw)
    p = Fraction("0.006")
    assert 1 / rates["five-star"] == (1 - (1 - p) ** 90) / p
    rng, missed, won = random.Random(1), [0, 0], [0, 0]
    for _ in range(200_000):
        lot = rng.random()
        five = 1.0 if missed[0] == 89 else 0.006
        four = 1.0 - five if missed[1] == 9 else min(1.0 - five, 0.051)
        hit = 0 if lot < five else 1 if lot < five + four else 2
        if hit < 2:
            won[hit] += 1
        missed = [0 if hit == 0 else missed[0] + 1, 0 if hit <= 1 else missed[1] + 1]
    assert won[1] / 200_000 == pytest.approx(float(rates["four-star"]), rel=0.015)


def test_a_group_holds_two_prices_of_fund_and_pays_thirty_of_envelopes(tmp_path: Path) -> None:
    shown = {one.name: one for one in forecast(rules_of(GROUP_REBATE, tmp_path), Plan())}
    account = {row[0]: row[2:] for row in shown["account"].rows}
    assert account["platform → participant: fund"][1] == "100.00"
    assert account["platform → participant: envelope"][1] == "30.00"
    assert shown["odds"].rows == (("5", "2", "2/5"),)


def test_each_version_is_judged_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(COMMUNITY, "utf-8")
    first, second = read_declared(path).eras()
    assert (first.at("awards", "first").line, second.at("awards", "first").line) == (9, 13)


def test_growth_by_level_as_a_loop_over_people_has_it() -> None:
    """Two levels, 10 % and 5 % of every order of 60: 6 from each recruit, 3 from each recruit's recruit."""
    rules, _ = read_rules(FIXTURES / "two-level" / "honest" / "rules.yaml")
    grown = grow(rules, 60, Scenario(40, 40, 3, 1))
    above = {number: (number - 2) // 3 + 1 if number > 1 else 0 for number in range(1, 41)}
    net = dict.fromkeys(above, Fraction(-60))
    level = {}
    for number, recruiter in above.items():
        level[number] = level[recruiter] + 1 if recruiter else 1
        if recruiter:
            net[recruiter] += 6
        if above.get(recruiter):
            net[above[recruiter]] += 3
    for one, people, average, losing in grown.levels:
        mine = [net[number] for number in net if level[number] == one]
        assert (people, average, losing) == (len(mine), sum(mine) / len(mine), sum(value < 0 for value in mine))
    assert grown.taken_in - grown.paid_out == -sum(net.values())
    assert grown.account[-1] == (40, -sum(net.values()))


def test_the_break_even_counts_recruits() -> None:
    rules, _ = read_rules(FIXTURES / "partner-plan" / "honest" / "rules.yaml")
    nets = break_even_recruits(rules, 980, most=6)
    assert nets[:6] == [Fraction(200 * count - 980) for count in range(6)]
    shown = {one.name: one for one in growth(rules, 980, 60, 1)}
    assert "Even with 5 recruits" in shown["break-even"].note.en


def test_a_boost_by_position_makes_other_odds(tmp_path: Path) -> None:
    """Boxes 1 to 6 with odds times 0: what the hidden rule of the document comes to, exclusion and all."""
    text = HONEST.read_text("utf-8") + 'boosts:\n  - {where: {position: 1-6}, times: "0"}\n'
    rules = rules_of(text, tmp_path)
    cases = distribution(rules, "initiator", "CNY")
    assert [one.name for one in cases] == [str(box) for box in range(7, 25)]
    assert {one.chance for one in cases} == {Fraction(1, 18)}
    assert mean(cases)[0] == Fraction("39.75")


def test_chain_two_plus_one_breaks_even_at_three_and_pays_out_up_to_445_of_699() -> None:
    rules, _ = read_rules(FIXTURES / "chain-2-1" / "honest" / "rules.yaml")
    assert break_even_recruits(rules, 699, most=4)[:4] == [-699, -499, -299, 1]
    ((_, _, least, most),) = [
        (one.name, one.chance, one.least, one.most) for one in distribution(rules, "platform", "CNY", 0, Fraction(699))
        if one.name != "repeat"
    ]  # fmt: skip
    assert (least, most) == (699 - 445, 699 - 300)

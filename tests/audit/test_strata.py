"""Comparisons within strata against enumeration."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from itertools import product
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.finding import Text
from audit.stats.strata import (
    Parity,
    Stratum,
    exact_p,
    expected,
    like_rates,
    odds_ratio,
    parity,
    rates,
    shown_ratio,
    variance,
)
from checks.fairness import _end, _one


def slow_p(strata: list[Stratum]) -> Fraction:
    """Every way the successes can fall, one by one."""
    each = []
    for n, w, a, _, times in strata:
        ways = {
            x: Fraction(comb(a, x) * comb(n - a, w - x), comb(n, w)) for x in range(max(0, a + w - n), min(a, w) + 1)
        }
        each += [ways] * times
    seen = sum(x * times for *_, x, times in strata)
    low = high = Fraction(0)
    for picks in product(*(ways.items() for ways in each)):
        chance, total = Fraction(1), 0
        for x, one in picks:
            chance, total = chance * one, total + x
        low, high = low + chance * (total <= seen), high + chance * (total >= seen)
    return min(Fraction(1), 2 * min(low, high))


@st.composite
def a_stratum(draw: st.DrawFn) -> Stratum:
    n = draw(st.integers(2, 6))
    w, a = draw(st.integers(1, n - 1)), draw(st.integers(1, n - 1))
    x = draw(st.integers(max(0, a + w - n), min(a, w)))
    return n, w, a, x, draw(st.integers(1, 2))


@settings(max_examples=60, deadline=None)
@given(st.lists(a_stratum(), min_size=1, max_size=3))
def test_exact_p_is_what_enumeration_gives(strata: list[Stratum]) -> None:
    assert exact_p(strata) == pytest.approx(float(slow_p(strata)), abs=1e-12)
    mean = sum(Fraction(t * a * w, n) for n, w, a, _, t in strata)
    assert expected(strata) == pytest.approx(float(mean))


def test_many_strata_add_up() -> None:
    same = [(3, 1, 1, 1, 60), (3, 1, 1, 0, 240)]
    from scipy.stats import binom

    assert exact_p(same) == pytest.approx(2 * float(binom.cdf(60, 300, 1 / 3)), rel=1e-9)
    assert variance(same) == pytest.approx(300 * 2 / 9)


def test_odds_ratio_of_one_table() -> None:
    ratio, low, high = odds_ratio([(100, 40, 50, 30, 1)])
    assert ratio == pytest.approx((30 * 40) / (20 * 10))
    assert low < ratio < high
    assert odds_ratio([(10, 5, 5, 5, 1)])[0] == float("inf")


def test_the_interval_of_no_success_ends_where_none_has_the_chance_of_one_in_twenty() -> None:
    """100 pairs of which always the other one won: of odds r none in a hundred has the chance (1 / (1 + r))^100."""
    never, always = odds_ratio([(2, 1, 1, 0, 100)]), odds_ratio([(2, 1, 1, 1, 100)])
    limit = 20 ** (1 / 100) - 1
    assert never == (0.0, 0.0, pytest.approx(limit, rel=1e-6))
    assert always == (math.inf, pytest.approx(1 / limit, rel=1e-6), math.inf)


def test_an_end_that_is_not_nothing_is_not_told_as_nothing() -> None:
    assert [_end(one) for one in (0.0, 0.0015, 0.35, math.inf)] == ["0.00", "0.0015", "0.35", "inf"]


@pytest.mark.parametrize("times", [1000, 10**6])
def test_the_interval_of_no_success_has_an_end_however_many_trials(times: int) -> None:
    """Activities of five with two winners, two places the group's: of odds r none of its places wins with 3 / (3 + 6 r + r^2)."""
    never, always = odds_ratio([(5, 2, 2, 0, times)])[2], odds_ratio([(5, 2, 2, 2, times)])[1]
    assert (3 / (3 + 6 * never + never**2)) ** times == pytest.approx(0.05, rel=1e-6)
    assert (1 / (1 + 6 / always + 3 / always**2)) ** times == pytest.approx(0.05, rel=1e-6)


@pytest.mark.parametrize("below", [True, False])
def test_the_ratio_that_is_said_to_show_is_found_nine_times_in_ten(below: bool) -> None:
    """By the law of the sum worked out outcome by outcome: 300 activities of three, and 40 of ten with two winners."""
    from scipy.stats import binom

    ratio = shown_ratio([(3, 1, 1, 0, 300)], 0.001, below=below)
    assert ratio is not None
    fair = binom(300, 1 / 3)
    chance = ratio / (ratio + 2)
    lit = [x for x in range(301) if (fair.cdf(x) if below else fair.sf(x - 1)) <= 0.0005]
    found, short = (sum(binom.pmf(x, 300, one) for x in lit) for one in (chance, (chance + 1 / 3) / 2))
    assert 0.9 <= found < 0.92
    assert short < 0.9


def test_by_the_normal_distribution_the_ratio_is_the_same() -> None:
    many = [(3, 1, 1, 0, 20_000)]
    wanted = math.exp((3.2905 + 1.2816) / math.sqrt(20_000 * 2 / 9))
    above, below = (shown_ratio(many, 0.001, below=one) for one in (False, True))
    assert above == pytest.approx(wanted, rel=1e-4)
    assert below == pytest.approx(1 / wanted, rel=1e-4)


@pytest.mark.parametrize(("activities", "shows"), [(110, False), (144, False), (190, False), (220, True)])
def test_a_group_that_never_wins_passes_only_where_it_would_show(activities: int, shows: bool) -> None:
    """One place of 24 is the group's: that it never wins has the chance (23/24)^n, which must come below the level halved."""
    assert (2 * (23 / 24) ** activities <= 0.0005) is shows
    assert (shown_ratio([(24, 1, 1, 0, activities)], 0.0005, below=True) is not None) is shows
    assert shown_ratio([(3, 1, 1, 0, 1)], 0.001, below=True) is None
    rows = [("rural", 24, 1, 1, 0, activities), ("urban", 24, 1, 23, 1, activities)]
    assert _one("region", "", rows, Text("中奖", "Winning"), True, 0.0005).verdict == ("FAIL" if shows else "INCONCLUSIVE")


def test_groups_pass_where_two_of_them_would_have_shown() -> None:
    """One place of 24 is the islanders', who won 4 of 100 as is due: of everybody else alone it is known that they fare no worse."""
    few = [("islands", 24, 1, 1, 0, 96), ("islands", 24, 1, 1, 1, 4)]
    alone = _one("region", "", [*few, ("urban", 24, 1, 23, 1, 96), ("urban", 24, 1, 23, 0, 4)], Text("中奖", "Winning"), True, 0.0005)
    assert alone.verdict == "INCONCLUSIVE"
    assert "of urban alone a ratio of 0.19 would" in alone.text.en
    assert "Cannot tell for: islands" in alone.text.en
    halves = [(name, 24, 1, size, *cell) for name, size in (("rural", 11), ("urban", 12)) for cell in ((0, 52), (1, 48))]
    assert _one("region", "", [*few, *halves], Text("中奖", "Winning"), True, 0.0005).verdict == "PASS"


def test_parity_of_hand_worked_rates() -> None:
    """Two activities of ten; east plays the better one: 8 of 12 against 4 of 8 by rate, like with like nothing between them."""
    groups: dict[str, list[Stratum]] = {"east": [(10, 8, 8, 6, 1), (10, 4, 4, 2, 1)], "west": [(10, 8, 2, 2, 1), (10, 4, 6, 2, 1)]}
    assert rates(groups) == {"east": Fraction(8, 12), "west": Fraction(4, 8)}
    plain = parity(rates(groups))
    assert plain == Parity(1 / 6, 0.75, "west", "east")
    like = like_rates(groups)  # due: 6.4 + 1.6 = 8 and 1.6 + 2.4 = 4
    assert like == {"east": pytest.approx(0.6), "west": pytest.approx(0.6)}
    assert parity(like) == Parity(pytest.approx(0), pytest.approx(1), *sorted(like, key=lambda name: (like[name], name)))
    assert parity({"east": Fraction(1, 2)}) is None
    assert parity({"a": Fraction(0), "b": Fraction(0)}) == Parity(0.0, None, "a", "b")


@pytest.mark.parametrize("seed", range(20))
def test_parity_is_what_fairlearn_says(seed: int) -> None:
    """As they are: fairlearn's own differences and ratios; within each stratum: its MetricFrame with that control feature."""
    metrics = pytest.importorskip("fairlearn.metrics", reason="fairlearn is not installed; it comes with the extra `test`")
    rng = random.Random(seed)
    trials = [(f"s{rng.randrange(4)}", rng.choice("abc"), rng.random() < rng.choice((0.2, 0.6))) for _ in range(400)]
    hits, sex, stratum = ([one[part] for one in trials] for part in (2, 1, 0))
    hits = [int(one) for one in hits]
    groups: dict[str, list[Stratum]] = {}
    for name, group in sorted({(s, g) for s, g, _ in trials}):
        inside = [(g, hit) for s, g, hit in trials if s == name]
        mine = [hit for g, hit in inside if g == group]
        groups.setdefault(group, []).append((len(inside), sum(hit for _, hit in inside), len(mine), sum(mine), 1))
    told = parity(rates(groups))
    assert told is not None
    assert told.difference == pytest.approx(metrics.demographic_parity_difference(hits, hits, sensitive_features=sex), abs=1e-12)
    assert told.ratio == pytest.approx(metrics.demographic_parity_ratio(hits, hits, sensitive_features=sex), abs=1e-12)
    frame = metrics.MetricFrame(
        metrics=metrics.selection_rate, y_true=hits, y_pred=hits, sensitive_features=sex, control_features=stratum
    )
    for name, difference in frame.difference().items():
        size = sum(s == name for s in stratum)
        alone = {group: [one for one in strata if one[0] == size] for group, strata in groups.items()}
        if len({sum(s == other for s in stratum) for other in set(stratum)}) < len(set(stratum)):
            continue  # two strata of one size cannot be told apart here
        within = parity(like_rates({group: strata for group, strata in alone.items() if strata}))
        assert within is not None
        assert within.difference == pytest.approx(difference, abs=1e-12)
        assert within.ratio == pytest.approx(frame.ratio()[name], abs=1e-12)

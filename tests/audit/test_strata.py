"""Comparisons within strata against enumeration."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.stats.strata import Stratum, exact_p, expected, odds_ratio, smallest_ratio, variance


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
    assert smallest_ratio([(3, 1, 1, 0, 300)], 0.001) == pytest.approx(
        math.exp((3.2905 + 1.2816) / math.sqrt(300 * 2 / 9)), abs=1e-3
    )
    assert smallest_ratio([(3, 1, 1, 0, 1)], 0.001) is None

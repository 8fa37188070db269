"""The bets are fair, exactly; the figures of the literature and of hand enumeration hold."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

import pytest

from audit.finding import in_percent
from audit.stats.bets import (
    LN10,
    Run,
    calibrate,
    log_mixture,
    log_number_bet,
    log_prefix_bet,
    log_single_bet,
    log_tilt_bet,
    prefix_theories,
)
from audit.stats.exact import binomial_interval, number_p_value, prefix_p_value, prefix_set
from audit.stats.plan import of_learning
from audit.stats.power import (
    activities_for_prefix,
    activities_to_separate,
    smallest_favour,
    smallest_prefix,
    smallest_tilt,
)
from checks.draws import power_of_ten

UNIFORM = [Fraction(1, 24)] * 24


def histories(odds: list[Fraction], games: int, stop: int | None) -> Iterator[tuple[float, list[Run]]]:
    """Every history of some activities with its chance; with `stop`, one that has not won by that box is abandoned,
    but only if an earlier activity won early: stopping may look at everything but the hidden win."""
    for wins in itertools.product(range(1, len(odds) + 1), repeat=games):
        chance, runs = Fraction(1), []
        for win in wins:
            chance *= odds[win - 1]
            limit = stop if stop and any((run.won_at or 99) <= 2 for run in runs) else len(odds)
            runs.append(Run(win, win, 1) if win <= limit else Run(limit, None, 1))
        yield float(chance), runs


@pytest.mark.parametrize("stop", [None, 1, 2, 3])
@pytest.mark.parametrize(
    "odds", [[Fraction(1, 4)] * 4, [Fraction(1, 2), Fraction(1, 4), Fraction(1, 8), Fraction(1, 8)]]
)
def test_prefix_bet_is_fair_by_enumeration(odds: list[Fraction], stop: int | None) -> None:
    total = math.fsum(
        chance * math.exp(log_mixture(prefix_theories(runs, odds, 2))) for chance, runs in histories(odds, 5, stop)
    )
    assert abs(total - 1) < 1e-12


def test_tilt_bet_is_fair_under_optional_stopping() -> None:
    # at most 8 openings at 1/3, stopped after the second win
    total = 0.0
    for path in itertools.product((0, 1), repeat=8):
        wins = taken = 0
        for hit in path:
            if wins == 2:
                break
            wins, taken = wins + hit, taken + 1
        chance = math.prod(1 / 3 if hit else 2 / 3 for hit in path)
        total += chance * math.exp(log_tilt_bet([(Fraction(1, 3), taken, wins)]))
    assert abs(total - 1) < 1e-12


def test_number_bet_is_fair_by_enumeration() -> None:
    draws = list(itertools.permutations(range(1, 5), 2))
    total = (
        math.fsum(math.exp(log_number_bet(pair, range(1, 5))) for pair in itertools.product(draws, repeat=3))
        / len(draws) ** 3
    )
    assert abs(total - 1) < 1e-12


def test_prefix_p_value_has_its_size_by_enumeration() -> None:
    odds = [Fraction(1, 4)] * 4
    seen = [(chance, prefix_p_value(runs, odds)) for chance, runs in histories(odds, 4, None)]
    for level in sorted({p for _, p in seen}):
        assert math.fsum(chance for chance, p in seen if p <= level) <= level + 1e-12


def test_figures_of_the_blind_box() -> None:
    """k = 6 is worth 0.12494 decimal digits an activity; 29 show it with weight 0.3; 53 and 50 tell it from its neighbour."""
    one = [Run(7, 7, 1)]
    assert log_prefix_bet(one, UNIFORM, 6) / LN10 == pytest.approx(math.log10(24 / 18), abs=1e-12)
    assert activities_for_prefix(UNIFORM, 6, 0.3, math.log(1000)) == 29
    assert activities_to_separate(UNIFORM, 6) == 53
    assert activities_to_separate(UNIFORM, 7) == 50
    assert prefix_p_value([Run(7, 7, 25)], UNIFORM) == pytest.approx(0.75**25)


def test_k_6_is_told_from_k_7_at_56_activities() -> None:
    right = 0
    rng = random.Random(6)
    for _ in range(400):
        wins = Counter(rng.randint(7, 24) for _ in range(56))
        right += prefix_set([Run(box, box, count) for box, count in wins.items()], UNIFORM) == [6]
    assert right >= 0.95 * 400 - 3 * math.sqrt(400 * 0.95 * 0.05)


def test_cut_off_activities_count_for_what_they_show() -> None:
    assert log_prefix_bet([Run(3, None, 1)], UNIFORM, 6) == pytest.approx(math.log(24 / 21))
    assert log_prefix_bet([Run(9, None, 1)], UNIFORM, 6) == pytest.approx(math.log(24 / 18))
    assert log_prefix_bet([Run(6, 6, 1)], UNIFORM, 6) == -math.inf
    assert prefix_set([Run(3, None, 5)], UNIFORM)[0] == 0


def test_what_could_have_been_seen() -> None:
    theories = prefix_theories([Run(24, 24, 100)], UNIFORM, 6)
    assert smallest_prefix([Run(24, 24, 100)], UNIFORM, theories, math.log(1000)) == 3
    below, above = smallest_tilt([(Fraction(1, 24), 100_000, 0)], math.log(1000))
    assert below == 0.85
    assert above == 1.2
    assert smallest_tilt([(Fraction(1, 24), 10, 0)], math.log(1000)) == (None, None)
    assert smallest_favour(33, 6, 2513, math.log(1000)) == pytest.approx(1.8, abs=0.11)
    assert smallest_favour(33, 6, 3, math.log(1000)) is None


@pytest.mark.parametrize(("numbers", "pick", "draws"), [(3, 2, 200), (5, 4, 400), (9, 1, 300), (12, 4, 250)])
def test_a_number_as_favoured_as_is_said_is_found_nine_times_in_ten(numbers: int, pick: int, draws: int) -> None:
    """Drawn one by one in proportion to the weights of those left, and looked at in any order."""
    need, rng = math.log(3000), random.Random(numbers)
    weight = smallest_favour(numbers, pick, draws, need)
    assert weight is not None
    found = 0
    for _ in range(100):
        sample = []
        for _ in range(draws):
            left = dict.fromkeys(range(numbers), 1.0) | {0: weight}
            drawn: list[int] = []
            for _ in range(pick):
                drawn += rng.choices(list(left), list(left.values()))
                del left[drawn[-1]]
            rng.shuffle(drawn)
            sample.append(drawn)
        found += log_number_bet(sample, range(numbers)) >= need
    assert found >= 85


def test_twenty_groups_in_which_two_of_three_win_show_nothing() -> None:
    """Though one place wins in each: two of three is near to all."""
    assert smallest_favour(3, 2, 20, math.log(1000)) is None
    assert log_number_bet([[1, place] for place in (2, 3) * 10], range(1, 4)) < math.log(1000)


@pytest.mark.parametrize("ratio", [0.0, 0.25, 3.0, 5.0])
def test_a_plan_for_a_lottery_plans_the_bet_that_is_placed(ratio: float) -> None:
    need = math.log(3000)
    draws, included = of_learning(20, 3, ratio, need), 0.15 * ratio / (0.85 + 0.15 * ratio)
    assert draws is not None
    rng, found = random.Random(int(ratio * 4)), 0
    for _ in range(40):
        sample = []
        for _ in range(draws):
            drawn = [0] if rng.random() < included else []
            drawn += rng.sample(range(1, 20), 3 - len(drawn))
            rng.shuffle(drawn)
            sample.append(drawn)
        found += log_number_bet(sample, range(20)) >= need
    assert found >= 32


def test_a_favoured_number_is_found_and_a_fair_one_is_not() -> None:
    rng = random.Random(3)
    numbers = list(range(1, 17))
    fair = [[rng.choice(numbers)] for _ in range(2000)]
    loaded = [[rng.choice([*numbers, 8, 8])] for _ in range(2000)]
    assert log_number_bet(fair, numbers) < 0
    assert log_number_bet(loaded, numbers) > math.log(1e6)


def test_exact_figures() -> None:
    assert number_p_value(dict.fromkeys(range(1, 34), 600), 3300, 6) == pytest.approx(1.0)
    low, high = binomial_interval(0, 56)
    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / 56))
    assert math.exp(calibrate(1e-6)) == pytest.approx(500)


def test_tiers_are_judged_by_draws_and_not_by_bets() -> None:
    """Winners of one draw come in clusters: honest draws must pass, and ones with winners added must not."""
    from audit.stats.tiers import log_tier_bet, smallest_excess, tier_evidence

    rng = random.Random(9)
    draws = [(1_000_000, rng.choice([0, 0, 0, 40_000])) for _ in range(600)]
    honest = tier_evidence("6", Fraction(1, 100), draws)
    padded = tier_evidence("6", Fraction(1, 100), [(bets, won + 6000) for bets, won in draws])
    assert honest is not None
    assert padded is not None
    assert abs(honest.z) < 3
    assert log_tier_bet([honest]) < 0.1
    assert log_tier_bet([padded]) > math.log(1e6)
    assert 0.1 < smallest_excess([honest], 1e-3) < 0.6
    assert tier_evidence("6", Fraction(1, 100), [(0, 0)]) is None


def test_of_one_number_a_draw_the_bet_on_numbers_needs_counts_alone() -> None:
    rng = random.Random(11)
    for numbers in (range(1, 4), range(1, 30)):
        drawn = [rng.choices(numbers, weights=numbers)[0] for _ in range(500)]
        counts = dict.fromkeys(numbers, 0) | Counter(drawn)
        assert log_single_bet(counts) == pytest.approx(log_number_bet([[one] for one in drawn], numbers), abs=1e-9)
    assert log_single_bet(dict.fromkeys(range(1, 4), 0)) == 0.0


@pytest.mark.parametrize(("share", "decimals", "words"), [
    (0.368, 1, "36.8 %"), (0.0, 1, "0.0 %"), (1.0, 1, "100.0 %"), (0.0008, 1, "0.080 %"), (0.0002, 1, "0.020 %"), (0.00005, 2, "0.0050 %"),
    (0.99996, 1, "99.996 %"), (0.0417, 2, "4.17 %"), (0.006, 1, "0.6 %"), (1.5, 1, "150.0 %"), (1e-9, 1, "0.00000010 %"),
    (1 - 2**-50, 1, "100.0 %"),
])  # fmt: skip
def test_a_percentage_is_never_none_or_all_unless_it_is(share: float, decimals: int, words: str) -> None:
    assert in_percent(share, decimals) == words


@pytest.mark.parametrize(("value", "words"), [(9.97e5, "1.0 × 10^6"), (9.94e5, "9.9 × 10^5"), (2e14, "2.0 × 10^14"), (12.0, "12")])
def test_powers_of_ten_round_to_the_next(value: float, words: str) -> None:
    assert power_of_ten(math.log(value)) == words

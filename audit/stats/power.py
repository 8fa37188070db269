"""What an export could have shown: the smallest deviation found with 90 % power, and how much data one needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from audit.stats.bets import TILTS, Run, Theory, cumulative

NINE_TENTHS = 1.2815515655446004  # the normal distribution's 90 % point


def smallest_prefix(
    runs: Sequence[Run], odds: Sequence[Fraction], theories: Sequence[Theory], log_need: float
) -> int | None:
    """The shortest prefix whose exclusion this export would have shown; None: not even the longest.

    Had the prefix never won, every finished activity would have passed it; a cut-off one counts as far as it went.
    """
    below = cumulative(odds)
    for one in sorted(theories, key=lambda theory: theory.excluded):
        gain = math.log(one.weight)
        for run in runs:
            seen = one.excluded if run.won_at is not None else min(run.reached, one.excluded)
            gain -= run.count * math.log(1 - below[seen])
        if gain >= log_need:
            return one.excluded
    return None


def activities_for_prefix(odds: Sequence[Fraction], excluded: int, weight: float, log_need: float) -> int:
    """How many finished activities show that boxes 1..excluded never win."""
    each = -math.log(1 - cumulative(odds)[excluded])
    return math.ceil((log_need - math.log(weight)) / each)


def activities_to_separate(odds: Sequence[Fraction], excluded: int, level: float = 0.05) -> int:
    """How many finished activities tell "1..k never win" from "1..k+1 never win": a win at k + 1 must have shown.

    Under k, box k + 1 wins with q = odds/(1 - F[k]); after n activities it has been silent with (1 - q)^n <= level.
    """
    below = cumulative(odds)
    q = odds[excluded] / (1 - below[excluded])
    return math.ceil(math.log(level) / math.log(1 - q)) if 0 < q < 1 else 1


def smallest_tilt(cells: Sequence[tuple[Fraction, int, int]], log_need: float) -> tuple[float | None, float | None]:
    """The factors on the odds nearest to 1, below and above, that these chances would have shown with 90 % power.

    The bet on a factor r gains, when r is true, its Kullback-Leibler divergence on average; the normal approximation
    takes off 1.28 standard deviations.
    """

    def shown(ratio: float) -> bool:
        mean = spread = 0.0
        for chance, taken, _ in cells:
            if 0 < chance < 1:
                p = float(chance)
                q = p * ratio / (1 - p + p * ratio)
                win, lose = math.log(ratio) - math.log1p(p * (ratio - 1)), -math.log1p(p * (ratio - 1))
                mean += taken * (q * win + (1 - q) * lose)
                spread += taken * q * (1 - q) * (win - lose) ** 2
        return mean - NINE_TENTHS * math.sqrt(spread) - math.log(len(TILTS)) >= log_need

    below = next((ratio for ratio in sorted((r for r in TILTS if r < 1), reverse=True) if shown(ratio)), None)
    above = next((ratio for ratio in sorted(r for r in TILTS if r > 1) if shown(ratio)), None)
    return below, above


def smallest_favour(numbers: int, pick: int, draws: int, log_need: float) -> float | None:
    """The smallest factor on one number's weight that so many draws would have shown; None: not even 20.

    The learning bet gains the divergence of the drawn proportions, less what learning costs: the exact Dirichlet gain
    at the expected counts.
    """
    from scipy.special import gammaln

    balls = draws * pick
    for tenth in range(11, 201):
        weight = tenth / 10
        share = weight / (weight + numbers - 1)
        expected = [balls * share] + [balls * (1 - share) / (numbers - 1)] * (numbers - 1)
        gain = gammaln(5.0 * numbers) - gammaln(5.0 * numbers + balls) + balls * math.log(numbers)
        gain += sum(gammaln(5.0 + one) - gammaln(5.0) for one in expected)
        ratio = math.log(share * numbers) - math.log((1 - share) / (numbers - 1) * numbers)
        spread = math.sqrt(balls * share * (1 - share)) * ratio
        if gain - NINE_TENTHS * spread >= log_need:
            return weight
    return None

"""Exact p-values and intervals, for readers who expect them beside a bet."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from audit.stats.bets import Run, cumulative


def first_win(runs: Sequence[Run], length: int) -> int:
    """The lowest box that ever won; one more than the boxes where none did."""
    return min((run.won_at for run in runs if run.won_at is not None and run.count), default=length + 1)


def prefix_p_value(runs: Sequence[Run], odds: Sequence[Fraction]) -> float:
    """The chance, under the declaration, that no box before the lowest winner ever won.

    The prefixes are nested, so looking at all of them costs nothing (the scan is as sharp as the most powerful test).
    """
    before = first_win(runs, len(odds)) - 1
    below = cumulative(odds)
    log_p = 0.0
    for run in runs:
        seen = before if run.won_at is not None else min(run.reached, before)
        if below[seen] == 1:
            return 0.0
        log_p += run.count * math.log(1 - below[seen])
    return math.exp(log_p)


def prefix_set(runs: Sequence[Run], odds: Sequence[Fraction], level: float = 0.05) -> list[int]:
    """The prefixes k (0: none) that the export cannot rule out at this level.

    k is ruled out by a win inside it, or where "1..k never win" would itself have made wins before the lowest one seen
    all but certain.
    """
    before = first_win(runs, len(odds)) - 1
    below = cumulative(odds)
    kept = []
    for k in range(min(before, len(odds) - 1) + 1):
        if below[k] == 1:
            continue
        log_p = 0.0
        for run in runs:
            seen = before if run.won_at is not None else min(run.reached, before)
            miss = 1 - max(Fraction(0), below[seen] - below[k]) / (1 - below[k])
            log_p += run.count * (math.log(miss) if miss > 0 else -math.inf)
        if log_p > math.log(level):
            kept.append(k)
    return kept


def number_p_value(counts: Mapping[int, int], draws: int, pick: int) -> float:
    """Chi-square of equal frequencies for numbers drawn without replacement.

    Balls of one draw exclude each other, so the statistic is scaled by (N - 1)/(N - k) (Joe 1993) to chi-square with
    N - 1 degrees of freedom.
    """
    from scipy.stats import chi2

    size = len(counts)
    if size == pick or not draws:
        return 1.0
    mean = draws * pick / size
    statistic = sum((count - mean) ** 2 for count in counts.values()) / mean * (size - 1) / (size - pick)
    return float(chi2.sf(statistic, size - 1))


def binomial_interval(wins: int, taken: int, level: float = 0.95) -> tuple[float, float]:
    """The exact (Clopper-Pearson) interval of a proportion."""
    from scipy.stats import binomtest

    if not taken:
        return (0.0, 1.0)
    interval = binomtest(wins, taken).proportion_ci(level, "exact")
    return float(interval.low), float(interval.high)


def sum_p_value(differences: Sequence[float], least: float) -> float:
    """Two-sided p-value that independent differences of mean zero sum to nothing (one-sample t).

    least is the variance that their sum has at least: of rare events all may look alike, and differ by nothing but luck.
    """
    from scipy.stats import t

    count = len(differences)
    if count < 3:
        return 1.0
    total = math.fsum(differences)
    within = math.fsum((one - total / count) ** 2 for one in differences)
    spread = math.sqrt(max(within * count / (count - 1), least))
    return float(2 * t.sf(abs(total) / spread, count - 1)) if spread else 1.0

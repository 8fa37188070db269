"""Bets against the declared odds.

Whoever stakes 1 on a theory at the declared odds holds the likelihood ratio of theory to declaration: an e-value. If
the declaration is true it ever reaches 1/a with probability at most a, however often one looks and whenever people
stop (Ville 1939). A family of theories is a mixture; its posterior weights name the best supported one. All in logs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

LN10 = math.log(10)
PRIOR = 5.0  # draws of each number that a learning bet begins with
TILTS = (0.0625, 0.125, 0.25, 0.5, 0.7, 0.85, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0)
RATIOS = (0.0, *TILTS, 30.0, 100.0)  # of a class


@dataclass(frozen=True)
class Run:
    """Activities alike: boxes opened with a known outcome, the box that won (None: cut off before), how many."""

    reached: int
    won_at: int | None
    count: int


@dataclass(frozen=True)
class Theory:
    """A hidden rule, the log of its bet (natural; -inf: refuted) and its weight in the mixture."""

    excluded: int
    log_bet: float
    weight: float


def log_sum(logs: Sequence[float]) -> float:
    """log(sum(exp(x))) without overflow; -inf for none."""
    top = max(logs, default=-math.inf)
    if top == -math.inf:
        return top
    return top + math.log(sum(math.exp(one - top) for one in logs))


def log_mixture(theories: Sequence[Theory]) -> float:
    """The log e-value of the weighted family."""
    return log_sum([math.log(one.weight) + one.log_bet for one in theories])


def cumulative(odds: Sequence[Fraction]) -> list[Fraction]:
    """F[k]: the declared chance that the win is in the first k boxes; F[0] = 0."""
    total, found = Fraction(0), [Fraction(0)]
    for one in odds:
        total += one
        found.append(total)
    return found


def log_prefix_bet(runs: Sequence[Run], odds: Sequence[Fraction], excluded: int) -> float:
    """The log bet on "boxes 1..excluded never win, the others keep their proportions".

    An activity that passed the prefix pays 1/(1 - F[k]) whether it was finished or not; one cut off earlier, after m
    boxes, pays 1/(1 - F[m]); a win inside the prefix refutes the theory.
    """
    below = cumulative(odds)
    if below[excluded] == 1:
        return -math.inf
    total = 0.0
    for run in runs:
        if run.won_at is not None and run.won_at <= excluded:
            return -math.inf
        seen = excluded if run.won_at is not None else min(run.reached, excluded)
        total -= run.count * math.log(1 - below[seen])
    return total


def prefix_theories(runs: Sequence[Run], odds: Sequence[Fraction], likely: int | None) -> list[Theory]:
    """Every prefix that changes something; `likely`, the one the economics imply, carries 3/10 more weight."""
    below = cumulative(odds)
    prefixes = [k for k in range(1, len(odds)) if 0 < below[k] < 1 and odds[k - 1] > 0]
    extra = 0.3 if likely in prefixes else 0.0
    return [
        Theory(k, log_prefix_bet(runs, odds, k), (1 - extra) / len(prefixes) + (extra if k == likely else 0.0))
        for k in prefixes
    ]


def log_tilt_bet(cells: Sequence[tuple[Fraction, int, int]]) -> float:
    """The log bet on "every chance is multiplied in odds by one factor", mixed over TILTS in equal parts.

    cells are (declared chance, chances taken, wins); a chance of 0 or 1 decides nothing and is left out.
    """
    logs = []
    for ratio in TILTS:
        total = 0.0
        for chance, taken, wins in cells:
            if 0 < chance < 1:
                p = float(chance)
                total += wins * math.log(ratio) - taken * math.log1p(p * (ratio - 1))
        logs.append(total - math.log(len(TILTS)))
    return log_sum(logs)


def log_number_bet(draws: Sequence[Sequence[int]], numbers: Sequence[int]) -> float:
    """The log bet on "some numbers are drawn more often", learning as it goes.

    Each draw is a sequence of numbers without replacement. Before each ball the bet follows the counts of the draws
    before it, five for each number to begin with (a Dirichlet prior worth five times the numbers), among the
    numbers left.
    """
    counts = dict.fromkeys(numbers, PRIOR)
    total = 0.0
    for draw in draws:
        left, weight = len(numbers), sum(counts.values())
        for number in draw:
            total += math.log(counts[number] / weight * left)
            left, weight = left - 1, weight - counts[number]
        for number in draw:
            counts[number] += 1
    return total


def log_single_bet(counts: Mapping[int, int]) -> float:
    """log_number_bet of draws of one number each, whose order is then no matter: the law of Polya's urn."""
    draws, begun = sum(counts.values()), PRIOR * len(counts)
    gained = sum(math.lgamma(PRIOR + count) - math.lgamma(PRIOR) for count in counts.values())
    return draws * math.log(len(counts)) + gained - math.lgamma(begun + draws) + math.lgamma(begun)


def calibrate(p_value: float) -> float:
    """The log e-value that any p-value is worth: 1/(2 sqrt(p)) (Vovk and Wang 2021)."""
    return -math.log(2) - math.log(max(p_value, 1e-300)) / 2


def posterior(theories: Sequence[Theory]) -> Mapping[int, float]:
    """The share of the mixture's gain that each theory earned."""
    total = log_mixture(theories)
    if total == -math.inf:
        return {one.excluded: 0.0 for one in theories}
    return {one.excluded: math.exp(math.log(one.weight) + one.log_bet - total) for one in theories}

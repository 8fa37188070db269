"""Comparisons within strata: the same activity, item or day. Exact given the margins of each stratum; nothing else is assumed.

A stratum is (n, w, a, x, times): of n trials w succeeded, a were a group's, x of those succeeded; so many strata are alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mass = NDArray[np.float64]

Stratum = tuple[int, int, int, int, int]
NORMAL, MOST = 20.0, 4096  # standard deviation, and successes, from which a sum is near enough to normal
LOG_FAR = math.log(100)


def expected(strata: Sequence[Stratum]) -> float:
    """The group's successes if successes fall alike on all: the sum of a w / n."""
    return sum(times * a * w / n for n, w, a, _, times in strata)


def variance(strata: Sequence[Stratum]) -> float:
    """The hypergeometric variance of the group's successes."""
    return sum(times * a * (n - a) * w * (n - w) / (n * n * (n - 1)) for n, w, a, _, times in strata if n > 1)


def exact_p(strata: Sequence[Stratum]) -> float:
    """Two-sided exact p-value of the group's successes: twice the smaller tail of the sum of hypergeometric counts."""
    mass = _sum_law(strata, _join)
    seen = sum(times * (x - max(0, a + w - n)) for n, w, a, x, times in strata)
    lower, upper = float(mass[: seen + 1].sum()), float(mass[seen:].sum())
    return min(1.0, 2 * min(lower, upper))


def _sum_law(strata: Sequence[Stratum], join: Callable[[Mass, Mass], Mass], *, from_above: bool = False) -> Mass:
    """The law of the group's successes if they fall alike on all, counted from the fewest there can be, or from the most."""
    import numpy as np
    from scipy.stats import hypergeom

    mass = np.ones(1)
    for key, times in _alike(strata).items():
        one = hypergeom.pmf(_hits(*key)[::-1 if from_above else 1], *key)
        mass = join(mass, _power(one, times, join))
    return mass


def _alike(strata: Sequence[Stratum]) -> dict[tuple[int, int, int], int]:
    """How many strata there are of each (n, w, a), which tell the law of the group's successes."""
    found: dict[tuple[int, int, int], int] = {}
    for n, w, a, _, times in strata:
        found[n, w, a] = found.get((n, w, a), 0) + times
    return dict(sorted(found.items()))


def _hits(n: int, w: int, a: int) -> NDArray[np.int64]:
    import numpy as np

    return np.arange(max(0, a + w - n), min(a, w) + 1)


def _join(first: Mass, second: Mass) -> Mass:
    """The distribution of a sum. Long ones by Fourier transform, whose error of 1e-16 is far below any level used."""
    import numpy as np
    from scipy.signal import fftconvolve

    if min(len(first), len(second)) < 64:
        return np.convolve(first, second)
    return np.clip(fftconvolve(first, second), 0, 1)


def _power(one: Mass, times: int, join: Callable[[Mass, Mass], Mass]) -> Mass:
    import numpy as np

    found, square = np.ones(1), one
    while times:
        if times & 1:
            found = join(found, square)
        times >>= 1
        if times:
            square = join(square, square)
    return found


def odds_ratio(strata: Sequence[Stratum], level: float = 0.95) -> tuple[float, float, float]:
    """Mantel-Haenszel odds ratio of the group against the rest, with the interval of Robins, Breslow and Greenland (1986).

    Of a ratio of 0 or of infinity one end is exact, given the margins, and the other is the ratio itself.
    """
    from scipy.stats import norm

    top = bottom = both = ps = qr = 0.0
    for n, w, a, x, times in strata:
        p, q = (x + (n - a) - (w - x)) / n, (a - x + w - x) / n
        r, s = x * (n - a - (w - x)) / n, (a - x) * (w - x) / n
        top, bottom = top + times * r, bottom + times * s
        ps, both, qr = ps + times * p * r, both + times * (p * s + q * r), qr + times * q * s
    if top == 0 and bottom == 0:
        return 0.0, 0.0, math.inf
    if top == 0 or bottom == 0:
        limit = _limit(strata, 1 - level, from_above=bottom == 0)
        return (0.0, 0.0, limit) if top == 0 else (math.inf, 1 / limit, math.inf)
    spread = math.sqrt(ps / (2 * top * top) + both / (2 * top * bottom) + qr / (2 * bottom * bottom))
    reach = float(norm.ppf((1 + level) / 2)) * spread
    ratio = top / bottom
    return ratio, ratio * math.exp(-reach), ratio * math.exp(reach)


def _limit(strata: Sequence[Stratum], level: float, *, from_above: bool) -> float:
    """The odds ratio of which no success, or with from_above its inverse of which no failure, has this chance; exact.

    That there is none in all is that there is none in each stratum, so that no law of the sum is needed.
    """
    import numpy as np
    from scipy.optimize import brentq
    from scipy.stats import hypergeom

    alike = _alike(strata)
    logs = [hypergeom.logpmf(_hits(*key)[::-1 if from_above else 1], *key) for key in alike]
    sizes = [len(one) for one in logs]
    flat, first = np.concatenate(logs), np.cumsum([0, *sizes[:-1]])
    places, times = np.arange(len(flat)) - np.repeat(first, sizes), np.array([*alike.values()], float)

    def beyond(log_ratio: float) -> float:
        none = flat[first] - np.logaddexp.reduceat(flat + places * log_ratio, first)
        return float(times @ none) - math.log(level)

    return math.exp(brentq(beyond, -40, 40)) if beyond(40) < 0 < beyond(-40) else math.inf


def shown_ratio(strata: Sequence[Stratum], alpha: float, *, below: bool) -> float | None:
    """The odds ratio nearest to 1, below or above it, that so many trials show at this level with 90 % power; None: not even 100-fold.

    Exact: of a common odds ratio r the law of the sum is the one of no difference times r to the number of successes. Where a
    deviation is many successes, by the normal distribution.
    """
    import numpy as np
    from scipy.stats import norm

    spread, due = math.sqrt(variance(strata)), expected(strata)
    ends = (sum(times * max(0, a + w - n) for n, w, a, _, times in strata), sum(times * min(a, w) for n, w, a, _, times in strata))
    near = math.ceil(abs(due - ends[0 if below else 1]) + 12 * spread) + 2  # successes from that end; tilted to it, no more matter
    if spread > NORMAL or near > MOST:
        log_ratio = (float(norm.isf(alpha / 2)) + float(norm.isf(0.1))) / spread if spread else math.inf
        return math.exp(-log_ratio if below else log_ratio) if log_ratio <= LOG_FAR else None
    mass = _sum_law(strata, lambda first, second: np.convolve(first, second)[:near], from_above=not below)
    lit = int(np.searchsorted(np.cumsum(mass), alpha / 2, side="right"))  # fewer of them, from that end, are rare enough
    with np.errstate(divide="ignore"):
        logs = np.log(mass)
    for log_ratio in np.linspace(0, LOG_FAR, 461)[1:]:
        law = np.exp(logs - np.arange(len(mass)) * log_ratio)
        if law[:lit].sum() >= 0.9 * law.sum():
            return math.exp(-log_ratio if below else log_ratio)
    return None


@dataclass(frozen=True)
class Parity:
    """Demographic parity among groups: the highest rate less the lowest, and the lowest over the highest, with whose they are.

    The ratio is None where no group has any success.
    """

    difference: float
    ratio: float | None
    lowest: str
    highest: str


def rates(groups: Mapping[str, Sequence[Stratum]]) -> dict[str, Fraction]:
    """Successes among each group's trials, wherever they fell: the selection rate, exact."""
    tries = {name: sum(s[2] * s[4] for s in strata) for name, strata in groups.items()}
    return {name: Fraction(sum(s[3] * s[4] for s in groups[name]), count) for name, count in tries.items() if count}


def like_rates(groups: Mapping[str, Sequence[Stratum]]) -> dict[str, float]:
    """Each group's rate, like with like: its successes over those due to it in its strata, times the rate of all trials.

    groups are all that took part, so that their trials make up the strata. In a single stratum it is the selection rate itself.
    A group to which nothing was due has none.
    """
    every = [s for strata in groups.values() for s in strata]
    whole = sum(s[3] * s[4] for s in every) / max(1, sum(s[2] * s[4] for s in every))
    found = {}
    for name, strata in groups.items():
        due: dict[int, int] = {}
        for n, w, a, _, times in strata:
            due[n] = due.get(n, 0) + times * a * w
        if total := math.fsum(part / n for n, part in sorted(due.items())):
            found[name] = whole * sum(s[3] * s[4] for s in strata) / total
    return found


def parity(by_group: Mapping[str, Fraction | float]) -> Parity | None:
    """Demographic parity of these rates; None for fewer than two groups. Equal rates go by name."""
    if len(by_group) < 2:
        return None
    ordered = sorted(by_group, key=lambda name: (by_group[name], name))
    low, high = by_group[ordered[0]], by_group[ordered[-1]]
    return Parity(float(high - low), float(low / high) if high else None, ordered[0], ordered[-1])

"""Comparisons within strata: the same activity, item or day. Exact given the margins of each stratum; nothing else is assumed.

A stratum is (n, w, a, x, times): of n trials w succeeded, a were a group's, x of those succeeded; so many strata are alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mass = NDArray[np.float64]

Stratum = tuple[int, int, int, int, int]


def expected(strata: Sequence[Stratum]) -> float:
    """The group's successes if successes fall alike on all: the sum of a w / n."""
    return sum(times * a * w / n for n, w, a, _, times in strata)


def variance(strata: Sequence[Stratum]) -> float:
    """The hypergeometric variance of the group's successes."""
    return sum(times * a * (n - a) * w * (n - w) / (n * n * (n - 1)) for n, w, a, _, times in strata if n > 1)


def exact_p(strata: Sequence[Stratum]) -> float:
    """Two-sided exact p-value of the group's successes: twice the smaller tail of the sum of hypergeometric counts."""
    import numpy as np
    from scipy.stats import hypergeom

    mass, floor = np.ones(1), 0
    alike: dict[tuple[int, int, int], int] = {}
    for n, w, a, _, times in strata:
        alike[n, w, a] = alike.get((n, w, a), 0) + times
    for (n, w, a), times in sorted(alike.items()):
        low, high = max(0, a + w - n), min(a, w)
        one = hypergeom.pmf(np.arange(low, high + 1), n, w, a)
        mass, floor = _join(mass, _power(one, times)), floor + low * times
    seen = sum(times * x for *_, x, times in strata) - floor
    lower, upper = float(mass[: seen + 1].sum()), float(mass[seen:].sum())
    return min(1.0, 2 * min(lower, upper))


def _join(first: Mass, second: Mass) -> Mass:
    """The distribution of a sum. Long ones by Fourier transform, whose error of 1e-16 is far below any level used."""
    import numpy as np
    from scipy.signal import fftconvolve

    if min(len(first), len(second)) < 64:
        return np.convolve(first, second)
    return np.clip(fftconvolve(first, second), 0, 1)


def _power(one: Mass, times: int) -> Mass:
    import numpy as np

    found, square = np.ones(1), one
    while times:
        if times & 1:
            found = _join(found, square)
        times >>= 1
        if times:
            square = _join(square, square)
    return found


def odds_ratio(strata: Sequence[Stratum], level: float = 0.95) -> tuple[float, float, float]:
    """Mantel-Haenszel odds ratio of the group against the rest, with the interval of Robins, Breslow and Greenland (1986)."""
    from scipy.stats import norm

    top = bottom = both = ps = qr = 0.0
    for n, w, a, x, times in strata:
        p, q = (x + (n - a) - (w - x)) / n, (a - x + w - x) / n
        r, s = x * (n - a - (w - x)) / n, (a - x) * (w - x) / n
        top, bottom = top + times * r, bottom + times * s
        ps, both, qr = ps + times * p * r, both + times * (p * s + q * r), qr + times * q * s
    if top == 0 or bottom == 0:
        return (0.0 if top == 0 else math.inf), 0.0, math.inf
    spread = math.sqrt(ps / (2 * top * top) + both / (2 * top * bottom) + qr / (2 * bottom * bottom))
    reach = float(norm.ppf((1 + level) / 2)) * spread
    ratio = top / bottom
    return ratio, ratio * math.exp(-reach), ratio * math.exp(reach)


def smallest_ratio(strata: Sequence[Stratum], alpha: float) -> float | None:
    """The smallest odds ratio that so many trials would have shown at this level with 90 % power; None: not even 100."""
    from scipy.stats import norm

    spread = variance(strata)
    if spread <= 0:
        return None
    log_ratio = (float(norm.isf(alpha / 2)) + float(norm.isf(0.1))) / math.sqrt(spread)
    return math.exp(log_ratio) if log_ratio < math.log(100) else None

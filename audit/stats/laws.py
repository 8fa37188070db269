"""How often a class of chances wins if the declaration holds, and what a bet that its odds are multiplied pays.

A stratum is one draw, or many alike: `drawn` of its `size` places belong to the class, `winners` of them win. Declared,
the class's hits follow the hypergeometric law; one chance of p/q is a stratum of q places, p winners and 1 drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Law = tuple[tuple[int, float], ...]  # (hits, chance), of more than no chance
EXACT = 20_000  # chances up to which the law of all hits is convolved, not approximated
NORMAL, LONGEST = 50.0, 10**6  # standard deviation in hits from which, and length up to which, laws are not convolved


@dataclass(frozen=True)
class Stratum:
    """`count` draws alike, each with `hits` of its `winners` among the `drawn` places of a class; `size` places in all."""

    size: int
    winners: int
    drawn: int
    hits: int
    count: int = 1


@lru_cache(maxsize=100_000)
def hit_law(size: int, winners: int, drawn: int) -> Law:
    """(hits, chance) of a hypergeometric draw, as declared."""
    if drawn == 1 or winners == 1:
        chance = winners * drawn / size
        return tuple((hit, p) for hit, p in ((0, 1 - chance), (1, chance)) if p > 0)
    every = math.comb(size, winners)
    low, high = max(0, winners + drawn - size), min(winners, drawn)
    chances = (math.comb(drawn, hit) * math.comb(size - drawn, winners - hit) / every for hit in range(low, high + 1))
    return tuple((hit, p) for hit, p in enumerate(chances, low) if p > 0)


def tilt(law: Law, ratio: float) -> tuple[float, list[float]]:
    """(log of a common factor, weights) of the hits when every odds of the class is multiplied by ratio.

    Of draws with hundreds of hits the factor keeps the weights within what a float holds.
    """
    if ratio == 0:
        return 0.0, [p if hit == 0 else 0.0 for hit, p in law]
    slope = math.log(ratio)
    if law[-1][0] * abs(slope) < 600:
        return 0.0, [p * ratio**hit for hit, p in law]
    logs = [math.log(p) + hit * slope for hit, p in law]
    return max(logs), [math.exp(one - max(logs)) for one in logs]


def log_mean(law: Law, ratio: float) -> float:
    """The log of what a bet on this ratio pays on average before it is divided by that; -inf where it cannot pay."""
    factor, weights = tilt(law, ratio)
    total = math.fsum(weights)
    return factor + math.log(total) if total else -math.inf


def tilted(law: Law, ratio: float) -> list[tuple[int, float]]:
    """The law of the hits when every odds of the class is multiplied by ratio; empty where that leaves nothing."""
    weights = tilt(law, ratio)[1]
    total = sum(weights)
    return [(hit, weight / total) for (hit, _), weight in zip(law, weights, strict=True)] if total else []


def log_class_bet(strata: Sequence[Stratum], ratio: float) -> float:
    """The log bet that this class's odds are multiplied by ratio; what is certain decides nothing."""
    total = 0.0
    for one in strata:
        mean = _log_mean(one.size, one.winners, one.drawn, ratio)
        if mean is None or not one.count:
            continue
        if mean == -math.inf or (ratio == 0 and one.hits):
            return -math.inf
        total += one.count * ((one.hits * math.log(ratio) if one.hits else 0.0) - mean)
    return total


@lru_cache(maxsize=1 << 16)
def _log_mean(size: int, winners: int, drawn: int, ratio: float) -> float | None:
    """As `log_mean`, of a stratum's law; None where the outcome is certain."""
    law = hit_law(size, winners, drawn)
    return None if len(law) == 1 else log_mean(law, ratio)


@lru_cache(maxsize=1 << 14)
def _binomial(count: int, p: float, most: int) -> NDArray[np.float64]:
    """The chances of 0 to most hits of count. Kept, because a million people share a few thousand of them."""
    import numpy as np
    from scipy.stats import binom

    law: NDArray[np.float64] = binom.pmf(np.arange(most + 1), count, p)
    law.setflags(write=False)
    return law


def class_p_value(strata: Sequence[Stratum]) -> float:
    """Two-sided p-value of all hits: exact by convolution; right to a few thousandths, however small, where more than EXACT draws
    vary by more than NORMAL hits.
    """
    import numpy as np

    groups: dict[tuple[int, int, int], list[int]] = {}
    for one in strata:
        group = groups.setdefault((one.size, one.winners, one.drawn), [0, 0])
        group[0] += one.count
        group[1] += one.hits * one.count
    hits = sum(total for _, total in groups.values())
    mean = sum(count * w * d / s for (s, w, d), (count, _) in groups.items())
    spread = math.sqrt(sum(count * _variance(s, w, d) for (s, w, d), (count, _) in groups.items()))
    near = math.ceil(max(hits, mean) + 12 * spread) + 2  # hits beyond which nothing matters
    many = sum(count for count, _ in groups.values()) > EXACT
    if many and (spread > NORMAL or near > LONGEST):
        laws = [(hit_law(*key), float(count), float(total)) for key, (count, total) in groups.items()]
        return min(1.0, 2 * _tail(laws, abs(hits - mean), spread)) if spread else 1.0
    law = np.ones(1)
    for (size, winners, drawn), (count, _) in groups.items():
        own = dict(hit_law(size, winners, drawn))
        if set(own) <= {0, 1}:
            law = np.convolve(law, _binomial(count, own.get(1, 0.0), min(count, near)))[:near]
            continue
        each = np.array([own.get(hit, 0.0) for hit in range(max(own) + 1)])
        while count:
            law = np.convolve(law, each)[:near] if count & 1 else law
            count >>= 1
            each = np.convolve(each, each)[:near] if count else each
    return float(min(1.0, 2 * min(law[: hits + 1].sum(), law[hits:].sum())))


def _tail(groups: Sequence[tuple[Law, float, float]], off: float, spread: float) -> float:
    """The chance of so many hits or more, where they are beyond the mean; of so few or fewer, where below.

    By the saddlepoint (Lugannani and Rice 1980; for whole numbers: Daniels 1987): normal tails are wrong by multiples from five
    standard deviations on. Within a tenth of one, where the formula is 0 by 0, normal with half a hit's correction.
    """
    from scipy.stats import norm

    if off < spread / 10:
        return float(norm.sf(max(0.0, off - 0.5) / spread))
    slope, gain = highest(groups)
    root, step = math.sqrt(2 * gain), -math.expm1(-abs(slope)) * math.sqrt(_slope(groups, math.exp(slope))[1])
    return float(norm.sf(root) + norm.pdf(root) * (1 / step - 1 / root))


def _variance(size: int, winners: int, drawn: int) -> float:
    mean = winners * drawn / size
    return mean * (1 - winners / size) * (size - drawn) / (size - 1) if size > 1 else 0.0


def merged(strata: Iterable[Stratum]) -> dict[tuple[int, int, int], list[int]]:
    """(count, hits in all) of the strata that can go either way, by their law."""
    found: dict[tuple[int, int, int], list[int]] = {}
    for one in strata:
        if len(hit_law(one.size, one.winners, one.drawn)) > 1:
            group = found.setdefault((one.size, one.winners, one.drawn), [0, 0])
            group[0] += one.count
            group[1] += one.hits * one.count
    return found


def best_constant(strata: Iterable[Stratum]) -> float:
    """The most that any bet "all odds are multiplied by one ratio" could have gained, with hindsight; at least 0.

    What a class's bet gains beyond this no constant change of the odds explains (universal inference: Wasserman, Ramdas
    and Balakrishnan 2020).
    """
    groups = [(hit_law(*key), count, float(hits)) for key, (count, hits) in merged(strata).items()]
    return highest(groups)[1]


def highest(groups: Sequence[tuple[Law, float, float]]) -> tuple[float, float]:
    """(log ratio, log likelihood) of the best constant ratio for (law, draws, hits); the likelihood is concave.

    By Newton's steps, halving where one leaves what is left of -12..12.
    """
    low, high, best = -12.0, 12.0, 0.0
    for _ in range(60):
        slope, bend = _slope(groups, math.exp(best))
        low, high = (best, high) if slope > 0 else (low, best)
        then = best + slope / bend if bend else low
        then = then if low < then < high else (low + high) / 2
        best, step = then, abs(then - best)
        if step < 1e-10:
            break
    gains = (hits * best - count * log_mean(law, math.exp(best)) for law, count, hits in groups)
    return best, max(0.0, sum(gains))


def _slope(groups: Sequence[tuple[Law, float, float]], ratio: float) -> tuple[float, float]:
    """How fast the log likelihood rises with the log ratio, and how fast that falls: hits beyond those due, and their variance."""
    slope = bend = 0.0
    for law, count, hits in groups:
        weights = tilt(law, ratio)[1]
        total = sum(weights)
        due = sum(hit * weight for (hit, _), weight in zip(law, weights, strict=True)) / total
        squares = sum(hit * hit * weight for (hit, _), weight in zip(law, weights, strict=True)) / total
        slope += hits - count * due
        bend += count * (squares - due * due)
    return slope, bend

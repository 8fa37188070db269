"""The declared odds of boxes and of prize tiers, as exact fractions."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from itertools import product

from audit.rules.draws import Boxes, Numbers, Pool
from audit.rules.scalars import span_of


def box_odds(draw: Boxes) -> list[Fraction]:
    """The declared chance of each box to hold the prize, box 1 first."""
    if draw.odds == "uniform":
        return [Fraction(1, draw.boxes)] * draw.boxes
    odds = [Fraction(0)] * draw.boxes
    for text, chance in draw.odds.items():
        for box in span_of(text):
            odds[box - 1] = chance
    return odds


def box_chances(draw: Boxes) -> list[tuple[int, int, int]]:
    """(box, numerator, denominator) of the chance that a box wins, all before it having lost."""
    odds = box_odds(draw)
    left, rows = Fraction(1), []
    for box, chance in enumerate(odds, 1):
        given = chance / left if left else Fraction(0)
        if draw.odds == "uniform":  # unreduced, so that the denominator counts the boxes still closed
            rows.append((box, 1, draw.boxes - box + 1))
        else:
            rows.append((box, given.numerator, given.denominator))
        left -= chance
    return rows


def tier_chances(draw: Numbers) -> dict[str, Fraction]:
    """The chance of one bet to land in each tier; a bet picks as many numbers of each pool as are drawn.

    What fits several tiers is in the first of them, as it is declared.
    """
    laws = [{hits: _hit_chance(pool, hits) for hits in range(pool.pick + 1)} for pool in draw.pools.values()]
    found = dict.fromkeys(draw.tiers, Fraction(0))
    for drawn in product(*laws):
        hits = dict(zip(draw.pools, drawn, strict=True))
        fits = (name for name, tier in draw.tiers.items() if any(match.items() <= hits.items() for match in tier.matches))
        if (tier := next(fits, None)) is not None:
            found[tier] += math.prod((law[one] for law, one in zip(laws, drawn, strict=True)), start=Fraction(1))
    return found


def _hit_chance(pool: Pool, hits: int) -> Fraction:
    size = pool.to - pool.from_ + 1
    return Fraction(math.comb(pool.pick, hits) * math.comb(size - pool.pick, pool.pick - hits), math.comb(size, pool.pick))


def best_first(orders: Iterable[Iterable[str]]) -> list[str]:
    """The names of several orders in one that keeps them all, the first seen first; without those on which they contradict."""
    kept = [list(order) for order in orders]
    names, found = list(dict.fromkeys(name for order in kept for name in order)), list[str]()
    before = {one: {name for order in kept if one in order for name in order[: order.index(one)]} for one in names}
    while ready := [name for name in names if name not in found and before[name] <= set(found)]:
        found.append(ready[0])
    return found

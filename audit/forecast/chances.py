"""Entries decided one by one: how often each prize comes in the long run, where a guarantee makes some of them certain."""

from __future__ import annotations

from fractions import Fraction

from audit.rules import Chances
from audit.rules.draws import Chance

Missed = tuple[int, ...]


def chance_now(one: Chance, missed: int) -> Fraction:
    """The chance of a prize after so many entries without it or a better one, before what better prizes leave of it."""
    if one.guarantee is not None and missed + 1 >= one.guarantee:
        return Fraction(1)
    grown = one.chance
    if one.rises is not None and missed + 1 >= one.rises.from_:
        grown += (missed + 2 - one.rises.from_) * one.rises.by
    return min(Fraction(1), grown)


def outcomes(draw: Chances, missed: Missed) -> list[tuple[str, Fraction]]:
    """Each prize with its chance in one entry, the best first; what is left is a loss."""
    left, found = Fraction(1), []
    for (name, one), misses in zip(draw.prizes.items(), missed, strict=True):
        chance = min(left, chance_now(one, misses))
        found.append((name, chance))
        left -= chance
    return found


def counted(draw: Chances) -> list[int]:
    """The ranks, from 0 for the best, whose chance depends on entries without them."""
    grows = [one.guarantee is not None or (one.rises is not None and one.rises.by > 0) for one in draw.prizes.values()]
    return [rank for rank, counts in enumerate(grows) if counts]


def long_run(draw: Chances) -> dict[str, Fraction]:
    """How often each prize comes per entry in the long run: wins over entries in one cycle of the renewal process.

    A cycle ends with the best prize that is counted, or a better one, since every count then begins anew.
    """
    ranks = counted(draw)
    if not ranks:
        return dict(outcomes(draw, (0,) * len(draw.prizes)))
    top = ranks[0]
    names = list(draw.prizes)
    alive: dict[Missed, Fraction] = {(0,) * len(names): Fraction(1)}
    won = dict.fromkeys(names, Fraction(0))
    length = Fraction(0)
    while alive:
        later: dict[Missed, Fraction] = {}
        for missed, weight in alive.items():
            length += weight
            left = Fraction(1)
            for rank, (name, chance) in enumerate(outcomes(draw, missed)):
                won[name] += weight * chance
                left -= chance
                if rank > top and chance:
                    after = tuple(
                        (misses + 1 if place < rank else 0) if place in ranks else 0
                        for place, misses in enumerate(missed)
                    )
                    later[after] = later.get(after, Fraction(0)) + weight * chance
            if left:
                after = tuple(misses + 1 if place in ranks else 0 for place, misses in enumerate(missed))
                later[after] = later.get(after, Fraction(0)) + weight * left
        alive = later
    return {name: wins / length for name, wins in won.items()}


def waits(draw: Chances, name: str) -> list[Fraction]:
    """The chance that the first prize of this name or a better one comes at entry 1, 2, …; until it is certain, or 200 on."""
    rank = list(draw.prizes).index(name)
    names = list(draw.prizes)
    alive, found = Fraction(1), []
    for turn in range(200):
        missed = tuple(turn if place <= rank else 0 for place in range(len(names)))
        hit = sum((chance for _, chance in outcomes(draw, missed)[: rank + 1]), Fraction(0))
        found.append(alive * hit)
        alive *= 1 - hit
        if not alive:
            break
    return found

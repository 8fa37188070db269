"""Bets that one class of chances wins more or less often than declared: some boxes, some hours, some people.

A theory multiplies the odds of a class by one ratio (0: it never wins); its bet is ratio^hits / E[ratio^hits].
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from audit.stats.bets import RATIOS, log_sum
from audit.stats.laws import Stratum, best_constant, class_p_value, hit_law, log_class_bet
from audit.stats.power import smallest_ratio

ODD, EVEN = -1, -2  # a class that is no stretch: every second bin, from the first or from the second
COUNTS = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000)  # bins of a count
ALIKE = math.log(20)  # theories this near to the best are not told from it


@dataclass(frozen=True)
class Cell:
    """The strata in which a covariate (box, hour, money so far) had this value."""

    value: int
    strata: tuple[Stratum, ...]


class ClassBet(NamedTuple):
    """A theory: values first..last (the whole circle where cyclic) have their odds multiplied by ratio; weights add to 1.

    score is what it adds to the mixture, as a log.
    """

    first: int
    last: int
    ratio: float
    log_bet: float
    weight: float
    family: str
    score: float


def spans(count: int, family: str) -> list[tuple[int, int]]:
    """The classes of a family as (first, last) places in the sorted values; a cyclic one wraps where last < first."""
    last = count - 1
    if count < 2 and family != "all":
        return []
    if family == "below":
        return [(0, place) for place in range(last)]
    if family == "late":
        return [(place, last) for place in range(max(1, count * 3 // 4), count)]
    if family == "from":
        return [(place, last) for place in range(1, count)]
    if family == "every second":
        return [(ODD, ODD), (EVEN, EVEN)]
    if family == "first":
        return [(0, 0)]
    if family == "one":
        return [(place, place) for place in range(count)]
    if family == "between":
        return [(a, b) for a in range(1, last) for b in range(a + 1, last)]
    if family == "around the clock":
        return [(a, (a + n) % count) for a in range(count) for n in range(1, min(count - 1, count // 2 + 1))]
    return [(0, last)]  # all


def class_bets(
    cells: Sequence[Cell], edges: Sequence[int], families: Mapping[str, float], ratios: Sequence[float] = RATIOS
) -> list[ClassBet]:
    """Every theory of these families; a family's weight is shared equally by its classes and ratios.

    edges are the lowest values of the bins, fixed before the data are seen: that keeps the mixture fair. Chances of
    different bins must be different draws.
    """
    strata: list[Sequence[Stratum]] = [()] * len(edges)
    for cell in binned(cells, edges):
        strata[_bin_of(cell.value, edges)] = cell.strata
    top = max([edges[-1], *(cell.value for cell in cells)])
    logs = [[log_class_bet(one, ratio) for one in strata] for ratio in ratios]
    able = {name: classes for name in families if (classes := spans(len(edges), name))}
    whole = sum(families[name] for name in able)
    found = []
    for name, classes in able.items():
        weight = families[name] / whole / len(classes) / len(ratios)
        log_weight = math.log(weight)
        summed, last = [0.0] * len(ratios), (-1, -1)
        for a, b in classes:
            if a >= 0 and last == (a, (b or len(edges)) - 1):  # one bin more than the class before
                summed = [gain + line[b] for gain, line in zip(summed, logs, strict=True)]
            else:
                summed = [sum(line[place] for place in places_of(a, b, len(edges))) for line in logs]
            last = a, b
            first = edges[a] if a >= 0 else a
            end = a if a < 0 else edges[b + 1] - 1 if b + 1 < len(edges) else top
            found += [ClassBet(first, end, ratio, gain, weight, name, log_weight + gain)
                      for gain, ratio in zip(summed, ratios, strict=True)]  # fmt: skip
    return found


def binned(cells: Sequence[Cell], edges: Sequence[int]) -> list[Cell]:
    """One cell a bin, under the greatest value in it, its draws alike counted together."""
    found: dict[int, tuple[int, Counter[tuple[int, int, int, int]]]] = {}
    for cell in cells:
        place = _bin_of(cell.value, edges)
        value, alike = found.get(place, (cell.value, Counter()))
        for one in cell.strata:
            alike[one.size, one.winners, one.drawn, one.hits] += one.count
        found[place] = (max(value, cell.value, edges[0]), alike)
    return [
        Cell(value, tuple(Stratum(*law, count) for law, count in alike.items()))
        for _, (value, alike) in sorted(found.items())
    ]


def _bin_of(value: int, edges: Sequence[int]) -> int:
    return max(0, bisect_right(edges, value) - 1)


def places_of(first: int, last: int, count: int) -> Sequence[int]:
    """The bins of a class among so many."""
    if first < 0:
        return range(0 if first == ODD else 1, count, 2)
    return range(first, last + 1) if first <= last else (*range(first, count), *range(last + 1))


def within(cells: Sequence[Cell], edges: Sequence[int], first: int, last: int) -> list[Stratum]:
    """The strata of the bins of a theory's values, as class_bets takes them: round the end, or every second bin."""
    ends = (first, last) if first < 0 else (_bin_of(first, edges), _bin_of(last, edges))
    places = set(places_of(*ends, len(edges)))
    return [one for cell in cells if _bin_of(cell.value, edges) in places for one in cell.strata]


@dataclass(frozen=True)
class ClassEvidence:
    """All that the data say about a covariate: the mixture, its best theory, and what could have been seen.

    log_e is what the mixture gains beyond the rival explanation (by default: all odds changed alike), and so at most what
    it gains against the declaration (gained). alike are the theories that the data do not tell from the
    best (within 20 to 1); chances, due and hits are those of the best class, tries the draws that due and hits are of where
    each draw gives the class one hit at most, else its chances; typical is the class whose power is stated, below and above
    the ratios it would have shown.
    """

    log_e: float
    gained: float
    best: ClassBet
    share: float
    alike: tuple[ClassBet, ...]
    chances: int
    due: float
    hits: int
    tries: int
    p_value: float
    typical: tuple[int, int]
    below: float | None
    above: float | None


def class_evidence(
    cells: Sequence[Cell],
    edges: Sequence[int],
    families: Mapping[str, float],
    log_need: float,
    rival: float | None = None,
    every: Sequence[Stratum] | None = None,
    *,
    ends: bool = False,
) -> ClassEvidence | None:
    """Weigh every theory of the families over bins that begin at edges; None where no chance was taken, or none differ.

    rival is the log of what a simpler explanation gains; None: all odds multiplied by the best constant. every: the chances
    whose odds a constant would change, by default all in the cells, or where a rival is told none. ends as in smallest_ratio.
    """
    if not any(cell.strata for cell in cells):
        return None
    cells = binned(cells, edges)
    bets = class_bets(cells, edges, families)
    if not bets:
        return None
    log_e = log_sum([one.score for one in bets])
    best = max(bets, key=lambda one: (one.score, -one.first, -one.last))
    strata = [one for one in within(cells, edges, best.first, best.last) if len(hit_law(one.size, one.winners, one.drawn)) > 1]
    classes = {(one.first, one.last) for one in bets}
    if rival is None:
        every = every or [one for cell in cells for one in cell.strata]
        rival = best_constant(every)
    typical = _typical(cells, bets, every)
    inside = within(cells, edges, typical.first, typical.last)
    rest = _without(every, inside) if every else None
    power = smallest_ratio(inside, rest, log_need - math.log(typical.weight), ends=ends)
    return ClassEvidence(
        log_e=log_e - max(0.0, rival),
        gained=log_e,
        best=best,
        share=math.exp(best.score - log_e) if log_e > -math.inf else 0.0,
        alike=tuple(one for one in bets if one.score > best.score - ALIKE),
        chances=sum(one.count * one.drawn for one in strata),
        due=sum(map(_due, strata)),
        hits=sum(one.count * one.hits for one in strata),
        tries=sum(one.count for one in strata) if all(1 in (one.drawn, one.winners) for one in strata) else
        sum(one.count * one.drawn for one in strata),
        p_value=min(1.0, class_p_value(strata) * len(classes)),
        typical=(typical.first, typical.last),
        below=power[0],
        above=power[1],
    )


def _typical(cells: Sequence[Cell], bets: Sequence[ClassBet], every: Sequence[Stratum] | None) -> ClassBet:
    """The class whose power is stated: nearest to half of what was due, so that it leaves as much outside to compare it with.

    Where each draw is compared within itself, that with most due in draws of which it holds but a part.
    """
    half = sum(map(_due, every)) / 2 if every else 0.0
    due = {
        cell.value: sum(_due(one) * (1 if every else 1 - one.drawn / one.size) for one in cell.strata)
        for cell in cells
    }
    classes: dict[tuple[int, int], ClassBet] = {}
    for one in bets:
        if 0 <= one.first <= one.last:
            classes.setdefault((one.first, one.last), one)

    def off(first: int, last: int) -> float:
        held = sum(p for value, p in due.items() if first <= value <= last)
        return abs(held - half) if every else -held

    return classes[min(classes, key=lambda ends: (off(*ends), *ends))]


def _due(one: Stratum) -> float:
    return one.count * one.winners * one.drawn / one.size


def _without(every: Iterable[Stratum], inside: Iterable[Stratum]) -> list[Stratum]:
    """The draws of every that are not inside, whatever they hit."""
    left = Counter[tuple[int, int, int]]()
    for sign, strata in ((1, every), (-1, inside)):
        for one in strata:
            left[one.size, one.winners, one.drawn] += sign * one.count
    return [Stratum(*law, 0, count) for law, count in left.items() if count > 0]


def equal_parts(first: int, last: int, most: int = 48) -> list[int]:
    """The lowest values of at most so many equal parts of first..last."""
    parts = min(most, last - first + 1)
    return [first + (last - first + 1) * part // parts for part in range(parts)]


def cells_of(rows: Iterable[Sequence[int]]) -> list[Cell]:
    """Cells from rows (value, size, winners, drawn, hits, count), in the order of their values."""
    found: dict[int, list[Stratum]] = {}
    for value, size, winners, drawn, hits, count in rows:
        found.setdefault(int(value), []).append(Stratum(int(size), int(winners), int(drawn), int(hits), int(count)))
    return [Cell(value, tuple(strata)) for value, strata in sorted(found.items())]

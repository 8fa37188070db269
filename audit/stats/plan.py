"""How much data a verdict needs: for each deviation, the activities after which its bet would be won."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from audit.stats.bets import cumulative, prefix_theories
from audit.stats.laws import hit_law, log_mean, tilted
from audit.stats.power import NINE_TENTHS, held_by_learning

MOST = 10**7


@dataclass(frozen=True)
class Need:
    """A deviation in words, and the activities (draws, entries) that show it with 90 % power; None: it never shows."""

    zh: str
    en: str
    activities: int | None


def activities(gain: float, spread: float, log_need: float) -> int | None:
    """The least n with n gain - 1.28 spread sqrt(n) >= log_need; gain and spread of one activity's log bet."""
    if gain <= 0:
        return None
    root = (NINE_TENTHS * spread + math.sqrt((NINE_TENTHS * spread) ** 2 + 4 * gain * log_need)) / (2 * gain)
    return max(1, math.ceil(root * root - 1e-9))


def of_prefix(odds: Sequence[Fraction], excluded: int, derived: int | None, log_need: float) -> int:
    """Finished activities that show "boxes 1..excluded never win", its weight in the mixture counted."""
    weight = next(one.weight for one in prefix_theories([], odds, derived) if one.excluded == excluded)
    return math.ceil((log_need - math.log(weight)) / -math.log(1 - cumulative(odds)[excluded]) - 1e-9)


def of_learning(numbers: int, pick: int, ratio: float, log_need: float) -> int | None:
    """Draws that show, to the bet which learns, one number's odds of being among those picked multiplied by ratio; None: 10^7 do not."""
    part = pick / numbers
    included = part * ratio / (1 - part + part * ratio)
    found = bisect_left(range(1, MOST), True, key=lambda draws: held_by_learning(numbers, pick, draws, included) >= log_need)
    return found + 1 if found + 1 < MOST else None


def of_boxes(odds: Sequence[Fraction], ratio: float, weight: float, log_need: float) -> int | None:
    """Activities that show all odds multiplied by ratio, where boxes are opened until one wins: of more wins, sooner ones."""
    paths, left, lost = list[tuple[float, float]](), 1.0, 0.0  # (chance, gain) of a win in each box; of none so far
    for one, before in zip(odds, cumulative(odds), strict=False):
        p = float(one / (1 - before)) if before < 1 else 0.0
        every = 1 - p + p * ratio
        if 0 < p < 1 and ratio:
            paths.append((left * p * ratio / every, lost + math.log(ratio / every)))
        elif p == 1:
            break
        left, lost = left * (1 - p) / every, lost - math.log(every)
    paths.append((left, lost))
    gain = sum(p * won for p, won in paths)
    return activities(gain, math.sqrt(sum(p * (won - gain) ** 2 for p, won in paths)), log_need - math.log(weight))


def of_ratio(draws: Sequence[tuple[int, int, int, float]], ratio: float, weight: float, log_need: float) -> int | None:
    """Activities that show odds multiplied by ratio in a class.

    draws are those of one activity: (size, winners, drawn, how often it takes place on average).
    """
    gain = square = 0.0
    for size, winners, drawn, times in draws:
        law = hit_law(size, winners, drawn)
        if len(law) < 2:
            continue
        norm = log_mean(law, ratio)
        gains = [(p, (hit * math.log(ratio) if hit else 0.0) - norm) for hit, p in tilted(law, ratio) if p]
        mean = sum(p * one for p, one in gains)
        gain += times * mean
        square += times * sum(p * one * one for p, one in gains) - times * mean * mean
    return activities(gain, math.sqrt(max(0.0, square)), log_need - math.log(weight))

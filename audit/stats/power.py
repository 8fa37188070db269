"""What an export could have shown: the smallest deviation found with 90 % power, and how much data one needs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from audit.stats.bets import PRIOR, RATIOS, TILTS, Run, Theory, cumulative
from audit.stats.laws import Stratum, highest, hit_law, log_mean, merged, tilted

NINE_TENTHS = 1.2815515655446004  # the normal distribution's 90 % point
Key = tuple[int, int, int]
Merged = Mapping[Key, Sequence[int]]  # draws by their law, as `merged` counts them


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


def smallest_tilt(
    cells: Sequence[tuple[Fraction, int, int]], log_need: float, *, ends: bool = False
) -> tuple[float | None, float | None]:
    """The factors on all odds nearest to 1, below and above, that these (chance, taken, wins) would have shown with 90 % power."""
    strata = [Stratum(chance.denominator, chance.numerator, 1, 0, taken) for chance, taken, _ in cells]
    return smallest_ratio(strata, None, log_need + math.log(len(TILTS)), TILTS, ends=ends)


def smallest_ratio(
    inside: Sequence[Stratum],
    outside: Sequence[Stratum] | None,
    log_need: float,
    ratios: Sequence[float] = RATIOS,
    *,
    ends: bool = False,
) -> tuple[float | None, float | None]:
    """The ratios nearest to 1, below and above, on a class that its bet would have shown with 90 % power.

    What the best constant change of all odds would then explain is taken off, as in class_evidence; not where outside is None.
    ends: a win ends an activity, so that where more win fewer chances are taken than were.
    """
    mine, rest = merged(inside), merged(outside or ())

    def shown(ratio: float) -> bool:
        own, other = _still_taken(mine, rest, ratio) if ends and ratio > 1 else ({}, {})
        parts = [(hit_law(*key), tilted(hit_law(*key), ratio), count * own.get(key, 1.0), ratio) for key, (count, _) in mine.items()]
        parts += [(hit_law(*key), list(hit_law(*key)), count * other.get(key, 1.0), 1.0) for key, (count, _) in rest.items()]
        if not all(law for _, law, _, _ in parts):
            return False
        expected = [(law, count, count * sum(hit * p for hit, p in true)) for law, true, count, _ in parts]
        constant = highest(expected)[0] if outside is not None else 0.0
        mean = spread = 0.0
        for law, true, count, r in parts:
            norm = log_mean(law, r) - log_mean(law, math.exp(constant))
            slope = (math.log(r) if r else 0.0) - constant
            gain = sum(p * hit for hit, p in true) * slope - norm
            mean += count * gain
            spread += count * sum(p * (hit * slope - norm - gain) ** 2 for hit, p in true)
        return mean - NINE_TENTHS * math.sqrt(spread) >= log_need

    below = next((r for r in sorted((r for r in ratios if r < 1), reverse=True) if shown(r)), None)
    above = next((r for r in ratios if r > 1 and shown(r)), None)
    return below, above


def _still_taken(mine: Merged, rest: Merged, ratio: float) -> tuple[dict[Key, float], dict[Key, float]]:
    """What part of the chances of each kind, inside a class and outside, would still be taken if the class won so much more often.

    Chances rise from box to box, as where one box is as likely as another. Inside, as if an activity were of the class as a
    whole: where it is in part, more are left.
    """
    own = every = 1.0
    inside, outside = dict[Key, float](), dict[Key, float]()
    for key in sorted({*mine, *rest}, key=lambda one: one[1] * one[2] / one[0]):
        inside[key], outside[key] = own, every
        p, held = key[1] * key[2] / key[0], mine.get(key, [0])[0]
        q = p * ratio / (1 - p + p * ratio)
        share = held / (held + rest.get(key, [0])[0])
        every *= 1 - share * (q - p) / (1 - p)
        own *= (1 - q) / (1 - p) if held else 1.0
    return inside, outside


def smallest_favour(numbers: int, pick: int, draws: int, log_need: float) -> float | None:
    """The smallest factor on one number's weight that so many draws would have shown; None: not even 20.

    Numbers are drawn one by one in proportion to their weights among those left.
    """
    for tenth in range(11, 201) if draws and pick < numbers else ():
        without = math.prod((numbers - 1 - ball) / (tenth / 10 + numbers - 1 - ball) for ball in range(pick))
        if held_by_learning(numbers, pick, draws, 1 - without) >= log_need:
            return tenth / 10
    return None


def held_by_learning(numbers: int, pick: int, draws: int, included: float) -> float:
    """The log of what `log_number_bet` holds after so many draws, with 90 % power, if one number is among them with this chance.

    The others share what is left. The bet's gain is summed along the counts as they grow on average; the noise of the
    counts costs half their variance times the curvature, and chance counts twice: in what is drawn, and in what was learned.
    """
    import numpy as np

    grown = np.append(np.append(0.0, np.geomspace(1, draws, 96)), draws)  # draws seen, at some moments
    heavy, other = PRIOR + grown * included, PRIOR + grown * (pick - included) / (numbers - 1)
    itself, rest = heavy / (heavy + (numbers - 1) * other), other / (heavy + (numbers - 1) * other)
    ball = np.arange(pick)[:, None]
    left = np.log(numbers - ball)
    before = np.log(rest) - np.log1p(-ball * rest) + left  # an ordinary ball, the favoured one not drawn yet
    after = np.log(rest) - np.log1p(-itself - (ball - 1) * rest) + left
    favoured = np.log(itself) - np.log1p(-ball * rest) + left
    earlier = np.cumsum(before, axis=0) - before
    later = np.cumsum(after[::-1], axis=0)[::-1] - after
    drawn, missed = earlier + favoured + later, before.sum(axis=0)  # the favoured number is each ball of a draw alike
    mean = included * drawn.mean(axis=0) + (1 - included) * missed
    square = included * ((drawn - mean) ** 2).mean(axis=0) + (1 - included) * (missed - mean) ** 2
    of_left = numbers - np.arange(pick)
    curved, part = float(((of_left - 1) / of_left).sum()) * numbers / (numbers - 1), pick / numbers
    noise = curved / 2 * grown * part * (1 - part) / (PRIOR + grown * part) ** 2

    def along(each: Any) -> float:
        return float(((each[1:] + each[:-1]) / 2 * np.diff(grown)).sum())

    return along(mean - noise) - NINE_TENTHS * math.sqrt(2 * along(square) + (numbers - 1) / 2 * (curved * (1 - part) / pick) ** 2)

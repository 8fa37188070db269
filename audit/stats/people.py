"""Winners beyond their entries: one person, or the people one person recruited, among everybody who plays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.stats.bets import log_sum
from audit.stats.laws import Stratum, class_p_value, log_class_bet

FAVOURS = (1.5, 2.0, 3.0, 5.0, 10.0, 30.0)


@dataclass(frozen=True)
class Favoured:
    """One person or cluster: chances, wins due and come, the log bet on being favoured, the p-value."""

    name: str
    kind: str
    chances: int
    due: float
    hits: int
    log_bet: float
    p_value: float


def favoured(strata: Mapping[tuple[str, str], Sequence[Stratum]]) -> list[Favoured]:
    """Weigh each (kind, name) on its own: its odds are multiplied by one of FAVOURS, in equal parts."""
    found = []
    for (kind, name), own in strata.items():
        bet = log_sum([log_class_bet(own, ratio) for ratio in FAVOURS]) - math.log(len(FAVOURS))
        found.append(
            Favoured(
                name,
                kind,
                sum(one.count * one.drawn for one in own),
                sum(one.count * one.winners * one.drawn / one.size for one in own),
                sum(one.count * one.hits for one in own),
                bet,
                class_p_value(own),
            )
        )
    return sorted(found, key=lambda one: (-one.log_bet, one.kind, one.name))


def e_bh(log_bets: Sequence[float], members: int, rate: float) -> int:
    """How many of the greatest e-values may be listed: the share of innocents among them is at most rate on average.

    log_bets in falling order; members counts everybody who was looked at (Wang and Ramdas 2022; any dependence).
    """
    kept = [k for k, bet in enumerate(log_bets, 1) if bet >= math.log(members / (rate * k))]
    return max(kept, default=0)


def least_favour(strata: Sequence[Stratum], members: int, log_need: float) -> float | None:
    """The smallest of FAVOURS that one member with these chances would have shown with even chances; None: not even 30."""
    for ratio in FAVOURS:
        gain = 0.0
        for one in strata:
            p = one.winners * one.drawn / one.size
            q = p * ratio / (1 - p + p * ratio)
            gain += one.count * (q * math.log(ratio) - math.log1p(p * (ratio - 1)))
        if gain >= log_need + math.log(members * len(FAVOURS)):
            return ratio
    return None

"""Winners of prize tiers against the bets sold, with the draw as the unit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from audit.stats.bets import calibrate, log_sum
from audit.stats.exact import sum_p_value
from audit.stats.power import NINE_TENTHS

ENOUGH = 30  # draws from which the t-test may be trusted


@dataclass(frozen=True)
class TierEvidence:
    """One tier: how many draws, winning bets and bets; the declared chance, z and p-value of the differences.

    error is the standard error of the winners, relative to those due.
    """

    tier: str
    draws: int
    won: int
    bets: int
    chance: Fraction
    z: float
    p_value: float
    error: float


def tier_evidence(tier: str, chance: Fraction, draws: Sequence[tuple[int, int]]) -> TierEvidence | None:
    """Compare (bets, winners) of each draw with the chance; None where nothing was sold, or no bet can land there.

    Bets of one draw share its numbers and are anything but independent, so each draw is one observation. However alike the
    draws look, winners vary no less than those of independent bets: where few are due, most draws have none.
    """
    bets, won = sum(bet for bet, _ in draws), sum(count for _, count in draws)
    if not bets or not chance:
        return None
    differences = [count - float(chance) * bet for bet, count in draws]
    due = float(chance) * bets
    least = due * (1 - float(chance))
    spread = math.sqrt(max(math.fsum(one * one for one in differences), least))
    z = math.fsum(differences) / spread if spread else 0.0
    return TierEvidence(tier, len(draws), won, bets, chance, z, sum_p_value(differences, least), spread / due)


def log_tier_bet(tiers: Sequence[TierEvidence]) -> float:
    """The log of the average of what each tier's p-value is worth as a bet: valid however the tiers hang together.

    Nothing is bet on a tier of fewer than ENOUGH draws.
    """
    return log_sum([calibrate(one.p_value) if one.draws >= ENOUGH else 0.0 for one in tiers]) - math.log(len(tiers))


def smallest_excess(tiers: Sequence[TierEvidence], share: float) -> float:
    """The relative difference in winners, the same in every tier, that these draws would have shown with 90 % power.

    The bet is won by one tier with a p-value of (share / 2 / tiers)^2.
    """
    from scipy.stats import norm

    errors = float(norm.isf((share / 2 / len(tiers)) ** 2 / 2)) + NINE_TENTHS
    return errors * max(one.error for one in tiers)


def by_tier(rows: Sequence[tuple[str, int, int]]) -> Mapping[str, list[tuple[int, int]]]:
    """(tier, bets, winners) rows as (bets, winners) by tier."""
    found: dict[str, list[tuple[int, int]]] = {}
    for tier, bets, winners in rows:
        found.setdefault(tier, []).append((bets, winners))
    return found

"""All that an export says about "the first boxes never win": detection, naming, and what it could have shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from audit.stats.bets import Run, Theory, cumulative, log_mixture, posterior, prefix_theories
from audit.stats.exact import prefix_p_value, prefix_set
from audit.stats.power import activities_for_prefix, activities_to_separate, smallest_prefix


@dataclass(frozen=True)
class PrefixEvidence:
    """The bets on every prefix and what follows from them; a prefix is its number of boxes.

    weight gives each theory's share of the gain, kept the prefixes (0: none) that a 95 % set cannot rule out, shown the
    shortest prefix this export would have shown, goal the one that matters and wanted how many activities show it.
    """

    activities: int
    theories: tuple[Theory, ...]
    log_e: float
    p_value: float
    weight: dict[int, float]
    best: int
    kept: tuple[int, ...]
    shown: int | None
    goal: int
    wanted: int
    apart: int


def prefix_evidence(
    runs: Sequence[Run], odds: Sequence[Fraction], derived: int | None, log_need: float
) -> PrefixEvidence | None:
    """Weigh every prefix against the declared odds; None where no prefix would change anything.

    derived is the prefix that the economics imply. The one that matters is that one, else the boxes that hold a quarter of
    the chance.
    """
    theories = prefix_theories(runs, odds, derived)
    if not theories:
        return None
    below, weight = cumulative(odds), posterior(theories)
    implied = next((one for one in theories if one.excluded == derived), None)
    target = implied or min(theories, key=lambda one: abs(below[one.excluded] - Fraction(1, 4)))
    return PrefixEvidence(
        activities=sum(run.count for run in runs),
        theories=tuple(theories),
        log_e=log_mixture(theories),
        p_value=prefix_p_value(runs, odds),
        weight=dict(weight),
        best=max(weight, key=lambda k: (weight[k], -k)),
        kept=tuple(prefix_set(runs, odds)),
        shown=smallest_prefix(runs, odds, theories, log_need),
        goal=target.excluded,
        wanted=activities_for_prefix(odds, target.excluded, target.weight, log_need),
        apart=activities_to_separate(odds, target.excluded),
    )

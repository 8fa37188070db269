"""Many rounds played with a seed: what one run of a campaign may come to, beside the exact expectation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from audit.forecast.courses import Course, courses
from audit.forecast.flows import net
from audit.rules import Rules

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

POINTS = 40  # moments of a campaign at which the bands are drawn


@dataclass(frozen=True)
class Played:
    """A quantity over `runs` simulated campaigns of `rounds` rounds each, in units.

    mean and error are of one round (error: one standard error of the simulated mean); exact is what it estimates.
    bands are (rounds so far, 5 %, 50 %, 95 % of the runs) of the running total.
    """

    role: str
    asset: str
    runs: int
    rounds: int
    mean: float
    error: float
    exact: Fraction
    bands: tuple[tuple[float, float, float, float], ...]

    @property
    def off(self) -> float:
        """How many standard errors the simulated mean lies from the exact one."""
        gap = abs(self.mean - float(self.exact))
        return gap / self.error if self.error else (0.0 if gap < 1e-9 else math.inf)


def play(ways: Sequence[Course], shape: tuple[int, int], seed: int) -> NDArray[np.int64]:
    """The course of each round, as its number in ways; shape is (runs, rounds). Chances are met exactly, not as floats."""
    import numpy as np

    rng = np.random.default_rng(seed)
    bottom = math.lcm(*(way.chance.denominator for way in ways))
    if bottom >= 2**62:
        return rng.choice(len(ways), size=shape, p=np.array([float(way.chance) for way in ways]))
    ends = np.cumsum([int(way.chance * bottom) for way in ways])
    table = np.repeat(np.arange(len(ways)), np.diff(ends, prepend=0)) if bottom <= 1_000_000 else None
    drawn: Any = rng.integers(0, bottom, size=shape)
    found: NDArray[np.int64] = table[drawn] if table is not None else np.searchsorted(ends, drawn, side="right")
    return found


def played(rules: Rules, who: Sequence[tuple[str, str]], *, runs: int, rounds: int, seed: int) -> list[Played]:
    """Play once, and follow each (role, asset) through the same rounds; choices are at their dearest for the platform."""
    import numpy as np

    ways = courses(rules)
    index = play(ways, (runs, rounds), seed)
    counts = np.bincount(index.ravel(), minlength=len(ways))
    marks = np.unique(np.linspace(1, rounds, min(POINTS, rounds)).astype(int))
    found = []
    for role, asset in who:
        dearest = [net(rules, way, role, asset)[0 if role == "platform" else 1] for way in ways]
        step = Fraction(rules.assets[asset].step)
        steps = np.array([int(one / step) for one in dearest], dtype=np.int64)
        total = int((counts * steps).sum())
        spread = float((counts * (steps - total / counts.sum()) ** 2).sum())
        error = math.sqrt(spread / (runs * rounds - 1) / (runs * rounds)) if runs * rounds > 1 else math.nan
        running = np.cumsum(steps[index], axis=1)[:, marks - 1] * float(step)
        quantiles = np.quantile(running, [0.05, 0.5, 0.95], axis=0)
        bands = tuple((float(mark), *map(float, quantiles[:, place])) for place, mark in enumerate(marks))
        exact = sum((way.chance * one for way, one in zip(ways, dearest, strict=True)), Fraction(0))
        mean = total / (runs * rounds) * float(step)
        found.append(Played(role, asset, runs, rounds, mean, error * float(step), exact, bands))  # type: ignore[arg-type]
    return found

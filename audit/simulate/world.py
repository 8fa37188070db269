"""The people of a simulated export, and when what they do happens. Integers only: ids and times are made of them in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

NOBODY = 0  # participants are numbered from 1
DAY = 86_400


@dataclass(frozen=True)
class Scenario:
    """How large an export is, and how its people recruit one another.

    size counts rounds (activities, groups, draws) or orders. recruits: everybody brings so many, level by level, until
    there are enough; None: each joins under somebody at random, one in seven under nobody.
    """

    size: int = 1_000
    people: int | None = None
    recruits: int | None = None
    seed: int = 1

    @property
    def count(self) -> int:
        """How many people there are."""
        return self.people or max(60, self.size // 2)


def referrers(scenario: Scenario, rng: np.random.Generator) -> Ints:
    """Who recruited each participant, by number from 1; NOBODY for those nobody recruited."""
    import numpy as np

    number = np.arange(scenario.count, dtype=np.int64)
    if scenario.recruits is not None:
        return np.where(number == 0, NOBODY, (number - 1) // max(1, scenario.recruits) + 1)
    chosen = (rng.random(scenario.count) * number).astype(np.int64) + 1
    return np.where((number == 0) | (rng.random(scenario.count) < 1 / 7), NOBODY, chosen)


def leaders(above: Ints) -> Ints:
    """The head of each participant's chain of referrers; NOBODY for the heads themselves."""
    import numpy as np

    own = np.arange(1, len(above) + 1, dtype=np.int64)
    head = np.where(above == NOBODY, own, above)
    while True:  # pointers double: as many turns as the chain's length has bits
        further = head[head - 1]
        if (further == head).all():
            break
        head = further
    return np.where(head == own, NOBODY, head)

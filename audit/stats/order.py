"""The order of winners who were recorded at one moment, drawn as the declared draw would have: no order of the record's own is neutral."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

GRID = 4000


def drawn_order(held: Sequence[int], left: int, seed: str) -> list[int]:
    """The places of the winners in an order drawn, given who won, from the law of tickets drawn one by one.

    held are the tickets that leave with each winner, left those of everybody else, seed makes the order the same in every
    run. Who holds more was likelier drawn first: a draw is as if each ticket had a clock, and the first to ring win
    (Efraimidis and Spirakis 2006), so the clocks are drawn given that they rang before all others.
    """
    chance = [_uniform(f"{seed}|{place}") for place in range(len(held))]
    if len(set(held)) <= 1:
        return sorted(range(len(held)), key=lambda place: chance[place])
    latest = _latest(held, left, _uniform(seed))
    clock = [
        math.log1p(one * math.expm1(-tickets * latest)) / -tickets for one, tickets in zip(chance, held, strict=True)
    ]
    return sorted(range(len(held)), key=lambda place: (clock[place], chance[place]))


def _latest(held: Sequence[int], left: int, chance: float) -> float:
    """When the first clock of those who did not win rang: its law given that all winners' rang before, inverted on a grid."""
    import numpy as np

    if left <= 0:
        return math.inf
    tickets, counts = np.unique(np.array(held, dtype=float), return_counts=True)

    def log_density(x: np.ndarray) -> np.ndarray:
        moment = np.exp(x)
        rang = np.log(-np.expm1(-np.outer(moment, tickets))) @ counts
        return np.asarray(rang - left * moment + x)

    wide = np.linspace(-math.log(left + sum(held)) - 30, math.log(60 * (len(held) + 1)), GRID)
    dense = log_density(wide)
    near = wide[dense > dense.max() - 40]
    fine = np.linspace(near[0], near[-1], GRID)
    mass = np.cumsum(np.exp(log_density(fine) - dense.max()))
    return float(np.exp(fine[np.searchsorted(mass, chance * mass[-1])]))


def _uniform(text: str) -> float:
    """A number between 0 and 1 (neither) that the text fixes."""
    return (int.from_bytes(hashlib.sha256(text.encode()).digest()[:6]) + 0.5) / 2.0**48

"""Which counts of an event a clause bears on."""

from __future__ import annotations

from collections.abc import Sequence

from audit.rules import Award
from audit.rules.scalars import span_of


def due_counts(award: Award, last: int) -> Sequence[int]:
    """The turns, from 1 to last, of an activity's entries on which a clause falls due."""
    span = span_of(award.nth) if award.nth else range(1, last + 1)
    step = award.every or 1
    first = -(-span[0] // step) * step
    return range(first, min(span[-1], last) + 1, step)


def in_nth(steps: str, turns: Sequence[int]) -> int:
    """How many of these turns lie in a range."""
    span = span_of(steps)
    return sum(1 for turn in turns if turn in span)

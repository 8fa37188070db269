"""Exceptions: clauses that take the place of others for the events on which they bear."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

from audit.problem import Problem
from audit.rules.awards import Award
from audit.rules.fit_draws import Says
from audit.rules.records import Rules
from audit.rules.scalars import span_of

MANY = {"entrants", "everyone-so-far", "everyone-in-the-end"}


def collisions(rules: Rules, problem: Says) -> Iterator[Problem]:
    """Exceptions that name no clause or themselves, and two that may bear on one event without saying which holds."""
    exceptions = {name: award for name, award in rules.awards.items() if award.overrides}
    for name, award in exceptions.items():
        for other in award.overrides:
            if other not in rules.awards or other == name:
                why = "an exception names another clause of these rules"
                yield problem(("awards", name, "overrides"), why, value=other)
            elif rules.awards[other].on != award.on:
                why = f"{name!r} is due on {award.on}, {other!r} on {rules.awards[other].on}: they never meet"
                yield problem(("awards", name, "overrides"), why, value=other)
            elif {award.to, rules.awards[other].to} & MANY:
                why = "what is paid to entrants or to everyone has no exception"
                yield problem(("awards", name, "overrides"), why, value=other)
            elif name in rules.awards[other].overrides:
                why = f"{name!r} and {other!r} each override the other"
                yield problem(("awards", name, "overrides"), why, value=other)
    for (one, first), (two, second) in combinations(exceptions.items(), 2):
        shared = sorted(set(first.overrides) & set(second.overrides))
        said = one in second.overrides or two in first.overrides
        if shared and not said and may_meet(first, second):
            yield problem(
                ("awards", two, "overrides"),
                f"{one!r} and {two!r} may both apply to one event, and both override {shared[0]!r}",
                value=two,
                mend=f"say which holds: add {one!r} to the overrides of {two!r}, or the other way round",
            )


def may_meet(first: Award, second: Award) -> bool:
    """Whether some event can meet the conditions of both clauses."""
    if first.on != second.on:
        return False
    if first.when and second.when:
        for key in ("item", "kind", "prize"):
            one, two = getattr(first.when, key), getattr(second.when, key)
            if one and two and not set(one) & set(two):
                return False
    counts = [_counts(award) for award in (first, second)]
    low, high = max(span[0] for span in counts), min(span[-1] for span in counts)
    step = math.lcm(first.every or 1, second.every or 1)
    return high // step > (low - 1) // step


def _counts(award: Award) -> range:
    """The counts of the event on which a clause bears."""
    return span_of(award.nth) if award.nth else range(1, (award.first or 10**15) + 1)

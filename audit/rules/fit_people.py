"""Whether the groups that rules name can be told, and whether the clauses that they narrow still say who is owed what."""

from __future__ import annotations

from collections.abc import Iterator

from audit.problem import Problem
from audit.rules.document import Path_
from audit.rules.fit_draws import Says
from audit.rules.people import People, named
from audit.rules.records import Rules


def people_misfits(rules: Rules, problem: Says) -> Iterator[Problem]:
    """Every group that names nobody in particular, and every clause that is shared or an exception, and not for all."""
    groups: list[tuple[Path_, People | None]] = [(("eligible",), rules.eligible), (("audience",), rules.audience)]
    groups += [(("awards", name, "eligible"), award.eligible) for name, award in rules.awards.items()]
    for at, people in groups:
        if people is not None:
            yield from _group_misfits(people, problem, at)
    for name, award in rules.awards.items():
        if award.eligible is None:
            continue
        at = ("awards", name, "eligible")
        if award.to == "entrants" or award.to.startswith("holders."):
            yield problem(at, "what is shared is shared by everybody in it", value=award.to,
                          mend="say in `eligible` of the campaign who may take part")  # fmt: skip
        if award.overrides:
            yield problem(at, "an exception takes the place of other clauses for everybody",
                          mend="say `eligible` in the clauses themselves")  # fmt: skip


def _group_misfits(people: People, problem: Says, at: Path_) -> Iterator[Problem]:
    if not named(people):
        yield problem(at, "a group says at least one condition", mend="such as age: {from: 18}")
    if people.age is None:
        return
    low, high = people.age.from_, people.age.below
    if low is None and high is None:
        yield problem((*at, "age"), "ages have `from`, `below`, or both")
    if low is not None and high is not None and low >= high:
        yield problem((*at, "age"), "`below` must be more than `from`: it is the first age that no longer counts",
                      value=str(high))  # fmt: skip

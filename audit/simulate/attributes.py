"""Ages and groups of simulated people: of every value that the rules name, and never outside whom the campaign is open to."""

from __future__ import annotations

from audit.engine import literal
from audit.problem import Problem
from audit.rules import People, Rules, eras
from audit.rules.people import GROUPS, Values

OTHER = "other"


def attributes(rules: Rules) -> dict[str, str]:
    """Column of `participant` → its value in SQL over the number `id`. Raises Problem for a campaign of newcomers alone."""
    gates = [era.eligible for era in eras(rules) if era.eligible]
    if any(gate.new for gate in gates):
        raise Problem("a campaign for newcomers alone cannot be simulated", mend="simulate it without `new`")
    groups = [*gates, *([rules.audience] if rules.audience else [])]
    groups += [award.eligible for era in eras(rules) for award in era.awards.values() if award.eligible]
    found = {"age": _age(gates)} if any(people.age for people in groups) else {}
    for name in GROUPS:
        named: list[Values] = [values for people in groups if (values := getattr(people, name))]
        limits: list[Values] = [values for people in gates if (values := getattr(people, name))]
        every = dict.fromkeys([*(one for values in named for one in values.names), OTHER])
        kept = [one for one in every if all((one in limit.names) == limit.inside for limit in limits)]
        if named:
            cases = " ".join(f"WHEN {place} THEN {literal(one)}" for place, one in enumerate(kept))
            found[name] = f"CASE id * 7919 % {len(kept)} {cases} END" if kept else "NULL"
    return found


def _age(gates: list[People]) -> str:
    """Ages within every version's limits, some years below the highest: a simulated export lasts less."""
    ages = [people.age for people in gates if people.age]
    low = max([age.from_ for age in ages if age.from_ is not None], default=14)
    high = min([age.below - 3 for age in ages if age.below is not None], default=low + 50)
    return f"{low} + id * 7919 % {max(1, high - low)}"

"""Whom rules are open to → a condition in SQL: true inside the group, false outside it, NULL where the export cannot tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audit.engine import literal
from audit.rules import People, Rules, eras
from audit.rules.people import GROUPS, Values
from audit.scope import Scope

STAFF = "SELECT participant_id FROM identity WHERE kind = 'staff' AND participant_id IS NOT NULL"


def inside(people: People, moment: str, zone: str, person: str = "p") -> str:
    """Whether a row of `participant` belongs to a group at a moment; both are SQL. No condition: true.

    One condition that fails puts a person outside, whatever the others cannot tell: so SQL's own AND has it.
    """
    return " AND ".join(_conditions(people, moment, zone, person)) or "true"


def _conditions(people: People, moment: str, zone: str, p: str) -> Iterator[str]:
    if people.age is not None:
        if people.age.from_ is not None:
            yield _at_least(people.age.from_, moment, zone, p)
        if people.age.below is not None:
            yield f"NOT {_at_least(people.age.below, moment, zone, p)}"
    for name in GROUPS:
        values: Values | None = getattr(people, name)
        if values is not None:
            listed = ", ".join(literal(one) for one in values.names)
            yield f"{p}.{name} {'IN' if values.inside else 'NOT IN'} ({listed})"
    if people.new is not None:
        yield f"{moment} < {p}.joined_at + {int(people.new.total_seconds())} * INTERVAL 1 SECOND"
    if people.staff is not None:  # who is not listed is no staff only where the export lists staff at all
        yield (
            f"CASE WHEN {p}.participant_id IS NULL THEN NULL WHEN {p}.participant_id IN ({STAFF}) THEN false\n"
            f"        WHEN EXISTS ({STAFF}) THEN true END"
        )


def _at_least(age: int, moment: str, zone: str, p: str) -> str:
    """Whether somebody is at least so old on the day of a moment, known from the age in whole years on joining.

    The birthday is not known: between (age - 1 - a) and (age - a) years after joining it cannot be told.
    """
    day, joined = (f"CAST(timezone({literal(zone)}, {one}) AS DATE)" for one in (moment, f"{p}.joined_at"))
    years = f"({age} - {p}.age)"
    return (
        f"(CASE WHEN {p}.age NOT BETWEEN 0 AND 150 THEN NULL\n"
        f"        WHEN {day} >= {joined} + {years} * INTERVAL 1 YEAR THEN true\n"
        f"        WHEN {day} <= {joined} + ({years} - 1) * INTERVAL 1 YEAR THEN false\n"
        f"        WHEN {p}.age >= {age} AND ({p}.joined_at IS NULL OR {moment} IS NULL) THEN true END)"
    )


def in_turn(rules: Rules, scope: Scope, moment: str) -> str:
    """Whether the campaign was open to a participant `p` at a moment, by the version then in force."""
    return _by_version([(era, era.eligible) for era in eras(rules)], scope, moment)


def _by_version(stood: Sequence[tuple[Rules, People | None]], scope: Scope, moment: str) -> str:
    """The condition of the version in force at a moment; of an unknown moment NULL, where versions differ."""
    tests = [inside(people, moment, scope.zone) if people else "true" for _, people in stood]
    if len(set(tests)) == 1:
        return f"({tests[0]})"
    days = [scope.moment(era.effective.from_) for era, _ in stood]
    cases = [f"WHEN {moment} >= {day} THEN {test}" for day, test in reversed(list(zip(days, tests, strict=True)))]
    return "(CASE " + "\n        ".join(cases) + " END)"


def held_open(sql: str, rules: Rules, scope: Scope) -> str:
    """What clauses owe, less what they owe people whom they are not open to; unknown where the export cannot tell."""
    stood: dict[str, list[tuple[Rules, People | None]]] = {}
    for era in eras(rules):
        for name, award in era.awards.items():
            stood.setdefault(name, []).append((era, award.eligible))
    cases = [
        f"WHEN a.clause = {literal(name)} THEN {_by_version(versions, scope, 'a.event_at')}"
        for name, versions in stood.items()
        if any(people for _, people in versions)
    ]
    if not cases:
        return sql
    test = "CASE " + "\n    ".join(["WHEN a.payee IS NULL THEN true", *cases, "ELSE true END"])
    return (
        f"SELECT a.* REPLACE (a.unknown OR ({test}) IS NULL AS unknown)\nFROM (\n{sql}\n) AS a\n"
        f"LEFT JOIN participant_once AS p ON p.participant_id = a.payee\nWHERE coalesce({test}, true)"
    )

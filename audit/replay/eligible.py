"""Whom rules are open to → a condition in SQL: true inside the group, false outside it, NULL where the export cannot tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audit.engine import Step, literal
from audit.rules import People, Rules, eras
from audit.rules.awards import Condition
from audit.rules.people import GROUPS, Values
from audit.rules.ranks import Bought
from audit.scope import Scope

PARTS = {
    "entries": """SELECT 'entries' AS what, e.entry_id AS event, e.participant_id, e.entered_at AS moment, e.asset,
        CAST(e.paid AS HUGEINT) AS paid, o.outcome, e.source_file, e.record
    FROM entry_once AS e LEFT JOIN outcome_once AS o ON o.entry_id = e.entry_id""",
    "orders": """SELECT 'orders' AS what, purchase_id AS event, participant_id, paid_at AS moment, asset,
        CAST(amount AS HUGEINT) AS paid, CAST(NULL AS VARCHAR) AS outcome, source_file, record
    FROM purchase_once WHERE {bought}""",
    "starts": """SELECT 'starts' AS what, activity_id AS event, initiator_id AS participant_id, started_at AS moment,
        CAST(NULL AS VARCHAR) AS asset, CAST(NULL AS HUGEINT) AS paid, CAST(NULL AS VARCHAR) AS outcome, source_file, record
    FROM activity_once""",
}  # the ways of taking part
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


def part_steps(rules: Rules, scope: Scope) -> list[Step]:
    """`taken_part`, where rules are not open to everybody: each entry, order and start, and whether it was somebody inside."""
    ways = _ways(rules)
    if not ways or not any(era.eligible for era in eras(rules)):
        return []
    parts = "\n    UNION ALL\n    ".join(PARTS[name].format(bought=test) for name, test in ways.items())
    return [
        Step(
            "taken_part",
            "SELECT t.what, t.event, t.participant_id, p.age, t.moment, t.asset, t.paid, t.outcome, t.source_file, t.record,\n"
            f"    {in_turn(rules, scope, 't.moment')} AS is_inside\n"
            f"FROM (\n    {parts}\n) AS t\nLEFT JOIN participant_once AS p ON p.participant_id = t.participant_id\n"
            f"WHERE t.participant_id IS NOT NULL AND (t.moment IS NULL OR t.moment >= {scope.moment(rules.effective.from_)})",
        )
    ]


def _ways(rules: Rules) -> dict[str, str]:
    """The ways of taking part that the rules know: name → which rows, in SQL."""
    stood = eras(rules)
    found = {"entries": "true"} if any(era.entry for era in stood) else {}
    found |= {"starts": "true"} if any(era.activity for era in stood) else {}
    bought: list[Condition | Bought | None] = [
        award.when for era in stood for award in era.awards.values() if award.on in ("order", "day-end")
    ]
    bought += [rank.bought for rank in {**rules.ranks, **rules.milestones}.values() if rank.bought]
    tests = ["true"] if any(era.order for era in stood) else []
    for when in bought:
        named = [f"{key} IN ({', '.join(map(literal, values))})"
                 for key in ("item", "kind") if when and (values := getattr(when, key))]  # fmt: skip
        tests.append(" AND ".join(named) or "true")
    return {**found, "orders": " OR ".join(dict.fromkeys(tests))} if tests else found

"""Declared rules → SQL steps → `expected`: the chance of every draw and every award owed.

Nothing is run here: a step is text (Decision 4 of the design: each step is a named relation, one SELECT). A draw's
chance is conditional on what the export says happened before it, so that tests stay valid under early stopping.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from audit.engine import Step, literal
from audit.replay.awards import award_steps
from audit.replay.draws import box_steps, number_steps
from audit.rules import Boxes, Numbers, Rules

__all__ = ["Scope", "replay_steps"]

KEYS = {
    "participant": "participant_id",
    "activity": "activity_id",
    "entry": "entry_id",
    "outcome": "entry_id",
    "payment": "payment_id",
}


@dataclass(frozen=True)
class Scope:
    """What an export holds: the columns mapped for each table, the zone, and the period (half-open, days)."""

    columns: Mapping[str, frozenset[str]]
    zone: str
    since: date | None = None
    until: date | None = None

    def has(self, table: str, *columns: str) -> bool:
        """Whether a table is mapped with all these columns."""
        return table in self.columns and set(columns) <= self.columns[table]

    def moment(self, day: date | None) -> str:
        """The first moment of a day as an SQL literal, NULL for no day."""
        if day is None:
            return "CAST(NULL AS TIMESTAMPTZ)"
        return f"timezone({literal(self.zone)}, TIMESTAMP '{day.isoformat()} 00:00:00')"


def replay_steps(rules: Rules, scope: Scope) -> list[Step]:
    """Every step of the replay, in order. Steps whose tables the export lacks are left out."""
    steps = [_once(table, key) for table, key in KEYS.items()]
    steps.append(_until(scope))
    boxes = isinstance(rules.draw, Boxes) and scope.has("entry") and scope.has("outcome")
    if isinstance(rules.draw, Boxes) and boxes:
        steps += box_steps(rules.draw, scope.has("entry", "position"))
    if isinstance(rules.draw, Numbers) and scope.has("drawn_number"):
        steps += number_steps(rules.draw)
    if rules.awards:
        steps += award_steps(rules, scope.moment, scope.since, opened=boxes)
    parts = [step.name for step in steps if step.name in ("expected_draw", "expected_award", "expected_number")]
    if parts:
        steps.append(Step("expected", "\nUNION ALL\n".join(f"SELECT * FROM {part}" for part in parts)))
    return steps


def _once(table: str, key: str) -> Step:
    """A repeated record is a fault of the records, not money: only the first record of an id is replayed."""
    return Step(
        f"{table}_once",
        f"SELECT *\nFROM {table} AS t\nWHERE NOT EXISTS (\n"
        f"    SELECT 1 FROM repeated_record AS r\n"
        f"    WHERE r.table_name = '{table}' AND r.source_file = t.source_file AND r.record = t.record\n)",
    )


def _until(scope: Scope) -> Step:
    """The moment the export ends: what falls due later is not yet missing."""
    if scope.until is not None:
        return Step("horizon", f"SELECT {scope.moment(scope.until)} AS until_at", "table")
    parts: Sequence[str] = [
        f"SELECT max({column}) AS moment FROM {table}"
        for table, column in (("entry", "entered_at"), ("activity", "started_at"), ("payment", "paid_at"))
    ]
    body = "\n    UNION ALL ".join(parts)
    return Step("horizon", f"SELECT max(moment) AS until_at\nFROM (\n    {body}\n) AS ends", "table")

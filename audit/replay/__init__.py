"""Declared rules → SQL steps → `expected`: the chance of every draw and every award owed.

Nothing is run here: a step is the text of a named relation, one SELECT, or a loop over columns that the engine runs. A draw's
chance is conditional on what the export says happened before it, so that tests stay valid under early stopping.
"""

from __future__ import annotations

from collections.abc import Sequence

from audit.engine import Loop, Step
from audit.replay.awards import award_steps
from audit.replay.draws import draw_steps, played, taken_steps
from audit.replay.eligible import part_steps
from audit.replay.orders import order_steps
from audit.replay.referrals import referral_steps
from audit.rules import Rules, eras
from audit.scope import KEYS, Scope, once

__all__ = ["has_awards", "played", "replay_steps", "taken_steps"]


def replay_steps(rules: Rules, scope: Scope, repeated: frozenset[str]) -> list[Step | Loop]:
    """Every step of the replay, in order; repeated names the tables in which an id stands twice.

    Steps whose tables the export lacks are left out.
    """
    steps: list[Step | Loop] = [_once(table, table in repeated) for table in KEYS]
    steps.append(_until(scope))
    steps += referral_steps(scope)
    steps += draw_steps(rules, scope)
    steps += order_steps(rules, scope)
    if has_awards(rules):
        steps += award_steps(rules, scope, played=played(rules, scope))
    steps += part_steps(rules, scope)
    parts = [step.name for step in steps if step.name in ("expected_draw", "expected_award", "expected_number")]
    if parts:
        steps.append(Step("expected", "\nUNION ALL\n".join(f"SELECT * FROM {part}" for part in parts)))
    return steps


def has_awards(rules: Rules) -> bool:
    """Whether any version declares an award."""
    return any(era.awards for era in eras(rules))


def _once(table: str, repeated: bool) -> Step:
    """Only the first record of an id is replayed."""
    return Step(f"{table}_once", once(table) if repeated else f"SELECT *\nFROM {table} -- no id stands twice")


def _until(scope: Scope) -> Step:
    """The moment the export ends: what falls due later is not yet missing."""
    if scope.until is not None:
        return Step("horizon", f"SELECT {scope.moment(scope.until)} AS until_at", "table")
    parts: Sequence[str] = [
        f"SELECT max({column}) AS moment FROM {table}"
        for table, column in (
            ("entry", "entered_at"),
            ("activity", "started_at"),
            ("purchase", "paid_at"),
            ("payment", "paid_at"),
            ("request", "requested_at"),
        )
    ]
    body = "\n    UNION ALL ".join(parts)
    return Step("horizon", f"SELECT max(moment) AS until_at\nFROM (\n    {body}\n) AS ends", "table")

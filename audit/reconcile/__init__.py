"""Observed payments against expected awards: who was paid what they were owed, to the step.

By reference where the export has one: both sides are summed as hashes into buckets, and only buckets that differ are
compared row by row, so that a hundred million honest rows cost one pass and everything a join would find is found.
Else by payee, asset and day; else by payee.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from audit.engine import Loop, Step, literal
from audit.reconcile.by_reference import by_reference_steps
from audit.reconcile.by_sum import by_sum_steps
from audit.reconcile.late import Moments
from audit.reconcile.leftovers import Shown
from audit.reconcile.sides import Division, division_of
from audit.scope import Scope

__all__ = ["Division", "Grain", "Moments", "Shown", "division_of", "grain_of", "reconcile_steps"]

Grain = Literal["reference", "day", "payee", "none"]
# what a discrepancy is called: its event and clause; without an event, the person and the clause
DISCREPANCY_KEY = "concat(coalesce(event, payee, paid_to, payment_id, ''), '/', coalesce(clause, ''))"
STANDINGS = (
    "-- unheld: a role that nobody holds is owed nothing, and the platform keeps the sum\n"
    "SELECT clause, asset,\n"
    "    CASE WHEN unknown THEN 'unknown' WHEN payee IS NULL THEN 'unheld' ELSE 'owed' END AS standing,\n"
    "    count(*) AS awards, sum(amount) AS amount\n"
    "FROM award_due\nWHERE unknown OR amount > 0"
)


def grain_of(scope: Scope) -> Grain:
    """The finest comparison that the export's columns allow."""
    if not scope.has("payment", "payee_id", "asset", "amount"):
        return "none"
    if scope.has("payment", "ref", "reason"):
        return "reference"
    return "day" if scope.has("payment", "paid_at") else "payee"


def reconcile_steps(
    scope: Scope,
    platform: tuple[str, ...],
    ignored: tuple[str, ...],
    *,
    moments: Moments,
    shown: Shown,
    division: Division | None,
    replayed: Sequence[Step | Loop],
) -> list[Step]:
    """The steps from `expected_award` and `payment` to `discrepancy`.

    platform names the accounts whose income is money in; ignored the reasons that are no awards (withdrawals, refunds);
    moments says where the moments of events stand; shown what the export can show of each clause; division, where payments
    carry references, how their events are divided; replayed the replay's steps, whose texts work suspect awards out again.
    """
    grain = grain_of(scope)
    if grain == "none":
        return [Step("award_total", f"{STANDINGS}\nGROUP BY ALL", "table")]
    ledger = _ledger(scope, grain, platform, ignored, shown)
    if division is not None:
        return [ledger, *by_reference_steps(moments, scope, shown, platform, division, replayed), _owed_by_clause("clause")]
    clause = "clause" if scope.has("payment", "reason") else "CAST(NULL AS VARCHAR)"
    total = [
        Step("award_total", f"{STANDINGS}\nGROUP BY ALL", "table"),
        Step(
            "paid_total",
            f"SELECT {clause} AS clause, asset, count(*) AS payments, sum(amount) AS amount\nFROM ledger\nGROUP BY ALL",
            "table",
        ),
    ]
    return [ledger, *total, *by_sum_steps(grain, scope, platform, decisions=moments.decisions), _owed_by_clause(clause)]


def _ledger(scope: Scope, grain: Grain, platform: tuple[str, ...], ignored: tuple[str, ...], shown: Shown) -> Step:
    """Payments under the names of awards. What cannot be read cannot be compared: it may be any payment that is missing.

    Money in is none, but what comes back to the platform under the name of an award is. What somebody pays to themselves
    settles nothing.
    """
    conditions = []
    if platform:
        back = f" OR reason IN ({', '.join(map(literal, shown.tables))})" if grain == "reference" else ""
        conditions.append(f"(coalesce(payee_id, '') NOT IN ({', '.join(map(literal, platform))}){back})")
    if scope.has("payment", "payer_id"):
        conditions.append("coalesce(payer_id <> payee_id, true)")
    if ignored:
        conditions.append(f"coalesce(reason, '') NOT IN ({', '.join(map(literal, ignored))})")
    where = "\nWHERE " + "\n    AND ".join(conditions) if conditions else ""
    keys = ["payee_id", "asset", "amount", *(["reason"] if scope.has("payment", "reason") else [])]
    keys += {"reference": ["ref"], "day": ["paid_at"]}.get(grain, [])
    missing, event = " OR ".join(f"{key} IS NULL" for key in keys), "ref"
    if scope.has("payment", "step") and shown.stepped:
        stepped = f"reason IN ({', '.join(map(literal, shown.stepped))})"
        event = f"CASE WHEN {stepped} THEN ref || '#' || CAST(step AS VARCHAR) ELSE ref END"
        missing += f" OR (step IS NULL AND {stepped})"
    return Step(
        "ledger",
        f"SELECT {event} AS event, reason AS clause, payee_id AS payee, asset, amount, paid_at, payment_id,\n"
        f"    {missing} AS illegible,\n    source_file, record\nFROM payment_once{where}",
    )


def _owed_by_clause(clause: str) -> Step:
    """Exact totals by clause and asset: owed and paid, in steps."""
    zero = "CAST(0 AS DECIMAL(38, 0))"
    return Step(
        "owed_by_clause",
        "SELECT clause, asset, sum(coalesce(owed, 0)) AS owed, sum(coalesce(paid, 0)) AS paid,\n"
        "    sum(owed_rows) AS owed_rows, sum(paid_rows) AS paid_rows\n"
        "FROM (\n"
        f"    SELECT {clause} AS clause, asset, amount AS owed, {zero} AS paid, awards AS owed_rows, 0 AS paid_rows\n"
        "    FROM award_total WHERE standing = 'owed'\n"
        "    UNION ALL\n"
        f"    SELECT clause, asset, {zero}, amount, 0, payments\n    FROM paid_total\n"
        ") AS sides\n"
        "WHERE asset IS NOT NULL -- a payment whose asset cannot be read is among the refused cells\n"
        "GROUP BY clause, asset",
        "table",
    )

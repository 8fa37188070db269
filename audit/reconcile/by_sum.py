"""Payments without references, compared in sums: by payee, asset and day, or by payee and asset alone."""

from __future__ import annotations

from audit.engine import Step, literal
from audit.scope import Scope


def by_sum_steps(grain: str, scope: Scope, platform: tuple[str, ...], *, decisions: bool) -> list[Step]:
    """Running sums per payee, clause and asset: paid must reach what is due and never pass what is earned.

    What the platform owes itself is not compared. A payment that cannot be read excuses one sum that is short. postponed: what
    is not yet due only because it was decided late; decisions: that is known.
    """
    day = f"CAST(timezone({literal(scope.zone)}, {{}}) AS DATE)" if grain == "day" else "CAST(NULL AS DATE)"
    clause = "clause" if scope.has("payment", "reason") else "CAST(NULL AS VARCHAR) AS clause"
    zero = "CAST(0 AS DECIMAL(38, 0))"
    own = f"coalesce(payee, '') NOT IN ({', '.join(map(literal, platform))})" if platform else "true"
    postponed = (
        f"UNION ALL\nSELECT e.payee, {clause}, e.asset, {day.format('e.due_at')} AS day, {zero}, {zero}, {zero}, e.amount\n"
        "FROM expected_award AS e JOIN decided_late AS w ON w.event = e.event CROSS JOIN horizon AS h\n"
        f"WHERE e.due_at >= h.until_at AND w.own_at + (e.due_at - e.event_at) < h.until_at AND {own}\n"
    )
    return [
        Step(
            "movement",
            f"SELECT payee, {clause}, asset, {day.format('event_at')} AS day, amount AS earned, {zero} AS due, {zero} AS paid,\n"
            f"    {zero} AS postponed\n"
            f"FROM expected_award WHERE {own}\n"
            "UNION ALL\n"
            f"SELECT e.payee, {clause}, e.asset, {day.format('e.due_at')} AS day, {zero}, e.amount, {zero}, {zero}\n"
            "FROM expected_award AS e CROSS JOIN horizon AS h\n"
            f"WHERE (e.due_at IS NULL OR e.due_at < h.until_at) AND {own}\n"
            f"{postponed if decisions else ''}"
            "UNION ALL\n"
            f"SELECT payee, {clause}, asset, {day.format('paid_at')} AS day, {zero}, {zero}, amount, {zero}\n"
            "FROM ledger WHERE NOT illegible",
        ),
        Step(
            "standing_by_day",
            "SELECT payee, clause, asset, day, sum(sum(earned)) OVER upto AS earned,\n"
            "    -- what has no deadline is owed only in the end\n"
            "    sum(sum(due)) OVER upto AS due, sum(sum(paid)) OVER upto AS paid, sum(sum(postponed)) OVER upto AS postponed,\n"
            "    row_number() OVER (PARTITION BY payee, clause, asset ORDER BY day DESC NULLS FIRST) = 1 AS in_the_end\n"
            "FROM movement\nGROUP BY payee, clause, asset, day\n"
            "WINDOW upto AS (PARTITION BY payee, clause, asset ORDER BY day NULLS LAST)",
            "table",
        ),
        Step(
            "illegible_count",
            "SELECT count(*) AS payments,\n"
            "    (SELECT count(*) FROM refused_cell WHERE table_name = 'payment' AND column_name IS NULL) AS records\n"
            "FROM ledger\nWHERE illegible",
            "table",
        ),
        Step("settled_before", _before(scope), "table"),
        Step(
            "discrepancy",
            "SELECT CASE WHEN fits THEN 'undetermined'\n"
            "        -- a record that is wholly broken may be any one payment: as many of the largest are left open\n"
            "        WHEN paid < due AND row_number() OVER (PARTITION BY fits, paid < due\n"
            "            ORDER BY due - paid DESC, payee, clause, asset) <= records THEN 'undetermined'\n"
            "        WHEN paid > earned AND EXISTS (SELECT 1 FROM settled_before AS b WHERE b.payee = s.payee\n"
            "            AND b.asset = s.asset AND coalesce(b.clause, '') = coalesce(s.clause, '')\n"
            "            AND s.paid - s.earned <= b.amount) THEN 'undetermined'\n"
            "        WHEN paid > earned AND EXISTS (SELECT 1 FROM award_due AS u WHERE u.unknown AND u.asset = s.asset\n"
            "            AND coalesce(u.payee, s.payee) = s.payee) THEN 'undetermined'\n"
            "        WHEN paid < due AND paid > 0 THEN 'wrong_amount' WHEN paid < due THEN 'missing'\n"
            "        WHEN earned = 0 THEN 'unexpected' ELSE 'wrong_amount' END AS kind,\n"
            f"    {_SUMMED},\n"
            "    CASE WHEN paid < due THEN due - paid ELSE paid - earned END AS at_stake\n"
            "FROM (\n"
            "    SELECT o.* EXCLUDE (near), n.records, near AND row_number() OVER (PARTITION BY near\n"
            "        ORDER BY due - paid DESC, payee, clause, asset) <= n.payments AS fits\n"
            "    FROM (\n"
            "        SELECT *, paid < due AND EXISTS (SELECT 1 FROM ledger AS l WHERE l.illegible\n"
            "            AND coalesce(l.payee, d.payee) = d.payee AND coalesce(l.asset, d.asset) = d.asset) AS near\n"
            "        FROM standing_by_day AS d WHERE in_the_end AND (paid < due OR paid > earned)\n"
            "    ) AS o CROSS JOIN illegible_count AS n\n"
            ") AS s\n"
            "UNION ALL\n"
            f"SELECT 'undetermined' AS kind, {_SUMMED}, due + postponed - paid AS at_stake\n"
            "FROM standing_by_day\nWHERE in_the_end AND paid >= due AND paid <= earned AND paid < due + postponed\n"
            "UNION ALL\n"
            "-- settled in the end, but behind on some day: the worst day counts\n"
            f"SELECT 'late' AS kind, {_SUMMED}, due - paid AS at_stake\n"
            "FROM (\n"
            "    SELECT *, row_number() OVER (PARTITION BY payee, clause, asset ORDER BY due - paid DESC, day) AS turn\n"
            "    FROM standing_by_day AS d\n    WHERE NOT in_the_end AND paid < due AND day IS NOT NULL\n"
            "        AND NOT EXISTS (SELECT 1 FROM standing_by_day AS e WHERE e.in_the_end AND e.paid < e.due\n"
            "            AND e.payee = d.payee AND e.asset = d.asset AND coalesce(e.clause, '') = coalesce(d.clause, ''))\n"
            ") AS behind\nWHERE turn = 1",
            "table",
        ),
    ]


def _before(scope: Scope) -> str:
    """What was paid so early that it may settle awards from before the period."""
    first = scope.moment(scope.since)
    early = (
        f"(l.paid_at IS NULL OR c.due_seconds IS NULL OR l.paid_at < {first} + c.due_seconds * INTERVAL 1 SECOND)"
        f" AND c.from_at < {first}"
        if scope.since
        else "false"
    )
    return (
        "SELECT payee, clause, asset, sum(amount) AS amount\n"
        "FROM ledger AS l\n"
        "WHERE NOT illegible AND EXISTS (SELECT 1 FROM clause AS c\n"
        f"    WHERE coalesce(l.clause, c.clause) = c.clause AND {early})\n"
        "GROUP BY payee, clause, asset"
    )


_SUMMED = (
    "CAST(NULL AS VARCHAR) AS event, clause, payee, asset, CASE WHEN paid < due THEN due ELSE earned END AS owed,\n"
    "    CAST(NULL AS TIMESTAMPTZ) AS due_at, CAST(day AS TIMESTAMPTZ) AS event_at, payee AS paid_to,\n"
    "    asset AS paid_asset, paid, CAST(NULL AS TIMESTAMPTZ) AS paid_at, CAST(NULL AS VARCHAR) AS payment_id,\n"
    "    CAST(NULL AS VARCHAR) AS source_file, CAST(NULL AS BIGINT) AS record"
)

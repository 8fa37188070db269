"""What no pair explains: awards that are unpaid, payments that are not owed, and how far the export can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from audit.engine import Step, literal
from audit.scope import Scope


@dataclass(frozen=True)
class Shown:
    """What the export can show of the events of each clause."""

    tables: Mapping[str, Set[str]]  # clause → the tables without which its events cannot be seen
    unseen: tuple[str, ...]  # clauses whose events it does not hold at all
    ongoing: tuple[str, ...]  # clauses whose events come long after entries, which may lie before the period
    stepped: tuple[str, ...]  # clauses that one entry has several events under: payments say which


def leftover_steps(scope: Scope, shown: Shown, platform: tuple[str, ...], *, decisions: bool) -> list[Step]:
    """What no pair explains; a payment that cannot be read may be any one that is missing, but only one.

    An award that is not yet due only because its draw was decided late (decisions: that is known) is not to be told: nobody
    but the platform says when it decided.
    """
    owed = "o.event, o.clause, o.payee, o.asset, o.amount AS owed, o.due_at, o.event_at"
    paid = (
        "p.payee AS paid_to, p.asset AS paid_asset, p.amount AS paid, p.paid_at, p.payment_id, p.source_file, p.record"
    )
    since = scope.moment(scope.since)
    before = (
        [
            f"p.paid_at < {since} + (SELECT coalesce(max(longest), 0) FROM deadline) * INTERVAL 1 SECOND",
            # without a deadline it may settle it at any time
            f"EXISTS (SELECT 1 FROM clause AS c WHERE c.clause = p.clause AND c.due_seconds IS NULL AND c.from_at < {since})",
            *_among("p.clause", shown.ongoing),
        ]
        if scope.since
        else []
    )
    lost = [
        "EXISTS (SELECT 1 FROM event_damage AS g\n"
        f"                JOIN (VALUES {_tables(shown)}) AS t(clause, table_name) ON t.table_name = g.table_name\n"
        "                WHERE t.clause = p.clause OR p.clause IS NULL)",
        *before,
    ]
    open_ = ["p.event NOT IN (SELECT event FROM known_event) AND (" + "\n            OR ".join(lost) + ")"]
    open_ += _among("p.clause", shown.unseen)
    own = "".join(f"\n    AND NOT {one}" for one in _among("o.payee", platform))
    postponed = (
        "coalesce(o.due_at >= h.until_at, false) AND EXISTS (\n"
        "        SELECT 1 FROM decided_late AS w JOIN deadline AS d ON d.kind = w.kind\n"
        "        WHERE w.event = o.event AND d.clause = o.clause AND w.own_at + (o.due_at - o.event_at) < h.until_at)"
        if decisions
        else "false"
    )
    nothing = (
        "CAST(NULL AS VARCHAR) AS paid_to, CAST(NULL AS VARCHAR) AS paid_asset, CAST(NULL AS DECIMAL(38, 0)) AS paid,\n"
        "    CAST(NULL AS TIMESTAMPTZ) AS paid_at, CAST(NULL AS VARCHAR) AS payment_id,\n"
        "    CAST(NULL AS VARCHAR) AS source_file, CAST(NULL AS BIGINT) AS record"
    )
    return [
        Step(
            "payment_broken",
            "SELECT count(*) AS records, (SELECT count(*) FROM paid_row WHERE illegible) AS illegible\n"
            "FROM refused_cell\nWHERE table_name = 'payment' AND column_name IS NULL",
        ),
        Step(
            "owed_fitting",
            "-- what can be read of a payment fits the award\n"
            "SELECT DISTINCT o.owed_id\nFROM owed_row AS o\nJOIN paid_row AS p ON p.illegible\n"
            "    AND coalesce(p.event, o.event) = o.event AND coalesce(p.clause, o.clause) = o.clause\n"
            "    AND coalesce(p.payee, o.payee) = o.payee AND coalesce(p.asset, o.asset) = o.asset\n"
            "    AND coalesce(p.amount, o.amount) = o.amount\n"
            "WHERE o.owed_id NOT IN (SELECT owed_id FROM pair)",
            "table",
        ),
        Step(
            "owed_unpaid",
            "SELECT * EXCLUDE (fits), fits\n"
            "    -- a record that is wholly broken may be any one payment: as many of the largest are left open\n"
            "    OR row_number() OVER (PARTITION BY not_yet_due, fits ORDER BY amount DESC, owed_id)\n"
            "        <= (SELECT records FROM payment_broken) AS may_be_paid\n"
            "FROM (\n"
            f"    SELECT o.*, coalesce(o.due_at >= h.until_at, false) AS not_yet_due, {postponed} AS postponed,\n"
            "        f.owed_id IS NOT NULL AND row_number() OVER (PARTITION BY f.owed_id IS NULL\n"
            "            ORDER BY o.amount DESC, o.owed_id) <= (SELECT illegible FROM payment_broken) AS fits\n"
            "    FROM owed_row AS o\n    CROSS JOIN horizon AS h\n"
            "    LEFT JOIN owed_fitting AS f ON f.owed_id = o.owed_id\n"
            f"    WHERE o.owed_id NOT IN (SELECT owed_id FROM pair){own}\n"
            ") AS unpaid",
            "table",
        ),
        Step(
            "known_event",
            "SELECT event FROM event_moment WHERE kind <> 'completion' AND event IN (SELECT event FROM paid_row)",
            "table",
        ),
        Step(
            "paid_unowed",
            "SELECT p.*, EXISTS (SELECT 1 FROM pair AS x JOIN owed_row AS o ON o.owed_id = x.owed_id\n"
            "        WHERE o.event = p.event AND o.clause = p.clause AND o.payee = p.payee) AS again,\n"
            "    -- where events are known to be lost, a payment for an unknown one proves nothing; nor does one so early\n"
            "    -- that it may settle what happened before the period\n"
            f"    coalesce({' OR '.join(open_)}, false) AS event_lost\n"
            "FROM paid_row AS p\n"
            "WHERE NOT p.illegible AND NOT p.undetermined AND p.amount <> 0 AND p.paid_id NOT IN (SELECT paid_id FROM pair)",
            "table",
        ),
        Step(
            "discrepancy",
            f"SELECT x.kind, {owed},\n    {paid},\n"
            "    CASE x.kind WHEN 'wrong_amount' THEN abs(p.amount - o.amount) ELSE o.amount END AS at_stake\n"
            "FROM pair AS x\n"
            "JOIN owed_row AS o ON o.owed_id = x.owed_id\nJOIN paid_row AS p ON p.paid_id = x.paid_id\n"
            "WHERE x.kind NOT IN ('exact', 'in_parts')\n"
            "UNION ALL\n"
            f"SELECT 'late' AS kind, {owed},\n    {paid}, CASE x.kind WHEN 'in_parts' THEN p.amount ELSE o.amount END AS at_stake\n"
            "FROM pair AS x\n"
            "JOIN owed_row AS o ON o.owed_id = x.owed_id\nJOIN paid_row AS p ON p.paid_id = x.paid_id\n"
            "WHERE p.paid_at > o.due_at AND p.amount >= 0 AND x.kind IN ('exact', 'in_parts', 'wrong_amount')\n"
            "UNION ALL\n"
            "SELECT CASE WHEN o.may_be_paid OR o.postponed THEN 'undetermined' ELSE 'missing' END AS kind,\n"
            f"    {owed},\n    {nothing}, o.amount AS at_stake\n"
            "FROM owed_unpaid AS o\nWHERE NOT o.not_yet_due OR o.postponed\n"
            "UNION ALL\n"
            "SELECT CASE WHEN p.event_lost THEN 'undetermined' WHEN p.again THEN 'duplicate' ELSE 'unexpected' END AS kind,\n"
            "    p.event, p.clause, CAST(NULL AS VARCHAR) AS payee, p.asset, CAST(NULL AS DECIMAL(38, 0)) AS owed,\n"
            "    CAST(NULL AS TIMESTAMPTZ) AS due_at, CAST(NULL AS TIMESTAMPTZ) AS event_at,\n"
            f"    {paid}, abs(p.amount) AS at_stake\n"
            "FROM paid_unowed AS p",
            "table",
        ),
        _event_records(shown.stepped if scope.has("payment", "step") else ()),
        Step(
            "discrepancy_placed",
            "SELECT d.* REPLACE (coalesce(d.source_file, r.source_file) AS source_file, coalesce(d.record, r.record) AS record)\n"
            "FROM discrepancy AS d\nLEFT JOIN event_record AS r ON r.event = d.event AND r.clause = d.clause",
        ),
    ]


def _event_records(stepped: Sequence[str]) -> Step:
    """The record of each event that differs: what is missing has no payment to point to, but what it is owed for has a line.

    stepped: the clauses whose events are an entry and the number of a milestone.
    """
    entry = "d.event"
    if stepped:
        whose = "substr(d.event, 1, length(d.event) - strpos(reverse(d.event), '#'))"
        entry = f"CASE WHEN d.clause IN ({', '.join(map(literal, stepped))}) THEN {whose} ELSE d.event END"
    tables = {
        "participant": ("participant_id", "'registration', 'recruit', 'rank-reached', 'milestone'"),
        "activity": ("activity_id", "'start', 'completion', 'place filled', 'share drawn'"),
        "entry": ("entry_id", "'entry', 'win', 'loss'"),
        "purchase": ("purchase_id", "'order'"),
        "request": ("request_id", "'withdrawal'"),
    }
    parts = [
        f"SELECT d.event, d.clause, t.source_file, t.record\nFROM differing AS d JOIN {table}_once AS t\n"
        f"    ON t.{key} = d.id AND (d.on_event IN ({events})"
        + (" OR d.on_event LIKE 'milestone/%')" if table == "entry" else ")")
        for table, (key, events) in tables.items()
    ]
    return Step(
        "event_record",
        "WITH differing AS (\n    SELECT DISTINCT d.event, d.clause, c.on_event,\n"
        f"        {entry} AS id\n"
        "    FROM discrepancy AS d JOIN (\n"
        "        SELECT DISTINCT clause, split_part(on_event, '>', 1) AS on_event FROM clause\n    ) AS c ON c.clause = d.clause\n"
        "    WHERE d.record IS NULL\n)\n"
        "SELECT event, clause, min(source_file) AS source_file, min(record) AS record\nFROM (\n"
        + "\nUNION ALL\n".join(parts)
        + "\n) AS found\nGROUP BY event, clause",
        "table",
    )


def _tables(shown: Shown) -> str:
    """Each clause with the tables of its events, as SQL rows."""
    return ", ".join(f"({literal(clause)}, {literal(table)})" for clause, tables in shown.tables.items() for table in sorted(tables))


def _among(column: str, names: Sequence[str]) -> list[str]:
    """A test whether a column is one of these names; none where there are none."""
    return [f"coalesce({column} IN ({', '.join(map(literal, names))}), false)"] if names else []

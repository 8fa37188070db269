"""Payments that carry their clause and event, compared one by one with what is owed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from audit.engine import Step, literal
from audit.reconcile.sides import by_bucket, by_range
from audit.scope import Scope

FEWEST, MOST = 14, 16  # bits of buckets, for each clause: what is paired with each other has event and clause in common
NEIGHBOURS = 1 << 20  # buckets of events whose ids differ in their last characters alone
FEW = (32, 1 << 20)  # one payment in so many, and so many in all, are compared row by row for coming long after their event
TOTAL = "clause, asset, standing, CAST(sum(rows) AS BIGINT) AS {rows}, CAST(sum(amount) AS DECIMAL(38, 0)) AS amount"


@dataclass(frozen=True)
class Moments:
    """Where the moments of events stand, so that late payments are found."""

    entries: bool  # entries were replayed
    completion: str | None  # relation and column of an activity's completion, such as `first_win.decided_at`
    milestones: bool  # some clause pays everyone at milestones
    others: tuple[str, ...] = ()  # relations of events that are no records, or requests: a rank reached, a day's end
    decisions: bool = False  # what was decided late is known, as `decided_late`


@dataclass(frozen=True)
class Shown:
    """What the export can show of the events of each clause."""

    tables: Mapping[str, Set[str]]  # clause → the tables without which its events cannot be seen
    unseen: tuple[str, ...]  # clauses whose events it does not hold at all
    ongoing: tuple[str, ...]  # clauses whose events come long after entries, which may lie before the period
    stepped: tuple[str, ...]  # clauses that one entry has several events under: payments say which


def by_reference_steps(
    moments: Moments,
    scope: Scope,
    shown: Shown,
    platform: tuple[str, ...],
    cuts: Sequence[str] | None,
    payments: int,
    alike: int,
) -> list[Step]:
    """What differs, in buckets of events, then row by row in those buckets; cuts: found without hashes, range by range.

    Of more payments there are more buckets, so that few honest ones are compared row by row. alike: ids count up, and those
    that differ in so many last characters are neighbours in time, and make up a bucket.
    """
    buckets = NEIGHBOURS if alike else 1 << min(MOST, max(FEWEST, (payments >> 12).bit_length()))
    bucket = f"hash({f'substr(event, 1, length(event) - {alike})' if alike else 'event'}) % {buckets}"
    timed = cuts is None and alike > 0
    suspect = f"JOIN bucket_suspect AS s ON s.bucket = {bucket} AND s.clause = {{}}.clause"
    return [
        *(by_bucket(bucket) if cuts is None else by_range(bucket, cuts)),
        Step(
            "award_total",
            "-- unheld: a role that nobody holds is owed nothing, and the platform keeps the sum\n"
            f"SELECT {TOTAL.format(rows='awards')}\nFROM side_total\nWHERE standing <> 'paid'\nGROUP BY clause, asset, standing",
            "table",
        ),
        Step(
            "paid_total",
            f"SELECT {TOTAL.format(rows='payments')}\nFROM side_total\nWHERE standing = 'paid'\nGROUP BY clause, asset, standing",
            "table",
        ),
        *_late(moments, bucket, timed),
        Step(
            "bucket_suspect",
            "SELECT bucket, clause FROM bucket_differing\nUNION\nSELECT bucket, clause FROM bucket_maybe_late"
            + ("\nUNION\nSELECT bucket, clause FROM bucket_slow WHERE NOT many" if timed else ""),
            "table",
        ),
        Step("award_suspect", f"SELECT a.*\nFROM award_due AS a\n{suspect.format('a')}", "table"),
        Step(
            "owed_suspect",
            "SELECT event, clause, payee, asset, amount, due_at, event_at\n"
            "FROM award_suspect\nWHERE NOT unknown AND payee IS NOT NULL AND amount > 0",
        ),
        Step(
            "undetermined",
            "-- the export does not say what is owed here, so a payment is neither expected nor unexpected\n"
            "-- a share that chance drew is unknown, but not whose it is\n"
            "SELECT DISTINCT event, clause, CASE WHEN on_event = 'share drawn' THEN payee END AS payee\n"
            "FROM award_suspect\nWHERE unknown",
        ),
        Step(
            "paid_suspect",
            "-- payments without a reference or a clause have no bucket of their own: they are taken after the others\n"
            f"SELECT l.*\nFROM ledger AS l\n{suspect.format('l')}\nWHERE l.event IS NOT NULL\n"
            "UNION ALL\nSELECT *\nFROM ledger\nWHERE event IS NULL OR clause IS NULL",
            "table",
        ),
        Step(
            "owed_row",
            "SELECT row_number() OVER (ORDER BY s.event, s.clause, s.payee, s.asset, s.amount) AS owed_id, s.*\n"
            "FROM owed_suspect AS s",
            "table",
        ),
        Step(
            "paid_row",
            "SELECT row_number() OVER (ORDER BY s.paid_at, s.source_file, s.record) AS paid_id, s.*,\n"
            "    u.event IS NOT NULL AS undetermined\n"
            "FROM paid_suspect AS s\n"
            "LEFT JOIN undetermined AS u ON u.event = s.event AND u.clause = s.clause AND coalesce(u.payee, s.payee) = s.payee",
            "table",
        ),
        _pair("exact", ["event", "clause", "payee", "asset", "amount"], []),
        _pair("wrong_amount", ["event", "clause", "payee", "asset"], ["exact"]),
        _pair("wrong_asset", ["event", "clause", "payee"], ["exact", "wrong_amount"]),
        _pair("wrong_payee", ["event", "clause"], ["exact", "wrong_amount", "wrong_asset"]),
        Step(
            "pair",
            "\nUNION ALL\n".join(
                f"SELECT '{kind}' AS kind, owed_id, paid_id FROM pair_{kind}"
                for kind in ("exact", "wrong_amount", "wrong_asset", "wrong_payee")
            ),
        ),
        *_leftovers(scope, shown, platform, decisions=moments.decisions),
    ]


def _late(known: Moments, bucket: str, timed: bool) -> list[Step]:
    """Events that may have been paid late: cheap and generous; the row-by-row comparison decides.

    timed: buckets hold events of one time, so that most of them show by their first and last moments that nothing was late.
    """
    moments = [
        "SELECT participant_id AS event, 'registration' AS kind, joined_at AS begun_at FROM participant_once",
        "SELECT activity_id AS event, 'start' AS kind, started_at AS begun_at FROM activity_once",
        "SELECT purchase_id AS event, 'order' AS kind, paid_at AS begun_at FROM purchase_once",
    ]
    if known.entries:
        moments.append("SELECT entry_id AS event, 'entry' AS kind, entered_at AS begun_at FROM entry_once")
    moments += [
        f"SELECT event, split_part(on_event, '>', 1) AS kind, min(event_at) AS begun_at FROM {part} GROUP BY ALL"
        for part in known.others
    ]
    if known.milestones:
        moments.append("SELECT event, on_event AS kind, event_at AS begun_at FROM event_milestone")
    if known.completion:
        table, column = known.completion.split(".")
        moments.append(f"SELECT activity_id AS event, 'completion' AS kind, {column} AS begun_at FROM {table}")
    return [
        Step("event_moment", "\nUNION ALL\n".join(moments)),
        Step(
            "deadline",
            "SELECT clause, CASE WHEN on_event IN ('win', 'loss') THEN 'entry'\n"
            "        WHEN on_event IN ('place filled', 'share drawn') THEN 'completion'\n"
            "        WHEN on_event = 'recruit' THEN 'registration' ELSE split_part(on_event, '>', 1) END AS kind,\n"
            "    min(due_seconds) AS allowed, max(due_seconds) AS longest\n"
            "FROM clause\nWHERE due_seconds IS NOT NULL\nGROUP BY ALL",
            "table",
        ),
        *([_slow()] if timed else []),
        Step(
            "bucket_maybe_late",
            "-- hashes of events, not their ids: what two events share by chance is compared once more, and nothing is missed\n"
            "SELECT DISTINCT p.bucket, p.clause\n"
            "FROM (\n"
            f"    SELECT hash(l.event, d.kind) AS code, {bucket} AS bucket,\n"
            "        l.clause, l.paid_at - d.allowed * INTERVAL 1 SECOND AS latest\n"
            "    FROM ledger AS l JOIN deadline AS d ON d.clause = l.clause\n"
            + (f"    JOIN bucket_slow AS w ON w.many AND w.bucket = {bucket} AND w.clause = l.clause\n" if timed else "")
            + "    WHERE l.event IS NOT NULL\n"
            ") AS p\n"
            "JOIN (\n"
            "    SELECT hash(event, kind) AS code, begun_at FROM event_moment WHERE event IS NOT NULL\n"
            ") AS m ON m.code = p.code\n"
            "WHERE p.latest > m.begun_at",
            "table",
        ),
    ]


def _slow() -> Step:
    """Buckets in which a payment came after an event by more than the time allowed; many: too much to compare row by row."""
    return Step(
        "bucket_slow",
        "SELECT bucket, clause,\n"
        f"    sum(max(payments)) OVER () > (SELECT least(sum(payments) // {FEW[0]}, {FEW[1]}) FROM paid_total) AS many\n"
        "FROM (\n"
        "    SELECT o.bucket, o.clause, p.rows AS payments\n"
        "    FROM side_total AS o\n"
        "    JOIN side_total AS p ON p.bucket = o.bucket AND p.clause = o.clause AND p.standing = 'paid'\n"
        "    JOIN deadline AS d ON d.clause = o.clause\n"
        "    WHERE o.standing = 'owed' AND p.last_at > o.first_at + d.allowed * INTERVAL 1 SECOND\n"
        ") AS found\n"
        "GROUP BY bucket, clause",
        "table",
    )


def _pair(kind: str, keys: list[str], before: list[str]) -> Step:
    """Pair the n-th owed row with the n-th paid row of the same key, both not yet paired."""
    key = ", ".join(keys)
    taken = [f"SELECT {{side}}_id FROM pair_{earlier}" for earlier in before]

    def free(side: str) -> str:
        gone = [f"{side}_id NOT IN ({one.format(side=side)})" for one in taken]
        if side == "paid":
            gone += ["NOT illegible", "NOT undetermined"]
        where = " AND ".join(gone)
        order = "paid_at, source_file, record" if side == "paid" else "event_at, amount, asset, payee"
        return (
            f"SELECT {side}_id, {key}, row_number() OVER (PARTITION BY {key} ORDER BY {order}) AS turn\n"
            f"    FROM {side}_row" + (f"\n    WHERE {where}" if where else "")
        )

    match = " AND ".join(f"p.{one} = o.{one}" for one in [*keys, "turn"])
    return Step(
        f"pair_{kind}",
        f"SELECT o.owed_id, p.paid_id\nFROM (\n    {free('owed')}\n) AS o\nJOIN (\n    {free('paid')}\n) AS p ON {match}",
        "table",
    )


def _leftovers(scope: Scope, shown: Shown, platform: tuple[str, ...], *, decisions: bool) -> list[Step]:
    """What no pair explains; a payment that cannot be read may be any one that is missing, but only one.

    An award that is not yet due only because its draw was decided late (decisions: that is known) is not to be told: nobody
    but the platform says when it decided.
    """
    owed = "o.event, o.clause, o.payee, o.asset, o.amount AS owed, o.due_at, o.event_at"
    paid = (
        "p.payee AS paid_to, p.asset AS paid_asset, p.amount AS paid, p.paid_at, p.payment_id, p.source_file, p.record"
    )
    since = scope.moment(scope.since)
    early = (
        f"(coalesce(p.paid_at < {since} + (SELECT coalesce(max(longest), 0) FROM deadline) * INTERVAL 1 SECOND, false)\n"
        "            -- without a deadline it may settle it at any time\n"
        f"            OR EXISTS (SELECT 1 FROM clause AS c WHERE c.clause = p.clause AND c.due_seconds IS NULL AND c.from_at < {since})"
        f"{_among('p.clause', shown.ongoing, before=' OR ')})"
        if scope.since
        else "false"
    )
    hidden = _among("p.clause", shown.unseen) or "false"
    tables = ", ".join(f"({literal(clause)}, {literal(table)})" for clause in shown.tables for table in sorted(shown.tables[clause]))
    own = f"-- of the platform's own account none\n        AND o.payee NOT IN ({_listed(platform)})" if platform else ""
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
            f"SELECT o.*, coalesce(o.due_at >= h.until_at, false) AS not_yet_due, {postponed} AS postponed,\n"
            "    -- a record that is wholly broken may be any one payment: as many of the largest are left open\n"
            "    row_number() OVER (PARTITION BY coalesce(o.due_at >= h.until_at, false)\n"
            "        ORDER BY o.amount DESC, o.owed_id) <= b.records\n"
            "    OR (f.owed_id IS NOT NULL AND row_number() OVER (PARTITION BY f.owed_id IS NULL\n"
            "        ORDER BY o.amount DESC, o.owed_id) <= b.illegible) AS may_be_paid\n"
            "FROM owed_row AS o\nCROSS JOIN horizon AS h\nCROSS JOIN payment_broken AS b\n"
            "LEFT JOIN owed_fitting AS f ON f.owed_id = o.owed_id\n"
            f"WHERE o.owed_id NOT IN (SELECT owed_id FROM pair){own}",
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
            "    p.event NOT IN (SELECT event FROM known_event)\n"
            "        AND (EXISTS (SELECT 1 FROM event_damage AS g\n"
            f"                JOIN (VALUES {tables}) AS t(clause, table_name) ON t.table_name = g.table_name\n"
            "                WHERE t.clause = p.clause OR p.clause IS NULL)\n"
            f"            OR {early}) OR {hidden} AS event_lost\n"
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
            "WHERE x.kind <> 'exact'\n"
            "UNION ALL\n"
            f"SELECT 'late' AS kind, {owed},\n    {paid}, o.amount AS at_stake\n"
            "FROM pair AS x\n"
            "JOIN owed_row AS o ON o.owed_id = x.owed_id\nJOIN paid_row AS p ON p.paid_id = x.paid_id\n"
            "WHERE p.paid_at > o.due_at AND x.kind IN ('exact', 'wrong_amount')\n"
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
        _event_records(),
        Step(
            "discrepancy_placed",
            "SELECT d.* REPLACE (coalesce(d.source_file, r.source_file) AS source_file, coalesce(d.record, r.record) AS record)\n"
            "FROM discrepancy AS d\nLEFT JOIN event_record AS r ON r.event = d.event AND r.clause = d.clause",
        ),
    ]


def _event_records() -> Step:
    """The record of each event that differs: what is missing has no payment to point to, but what it is owed for has a line."""
    tables = {
        "participant": ("participant_id", "'registration', 'recruit', 'rank-reached', 'milestone'"),
        "activity": ("activity_id", "'start', 'completion', 'place filled', 'share drawn'"),
        "entry": ("entry_id", "'entry', 'win', 'loss'"),
        "purchase": ("purchase_id", "'order'"),
        "request": ("request_id", "'withdrawal'"),
    }
    parts = [
        f"SELECT d.event, d.clause, t.source_file, t.record\nFROM differing AS d JOIN {table}_once AS t\n"
        f"    ON t.{key} = split_part(d.event, '#', 1) AND (d.on_event IN ({events})"
        + (" OR d.on_event LIKE 'milestone/%')" if table == "entry" else ")")
        for table, (key, events) in tables.items()
    ]
    return Step(
        "event_record",
        "WITH differing AS (\n    SELECT DISTINCT d.event, d.clause, c.on_event\n"
        "    FROM discrepancy AS d JOIN (\n"
        "        SELECT DISTINCT clause, split_part(on_event, '>', 1) AS on_event FROM clause\n    ) AS c ON c.clause = d.clause\n"
        "    WHERE d.record IS NULL\n)\n"
        "SELECT event, clause, min(source_file) AS source_file, min(record) AS record\nFROM (\n"
        + "\nUNION ALL\n".join(parts)
        + "\n) AS found\nGROUP BY event, clause",
        "table",
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(literal, names))


def _among(column: str, names: Sequence[str], before: str = "") -> str:
    """Whether a column is one of these names; empty where there are none."""
    return f"{before}coalesce({column} IN ({_listed(names)}), false)" if names else ""

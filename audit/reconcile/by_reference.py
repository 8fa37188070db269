"""Payments that carry their clause and event, compared one by one with what is owed."""

from __future__ import annotations

from collections.abc import Sequence

from audit.engine import Loop, Step, literal
from audit.reconcile.late import Moments, late_steps
from audit.reconcile.leftovers import Shown, leftover_steps
from audit.reconcile.parts import entry_steps, suspect_steps
from audit.reconcile.sides import Division, by_bucket, by_range
from audit.scope import Scope

TOTAL = "clause, asset, standing, CAST(sum(rows) AS BIGINT) AS {rows}, CAST(sum(amount) AS DECIMAL(38, 0)) AS amount"


PAIRS = {  # what an award and a payment have in common, the best fit first
    "exact": ["event", "clause", "payee", "asset", "amount"],
    "in_parts": ["event", "clause", "payee", "asset"],
    "wrong_amount": ["event", "clause", "payee", "asset"],
    "wrong_asset": ["event", "clause", "payee"],
    "wrong_payee": ["event", "clause"],
}


def by_reference_steps(
    moments: Moments, scope: Scope, shown: Shown, platform: tuple[str, ...], division: Division,
    replayed: Sequence[Step | Loop],
) -> list[Step]:  # fmt: skip
    """What differs, in buckets of events, then row by row in those buckets."""
    apart, parts = entry_steps(replayed)
    of_suspects, awards = suspect_steps(replayed, division)
    whose = "CAST(NULL AS VARCHAR)"
    if any(step.name == "event_share" for step in replayed):
        whole = "event IN (SELECT activity_id FROM group_state WHERE is_full)"
        whose = f"CASE WHEN on_event = 'share drawn' AND {whole} THEN payee END"

    def suspect(row: str) -> str:
        return f"JOIN bucket_suspect AS s ON s.bucket = {division.of(row)} AND s.clause = {row}.clause"

    return [
        *([*apart, *by_bucket(division, parts)] if division.cuts is None else by_range(division, division.cuts)),
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
        *late_steps(moments, division),
        Step(
            "bucket_suspect",
            "SELECT bucket, clause FROM bucket_differing\nUNION\nSELECT bucket, clause FROM bucket_maybe_late"
            + ("\nUNION\nSELECT bucket, clause FROM bucket_slow WHERE NOT many" if division.timed else ""),
            "table",
        ),
        *of_suspects,
        Step("award_suspect", f"SELECT a.*\nFROM {awards} AS a\n{suspect('a')}", "table"),
        Step(
            "owed_suspect",
            "SELECT event, clause, payee, asset, amount, due_at, event_at\n"
            "FROM award_suspect\nWHERE NOT unknown AND payee IS NOT NULL AND amount > 0",
        ),
        Step(
            "undetermined",
            "-- the export does not say what is owed here, so a payment is neither expected nor unexpected\n"
            "-- a share that chance drew is unknown, but not whose it is, unless an entry is lost\n"
            f"SELECT DISTINCT event, clause, {whose} AS payee\n"
            "FROM award_suspect\nWHERE unknown" + _open_elsewhere(division.crowded),
        ),
        Step(
            "paid_suspect",
            "-- payments without a reference or a clause have no bucket of their own: they are taken after the others\n"
            f"SELECT l.*\nFROM ledger AS l\n{suspect('l')}\nWHERE l.event IS NOT NULL\n"
            "UNION ALL\nSELECT *\nFROM ledger\nWHERE event IS NULL OR clause IS NULL",
            "table",
        ),
        Step(
            "owed_row",
            "SELECT row_number() OVER (ORDER BY s.event, s.clause, s.payee, s.asset, s.amount) AS owed_id, s.*\n"
            "FROM owed_suspect AS s",
            "table",
        ),
        _reversed(),
        Step(
            "paid_row",
            "SELECT row_number() OVER (ORDER BY s.paid_at, s.source_file, s.record) AS paid_id, s.*,\n"
            "    u.event IS NOT NULL AS undetermined\n"
            "FROM paid_suspect AS s\n"
            "LEFT JOIN undetermined AS u ON u.event = s.event AND u.clause = s.clause AND coalesce(u.payee, s.payee) = s.payee\n"
            "LEFT JOIN payment_reversed AS r ON r.source_file = s.source_file AND r.record = s.record\n"
            "WHERE r.record IS NULL",
            "table",
        ),
        *(_in_parts() if kind == "in_parts" else _pair(kind, keys, list(PAIRS)[:place])
          for place, (kind, keys) in enumerate(PAIRS.items())),
        Step("pair", "\nUNION ALL\n".join(f"SELECT '{kind}' AS kind, owed_id, paid_id FROM pair_{kind}" for kind in PAIRS)),
        *leftover_steps(scope, shown, platform, decisions=moments.decisions),
    ]


def _open_elsewhere(crowded: Sequence[str]) -> str:
    """Of what pays thousands by one event, an unknown award may lie in another bucket than the payment that it leaves open."""
    if not crowded:
        return ""
    return (
        "\nUNION\nSELECT a.event, a.clause, NULL\nFROM award_due AS a\n"
        "JOIN (SELECT DISTINCT clause FROM side_total WHERE standing = 'unknown') AS u ON u.clause = a.clause\n"
        f"WHERE a.unknown AND a.clause IN ({', '.join(map(literal, crowded))})"
    )


def _reversed() -> Step:
    """Payments taken back, and what takes them back: of less than nothing, it takes the last alike that still stands."""
    key = ", ".join(PAIRS["in_parts"])
    alike = " AND ".join(f"n.{one} = p.{one}" for one in PAIRS["in_parts"])
    upto = f"OVER (PARTITION BY {key}, abs(amount) ORDER BY paid_at, amount < 0, source_file, record ROWS BETWEEN "
    return Step(
        "payment_reversed",
        "WITH alike AS (\n"
        "    SELECT p.* FROM paid_suspect AS p\n"
        f"    JOIN (SELECT DISTINCT {key}, -amount AS amount FROM paid_suspect WHERE amount < 0 AND NOT illegible) AS n\n"
        f"        ON {alike} AND n.amount = abs(p.amount)\n"
        "), counted AS (\n"
        f"    SELECT *, sum(CASE WHEN amount > 0 THEN 1 ELSE -1 END) {upto}UNBOUNDED PRECEDING AND CURRENT ROW) AS standing\n"
        "    FROM alike\n"
        "), bounded AS (\n"
        f"    SELECT *, least(0, min(standing) {upto}UNBOUNDED PRECEDING AND 1 PRECEDING)) AS least_before,\n"
        f"        min(standing) {upto}CURRENT ROW AND UNBOUNDED FOLLOWING) AS least_after\n"
        "    FROM counted\n"
        ")\nSELECT source_file, record\nFROM bounded\n"
        "WHERE CASE WHEN amount > 0 THEN least_after < standing ELSE standing >= least_before END",
        "table",
    )


def _in_parts() -> Step:
    """The one award left of a key, and the payments left of it that add up to it: transfers have limits."""
    key = ", ".join(PAIRS["in_parts"])
    match = " AND ".join(f"p.{one} = o.{one}" for one in PAIRS["in_parts"])
    return Step(
        "pair_in_parts",
        "SELECT o.owed_id, p.paid_id\nFROM (\n"
        f"    SELECT owed_id, {key}, amount, count(*) OVER (PARTITION BY {key}) AS awards\n"
        "    FROM owed_row WHERE owed_id NOT IN (SELECT owed_id FROM pair_exact)\n"
        ") AS o\nJOIN (\n"
        f"    SELECT paid_id, {key}, count(*) OVER (PARTITION BY {key}) AS parts, sum(amount) OVER (PARTITION BY {key}) AS amount\n"
        "    FROM paid_row\n"
        "    WHERE amount > 0 AND NOT illegible AND NOT undetermined AND paid_id NOT IN (SELECT paid_id FROM pair_exact)\n"
        f") AS p ON {match} AND p.amount = o.amount\nWHERE o.awards = 1 AND p.parts > 1",
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

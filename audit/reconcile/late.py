"""Payments that may have come late: which buckets of events are compared row by row for it."""

from __future__ import annotations

from dataclasses import dataclass

from audit.engine import Step
from audit.reconcile.sides import Division

FEW = (32, 1 << 20)  # one payment in so many, and so many in all, are compared row by row for coming long after their event


@dataclass(frozen=True)
class Moments:
    """Where the moments of events stand, so that late payments are found."""

    entries: bool  # entries were replayed
    completion: str | None  # relation and column of an activity's completion, such as `first_win.decided_at`
    milestones: bool  # some clause pays everyone at milestones
    others: tuple[str, ...] = ()  # relations of events that are no records, or requests: a rank reached, a day's end
    decisions: bool = False  # what was decided late is known, as `decided_late`


def late_steps(known: Moments, division: Division) -> list[Step]:
    """Events that may have been paid late: cheap and generous; the row-by-row comparison decides.

    Where buckets hold events of one time, most of them show by their first and last moments that nothing was late.
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
        *([_slow()] if division.timed else []),
        Step(
            "bucket_maybe_late",
            "-- hashes of events, not their ids: what two events share by chance is compared once more, and nothing is missed\n"
            "SELECT DISTINCT p.bucket, p.clause\n"
            "FROM (\n"
            f"    SELECT hash(l.event, d.kind) AS code, {division.of('l')} AS bucket,\n"
            "        l.clause, l.paid_at - d.allowed * INTERVAL 1 SECOND AS latest\n"
            "    FROM ledger AS l JOIN deadline AS d ON d.clause = l.clause\n"
            + (f"    JOIN bucket_slow AS w ON w.many AND w.bucket = {division.of('l')} AND w.clause = l.clause\n" if division.timed else "")
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

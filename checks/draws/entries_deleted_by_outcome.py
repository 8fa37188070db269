"""Entries were struck out of the export by what they came to.

Does: asks whether the openings that are missing lost, or won, more often than openings struck out blindly would have.
Matters: losing rows struck out make odds look better; winning rows struck out hide prizes that were never handed over.
How: a missing opening shows itself as a gap in the order of an activity, which lost, or as an activity that ended without
    its win. Blindly lost rows are wins as often as all rows are (hypergeometric); a bet on "wins go missing r times as
    often", r from 0 up, mixed. For groups: the winners and losers missing from those decided.
Blind to: activities struck out whole, which `sequence_gaps` finds where their ids are declared to count up; endings that
    the export does not record; activities during which the whole export falls silent, as where days are lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, Verdict, check
from audit.rules import Boxes, Group
from audit.stats.classes import cells_of
from checks.draws import PROVISIONS, class_finding, no_chances

SILENT = 3  # times the longest pause that a day usually has
ENDED = f"""
WITH ended AS (
    SELECT a.activity_id, max(e.position) AS seen, count(DISTINCT e.position) AS here,
        min(e.position) FILTER (e.outcome = 'win') AS won_at,
        epoch_us(least(min(a.started_at), min(e.entered_at))) // 60000000 AS since, epoch_us(min(a.ended_at)) // 60000000 AS until
    FROM activity_once AS a JOIN entry_played AS e ON e.activity_id = a.activity_id
    JOIN box_chance AS c ON c.version = e.version AND c.position = e.position
    WHERE a.ended_at IS NOT NULL
    GROUP BY a.activity_id HAVING count(*) FILTER (e.outcome IS NULL) = 0
), pause AS (
    SELECT minute, lead(minute) OVER (ORDER BY minute) AS next_minute
    FROM (SELECT DISTINCT epoch_us(entered_at) // 60000000 AS minute FROM entry_once WHERE entered_at IS NOT NULL) AS busy
), usual AS (
    SELECT quantile_disc(longest, 0.5) AS pause
    FROM (SELECT max(next_minute - minute) AS longest FROM pause WHERE next_minute IS NOT NULL GROUP BY minute // 1440) AS daily
)
-- of an activity whose end lies in lost days the win is missed and how many losses is not known: it would tell against an honest one
SELECT activity_id, seen, here, won_at
FROM ended
WHERE NOT EXISTS (
    SELECT 1 FROM pause CROSS JOIN usual
    WHERE pause.next_minute - pause.minute > {SILENT} * usual.pause AND pause.minute < ended.until AND pause.next_minute > ended.since
)"""
BOXES = """
SELECT 0 AS value, wins + losses AS size, wins AS winners, gone AS drawn, gone_wins AS hits, 1 AS draws
FROM (
    SELECT count(*) AS wins, sum(coalesce(won_at, seen + 1) - 1) AS losses,
        sum(CASE WHEN won_at IS NULL THEN seen + 1 ELSE won_at END - here) AS gone,
        count(*) FILTER (won_at IS NULL) AS gone_wins
    FROM ({looked}) AS ended
) AS counted WHERE gone > 0"""
DECIDED = "SELECT * FROM group_state WHERE undecided = 0"
GROUPS = """
SELECT 0 AS value, size, winners_due, size - places AS drawn, winners_due - winners AS hits, count(*) AS draws
FROM ({looked}) AS decided
WHERE places < size AND winners BETWEEN winners_due - (size - places) AND winners_due
GROUP BY ALL ORDER BY ALL"""


@check(needs=("activity.ended_at", "outcome.outcome"), provisions=PROVISIONS, statistical="boxes group")
def entries_deleted_by_outcome(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all entries that are missing."""
    draw, scope = audit.rules.draw, audit.case.scope
    ordered = scope.has("entry", "position") and scope.has("outcome")
    if isinstance(draw, Boxes) and ordered and scope.has("activity", "ended_at"):
        looked = ENDED
        sql = BOXES.format(looked=looked)
    elif isinstance(draw, Group) and audit.has("group_state"):
        looked = DECIDED
        sql = GROUPS.format(looked=looked)
    else:
        sql = looked = ""
    if not sql or not audit.engine.value("SELECT count(*) FROM outcome WHERE outcome IS NOT NULL"):
        yield no_chances("openings")
        return
    seen = int(audit.engine.value(f"SELECT count(*) FROM ({looked}) AS looked"))
    if not seen:
        none = Text(
            "没有一场活动有完整的结果和结束时间。",
            "No activity is recorded with its end and with the outcome of each entry.",
        )
        yield Finding("openings", Verdict.INCONCLUSIVE, none, sql=looked)
        return
    cells = cells_of(audit.engine.rows(sql))
    if not cells:
        none = Text(f"看了 {seen} 场活动，记录首尾相连，没有缺失。",
                    f"{seen} activities were looked at; each is recorded without a gap: nothing is missing.")  # fmt: skip
        yield Finding("openings", Verdict.PASS, none, sql=sql, observed="0")
        return

    def missing(_: int, __: int) -> Text:
        return Text("缺失的记录", "entries that are missing")

    yield class_finding(audit, "openings", cells, (0,), {"all": 1.0}, missing, sql, rival=0.0)

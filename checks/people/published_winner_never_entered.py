"""A published winner never entered.

Does: compares the winners that notices name with the entries and outcomes of the same activity.
Matters: an invented winner makes a draw look honest and costs nothing.
How: each named winner must have entered that activity, and have won it by the records.
Blind to: winners named by nickname; entries of before the period.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Basis, Finding, Text, Verdict, check, nothing

LAW = (
    "cn-prize-sales",
    "cn-promo-2020-art15",
    "cn-promo-2020-archive",
    "uk-cap-8-24",
    "eu-ucpd-annex1-19",
    "eu-ucpd-annex1-31",
)
SQL = """
SELECT n.notice_id, n.activity_id, n.winner_id, n.published_at,
    CASE WHEN e.entries IS NULL THEN 'never entered' ELSE 'entered, no win recorded' END AS how, n.source_file, n.record
FROM notice AS n
LEFT JOIN (
    SELECT e.activity_id, e.participant_id, count(*) AS entries, count(*) FILTER (o.outcome = 'win') AS wins,
        count(*) FILTER (o.outcome IS NULL) AS unknown
    FROM entry_once AS e LEFT JOIN outcome_once AS o ON o.entry_id = e.entry_id GROUP BY ALL
) AS e ON e.activity_id = n.activity_id AND e.participant_id = n.winner_id
WHERE n.winner_id IS NOT NULL AND n.activity_id IS NOT NULL AND coalesce(e.wins, 0) + coalesce(e.unknown, 0) = 0
ORDER BY n.activity_id, n.winner_id"""


@check(needs=("entry.participant_id", "entry.activity_id", "outcome.outcome"), provisions=LAW)
def published_winner_never_entered(audit: Audit) -> Iterator[Finding]:
    """Yield one lead on all notices that name a winner."""
    scope = audit.case.scope
    if (
        not scope.has("notice", "winner_id", "activity_id")
        or not scope.has("entry", "participant_id")
        or not scope.has("outcome")
    ):
        yield nothing("notices", "导出没有公布的中奖者名单。", "The export holds no published winners.")
        return
    named = audit.engine.value("SELECT count(*) FROM notice WHERE winner_id IS NOT NULL AND activity_id IS NOT NULL")
    if not named:
        yield nothing("notices", "公布的名单没有写明中奖者和活动。", "No notice names a winner of an activity.")
        return
    rows = evidence(audit, SQL)
    never = sum(row["how"] == "never entered" for row in rows)
    yield Finding(
        "notices",
        Verdict.FAIL if rows else Verdict.PASS,
        Text(
            f"公布的 {named} 名中奖者中，{never} 名没有参加过该活动，{len(rows) - never} 名参加过而记录未中。",
            f"Of {named} published winners {never} never entered the activity, and {len(rows) - never} entered without a recorded win.",
        ),
        Basis.SCREEN,
        declared=str(named),
        observed=str(len(rows)),
        rows=rows,
        sql=SQL,
    )

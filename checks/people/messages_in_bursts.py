"""Near-identical messages flood a group, from accounts that never buy.

Does: finds the same words, small differences aside, from three accounts or more within ten minutes, none of whom ever bought.
Matters: hired voices ("the water army copies and floods the screen") make a market look alive.
How: text without case, digits, spaces, punctuation and signs, at least eight characters long; who bought, entered or paid is left out.
Blind to: paraphrase; accounts that buy once to look real. Regulars may well greet in the same words: short texts do not count.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Basis, Finding, Text, Verdict, check
from checks.people import FAKE, SAID, no_messages

SQL = f"""
SELECT group_id, words AS value, author_id, sent_at, source_file, record
FROM (
    SELECT *, count(DISTINCT author_id) OVER near AS authors
    FROM ({SAID}) AS said WHERE length(words) >= 8
    WINDOW near AS (PARTITION BY group_id, words ORDER BY sent_at
        RANGE BETWEEN INTERVAL 10 MINUTE PRECEDING AND INTERVAL 10 MINUTE FOLLOWING)
) AS bursts
WHERE authors >= 3 ORDER BY group_id, words, sent_at, author_id"""


@check(provisions=FAKE)
def messages_in_bursts(audit: Audit) -> Iterator[Finding]:
    """Yield a lead for each group flooded."""
    if silent := no_messages(audit):
        yield silent
        return
    rows = evidence(audit, SQL)
    for group in sorted({str(row["group_id"]) for row in rows}):
        mine = tuple(row for row in rows if str(row["group_id"]) == group)
        authors, texts = len({row["author_id"] for row in mine}), len({row["value"] for row in mine})
        yield Finding(
            f"group {group}",
            Verdict.FAIL,
            Text(
                f"{authors} 个从未购买的账户在十分钟内发出几乎相同的话，共 {len(mine)} 条、{texts} 种。线索：可能是受雇发言。",
                f"{authors} accounts that never bought sent near-identical words within ten minutes: {len(mine)} messages, {texts} texts. "
                "A lead: they may be hired.",
            ),
            Basis.SCREEN,
            observed=str(len(mine)),
            rows=mine,
            sql=SQL,
        )
    if not rows:
        yield Finding(
            "messages",
            Verdict.PASS,
            Text("没有未购买者的雷同刷屏。", "No bursts of like messages from accounts that never buy."),
            Basis.SCREEN,
        )

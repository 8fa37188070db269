"""A draw was held again on the same entries, with another result.

Does: lists entries whose outcome is recorded more than once and not the same each time.
Matters: whoever may draw until the result pleases draws nothing; the last result is a choice.
How: the records themselves; a repeated record that says the same is a fault of the records alone, see `ids_repeated`.
Blind to: earlier results that were overwritten and not kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Finding, Text, Verdict, check, several
from checks.draws import PROVISIONS, no_chances

SQL = """
WITH again AS (
    SELECT t.entry_id FROM outcome AS t
    JOIN repeated_record AS r ON r.table_name = 'outcome' AND r.source_file = t.source_file AND r.record = t.record
), differing AS (
    SELECT entry_id FROM outcome WHERE outcome IS NOT NULL AND entry_id IN (SELECT entry_id FROM again)
    GROUP BY entry_id HAVING count(DISTINCT outcome) > 1
)
SELECT e.activity_id, o.entry_id, o.outcome, o.decided_at, o.source_file, o.record
FROM outcome AS o LEFT JOIN entry_once AS e ON e.entry_id = o.entry_id
WHERE o.entry_id IN (SELECT entry_id FROM differing)
ORDER BY e.activity_id, o.entry_id, o.record"""


@check(needs=(), provisions=PROVISIONS)
def draw_held_again(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all outcomes."""
    held = audit.engine.value("SELECT count(*) FROM outcome WHERE outcome IS NOT NULL")
    if audit.rules.draw is None or not held:
        yield no_chances("outcomes")
        return
    rows = evidence(audit, SQL)
    entries = len({row["entry_id"] for row in rows})
    draws = len({row["activity_id"] for row in rows})
    if rows:
        text = Text(
            f"{entries} 次参与（{draws} 场）的结果被记录多次且互不相同：抽取被重做。",
            f"Of {several(entries, 'entry', 'entries')} ({several(draws, 'draw')}) several outcomes that differ are recorded: "
            "the draw was held again.",
        )
        yield Finding("outcomes", Verdict.FAIL, text, declared="1", observed=str(entries), rows=rows, sql=SQL)
        return
    text = Text("每次参与只有一个结果。", "Every entry has one outcome at most.")
    yield Finding("outcomes", Verdict.PASS, text, observed="0", sql=SQL)

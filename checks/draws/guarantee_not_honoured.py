"""A guaranteed prize did not come.

Does: lists the chances that the declared guarantee made certain and that were lost all the same.
Matters: people pay on towards a guarantee; the last entries before it are bought for its sake.
How: the count since the last such prize, or a better one, is replayed from the records; at the declared number the
    chance is 1, and one loss is proof. What began before the export, or behind an unknown outcome, is left out.
Blind to: a count that the export hides, and a guarantee promised in words that the rules file does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Finding, Text, Verdict, check
from audit.rules import Chances, eras
from checks.draws import NEEDS, PROVISIONS, no_chances

SQL = """
SELECT c.entry_id, c.participant_id, c.misses, c.taken_at, e.source_file, e.record
FROM chance AS c JOIN entry_played AS e ON e.entry_id = c.entry_id
WHERE c.chance_num = c.chance_den AND c.hit = 0 ORDER BY c.taken_at, c.entry_id, c.part"""
REACHED = "SELECT count(*) FROM chance WHERE chance_num = chance_den AND hit IS NOT NULL"


@check(needs=NEEDS, provisions=PROVISIONS)
def guarantee_not_honoured(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on every guarantee that was reached."""
    draws = [era.draw for era in eras(audit.rules) if isinstance(era.draw, Chances)]
    if not audit.has("chance") or not any(one.guarantee for draw in draws for one in draw.prizes.values()):
        yield no_chances("guarantees")
        return
    rows, reached = evidence(audit, SQL), int(audit.engine.value(REACHED))
    if rows:
        text = Text(f"{reached} 次机会按保底必中，其中 {len(rows)} 次未中。",
                    f"{reached} chances were certain to win by the guarantee; {len(rows)} of them lost.")  # fmt: skip
        yield Finding(
            "guarantees",
            Verdict.FAIL,
            text,
            declared=str(reached),
            observed=str(reached - len(rows)),
            rows=rows,
            sql=SQL,
        )
    elif reached:
        text = Text(
            f"{reached} 次触及保底，次次中奖。", f"The guarantee was reached {reached} times and honoured each time."
        )
        yield Finding("guarantees", Verdict.PASS, text, declared=str(reached), observed=str(reached), sql=SQL)
    else:
        text = Text("没有一次触及保底。", "The guarantee was never reached.")
        yield Finding("guarantees", Verdict.INCONCLUSIVE, text, sql=SQL)

"""A tier has winners and no recorded prize.

Does: finds draws that count winners of a tier and record a prize of 0.
Matters: what those winners were paid cannot be seen, so no verdict on it can be given.
How: winners above 0 with a prize of 0, draw by draw.
Blind to: a prize recorded wrongly but not as 0; fixed prizes are `tier_prize_wrong`.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Finding, Text, Verdict, check, several

SQL = """
SELECT draw_id, tier, winners, asset, prize, source_file, record
FROM tier_total
WHERE winners > 0 AND prize = 0
ORDER BY draw_id, tier"""


@check()
def tier_prize_not_recorded(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all draws and tiers."""
    if not audit.case.scope.has("tier_total", "winners", "prize"):
        yield Finding(
            "tiers", Verdict.NOT_APPLICABLE, Text("导出没有按奖级的汇总。", "The export has no totals by tier.")
        )
        return
    rows = evidence(audit, SQL)
    draws = sorted({str(row["draw_id"]) for row in rows})
    named = ", ".join(draws[:10]) + (" …" if len(draws) > 10 else "")
    yield Finding(
        "tiers",
        Verdict.FAIL if rows else Verdict.PASS,
        Text(
            f"{len(draws)} 期有中奖注数而奖金记为 0（{named}），共 {len(rows)} 个奖级；这是记录缺陷，不说明派奖有误。"
            if rows else "凡有中奖注数的奖级都记有奖金。",
            f"In {several(len(draws), 'draw')} ({named}) winners with a prize of 0 are counted, {several(len(rows), 'tier')} in all: "
            "a fault of the records, which does not show a wrong payout."
            if rows else "Every tier that counts winners records a prize.",
        ),
        observed=str(len(rows)),
        rows=rows,
        sql=SQL,
    )  # fmt: skip

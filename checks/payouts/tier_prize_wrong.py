"""A fixed prize was paid in another amount.

Does: lists draws in which a tier with a declared fixed prize records another.
Matters: fixed prizes are the part of a lottery that every winner can check alone.
How: the recorded prize of each tier with winners against the declared one; a prize of 0 is a fault of the records.
Blind to: tiers that share a pot, whose prize is not declared as an amount.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Finding, Text, Verdict, check
from audit.rules import Numbers


@check(needs=("tier_total.winners", "tier_total.prize"), provisions=("cn-price-promises",))
def tier_prize_wrong(audit: Audit) -> Iterator[Finding]:
    """Yield a finding for each tier with a fixed prize."""
    draw = audit.rules.draw
    fixed = {name: tier.prize for name, tier in draw.tiers.items() if tier.prize} if isinstance(draw, Numbers) else {}
    if not fixed or not audit.case.scope.has("tier_total", "winners", "prize"):
        why = Text(
            "规则没有固定奖金的奖级，或导出没有按奖级的汇总。",
            "No tier with a fixed prize, or no totals by tier in the export.",
        )
        yield Finding("tiers", Verdict.NOT_APPLICABLE, why)
        return
    for name, prize in fixed.items():
        asset, amount = next(iter(prize.items()))
        steps = audit.units(asset).steps(amount)
        priced = f"tier = {literal(name)} AND winners > 0 AND prize > 0"
        sql = (
            "SELECT draw_id, tier, winners, asset, prize, source_file, record\nFROM tier_total\n"
            f"WHERE {priced} AND (prize <> {steps} OR asset <> {literal(asset)})\nORDER BY draw_id"
        )
        count = audit.engine.value(f"SELECT count(*) FROM tier_total WHERE {priced}")
        rows = evidence(audit, sql)
        verdict = Verdict.FAIL if rows else Verdict.PASS if count else Verdict.NOT_APPLICABLE
        yield Finding(
            f"tier {name}",
            verdict,
            Text(
                f"{name} 等奖声明每注 {amount} {asset}：{count} 期有记录的奖金，其中 {len(rows)} 期不符。",
                f"Tier {name} declares {amount} {asset} a bet: of {count} draws with a recorded prize, {len(rows)} differ.",
            ),
            declared=f"{amount} {asset}",
            observed=Text(f"{count} 期中 {count - len(rows)} 期相符", f"{count - len(rows)} of {count}"),
            rows=rows,
            sql=sql,
        )

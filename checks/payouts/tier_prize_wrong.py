"""A fixed prize was paid in another amount.

Does: lists draws in which a tier with a declared fixed prize records another.
Matters: fixed prizes are the part of a lottery that every winner can check alone.
How: the recorded prize of each tier with winners against the one declared when the draw was made; a prize of 0 is a fault of the
    records.
Blind to: tiers that share a pot, whose prize is not declared as an amount.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Finding, Text, Verdict, check, several
from audit.rules import Numbers, Rules, eras, parts_by_time
from audit.rules.scalars import Money


@check(needs=("tier_total.winners", "tier_total.prize"), provisions=("cn-price-promises",))
def tier_prize_wrong(audit: Audit) -> Iterator[Finding]:
    """Yield a finding for each tier with a fixed prize."""
    names = dict.fromkeys(name for era in eras(audit.rules) for name in _fixed(era))
    if not names or not audit.case.scope.has("tier_total", "winners", "prize"):
        why = Text(
            "规则没有固定奖金的奖级，或导出没有按奖级的汇总。",
            "No tier with a fixed prize, or no totals by tier in the export.",
        )
        yield Finding("tiers", Verdict.NOT_APPLICABLE, why)
        return
    for name in names:
        yield _judged(audit, name)


def _fixed(era: Rules) -> dict[str, Money]:
    """The tiers with a fixed prize, at one time."""
    return (
        {name: tier.prize for name, tier in era.draw.tiers.items() if tier.prize}
        if isinstance(era.draw, Numbers)
        else {}
    )


def _judged(audit: Audit, name: str) -> Finding:
    stood = parts_by_time(audit.rules, lambda era: next(iter(_fixed(era).get(name, {}).items()), None))
    asset_of, steps_of, told = ["CASE"], ["CASE"], list[str]()
    for prize, span in stood:
        if prize:
            asset, amount = prize
            test = audit.case.scope.within("d.drawn_at", span.from_, span.to, alone=len(stood) == 1)
            asset_of.append(f"WHEN {test} THEN {literal(asset)}")
            steps_of.append(f"WHEN {test} THEN {audit.units(asset).steps(amount)}")
            told.append(f"{amount} {asset}")
    priced = (
        f"SELECT t.draw_id, t.tier, t.winners, t.asset, t.prize, {' '.join(steps_of)} END AS owed, {' '.join(asset_of)} END AS owed_in,\n"
        "    t.source_file, t.record\nFROM tier_total AS t LEFT JOIN draw AS d ON d.draw_id = t.draw_id\n"
        f"WHERE t.tier = {literal(name)} AND t.winners > 0 AND t.prize > 0"
    )
    sql = (
        "SELECT draw_id, tier, winners, asset, prize, source_file, record\n"
        f"FROM ({priced}) AS priced\nWHERE prize <> owed OR asset <> owed_in\nORDER BY draw_id"
    )
    count = audit.engine.value(f"SELECT count(owed) FROM ({priced}) AS priced")
    rows, prizes = evidence(audit, sql), ", ".join(dict.fromkeys(told))
    if not count and audit.engine.value(f"SELECT count(*) FROM ({priced}) AS priced"):
        why = Text(f"{name} 等奖：没有可对照的期次，开奖时间缺失或不在规则施行期内。",
                   f"Tier {name}: no draw to compare; their moments are missing, or the rules were not in force.")  # fmt: skip
        return Finding(f"tier {name}", Verdict.INCONCLUSIVE, why, sql=sql)
    return Finding(
        f"tier {name}",
        Verdict.FAIL if rows else Verdict.PASS if count else Verdict.NOT_APPLICABLE,
        Text(
            f"{name} 等奖声明每注 {prizes}：{count} 期有记录的奖金，其中 {len(rows)} 期不符。",
            f"Tier {name} declares {prizes} a bet: of {several(count, 'draw')} with a recorded prize, "
            f"{several(len(rows), 'differs', 'differ')}.",
        ),
        declared=prizes,
        observed=Text(f"{count} 期中 {count - len(rows)} 期相符", f"{count - len(rows)} of {count}"),
        rows=rows,
        sql=sql,
    )

"""A prize tier has more or fewer winners than its odds give.

Does: compares the winning bets of each tier with the bets sold times the declared odds.
Matters: winners added by hand, or winning bets struck out, show here once they are many.
How: the draw is the unit, for bets within a draw share its numbers and are anything but independent; a t-test on the
    differences draw by draw, which vary no less than winners of independent bets; one p-value a tier, worth 1/(2 sqrt p) as a
    bet and averaged over tiers.
Blind to: a handful of forged tickets in one draw; people's love of certain numbers, which widens the spread.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from audit.case import Audit
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.rules import Numbers, parts_by_time
from audit.rules.odds import tier_chances
from audit.rules.scalars import Money
from audit.stats.tiers import ENOUGH, by_tier, log_tier_bet, smallest_excess, tier_evidence
from checks.draws import e_value, log_need

NEEDS = ("draw.sales", "tier_total.draw_id", "tier_total.tier", "tier_total.winners")
SQL = """
SELECT t.tier, d.draw_id, d.sales, t.winners
FROM tier_total AS t JOIN draw AS d ON d.draw_id = t.draw_id
WHERE d.sales > 0 AND t.winners IS NOT NULL AND {in_force}
ORDER BY t.tier, d.draw_id"""


@check(needs=NEEDS, provisions=("cn-truthful-information",), statistical="numbers")
def tier_winners_differ(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all tiers."""
    scope = audit.case.scope
    stood = parts_by_time(audit.rules, lambda era: (era.draw, era.entry))
    sold = scope.has("tier_total", "winners") and scope.has("draw", "sales")
    if not any(isinstance(draw, Numbers) and entry for (draw, entry), _ in stood) or not sold:
        why = Text("没有按奖级的中奖注数，或没有销售额。", "No winners by tier, or no sales.")
        yield Finding("tiers", Verdict.NOT_APPLICABLE, why)
        return
    seen, asked = dict[tuple[str, Fraction], list[tuple[int, int]]](), list[str]()
    for (draw, entry), span in stood:
        if isinstance(draw, Numbers) and entry:
            in_force = scope.within("d.drawn_at", span.from_, span.to, alone=len(stood) == 1)
            asked.append(SQL.format(in_force=in_force))
            for tier, draws in _seen(audit, draw, entry.stake, asked[-1]):
                seen.setdefault(tier, []).extend(draws)
    weighed = [tier_evidence(name, chance, draws) for (name, chance), draws in seen.items()]
    tiers = [one for one in weighed if one is not None]
    if not tiers:
        yield Finding("tiers", Verdict.INCONCLUSIVE, Text("没有记录销售额的期次。", "No draw records its sales."))
        return
    log_e, able = log_tier_bet(tiers), min(one.draws for one in tiers) >= ENOUGH
    verdict = Verdict.FAIL if log_e >= log_need(audit) else Verdict.PASS if able else Verdict.INCONCLUSIVE
    worst, shown = max(tiers, key=lambda one: abs(one.z)), smallest_excess(tiers, float(audit.share))
    close = {
        Verdict.FAIL: Text("，与声明的概率不符。", ": not what the declared odds give."),
        Verdict.PASS: Text("，与声明的概率相符。", ", as the declared odds would give."),
        Verdict.INCONCLUSIVE: Text("；期数太少。", "; too few draws."),
    }[verdict]
    zh = f"{len(tiers)} 个奖级的每注中奖率与理论值相比，偏差最大的是 {worst.tier} 等奖（z = {worst.z:.2f}，以期为单位）"
    en = f"Of {len(tiers)} tiers, the winners a bet differ most in tier {worst.tier} (z = {worst.z:.2f}, the draw as unit)"
    yield Finding(
        "tiers",
        verdict,
        Text(zh + close.zh, en + close.en),
        Basis.STATISTICAL,
        declared=Text("按所中号码计算的各奖级概率", "odds of each tier from the numbers matched"),
        observed=f"|z| <= {abs(worst.z):.2f}",
        rows=tuple(
            {"tier": one.tier, "draws": one.draws, "winners_per_bet": f"{one.won / one.bets:.3e}",
             "declared": f"{float(one.chance):.3e}", "z": round(one.z, 2), "p_value": round(one.p_value, 6)}
            for one in tiers
        ),
        sql=";\n".join(asked),
        p_value=min(1.0, len(tiers) * min(one.p_value for one in tiers)),
        e_value=e_value(log_e),
        could_have_seen=Text(f"各奖级中奖注数偏差 {shown:.0%}", f"winners off by {shown:.0%} in every tier") if able else "",
    )  # fmt: skip


def _seen(audit: Audit, draw: Numbers, stake: Money, sql: str) -> Iterator[tuple[tuple[str, Fraction], list[tuple[int, int]]]]:
    """Each tier with its chance, and the (bets, winners) of the draws made while these rules stood."""
    asset, price = next(iter(stake.items()))
    steps = audit.units(asset).steps(price)
    seen = by_tier([(tier, int(sales) // steps, int(won)) for tier, _, sales, won in audit.engine.rows(sql)])
    for name, chance in tier_chances(draw).items():
        yield (name, chance), seen.get(name, [])

"""A prize tier has more or fewer winners than its odds give.

Does: compares the winning bets of each tier with the bets sold times the declared odds.
Matters: winners added by hand, or winning bets struck out, show here once they are many.
How: the draw is the unit, for bets within a draw share its numbers and are anything but independent; a t-test on the
    differences draw by draw, one p-value a tier, worth 1/(2 sqrt p) as a bet and averaged over tiers.
Blind to: a handful of forged tickets in one draw; people's love of certain numbers, which widens the spread.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from audit.case import Audit
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.rules import Numbers
from audit.stats.bets import calibrate, log_sum
from audit.stats.exact import match_chance, mean_p_value
from checks.draws import e_value, log_need

NEEDS = ("draw.sales", "tier_total.draw_id", "tier_total.tier", "tier_total.winners")
SQL = """
SELECT t.tier, d.draw_id, d.sales, t.winners
FROM tier_total AS t JOIN draw AS d ON d.draw_id = t.draw_id
WHERE d.sales > 0 AND t.winners IS NOT NULL
ORDER BY t.tier, d.draw_id"""
NINE_TENTHS = 1.2815515655446004


@check(needs=NEEDS, provisions=("cn-truthful-information",), statistical="numbers")
def tier_winners_differ(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all tiers."""
    draw, entry = audit.rules.draw, audit.rules.entry
    scope = audit.case.scope
    if (
        not isinstance(draw, Numbers)
        or entry is None
        or not scope.has("tier_total", "winners")
        or not scope.has("draw", "sales")
    ):
        why = Text("没有按奖级的中奖注数，或没有销售额。", "No winners by tier, or no sales.")
        yield Finding("tiers", Verdict.NOT_APPLICABLE, why)
        return
    asset, price = next(iter(entry.stake.items()))
    steps, pools = (
        audit.units(asset).steps(price),
        {name: (pool.to - pool.from_ + 1, pool.pick) for name, pool in draw.pools.items()},
    )
    seen: dict[str, list[tuple[int, int]]] = {}
    for tier, _, sales, winners in audit.engine.rows(SQL):
        seen.setdefault(tier, []).append((int(sales) // steps, int(winners)))
    rows: list[dict[str, str | int | float]] = []
    logs, widest = [], 0.0
    need = log_need(audit)
    for name, tier in draw.tiers.items():
        chance = sum((match_chance(pools, hits) for hits in tier.matches), Fraction(0))
        draws = seen.get(name, [])
        bets, won = sum(bet for bet, _ in draws), sum(count for _, count in draws)
        if not bets:
            continue
        differences = [count - float(chance) * bet for bet, count in draws]
        p_value = mean_p_value(differences)
        logs.append(calibrate(p_value))
        spread = math.sqrt(sum(one * one for one in differences)) / (float(chance) * bets)
        widest = max(widest, spread)
        rows.append({"tier": name, "draws": len(draws), "winners_per_bet": f"{won / bets:.3e}",
                     "declared": f"{float(chance):.3e}", "z": round(sum(differences) / math.sqrt(sum(d * d for d in differences) or 1), 2),
                     "p_value": round(p_value, 6)})  # fmt: skip
    if not rows:
        yield Finding("tiers", Verdict.INCONCLUSIVE, Text("没有记录销售额的期次。", "No draw records its sales."))
        return
    log_e = log_sum(logs) - math.log(len(logs))
    failed = log_e >= need
    able = len(seen[str(rows[0]["tier"])]) >= 30
    # the bet is won at p = (share/2)^2; with 90 % power that takes this many standard errors, in the widest tier
    from scipy.stats import norm

    errors = float(norm.isf((float(audit.share) / 2 / len(logs)) ** 2 / 2)) + NINE_TENTHS
    worst = max(rows, key=lambda row: abs(float(str(row["z"]))))
    could = f"winners off by {errors * widest:.0%} in every tier"
    zh = (
        f"{len(rows)} 个奖级的每注中奖率与理论值相比，偏差最大的是 {worst['tier']} 等奖（z = {worst['z']}，以期为单位）"
    )
    en = f"Of {len(rows)} tiers, the winners a bet differ most in tier {worst['tier']} (z = {worst['z']}, the draw as unit)"
    verdict = Verdict.FAIL if failed else Verdict.PASS if able else Verdict.INCONCLUSIVE
    close = {
        Verdict.FAIL: Text("，与声明的概率不符。", ": not what the declared odds give."),
        Verdict.PASS: Text("，与声明的概率相符。", ", as the declared odds would give."),
        Verdict.INCONCLUSIVE: Text("；期数太少。", "; too few draws."),
    }[verdict]
    yield Finding(
        "tiers",
        verdict,
        Text(zh + close.zh, en + close.en),
        Basis.STATISTICAL,
        declared=Text("按所中号码计算的各奖级概率", "odds of each tier from the numbers matched"),
        observed=f"|z| <= {abs(float(str(worst['z'])))}",
        rows=tuple(rows),
        sql=SQL,
        p_value=min(1.0, len(rows) * min(float(str(row["p_value"])) for row in rows)),
        e_value=e_value(log_e),
        could_have_seen=Text(f"各奖级中奖注数偏差 {errors * widest:.0%}", could) if able else "",
    )  # fmt: skip

"""The first boxes never win.

Does: finds the longest run of first boxes in which no activity ever won, and names the rule that explains it best.
Matters: whoever opens those boxes pays the full price for a chance of zero.
How: a bet on "boxes 1..k never win" against the declared odds for every k, mixed, with extra weight on the k that the
    economics imply; a cut-off activity counts for what it shows. An exact p-value and 95 % set of k stand beside it.
Blind to: a losing stretch that starts later, and boxes that win rarely rather than never: see `win_odds_differ`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from audit.case import Audit
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.forecast import break_even
from audit.rules import Boxes
from audit.rules.odds import box_odds
from audit.stats.bets import LN10, cumulative, log_mixture, posterior, prefix_theories
from audit.stats.exact import prefix_p_value, prefix_set
from audit.stats.power import activities_for_prefix, activities_to_separate, smallest_prefix
from checks.draws import e_value, log_need, no_boxes, power_of_ten, runs, span

NEEDS = ("entry.entry_id", "entry.activity_id", "entry.position", "outcome.entry_id", "outcome.outcome")
SQL = "SELECT reached, won_at, activities FROM run_total ORDER BY ALL"


@check(needs=NEEDS, provisions=("cn-prize-sales", "cn-blind-box-odds", "cn-truthful-information"), statistical="boxes")
def early_boxes_never_win(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on the first boxes of all activities."""
    draw = audit.rules.draw
    if not isinstance(draw, Boxes) or not audit.has("run_total"):
        yield no_boxes("first boxes")
        return
    seen, odds, need = runs(audit), box_odds(draw), log_need(audit)
    activities = sum(run.count for run in seen)
    stakes = audit.rules.activity.stake if audit.rules.activity else {}
    derived = next((k for asset in stakes if (k := break_even(audit.rules, asset)) is not None), None)
    theories = prefix_theories(seen, odds, derived)
    if not theories:
        yield no_boxes("first boxes")
        return
    log_e, share, kept = log_mixture(theories), posterior(theories), prefix_set(seen, odds)
    best = max(theories, key=lambda one: (share[one.excluded], -one.excluded))
    shown = smallest_prefix(seen, odds, theories, need)
    # the exclusion that matters: the one the economics imply, else boxes that hold a quarter of the chance
    below = cumulative(odds)
    implied = next((one for one in theories if one.excluded == derived), None)
    target = implied or min(theories, key=lambda one: abs(below[one.excluded] - Fraction(1, 4)))
    goal, wanted = target.excluded, activities_for_prefix(odds, target.excluded, target.weight, need)
    failed = log_e >= need
    named = [k for k in kept if k] if failed else []
    rule = " / ".join(span(range(1, k + 1)) for k in named) or span(range(1, best.excluded + 1))
    able = shown is not None and shown <= goal
    verdict = Verdict.FAIL if failed else Verdict.PASS if able else Verdict.INCONCLUSIVE
    could = span(range(1, shown + 1)) if shown else ""
    apart = activities_to_separate(odds, goal)
    rows = tuple(
        {
            "rule": span(range(1, one.excluded + 1)),
            "log10_evidence": round(one.log_bet / LN10, 9) if one.log_bet > -1e300 else None,
            "share": round(share[one.excluded], 6),
            "not_ruled_out": one.excluded in kept,
        }
        for one in theories
    )
    same = derived is not None and derived in named
    yield Finding(
        "first boxes",
        verdict,
        _words(verdict, rule, len(named), share[best.excluded], activities, log_e, could, wanted, goal, apart, same),
        Basis.STATISTICAL,
        declared=_declared(draw),
        observed=Text(f"第 {rule} 盒从不中奖", f"{rule} never win")
        if failed
        else Text("与声明的概率不矛盾", "declared odds not contradicted"),
        rows=rows,
        sql=SQL,
        p_value=prefix_p_value(seen, odds),
        e_value=e_value(log_e),
        could_have_seen=Text(f"第 {could} 盒从不中奖", f"boxes {could} never win") if could else "",
    )


def _declared(draw: Boxes) -> Text:
    if draw.odds == "uniform":
        return Text(f"{draw.boxes} 个盒子机会均等", f"each of {draw.boxes} boxes equally likely")
    odds = ", ".join(f"{boxes.replace('-', '–')}: {chance}" for boxes, chance in draw.odds.items())
    return Text(f"各盒概率 {odds}", f"chance of each box {odds}")


def _words(verdict: Verdict, rule: str, named: int, weight: float, activities: int, log_e: float, could: str,
           wanted: int, goal: int, apart: int, same: bool) -> Text:  # fmt: skip
    first = span(range(1, goal + 1))
    if verdict is Verdict.FAIL:
        several_zh = "；数据尚不能区分这几种说法" if named > 1 else "（95 % 置信集内唯一的说法）"
        several_en = "; the data do not separate these readings" if named > 1 else " (the one reading in the 95 % set)"
        same_zh = "。在此价格下，这与“发起人收入达到其付费之前不开奖”是同一条规则" if same else ""
        same_en = (
            ". At this price it is the same rule as “no win before the initiator's income covers the fee”"
            if same
            else ""
        )
        return Text(
            f"{activities} 场活动中从未在最前面的盒子中奖：第 {rule} 盒不中奖{several_zh}，最可能的一种占 {weight:.1%}。"
            f"证据为声明规则的 {power_of_ten(log_e)} 倍{same_zh}。",
            f"In {activities} activities the first boxes never won: boxes {rule} never win{several_en}; the likeliest has "
            f"{weight:.1%} of the weight. The evidence is {power_of_ten(log_e)} to 1 against the declared odds{same_en}.",
        )
    if verdict is Verdict.PASS:
        return Text(
            f"{activities} 场活动没有显示最前面的盒子从不中奖（反对声明的证据为 {power_of_ten(log_e)} 倍）；"
            f"若第 {could} 盒从不中奖，这份导出会显示出来。",
            f"{activities} activities do not show that the first boxes never win (evidence against the declaration "
            f"{power_of_ten(log_e)} to 1); had boxes {could} never won, this export would have shown it.",
        )
    return Text(
        f"{activities} 场活动不足以判断：要看出第 {first} 盒从不中奖，需要 {wanted} 场不被中断的活动；"
        f"要区分相邻的两种说法，需要约 {apart} 场。",
        f"{activities} activities cannot tell: to show that boxes {first} never win takes {wanted} that are not cut off, "
        f"to tell it from its neighbour about {apart}.",
    )

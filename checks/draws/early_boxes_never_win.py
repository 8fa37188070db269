"""The first boxes never win.

Does: finds the longest run of first boxes in which no activity ever won, and names the rule that explains it best.
Matters: whoever opens those boxes pays the full price for a chance of zero.
How: a bet on "boxes 1..k never win" against the declared odds for every k, mixed, with extra weight on the k that the
    economics imply; a cut-off activity counts for what it shows. An exact p-value and 95 % set of k stand beside it.
Blind to: a losing stretch that starts later, boxes that win rarely rather than never, and rules with boosts: see
    `boxes_favoured`.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Basis, Finding, Text, Verdict, check, in_percent, several
from audit.forecast import break_even
from audit.replay.draws import draws_of
from audit.rules import Boxes, eras
from audit.rules.odds import box_odds
from audit.stats.bets import LN10
from audit.stats.prefix import PrefixEvidence, prefix_evidence
from checks.draws import e_value, log_need, no_boxes, power_of_ten, runs, span

NEEDS = ("entry.entry_id", "entry.activity_id", "entry.position", "outcome.entry_id", "outcome.outcome")
SQL = "SELECT reached, won_at, activities FROM run_total ORDER BY ALL"


@check(needs=NEEDS, provisions=("cn-prize-sales", "cn-blind-box-odds", "cn-truthful-information"), statistical="boxes")
def early_boxes_never_win(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on the first boxes of all activities, or of each version of the draw."""
    dated = [(day, draw) for day, draw in draws_of(audit.rules) if isinstance(draw, Boxes)]
    if not dated or audit.rules.boosts or not audit.has("run_total"):
        yield no_boxes("first boxes")
        return
    for version, (day, draw) in enumerate(dated):
        subject = "first boxes" if len(dated) == 1 else f"first boxes from {day}"
        yield _judged(audit, version, draw, subject, log_need(audit, len(dated)))


def _judged(audit: Audit, version: int, draw: Boxes, subject: str, need: float) -> Finding:
    rules = next(era for era in reversed(eras(audit.rules)) if era.draw == draw)
    stakes = rules.activity.stake if rules.activity else {}
    derived = next((k for asset in stakes if (k := break_even(rules, asset)) is not None), None)
    found = prefix_evidence(runs(audit, version), box_odds(draw), derived, need)
    if found is None:
        return no_boxes(subject)
    failed, able = found.log_e >= need, found.shown is not None and found.shown <= found.goal
    verdict = Verdict.FAIL if failed else Verdict.PASS if able else Verdict.INCONCLUSIVE
    named = [k for k in found.kept if k] or [found.best]
    rule, could = " / ".join(map(_first, named)), _first(found.shown) if found.shown else ""
    rows = tuple(
        {
            "rule": _first(one.excluded),
            "log10_evidence": round(one.log_bet / LN10, 9) if one.log_bet > -1e300 else None,
            "share": round(found.weight[one.excluded], 6),
            "not_ruled_out": one.excluded in found.kept,
        }
        for one in found.theories
    )
    never = Text(f"第 {rule} 盒从不中奖", f"{rule} never win")
    return Finding(
        subject,
        verdict,
        _words(verdict, found, rule, could, several_rules=len(named) > 1, same=derived in named),
        Basis.STATISTICAL,
        declared=_declared(draw),
        observed=never if failed else Text("与声明的概率不矛盾", "declared odds not contradicted"),
        rows=rows,
        sql=SQL,
        p_value=found.p_value,
        e_value=e_value(found.log_e),
        could_have_seen=Text(f"第 {could} 盒从不中奖", f"boxes {could} never win") if could else "",
    )


def _first(boxes: int) -> str:
    return span(range(1, boxes + 1))


def _declared(draw: Boxes) -> Text:
    if draw.odds == "uniform":
        return Text(f"{draw.boxes} 个盒子机会均等", f"each of {draw.boxes} boxes equally likely")
    odds = ", ".join(f"{boxes.replace('-', '–')}: {chance}" for boxes, chance in draw.odds.items())
    return Text(f"各盒概率 {odds}", f"chance of each box {odds}")


def _words(verdict: Verdict, found: PrefixEvidence, rule: str, could: str, *, several_rules: bool, same: bool) -> Text:
    count, evidence = found.activities, power_of_ten(found.log_e)
    if verdict is Verdict.FAIL:
        set_zh = "；数据尚不能区分这几种说法" if several_rules else "（95 % 置信集内唯一的说法）"
        set_en = "; the data do not separate these readings" if several_rules else " (the one reading in the 95 % set)"
        same_zh = "。在此价格下，这与“发起人收入达到其付费之前不开奖”是同一条规则" if same else ""
        same_en = (
            ". At this price it is the same rule as “no win before the initiator's income covers the fee”"
            if same
            else ""
        )
        weight = found.weight[found.best]
        return Text(
            f"{count} 场活动中从未在最前面的盒子中奖：第 {rule} 盒不中奖{set_zh}，最可能的一种占 {in_percent(weight)}。"
            f"证据为声明规则的 {evidence} 倍{same_zh}。",
            f"In {several(count, 'activity', 'activities')} the first boxes never won: boxes {rule} never win{set_en}; the likeliest has "
            f"{in_percent(weight)} of the weight. The evidence is {evidence} to 1 against the declared odds{same_en}.",
        )
    if verdict is Verdict.PASS:
        return Text(
            f"{count} 场活动没有显示最前面的盒子从不中奖（反对声明的证据为 {evidence} 倍）；若第 {could} 盒从不中奖，这份导出会显示出来。",
            f"{several(count, 'activity does', 'activities do')} not show that the first boxes never win (evidence against the declaration "
            f"{evidence} to 1); had boxes {could} never won, this export would have shown it.",
        )
    first = _first(found.goal)
    return Text(
        f"{count} 场活动不足以判断：要看出第 {first} 盒从不中奖，需要 {found.wanted} 场不被中断的活动；"
        f"要区分相邻的两种说法，需要约 {found.apart} 场。",
        f"{several(count, 'activity', 'activities')} cannot tell: to show that boxes {first} never win "
        f"takes {found.wanted} that are not cut off, "
        f"to tell it from its neighbour about {found.apart}.",
    )

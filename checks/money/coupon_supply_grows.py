"""More of a coupon is paid out than is ever taken in.

Does: compares what one activity mints of each staked asset with what it burns, as declared and as exported.
Matters: a coupon minted faster than it can be spent loses its worth, and with it every award paid in it.
How: exact expectation over the declared draw; awards by choice count once at their least and once at their most.
Blind to: coupons spent or expiring outside the declared rules.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, Declaration
from audit.engine import literal
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.forecast import minted_and_burnt, show
from audit.rules import Boxes


@check(alone="too")
def coupon_supply_grows(audit: Declaration) -> Iterator[Finding]:
    """Yield a screen for each asset that an activity takes in."""
    rules = audit.rules
    staked = {*(rules.activity.stake if rules.activity else ()), *(rules.entry.stake if rules.entry else ())}
    if not isinstance(rules.draw, Boxes) or not staked:
        why = Text("规则没有以券或币参与的活动。", "The rules declare no activity with a stake.")
        yield Finding("assets", Verdict.NOT_APPLICABLE, why, Basis.SCREEN)
        return
    for asset in sorted(staked):
        least, most, taken = minted_and_burnt(rules, asset)
        both = show(least, 1) if least == most else f"{show(least, 1)}–{show(most, 1)}"
        grows = least > taken
        zh = f"{asset}：按声明，每场活动平均发出 {both}，收回 {show(taken, 1)}"
        en = f"{asset}: as declared, an activity pays out {both} on average and takes in {show(taken, 1)}"
        observed: str | Text = ""
        if isinstance(audit, Audit) and audit.has("owed_by_clause"):
            sql = f"SELECT coalesce(sum(paid), 0) FROM owed_by_clause WHERE asset = {literal(asset)}"
            paid = audit.units(asset).show(audit.engine.value(sql))
            started = audit.engine.value("SELECT count(*) FROM activity_once")
            observed = Text(
                f"{started} 场活动共发出 {paid} {asset}", f"{paid} {asset} paid out in {started} activities"
            )
            zh, en = (
                f"{zh}；导出中 {started} 场活动共发出 {paid}",
                f"{en}; in the export {started} activities paid out {paid}",
            )
        yield Finding(
            asset,
            Verdict.FAIL if grows else Verdict.PASS,
            Text(zh + ("，供给不断增长。" if grows else "。"), en + (": the supply keeps growing." if grows else ".")),
            Basis.SCREEN,
            declared=Text(f"发出 {both}，收回 {show(taken, 1)}", f"{both} out, {show(taken, 1)} in"),
            observed=observed,
            amount={asset: show(least - taken)} if grows else {},
            places=(
                audit.at("activity" if rules.activity and asset in rules.activity.stake else "entry", "stake", asset),
            ),
            mend=Text("减少发放，或让券可以花掉", "pay out less of it, or let it be spent") if grows else "",
        )

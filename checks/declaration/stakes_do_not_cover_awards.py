"""What a round takes in does not cover what it pays out.

Does: compares, in each currency, the stakes of one round with its awards and declared costs.
Matters: what a round cannot pay is paid from later participants' money, or not at all.
How: exact enumeration of the declared draw, every role being held; lit where even the cheapest choices cost more on average.
Blind to: income that the rules do not mention, such as a margin on goods.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Declaration
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.forecast import distribution, ends, flows, mean, show, show_odds
from audit.forecast.courses import courses
from audit.forecast.flows import PLATFORM
from checks.declaration import currencies


@check(alone="only")
def stakes_do_not_cover_awards(declared: Declaration) -> Iterator[Finding]:
    """Yield a screen for each currency that a round takes in or pays out."""
    rules = declared.rules
    moved = {
        flow.asset for way in courses(rules) for flow in flows(rules, way) if PLATFORM in (flow.source, flow.target)
    }
    money = [asset for asset in currencies(rules) if asset in moved] if rules.draw else []
    if not money:
        why = Text("规则没有以货币参与的活动。", "The rules declare no round that takes in or pays out money.")
        yield Finding("rounds", Verdict.NOT_APPLICABLE, why, Basis.SCREEN)
    for asset in money:
        cases = distribution(rules, PLATFORM, asset)
        (worst, best), (low, high) = ends(cases), mean(cases)
        short = sum((one.chance for one in cases if one.least < 0), start=cases[0].chance * 0)
        average = show(low) if low == high else f"{show(low)}–{show(high)}"
        spread = Text(f" 至 {show(best)} {asset}，平均 {average}", f" to {show(best)} {asset}, {average} on average")
        spread = spread if worst < best else Text(f" {asset}", f" {asset}")
        facts = Text(f"每轮活动平台所余 {show(worst)}{spread.zh}", f"A round leaves the platform {show(worst)}{spread.en}")
        tail = Text(
            f"；有 {show_odds(short)} 的机会入不敷出。",
            f"; with chance {show_odds(short)} it pays out more than it took in.",
        )
        yield Finding(
            asset,
            Verdict.FAIL if high < 0 else Verdict.PASS,
            Text(facts.zh + (tail.zh if worst < 0 else "。"), facts.en + (tail.en if worst < 0 else ".")),
            Basis.SCREEN,
            observed=Text(f"{show(worst)} 至 {show(best)} {asset}", f"{show(worst)} to {show(best)} {asset}"),
            amount={asset: show(-high)} if high < 0 else {},
            clauses=tuple(rules.awards),
            places=(declared.at("entry") if rules.entry else declared.at("draw"),),
            mend=Text("说明差额由谁承担", "say who bears the difference") if high < 0 else "",
        )

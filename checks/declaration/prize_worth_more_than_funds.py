"""Goods are published as worth more than what pays for them.

Does: compares the published worth of the goods that a round gives away with the money that the round leaves for them.
Matters: a "99 yuan" product bought with 20 yuan is worth less than was said, or is paid for by somebody else.
How: expected worth of awards in assets that declare one, against the mean of what the platform is left with before costs.
Blind to: goods whose worth the rules do not give, and income that they do not mention.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from audit.case import Declaration
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.forecast import courses, distribution, flows, mean, show
from audit.forecast.flows import OUTSIDE, PLATFORM


@check(alone="only", provisions=("cn-false-promotion", "cn-prize-sales"))
def prize_worth_more_than_funds(declared: Declaration) -> Iterator[Finding]:
    """Yield a screen for each asset with a published worth that a round gives away."""
    rules, found = declared.rules, 0
    for asset, record in rules.assets.items():
        for money, worth in (record.worth or {}).items():
            given = sum(
                (way.chance * flow.most for way in courses(rules) for flow in flows(rules, way)
                 if flow.source == PLATFORM and flow.asset == asset),
                Fraction(0),
            )  # fmt: skip
            if not rules.draw or not given:
                continue
            found += 1
            spent = sum(
                (way.chance * flow.most for way in courses(rules) for flow in flows(rules, way)
                 if flow.target == OUTSIDE and flow.asset == money),
                Fraction(0),
            )  # fmt: skip
            left = mean(distribution(rules, PLATFORM, money))[1] + spent
            said = given * Fraction(worth)
            short = said > left
            yield Finding(
                asset,
                Verdict.FAIL if short else Verdict.PASS,
                Text(
                    f"每轮送出的 {asset} 公布价值 {show(said)} {money}，而活动所余至多 {show(left)} {money}。",
                    f"A round gives away {asset} published as worth {show(said)} {money}; "
                    f"it leaves at most {show(left)} {money} to pay for it.",
                ),
                Basis.SCREEN,
                declared=f"{show(said)} {money}",
                observed=f"{show(left)} {money}",
                amount={money: show(said - left)} if short else {},
                clauses=tuple(
                    name for name, award in rules.awards.items()
                    if any(asset in option for option in (award.pays or {}, *(award.choice or ())))
                ),
                places=(declared.at("assets", asset, "worth"),),
                mend=Text("公布真实价格，或说明差价由谁支付", "publish the real price, or who pays the rest") if short else "",
            )  # fmt: skip
    if not found:
        why = Text("规则没有公布所送物品的价值。", "No worth is published of anything that is given away.")
        yield Finding("goods", Verdict.NOT_APPLICABLE, why, Basis.SCREEN)

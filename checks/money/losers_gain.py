"""Whoever does not win is paid more than they staked.

Does: adds up what the clauses give a losing entry and sets it against the stake.
Matters: a game in which losing pays needs new money to go on; it sells the reward, not the goods.
How: exact: the declared awards to a participant on loss, and their share of a pot, less the declared stake.
Blind to: what a supplier or the platform puts in openly; goods and coupons, which have no declared worth.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from audit.case import Audit
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from audit.forecast import show
from audit.rules import Group, Split, clauses_of

LAW = ("cn-rebate-warning-2018", "cn-promo-2020-art11-12", "cn-case-shimen-pintuan", "cn-case-yantian-blindbox",
       "cn-illegal-fundraising-2021-art19-3", "cn-anti-pyramid-2005-art2")  # fmt: skip


@check(provisions=LAW)
def losers_gain(audit: Audit) -> Iterator[Finding]:
    """Yield a screen for each staked asset, lit where a loser is left with more of it than before."""
    rules = audit.rules
    stake = dict(rules.entry.stake) if rules.entry else {}
    if not stake or rules.draw is None or not any(award.on == "loss" for award in clauses_of(rules).values()):
        yield nothing("losing entries", "规则没有给未中者的奖励。", "The rules give nothing to those who do not win.")
        return
    for asset, price in stake.items():
        got = Fraction(0)
        clauses: list[str] = []
        for name, award in clauses_of(rules).items():
            pay = (award.pays or {}).get(asset)
            everybody = award.on == "completion" and award.to == "entrants" and isinstance(rules.draw, Group)
            if isinstance(pay, Decimal) and award.to == "participant" and award.on in ("entry", "loss"):
                got, clauses = got + Fraction(pay), [*clauses, name]
            elif isinstance(pay, Split) and everybody and isinstance(rules.draw, Group):
                got, clauses = got + Fraction(pay.pot) / rules.draw.size, [*clauses, name]
        gain = got - Fraction(price)
        yield Finding(
            f"losing entry in {asset}",
            Verdict.FAIL if gain > 0 else Verdict.PASS,
            Text(
                f"未中者付出 {price} {asset}，按条款得回 {show(got)}，净 {show(gain)}。"
                + ("未中也获利：资金从何而来须另行说明。" if gain > 0 else ""),
                f"Who does not win pays {price} {asset} and by the clauses gets {show(got)} back: {show(gain)} net."
                + (" Losing pays: where the money comes from needs to be shown." if gain > 0 else ""),
            ),
            Basis.SCREEN,
            declared=f"{price} {asset}",
            observed=f"{show(got)} {asset}",
            amount={asset: show(gain)},
            clauses=tuple(clauses),
        )

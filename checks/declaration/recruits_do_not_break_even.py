"""So many recruits, it was said, and one is even: the rules give less.

Does: works out what a member gets for the recruits that the claim names, and compares it with what entry cost.
Matters: an amount that is credited and an amount that can be taken out are not the same, and the claim is made with the larger.
How: the rules are replayed for one member and recruits who each buy once and recruit nobody; exact, to the last step. Both
    figures are said: as credited, and less what a clause keeps back of a withdrawal. Short as credited: contradicted; short
    only as withdrawable: a screen, for the claim may have meant the credit.
Blind to: claims without `paid`; fees and limits of a withdrawal that the rules do not hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from audit.case import Declaration
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.forecast import show

LAW = ("cn-false-promotion", "cn-truthful-information", "kr-dts-21", "us-ftc-act-s5", "us-16cfr437")


@check(alone="too", provisions=LAW)
def recruits_do_not_break_even(declared: Declaration) -> Iterator[Finding]:
    """Yield a finding for each such claim."""
    from audit.simulate.recruiting import recruited
    from audit.simulate.settle import money_of

    rules = declared.rules
    mine = {name: one for name, one in rules.reported.items() if one.recruits and one.paid is not None}
    if not mine:
        why = Text(
            "规则没有写明价格的回本宣称。", "The rules publish no claim to be even with so many recruits at a price."
        )
        yield Finding("recruits", Verdict.NOT_APPLICABLE, why, Basis.DOCUMENT)
    for name, claim in mine.items():
        price, count, asset = claim.paid or Decimal(0), claim.recruits or 0, claim.in_
        if asset != money_of(rules):
            why = Text(f"订单不以 {asset} 支付。", f"Orders are not paid in {asset}.")
            yield Finding(name, Verdict.NOT_APPLICABLE, why, Basis.DOCUMENT)
            continue
        got = recruited(rules, price, count)
        even, free = got.credited >= Fraction(price), got.withdrawable >= Fraction(price)
        credited, frozen, out = show(got.credited), show(got.frozen), show(got.withdrawable)
        cost = show(Fraction(price))
        sides = ["<" if not one else "≥" for one in (even, free)]
        until = ", ".join(got.until)
        zh = f"其中 {frozen} 冻结至 {until}，可提现 {out} {sides[1]} {cost}" if got.frozen else "全部可提现"
        en = f"of it {frozen} stay frozen until {until}, and {out} {sides[1]} {cost} can be withdrawn" if got.frozen else (
            "all of it can be withdrawn")  # fmt: skip
        yield Finding(
            name,
            Verdict.PASS if free else Verdict.FAIL,
            Text(f"所称推荐 {count} 人即回本。按条款入账 {credited} {sides[0]} {cost} {asset}；{zh}。",
                 f"Claimed: even after {count} recruits. By the clauses {credited} {sides[0]} {cost} {asset} are credited; {en}."),
            Basis.SCREEN if even and not free else Basis.DOCUMENT,
            declared=claim.says or f"{count} → {price} {asset}",
            observed=Text(f"入账 {credited}，可提现 {out}", f"{credited} credited, {out} withdrawable"),
            rows=({"recruits": count, "price": cost, "credited": credited, "frozen": frozen, "withdrawable": out,
                   "asset": asset},),
            clauses=got.by,
            places=(declared.at("reported", name, "recruits"),),
            mend="" if free else Text("写明入账与可提现两个数字", "say both figures, as credited and as withdrawable"),
        )  # fmt: skip

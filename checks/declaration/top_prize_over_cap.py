"""The top prize of a draw is above the cap for prize sales.

Does: compares the dearest prize of one chance, in yuan or at its published worth, with 50 000 yuan.
Matters: sales with a draw may not offer more in mainland China; the cap itself is still allowed.
How: awards on a win and fixed prizes of tiers; goods count at the worth that the rules publish.
Blind to: goods without a published worth, prizes shared from a pot, and chances that add up on one ticket.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from audit.case import Declaration
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.rules import Numbers, Rules
from audit.rules.document import Path_

CAP = Decimal(50_000)


@check(alone="only", provisions=("cn-prize-cap", "cn-promo-2020-art17", "cn-promo-2020-art18"))
def top_prize_over_cap(declared: Declaration) -> Iterator[Finding]:
    """Yield a screen for the dearest prize."""
    prizes = sorted(_prizes(declared.rules), key=lambda one: one[0])
    if not prizes:
        why = Text("没有以人民币或公布价值计的抽奖奖品。", "No prize of a draw is in yuan or has a published worth.")
        yield Finding("prizes", Verdict.NOT_APPLICABLE, why, Basis.SCREEN)
        return
    value, name, path = prizes[-1]
    over = value > CAP
    yield Finding(
        name,
        Verdict.FAIL if over else Verdict.PASS,
        Text(
            f"最高奖 {value:f} 元，{'超过' if over else '不超过'} {CAP} 元。",
            f"The top prize is {value:f} CNY, {'above' if over else 'not above'} {CAP} CNY.",
        ),
        Basis.SCREEN,
        declared=f"{value:f} CNY",
        observed=f"{CAP} CNY",
        amount={"CNY": f"{value - CAP:f}"} if over else {},
        places=(declared.at(*path),),
        mend=Text("降低最高奖", "lower the top prize") if over else "",
    )


def _prizes(rules: Rules) -> Iterator[tuple[Decimal, str, Path_]]:
    for name, award in rules.awards.items():
        if award.on == "win" and award.to == "participant":
            for option in (award.pays or {}, *(award.choice or ())):
                yield from ((value, name, ("awards", name)) for value in _yuan(rules, option))
    for tier, rule in rules.draw.tiers.items() if isinstance(rules.draw, Numbers) else ():
        yield from ((value, f"tier {tier}", ("draw", "tiers", tier)) for value in _yuan(rules, rule.prize or {}))


def _yuan(rules: Rules, money: Mapping[str, object]) -> Iterator[Decimal]:
    for asset, amount in money.items():
        worth = Decimal(1) if asset == "CNY" else (rules.assets[asset].worth or {}).get("CNY")
        if worth is not None and isinstance(amount, Decimal):
            yield amount * worth

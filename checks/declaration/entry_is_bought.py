"""Whoever takes part must pay first, and is paid from what later participants pay.

Does: finds roles that are had for a stake and that clauses pay out of other people's stakes or orders.
Matters: a fee or a purchase for the right to earn from those who come after is what rules on pyramid selling look at.
How: from the text alone: the role's own stake, and clauses that pay the role on somebody else's entry or order.
Blind to: fees asked outside the rules file, and roles that can also be had for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Declaration
from audit.finding import Basis, Finding, Text, Verdict, check


@check(alone="only", provisions=("cn-anti-pyramid-2005-art7-2", "cn-criminal-law-224-1"))
def entry_is_bought(declared: Declaration) -> Iterator[Finding]:
    """Yield a screen for the role that starts an activity."""
    rules = declared.rules
    stake = {asset: amount for asset, amount in (rules.activity.stake if rules.activity else {}).items() if amount}
    earns = tuple(
        name for name, award in rules.awards.items() if award.to == "initiator" and award.on in ("entry", "win", "loss", "order")
    )  # fmt: skip
    if not stake or not earns:
        why = Text("没有须先付费、再从后来者付款中获益的角色。", "No role is bought and then paid on what others pay.")
        yield Finding("roles", Verdict.NOT_APPLICABLE, why, Basis.SCREEN)
        return
    price = ", ".join(f"{amount} {asset}" for asset, amount in stake.items())
    yield Finding(
        "initiator",
        Verdict.FAIL,
        Text(
            f"发起人须先付 {price}，再按他人的参与获得报酬（{'、'.join(earns)}）：触及“入门费”的文字要件之一。",
            f"An initiator pays {price} first, and is then paid on what others pay ({', '.join(earns)}): "
            "one element of the textual threshold for an entry fee.",
        ),
        Basis.SCREEN,
        declared=price,
        clauses=earns,
        places=(declared.at("activity", "stake"), *(declared.at("awards", name) for name in earns)),
        mend=Text("让无须付费者也能取得同样的资格", "let the role be had without paying"),
    )

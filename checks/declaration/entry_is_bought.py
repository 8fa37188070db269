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
from checks.money.entry_bought_before_rewards import LAW


@check(alone="only", provisions=LAW)
def entry_is_bought(declared: Declaration) -> Iterator[Finding]:
    """Yield a screen for the role that starts an activity, and for each rank that is bought."""
    rules = declared.rules
    yield from _ranks(declared)
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


def _ranks(declared: Declaration) -> Iterator[Finding]:
    """Ranks that take an order, and the clauses that pay their holders on other people's orders."""
    rules = declared.rules
    for name, rank in getattr(rules, "ranks", {}).items():
        earns = tuple(
            clause
            for clause, award in rules.awards.items()
            if award.to.endswith(f".{name}") or (award.to == "participant.referrer" and award.on == "order")
        )
        if rank.bought and earns:
            yield Finding(
                name,
                Verdict.FAIL,
                Text(
                    f"须先购买才能成为 {name}，成为后按他人的订单获得报酬（{'、'.join(earns)}）：触及“入门费”的文字要件之一。",
                    f"To be {name} takes a purchase, and then pays on what others order ({', '.join(earns)}): "
                    "one element of the textual threshold for an entry fee.",
                ),
                Basis.SCREEN,
                clauses=earns,
                places=(declared.at("ranks", name), *(declared.at("awards", clause) for clause in earns)),
                mend=Text("让无须购买者也能取得同样的资格", "let the rank be had without buying"),
            )

"""How much of one order can go to people other than the buyer, by the clauses alone: the ceiling, when every rank is held."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from audit.rules import Award, Share
from audit.rules.awards import Condition


def bears_on(when: Condition | None, item: str | None, kind: str | None) -> bool:
    """Whether a clause bears on orders of this item and kind."""
    if when is None:
        return True
    return (when.item is None or item in when.item) and (when.kind is None or kind in when.kind)


def most_paid(
    awards: Mapping[str, Award], price: Decimal, asset: str, item: str | None, kind: str | None
) -> dict[str, Decimal]:
    """The most that each clause can pay others on one such order, in units; clauses that can pay nothing are left out.

    A rank's difference counts with its highest amount, a share of what others earned with the most that those can earn,
    a pool with what it takes from each order.
    """
    fixed: dict[str, Decimal] = {}
    shares: dict[str, tuple[Decimal, tuple[str, ...]]] = {}
    for name, award in awards.items():
        pay: Any = (award.pays or {}).get(asset)
        if pay is None or award.on not in ("order", "day-end") or award.to in ("participant", "initiator"):
            continue
        if not bears_on(award.when, item, kind):
            continue
        if isinstance(pay, Decimal):
            fixed[name] = pay
        elif isinstance(pay, Share) and pay.of == "order":
            fixed[name] = price * pay.percent / 100
        elif isinstance(getattr(pay, "of", None), tuple):
            shares[name] = (Decimal(pay.percent), tuple(pay.of))
        elif isinstance(steps := getattr(pay, "difference", None), Mapping):
            fixed[name] = max(steps.values())
        elif (each := getattr(pay, "per_order", None)) is not None:
            fixed[name] = Decimal(each)
    for name, (percent, of) in shares.items():
        fixed[name] = sum((fixed.get(one, Decimal(0)) for one in of), Decimal(0)) * percent / 100
    return fixed

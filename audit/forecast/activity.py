"""One activity of boxes, box by box: what a role nets, and what is minted and burnt. Exact fractions throughout."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from audit.rules import Award, Boxes, Ladder, Rules
from audit.rules.odds import box_odds
from audit.rules.scalars import span_of


@dataclass(frozen=True)
class Outcome:
    """The activity ends with a win at `box`: its declared chance, and what the role then nets, in units."""

    box: int
    chance: Fraction
    net: Fraction


def _boxes(rules: Rules) -> Boxes:
    if not isinstance(rules.draw, Boxes):
        raise TypeError("these rules declare no boxes")
    return rules.draw


def _paid(award: Award, asset: str, box: int) -> Fraction:
    """What a clause pays in an activity that ends at `box`, without choices; a share of an order is not known beforehand."""
    last = {"start": 1, "completion": 1, "win": 1, "entry": box, "loss": box - 1}.get(award.on, 0)
    counted = span_of(award.nth) if award.nth and award.on == "entry" else range(1, last + 1)
    counts = [place for place in range(1, last + 1) if place in counted and place % (award.every or 1) == 0]
    pay = (award.pays or {}).get(asset, Decimal(0))
    if isinstance(pay, Ladder):
        return sum((Fraction(amount) for span, amount in pay.ladder.items() for place in counts if place in span_of(span)),
                   start=Fraction(0))  # fmt: skip
    return len(counts) * Fraction(pay) if isinstance(pay, Decimal) else Fraction(0)


def net_by_box(rules: Rules, role: str, asset: str) -> list[Outcome]:
    """What a role nets in one asset for each box the win may fall on: awards to it less its stake.

    Awards by choice are left out: which option is taken is not declared.
    """
    stake = rules.activity.stake.get(asset, Decimal(0)) if rules.activity and role == "initiator" else Decimal(0)
    found = []
    for box, chance in enumerate(box_odds(_boxes(rules)), 1):
        awarded = (_paid(award, asset, box) for award in rules.awards.values() if award.to == role)
        found.append(Outcome(box, chance, sum(awarded, start=-Fraction(stake))))
    return found


def break_even(rules: Rules, asset: str) -> int | None:
    """The boxes that would have to be barred for an initiator never to lose: the highest box with a negative net.

    None where no box makes the initiator lose, or every box does.
    """
    outcomes = [one for one in net_by_box(rules, "initiator", asset) if one.chance]
    losing = [one.box for one in outcomes if one.net < 0]
    return max(losing) if losing and len(losing) < len(outcomes) else None


def minted_and_burnt(rules: Rules, asset: str) -> tuple[Fraction, Fraction, Fraction]:
    """An asset's expected supply an activity: (paid out without choices, paid out at most, taken in as stakes)."""
    draw = _boxes(rules)
    opened = sum((chance * box for box, chance in enumerate(box_odds(draw), 1)), Fraction(0))
    times: Mapping[str, Fraction] = {"start": Fraction(1), "completion": Fraction(1), "win": Fraction(1),
                                     "entry": opened, "loss": opened - 1}  # fmt: skip
    least = most = Fraction(0)
    for award in rules.awards.values():
        if award.on not in times:
            continue
        options = [Fraction(option.get(asset, Decimal(0))) for option in award.choice or ()] or [Fraction(0)]
        sure = sum(
            (chance * _paid(award, asset, box) for box, chance in enumerate(box_odds(draw), 1)), start=Fraction(0)
        )
        least += sure + times[award.on] * min(options)
        most += sure + times[award.on] * max(options)
    taken = Fraction(rules.activity.stake.get(asset, Decimal(0))) if rules.activity else Fraction(0)
    taken += opened * Fraction(rules.entry.stake.get(asset, Decimal(0))) if rules.entry else Fraction(0)
    return least, most, taken


def show_odds(value: Fraction) -> str:
    """A chance as an exact fraction, or to six digits where nobody could read that."""
    return str(value) if value.denominator <= 10**9 else f"{float(value):.6g}"


def show(value: Fraction, places: int = 2) -> str:
    """A fraction as a decimal string, exact where it ends within the places, else rounded half up."""
    scaled = value * 10**places
    whole = math.floor(scaled + Fraction(1, 2))
    with localcontext(prec=80):
        return f"{Decimal(whole).scaleb(-places):.{places}f}"

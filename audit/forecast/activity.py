"""One activity of boxes, box by box: what a role nets, and what is minted and burnt. Exact fractions throughout."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from audit.rules import Award, Boxes, Rules
from audit.rules.odds import box_odds


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


def _pays(award: Award, asset: str) -> Decimal:
    """What a clause pays whatever was ordered: a share of an order is not known beforehand."""
    pay = (award.pays or {}).get(asset, Decimal(0))
    return pay if isinstance(pay, Decimal) else Decimal(0)


def net_by_box(rules: Rules, role: str, asset: str) -> list[Outcome]:
    """What a role nets in one asset for each box the win may fall on: awards to it less its stake.

    Awards by choice are left out: which option is taken is not declared.
    """
    stake = rules.activity.stake.get(asset, Decimal(0)) if rules.activity and role == "initiator" else Decimal(0)
    found = []
    for box, chance in enumerate(box_odds(_boxes(rules)), 1):
        times = {"start": 1, "completion": 1, "win": 1, "entry": box, "loss": box - 1}
        total = -stake
        for award in rules.awards.values():
            if award.to == role and award.on in times:
                total += times[award.on] * _pays(award, asset)
        found.append(Outcome(box, chance, Fraction(total)))
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
        sure = Fraction(_pays(award, asset))
        least += times[award.on] * (sure + min(options))
        most += times[award.on] * (sure + max(options))
    taken = Fraction(rules.activity.stake.get(asset, Decimal(0))) if rules.activity else Fraction(0)
    taken += opened * Fraction(rules.entry.stake.get(asset, Decimal(0))) if rules.entry else Fraction(0)
    return least, most, taken


def show(value: Fraction, places: int = 2) -> str:
    """A fraction as a decimal string, exact where it ends within the places, else rounded half up."""
    scaled = value * 10**places
    whole = math.floor(scaled + Fraction(1, 2))
    return f"{Decimal(whole).scaleb(-places):.{places}f}"

"""Money as whole steps of its asset: fen, wei, coupons. Exact, never a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction


@dataclass(frozen=True)
class Units:
    """An asset's smallest amount: step / 10^decimals units."""

    asset: str
    decimals: int
    step: int

    @classmethod
    def of(cls, asset: str, step: Decimal) -> Units:
        """The units of a declared step, such as 0.01."""
        places = max(0, -int(step.normalize().as_tuple().exponent))
        return cls(asset, places, int(step.scaleb(places)))

    def steps(self, amount: Decimal) -> int:
        """An amount in units as whole steps; it must be one (rules are checked for it)."""
        with localcontext(prec=80):
            return int(amount.scaleb(self.decimals)) // self.step

    def show(self, steps: int | Decimal) -> str:
        """Whole steps as a decimal string in units, such as "4.50"; exact for the 38 digits an amount may have."""
        with localcontext(prec=80):
            return f"{Decimal(int(steps) * self.step).scaleb(-self.decimals):.{self.decimals}f}"


def share_of(percent: Decimal, rounding: str) -> tuple[int, int, int]:
    """(num, den, add): a percentage of whole steps, rounded as declared, is (steps * num + add) // den."""
    share = Fraction(percent) / 100
    num, den = share.numerator, share.denominator
    return (2 * num, 2 * den, den) if rounding == "half-up" else (num, den, den - 1 if rounding == "up" else 0)

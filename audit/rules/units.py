"""Money as whole steps of its asset: fen, wei, coupons. Exact, never a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext


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

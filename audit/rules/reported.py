"""Published sentences about what happened to people, made comparable with an export."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from audit.rules.scalars import STRICT, Amount, Asset, Odds, Whole


@dataclass(frozen=True, config=STRICT)
class Reported:
    """One claim about outcomes: "80 % bought again", "recruit three and you are even", "most earn 3000"."""

    quantity: Literal["bought-again", "even-with-recruits", "median-received", "earlier-wins-more"] = Field(
        description="bought-again: the share of buyers with a second order; even-with-recruits: everybody with so many recruits "
        "got back what entry cost; median-received: what the middle member received; earlier-wins-more: early entries win more"
    )
    at_least: Odds | None = Field(default=None, alias="at-least", description="of bought-again: the share claimed")
    recruits: Annotated[Whole, Field(ge=1, le=10**6)] | None = Field(default=None, description="of even-with-recruits")
    paid: Amount | None = Field(
        default=None,
        description="of even-with-recruits: what entry cost, in units; then the rules themselves are asked as well, as credited "
        "and as withdrawable; absent: all that a member paid",
    )
    amount: Amount | None = Field(default=None, description="of median-received: the least amount, in units")
    in_: Asset | None = Field(default=None, alias="in", description="asset of what is received")
    says: str = Field(default="", description="the platform's own words")

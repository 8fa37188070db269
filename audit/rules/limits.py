"""What a platform adds to its rules for its own use: limits that `lint` holds the clauses to, and costs that forecasts count."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from audit.rules.awards import Event
from audit.rules.scalars import STRICT, Amount, Asset, Money, Name, Odds


@dataclass(frozen=True, config=STRICT)
class Bound:
    """A limit that the platform sets itself: nobody published it, but `lint` holds the clauses to it."""

    quantity: Literal["odds", "paid", "net"] = Field(
        description="odds: the chance of one entry to win; paid: what one round pays out; net: what is left to `of`"
    )
    of: Literal["win", "platform", "initiator", "participant"] | Name = Field(
        description="of odds: win, a prize or a tier; of paid: a clause, or platform for all of them; of net: who"
    )
    in_: Asset | None = Field(default=None, alias="in", description="asset of the amounts; odds have none")
    at_least: Amount | Odds | None = Field(default=None, alias="at-least", description="the lowest it may be")
    at_most: Amount | Odds | None = Field(default=None, alias="at-most", description="the highest it may be")
    on_average: bool = Field(default=False, alias="on-average", description="the mean, not the worst outcome")
    says: str = ""


@dataclass(frozen=True, config=STRICT)
class Cost:
    """What the platform itself spends on an event: goods, postage. No export shows it; forecasts count it."""

    on: Event
    pays: Money
    says: str = ""

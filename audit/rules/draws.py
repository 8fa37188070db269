"""Draws: how chance decides, as frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from pydantic.dataclasses import dataclass

from audit.rules.scalars import STRICT, Asset, Money, Name, Odds, Range, Whole


@dataclass(frozen=True, config=STRICT)
class Boxes:
    """Boxes opened in order until the one that holds the prize; the activity ends with the win."""

    kind: Literal["boxes"]
    boxes: Annotated[Whole, Field(ge=1, le=100_000)]
    prizes: Mapping[Asset, Annotated[Whole, Field(ge=1, le=1)]] = Field(description="the one prize in the boxes")
    odds: Literal["uniform"] | Mapping[Range, Odds] = Field(
        description='uniform, or the chance of each box of a range: {"1-6": "0", "7-24": "1/18"}'
    )
    says: str = ""


@dataclass(frozen=True, config=STRICT)
class Group:
    """Places taken until the group is full; then some of those in it win, all equally likely.

    A group that never fills decides nothing and owes nothing.
    """

    kind: Literal["group"]
    size: Annotated[Whole, Field(ge=2, le=10_000, description="places in a group")]
    winners: Annotated[Whole, Field(ge=1, description="how many of them win")]
    odds: Literal["equal"] = "equal"
    says: str = ""


@dataclass(frozen=True, config=STRICT)
class Raffle:
    """Tickets are drawn from those handed out so far: at every so-many-th entry of an activity, or once when it ends."""

    kind: Literal["raffle"]
    every: Annotated[Whole, Field(ge=1, le=10**9)] | None = Field(
        default=None,
        description="a draw at every so-many-th entry, that entry included; absent: one when the activity ends",
    )
    winners: Annotated[Whole, Field(ge=1, le=10**6)] = Field(default=1, description="how many are drawn each time")
    among: Literal["not-yet-won", "everyone"] = Field(
        default="not-yet-won", description="not-yet-won: whoever has won is out of all later draws of the activity"
    )
    tickets: Literal["equal", "weight"] = Field(
        default="equal", description="equal: each entry is one ticket; weight: as many as the export's `weight` says"
    )
    says: str = ""


@dataclass(frozen=True, config=STRICT)
class Rise:
    """A chance that grows with every miss, as declared."""

    from_: Annotated[Whole, Field(ge=2, le=10**6)] = Field(
        alias="from", description="the first entry with a higher chance"
    )
    by: Odds = Field(description="how much it grows with each entry, up to certainty")


@dataclass(frozen=True, config=STRICT)
class Chance:
    """The chance of one prize, and after how many entries without it (or a better one) it is certain."""

    chance: Odds = Field(description='of each entry: "0.006" or 3/500')
    guarantee: Annotated[Whole, Field(ge=1, le=10**6)] | None = Field(
        default=None, description="the so-many-th entry since the last such prize, or a better one, is certain to win"
    )
    rises: Rise | None = Field(default=None, description="a chance that grows before that")


@dataclass(frozen=True, config=STRICT)
class Chances:
    """Each entry is decided by itself, with declared chances; a guarantee may make one certain."""

    kind: Literal["chances"]
    prizes: Mapping[Name, Chance] = Field(description="prizes, the best first; what is left of the chance is a loss")
    counted: Literal["participant", "participant-in-activity", "activity"] = Field(
        default="participant", description="whose entries without a prize count towards a guarantee"
    )
    says: str = ""


@dataclass(frozen=True, config=STRICT)
class Pool:
    """Numbers drawn without replacement, each of those left equally likely."""

    from_: Annotated[Whole, Field(ge=0)] = Field(alias="from", description="lowest number")
    to: Annotated[Whole, Field(ge=0)] = Field(description="highest number")
    pick: Annotated[Whole, Field(ge=1)] = Field(description="how many are drawn")


@dataclass(frozen=True, config=STRICT)
class Tier:
    """A prize tier of a number lottery."""

    matches: tuple[Mapping[Name, Annotated[Whole, Field(ge=0)]], ...] = Field(
        description="matched numbers by pool; several lines: any of them; what fits several tiers is in the first"
    )
    prize: Money | None = Field(default=None, description="fixed prize of one bet; absent: shared from the pot")


@dataclass(frozen=True, config=STRICT)
class Numbers:
    """A number lottery."""

    kind: Literal["numbers"]
    pools: Mapping[Name, Pool]
    tiers: Mapping[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,20}$")], Tier] = Field(
        default_factory=dict
    )
    says: str = ""


Draw = Boxes | Group | Raffle | Chances | Numbers

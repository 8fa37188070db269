"""Ranks, milestones, the referral tree and what is paid by them, as frozen records.

A recruit is somebody whose referrer brought them; a line is a direct recruit with everybody below, along referrers.
Ranks once reached are kept. An order is paid by the ranks held before it; then everybody's ranks are looked at again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from audit.rules.scalars import STRICT, Amount, Name, Range, Whole

NAME = "[a-z][a-z0-9-]{0,59}"
RANKED_ROLE = (
    rf"(participant|initiator|earner)(\.nearest\.{NAME}){{1,9}}|earner(\.referrer){{1,9}}|participant\.upline"
    rf"|holders(\.exactly)?\.{NAME}"
)
Count = Annotated[Whole, Field(ge=1, le=10**6)]
Rounding = Literal["down", "half-up", "up"]


@dataclass(frozen=True, config=STRICT)
class Bought:
    """Orders by what was ordered; several names: any of them; neither key: every order."""

    item: tuple[str, ...] | None = Field(default=None, description="the item ordered, as the export names it")
    kind: tuple[str, ...] | None = Field(default=None, description="the kind of order, as the export names it")


@dataclass(frozen=True, config=STRICT)
class OrdersBelow:
    """So many orders below a participant, along referrers."""

    count: Count
    under: Range | None = Field(
        default=None,
        description="only orders below the recruits of these numbers, added up; those recruits' own orders are left out; "
        "absent: every order below the participant",
    )
    when: Bought | None = Field(default=None, description="which orders count; absent: all")


@dataclass(frozen=True, config=STRICT)
class Rank:
    """What it takes to reach a rank or a milestone: all of what is named, in any order; nothing named: registration."""

    bought: Bought | None = Field(default=None, description="an order of this item or kind, of one's own")
    holds: Name | None = Field(default=None, description="a rank or milestone that must be held too")
    recruits: Mapping[Name, Count] = Field(
        default_factory=dict, description="so many direct recruits hold the rank: {member: 2}"
    )
    lines: Mapping[Name, Count] = Field(
        default_factory=dict, description="so many lines each hold the rank somewhere: {member: 3}"
    )
    each: Mapping[Range, Name] = Field(
        default_factory=dict, description='the recruits of these numbers all hold the rank: {"1-2": agent}'
    )
    orders: OrdersBelow | None = None
    filled: Annotated[Whole, Field(ge=1, le=16)] | None = Field(
        default=None, description="all places of this level below are taken; for a tree with a `matrix`"
    )
    says: str = Field(default="", description="the platform's own words")


@dataclass(frozen=True, config=STRICT)
class HandOver:
    """A participant's first recruits go, with everybody below them, to the nearest above who holds a rank just then."""

    first: Annotated[Whole, Field(ge=1, le=100)] = Field(description="how many recruits are handed over")
    to: Name = Field(description="the rank that the receiver holds")
    otherwise: Literal["company", "recruiter"] = Field(
        description="where nobody above holds it: to the company for good, or they stay with their recruiter"
    )
    says: str = ""


@dataclass(frozen=True, config=STRICT)
class Matrix:
    """Nobody has more than `width` directly below; a recruit takes the first free place below the recruiter.

    Places fill level by level, in each level from the left; the width is the same everywhere.
    """

    width: Annotated[Whole, Field(ge=2, le=100)]
    says: str = ""


@dataclass(frozen=True, config=STRICT)
class Tree:
    """Where recruits stand. Referrers stay who they are: only `nearest` and `upline` follow the places declared here."""

    recruit: Name | None = Field(
        default=None,
        description="reaching this rank makes a recruit, who is numbered and placed then; absent: registration",
    )
    hand_over: HandOver | None = Field(default=None, alias="hand-over")
    matrix: Matrix | None = None
    says: str = ""


@dataclass(frozen=True, config=STRICT)
class Difference:
    """An amount by rank, paid to those above less what nearer ones got: 20, 30, 50 spend 50 in all."""

    difference: Mapping[Name, Amount] = Field(description='{v1: "20", v2: "30", v3: "50"}, lowest rank first')


@dataclass(frozen=True, config=STRICT)
class Income:
    """A percentage of what one recipient earned by one event under the clauses named, rounded once."""

    percent: Amount = Field(description='quoted decimal, such as "10"')
    of: tuple[Name, ...] = Field(description="the clauses whose awards are the income, due on the same event")
    rounding: Rounding = Field(description="what becomes of a fraction of a step")
    compounding: bool = Field(
        description="whether this award is itself income, of which the next one above gets a percentage"
    )
    earner: Name | None = Field(default=None, description="only the income of those who hold this rank")


@dataclass(frozen=True, config=STRICT)
class DayPool:
    """A pool fed by orders, shared when the day ends (24:00) by the holders of a rank, in equal parts rounded down."""

    per_order: Amount = Field(alias="per-order", description="what each order feeds, in units")
    shared: Literal["equal"] = Field(description="in equal parts")
    rest: Literal["carried"] = Field(
        description="what does not divide, or all where nobody holds the rank: to the next day"
    )


@dataclass(frozen=True, config=STRICT)
class PartFrozen:
    """A withdrawal less the percentage of it that stays frozen until a milestone is reached."""

    freeze: Amount = Field(description='percentage, a quoted decimal, such as "20"')
    rounding: Rounding = Field(description="what becomes of a fraction of a step of the frozen part")
    until: Name = Field(description="the rank or milestone that ends the freezing for its holder, for good")


@dataclass(frozen=True, config=STRICT)
class Released:
    """Everything that a clause froze for a participant."""

    released: Name = Field(description="the clause with `freeze`")

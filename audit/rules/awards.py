"""Awards: who is owed what, on which event, as frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag
from pydantic.dataclasses import dataclass

from audit.rules.people import People
from audit.rules.ranks import RANKED_ROLE, DayPool, Difference, Income, PartFrozen, Released
from audit.rules.scalars import STRICT, Amount, Asset, Money, Name, Range, Span, Whole

Event = Literal[
    "registration", "start", "entry", "win", "loss", "completion", "order", "recruit",
    "rank-reached", "milestone", "day-end", "withdrawal",
]  # fmt: skip
ROLE = r"entrants|everyone-so-far|everyone-in-the-end|(participant|initiator)((\.referrer){1,9}|\.team_leader)?"
Role = Annotated[str, StringConstraints(pattern=f"^({ROLE}|{RANKED_ROLE})$")]


@dataclass(frozen=True, config=STRICT)
class Share:
    """A percentage of what an event moved, in the same asset, rounded to a whole step as declared."""

    percent: Amount = Field(description='quoted decimal, such as "12.5"')
    of: Literal["order", "stake", "withdrawal"] = Field(
        description="the amount it is a percentage of: what an order, or an entry, paid, or what was withdrawn"
    )
    rounding: Literal["down", "half-up", "up"] = Field(description="what becomes of a fraction of a step")


@dataclass(frozen=True, config=STRICT)
class Split:
    """A pot shared by everybody in a group, in whole steps.

    Random shares are drawn by the platform, so the export must hold them (`share` of an outcome, or what was paid); every
    way to share the pot in whole steps of at least `least` is equally likely.
    """

    pot: Amount = Field(description="what is shared, in units")
    split: Literal["equal", "random"] = Field(description="in equal parts, or at random")
    odd: Literal["lowest-positions", "highest-positions"] | None = Field(
        default=None, description="equal parts: who gets the steps that do not divide"
    )
    least: Amount | None = Field(default=None, description="random parts: the smallest; absent: one step")


@dataclass(frozen=True, config=STRICT)
class Ladder:
    """An amount that depends on the count of the event: a participant's n-th order, an activity's n-th entry."""

    ladder: Mapping[Range, Amount] = Field(description='{"1": "5", "2-5": "8"}; counts in no range are owed nothing')


@dataclass(frozen=True, config=STRICT)
class Unlock:
    """An amount that moves out of a fund, never more than the fund holds."""

    unlock: Amount | Literal["undeclared"] = Field(description="how much each time, in units")
    from_: Asset = Field(alias="from", description="the asset whose balance is the fund; awards in it fill the fund")


SHAPES = {
    "percent": "share", "of": "share", "pot": "split", "split": "split", "ladder": "ladder", "unlock": "unlock",
    "difference": "difference", "per-order": "daypool", "freeze": "partfrozen", "released": "released",
}  # fmt: skip


def _shape(value: Any) -> str | None:
    """Which shape of payment was meant, by the keys that stand there."""
    if isinstance(value, Mapping) and isinstance(value.get("of"), list | tuple):
        return "income"
    if isinstance(value, Mapping):
        return next((SHAPES[key] for key in value if key in SHAPES), None)
    if isinstance(value, Share | Split | Ladder | Unlock | Difference | Income | DayPool | PartFrozen | Released):
        return type(value).__name__.lower()
    return "undeclared" if value == "undeclared" else "amount"


Pay = Annotated[
    Annotated[Amount, Tag("amount")]
    | Annotated[Share, Tag("share")]
    | Annotated[Split, Tag("split")]
    | Annotated[Ladder, Tag("ladder")]
    | Annotated[Unlock, Tag("unlock")]
    | Annotated[Difference, Tag("difference")]
    | Annotated[Income, Tag("income")]
    | Annotated[DayPool, Tag("daypool")]
    | Annotated[PartFrozen, Tag("partfrozen")]
    | Annotated[Released, Tag("released")]
    | Annotated[Literal["undeclared"], Tag("undeclared")],
    Discriminator(
        _shape,
        custom_error_type="payment",
        custom_error_message='a payment is an amount such as "4.50", or has one of the keys percent, pot, ladder, unlock, '
        "difference, per-order, freeze, released",
    ),
]


@dataclass(frozen=True, config=STRICT)
class Condition:
    """Which orders, or which wins, a clause bears on; several names: any of them."""

    item: tuple[str, ...] | None = Field(default=None, description="the item ordered, as the export names it")
    kind: tuple[str, ...] | None = Field(default=None, description="the kind of order, as the export names it")
    prize: tuple[Name, ...] | None = Field(default=None, description="the prize won, where a draw has several")


@dataclass(frozen=True, config=STRICT)
class Award:
    """One clause: on an event, someone is owed something."""

    on: Event = Field(description="what makes it due")
    to: Role = Field(
        description="who is owed: participant, initiator, entrants (everybody in a completed group), everyone-so-far (each entry "
        "of the activity up to this one), everyone-in-the-end (later entries too, on joining), or somebody above one of the "
        "first two: .team_leader, .referrer, .referrer.referrer for the referrer's referrer, and so on; "
        "or by rank: participant.nearest.RANK (the nearest above who holds it), participant.upline (whom a `difference` pays), "
        "earner.nearest.RANK (above whoever earned the income), holders.RANK, holders.exactly.RANK (no rank above it)"
    )
    pays: Mapping[Asset, Pay] | None = Field(
        default=None,
        description="by asset: an amount, a share, a pot, a ladder, an unlocking; `undeclared`: not published",
    )
    choice: tuple[Money, ...] | None = Field(
        default=None, description="one asset a line; the recipient takes one of them"
    )
    first: Annotated[Whole, Field(ge=1, le=10**15)] | None = Field(
        default=None, description="only the first so many registrations"
    )
    when: Condition | None = Field(default=None, description="only for orders of this item or kind")
    eligible: People | None = Field(default=None, description="only a recipient of this group is owed it")
    nth: Range | None = Field(
        default=None,
        description="only a participant's n-th order or recruit, or an activity's n-th entry, such as 1 or 2-5",
    )
    every: Annotated[Whole, Field(ge=2, le=10**9)] | None = Field(
        default=None, description="only every so-many-th entry of an activity: a milestone"
    )
    reaches: Name | None = Field(default=None, description="the rank or milestone whose reaching makes it due")
    overrides: tuple[Name, ...] = Field(
        default=(), description="clauses that are not due for an event on which this one bears: this is their exception"
    )
    due: Span | None = Field(default=None, description="how long after the event a payment is still on time")
    says: str = Field(default="", description="the platform's own words")

"""The vocabulary of a rules file, as frozen records. The JSON Schema that editors use is made from these.

Amounts are quoted decimals in units of their asset, odds exact fractions, spans of time like `24h`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
AMOUNT = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
ODDS = re.compile(r"([0-9]{1,18})(?:/([0-9]{1,18})|\.([0-9]{1,18}))?")
SPAN = re.compile(r"([0-9]{1,6})(s|min|h|d)")
RANGE = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")
UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def _amount(value: Any) -> Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and AMOUNT.fullmatch(value):
        return Decimal(value)
    raise ValueError('an amount is a quoted decimal, such as "4.50"')


def _odds(value: Any) -> Fraction:
    if isinstance(value, int) and value in (0, 1):
        return Fraction(value)
    match = ODDS.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[2] == "0" * len(match[2] or "x"):
        raise ValueError('odds are an exact fraction such as 1/24, or a quoted decimal such as "0.006"')
    odds = Fraction(value)
    if odds > 1:
        raise ValueError("odds cannot be more than 1")
    return odds


def _span(value: Any) -> timedelta:
    match = SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a span of time is a whole number with s, min, h or d, such as 24h")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(value if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) else "")
    except (TypeError, ValueError):
        raise ValueError("a date is written 2022-01-31") from None


def _range(value: Any) -> str:
    match = RANGE.fullmatch(str(value)) if isinstance(value, str | int) else None
    if match is None or int(match[1]) < 1 or (match[2] and int(match[2]) < int(match[1])):
        raise ValueError("a range is written 7 or 7-24")
    return str(value)


def span_of(text: str) -> range:
    """The whole numbers of a range such as `7` or `7-24`."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,59}$")]
Asset = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,19}$")]
Amount = Annotated[
    Decimal, BeforeValidator(_amount), WithJsonSchema({"type": ["string", "integer"], "pattern": AMOUNT.pattern})
]
Odds = Annotated[Fraction, BeforeValidator(_odds), WithJsonSchema({"type": "string", "pattern": ODDS.pattern})]
Span = Annotated[timedelta, BeforeValidator(_span), WithJsonSchema({"type": "string", "pattern": SPAN.pattern})]
Day = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
Range = Annotated[
    str, BeforeValidator(_range), WithJsonSchema({"type": ["string", "integer"], "pattern": RANGE.pattern})
]
Money = Mapping[Asset, Amount]

Event = Literal["registration", "start", "entry", "win", "loss", "completion", "order"]
ROLE = r"entrants|(participant|initiator)((\.referrer){1,9}|\.team_leader)?"
Role = Annotated[str, StringConstraints(pattern=f"^({ROLE})$")]


@dataclass(frozen=True, config=STRICT)
class Effective:
    """When the rules hold: from its first moment until the first moment of `to`, in the case's zone."""

    from_: Day = Field(alias="from", description="first day in force")
    to: Day | None = Field(default=None, description="first day no longer in force; absent: still in force")


@dataclass(frozen=True, config=STRICT)
class Source:
    """Where the declaration can be read."""

    document: str = Field(default="", description="file or address of the declaration")
    section: str = Field(default="", description="heading or paragraph")
    says: str = Field(default="", description="the platform's own words")


@dataclass(frozen=True, config=STRICT)
class AssetRule:
    """What is paid or received; goods are an asset whose step is one piece."""

    step: Amount = Field(description='smallest amount that can be paid: "0.01" for CNY, "1" for a coupon')


@dataclass(frozen=True, config=STRICT)
class Activity:
    """One round of the game, started by a participant who pays for it."""

    started_by: Literal["initiator"] = "initiator"
    stake: Money = Field(default_factory=dict, description="what the initiator pays")
    says: str = ""


@dataclass(frozen=True, config=STRICT)
class Entry:
    """One paid chance."""

    stake: Money = Field(description="what a participant pays for one entry")
    repeat: Literal["unlimited", "once"] = "unlimited"
    says: str = ""


@dataclass(frozen=True, config=STRICT)
class Boxes:
    """Boxes opened in order until the one that holds the prize; the activity ends with the win."""

    kind: Literal["boxes"]
    boxes: Annotated[int, Field(ge=1, le=100_000)]
    prizes: Mapping[Asset, Annotated[int, Field(ge=1, le=1)]] = Field(description="the one prize in the boxes")
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
    size: Annotated[int, Field(ge=2, le=10_000, description="places in a group")]
    winners: Annotated[int, Field(ge=1, description="how many of them win")]
    odds: Literal["equal"] = "equal"
    says: str = ""


@dataclass(frozen=True, config=STRICT)
class Pool:
    """Numbers drawn without replacement, each of those left equally likely."""

    from_: Annotated[int, Field(ge=0)] = Field(alias="from", description="lowest number")
    to: Annotated[int, Field(ge=0)] = Field(description="highest number")
    pick: Annotated[int, Field(ge=1)] = Field(description="how many are drawn")


@dataclass(frozen=True, config=STRICT)
class Tier:
    """A prize tier of a number lottery."""

    matches: tuple[Mapping[Name, Annotated[int, Field(ge=0)]], ...] = Field(
        description="matched numbers by pool; several lines: any of them"
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


@dataclass(frozen=True, config=STRICT)
class Share:
    """A percentage of what an event moved, in the same asset, rounded to a whole step as declared."""

    percent: Amount = Field(description='quoted decimal, such as "12.5"')
    of: Literal["order"] = Field(description="the amount it is a percentage of")
    rounding: Literal["down", "half-up", "up"] = Field(description="what becomes of a fraction of a step")


@dataclass(frozen=True, config=STRICT)
class Split:
    """A pot shared in equal parts by everybody in a group, in whole steps."""

    pot: Amount = Field(description="what is shared, in units")
    split: Literal["equal"] = Field(description="in equal parts")
    odd: Literal["lowest-positions"] = Field(description="who gets the steps that do not divide")


@dataclass(frozen=True, config=STRICT)
class Condition:
    """Which orders a clause bears on; several names: any of them."""

    item: tuple[str, ...] | None = Field(default=None, description="the item ordered, as the export names it")
    kind: tuple[str, ...] | None = Field(default=None, description="the kind of order, as the export names it")


@dataclass(frozen=True, config=STRICT)
class Award:
    """One clause: on an event, someone is owed something."""

    on: Event = Field(description="what makes it due")
    to: Role = Field(
        description="who is owed: participant, initiator, entrants (everybody in a completed group), or somebody above "
        "one of the first two: .team_leader, .referrer, .referrer.referrer for the referrer's referrer, and so on"
    )
    pays: Mapping[Asset, Amount | Share | Split] | None = Field(default=None, description="amount or share by asset")
    choice: tuple[Money, ...] | None = Field(
        default=None, description="one asset a line; the recipient takes one of them"
    )
    first: Annotated[int, Field(ge=1, le=10**15)] | None = Field(
        default=None, description="only the first so many registrations"
    )
    when: Condition | None = Field(default=None, description="only for orders of this item or kind")
    nth: Range | None = Field(default=None, description="only a participant's n-th order, such as 1 or 2-5")
    due: Span | None = Field(default=None, description="how long after the event a payment is still on time")
    says: str = Field(default="", description="the platform's own words")


@dataclass(frozen=True, config=STRICT)
class Claim:
    """A published sentence about what the clauses amount to, made comparable."""

    quantity: Literal["net"]
    of: Literal["initiator"]
    per: Literal["activity"]
    in_: Asset = Field(alias="in", description="asset of the amounts")
    between: tuple[Amount, Amount] = Field(description="lowest and highest, both included")
    says: str = ""


@dataclass(frozen=True, config=STRICT)
class Rules:
    """A platform's declared promotion, one campaign, one version."""

    campaign: Name
    effective: Effective
    assets: Mapping[Asset, AssetRule]
    draw: Annotated[Boxes | Group | Numbers, Field(discriminator="kind")] | None = None
    activity: Activity | None = None
    entry: Entry | None = None
    awards: Mapping[Name, Award] = Field(default_factory=dict)
    due: Span | None = Field(default=None, description="default for awards that set none; absent: no deadline")
    claims: Mapping[Name, Claim] = Field(default_factory=dict)
    source: Source | None = None

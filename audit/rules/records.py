"""A rules file as frozen records. The JSON Schema that editors use is made from these.

Values are in scalars.py, draws in draws.py, awards in awards.py, ranks and trees in ranks.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from audit.rules.awards import Award
from audit.rules.boosts import Boost
from audit.rules.draws import Draw
from audit.rules.limits import Bound, Cost
from audit.rules.people import People
from audit.rules.randomness import Randomness
from audit.rules.ranks import Rank, Tree
from audit.rules.reported import Reported
from audit.rules.scalars import STRICT, Amount, Asset, Day, Money, Name, Range, Span

Part = TypeVar("Part")


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
    worth: Money | None = Field(default=None, description='published value of one unit: {CNY: "99"}')
    valid: Span | None = Field(
        default=None, description="how long after it was paid a unit can be spent; absent: for good"
    )


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
class Order:
    """What an order costs: a percentage of its list price, by the participant's n-th order or by the coupon spent."""

    percent: Mapping[Range, Amount] = Field(
        default_factory=dict,
        description='of the list price, by n-th order: {"1": "50", "2": "60"}; others: the full price',
    )
    coupons: Mapping[Asset, Amount] = Field(
        default_factory=dict, description="of the list price, where this coupon is spent on the order"
    )
    rounding: Literal["down", "half-up", "up"] = Field(
        default="half-up", description="what becomes of a fraction of a step"
    )
    deposits: tuple[str, ...] = Field(
        default=(),
        description="kinds of order that are deposits: what was paid is deducted from the later order's price",
    )
    coupon_orders_count: bool = Field(
        default=True,
        alias="coupon-orders-count",
        description="whether an order with a coupon counts as a step of `percent`",
    )
    says: str = ""


@dataclass(frozen=True, config=STRICT)
class Claim:
    """A published sentence about what the clauses amount to, made comparable."""

    quantity: Literal["net"]
    of: Literal["initiator", "participant", "platform"]
    per: Literal["activity", "entry"] = Field(description="what a participant nets is counted per entry")
    in_: Asset = Field(alias="in", description="asset of the amounts")
    between: tuple[Amount, Amount] = Field(description="lowest and highest, both included")
    says: str = ""


@dataclass(frozen=True, config=STRICT)
class Version:
    """A later version of the rules: what it names replaces what stood; all else stays. It holds until the next one."""

    from_: Day = Field(alias="from", description="first day in force")
    draw: Annotated[Draw, Field(discriminator="kind")] | None = None
    activity: Activity | None = None
    entry: Entry | None = None
    order: Order | None = None
    eligible: People | None = None
    awards: Mapping[Name, Award | None] = Field(
        default_factory=dict, description="clauses as they now stand, whole; null: the clause ends"
    )
    source: Source | None = None
    says: str = ""


@dataclass(frozen=True, config=STRICT)
class Rules:
    """A platform's declared promotion: one campaign, as first published and as later changed."""

    campaign: Name
    effective: Effective
    assets: Mapping[Asset, AssetRule]
    draw: Annotated[Draw, Field(discriminator="kind")] | None = None
    randomness: Randomness | None = Field(default=None, description="how published randomness decides the draw")
    boosts: tuple[Boost, ...] = Field(default=(), description="chances whose odds are multiplied, one after another")
    activity: Activity | None = None
    entry: Entry | None = None
    order: Order | None = None
    eligible: People | None = Field(default=None, description="who may take part; absent: everybody")
    audience: People | None = Field(default=None, description="whom the promotion says it is made for")
    ranks: Mapping[Name, Rank] = Field(default_factory=dict, description="what participants rise to, lowest first")
    milestones: Mapping[Name, Rank] = Field(default_factory=dict, description="what participants reach that is no rank")
    tree: Tree | None = Field(default=None, description="who stands under whom; absent: under their referrer")
    awards: Mapping[Name, Award] = Field(default_factory=dict)
    due: Span | None = Field(default=None, description="default for awards that set none; absent: no deadline")
    claims: Mapping[Name, Claim] = Field(default_factory=dict)
    reported: Mapping[Name, Reported] = Field(
        default_factory=dict, description="published figures about what happened, compared with the export"
    )
    bounds: Mapping[Name, Bound] = Field(default_factory=dict, description="limits the platform sets itself; for lint")
    costs: Mapping[Name, Cost] = Field(default_factory=dict, description="what the platform spends; for forecasts")
    terms: Mapping[Name, str] = Field(
        default_factory=dict,
        description="other published terms, in the platform's words: organiser, contact, conditions, draw-time, redemption, "
        "delivery, forfeit, minimum-age, voucher-use, voucher-validity …",
    )
    versions: tuple[Version, ...] = Field(default=(), description="later versions, in order of their first day")
    source: Source | None = None


def clauses_of(rules: Rules) -> dict[str, Award]:
    """Every clause of every version; of a clause that changed, as it last stood."""
    return {name: award for era in eras(rules) for name, award in era.awards.items()}


def set_aside(rules: Rules) -> list[str]:
    """The clauses that move what was credited before (a withdrawal, a frozen part released): no reward, and counted once."""
    return [
        name for name, award in clauses_of(rules).items()
        if str(award.on) == "withdrawal" or any(hasattr(pay, "released") for pay in (award.pays or {}).values())
    ]  # fmt: skip


def time_allowed(rules: Rules) -> timedelta:
    """How long a draw, or the record of one, may lag behind: the longest time that any clause allows, and a day at least."""
    dues = [due for era in eras(rules) for due in (era.due, *(award.due for award in era.awards.values()))]
    return max([timedelta(days=1), *(due for due in dues if due is not None)])


def _in_force(first: date, to: date | None) -> Effective:
    names: dict[str, Any] = {"from": first, "to": to}
    return Effective(**names)


def eras(rules: Rules) -> list[Rules]:
    """The rules as they stood in each span of time, in order: each whole, without versions, with the days it was in force."""
    ends: list[date | None] = [version.from_ for version in rules.versions[1:]]
    found = [rules]
    for version, end in zip(rules.versions, [*ends, rules.effective.to], strict=True) if rules.versions else ():
        before = found[-1]
        found[-1] = replace(before, effective=_in_force(before.effective.from_, version.from_), versions=())
        changed = {name: award for name, award in {**before.awards, **version.awards}.items() if award is not None}
        found.append(
            replace(
                before,
                effective=_in_force(version.from_, end),
                draw=version.draw or before.draw,
                activity=version.activity or before.activity,
                entry=version.entry or before.entry,
                order=version.order or before.order,
                eligible=version.eligible or before.eligible,
                awards=changed,
                source=version.source or before.source,
                versions=(),
            )
        )
    return found


def clauses_by_time(rules: Rules) -> list[tuple[str, Award, Rules]]:
    """Every clause of every version, with the rules as they stood; a clause that later versions left as it was stands once."""
    found: list[tuple[str, Award, Rules]] = []
    open_: dict[str, int] = {}  # where a clause of the version before stands
    for era in eras(rules):
        before, open_ = open_, {}
        for name, award in era.awards.items():
            place = before.get(name, -1)
            if place >= 0 and found[place][1] == award:
                first = found[place][2]
                span = _in_force(first.effective.from_, era.effective.to)
                found[place] = name, award, replace(first, effective=span)
            else:
                place = len(found)
                found.append((name, award, era))
            open_[name] = place
    return found


def parts_by_time(rules: Rules, part: Callable[[Rules], Part]) -> list[tuple[Part, Effective]]:
    """A part of the rules as it stood, with the days over which it did; what later versions left as it was stands once."""
    found: list[tuple[Part, Effective]] = []
    for era in eras(rules):
        now, span = part(era), era.effective
        if found and found[-1][0] == now:
            span = _in_force(found.pop()[1].from_, span.to)
        found.append((now, span))
    return found

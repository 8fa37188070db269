"""Whom a campaign or a clause is open to, and whom it is made for: ages, groups that the export declares, newcomers, staff."""

from __future__ import annotations

from dataclasses import dataclass as plain_dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic.dataclasses import dataclass

from audit.rules.scalars import STRICT, Span, Whole

GROUPS = ("age_band", "gender", "occupation", "region", "channel", "device")


@plain_dataclass(frozen=True)
class Values:
    """Some values of a declared group, as the export names them: these (inside), or every other one."""

    names: tuple[str, ...]
    inside: bool = True


def _values(value: Any) -> Values:
    inside = not isinstance(value, dict)
    names = value if inside else value.get("not") if set(value) == {"not"} else None
    if isinstance(value, Values):
        return value
    if isinstance(names, list) and names and all(isinstance(one, str) and one for one in names):
        return Values(tuple(names), inside)
    raise ValueError("a group is a list of its values, such as [north, east], or {not: [north]}")


_LISTED = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}
_OTHERS = {"type": "object", "properties": {"not": _LISTED}, "required": ["not"], "additionalProperties": False}
SomeOf = Annotated[Values, BeforeValidator(_values), WithJsonSchema({"anyOf": [_LISTED, _OTHERS]})]
Age = Annotated[Whole, Field(ge=0, le=150)]


@dataclass(frozen=True, config=STRICT)
class Ages:
    """Ages in whole years on the day of the event, half-open: 18 to 59 is from 18, below 60."""

    from_: Age | None = Field(default=None, alias="from", description="the youngest; absent: no lower end")
    below: Age | None = Field(default=None, description="the first age that no longer counts; absent: no upper end")


@dataclass(frozen=True, config=STRICT)
class People:
    """A group of people: all that is named holds. Groups are columns of the table `participant`, by their names there."""

    age: Ages | None = Field(default=None, description="age on the day of the event: {from: 18}, {below: 60}")
    age_band: SomeOf | None = Field(default=None, description="the export's age bands; ages themselves are `age`")
    gender: SomeOf | None = Field(default=None, description="as the export names it")
    occupation: SomeOf | None = Field(default=None, description="occupation or situation, as the export names it")
    region: SomeOf | None = Field(default=None, description="where they live: [north, east], or {not: [north]}")
    channel: SomeOf | None = Field(default=None, description="how they came, as the export names it")
    device: SomeOf | None = Field(default=None, description="kind of device, as the export names it")
    new: Span | None = Field(default=None, description="joined less than so long before the event, such as 30d")
    staff: Literal[False] | None = Field(default=None, description="false: not the company's own people")
    says: str = Field(default="", description="the platform's own words")


def named(people: People) -> tuple[str, ...]:
    """Which conditions a group names, in the order of the record."""
    return tuple(name for name in ("age", *GROUPS, "new", "staff") if getattr(people, name) is not None)


def apart(one: People, other: People) -> bool:
    """Whether nobody can belong to both groups, by their ages or by one of the groups that they name."""
    ages = [people.age for people in (one, other) if people.age]
    lows = [age.from_ for age in ages if age.from_ is not None]
    highs = [age.below for age in ages if age.below is not None]
    if lows and highs and max(lows) >= min(highs):
        return True
    for name in GROUPS:
        first, second = getattr(one, name), getattr(other, name)
        if first is None or second is None or not (first.inside or second.inside):
            continue
        listed, rest = (first, second) if first.inside else (second, first)
        if not any((value in rest.names) == rest.inside for value in listed.names):
            return True
    return False

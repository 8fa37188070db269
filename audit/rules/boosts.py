"""Chances whose odds are multiplied: an era, happy hours, a welcome for newcomers."""

from __future__ import annotations

from pydantic import Field
from pydantic.dataclasses import dataclass

from audit.rules.scalars import STRICT, Amount, Day, Hours, Range, Times


@dataclass(frozen=True, config=STRICT)
class Band:
    """A range of numbers, half-open."""

    from_: Amount | None = Field(default=None, alias="from", description="lowest; absent: no lower end")
    below: Amount | None = Field(default=None, description="first that no longer counts; absent: no upper end")


@dataclass(frozen=True, config=STRICT)
class Where:
    """Which chances a boost bears on: all conditions hold. What is counted is what was recorded before the chance."""

    position: Range | None = Field(default=None, description="boxes or places, such as 1-6")
    hour: Hours | None = Field(default=None, description="hours of the day in the case's zone, such as 20-21 or 22-5")
    since: Day | None = Field(default=None, description="first day")
    until: Day | None = Field(default=None, description="first day no longer")
    nth: Range | None = Field(default=None, description="the participant's n-th chance in this campaign")
    misses: Range | None = Field(
        default=None, description="the so-many-th entry since the last such prize, or a better one, such as 74-89"
    )
    spent: Band | None = Field(default=None, description="what the participant had paid before, in the stake's units")
    collected: Band | None = Field(
        default=None, description="what the activity had taken in before, in the stake's units"
    )
    won_that_day: Band | None = Field(default=None, description="prizes won earlier that day, in all activities")


@dataclass(frozen=True, config=STRICT)
class Boost:
    """Some chances have their odds (chance to no chance) multiplied: an era, happy hours, a welcome for newcomers."""

    where: Where
    times: Times = Field(description='what the odds are multiplied by: 2, 1/2, or "0" for never')
    says: str = ""

"""What a report says besides the case file and the findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from audit import __version__
from audit.engine import Engine
from audit.finding import Text
from audit.rules import Rules
from audit.rules.units import Units

Lang = Literal["zh", "en"]
Lines = Callable[[str, set[int]], Mapping[int, int]]


@dataclass(frozen=True)
class Cover:
    """A case in words.

    since and until are the first day covered and the first day no longer covered; grain is how finely payments
    could be compared (reference, day, payee, none); budget says how often an honest platform would be accused.
    provisions are mappings with id, cite, status and words, each a string or a Text, and counts: how many findings that
    name it reached each verdict. predicates are mappings with id, says, checks and why (none checks it). lines gives the physical line
    of records of a file, where the exports are at hand; command is how the audit is run again.
    """

    case: str
    platform: str = ""
    rules: Rules | None = None
    zone: str = "UTC"
    since: date | None = None
    until: date | None = None
    grain: str = "none"
    budget: Text = field(default_factory=lambda: Text("", ""))
    provisions: Sequence[Mapping[str, Any]] = ()
    predicates: Sequence[Mapping[str, Any]] = ()
    lines: Lines | None = None
    command: str = "redraw audit CASE --out DIR"
    version: str = __version__

    def units(self, asset: str | None) -> Units:
        """The units of an asset; an undeclared one counts single pieces."""
        declared = self.rules.assets.get(asset or "") if self.rules else None
        return Units.of(asset or "", declared.step) if declared else Units(asset or "", 0, 1)

    def moment(self, value: datetime) -> str:
        """A moment in the case's zone, with its offset."""
        return value.astimezone(ZoneInfo(self.zone)).isoformat(sep=" ")


def has(engine: Engine, relation: str) -> bool:
    """Whether the replay made this relation."""
    return bool(engine.value("SELECT count(*) FROM step WHERE name = ?", [relation]))

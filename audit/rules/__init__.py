"""A rules file → typed, frozen records, or a refusal with line, column and the mend."""

from __future__ import annotations

from audit.rules.awards import Award, Ladder, Share, Split, Unlock
from audit.rules.boosts import Band, Boost, Where
from audit.rules.declared import Declared, Gap, read_declared
from audit.rules.draws import Boxes, Chances, Draw, Group, Numbers, Raffle
from audit.rules.people import People
from audit.rules.randomness import Randomness
from audit.rules.ranks import DayPool, Difference, Income, PartFrozen, Released
from audit.rules.read import json_schema, read_rules, rules_of
from audit.rules.records import (
    Claim,
    Order,
    Rules,
    clauses_by_time,
    clauses_of,
    eras,
    parts_by_time,
    set_aside,
    time_allowed,
)

__all__ = [
    "Award", "Band", "Boost", "Boxes", "Chances", "Claim", "DayPool", "Declared", "Difference", "Draw", "Gap", "Group",
    "Income", "Ladder", "Numbers", "Order", "PartFrozen", "People", "Raffle", "Randomness", "Released", "Rules", "Share", "Split",
    "Unlock", "Where", "clauses_by_time", "clauses_of", "eras", "json_schema", "parts_by_time", "read_declared",
    "read_rules", "rules_of", "set_aside", "time_allowed",
]  # fmt: skip

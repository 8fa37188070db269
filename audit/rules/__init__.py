"""A rules file → typed, frozen records, or a refusal with line, column and the mend."""

from __future__ import annotations

from audit.rules.read import json_schema, read_rules
from audit.rules.records import Award, Boxes, Claim, Group, Numbers, Rules, Share, Split

__all__ = ["Award", "Boxes", "Claim", "Group", "Numbers", "Rules", "Share", "Split", "json_schema", "read_rules"]

"""A rules file → typed, frozen records, or a refusal with line, column and the mend."""

from __future__ import annotations

from audit.rules.read import json_schema, read_rules
from audit.rules.records import Award, Boxes, Claim, Numbers, Rules, Share

__all__ = ["Award", "Boxes", "Claim", "Numbers", "Rules", "Share", "json_schema", "read_rules"]

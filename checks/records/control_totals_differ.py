"""The export does not add up to its control totals.

Does: compares record counts and sums with the totals that the platform stated apart from the export.
Matters: the first question of an audit is whether this is all of it.
How: the gate counts them over all rows (Great Expectations judges the counts); the SQL kept beside lists every row.
Blind to: records exchanged for others of the same sum.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from checks.records import from_gate


@check()
def control_totals_differ(audit: Audit) -> Iterator[Finding]:
    """Yield what the gate found of kind `control`."""
    yield from from_gate(audit, "control", Text("与控制总数不符", "totals that differ from those stated"))

"""Numbers are missing from a sequence.

Does: finds boxes skipped within an activity, and ids skipped where case.yaml declares that they count up.
Matters: a deleted record leaves a gap; what it would have shown is unknown.
How: the gate counts them over all rows (Great Expectations judges the counts); the SQL kept beside lists every row.
    Where whole activities are missing, no verdict on draws passes.
Blind to: deletions at the end of a sequence; ids that are not declared to count up (`sequence`): an activity struck out
    with its entries and its payments leaves no trace there; with its payments left, `payout_unexpected` names it.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from checks.records import from_gate


@check()
def sequence_gaps(audit: Audit) -> Iterator[Finding]:
    """Yield what the gate found of kind `sequence`."""
    yield from from_gate(audit, "sequence", Text("序号有缺", "numbers missing from a sequence"))

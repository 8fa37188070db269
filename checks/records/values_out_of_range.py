"""Values lie where none can.

Does: finds negative amounts, save payments that take back an earlier one, events outside the period that the case declares, and
    requests both granted and refused.
Matters: such a row belongs to another export, or was altered.
How: the gate counts them over all rows (Great Expectations judges the counts); the SQL kept beside lists every row. A decision
    may be made after the period by as long as an award may take, and by a day.
Blind to: a wrong value inside the range; payments made, and people who joined, after the period, whom a later export may hold.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from checks.records import from_gate


@check()
def values_out_of_range(audit: Audit) -> Iterator[Finding]:
    """Yield what the gate found of kind `ranges`."""
    yield from from_gate(audit, "ranges", Text("数值或时间超出范围", "values out of range"))

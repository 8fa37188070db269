"""Records refer to others that the export does not hold.

Does: finds ids without a record in the table they belong to.
Matters: what hangs on a missing record cannot be judged, and a deleted one leaves this trace.
How: the gate counts them over all rows (Great Expectations judges the counts); the SQL kept beside lists every row.
Blind to: records deleted together with all that refers to them.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from checks.records import from_gate


@check()
def links_broken(audit: Audit) -> Iterator[Finding]:
    """Yield what the gate found of kind `links`."""
    yield from from_gate(audit, "links", Text("引用的记录不存在", "records that refer to missing ones"))

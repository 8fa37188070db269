"""An id stands more than once.

Does: finds records that share an id that must be unique.
Matters: a repeated record counts money twice; the replay uses the first.
How: the gate counts them over all rows (Great Expectations judges the counts); the SQL kept beside lists every row.
Blind to: the same event exported under two ids.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from checks.records import from_gate


@check()
def ids_repeated(audit: Audit) -> Iterator[Finding]:
    """Yield what the gate found of kind `uniqueness`."""
    yield from from_gate(audit, "uniqueness", Text("编号重复", "repeated ids"))

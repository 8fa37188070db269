"""Required values are missing.

Does: finds empty cells in columns that a verdict rests on.
Matters: a payment without a payee cannot be compared with what is owed.
How: the gate counts them over all rows (Great Expectations judges the counts); the SQL kept beside lists every row.
Blind to: a value that is present and wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from checks.records import from_gate


@check()
def values_missing(audit: Audit) -> Iterator[Finding]:
    """Yield what the gate found of kind `completeness`."""
    yield from from_gate(audit, "completeness", Text("必需的值缺失", "required values missing"))

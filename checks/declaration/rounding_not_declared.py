"""What becomes of a fraction of the smallest amount is not declared.

Does: reports shares of an order without a rounding, and pots without a word on what does not divide.
Matters: over a million orders, half a fen each is money, and somebody keeps it.
How: the key is missing, or its value is the word `undeclared`.
Blind to: amounts that happen to divide.
"""

from __future__ import annotations

from audit.case import Declaration
from audit.finding import Finding, Text, check
from checks.declaration import gap_findings

MEND = Text(
    "写明 rounding: down、half-up 或 up；平分时写明 odd: lowest-positions",
    "declare rounding: down, half-up or up; of a pot, odd: lowest-positions",
)


@check(alone="only")
def rounding_not_declared(declared: Declaration) -> list[Finding]:
    """Give a finding for each share or pot whose remainder is left open."""
    return gap_findings(declared, ("rounding", "split", "odd"), Text("尾数取舍", "what becomes of fractions"), MEND)

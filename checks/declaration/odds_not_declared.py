"""The odds of the draw are not declared.

Does: reports a draw whose odds the rules leave open.
Matters: a chance that nobody published can be changed without anybody noticing, and can be audited by nobody.
How: the key is missing, or its value is the word `undeclared`.
Blind to: odds published elsewhere and not copied into the rules file.
"""

from __future__ import annotations

from audit.case import Declaration
from audit.finding import Finding, Text, check
from checks.declaration import gap_findings

MEND = Text("写明 odds，例如 uniform 或 {1-24: 1/24}", "declare odds, such as uniform or {1-24: 1/24}")


@check(alone="only", provisions=("cn-prize-sales", "cn-blind-box-odds"))
def odds_not_declared(declared: Declaration) -> list[Finding]:
    """Give a finding for each draw without odds."""
    return gap_findings(declared, ("odds",), Text("抽取概率", "the odds of the draw"), MEND)

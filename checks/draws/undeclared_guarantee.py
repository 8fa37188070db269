"""The chance grows (or shrinks) with the entries since the last prize, and nobody said so.

Does: compares wins with the declared chances by the number of entries since the last such prize or a better one.
Matters: a soft guarantee that is not declared makes people pay on who would have stopped; a hidden dry spell costs them.
How: the count is replayed from the records; bets on "from this entry on (or until it) the odds are multiplied by r" for
    every count up to the guarantee and r from 0 to 100, mixed. A chance that is certain as declared decides nothing.
Blind to: counts that began before the export, and those kept across campaigns.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from audit.rules import Chances
from checks.draws import NEEDS, PROVISIONS, covariate_finding, no_chances, singly


@check(needs=NEEDS, provisions=PROVISIONS, statistical="chances")
def undeclared_guarantee(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on the entries since the last prize."""
    if not isinstance(audit.rules.draw, Chances) or not singly(audit):
        yield no_chances("entries since the last prize")
        return
    yield covariate_finding(audit, "entries since the last prize", "misses", entries)


def entries(first: int, last: int) -> Text:
    """So many entries since the last prize, for a reader."""
    return Text(f"上次中奖后的第 {first + 1}–{last + 1} 次", f"entries {first + 1} to {last + 1} since the last prize")

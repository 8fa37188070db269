"""Odds fall once enough prizes of the day are gone.

Does: compares wins with the declared chances by how many prizes had been won earlier that day.
Matters: a daily quota that nobody declared makes every later chance of the day worth less than was paid for.
How: bets on "from the n-th prize of the day on (or before it) the odds are multiplied by r", mixed over n and r.
Blind to: a stock for the whole campaign: that looks like odds that change in time, see `odds_changed_unannounced`.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from audit.stats.classes import COUNTS
from checks.draws import NEEDS, PROVISIONS, covariate_finding, no_chances, singly


@check(needs=NEEDS, provisions=PROVISIONS, statistical="boxes chances")
def odds_depend_on_stock(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on the prizes won earlier each day."""
    if not singly(audit) or not audit.case.scope.has("entry", "entered_at"):
        yield no_chances("prizes of the day")
        return
    yield covariate_finding(audit, "prizes of the day", "won_that_day", prizes)


def prizes(first: int, last: int) -> Text:
    """So many prizes won earlier that day, for a reader."""
    many = f"{first}" if first == last else f"{first}–{last}"
    if last >= COUNTS[-1]:
        return Text(f"当天已中出 {first} 个奖以上", f"chances after {first} or more prizes of the day")
    return Text(f"当天已中出 {many} 个奖之后", f"chances after {many} prizes of the day")

"""Odds depend on the hour of the day.

Does: compares wins with the declared chances for every stretch of hours, midnight included.
Matters: prizes that only come while nobody plays are prizes for insiders.
How: bets on "in these hours the odds are multiplied by r", over all stretches round the clock, mixed; each chance is
    conditional on what was opened before it.
Blind to: minutes within an hour; days of the week.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from checks.draws import NEEDS, PROVISIONS, covariate_finding, no_chances, singly


@check(needs=NEEDS, provisions=PROVISIONS, statistical="boxes chances")
def odds_depend_on_hour(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on the hours of all chances."""
    if not singly(audit) or not audit.case.scope.has("entry", "entered_at"):
        yield no_chances("hours")
        return
    yield covariate_finding(audit, "hours", "hour", hours)


def hours(first: int, last: int) -> Text:
    """Hours of the day for a reader."""
    return Text(f"{first}:00–{last}:59", f"hours {first}:00–{last}:59")

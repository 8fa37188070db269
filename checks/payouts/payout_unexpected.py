"""Payments were made that no clause explains.

Does: lists payments that no event and clause call for, and second payments of the same award.
Matters: money leaves under the name of the promotion without its rules: to insiders, twice, or for events that never happened.
How: what remains of the payments once every award owed is settled.
Blind to: payments through other accounts; one that settles an award but was made before its event.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from checks.payouts import NEEDS, Defect, judge

DEFECT = Defect(
    kinds=("unexpected", "duplicate"),
    found=Text("无条款依据的支付", "paid without a clause that calls for it"),
    none=Text("每笔支付都有条款依据", "Every payment is called for by a clause"),
)


@check(needs=NEEDS, provisions=("cn-sham-prize-sales",))
def payout_unexpected(audit: Audit) -> Iterator[Finding]:
    """Yield a finding for each clause."""
    yield from judge(audit, DEFECT)

"""Awards that fell due were never paid.

Does: lists every award owed by the declared clauses that no payment settles, with payee and exact amount.
Matters: this is money that people are still owed.
How: awards are re-executed from the recorded events and matched to payments; what falls due after the export ends is not yet missing.
Blind to: payments made outside the export.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from checks.payouts import NEEDS, Defect, judge

DEFECT = Defect(
    kinds=("missing",),
    found=Text("到期应付而未付", "owed and not paid"),
    none=Text("到期的奖励都已支付", "Every award that fell due was paid"),
)


@check(needs=NEEDS, provisions=("cn-price-promises", "cn-truthful-information"))
def payout_missing(audit: Audit) -> Iterator[Finding]:
    """Yield a finding for each clause."""
    yield from judge(audit, DEFECT)

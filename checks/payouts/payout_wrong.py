"""Awards were paid in the wrong amount, asset or to the wrong person.

Does: pairs each unsettled award with the unsettled payment of the same event and clause, and prices the difference.
Matters: a fen less on every payment is invisible one by one and large in sum.
How: same event, clause and payee first, then same event and clause; exact to the step of the asset. Payments that add up to
    the one award left of them settle it in parts.
Blind to: errors that cancel out where the export has no references and only sums are compared.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from checks.payouts import NEEDS, Defect, judge

DEFECT = Defect(
    kinds=("wrong_amount", "wrong_asset", "wrong_payee"),
    found=Text("支付的金额、资产或收款人有误", "paid in the wrong amount, asset or to the wrong person"),
    none=Text("已付奖励的金额、资产和收款人均相符", "Every payment has the amount, asset and payee declared"),
)


@check(needs=NEEDS, provisions=("cn-price-promises", "cn-truthful-information"))
def payout_wrong(audit: Audit) -> Iterator[Finding]:
    """Yield a finding for each clause."""
    yield from judge(audit, DEFECT)

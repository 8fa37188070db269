"""Awards were paid after their deadline.

Does: lists payments that settle an award later than its clause allows.
Matters: money held back is an interest-free loan from participants, and the first sign of a scheme that runs dry.
How: moment of payment against moment of the event plus the declared `due`.
Blind to: clauses that declare no deadline, which are NOT_APPLICABLE; awards never paid are `payout_missing`.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, Verdict, check
from checks.payouts import NEEDS, Defect, judge

DEFECT = Defect(
    kinds=("late",),
    found=Text("逾期支付", "paid after the deadline"),
    none=Text("都在期限内支付", "Every award was paid within its deadline"),
)


@check(needs=(*NEEDS, "payment.paid_at"), provisions=("cn-price-promises",))
def payout_late(audit: Audit) -> Iterator[Finding]:
    """Yield a finding for each clause that declares a deadline."""
    deadlines = [audit.rules.due, *(award.due for award in audit.awards.values())]
    if all(due is None for due in deadlines) or not audit.case.scope.has("payment", "paid_at"):
        why = Text(
            "规则未声明期限，或导出没有付款时间。",
            "The rules declare no deadline, or the export has no times of payment.",
        )
        yield Finding("payouts", Verdict.NOT_APPLICABLE, why)
        return
    yield from judge(audit, DEFECT)

"""Refunds take longer than a statute allows.

Does: counts requests that were settled, or are still open, later than the days that provisions name.
Matters: more than fifteen days on a refund of prepayment counts as wilful delay.
How: from the request to its settlement, or to the end of the export where it is open; the days are read from the provision.
Blind to: an agreed later day of payment; what the request was for, where the export gives no kind.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from checks import law

LAW = ("cn-crpl-penalty-2015-art10", "cn-crpl-2013-art25", "cn-crpl-2013-art53", "cn-crpl-impl-2024-art22", "cn-spc-prepaid-2025-art9",
       "kr-dts-17-2")  # fmt: skip
SQL = """
SELECT r.request_id, r.participant_id, r.kind, r.asset, r.amount, r.requested_at, r.settled_at, r.refused_at, r.source_file, r.record
FROM request AS r CROSS JOIN horizon AS h
WHERE coalesce(r.settled_at, r.refused_at, h.until_at) > r.requested_at + {days} * INTERVAL 1 DAY ORDER BY r.requested_at, r.request_id"""


@check(needs=("request.requested_at", "request.settled_at"), provisions=LAW)
def refunds_overdue(audit: Audit) -> Iterator[Finding]:
    """Yield one screen, lit where a request waited longer than a provision of the jurisdiction allows."""
    if not audit.case.scope.has("request", "requested_at", "settled_at"):
        yield nothing("requests", "导出没有提现或退款申请。", "The export holds no requests for withdrawal or refund.")
        return
    total = audit.engine.value("SELECT count(*) FROM request")
    if not total:
        yield nothing("requests", "没有提现或退款申请。", "Nobody requested a withdrawal or a refund.")
        return
    limits = law.thresholds(audit, "days-to-refund")
    days = min((int(version["value"]) for _, version in limits), default=15)
    sql = SQL.format(days=days)
    rows = evidence(audit, sql)
    cites = "、".join(version["cite"] for _, version in limits)
    met = (
        Text(
            f"达到{cites}字面上的门槛（预付款的退款）。",
            f" Meets the textual threshold of {cites} (refund of prepayment).",
        )
        if rows and limits
        else Text("", "")
    )
    yield Finding(
        "requests",
        Verdict.FAIL if rows else Verdict.PASS,
        Text(f"{total} 件申请中，{len(rows)} 件超过 {days} 日才办结或仍未办结。{met.zh}",
             f"Of {total} requests {len(rows)} took, or have been open for, more than {days} days.{met.en}"),
        Basis.SCREEN,
        observed=str(len(rows)),
        rows=rows,
        sql=sql,
    )  # fmt: skip

"""A group's withdrawals or refunds are refused, or left waiting, more often.

Does: compares how often requests of each declared group were not granted, within the same kind of request and week.
Matters: money that can be earned and not taken out was never paid.
How: a request is granted where it was settled; refused, or still open fifteen days on, is the event; exact
    conditional test on each person's first request of a kind.
Blind to: why a request was refused; requests of the export's last fifteen days that are still open.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.engine import literal
from audit.finding import Finding, Text, check, nothing
from checks.fairness import compare, no_groups

TRIALS = """
SELECT concat_ws('|', r.kind, r.asset, CAST(date_trunc('week', timezone({zone}, r.requested_at)) AS DATE)) AS stratum,
    r.participant_id AS person,
    r.requested_at AS moment,
    CASE WHEN r.settled_at IS NOT NULL THEN false
        WHEN r.refused_at IS NOT NULL OR r.requested_at + INTERVAL 15 DAY < h.until_at THEN true END AS hit
FROM request AS r CROSS JOIN horizon AS h WHERE r.requested_at IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY r.participant_id, r.kind ORDER BY r.requested_at, r.request_id) = 1"""
LAW = ("cn-pipl-2021-art24", "cn-crpl-2013-art53", "cn-crpl-impl-2024-art20", "cn-crpl-impl-2024-art22")


@check(needs=("request.participant_id", "request.settled_at"), provisions=LAW)
def requests_refused_by_group(audit: Audit) -> Iterator[Finding]:
    """Yield a screen for each grouping."""
    absent = no_groups(audit, "requests")
    if absent or not audit.case.scope.has("request", "participant_id", "requested_at", "settled_at"):
        yield absent or nothing(
            "requests", "导出没有提现或退款申请。", "The export holds no requests for withdrawal or refund."
        )
        return
    yield from compare(
        audit,
        TRIALS.format(zone=literal(audit.case.file.timezone)),
        Text("申请被拒或逾十五日未办", "Requests refused or open after fifteen days"),
        good=False,
    )

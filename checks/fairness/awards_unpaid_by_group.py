"""What a group is owed is paid late, short or not at all more often.

Does: compares how often awards of each declared group were not paid as owed, under the same clause and week.
Matters: a promise kept to some and not to others is two faults.
How: awards owed that reconciliation found missing, wrong or late, against those paid; exact conditional test within clause and week
    on one award of each person, chosen by a hash: whoever is not paid is mostly not paid again.
Blind to: awards that the export cannot tell; groups that the export does not declare.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.engine import literal
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from checks.fairness import compare, no_groups

UNPAID = """
SELECT DISTINCT event, clause, payee FROM discrepancy
WHERE kind IN ('missing', 'wrong_amount', 'wrong_asset', 'wrong_payee', 'late')"""
TRIALS = """
SELECT one[2] AS stratum, person, one[3] AS moment, one[4] AS hit
FROM (
    SELECT e.payee AS person, min((
        sha256(concat(e.event, '/', e.clause)),
        concat_ws('|', e.clause, CAST(date_trunc('week', timezone({zone}, e.event_at)) AS DATE)),
        e.event_at, d.event IS NOT NULL)) AS one
    FROM expected_award AS e
    LEFT JOIN ({unpaid}) AS d ON d.event = e.event AND d.clause = e.clause AND d.payee = e.payee
    WHERE e.event IS NOT NULL
    GROUP BY e.payee
) AS each_person"""


@check(
    needs=("payment.payee_id", "payment.amount"),
    provisions=("cn-pipl-2021-art24", "cn-promo-2020-art6", "cn-crpl-impl-2024-art12"),
)
def awards_unpaid_by_group(audit: Audit) -> Iterator[Finding]:
    """Yield a screen for each grouping."""
    absent = no_groups(audit, "awards")
    if absent or not audit.has("discrepancy") or audit.grain != "reference":
        yield absent or nothing("awards", "付款不能逐笔对照。", "Payments cannot be compared one by one.")
        return
    if not audit.engine.value("SELECT sum(awards) FROM award_total WHERE standing = 'owed'"):
        yield nothing("awards", "没有应付的奖励。", "No award was owed.")
        return
    if not audit.engine.value(f"SELECT count(*) FROM ({UNPAID}) AS unpaid"):
        fine = Text(
            "应付的奖励都已按时足额支付，人群之间没有差别。", "Every award was paid as owed, so no group differs."
        )
        yield Finding("awards", Verdict.PASS, fine, Basis.SCREEN, sql=UNPAID)
        return
    yield from compare(
        audit,
        TRIALS.format(zone=literal(audit.case.file.timezone), unpaid=UNPAID),
        Text("奖励未按时足额支付", "Awards not paid as owed"),
        good=False,
    )

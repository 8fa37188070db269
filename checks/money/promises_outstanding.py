"""What the plan still owes when the export ends.

Does: sums, by asset, what was promised and not yet paid, and what was paid out in coupons, points or funds and not yet spent.
Matters: a fund or a coupon is a debt until it is spent; the figure says what would fall due if everybody asked.
How: owed less paid by clause; and, for what is not money, received less staked and spent, person by person.
Blind to: expiry, and balances from before the export begins.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from checks.money import amount_of

SQL = """
WITH spent AS (
    SELECT asset, sum(greatest(received - paid, 0)) AS held FROM member_money
    WHERE asset NOT IN (SELECT DISTINCT asset FROM entry_once WHERE asset IS NOT NULL
        UNION SELECT DISTINCT asset FROM purchase_once WHERE asset IS NOT NULL) GROUP BY asset
), unpaid AS (
    SELECT asset, sum(greatest(owed - paid, 0)) AS owing FROM owed_by_clause GROUP BY asset
)
SELECT coalesce(s.asset, u.asset) AS asset, coalesce(u.owing, 0) AS owed, coalesce(s.held, 0) AS amount
FROM spent AS s FULL JOIN unpaid AS u ON u.asset = s.asset
WHERE coalesce(u.owing, 0) > 0 OR coalesce(s.held, 0) > 0 ORDER BY asset"""
OF_ASSET = "SELECT * FROM ({all}) AS promised WHERE asset = {asset}"


@check(
    needs=("payment.amount",),
    provisions=("cn-crpl-2013-art53", "cn-crpl-impl-2024-art22", "cn-prepaid-card-2012", "cn-crpl-impl-2024-art20"),
)
def promises_outstanding(audit: Audit) -> Iterator[Finding]:
    """Yield a screen (noted) for each asset."""
    found = audit.engine.rows(SQL) if audit.has("member_money") and audit.has("owed_by_clause") else []
    if not found:
        yield nothing(
            "promises",
            "导出没有可重放的奖励，或没有未付余额。",
            "There are no awards to replay, or nothing is outstanding.",
        )
    for asset, owing, held in found:
        sql = OF_ASSET.format(all=SQL, asset=literal(asset))
        owed, kept = amount_of(audit, asset, owing), amount_of(audit, asset, held)
        yield Finding(
            f"promises in {asset}",
            Verdict.PASS,
            Text(
                f"导出截止时尚未支付 {owed} {asset}（含未到期）；已发给个人而尚未使用的余额 {kept}。",
                f"When the export ends {owed} {asset} is promised and unpaid (what is not yet due included), and {kept} paid out "
                "is held by people and not yet spent.",
            ),
            Basis.SCREEN,
            observed=f"{owed} + {kept} {asset}",
            amount={asset: owed},
            rows=evidence(audit, sql),
            sql=sql,
        )

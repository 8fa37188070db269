"""The same item costs two people different prices in the same minute.

Does: lists the minutes in which one item, kind and quantity was sold to different buyers at different prices.
Matters: a price per person is not to be set without the buyer knowing; here nothing else that the export records differs.
How: orders of the same minute of the clock, by different buyers; each at its own price; cheapest against dearest.
Blind to: discounts booked elsewhere, delivery, stores: where the export cannot tell that conditions were alike, it is only noted.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from checks.fairness import CONDITIONS, groups

DIFFERING = """
SELECT b.item, b.kind, b.asset, epoch_us(b.paid_at) // 60000000 AS minute, coalesce(b.quantity, 1) AS pieces
FROM (SELECT item, kind FROM purchase_once WHERE item IS NOT NULL GROUP BY item, kind HAVING min(amount) < max(amount)) AS v
JOIN purchase_once AS b ON b.item = v.item AND b.kind IS NOT DISTINCT FROM v.kind
WHERE b.paid_at IS NOT NULL GROUP BY ALL
HAVING min(amount) < max(amount) AND min(participant_id) < max(participant_id)"""
SQL = f"""
WITH differing AS ({DIFFERING} ORDER BY ALL LIMIT 1000)
SELECT d.item, d.kind, d.asset, date_trunc('minute', min(b.paid_at)) AS minute,
    min(b.amount) AS amount, max(b.amount) AS paid, count(*) AS orders,
    arg_min(b.purchase_id, b.amount) AS cheapest, arg_max(b.purchase_id, b.amount) AS dearest,
    arg_max(b.source_file, b.amount) AS source_file, arg_max(b.record, b.amount) AS record
FROM differing AS d JOIN purchase_once AS b ON b.item = d.item AND b.kind IS NOT DISTINCT FROM d.kind AND b.asset = d.asset
    AND epoch_us(b.paid_at) // 60000000 = d.minute AND coalesce(b.quantity, 1) = d.pieces
GROUP BY d.item, d.kind, d.asset, d.minute, d.pieces ORDER BY d.minute, d.item, d.kind"""


@check(
    needs=("purchase.item", "purchase.amount", "purchase.paid_at"), provisions=(*CONDITIONS, "cn-price-mark-2022-art6")
)
def same_minute_prices_differ(audit: Audit) -> Iterator[Finding]:
    """Yield one screen; lit where the export also declares groups, so that like conditions can be told."""
    if not audit.case.scope.has("purchase", "item", "amount", "paid_at", "participant_id"):
        yield nothing("orders", "导出没有带商品和价格的订单。", "The export holds no orders with item and price.")
        return
    if not audit.engine.value("SELECT count(*) FROM purchase_once WHERE item IS NOT NULL AND paid_at IS NOT NULL"):
        yield nothing("orders", "没有订单写明商品和时间。", "No order tells its item and time.")
        return
    times = audit.engine.value(f"SELECT count(*) FROM ({DIFFERING}) AS differing")
    rows = evidence(audit, SQL) if times else ()
    told = bool(groups(audit)) and audit.case.scope.has("purchase", "kind", "quantity")
    yield Finding(
        "orders",
        Verdict.FAIL if rows and told else Verdict.PASS,
        Text(
            f"同一分钟、同一商品与类型，不同买家价格不同的有 {times} 处。"
            + ("" if told or not rows else "导出不足以判断交易条件是否相同，仅备查。"),
            f"The same item and kind sold at different prices to different buyers in the same minute: {times} times."
            + ("" if told or not rows else " The export cannot tell whether the conditions were alike: only noted."),
        ),
        Basis.SCREEN,
        observed=str(times),
        rows=rows,
        sql=SQL,
    )

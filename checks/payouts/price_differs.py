"""Orders cost something other than the declared price.

Does: lists orders that were paid with another amount than the ladder, the coupon and the deposit give.
Matters: a price that differs from person to person, or from the page, is the plainest broken promise.
How: list price × percentage of the participant's n-th order (or of the coupon spent), rounded as declared, less the
    deposit that the order names.
Blind to: list prices that were raised before the discount; whether the coupon was good is `coupon_misspent`, whether the
    deposit was, `deposit_misused`.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Finding, Text, Verdict, check, several
from checks.payouts import total

SQL = """
SELECT purchase_id, participant_id, item, asset, list_price, place, coupon, deposit, owed, paid, abs(paid - owed) AS at_stake,
    paid_at, source_file, record
FROM order_price
WHERE NOT unknown AND paid <> owed
ORDER BY purchase_id"""
OPEN = """
SELECT purchase_id, participant_id, item, asset, list_price, coupon, deposit, paid, paid_at, source_file, record
FROM order_price
WHERE unknown AND (list_price IS NULL OR paid IS NULL)
ORDER BY purchase_id"""
NEEDS = ("purchase.purchase_id", "purchase.participant_id", "purchase.list_price", "purchase.amount", "purchase.paid_at",
         "purchase.coupon", "purchase.deposit_id")  # fmt: skip


@check(needs=NEEDS, provisions=("cn-price-promises",))
def price_differs(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all orders with a declared price."""
    if not audit.has("order_price"):
        why = Text("规则没有声明订单价格，或导出没有标价。",
                   "The rules declare no prices of orders, or the export holds no list prices.")  # fmt: skip
        yield Finding("orders", Verdict.NOT_APPLICABLE, why)
        return
    known, unknown = audit.engine.rows(
        "SELECT count(*) FILTER (NOT unknown), count(*) FILTER (unknown) FROM order_price"
    )[0]  # fmt: skip
    rows = evidence(audit, SQL)
    amount = total(audit, rows)
    money = ", ".join(f"{value} {asset}" for asset, value in amount.items())
    left = (
        Text(f"另有 {unknown} 笔不知应为多少。", f" Of {unknown} others the price is not known.")
        if unknown
        else Text("", "")
    )
    if rows:
        words = Text(f"{len(rows)} 笔订单的价格与声明不符，差额合计 {money}。",
                     f"{several(len(rows), 'order was', 'orders were')} not paid with the declared price, {money} apart.")  # fmt: skip
    else:
        words = Text(f"{known} 笔订单按声明的价格支付。", f"{several(known, 'order was', 'orders were')} paid with the declared price.")
    silent = Verdict.INCONCLUSIVE if unknown else Verdict.PASS if known else Verdict.NOT_APPLICABLE
    shown, sql = (evidence(audit, OPEN), OPEN) if unknown and not rows else (rows, SQL)
    yield Finding("orders", Verdict.FAIL if rows else silent, Text(words.zh + left.zh, words.en + left.en),
                  observed=str(len(rows)), amount=amount, rows=shown, sql=sql)  # fmt: skip

"""Rewards are a larger part of sales than a statute allows.

Does: sets what was paid to people for the orders of others against all orders, year by year.
Matters: Korea caps what multilevel sellers may be paid in all; China caps what a licensed direct seller may be paid.
How: rewards traced to orders of others, in the year they were paid; the caps are read from the dated provisions.
Blind to: taxes, and orders outside the export. The Chinese cap binds licensed direct-selling firms only.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from audit.case import Audit, shown
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from checks.money import measured, percent, traced

SQL = """
WITH sold AS (
    SELECT asset, year(day) AS in_year, sum(moved) AS sales FROM moved_day WHERE moves = 'order' GROUP BY ALL
), given AS (
    SELECT p.asset, year(p.day) AS in_year, sum(p.amount) AS amount FROM payment_day AS p
    WHERE p.clause IN (SELECT clause FROM reward_total WHERE source IN ('entry', 'own', 'outside') AND step <> 0)
    GROUP BY ALL
)
SELECT s.asset, s.in_year, s.sales, coalesce(g.amount, 0) AS amount
FROM sold AS s LEFT JOIN given AS g ON g.asset = s.asset AND g.in_year = s.in_year WHERE s.sales > 0 ORDER BY ALL"""


@check(provisions=("kr-dts-20-3", "kr-dts-29", "cn-direct-selling-2005-art24"))
def payout_share_of_sales(audit: Audit) -> Iterator[Finding]:
    """Yield a screen for each asset and year, lit where the share meets a threshold."""
    found = audit.engine.records(SQL) if traced(audit) and audit.case.scope.has("purchase", "amount", "paid_at") else []
    if not any(row["amount"] for row in found):
        yield nothing("orders", "没有按他人订单支付的奖励。", "Nothing was paid for the orders of others.")
        return
    for row in found:
        asset, in_year, sales, amount = row["asset"], row["in_year"], row["sales"], row["amount"]
        met, words = measured(audit, "percent-of-sales", Fraction(100 * int(amount), int(sales)))
        share = percent(int(amount), int(sales))
        yield Finding(
            f"{asset} {in_year}",
            Verdict.FAIL if met else Verdict.PASS,
            Text(
                f"{in_year} 年按他人订单支付的奖励占全部订单金额 {share}。{words.zh}",
                f"In {in_year}, {share} of what was ordered was paid to others than the buyer.{words.en}",
            ),
            Basis.SCREEN,
            observed=share,
            rows=shown(audit, [row]),
            sql=SQL,
        )

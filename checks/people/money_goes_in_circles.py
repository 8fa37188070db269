"""The same money goes round between the same accounts.

Does: finds two or three accounts that pass the same amount round at least three times, each round within a day.
Matters: circular money makes sales, ranks and rebates out of nothing.
How: payments from person to person of one amount: there and back, or round three; a single return is a correction and not counted.
Blind to: circles longer than three, split amounts, and payments that the export does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Basis, Finding, Text, Verdict, check
from checks.people import FAKE, nothing

SQL = """
WITH moved AS (
    SELECT payer_id AS a, payee_id AS b, asset, amount, paid_at, source_file, record
    FROM payment_once
    WHERE payer_id IS NOT NULL AND payee_id <> payer_id AND amount > 0
        AND payer_id NOT IN ({platform}) AND payee_id NOT IN ({platform})
), rounds AS (
    SELECT x.a, x.b, CAST(NULL AS VARCHAR) AS c, x.asset, x.amount, x.paid_at, x.source_file, x.record
    FROM moved AS x JOIN moved AS y ON y.a = x.b AND y.b = x.a AND y.asset = x.asset AND y.amount = x.amount
        AND y.paid_at BETWEEN x.paid_at AND x.paid_at + INTERVAL 1 DAY
    UNION ALL
    SELECT x.a, x.b, y.b, x.asset, x.amount, x.paid_at, x.source_file, x.record
    FROM moved AS x JOIN moved AS y ON y.a = x.b AND y.b <> x.a AND y.asset = x.asset AND y.amount = x.amount
        AND y.paid_at BETWEEN x.paid_at AND x.paid_at + INTERVAL 1 DAY
    JOIN moved AS z ON z.a = y.b AND z.b = x.a AND z.asset = x.asset AND z.amount = x.amount
        AND z.paid_at BETWEEN y.paid_at AND x.paid_at + INTERVAL 1 DAY
)
SELECT least(a, b, coalesce(c, a)) AS first_account, greatest(a, b, coalesce(c, a)) AS last_account, asset, amount,
    count(DISTINCT paid_at) AS rounds, min(paid_at) AS paid_at, min(source_file) AS source_file, min(record) AS record
FROM rounds GROUP BY ALL HAVING count(DISTINCT paid_at) >= 3 ORDER BY rounds DESC, first_account, last_account"""


@check(needs=("payment.payer_id", "payment.payee_id", "payment.amount", "payment.paid_at"), provisions=FAKE)
def money_goes_in_circles(audit: Audit) -> Iterator[Finding]:
    """Yield one lead, lit where such circles are found."""
    if not audit.case.scope.has("payment", "payer_id", "payee_id", "amount", "asset", "paid_at"):
        yield nothing("payments", "导出没有付款人。", "The export does not say who paid.")
        return
    sql = SQL.replace("{platform}", ", ".join(map(literal, ("", *audit.case.file.platform_accounts))))
    rows = evidence(audit, sql)
    yield Finding(
        "payments",
        Verdict.FAIL if rows else Verdict.PASS,
        Text(f"{len(rows)} 组账户之间同额资金至少往返三轮。线索：可能是虚构交易。", f"Among {len(rows)} sets of accounts the same "
             "amount went round three times or more. A lead: trades may be invented.")
        if rows else Text("没有同额资金在同一批账户间反复往返。", "No money goes round between the same accounts."),
        Basis.SCREEN,
        observed=str(len(rows)),
        rows=rows,
        sql=sql,
    )  # fmt: skip

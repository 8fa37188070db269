"""The same money goes round between the same accounts.

Does: finds two or three accounts that pass the same amount round at least three times, each round within a day from its first payment.
Matters: circular money makes sales, ranks and rebates out of nothing.
How: payments from person to person of one amount: there and back, or round three; a single return is a correction and not counted.
Blind to: circles longer than three, split amounts, and payments that the export does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Basis, Finding, Text, Verdict, check, nothing, several
from checks.people import FAKE

MOVED = """
SELECT payer_id AS a, payee_id AS b, asset, amount, paid_at, source_file, record
FROM payment_once
WHERE payer_id IS NOT NULL AND payee_id <> payer_id AND amount > 0 AND paid_at IS NOT NULL
    AND payer_id NOT IN ({platform}) AND payee_id NOT IN ({platform})"""
SQL = """
WITH moved AS ({moved}), round AS (
    SELECT x.a, x.b, CAST(NULL AS VARCHAR) AS c, x.asset, x.amount, x.paid_at AS first_at, y.paid_at AS last_at, x.source_file, x.record
    FROM moved AS x JOIN moved AS y ON y.a = x.b AND y.b = x.a AND y.asset = x.asset AND y.amount = x.amount
        AND y.paid_at BETWEEN x.paid_at AND x.paid_at + INTERVAL 1 DAY
    UNION ALL
    SELECT x.a, x.b, y.b, x.asset, x.amount, x.paid_at, z.paid_at, x.source_file, x.record
    FROM moved AS x JOIN moved AS y ON y.a = x.b AND y.b <> x.a AND y.asset = x.asset AND y.amount = x.amount
        AND y.paid_at BETWEEN x.paid_at AND x.paid_at + INTERVAL 1 DAY
    JOIN moved AS z ON z.a = y.b AND z.b = x.a AND z.asset = x.asset AND z.amount = x.amount
        AND z.paid_at BETWEEN y.paid_at AND x.paid_at + INTERVAL 1 DAY
), circle AS (
    SELECT a, b, c, asset, amount, least(count(DISTINCT first_at), count(DISTINCT last_at)) AS rounds,
        min(first_at) AS paid_at, arg_min(source_file, (first_at, record)) AS source_file, arg_min(record, (first_at, record)) AS record
    FROM round GROUP BY a, b, c, asset, amount
)
SELECT a AS first_account, b AS second_account, c AS third_account, asset, amount, rounds, paid_at, source_file, record
FROM circle WHERE rounds >= 3
-- each account of a circle may be taken for its start: the one that gives most rounds is told
QUALIFY row_number() OVER (PARTITION BY list_sort([a, b, coalesce(c, a)]), asset, amount ORDER BY rounds DESC, paid_at, a) = 1
ORDER BY rounds DESC, first_account, second_account, third_account, asset, amount"""


@check(needs=("payment.payer_id", "payment.payee_id", "payment.amount", "payment.paid_at"), provisions=FAKE)
def money_goes_in_circles(audit: Audit) -> Iterator[Finding]:
    """Yield one lead, lit where such circles are found."""
    if not audit.case.scope.has("payment", "payer_id", "payee_id", "amount", "asset", "paid_at"):
        yield nothing("payments", "导出没有付款人。", "The export does not say who paid.")
        return
    moved = MOVED.format(platform=", ".join(map(literal, ("", *audit.case.file.platform_accounts))))
    if not audit.engine.value(f"SELECT count(*) FROM ({moved}) AS moved"):
        yield nothing("payments", "没有人与人之间的付款。", "Nobody paid anybody but the platform.")
        return
    sql = SQL.format(moved=moved)
    rows = evidence(audit, sql)
    yield Finding(
        "payments",
        Verdict.FAIL if rows else Verdict.PASS,
        Text(f"{len(rows)} 组账户之间同额资金至少往返三轮。线索：可能是虚构交易。",
             f"Among {several(len(rows), 'set')} of accounts the same "
             "amount went round three times or more. A lead: trades may be invented.")
        if rows else Text("没有同额资金在同一批账户间反复往返。", "No money goes round between the same accounts."),
        Basis.SCREEN,
        observed=str(len(rows)),
        rows=rows,
        sql=sql,
    )  # fmt: skip

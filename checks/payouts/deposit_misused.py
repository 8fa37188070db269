"""Deposits were deducted twice, from somebody else's order, or not at all.

Does: lists deposits that two orders name, that an order of another person names, that were paid only after the order, or that
    no order names although their payer later ordered the same item and was paid nothing back.
Matters: a deposit is the buyer's money; deducted twice it is a gift, never deducted it is lost.
How: `deposit_id` of each order against the deposits' own records. Where a payer later ordered something else without their
    deposit, the rules do not tell which order it was for.
Blind to: deposits whose buyer never ordered, which may be forfeit or returned as the terms say; whether an order that names its
    deposit cost so much less is `price_differs`.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Finding, Text, Verdict, check, several
from audit.replay.orders import is_deposit
from checks.payouts import total

REFUNDED = """EXISTS (
    SELECT 1 FROM request_once AS q
    WHERE q.participant_id = d.participant_id AND q.kind = 'refund' AND q.settled_at >= d.paid_at
        AND coalesce(q.asset, d.asset) = d.asset AND coalesce(q.amount, d.amount) >= d.amount)"""
SQL = """
SELECT d.purchase_id AS deposit_id, b.purchase_id, d.participant_id AS depositor, b.participant_id, d.asset, d.amount AS at_stake,
    d.paid_at AS deposited_at, b.paid_at,
    CASE WHEN b.purchase_id IS NULL THEN 'not deducted' WHEN b.participant_id <> d.participant_id THEN 'not their own'
        WHEN b.paid_at < d.paid_at THEN 'paid later' WHEN NOT {maybe} THEN 'not a deposit'
        ELSE 'deducted twice' END AS fault,
    coalesce(b.source_file, d.source_file) AS source_file, coalesce(b.record, d.record) AS record
FROM purchase_once AS d
LEFT JOIN (
    SELECT *, row_number() OVER (PARTITION BY deposit_id, participant_id ORDER BY paid_at, purchase_id) AS turn
    FROM purchase_once WHERE deposit_id IS NOT NULL
) AS b ON b.deposit_id = d.purchase_id
WHERE b.participant_id <> d.participant_id OR b.paid_at < d.paid_at OR b.turn > 1
    OR (b.purchase_id IS NOT NULL AND NOT {maybe})
    OR (b.purchase_id IS NULL AND {deposit} AND EXISTS (
        SELECT 1 FROM purchase_once AS o
        WHERE o.participant_id = d.participant_id AND o.item = d.item AND o.paid_at > d.paid_at
            AND o.deposit_id IS NULL AND NOT {other}) AND NOT {refunded})
ORDER BY ALL""".replace("{refunded}", REFUNDED)
WAITING = """
SELECT d.purchase_id AS deposit_id, o.purchase_id, d.participant_id, d.item AS deposited_for, o.item, d.asset, d.amount,
    d.paid_at AS deposited_at, o.paid_at, o.source_file, o.record
FROM purchase_once AS d
JOIN purchase_once AS o ON o.participant_id = d.participant_id AND o.paid_at > d.paid_at AND o.deposit_id IS NULL
    AND NOT {other}
WHERE {deposit} AND NOT EXISTS (SELECT 1 FROM purchase_once AS b WHERE b.deposit_id = d.purchase_id) AND NOT {refunded}
ORDER BY ALL""".replace("{refunded}", REFUNDED)


@check(needs=("purchase.purchase_id", "purchase.participant_id", "purchase.kind", "purchase.deposit_id", "purchase.paid_at"),
       provisions=("cn-price-promises",))  # fmt: skip
def deposit_misused(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all deposits."""
    tests = {name: is_deposit(audit.rules, audit.case.scope, order, lenient=lenient)
             for name, order, lenient in (("deposit", "d", False), ("maybe", "d", True), ("other", "o", True))}  # fmt: skip
    deposits = audit.engine.value(f"SELECT count(*) FROM purchase_once AS d WHERE {tests['deposit']}")
    if not deposits or not audit.case.scope.has("purchase", "deposit_id"):
        why = Text("规则没有定金，或导出没有定金及其抵扣的记录。",
                   "The rules know no deposits, or the export holds none, or not what they were deducted from.")  # fmt: skip
        yield Finding("deposits", Verdict.NOT_APPLICABLE, why)
        return
    sql, waits = SQL.format(**tests), WAITING.format(**tests)
    rows = evidence(audit, sql)
    amount = total(audit, rows)
    money = ", ".join(f"{value} {asset}" for asset, value in amount.items())
    words = Text(f"{len(rows)} 笔定金被重复抵扣、抵了他人的订单、付在订单之后或没有抵扣，合计 {money}。",
                 f"{several(len(rows), 'deposit was', 'deposits were')} deducted twice, "
                 f"from another's order, before being paid, or not at all: {money}."
                 )  # fmt: skip
    if rows:
        yield Finding("deposits", Verdict.FAIL, words, observed=str(len(rows)), amount=amount, rows=rows, sql=sql)
        return
    if waiting := evidence(audit, waits):
        unused = len({row["deposit_id"] for row in waiting})
        text = Text(
            f"{unused} 笔定金没有订单抵扣，而其付款人此后另有不用定金的订单；定金应抵哪一笔，规则未说，不能下结论。",
            f"{several(unused, 'deposit is named by no order although its payer', 'deposits are named by no order although their payers')} "
            "later ordered without one; the rules do not say which "
            "order a deposit is for. Cannot tell.",
        )
        yield Finding("deposits", Verdict.INCONCLUSIVE, text, observed=str(unused), rows=waiting, sql=waits)
        return
    named = audit.engine.value(f"SELECT count(*) FROM purchase_once AS d WHERE {tests['deposit']} AND d.purchase_id IN "
                               "(SELECT deposit_id FROM purchase_once)")  # fmt: skip
    text = Text(
        f"{deposits} 笔定金中 {named} 笔各由付款人此后的一笔订单抵扣，其余已退还，或没有订单可抵。",
        f"Of {deposits} deposits {named} are named by one later order of their payer; the others were paid back, or no order came "
        "that could name them.",
    )
    yield Finding("deposits", Verdict.PASS, text, observed="0", sql=sql)

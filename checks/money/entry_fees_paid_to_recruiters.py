"""Part of every entry fee is paid to those who recruited.

Does: adds up what of the entry fees was paid to other people because of them, in all and of the single order most.
Matters: a plan that lives on the fees of the next to join pays the first and cannot pay the last.
How: rewards traced to entry orders by their reference, against what those orders paid; the attribution is printed.
Blind to: entry orders that case.yaml does not name under `attribution`; rewards paid for a day or a month in all.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.money import attribution
from checks.money import PYRAMID, amount_of, nothing, percent, traced

PAID = """
SELECT clause, step, asset, sum(payments) AS awards, sum(amount) AS amount
FROM reward_edge WHERE source = 'entry' AND step <> 0 AND asset = {asset} GROUP BY ALL ORDER BY clause, step"""
LARGEST = """
SELECT b.asset, b.moved, sum(p.amount)
FROM payment_once AS p JOIN money_event AS b ON b.event = p.ref AND b.moves = 'order'
WHERE b.source = 'entry' AND p.asset = b.asset AND p.payee_id <> b.person AND b.moved > 0
    AND p.reason IN (SELECT clause FROM reward_edge WHERE source = 'entry' AND step <> 0)
GROUP BY b.event, b.asset, b.moved ORDER BY sum(p.amount) * 1.0 / b.moved DESC, b.event LIMIT 1"""


@check(provisions=PYRAMID)
def entry_fees_paid_to_recruiters(audit: Audit) -> Iterator[Finding]:
    """Yield a screen for each asset that entry is paid in; lit where any of it went to others."""
    sql = "SELECT asset, count(*), sum(moved) FROM money_event WHERE source = 'entry' GROUP BY asset ORDER BY asset"
    fees = audit.engine.rows(sql) if traced(audit) else []
    if not fees:
        yield nothing("entry fees", "没有声明入门费订单，或付款无法逐笔归集。",
                      "No order is declared to buy entry, or payments cannot be traced.")  # fmt: skip
    rule = attribution(audit.case.file.attribution)
    most = {asset: (moved, paid) for asset, moved, paid in audit.engine.rows(LARGEST)} if fees else {}
    for asset, orders, moved in fees:
        query = PAID.format(asset=literal(asset))
        rows = evidence(audit, query)
        paid = sum(int(amount) for *_, amount in audit.engine.rows(query))
        total, given = amount_of(audit, asset, moved), amount_of(audit, asset, paid)
        share = percent(paid, moved)
        top = percent(most[asset][1], most[asset][0]) if asset in most else "0.00 %"
        yield Finding(
            f"entry fees in {asset}",
            Verdict.FAIL if paid else Verdict.PASS,
            Text(
                f"{orders} 笔入门费共 {total} {asset}，其中 {given}（{share}）付给了他人；单笔最高 {top}。{rule.zh}",
                f"{orders} entry orders paid {total} {asset}; {given} of it ({share}) went to other people, of a single order at "
                f"most {top}. {rule.en}",
            ),
            Basis.SCREEN,
            observed=share,
            amount={asset: given},
            rows=rows,
            sql=query,
        )

"""Part of every entry fee is paid to those who recruited.

Does: adds up what of the entry fees was paid to other people because of them, in all and of the single order most.
Matters: a plan that lives on the fees of the next to join pays the first and cannot pay the last.
How: rewards traced to entry orders by their reference, against what those orders paid; the attribution is printed.
Blind to: entry orders that neither a rank nor case.yaml's `attribution` names; pools shared by the day, but for the ceiling.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from audit.forecast import show
from audit.forecast.fees import most_paid
from audit.money.attribution import attribution
from audit.rules import clauses_of
from checks.money import PYRAMID, amount_of, percent, traced

PAID = """
SELECT clause, step, asset, sum(payments) AS awards, sum(amount) AS amount
FROM reward_total WHERE source = 'entry' AND step <> 0 AND asset = {asset} GROUP BY ALL ORDER BY clause, step"""
LARGEST = """
SELECT b.asset, b.moved, sum(p.amount)
FROM payment_once AS p JOIN money_event AS b ON b.event = p.ref AND b.moves = 'order'
WHERE b.source = 'entry' AND p.asset = b.asset AND p.payee_id <> b.person AND b.moved > 0
    AND p.reason IN (SELECT clause FROM reward_total WHERE source = 'entry' AND step <> 0)
GROUP BY b.event, b.asset, b.moved ORDER BY sum(p.amount) * 1.0 / b.moved DESC, b.event LIMIT 1"""


@check(provisions=PYRAMID)
def entry_fees_paid_to_recruiters(audit: Audit) -> Iterator[Finding]:
    """Yield a screen for each asset that entry is paid in; lit where any of it went to others."""
    sql = "SELECT asset, sum(events), sum(moved) FROM buyer_total WHERE source = 'entry' GROUP BY asset ORDER BY asset"
    fees = audit.engine.rows(sql) if traced(audit) else []
    if not fees:
        yield nothing("entry fees", "没有声明入门费订单，或付款无法逐笔归集。",
                      "No order is declared to buy entry, or payments cannot be traced.")  # fmt: skip
    rule = attribution(audit.rules, audit.case.file.attribution)
    most = {asset: (moved, paid) for asset, moved, paid in audit.engine.rows(LARGEST)} if fees else {}
    for asset, orders, moved in fees:
        query = PAID.format(asset=literal(asset))
        rows = evidence(audit, query)
        paid = sum(int(amount) for *_, amount in audit.engine.rows(query))
        total, given = amount_of(audit, asset, moved), amount_of(audit, asset, paid)
        share = percent(paid, moved)
        top = percent(most[asset][1], most[asset][0]) if asset in most else "0.00 %"
        price, ceiling = _ceiling(audit, asset)
        most_zh = (
            f"按条款，各级齐备时一笔 {price} {asset} 最多有 {show(ceiling)}（{percent(ceiling, price)}）付给他人。"
            if price
            else ""
        )
        most_en = (f" By the clauses up to {show(ceiling)} of {price} {asset} ({percent(ceiling, price)}) go to others when every rank "
                   "is held." if price else "")  # fmt: skip
        yield Finding(
            f"entry fees in {asset}",
            Verdict.FAIL if paid else Verdict.PASS,
            Text(
                f"{orders} 笔入门费共 {total} {asset}，其中 {given}（{share}）付给了他人；单笔最高 {top}。{most_zh}{rule.zh}",
                f"{orders} entry orders paid {total} {asset}; {given} of it ({share}) went to other people, of a single order at "
                f"most {top}.{most_en} {rule.en}",
            ),
            Basis.SCREEN,
            declared=percent(ceiling, price) if price else "",
            observed=share,
            amount={asset: given},
            rows=rows,
            sql=query,
        )


def _ceiling(audit: Audit, asset: str) -> tuple[Decimal, Fraction]:
    """The entry order of which the clauses can give most to others: its price and how much that is."""
    sql = (
        "SELECT DISTINCT item, kind, moved FROM money_event\n"
        "WHERE moves = 'order' AND source = 'entry' AND event IS NOT NULL AND asset = ? AND moved > 0 ORDER BY ALL"
    )
    best = (Decimal(0), Fraction(0))
    for item, kind, steps in audit.engine.rows(sql, [asset]):
        price = Decimal(audit.units(asset).show(int(steps)))
        paid = Fraction(sum(most_paid(clauses_of(audit.rules), price, asset, item, kind).values(), Decimal(0)))
        if not best[0] or paid / Fraction(price) > best[1] / Fraction(best[0]):
            best = (price, paid)
    return best

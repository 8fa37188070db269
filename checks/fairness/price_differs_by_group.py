"""A group pays more than others for the same thing on the same day.

Does: compares how often each declared group paid more than the lowest price of that item, kind, quantity and day.
Matters: prices that know who you are, and are not published, take most from those who look least.
How: orders of one item, kind, quantity and day are like; paying above their lowest price is the event; exact conditional
    test on each buyer's first order of an item, so that one loyal buyer is one trial.
Blind to: coupons and points that lower what was paid elsewhere; disclosed offers for new users, which can be reasonable.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.engine import literal
from audit.finding import Finding, Text, check, nothing
from checks.fairness import CONDITIONS, compare, no_groups

TRIALS = """
WITH bought AS (
    SELECT item, kind, asset, coalesce(quantity, 1) AS quantity, CAST(timezone({zone}, paid_at) AS DATE) AS day,
        participant_id AS person, paid_at AS moment, amount, purchase_id
    FROM purchase_once WHERE item IS NOT NULL AND paid_at IS NOT NULL
), alike AS (
    SELECT row_number() OVER () AS stratum, * FROM (
        SELECT item, kind, asset, quantity, day, min(amount) AS lowest FROM bought GROUP BY ALL) AS one
), first_bought AS (
    SELECT b.person, min((b.moment, b.purchase_id, a.stratum, b.amount > a.lowest)) AS first
    FROM bought AS b JOIN alike AS a ON a.item = b.item AND a.day = b.day AND a.quantity = b.quantity
        AND a.kind IS NOT DISTINCT FROM b.kind AND a.asset IS NOT DISTINCT FROM b.asset
    GROUP BY b.person, b.item
)
SELECT first[3] AS stratum, person, first[1] AS moment, first[4] AS hit FROM first_bought WHERE first[2] IS NOT NULL"""


@check(
    needs=("purchase.participant_id", "purchase.item", "purchase.amount"),
    provisions=(*CONDITIONS, "cn-price-mark-2022-art6"),
)
def price_differs_by_group(audit: Audit) -> Iterator[Finding]:
    """Yield a screen for each grouping."""
    absent = no_groups(audit, "price")
    if absent or not audit.case.scope.has("purchase", "item", "amount", "paid_at", "participant_id"):
        yield absent or nothing(
            "price", "导出没有带商品和价格的订单。", "The export holds no orders with item and price."
        )
        return
    yield from compare(
        audit,
        TRIALS.format(zone=literal(audit.case.file.timezone)),
        Text("付出高于同日同品最低价", "Paying more than the day's lowest price"),
        good=False,
    )

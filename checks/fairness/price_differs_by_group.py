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
from audit.finding import Finding, Text, check
from checks.fairness import CONDITIONS, compare, no_groups, nothing

TRIALS = """
WITH bought AS (
    SELECT item, concat_ws('|', item, kind, asset, coalesce(quantity, 1), CAST(timezone({zone}, paid_at) AS DATE)) AS stratum,
        participant_id AS person,
        paid_at AS moment, amount, purchase_id
    FROM purchase_once WHERE item IS NOT NULL AND paid_at IS NOT NULL
), lowest AS (SELECT stratum, min(amount) AS amount FROM bought GROUP BY stratum),
first_bought AS (
    SELECT min(moment) AS moment, person, item, arg_min(stratum, (moment, purchase_id)) AS stratum,
        arg_min(amount, (moment, purchase_id)) AS amount
    FROM bought GROUP BY person, item
)
SELECT f.stratum, f.person, f.moment, f.amount > l.amount AS hit FROM first_bought AS f JOIN lowest AS l ON l.stratum = f.stratum"""


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

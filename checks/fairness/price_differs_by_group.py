"""A group pays more than others for the same thing on the same day.

Does: compares how often each declared group paid more than the lowest price of that item, kind, quantity and day.
Matters: prices that know who you are, and are not published, take most from those who look least.
How: orders of one item, kind, quantity and day are like; where their prices differ, paying above the lowest is the event;
    exact conditional test on each buyer's first such order of an item, so that one loyal buyer is one trial.
Blind to: coupons and points that lower what was paid elsewhere; disclosed offers for new users, which can be reasonable.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.engine import literal
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from checks.fairness import CONDITIONS, compare, groups, no_groups

DIFFERING = """
    SELECT row_number() OVER (ORDER BY item, kind, asset, quantity, day) AS stratum, * FROM (
        SELECT item, kind, asset, coalesce(quantity, 1) AS quantity, CAST(timezone({zone}, paid_at) AS DATE) AS day, min(amount) AS lowest
        FROM purchase_once WHERE item IS NOT NULL AND paid_at IS NOT NULL GROUP BY ALL HAVING min(amount) < max(amount)) AS one"""
VARYING = """
SELECT item FROM purchase_once WHERE item IS NOT NULL AND paid_at IS NOT NULL
GROUP BY item, kind, asset, coalesce(quantity, 1) HAVING min(amount) < max(amount) LIMIT 1"""
BOUGHT_BY_TWO = """
SELECT t.item, t.kind, t.asset, coalesce(t.quantity, 1) AS quantity, {day} AS day, {mixed}
FROM (SELECT *, paid_at AS moment FROM purchase_once WHERE item IS NOT NULL AND paid_at IS NOT NULL) AS t
JOIN participant_once AS p ON p.participant_id = t.participant_id
GROUP BY ALL"""
TRIALS = """
WITH differing AS ({differing}
), first_bought AS (
    SELECT b.participant_id AS person, min((b.paid_at, b.purchase_id, d.stratum, b.amount > d.lowest)) AS first
    FROM differing AS d JOIN purchase_once AS b ON b.item = d.item AND CAST(timezone({zone}, b.paid_at) AS DATE) = d.day
        AND coalesce(b.quantity, 1) = d.quantity AND b.kind IS NOT DISTINCT FROM d.kind AND b.asset IS NOT DISTINCT FROM d.asset
    GROUP BY b.participant_id, b.item
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
    zone = literal(audit.case.file.timezone)
    differing = DIFFERING.format(zone=zone)
    varying = bool(audit.engine.rows(VARYING))
    if not varying or not audit.engine.value(f"SELECT count(*) FROM ({differing}) AS differing"):
        yield from _alike(audit, f"CAST(timezone({zone}, t.moment) AS DATE)" if varying else "")
        return
    yield from compare(
        audit,
        TRIALS.format(differing=differing, zone=zone),
        Text("付出高于同日同品最低价", "Paying more than the day's lowest price"),
        good=False,
    )


def _alike(audit: Audit, day: str) -> Iterator[Finding]:
    """One price for all: shown for a grouping where two of its groups bought the same thing on one day, else nothing can be told.

    day is SQL for the day of an order; empty where no price ever changed, for then it does not matter when one bought.
    """
    named = groups(audit)
    mixed = [f"min(coalesce({group}, '(none)')) < max(coalesce({group}, '(none)'))" for group in named.values()]
    sql = BOUGHT_BY_TWO.format(mixed=", ".join(f"{one} AS mixed_{place}" for place, one in enumerate(mixed)),
                               day=day or "CAST(NULL AS DATE)")  # fmt: skip
    counted = ", ".join(f"count(*) FILTER (mixed_{place})" for place in range(len(mixed)))
    when = Text("在同日", " on one day") if day else Text("", "")
    for name, times in zip(named, audit.engine.rows(f"SELECT {counted} FROM ({sql}) AS alike")[0], strict=True):
        text = Text(f"两个以上人群{when.zh}购买同品的 {times} 处，对所有人同价（按 {name}）。",
                    f"Where two groups bought the same thing{when.en} ({times} times), everybody paid the same (by {name}).") \
            if times else Text(f"没有两个人群{when.zh}购买同品，无从比较（按 {name}）。",
                               f"No two groups bought the same thing{when.en}: nothing to compare (by {name}).")  # fmt: skip
        verdict = Verdict.PASS if times else Verdict.INCONCLUSIVE
        yield Finding(name, verdict, text, Basis.SCREEN, observed="0", sql=sql)

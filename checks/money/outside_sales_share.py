"""Little is sold to people outside the plan.

Does: says how much of what was bought came from people who take no part in the rewards, under two ideas of who does.
Matters: a plan that sells to its own members only moves their money about.
How: orders by class of buyer: those who recruited or were paid for others; and, wider, everybody who was recruited.
Blind to: goods that members buy and sell on. The orders of American courts bind their parties only: they are benchmarks.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from audit.case import Audit, shown
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from audit.money.attribution import attribution
from checks import law
from checks.money import percent

LAW = ("us-vemma-2016", "us-herbalife-2016", "us-amway-1979", "us-neora-2023", "us-ftc-mlm-guidance-2024", "kr-dts-29")
SQL = """
SELECT b.asset, b.source, sum(b.events) AS awards, sum(b.moved) AS amount,
    coalesce(sum(b.moved) FILTER (i.referrer IS NULL AND b.source = 'outside'), 0) AS outside_wider
FROM buyer_total AS b LEFT JOIN invited AS i ON i.person = b.person
WHERE b.source <> 'stake' AND b.sold GROUP BY ALL ORDER BY ALL"""


@check(provisions=LAW)
def outside_sales_share(audit: Audit) -> Iterator[Finding]:
    """Yield a screen for each asset that orders are paid in; lit where a benchmark of the jurisdiction is not reached."""
    found = audit.engine.records(SQL) if audit.has("buyer_total") else []
    if not found or not audit.engine.value("SELECT count(*) FROM plan_person WHERE takes_part"):
        yield nothing("orders", "没有订单，或没有人参与奖励。", "There are no orders, or nobody takes part in rewards.")
        return
    rule = attribution(audit.rules, audit.case.file.attribution)
    rows = shown(audit, found)
    for asset in sorted({row["asset"] for row in found}):
        mine = [
            (row["source"], int(row["amount"]), int(row["outside_wider"])) for row in found if row["asset"] == asset
        ]
        total = sum(amount for _, amount, _ in mine)
        outside = sum(amount for source, amount, _ in mine if source == "outside")
        wider = sum(wide for *_, wide in mine)
        missed = [
            (name, version) for name, version in law.thresholds(audit, "percent-from-outside")
            if not law.meets(version, Fraction(100 * outside, total))
        ]  # fmt: skip
        zh = "".join(
            f"低于{version['cite']}的 {version['value']} %（只约束当事人，仅供对照）。" for _, version in missed
        )
        en = "".join(f" Below the {version['value']} % of {version['cite']} (it binds its parties; a benchmark)."
                     for _, version in missed)  # fmt: skip
        yield Finding(
            f"orders in {asset}",
            Verdict.FAIL if missed else Verdict.PASS,
            Text(
                f"订单金额中 {percent(outside, total)} 来自未参与奖励的人；若凡被邀请者都算参加者，则为 "
                f"{percent(wider, total)}。{zh}{rule.zh}",
                f"{percent(outside, total)} of what was ordered came from people who take no part in rewards; if everybody who was "
                f"invited counts as a participant, {percent(wider, total)}.{en} {rule.en}",
            ),
            Basis.SCREEN,
            observed=percent(outside, total),
            rows=rows,
            sql=SQL,
        )

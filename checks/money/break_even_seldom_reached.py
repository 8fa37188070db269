"""Most members never get their money back.

Does: counts, by how many people a member recruited, how many were paid at least what they paid in.
Matters: "recruit three and you are even" is true of a few for every plan whose members pay each other.
How: what each person paid and received in one asset; the share that random recruiting leads to stands beside it (Gastwirth 1977).
Blind to: goods and coupons received; money that members move outside the export.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from audit.case import Audit, shown
from audit.engine import literal
from audit.finding import Basis, Finding, Text, Verdict, check, nothing, several
from audit.forecast.growth import share_recouping
from checks.money import money_assets, percent

SQL = """
SELECT coalesce(r.recruits, 0) AS recruits, count(*) AS members, count(*) FILTER (m.received >= m.paid) AS even
FROM member_money AS m
LEFT JOIN (SELECT referrer, count(*) AS recruits FROM invited WHERE referrer IS NOT NULL GROUP BY referrer) AS r
    ON r.referrer = m.person
WHERE m.paid > 0 AND m.asset = {asset} GROUP BY ALL ORDER BY recruits"""


@check(
    needs=("participant.referrer_id", "payment.payee_id", "payment.amount"),
    provisions=("us-burnlounge-2014", "jp-mugen-2", "us-ftc-income-2024"),
)
def break_even_seldom_reached(audit: Audit) -> Iterator[Finding]:
    """Yield a screen (noted) for each asset, where people both recruit and are paid."""
    recruits = audit.has("plan_person") and audit.case.scope.has("participant", "referrer_id")
    assets = money_assets(audit) if recruits else []
    if not assets:
        yield nothing(
            "break-even", "导出没有推荐关系或金钱往来。", "The export holds no referrers or no flows of money."
        )
    for asset in assets:
        sql = SQL.format(asset=literal(asset))
        records = audit.engine.records(sql)
        found = [(row["recruits"], row["members"], row["even"]) for row in records]
        members, even = sum(n for _, n, _ in found), sum(e for *_, e in found)
        reach = [(k, *(sum(row[place] for row in found if row[0] >= k) for place in (1, 2))) for k, *_ in found]
        needed, enough = next(((k, n) for k, n, e in reach if 2 * e >= n), (None, 0))
        chance = percent(share_recouping(needed), Fraction(1)) if needed else "100 %"
        zh = (f"推荐满 {needed} 人者才至少半数回本；有这么多推荐的占 {percent(enough, members)}（若推荐机会均等，为 {chance}）。"
              if needed is not None else "无论推荐满多少人，回本者都不到一半。")  # fmt: skip
        en = (
            f"At least half of those with {several(needed, 'recruit')} or more are even; {percent(enough, members)} have that many "
            f"(evenly random recruiting gives {chance})."
            if needed is not None
            else "However many recruits one asks for, fewer than half of those with as many are even."
        )
        yield Finding(
            f"members in {asset}",
            Verdict.PASS,
            Text(
                f"付过钱的 {members} 人中，{even} 人（{percent(even, members)}）收回了所付的 {asset}。{zh}",
                f"Of {members} people who paid, {even} ({percent(even, members)}) got their {asset} back. {en}",
            ),
            Basis.SCREEN,
            observed=percent(even, members),
            rows=shown(audit, records),
            sql=sql,
        )

"""Most members lose, on money that comes from members.

Does: gives the distribution of what members paid and received: losers, median, top 1 %, Gini coefficient, Lorenz curve.
Matters: if all a plan pays comes from its members, the gains of some are the losses of others.
How: net of each person in one asset, exact; the Gini coefficient of what was received; lit only where the money that
    rewards were paid from is entry fees and more than half lose; where the export holds nothing bought or staked, what
    people paid in is deposits. Rewards that cannot be traced to what was bought leave it open.
Blind to: goods and coupons received for the money; a high share of losers is normal where people simply buy.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from checks.money import amount_of, money_assets, percent

LAW = ("cn-anti-pyramid-2005-art2", "jp-mugen-2", "cn-rebate-warning-2018", "us-ftc-income-2024", "us-burnlounge-2014")
RANKED = """
SELECT person, paid, received, received - paid AS net, count(*) OVER () AS people, row_number() OVER (ORDER BY received) AS place
FROM member_money WHERE asset = {asset}"""
TOTALS = """
SELECT any_value(people), count(*) FILTER (paid > 0), count(*) FILTER (paid > 0 AND net < 0), sum(paid), sum(received),
    quantile_disc(net, 0.5), sum(received) FILTER (place > people - (people + 99) // 100),
    sum((2 * place - people - 1) * CAST(received AS HUGEINT))
FROM ({ranked}) AS r"""
FUNDED = """
SELECT coalesce(sum(amount) FILTER (source = 'entry'), 0), coalesce(sum(amount) FILTER (source = 'untraced'), 0),
    coalesce(sum(amount), 0)
FROM reward_total WHERE asset = {asset} AND source <> 'returned'"""
LORENZ = """
SELECT {asset} AS asset, p.share AS poorest_percent, sum(r.received) AS amount
FROM (VALUES (10), (20), (30), (40), (50), (60), (70), (80), (90), (95), (99), (100)) AS p(share)
JOIN (
    SELECT (place * 100 + people - 1) // people AS share, sum(received) AS received FROM ({ranked}) AS ranked GROUP BY ALL
) AS r ON r.share <= p.share
GROUP BY p.share ORDER BY p.share"""


@check(needs=("payment.payee_id", "payment.amount"), provisions=LAW)
def members_in_loss(audit: Audit) -> Iterator[Finding]:
    """Yield a screen for each asset; its rows are the Lorenz curve of what was received."""
    assets = money_assets(audit)
    if not assets:
        yield nothing(
            "members", "导出没有既付又收的资产。", "The export holds no asset that people both paid and received."
        )
    for asset in assets:
        ranked = RANKED.format(asset=literal(asset))
        people, payers, losers, paid, received, median, top, spread = audit.engine.rows(TOTALS.format(ranked=ranked))[0]
        gini = Fraction(int(spread), int(people) * int(received))
        verdict, why = _judge(audit, asset, payers > 0 and 2 * losers > payers)
        sql = LORENZ.format(asset=literal(asset), ranked=ranked)
        ratio = percent(int(received), int(paid))
        yield Finding(
            f"members in {asset}",
            verdict,
            Text(
                f"{payers} 人付出 {amount_of(audit, asset, paid)} {asset}，全体收到 {amount_of(audit, asset, received)}（{ratio}）；"
                f"{losers} 人（{percent(losers, payers)}）收不抵支，净额中位数 {amount_of(audit, asset, median)}；"
                f"收入最高的 1% 得到 {percent(int(top or 0), int(received))}，基尼系数 {float(gini):.6f}。"
                + why.zh,
                f"{payers} people paid {amount_of(audit, asset, paid)} {asset}; {amount_of(audit, asset, received)} ({ratio}) was "
                f"received in all. {losers} ({percent(losers, payers)}) received less than they paid; the median net is "
                f"{amount_of(audit, asset, median)}; the top 1 % received {percent(int(top or 0), int(received))}; Gini coefficient "
                f"{float(gini):.6f}.{why.en}",
            ),
            Basis.SCREEN,
            observed=f"{losers} / {payers}",
            amount={asset: amount_of(audit, asset, int(received) - int(paid))},
            rows=evidence(audit, sql),
            sql=sql,
        )  # fmt: skip


def _judge(audit: Audit, asset: str, lose: bool) -> tuple[Verdict, Text]:
    """The verdict, and what rewards were paid from in words; lose says that more than half of those who paid lose."""
    entry, untraced, total = map(int, audit.engine.rows(FUNDED.format(asset=literal(asset)))[0])
    sold = audit.engine.value(f"SELECT count(*) FROM buyer_total WHERE asset = {literal(asset)} AND sold")
    if 2 * (entry if sold else entry + untraced) > total:
        source = Text("奖励主要出自入门费或投入本身。", " What was paid out came mainly from entry fees or deposits.")
        return Verdict.FAIL if lose else Verdict.PASS, source
    if sold and 2 * (entry + untraced) > total:
        unknown = Text("奖励出自何处无法追溯。", " What rewards were paid from cannot be traced.")
        return Verdict.INCONCLUSIVE if lose else Verdict.PASS, unknown
    return Verdict.PASS, Text("", "")

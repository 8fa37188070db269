"""Nobody earns who has not first bought entry.

Does: of those who were rewarded for others, counts who had bought an entry order before their first such reward.
Matters: buying goods for the right to recruit is an entry fee in other words.
How: the first entry order of each against their first reward for somebody else's event; exceptions are listed.
Blind to: a condition written nowhere that one exception breaks; entry orders that case.yaml does not name.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from checks.money import percent, traced

LAW = ("cn-anti-pyramid-2005-art7-2", "cn-direct-selling-2005-art14", "cn-case-rmfyalk-2025-168-002", "cn-case-guizhou-2024",
       "cn-case-huasheng", "us-koscot-1975", "uk-trading-schemes", "kr-dts-22", "kr-dts-24")  # fmt: skip
SQL = """
WITH first_reward AS (
    SELECT p.payee AS person, min(p.first_at) AS rewarded_at
    FROM payee_total AS p
    WHERE p.clause IN (SELECT clause FROM reward_total WHERE step <> 0)
    GROUP BY p.payee
), first_entry AS (
    SELECT person, min(first_at) AS bought_at FROM buyer_total WHERE source = 'entry' GROUP BY person
)
SELECT r.person, r.rewarded_at, e.bought_at
FROM first_reward AS r LEFT JOIN first_entry AS e ON e.person = r.person"""
LATER = " WHERE e.bought_at IS NULL OR e.bought_at > r.rewarded_at ORDER BY r.person LIMIT 100"


@check(provisions=LAW)
def entry_bought_before_rewards(audit: Audit) -> Iterator[Finding]:
    """Yield one screen, lit where every rewarded person had bought entry first."""
    entry = traced(audit) and audit.engine.value("SELECT count(*) FROM buyer_total WHERE source = 'entry'")
    if not entry or not audit.case.scope.has("payment", "paid_at"):
        yield nothing(
            "entry",
            "没有声明入门费订单，或付款没有时间。",
            "No order is declared to buy entry, or payments have no time.",
        )
        return
    people, before = audit.engine.rows(
        f"SELECT count(*), count(*) FILTER (bought_at <= rewarded_at) FROM ({SQL}) AS firsts"
    )[0]
    if not people:
        yield nothing("entry", "没有人因他人而得奖。", "Nobody was rewarded for others.")
        return
    lit = before == people
    yield Finding(
        "entry",
        Verdict.FAIL if lit else Verdict.PASS,
        Text(
            f"因他人而得奖的 {people} 人中，{before} 人（{percent(before, people)}）此前已购买入门套餐。"
            + (
                "无一例外：达到“以认购商品等方式变相交纳费用，取得加入或者发展其他人员加入的资格”的字面要件之一。"
                if lit
                else ""
            ),
            f"Of {people} people rewarded for others, {before} ({percent(before, people)}) had bought an entry order before."
            + (
                " Without exception: meets the textual element of buying goods for the right to join or recruit."
                if lit
                else ""
            ),
        ),
        Basis.SCREEN,
        observed=f"{before} / {people}",
        rows=evidence(audit, SQL + LATER),
        sql=SQL + LATER,
    )

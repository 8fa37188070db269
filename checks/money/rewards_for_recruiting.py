"""People are paid for recruiting, whether or not anything is sold.

Does: adds up rewards paid to somebody else for a registration alone.
Matters: pay by heads is the first of the three marks of a pyramid in the statute.
How: clauses on registration whose recipient stands above the new member; and what was paid under them.
Blind to: pay by heads in the dress of a sale. A small bounty for new users, paid once and by the platform, is weak evidence.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from audit.rules import clauses_of
from checks.money import percent, traced

LAW = ("cn-anti-pyramid-2005-art7-1", "cn-criminal-law-224-1", "us-koscot-1975", "eu-ucpd-annex1-14", "uk-unfair-practices",
       "kr-dts-20-5", "kr-dts-22", "kr-dts-24")  # fmt: skip
SQL = """
SELECT clause, asset, sum(payments) AS awards, sum(amount) AS amount
FROM reward_total WHERE source = 'none' AND step <> 0 GROUP BY ALL ORDER BY clause, asset"""


@check(provisions=LAW)
def rewards_for_recruiting(audit: Audit) -> Iterator[Finding]:
    """Yield one screen, lit where a reward for a registration goes to somebody above."""
    declared = tuple(
        name
        for name, award in clauses_of(audit.rules).items()
        if (award.on == "registration" and "." in award.to) or award.on == "recruit"
    )
    rows = evidence(audit, SQL) if traced(audit) else ()
    if not clauses_of(audit.rules) or (not declared and not rows):
        yield nothing(
            "registrations", "没有因注册而付给他人的奖励。", "Nobody is paid for the registration of another."
        )
        return
    shares = []
    for asset in sorted({str(row["asset"]) for row in rows}):
        total = audit.engine.value(
            "SELECT sum(amount) FROM reward_total WHERE asset = ? AND source <> 'returned'", [asset]
        )
        head = audit.engine.value(
            "SELECT sum(amount) FROM reward_total WHERE asset = ? AND source = 'none' AND step <> 0", [asset]
        )
        shares.append(f"{asset} {percent(head, total)}")
    listed = ", ".join(shares) or "0"
    yield Finding(
        "registrations",
        Verdict.FAIL,
        Text(
            f"因他人注册而付酬：条款 {'、'.join(declared) or '（未声明）'}；占全部奖励 {listed}。"
            f"达到“以发展的人员数量为依据”的字面要件之一；"
            "平台一次性支付的小额拉新奖励证明力弱。",
            f"Paid for another's registration: clauses {', '.join(declared) or '(none declared)'}; of all rewards {listed}. Meets "
            "the textual element of reward by the number recruited; a small bounty paid once by the platform is weak evidence.",
        ),
        Basis.SCREEN,
        observed=listed,
        rows=rows,
        sql=SQL if rows else "",
        clauses=declared,
    )

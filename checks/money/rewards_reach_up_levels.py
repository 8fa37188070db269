"""Rewards on a sale go more than one level up.

Does: says how far above the buyer rewards on orders and stakes are paid, declared and in fact.
Matters: pay for the sales of those below, down several levels, is what statutes call team pay.
How: the roles of the declared clauses; and payments, by how many invitations lie between buyer and payee.
Blind to: levels beyond the second, which payments show as "further or elsewhere". One award to the direct inviter is not team pay.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from audit.rules import clauses_of
from checks.money import traced

LAW = ("cn-anti-pyramid-2005-art2", "cn-anti-pyramid-2005-art7-3", "cn-case-banan-2022", "cn-spc-spp-mps-2013-37-s5",
       "kr-dts-2-5", "kr-dts-29", "jp-tokusho-33", "cn-case-huasheng", "cn-case-guizhou-2024")  # fmt: skip
SQL = """
SELECT clause, step, asset, sum(payments) AS awards, sum(amount) AS amount
FROM reward_total WHERE step <> 0 AND source IN ('entry', 'own', 'outside', 'stake') GROUP BY ALL ORDER BY step, clause, asset"""


@check(provisions=LAW)
def rewards_reach_up_levels(audit: Audit) -> Iterator[Finding]:
    """Yield one screen, lit where somebody is paid from the second level up."""
    awards = {name: award for name, award in clauses_of(audit.rules).items() if award.on != "registration"}
    declared = max(
        (award.to.count(".referrer") + (".team_leader" in award.to) * 2 for award in awards.values()), default=0
    )
    rows = evidence(audit, SQL) if traced(audit) else ()
    if not declared and not any(row["step"] in (1, 2) for row in rows):
        yield nothing(
            "levels", "没有按他人交易付给上级的奖励。", "Nobody is paid for the orders or stakes of somebody below."
        )
        return
    second = [row for row in rows if row["step"] == 2]
    far = [row for row in rows if row["step"] == -1 and "." in getattr(awards.get(str(row["clause"])), "to", "")]
    reached = 2 if declared >= 2 or second else 1
    clauses = tuple(name for name, award in awards.items() if "." in award.to)
    count = {step: sum(int(row["awards"] or 0) for row in rows if row["step"] == step) for step in (1, 2)}
    yield Finding(
        "levels",
        Verdict.FAIL if reached >= 2 else Verdict.PASS,
        Text(
            f"按下级的订单或参与付给上级：声明到第 {declared} 级；实付给第一级 {count[1]} 笔、第二级 {count[2]} 笔、"
            f"更上级或团队长 {sum(int(row['awards'] or 0) for row in far)} 笔。"
            + ("达到“以下线的销售业绩为依据计付上线报酬”的字面要件；是否属于单纯团队计酬，由有权机关判断。"
               if reached >= 2 else "只到直接推荐人。"),
            f"Paid for what those below order or stake: declared up to level {declared}; in fact {count[1]} payments one level up, "
            f"{count[2]} two levels up, {sum(int(row['awards'] or 0) for row in far)} further up or to a team leader. "
            + ("Meets the textual element of paying those above on the sales of those below; whether it is pure team pay is for "
               "the authority." if reached >= 2 else "It ends with the direct inviter."),
        ),
        Basis.SCREEN,
        declared=Text(f"{declared} 级", f"{declared} levels"),
        observed=Text(f"{'第二级及以上' if second or far else '第一级'}", "level 2 or above" if second or far else "level 1"),
        rows=rows,
        sql=SQL if traced(audit) else "",
        clauses=clauses,
    )  # fmt: skip

"""Rewards on a sale go more than one level up.

Does: says how far above the buyer rewards on orders and stakes are paid, declared and in fact.
Matters: pay for the sales of those below, down several levels, is what statutes call team pay.
How: the roles of the declared clauses (by rank, and of a team leader: any number of levels); and payments, by how many
    invitations lie between buyer and payee.
Blind to: levels beyond the second, which payments show as "further up or elsewhere"; pools of the day, which no single order
    pays. One award to the direct inviter is not team pay.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from audit.rules import clauses_of
from checks.declaration import levels_up, reach
from checks.money import traced

LAW = ("cn-anti-pyramid-2005-art2", "cn-anti-pyramid-2005-art7-3", "cn-case-banan-2022", "cn-spc-spp-mps-2013-37-s5",
       "kr-dts-2-5", "kr-dts-29", "jp-tokusho-33", "cn-case-huasheng", "cn-case-guizhou-2024")  # fmt: skip
SQL = """
SELECT clause, step, asset, sum(payments) AS awards, sum(amount) AS amount
FROM reward_total WHERE step <> 0 AND source IN ('entry', 'own', 'outside', 'stake') GROUP BY ALL ORDER BY step, clause, asset"""


@check(provisions=LAW)
def rewards_reach_up_levels(audit: Audit) -> Iterator[Finding]:
    """Yield one screen, lit where somebody is paid from the second level up, open where payees are on no level that can be told."""
    awards = {name: one for name, one in clauses_of(audit.rules).items()
              if "." in one.to and one.on not in ("registration", "recruit", "day-end")}  # fmt: skip
    rows = evidence(audit, SQL) if traced(audit) else ()
    count = {step: sum(int(row["awards"] or 0) for row in rows if row["step"] == step) for step in (1, 2, -1)}
    if not awards and not any(count.values()):
        yield nothing(
            "levels", "没有按他人交易付给上级的奖励。", "Nobody is paid for the orders or stakes of somebody below."
        )
        return
    declared = reach(awards) if awards else Text("无", "none")
    lit = bool(count[2]) or any(levels_up(awards, name) > 1 for name in awards)
    verdict = Verdict.FAIL if lit else Verdict.INCONCLUSIVE if count[-1] else Verdict.PASS
    said = {
        Verdict.FAIL: Text(
            "达到“以下线的销售业绩为依据计付上线报酬”的字面要件；是否属于单纯团队计酬，由有权机关判断。",
            "Meets the textual element of paying those above on the sales of those below; whether it is pure team pay is for the "
            "authority.",
        ),
        Verdict.INCONCLUSIVE: Text(
            "声明止于直接推荐人；付给他人的，导出不能说明是否在更上级。",
            "What is declared ends with the direct inviter; whether the others who were paid stand further up cannot be told.",
        ),
        Verdict.PASS: Text("只到直接推荐人。", "It ends with the direct inviter."),
    }[verdict]
    yield Finding(
        "levels",
        verdict,
        Text(
            f"按下级的订单或参与付给上级：声明付给：{declared.zh}；实付给第一级 {count[1]} 笔、第二级 {count[2]} 笔、"
            f"更上级或其他人 {count[-1]} 笔。{said.zh}",
            f"Paid for what those below order or stake: declared to: {declared.en}; in fact payments one level up: {count[1]}, two "
            f"levels up: {count[2]}, further up or elsewhere: {count[-1]}. {said.en}",
        ),
        Basis.SCREEN,
        declared=declared,
        observed=Text("第二级及以上", "level 2 or above") if count[2] else Text("第一级", "level 1") if not count[-1]
        else Text("第一级以外", "beyond level 1"),
        rows=rows,
        sql=SQL if traced(audit) else "",
        clauses=tuple(awards),
    )  # fmt: skip

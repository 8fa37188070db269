"""A clause promises something and does not say how much.

Does: lists the clauses whose amount was never published.
Matters: whoever may set the amount afterwards may set it to nothing, and nobody could tell.
How: clauses without `pays`, or marked `undeclared`, in any version; what was paid under them stands beside.
Blind to: amounts that were published somewhere and not put into the rules file.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, Declaration
from audit.engine import literal
from audit.finding import Basis, Finding, Text, Verdict, check, several
from audit.rules import Unlock, eras
from checks.declaration import gap_findings

ELSEWHERE = ("odds", "rounding", "split", "odd", "due")  # terms with a check of their own
MEND = Text('写明数额，例如 {CNY: "4.50"}', 'declare the amount, such as {CNY: "4.50"}')


@check(alone="too", provisions=("cn-truthful-information", "cn-prize-sales"))
def amount_not_declared(audit: Declaration) -> Iterator[Finding]:
    """Yield a FAIL for each such clause, else one PASS."""
    silent = {
        name: award.says
        for era in eras(audit.rules)
        for name, award in era.awards.items()
        for pay in (award.pays or {}).values()
        if pay == "undeclared" or (isinstance(pay, Unlock) and pay.unlock == "undeclared")
    }
    for name, says in silent.items():
        paid = zh = en = ""
        if isinstance(audit, Audit) and audit.has("owed_by_clause"):
            sql = f"SELECT asset, paid, paid_rows FROM owed_by_clause WHERE clause = {literal(name)} AND paid_rows > 0 ORDER BY ALL"
            held = [(f"{audit.units(asset).show(sum_)} {asset}", int(rows)) for asset, sum_, rows in audit.engine.rows(sql)]
            paid = ", ".join(f"{sum_} ({rows})" for sum_, rows in held)
            zh = "、".join(f"{rows} 笔，共 {sum_}" for sum_, rows in held)
            en = " and ".join(f"{several(rows, 'payment')}, {sum_} in all" for sum_, rows in held)
        yield Finding(
            name,
            Verdict.FAIL,
            Text(f"{name}：没有公布数额，应付多少无从判断" + (f"；导出中按此支付 {zh}。" if paid else "。"),
                 f"{name}: the amount was never published, so what is owed cannot be told"
                 + (f"; the export holds under it {en}." if paid else ".")),
            Basis.DOCUMENT,
            declared=says,
            observed=paid,
            clauses=(name,),
            places=(audit.at("awards", name, "pays"),),
            mend=MEND,
        )  # fmt: skip
    keys = [gap.key for gap in audit.gaps if gap.key not in ELSEWHERE]
    if keys:
        yield from gap_findings(audit, keys, Text("数额", "amounts"), MEND)
    elif not silent:
        words = Text("每个条款都写明了数额。", "Every clause says how much.")
        verdict = Verdict.PASS if any(era.awards for era in eras(audit.rules)) else Verdict.NOT_APPLICABLE
        yield Finding("amounts", verdict, words, Basis.DOCUMENT)

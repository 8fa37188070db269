"""The rules do not say from what age one may take part.

Does: looks for a minimum age where people pay for a chance.
Matters: boxes may not be sold to children under eight, and to older minors only with a guardian; lotteries to no minor.
How: a stake and a draw, and neither `eligible: {age: {from: …}}` nor a `minimum-age` among `terms`; the lowest counts; an age
    below eight is a fact in itself.
Blind to: ages checked but not published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.case import Declaration
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.rules import Numbers

LEAST, LOTTERY = 8, 18


@check(alone="only", provisions=("cn-blindbox-2023-minors", "cn-civil-code-art19-20", "cn-minors-2020-art59"))
def minors_not_excluded(declared: Declaration) -> Iterator[Finding]:
    """Yield one finding on the minimum age."""
    rules = declared.rules
    stake = rules.entry.stake if rules.entry else {}
    if rules.draw is None or not stake:
        why = Text("没有付费抽取。", "Nobody pays for a chance.")
        yield Finding("minors", Verdict.NOT_APPLICABLE, why, Basis.SCREEN)
        return
    words = rules.terms.get("minimum-age", "")
    ages = [int(one) for one in re.findall(r"\d+", words)]
    least = rules.eligible.age.from_ if rules.eligible and rules.eligible.age else None
    ages += [least] if least is not None else []
    need = LOTTERY if isinstance(rules.draw, Numbers) else LEAST
    if not ages:
        verdict = Verdict.INCONCLUSIVE
        text = Text("规则文件未载明参与年龄。", "The rules file gives no minimum age.")
    elif min(ages) < need:
        verdict = Verdict.FAIL
        text = Text(f"载明的年龄 {min(ages)} 岁低于 {need} 岁。", f"The age given, {min(ages)}, is below {need}.")
    else:
        verdict = Verdict.PASS
        text = Text(f"载明参与年龄 {min(ages)} 岁。", f"The rules give a minimum age of {min(ages)}.")
    yield Finding(
        "minors",
        verdict,
        text,
        Basis.SCREEN,
        declared=words or (f"eligible: {least}" if least is not None else ""),
        places=(
            declared.at("terms", "minimum-age") if words else declared.at("eligible" if least is not None else "entry"),
        ),
        mend=""
        if verdict is Verdict.PASS
        else Text("写明 eligible: {age: {from: …}}", "add eligible: {age: {from: …}}"),
    )

"""Recruiting itself is paid, by the head.

Does: names the clauses that pay a recruiter, or somebody above, for a registration.
Matters: pay by the number of people brought in, not by what they buy, is what rules on pyramid selling look at.
How: from the text alone: clauses on a registration whose recipient stands above the one who registers.
Blind to: pay by the head that is dressed as pay on a purchase that everybody must make.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Declaration
from audit.finding import Basis, Finding, Text, Verdict, check
from checks.money.rewards_for_recruiting import LAW

HEADS = ("registration", "recruit")


@check(alone="only", provisions=LAW)
def recruits_are_paid_by_head(declared: Declaration) -> Iterator[Finding]:
    """Yield a screen that names the clauses."""
    found = tuple(name for name, one in declared.rules.awards.items() if one.on in HEADS and "." in one.to)
    if not found:
        why = Text("没有按注册人数向上级付酬的条款。", "No clause pays anybody above for a registration.")
        yield Finding("registration", Verdict.NOT_APPLICABLE, why, Basis.SCREEN)
        return
    yield Finding(
        "registration",
        Verdict.FAIL,
        Text(
            f"每注册一人即向其上级付酬（{'、'.join(found)}）：触及“拉人头”的文字要件之一。",
            f"Somebody above is paid for each registration ({', '.join(found)}): one element of the textual threshold "
            "for pay by the head.",
        ),
        Basis.SCREEN,
        clauses=found,
        places=tuple(declared.at("awards", name) for name in found),
        mend=Text("不按人数付酬", "pay for nothing that counts heads"),
    )

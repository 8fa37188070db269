"""No deadline is declared for an award.

Does: names the awards for which the rules say not when they are paid.
Matters: what is owed without a date is never late, so a platform may keep it as long as it likes.
How: neither the clause nor the rules as a whole have `due`.
Blind to: deadlines that are declared and unreasonable.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Declaration
from audit.finding import Basis, Finding, Text, Verdict, check


@check(alone="only", provisions=("cn-prize-sales",))
def deadline_not_declared(declared: Declaration) -> Iterator[Finding]:
    """Yield one screen that names every award without a deadline."""
    rules = declared.rules
    late = [name for name, award in rules.awards.items() if award.due is None and rules.due is None]
    if not rules.awards:
        yield Finding(
            "awards", Verdict.NOT_APPLICABLE, Text("规则没有奖励条款。", "The rules declare no awards."), Basis.SCREEN
        )
        return
    if not late:
        yield Finding(
            "awards", Verdict.PASS, Text("每项奖励都有支付期限。", "Every award has a deadline."), Basis.SCREEN
        )
        return
    yield Finding(
        "awards",
        Verdict.FAIL,
        Text(
            f"没有公布支付期限：{'、'.join(late)}。",
            f"No deadline is declared for {', '.join(late)}: these can never be late.",
        ),
        Basis.SCREEN,
        clauses=tuple(late),
        places=tuple(declared.at("awards", name) for name in late),
        mend=Text("写明 due，例如 due: 24h", "declare due, such as due: 24h"),
    )

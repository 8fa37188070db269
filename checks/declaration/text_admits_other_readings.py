"""The words of a clause admit another reading, with money between the two.

Does: names, for each clause, another reading that its words admit, and what lies between it and the declared one.
Matters: where words can be read twice, the platform pays by one reading and its users count on the other.
How: terms that platforms are known to mean in different ways; each is read the other way, and the difference worked out.
Blind to: ambiguities of words that are not in the rules file.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Declaration
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.forecast import other_readings, show


@check(alone="only")
def text_admits_other_readings(declared: Declaration) -> Iterator[Finding]:
    """Yield a note for each other reading; it accuses nobody."""
    found = other_readings(declared.rules)
    if not found:
        yield Finding(
            "clauses", Verdict.NOT_APPLICABLE, Text("没有发现其他读法。", "No other reading is known."), Basis.SCREEN
        )
    for one in found:
        money = f"{show(one.between)} {one.asset}"
        yield Finding(
            one.clause,
            Verdict.PASS,
            Text(
                f"规则取“{one.declared.zh}”；也可读作“{one.other.zh}”，{one.per.zh}相差 {money}。",
                f"Declared: {one.declared.en}. It may also be read: {one.other.en}. "
                f"Between them lie {money} for {one.per.en}.",
            ),
            Basis.SCREEN,
            declared=one.declared,
            observed=one.other,
            amount={one.asset: show(one.between)},
            clauses=(one.clause,),
            places=(declared.at(*one.path),),
            mend=Text("在公布的文字中写明取哪一种", "say in the published words which of the two is meant"),
        )

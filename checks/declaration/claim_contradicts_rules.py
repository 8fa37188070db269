"""A published claim contradicts the clauses it describes.

Does: works out what the clauses give, outcome by outcome, and compares it with what was claimed.
Matters: a claim that only holds if some outcomes never occur tells of a rule that was not published.
How: exact enumeration of the declared draw; the outcomes that the claim leaves out are the hidden exclusion it implies.
Blind to: claims about quantities that the clauses do not determine.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from audit.case import Declaration
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.forecast import Case, distribution, ends, show
from audit.rules import Boxes
from checks.declaration import ranges


@check(alone="too", provisions=("cn-false-promotion", "cn-truthful-information"))
def claim_contradicts_rules(declared: Declaration) -> Iterator[Finding]:
    """Yield a finding for each claim."""
    rules = declared.rules
    if not rules.claims:
        yield Finding("claims", Verdict.NOT_APPLICABLE, Text("规则没有公开宣称。", "The rules publish no claim."))
    for name, claim in rules.claims.items():
        cases = distribution(rules, claim.of, claim.in_)
        low, high = map(Fraction, claim.between)
        outside = [one for one in cases if one.least < low or one.most > high]
        least, most = ends(cases)
        unreached = least > low or most < high
        claimed, real = (f"{show(one)} to {show(other)} {claim.in_}" for one, other in ((low, high), (least, most)))
        claimed_zh, real_zh = claimed.replace(" to ", " 至 "), real.replace(" to ", " 至 ")
        if outside:
            zh, en = _exclusion(cases, outside, isinstance(rules.draw, Boxes) and claim.of != "participant")
            words = Text(
                f"宣称 {claimed_zh}，而按条款为 {real_zh}；{zh}", f"Claimed {claimed}; the clauses give {real}, {en}"
            )
        elif unreached:
            words = Text(
                f"宣称 {claimed_zh}，而按条款只能达到 {real_zh}。", f"Claimed {claimed}; the clauses reach only {real}."
            )
        else:
            words = Text(f"宣称 {claimed_zh} 与条款一致。", f"The claim of {claimed} is what the clauses give.")
        wrong = bool(outside or unreached)
        yield Finding(
            name,
            Verdict.FAIL if wrong else Verdict.PASS,
            words,
            Basis.DOCUMENT,
            declared=claim.says or Text(claimed_zh, claimed),
            observed=Text(real_zh, real),
            rows=tuple(
                {
                    "box" if one.name.isdigit() else "outcome": int(one.name) if one.name.isdigit() else one.name,
                    "chance": str(one.chance),
                    "net": show(one.least) if one.least == one.most else f"{show(one.least)} to {show(one.most)}",
                    "asset": claim.in_,
                    "in_claim": one not in outside,
                }
                for one in cases
            ),
            clauses=tuple(clause for clause, award in rules.awards.items() if award.to == claim.of),
            places=(declared.at("claims", name, "between"),),
            mend=Text(f"改为 {real_zh}，或公布不会中奖的情形", f"say {real}, or publish the outcomes that are barred")
            if wrong
            else "",
        )


def _exclusion(cases: list[Case], outside: list[Case], boxes: bool) -> tuple[str, str]:
    """The smallest set of outcomes that must never occur for the claim to hold: all those outside it, and no other."""
    chance = sum((one.chance for one in outside), Fraction(0))
    if len(outside) == len(cases):
        return "没有一种结果在宣称之内。", "and no outcome lies within the claim."
    if boxes:
        barred = ranges([int(one.name) for one in outside])
        return (
            f"有 {chance} 的机会落在宣称之外。只有第 {barred} 盒从不中奖，宣称才成立：这是一条未公布的规则。",
            f"outside the claim with chance {chance}. The claim holds only if boxes {barred} never win: "
            "a rule that is not published.",
        )
    names = ", ".join(one.name for one in outside)
    return (
        f"有 {chance} 的机会（{names}）落在宣称之外。只有这些结果从不出现，宣称才成立。",
        f"outside the claim with chance {chance} ({names}). The claim holds only if these never occur.",
    )

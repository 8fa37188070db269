"""A published claim contradicts the clauses it describes.

Does: works out what the clauses give, outcome by outcome, and compares it with what was claimed.
Matters: a claim that only holds if some outcomes never occur tells of a rule that was not published.
How: exact enumeration of the declared draw; the outcomes that the claim leaves out are the hidden exclusion it implies.
Blind to: claims about quantities that the clauses do not determine.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from audit.case import Audit
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.forecast import net_by_box, show


@check(provisions=("cn-false-promotion", "cn-truthful-information"))
def claim_contradicts_rules(audit: Audit) -> Iterator[Finding]:
    """Yield a finding for each claim."""
    if not audit.rules.claims:
        yield Finding("claims", Verdict.NOT_APPLICABLE, Text("规则没有公开宣称。", "The rules publish no claim."))
    for name, claim in audit.rules.claims.items():
        outcomes = [one for one in net_by_box(audit.rules, claim.of, claim.in_) if one.chance]
        low, high = map(Fraction, claim.between)
        nets = [one.net for one in outcomes]
        outside = [one for one in outcomes if not low <= one.net <= high]
        unreached = min(nets) > low or max(nets) < high
        chance = sum((one.chance for one in outside), Fraction(0))
        barred = _ranges([one.box for one in outside])
        claimed = f"{show(low)} to {show(high)} {claim.in_}"
        real = f"{show(min(nets))} to {show(max(nets))} {claim.in_}"
        claimed_zh, real_zh = claimed.replace(" to ", " 至 "), real.replace(" to ", " 至 ")
        if outside:
            words = Text(
                f"宣称 {claimed_zh}，而按条款为 {real_zh}；有 {chance} 的机会落在宣称之外。"
                f"只有第 {barred} 盒从不中奖，宣称才成立：这是一条未公布的规则。",
                f"Claimed {claimed}; the clauses give {real}, outside the claim with chance {chance}. "
                f"The claim holds only if boxes {barred} never win: a rule that is not published.",
            )
        elif unreached:
            words = Text(
                f"宣称 {claimed_zh}，而按条款只能达到 {real_zh}。", f"Claimed {claimed}; the clauses reach only {real}."
            )
        else:
            words = Text(f"宣称 {claimed_zh} 与条款一致。", f"The claim of {claimed} is what the clauses give.")
        yield Finding(
            name,
            Verdict.FAIL if outside or unreached else Verdict.PASS,
            words,
            Basis.DOCUMENT,
            declared=claim.says or Text(claimed_zh, claimed),
            observed=Text(real_zh, real),
            rows=tuple(
                {
                    "box": one.box,
                    "chance": str(one.chance),
                    "net": show(one.net),
                    "asset": claim.in_,
                    "in_claim": one not in outside,
                }
                for one in outcomes
            ),
            clauses=tuple(clause for clause, award in audit.awards.items() if award.to == claim.of),
        )


def _ranges(boxes: list[int]) -> str:
    """Box numbers for a reader: `1–6, 9`."""
    parts: list[list[int]] = []
    for box in sorted(boxes):
        if parts and parts[-1][-1] == box - 1:
            parts[-1].append(box)
        else:
            parts.append([box])
    return ", ".join(f"{part[0]}–{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)

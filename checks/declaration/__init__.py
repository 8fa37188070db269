"""Checks of the declaration alone: they need no export. `redraw lint` runs them all; an audit those that contradict something."""

from __future__ import annotations

from collections.abc import Sequence

from audit.case import Declaration
from audit.finding import Basis, Finding, Text, Verdict
from audit.rules import Gap, Rules


def gap_findings(
    declared: Declaration, keys: Sequence[str], what: Text, mend: Text, provisions: tuple[str, ...] = ()
) -> list[Finding]:
    """A FAIL for each term among keys that is not declared: an audit of these rules is refused for the lack of it."""
    mine = [gap for gap in declared.gaps if gap.key in keys]
    if not mine:
        return [
            Finding("rules", Verdict.PASS, Text(f"{what.zh}都已公布。", f"{what.en}: all declared."), Basis.DOCUMENT)
        ]
    found = []
    for gap in mine:
        clause = clause_of(gap)
        assumed = (
            Text(f"以下各项暂按 {gap.filled} 计算。", f"Everything else here takes it to be {gap.filled}.")
            if gap.filled
            else Text("该条款无法计算，已搁置。", "The clause cannot be worked out and is set aside.")
        )
        found.append(
            Finding(
                clause or "rules",
                Verdict.FAIL,
                Text(
                    f"没有公布：{what.zh}（{gap.key}）。{assumed.zh}",
                    f"Not declared: {what.en} ({gap.key}). {assumed.en}",
                ),
                Basis.DOCUMENT,
                clauses=(clause,) if clause in declared.rules.awards else (),
                provisions=provisions,
                places=(declared.at(*gap.path),),
                mend=mend,
            )
        )
    return found


def clause_of(gap: Gap) -> str:
    """The clause or part that a gap lies in: `consolation` for awards/consolation/pays, `draw` for draw/odds."""
    return str(gap.path[1] if len(gap.path) > 1 and gap.path[0] == "awards" else gap.path[0] if gap.path else "")


def ranges(numbers: Sequence[int]) -> str:
    """Numbers for a reader: `1–6, 9`."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and parts[-1][-1] == number - 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(f"{part[0]}–{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)


def currencies(rules: Rules) -> list[str]:
    """The assets that are money: three capital letters, as ISO 4217 has them. The others are coupons, points or goods."""
    return [name for name in rules.assets if len(name) == 3 and name.isalpha() and name.isupper()]

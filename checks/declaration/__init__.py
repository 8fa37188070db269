"""Checks of the declaration alone: they need no export. `redraw lint` runs them all; an audit those that contradict something."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from audit.case import Declaration
from audit.finding import Basis, Finding, Text, Verdict, several
from audit.rules import Award, Gap, Income, Rules


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


def levels_up(awards: Mapping[str, Award], name: str) -> float:
    """How many levels above the person whose event it is a clause's recipient stands, at most; inf: there is no most.

    By rank there is none, nor for a team leader, whom the export names. An earner stands where the income was earned.
    """
    role = awards[name].to
    if role.startswith("holders.") or any(word in role for word in (".nearest.", ".upline", ".team_leader")):
        return math.inf
    levels: float = role.count(".referrer")
    incomes = [pay for pay in (awards[name].pays or {}).values() if isinstance(pay, Income)]
    if any(pay.compounding for pay in incomes):
        return math.inf
    return levels + max((levels_up(awards, of) for pay in incomes for of in pay.of if of in awards), default=0)


def reach(awards: Mapping[str, Award]) -> Text:
    """To whom clauses pay, above the person whose event it is, in words."""
    levels = {name: levels_up(awards, name) for name in awards}
    most = int(max((count for count in levels.values() if count < math.inf), default=0))
    endless = [awards[name].to for name, count in levels.items() if count == math.inf]
    team = any(to.endswith(".team_leader") for to in endless)
    ranked = any(not to.endswith((".team_leader", ".referrer")) for to in endless)
    chained = not ranked and any(to.endswith(".referrer") for to in endless)
    return Text(
        "及".join(
            [f"{most} 级上级"] * bool(most)
            + ["团队长"] * team
            + ["任意层级以上持有级别的人"] * ranked
            + ["任意层级的上级"] * chained
        ),
        " and to ".join(
            [f"{several(most, 'level')} up"] * bool(most)
            + ["the team leader"] * team
            + ["holders of a rank any number of levels up"] * ranked
            + ["people any number of levels up"] * chained
        ),
    )

"""A clause can never fire.

Does: finds awards and tiers whose event cannot happen under the declared draw, or that pay nothing when it does.
Matters: a promise that can never come due is an empty one, whatever it says.
How: every way a round may go is enumerated; conditions on orders and places are compared with what is declared.
Blind to: events that could happen and never do; that needs an export.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Declaration
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.forecast import courses
from audit.forecast.flows import paid
from audit.rules import Award, Numbers, Rules
from audit.rules.document import Path_
from audit.rules.odds import tier_chances

ROUND = ("start", "entry", "win", "loss", "completion")


@check(alone="too", provisions=("cn-truthful-information",))
def clause_never_fires(declared: Declaration) -> Iterator[Finding]:
    """Yield a FAIL for each clause that cannot come due, and one PASS where all can."""
    dead = list(_dead(declared.rules))
    for name, path, why in dead:
        yield Finding(
            name,
            Verdict.FAIL,
            Text(f"该条款永远不会生效：{why.zh}。", f"This clause can never fire: {why.en}."),
            Basis.ARITHMETIC,
            clauses=(name,),
            places=(declared.at(*path),),
            mend=Text("删去该条款，或修改其条件", "take the clause out, or change what it waits for"),
        )
    if not dead:
        yield Finding("clauses", Verdict.PASS, Text("每项条款都可能生效。", "Every clause can come due."))


def _dead(rules: Rules) -> Iterator[tuple[str, Path_, Text]]:
    ways = courses(rules)
    for name, award in rules.awards.items():
        at: Path_ = ("awards", name)
        if award.on in ROUND and rules.draw and not any(way.events.get(award.on) for way in ways):
            yield (
                name,
                (*at, "on"),
                Text(f"按公布的抽取方式不可能发生 {award.on}", f"the declared draw has no {award.on}"),
            )
        if _is_nothing(rules, award):
            yield name, (*at, "pays"), Text("数额为零或总被舍去", "what it pays is nothing, or rounds to nothing")
        if award.first is None and award.on == "registration" and award.nth is not None:
            yield name, (*at, "nth"), Text("注册没有次序条件", "a registration has no n-th")
    if isinstance(rules.draw, Numbers):
        for tier, chance in tier_chances(rules.draw).items():
            if not chance:
                yield (
                    f"tier {tier}",
                    ("draw", "tiers", tier),
                    Text("没有号码能落在此等", "no bet can land in this tier"),
                )


def _is_nothing(rules: Rules, award: Award) -> bool:
    known = paid(rules, award)
    return bool(known) and all(most == 0 for _, most in known.values())

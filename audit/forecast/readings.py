"""Other readings that the words of a declaration admit, with the money between them and the reading that was declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from audit.finding import Text
from audit.forecast.activity import show
from audit.forecast.courses import courses
from audit.forecast.flows import moved, paid
from audit.rules import Award, Group, Rules, Share, Split
from audit.rules.document import Path_

EVERYONE = {
    "everyone-in-the-end": Text("后来者补足此前各次", "those who join later catch up on the earlier ones"),
    "everyone-so-far": Text("每次只付给当时已参与者", "each time only those who are in already are paid"),
}


@dataclass(frozen=True)
class Reading:
    """One other reading of a clause: which term, what was declared and what else it may mean, and what lies between.

    between is in units of the asset, for each `per` (a Text such as "activity that is abandoned").
    """

    clause: str
    path: Path_
    declared: Text
    other: Text
    asset: str
    between: Fraction
    per: Text


def other_readings(rules: Rules) -> tuple[Reading, ...]:
    """Every reading that another platform might as well have meant by the same words, and that moves money."""
    found = [one for name, award in rules.awards.items() for one in _of(rules, name, award)]
    return tuple(one for one in found if one.between)


def _of(rules: Rules, name: str, award: Award) -> Iterator[Reading]:
    at: Path_ = ("awards", name)
    if award.on in ("start", "completion"):
        start, done = Text("发起即付", "due when it is started"), Text("成功结束才付", "due when it is won or filled")
        declared, other = (start, done) if award.on == "start" else (done, start)
        if award.to != "entrants":
            for asset, (_, most) in paid(rules, award).items():
                abandoned = Text("每个中途放弃的活动", "each activity that is abandoned")
                yield Reading(name, (*at, "on"), declared, other, asset, most, abandoned)
    if award.to in EVERYONE:
        yield from _everyone(rules, name, award)
    for asset, pay in (award.pays or {}).items():
        step = Fraction(rules.assets[asset].step)
        if isinstance(pay, Share):
            yield from _rounding(name, (*at, "pays", asset, "rounding"), pay, asset, step)
        if isinstance(pay, Split) and pay.split == "equal" and isinstance(rules.draw, Group):
            odd = Fraction(pay.pot) % (step * rules.draw.size)
            first = Text("余数归前几位", "what does not divide goes to the lowest positions")
            last = Text("余数归后几位", "what does not divide goes to the highest positions")
            declared = last if pay.odd == "highest-positions" else first
            other = Text("余数归平台", "what does not divide stays with the platform")
            yield Reading(name, (*at, "pays", asset, "odd"), declared, other, asset, odd, Text("每个团", "each group"))


def _everyone(rules: Rules, name: str, award: Award) -> Iterator[Reading]:
    """Whether those who join later catch up on what everybody was paid before: worked out for one activity as planned."""
    said, meant = (award.to, next(one for one in EVERYONE if one != award.to))
    (way,) = courses(rules) if len(courses(rules)) == 1 else (None,)
    if way is None:
        return
    for asset, (_, most) in moved(rules, award, way).items():
        other = moved(rules, replace(award, to=meant), way)[asset][1]
        entries = way.events["entry"]
        yield Reading(
            name, ("awards", name, "to"), EVERYONE[said], EVERYONE[meant], asset, abs(most - other),
            Text(f"每场 {entries} 人的活动（{show(most)} 与 {show(other)}）",
                 f"an activity of {entries} ({show(most)} and {show(other)} in all)"),
        )  # fmt: skip


def _rounding(name: str, at: Path_, pay: Share, asset: str, step: Fraction) -> Iterator[Reading]:
    """What a fraction of a step becomes: at most one step lies between, and none where every order divides."""
    if (Fraction(pay.percent) / 100).denominator > 1:
        words = {"down": Text("舍去零头", "down"), "up": Text("进一", "up"), "half-up": Text("四舍五入", "half up")}
        other = "down" if pay.rounding == "up" else "up"
        yield Reading(
            name, at, words[pay.rounding], words[other], asset, step, Text("每笔订单（至多）", "each order, at most")
        )

"""`redraw plan RULES`: how many activities a verdict needs, from the rules alone, with the curve."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal

from audit.forecast import break_even
from audit.rules import Boxes, Chances, Group, Numbers, Raffle, Rules, read_rules
from audit.rules.draws import Draw
from audit.rules.odds import box_odds
from audit.stats.bets import RATIOS
from audit.stats.plan import Need, of_boxes, of_learning, of_prefix, of_ratio
from audit.stats.power import activities_to_separate
from checks import sharing

CURVE = (0.0, 0.25, 0.5, 0.7, 0.85, 1.2, 1.5, 2.0, 3.0, 5.0)
WIDTH = 48


def show_plan(path: Path, risk: Fraction, lang: Literal["zh", "en"]) -> int:
    """Print the table and the curve; give the exit status. Raises Problem where the rules cannot be read."""
    rules, _ = read_rules(path)
    kind = rules.draw.kind if rules.draw else ""
    tests = sharing(rules)
    needs = list(planned(rules, math.log(tests / risk)))
    alone = list(planned(rules, math.log(1 / risk)))
    if not needs:
        print("规则没有可判断的抽取。" if lang == "zh" else "The rules declare no draw that can be judged.")
        return 0
    unit = {"boxes": ("场活动", "activities"), "group": ("个满员的组", "full groups"), "chances": ("次参与", "entries"),
            "numbers": ("期", "draws"), "raffle": ("次抽取", "draws")}[kind]  # fmt: skip
    if lang == "zh":
        print(
            f"误判一家诚实平台的机会：{risk}，由 {tests} 项统计检查平分；把握 90 %。单位：{unit[0]}。括号内为单独一项检查用尽该机会时所需。"
        )
    else:
        print(
            f"At most one honest platform in {round(1 / risk)} accused, shared by {tests} checks; power 90 %. Unit: {unit[1]}."
        )
        print("In brackets: what one check would need with the whole of the risk to itself.")
    longest = max((one.activities or 1 for one in needs), default=1)
    for one, by_itself in zip(needs, alone, strict=True):
        words = one.zh if lang == "zh" else one.en
        never = "无法显示" if lang == "zh" else "never shows"
        count = never if one.activities is None else f"{one.activities:,} ({by_itself.activities:,})"
        bar = (
            ""
            if one.activities is None
            else "▇" * max(1, round(WIDTH * math.log1p(one.activities) / math.log1p(longest)))
        )
        print(f"{words:<44}{count:>20}  {bar}")
    return 0


def planned(rules: Rules, log_need: float) -> Iterator[Need]:
    """The deviations worth a plan: exclusion of first boxes, and all odds multiplied by each ratio of the curve."""
    draw = rules.draw
    if isinstance(draw, Boxes):
        yield from _boxes(rules, draw, log_need)
    shape, learnt, weight = one_activity(draw), _learnt(draw), 1 / len(RATIOS)
    for ratio in CURVE if shape or learnt or isinstance(draw, Boxes) else ():
        if isinstance(draw, Boxes):
            need = of_boxes(box_odds(draw), ratio, weight, log_need)
        elif learnt:
            numbers, pick, pools = learnt
            need = of_learning(numbers, pick, ratio, log_need + math.log(pools))
        else:
            need = of_ratio(shape, ratio, weight, log_need)
        what = (
            ("全部胜算", "all odds")
            if isinstance(draw, Boxes | Chances)
            else ("某一位次或号码的胜算", "odds of one place or number")
        )
        yield Need(f"{what[0]} ×{ratio:g}", f"{what[1]} x{ratio:g}", need)


def _boxes(rules: Rules, draw: Boxes, log_need: float) -> Iterator[Need]:
    odds, stakes = box_odds(draw), rules.activity.stake if rules.activity else {}
    derived = next((k for asset in stakes if (k := break_even(rules, asset)) is not None), None)
    for k in sorted({1, 2, 3, 6, 7, *([derived] if derived else [])}):
        if k < draw.boxes and 0 < sum(odds[:k]) < 1 and odds[k - 1] > 0:
            extra = ("（经济上可推知）", ", which the economics imply") if k == derived else ("", "")
            count = of_prefix(odds, k, derived, log_need)
            one = (f"第 1–{k} 盒", f"boxes 1–{k} never win") if k > 1 else ("第 1 盒", "box 1 never wins")
            yield Need(f"{one[0]}从不中奖{extra[0]}", f"{one[1]}{extra[1]}", count)
            apart = activities_to_separate(odds, k)
            yield Need(f"　区分 1–{k} 与 1–{k + 1}", f"  1–{k} told from 1–{k + 1}", max(apart, count))


def one_activity(draw: Draw | None) -> Sequence[tuple[int, int, int, float]]:
    """The chances of one entry or draw: (size, winners, drawn, how often it takes place); none of boxes, groups and numbers."""
    if isinstance(draw, Chances):
        best = next(iter(draw.prizes.values())).chance
        return [(best.denominator, best.numerator, 1, 1.0)]
    if isinstance(draw, Raffle):
        return [(10, 1, 1, float(draw.winners))]
    return []


def _learnt(draw: Draw | None) -> tuple[int, int, int] | None:
    """(places or numbers, how many win, how many pools share the level) where no place is known beforehand to be favoured."""
    if isinstance(draw, Group) and draw.winners < draw.size:
        return draw.size, draw.winners, 1
    if isinstance(draw, Numbers):
        pool = max(draw.pools.values(), key=lambda one: one.to - one.from_)
        return pool.to - pool.from_ + 1, pool.pick, len(draw.pools)
    return None

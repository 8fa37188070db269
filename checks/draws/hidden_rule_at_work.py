"""A rule that nobody declared explains the outcomes better than the declared one.

Does: searches one half of the activities for the smallest rule in the words of rules.yaml, replays the other half with it,
    and names every reading that the export cannot tell from it.
Matters: "the odds are wrong" can be argued with; the rule that was run instead, re-executed on data it has not seen, cannot.
How: rules are boosts: a class of boxes, hours, days, sums or chances whose odds are multiplied, added one by one, the
    cheapest to state first. The bet on them is placed on the unseen half alone, so that searching costs nothing.
Blind to: rules in words that `boosts` does not have; and what the halves are too small to show.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from audit.case import Audit
from audit.finding import Basis, Finding, Row, Text, Verdict, check
from audit.forecast import break_even
from audit.hidden import Hidden, as_yaml, cells_by, log_gain, readings, search
from audit.rules import Boxes
from audit.stats.bets import LN10
from audit.stats.classes import ALIKE
from audit.stats.power import smallest_ratio
from checks.draws import NEEDS, PROVISIONS, e_value, flow, log_need, no_chances, power_of_ten, singly

SEEN, UNSEEN = "half = 1", "half = 2"


@check(needs=NEEDS, provisions=PROVISIONS, statistical="boxes chances")
def hidden_rule_at_work(audit: Audit) -> Iterator[Finding]:
    """Yield one finding: the smallest rule and the readings that coincide with it."""
    if not singly(audit):
        yield no_chances("rule")
        return
    need, rules = log_need(audit), search(audit, ALIKE, SEEN)
    log_e, taken, due, ruled, wins = log_gain(audit, rules, f"d.{UNSEEN}")
    cells, sql = cells_by(audit, "all", where=UNSEEN)
    every, ends = [one for cell in cells for one in cell.strata], isinstance(audit.rules.draw, Boxes)
    below, above = smallest_ratio(every, None, need, ends=ends) if every else (None, None)
    if not rules or log_e < need:
        could = " 或 ".join(f"×{one:g}" for one in (below, above) if one)
        verdict = Verdict.PASS if could else Verdict.INCONCLUSIVE
        yield Finding("rule", verdict, _nothing(rules, log_e, taken), Basis.STATISTICAL, sql=sql, e_value=e_value(log_e),
                      could_have_seen=Text(f"全部胜算 {could}", f"all odds {could}".replace("或", "or").replace("×", "x"))
                      if could else "")  # fmt: skip
        return
    rest = search(audit, -math.inf, UNSEEN, rules)[len(rules) :]
    left = max((one.gain for one in rest[:1]), default=0.0)
    rows, names = _rows(audit, rules)
    p_value = min(1.0, math.exp(-log_e))
    yield Finding(
        "rule",
        Verdict.FAIL,
        Text(
            f"能解释导出的最小规则：{names.zh}。规则由一半活动（未看另一半）找出；在另一半的 {taken} 次机会中，按声明应中 {due:.1f} 次，"
            f"按此规则应中 {ruled:.1f} 次，实中 {wins} 次，证据为声明规则的 {power_of_ten(log_e)} 倍。"
            f"此外再加一条规则的证据为 {power_of_ten(left)} 倍。",
            f"The smallest rule that explains the export: {names.en}. It was found in one half of the activities; in the other half, "
            f"unseen, {taken} chances were due {due:.1f} wins as declared and {ruled:.1f} under this rule, and {wins} came: "
            f"{power_of_ten(log_e)} to 1 against the declaration. The evidence for any further rule is {power_of_ten(left)} to 1.",
        ),
        Basis.STATISTICAL,
        declared=Text(f"未见过的一半应中 {due:.1f} 次", f"{due:.1f} wins due in the unseen half"),
        observed="; ".join(str(row["rule"]) for row in rows if row["reading"] == 1),
        rows=rows,
        sql=sql,
        p_value=p_value,
        e_value=e_value(log_e),
    )


def _rows(audit: Audit, rules: Sequence[Hidden]) -> tuple[tuple[Row, ...], Text]:
    """Each rule as YAML with every reading that coincides, and all of them in words."""
    rows: list[Row] = []
    zh, en = [], []
    for place, rule in enumerate(rules, 1):
        same = readings(audit, rule)
        texts = [flow(as_yaml(audit, one)) for one in same]
        rows += [
            {"place": place, "reading": n, "rule": text, "log10_gain": round(rule.gain / LN10, 6)}
            for n, text in enumerate(texts, 1)
        ]
        income = _income(audit, rule)
        zh.append(" = ".join(f"`{text}`" for text in texts) + (income.zh if income else ""))
        en.append(" = ".join(f"`{text}`" for text in texts) + (income.en if income else ""))
    tail = Text(
        "（等号两边是数据无从区分的说法）",
        " (readings joined by = are the same chances: the data cannot tell them apart)",
    )
    many = any(row["reading"] != 1 for row in rows)
    return tuple(rows), Text("；".join(zh) + (tail.zh if many else ""), "; and ".join(en) + (tail.en if many else ""))


def _income(audit: Audit, rule: Hidden) -> Text | None:
    """Where the economics imply the same boxes: the reading by the initiator's income."""
    stakes = audit.rules.activity.stake if audit.rules.activity else {}
    if not isinstance(audit.rules.draw, Boxes) or rule.covariate != "position" or rule.first != 1 or rule.ratio:
        return None
    if rule.last not in [break_even(audit.rules, asset) for asset in stakes]:
        return None
    return Text(" = “发起人收入达到其付费之前不开奖”", " = “no win before the initiator's income covers the fee”")


def _nothing(rules: Sequence[Hidden], log_e: float, taken: int) -> Text:
    if rules:
        return Text(
            f"在一半活动中找出的规则未能在另一半（{taken} 次机会）得到足够证实：证据为 {power_of_ten(log_e)} 倍。",
            f"What one half of the activities suggests the other half ({taken} chances) does not bear out: {power_of_ten(log_e)} to 1.",
        )
    return Text("没有找到比声明的规则更能解释导出的规则。", "No rule explains the export better than the declared one.")

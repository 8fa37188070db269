"""Odds changed on a day that nobody announced.

Does: finds the days from which, or until which, chances win more or less often than declared.
Matters: odds that are generous while a campaign is reviewed and mean afterwards keep every single day plausible.
How: bets on "from this day on (or until it) the odds are multiplied by r", mixed over days and r; the days that the data
    do not tell from the best are its interval. Published eras are `boosts` with `since` or `until` in the rules: with
    them declared, pooling two eras raises no alarm; nor does a change that a notice published (`notice.odds`) from the day
    of the notice on. A stock for the whole campaign that runs out looks the same.
Blind to: whether a notice in the export was truly published that day; changes undone within a day; changes that only move
    wins from one box to another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from audit.case import Audit
from audit.finding import Finding, Text, Verdict, check
from audit.hidden import FAMILIES, cells_by, edges_of
from audit.replay.notices import notices_of_odds, readable
from audit.stats.classes import ALIKE, class_bets
from checks.draws import NEEDS, PROVISIONS, covariate_finding, no_chances, others, singly


@check(needs=NEEDS, provisions=PROVISIONS, statistical="boxes chances")
def odds_changed_unannounced(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on the days of all chances."""
    if not singly(audit) or not audit.case.scope.has("entry", "entered_at"):
        yield no_chances("days")
        return
    finding = covariate_finding(audit, "days", "day", days)
    if finding.verdict is Verdict.FAIL:
        cells, _ = cells_by(audit, "day", others(audit, "day"))
        bets = class_bets(cells, edges_of(audit, "day"), FAMILIES["day"])
        best = max(bets, key=lambda one: one.score)
        near = [one for one in bets if one.score > best.score - ALIKE and one.family == best.family]
        end = best.family == "below"
        edges = [one.last + 1 if end else one.first for one in near]
        low, high = _day(min(edges)), _day(max(edges))
        announced = [one for one in audit.rules.boosts if low <= (one.where.since or date.max) <= high]
        why = Text(
            f"变化日期在 {low} 与 {high} 之间（20 比 1）；"
            + (
                "规则或公告在此期间公布过变化，但与数据不符。"
                if announced
                else "规则和公告都没有在此期间公布这一变化。"
            )
            + "整个活动的奖品库存用尽也会如此显示。",
            f" The change falls between {low} and {high} (20 to 1); "
            + (
                "the rules or a notice publish a change then, but not this one."
                if announced
                else "neither the rules nor a notice publish a change then."
            )
            + " A stock for the whole campaign running out would look the same.",
        )
        finding = replace(finding, text=Text(finding.text.zh + why.zh, finding.text.en + why.en))
    told = _notices(audit)
    yield replace(finding, text=Text(finding.text.zh + told.zh, finding.text.en + told.en))


def _notices(audit: Audit) -> Text:
    """Which notices of odds the comparison went by."""
    zh, en = list[str](), list[str]()
    for name, day, odds in notices_of_odds(audit.engine, audit.rules.campaign):
        unread = not readable(odds)
        zh.append(f"{name}（{day}，×{odds}" + ("，无法读取，未计）" if unread else "）"))
        en.append(f"{name} ({day}, x{odds}" + (": not readable, not counted)" if unread else ")"))
    if not en:
        return Text("", "")
    return Text(f"已按公告比对：{'、'.join(zh)}。", f" Notices compared with: {', '.join(en)}.")


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)


def days(first: int, last: int) -> Text:
    """Days for a reader."""
    return Text(f"{_day(first)} 至 {_day(last)}", f"days {_day(first)} to {_day(last)}")

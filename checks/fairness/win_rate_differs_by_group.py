"""A group wins less often than others in the same activities.

Does: compares how often each declared group won with everybody else, within the same activity (or the same box).
Matters: odds that depend on who you are, and not on what was published, are the plainest unequal treatment.
How: exact: given how many won in each activity and how many of the group took part, the group's wins are a sum of
    hypergeometric counts; Mantel-Haenszel odds ratio with its interval; the level is shared among all groups looked at.
Blind to: groups that the export does not declare. Groups that play harder games do not count as worse: like is compared with like.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check, nothing
from checks.fairness import compare, no_groups

TRIALS = """
SELECT c.stratum, c.participant_id AS person, e.entered_at AS moment, c.won AS hit
FROM entry_chance AS c JOIN entry_once AS e ON e.entry_id = c.entry_id"""
LAW = ("cn-pipl-2021-art24", "cn-algo-2022-art21", "cn-algo-2022-art8", "cn-blindbox-2023-no-manipulation", "cn-crpl-impl-2024-art9",
       "uk-gc-rts7a")  # fmt: skip


@check(needs=("entry.participant_id", "outcome.outcome"), provisions=LAW)
def win_rate_differs_by_group(audit: Audit) -> Iterator[Finding]:
    """Yield a screen for each grouping."""
    absent = no_groups(audit, "win rate")
    if absent or not audit.has("entry_chance"):
        yield absent or nothing("win rate", "导出没有可重放的抽取。", "The export holds no draws to replay.")
        return
    yield from compare(audit, TRIALS, Text("中奖", "Winning"))

"""One draw depends on the draw before it.

Does: looks whether the place that won last time wins again, or the place so many further on.
Matters: whoever knows the last result then knows the next one; and a generator that repeats itself is no draw.
How: of every draw, the places as far from the last winners as d form a class, declared hypergeometric; bets on "their
    odds are multiplied by r", half of the weight on d = 0 (the same again), mixed over d and r. Only a draw that was
    decided before the next one began counts as its past. What favoured places explain is taken off.
Blind to: dependence further back than one draw; draws of another campaign.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from audit.case import Audit
from audit.finding import Finding, Text, check
from audit.hidden import chances
from audit.rules import Boxes, Numbers
from audit.stats.classes import cells_of
from checks.draws import NEEDS, PROVISIONS, class_finding, groups_of, no_chances, others, places_favoured, singly

BOXES = """
SELECT (c.position - b.won_at + 10 * {size}) % {size} AS value, c.chance_den, c.chance_num, 1 AS drawn, c.hit, count(*) AS chances
FROM (SELECT * FROM {chance}) AS c
JOIN (
    SELECT a.activity_id, w.won_at
    FROM (SELECT activity_id, started_at FROM activity_once WHERE started_at IS NOT NULL) AS a
    -- of wins at one moment any may have been the last: the highest place stands for them
    ASOF JOIN (SELECT max(position) AS won_at, decided_at FROM first_win WHERE decided_at IS NOT NULL GROUP BY decided_at) AS w
        ON w.decided_at < a.started_at
) AS b ON b.activity_id = c.activity_id
WHERE c.hit IS NOT NULL AND c.chance_num BETWEEN 1 AND c.chance_den - 1
GROUP BY ALL ORDER BY ALL"""
GROUPS = """
SELECT value, {size} AS size, {winners} AS winners, drawn, hits, count(*) AS draws
FROM (
    SELECT o.activity_id, (o.position - b.position + {size}) % {size} AS value, count(*) AS drawn,
        sum(CAST(o.outcome = 'win' AS INTEGER)) AS hits
    FROM (SELECT activity_id, lag(activity_id) OVER (ORDER BY filled_at, activity_id) AS before FROM group_state
        WHERE is_ordered AND undecided = 0 AND size = {size} AND winners_due = {winners} AND winners = {winners}) AS g
    JOIN entry_played AS b ON b.activity_id = g.before AND b.outcome = 'win'
    JOIN entry_played AS o ON o.activity_id = g.activity_id
    GROUP BY o.activity_id, (o.position - b.position + {size}) % {size}
) AS class GROUP BY value, drawn, hits"""
NUMBERS = """
SELECT {n} AS value, {size} AS size, {pick} AS winners, {pick} AS drawn, count(b.number) AS hits, 1 AS draws
FROM (SELECT draw_id, lag(draw_id) OVER (ORDER BY drawn_at, draw_id) AS before FROM draw WHERE draw_id IN (
    SELECT draw_id FROM number_replayed WHERE pool = '{pool}' AND chance_num > 0 GROUP BY draw_id HAVING count(*) = {pick})) AS d
JOIN number_replayed AS n ON n.draw_id = d.draw_id AND n.pool = '{pool}'
LEFT JOIN number_replayed AS b ON b.draw_id = d.before AND b.pool = n.pool AND b.number = n.number
WHERE d.before IS NOT NULL GROUP BY d.draw_id"""


@check(needs=(*NEEDS, "drawn_number.number"), provisions=PROVISIONS, statistical="boxes group numbers")
def draws_depend_on_each_other(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on every draw and the one before it."""
    draw, scope, words, families = audit.rules.draw, audit.case.scope, further, {"first": 0.5, "one": 0.5}
    if isinstance(draw, Boxes) and singly(audit) and scope.has("activity", "started_at"):
        sql, size, rival = BOXES, draw.boxes, None
    elif groups_of(audit.rules) and audit.has("group_state") and scope.has("entry", "entered_at"):
        groups = groups_of(audit.rules)
        parts = [GROUPS.format(size=one.size, winners=one.winners) for one in groups]
        sql, size, rival = joined(parts), max(one.size for one in groups), places_favoured(audit)
    elif isinstance(draw, Numbers) and audit.has("number_replayed") and scope.has("draw", "drawn_at"):
        pools = [(name, pool.to - pool.from_ + 1, pool.pick) for name, pool in draw.pools.items()]
        parts = [NUMBERS.format(n=n, pool=name, size=size, pick=pick) for n, (name, size, pick) in enumerate(pools)]
        sql, size, rival, families = joined(parts), len(pools), 0.0, {"one": 1.0}
        words = partial(again, tuple(draw.pools))
    else:
        yield no_chances("successive draws")
        return
    left = None
    if isinstance(draw, Boxes):
        sql, supposed = BOXES.format(size=size, chance="chance"), chances(audit, others(audit))
        left = cells_of(audit.engine.rows(BOXES.format(size=size, chance=supposed)))
    cells = cells_of(audit.engine.rows(sql))
    yield class_finding(
        audit,
        "successive draws",
        cells,
        range(size),
        families,
        words,
        sql,
        rival=rival,
        left=left,
    )


def joined(parts: Sequence[str]) -> str:
    """The classes of several kinds of draws, one after the other."""
    return "\nUNION ALL".join(parts) + "\nORDER BY ALL"


def again(pools: Sequence[str], first: int, _: int) -> Text:
    """Numbers that came in the draw before, for a reader."""
    return Text(f"{pools[first]} 中上期开出的号码", f"numbers of {pools[first]} that came in the draw before")


def further(first: int, _: int) -> Text:
    """The place so many further on than the last winner, for a reader."""
    if first == 0:
        return Text("上一场中奖的同一位置", "the place that won the draw before")
    return Text(f"上一场中奖位置之后第 {first} 位", f"the place {first} after the one that won the draw before")

"""Some tickets of a raffle are drawn more or less often than their number.

Does: compares the tickets drawn with those that were in each draw: the newest and the oldest, large and small holdings,
    and people who had won before.
Matters: an early joiner, a large buyer or a former winner who is quietly left out paid for a draw that was not held.
How: of each ticket drawn, how many of those in the draw belonged to the class is counted exactly, winners out where they
    are to be out; bets on "their odds are multiplied by r", for each class and r from 0 to 100, mixed.
Blind to: tickets that the export does not hold; classes that people know and the export does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from audit.rules import Raffle
from audit.stats.classes import cells_of
from checks.draws import PROVISIONS, class_finding, no_chances

KINDS = {  # a ticket t, in the draw of the winner w
    "t.position > w.bound - {every}": Text("最新一批的票", "tickets of the newest batch"),
    "t.position * 10 > w.bound * 9": Text("最新十分之一的票", "tickets of the newest tenth"),
    "t.position * 2 > w.bound": Text("较新的一半", "tickets of the newer half"),
    "t.position * 10 <= w.bound": Text("最早十分之一的票", "tickets of the earliest tenth"),
    "t.position * 4 <= w.bound": Text("最早四分之一的票", "tickets of the earliest quarter"),
    "t.tickets >= 2": Text("持票两张以上的参与", "entries of two tickets or more"),
    "t.tickets >= 5": Text("持票五张以上的参与", "entries of five tickets or more"),
    "t.tickets >= 20": Text("持票二十张以上的参与", "entries of twenty tickets or more"),
    "f.draw IS NOT NULL": Text("以前中过奖的人", "people who had won before"),
}
MOST = 50_000_000  # tickets looked at, over all draws; beyond it only every so-many-th draw is
SQL = """
SELECT value, size, 1 AS winners, CASE {drawn} END AS drawn, CASE {hits} END AS hits, 1 AS draws
FROM (
    SELECT w.entry_id, w.chance_den AS size, sum(t.tickets) AS pool,
        {sums}
    FROM draw_replayed AS w
    JOIN ticket AS t ON t.activity_id = w.activity_id AND t.position <= w.bound
    LEFT JOIN (SELECT activity_id, participant_id, min(draw) AS draw FROM raffle_win GROUP BY ALL) AS f
        ON f.activity_id = t.activity_id AND f.participant_id = t.participant_id AND f.draw < w.draw
    LEFT JOIN (SELECT activity_id, participant_id, draw, min(turn) AS turn FROM raffle_win GROUP BY ALL) AS s
        ON s.activity_id = t.activity_id AND s.participant_id = t.participant_id AND s.draw = w.draw AND s.turn < w.turn
    WHERE w.chance_num > 0 AND w.draw % {every_draw} = 0 AND s.draw IS NULL AND (f.draw IS NULL OR NOT w.winners_leave)
    GROUP BY w.entry_id, w.chance_den
) AS held CROSS JOIN range({kinds}) AS k(value)
WHERE pool = size ORDER BY ALL"""


@check(
    needs=("entry.entry_id", "entry.position", "outcome.outcome", "outcome.decided_at"),
    provisions=PROVISIONS,
    statistical="raffle",
)
def tickets_favoured(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all classes of tickets."""
    draw = audit.rules.draw
    if not isinstance(draw, Raffle) or not audit.has("raffle_win"):
        yield no_chances("tickets")
        return
    tests = [test.format(every=draw.every or 1) for test in KINDS]
    sums = ",\n        ".join(
        f"coalesce(sum(t.tickets) FILTER ({test}), 0) AS drawn_{n},\n"
        f"        count(*) FILTER (t.entry_id = w.entry_id AND {test}) AS hit_{n}"
        for n, test in enumerate(tests)
    )
    size = audit.engine.value("SELECT (SELECT count(*) FROM ticket) * (SELECT count(*) FROM raffle_win)")
    cases = {
        part: " ".join(f"WHEN value = {n} THEN {part}_{n}" for n in range(len(tests))) for part in ("drawn", "hit")
    }
    sql = SQL.format(
        drawn=cases["drawn"], hits=cases["hit"], sums=sums, kinds=len(tests), every_draw=1 + int(size) // MOST
    )
    kinds = list(KINDS.values())
    cells = cells_of(audit.engine.rows(sql))
    yield class_finding(
        audit,
        "tickets",
        cells,
        range(len(kinds)),
        {"one": 1.0},
        lambda first, _: kinds[first],
        sql,
        rival=0.0,
        apart=False,
    )

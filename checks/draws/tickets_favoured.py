"""Some tickets of a raffle are drawn more or less often than their number.

Does: compares the tickets drawn with those that were in each draw: the newest and the oldest, large and small holdings,
    and people who had won before.
Matters: an early joiner, a large buyer or a former winner who is quietly left out paid for a draw that was not held.
How: of each ticket drawn, how many of those in the draw belonged to the class is counted exactly, winners out where they
    are to be out; bets on "their odds are multiplied by r", for each class and r from 0 to 100, mixed. Winners recorded
    at one moment are put in an order drawn from the declared law, not in that of their tickets.
Blind to: tickets that the export does not hold (a draw is looked at only where all handed out by then are there);
    classes that people know and the export does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from audit.case import Audit
from audit.finding import Basis, Finding, Text, Verdict, check, several
from audit.rules import Raffle
from audit.stats.classes import Cell
from audit.stats.laws import Stratum
from audit.stats.order import drawn_order
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
HANDED = """
    SELECT activity_id, position, sum(count(*)) OVER (PARTITION BY activity_id ORDER BY position) AS entries
    FROM ticket GROUP BY activity_id, position"""
SQL = """
SELECT w.activity_id, w.draw, CAST(epoch(w.decided_at) AS VARCHAR) AS moment, w.entry_id, w.chance_den AS size, sum(t.tickets) AS pool,
    coalesce(sum(t.tickets) FILTER ({own}), 0) AS held,
    {sums}
FROM draw_replayed AS w
JOIN ({handed}) AS b ON b.activity_id = w.activity_id AND b.position = w.bound AND b.entries = w.bound
JOIN ticket AS t ON t.activity_id = w.activity_id AND t.position <= w.bound
LEFT JOIN (SELECT activity_id, participant_id, min(draw) AS draw FROM raffle_win GROUP BY ALL) AS f
    ON f.activity_id = t.activity_id AND f.participant_id = t.participant_id AND f.draw < w.draw
LEFT JOIN (SELECT activity_id, participant_id, CASE WHEN NOT winners_leave THEN entry_id END AS entry_id, draw,
        min(decided_at) AS decided_at FROM raffle_win GROUP BY ALL) AS s
    ON s.activity_id = t.activity_id AND s.participant_id = t.participant_id AND coalesce(s.entry_id, t.entry_id) = t.entry_id
    AND s.draw = w.draw AND s.decided_at < w.decided_at
WHERE w.chance_num > 0 AND w.draw % {every_draw} = 0 AND s.draw IS NULL AND (f.draw IS NULL OR NOT w.winners_leave){where}
GROUP BY w.activity_id, w.draw, w.decided_at, w.entry_id, w.chance_den
ORDER BY ALL"""
OWN = "(t.entry_id = w.entry_id OR (w.winners_leave AND t.participant_id = w.participant_id))"  # what a win takes out of its draw
CLASS = """coalesce(sum(t.tickets) FILTER ({test}), 0) AS drawn_{n},
    coalesce(sum(t.tickets) FILTER ({own} AND {test}), 0) AS own_{n},
    count(*) FILTER (t.entry_id = w.entry_id AND {test}) AS hit_{n}"""


def ticket_cells(audit: Audit, draw: Raffle, where: str = "") -> tuple[list[Cell], str]:
    """One cell for each class of tickets, in the order of KINDS, with the SQL that counts them; where limits the wins `w`."""
    tests = [test.format(every=draw.every or 1) for test in KINDS]
    sums = ",\n    ".join(CLASS.format(test=test, n=n, own=OWN) for n, test in enumerate(tests))
    wins = f"SELECT count(*) FROM raffle_win AS w{f' WHERE {where}' if where else ''}"
    size = audit.engine.value(f"SELECT (SELECT count(*) FROM ticket) * ({wins})")
    sql = SQL.format(handed=HANDED, own=OWN, sums=sums, every_draw=1 + int(size) // MOST, where=f" AND {where}" if where else "")
    strata: list[list[Stratum]] = [[] for _ in KINDS]
    for (_, _, _), group in groupby(audit.engine.rows(sql), lambda row: row[:3]):
        together = list(group)
        pool = int(together[0][5])
        if (
            max(int(row[4]) for row in together) != pool
        ):  # tickets that the replay knows of and this does not, or the reverse
            continue
        held = [int(row[6]) for row in together]
        order = drawn_order(held, pool - sum(held), "|".join(row[3] for row in together)) if len(held) > 1 else [0]
        gone, gone_of = 0, [0] * len(KINDS)
        for row in (together[place] for place in order):
            for kind in range(len(KINDS)):
                drawn, own, hit = map(int, row[7 + 3 * kind : 10 + 3 * kind])
                strata[kind].append(Stratum(pool - gone, 1, drawn - gone_of[kind], hit))
                gone_of[kind] += own
            gone += int(row[6])
    return [Cell(kind, tuple(mine)) for kind, mine in enumerate(strata)], sql


def unknown_tickets(audit: Audit) -> int:
    """Entries of which nobody can say how many tickets they were worth: the weight is missing or cannot be read."""
    return (
        int(audit.engine.value("SELECT count(*) FROM ticket WHERE tickets IS NULL") or 0) if audit.has("ticket") else 0
    )


@check(
    needs=("entry.entry_id", "entry.activity_id", "entry.position", "outcome.outcome", "outcome.decided_at"),
    provisions=PROVISIONS,
    statistical="raffle",
)
def tickets_favoured(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all classes of tickets."""
    draw = audit.rules.draw
    if not isinstance(draw, Raffle) or not audit.has("raffle_win"):
        yield no_chances("tickets")
        return
    unknown = unknown_tickets(audit)
    if unknown:
        why = Text(
            f"{unknown} 次参与的权重缺失或无法读取，奖池有多少张票、每张的概率多大都无从知道。",
            f"The weight of {several(unknown, 'entry', 'entries')} is missing or cannot be read: "
            "how many tickets a draw held, and the chance of each, "
            "is not known.",
        )
        yield Finding("tickets", Verdict.INCONCLUSIVE, why, Basis.STATISTICAL)
        return
    kinds = list(KINDS.values())
    cells, sql = ticket_cells(audit, draw)
    yield class_finding(
        audit,
        "tickets",
        cells,
        range(len(kinds)),
        {"one": 1.0},
        lambda first, _: kinds[first],
        sql,
        rival=0.0,
    )

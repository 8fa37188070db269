"""Raffles → the chance of each ticket drawn, among those handed out by then to people who had not won."""

from __future__ import annotations

from collections.abc import Sequence

from audit.engine import Step, by_id, values
from audit.rules import Raffle


def told_steps(draws: Sequence[Raffle], *, ends: bool, cut: bool) -> list[Step]:
    """What was declared, and the activities whose draws cannot be told.

    Of several draws a win does not say when it was; nobody says when activities end (ends: the export does); or the first
    entries are not there, and with them winners, and the period begins after the rules (cut).
    """
    rules = [(version, draw.every, draw.winners, str(draw.among == "not-yet-won").lower())
             for version, draw in enumerate(draws)]  # fmt: skip
    undrawn = "r.every IS NOT NULL AND e.outcome = 'win' AND e.decided_at IS NULL"
    undrawn = f"count(*) FILTER ({undrawn if ends else f'r.every IS NULL OR {undrawn}'}) > 0"
    headless = "coalesce(min(e.position), 2) > 1" if cut else "false"
    return [
        Step(
            "raffle_rule",
            "SELECT version, CAST(every AS BIGINT) AS every, winners, out = 'true' AS winners_leave\n"
            f"FROM ({values(rules, ['version', 'every', 'winners', 'out'])}) AS declared",
        ),
        Step(
            "raffle_unknown",
            f"SELECT e.activity_id, {headless} AS is_cut\n"
            "FROM entry_played AS e\nJOIN raffle_rule AS r ON r.version = e.version\n"
            f"GROUP BY e.activity_id\nHAVING {undrawn} OR {headless}",
            "table",
        ),
    ]


def raffle_steps(draws: Sequence[Raffle]) -> list[Step]:
    """Which draw each win belongs to, the tickets that were in it, and the chance of the one drawn.

    A draw falls due at its entry, that entry included. A win belongs to the draw that was due last when it was decided;
    where draws were made late as a rule, wins are taken in turn: whichever leaves fewer anomalies in the activity.
    """
    weighted = any(draw.tickets == "weight" for draw in draws)
    equal = [str(version) for version, draw in enumerate(draws) if draw.tickets == "equal"]
    up_to = f"OVER (PARTITION BY activity_id ORDER BY position, {by_id('entry_id')}\n"
    up_to += "        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    weight = f"CASE WHEN version IN ({', '.join(equal)}) THEN 1 ELSE weight END" if equal else "weight"
    return [
        Step(
            "ticket",
            "-- how many tickets were handed out is not known from the first entry of unknown weight on\n"
            f"SELECT entry_id, activity_id, participant_id, position, entered_at, version, {weight} AS tickets,\n"
            f"    CASE WHEN count(*) {up_to} = count({weight}) {up_to}\n"
            f"        THEN sum({weight}) {up_to} END AS tickets_so_far\n"
            "FROM entry_played",
            "table",
        ),
        _due(),
        *_wins(),
        *_pools(weighted),
        Step(
            "expected_draw",
            "SELECT w.entry_id AS event, 'draw' AS clause, w.outcome, w.chance_num, w.chance_den,\n"
            "    CAST(NULL AS VARCHAR) AS payee, CAST(NULL AS VARCHAR) AS asset, CAST(NULL AS DECIMAL(38, 0)) AS amount,\n"
            "    CAST(NULL AS TIMESTAMPTZ) AS due_at, w.decided_at AS event_at\n"
            "FROM draw_replayed AS w",
        ),
    ]


def _due() -> Step:
    """Each draw that fell due: after which entry, when, and how many are to win."""
    return Step(
        "raffle_due",
        "SELECT e.activity_id, e.position // r.every AS draw, e.position AS bound, e.entered_at AS due_at, r.winners\n"
        "FROM entry_played AS e\nJOIN raffle_rule AS r ON r.version = e.version\n"
        "WHERE r.every IS NOT NULL AND e.position % r.every = 0\n"
        "UNION ALL\n"
        "SELECT e.activity_id, 1, max(e.position), a.ended_at, r.winners\n"
        "FROM entry_played AS e\nJOIN raffle_rule AS r ON r.version = e.version\n"
        "JOIN activity_once AS a ON a.activity_id = e.activity_id\n"
        "WHERE r.every IS NULL AND a.ended_at IS NOT NULL\n"
        "GROUP BY e.activity_id, a.ended_at, r.winners",
        "table",
    )


def _wins() -> list[Step]:
    """Each win with its draw, counted by the moment it was decided and by its turn."""
    order = f"PARTITION BY o.activity_id ORDER BY o.decided_at, o.position, {by_id('o.entry_id')}"
    return [
        Step(
            "raffle_moment",
            "-- how many draws were due by the moment of each win\n"
            "SELECT entry_id, count(*) FILTER (entry_id IS NULL) OVER (PARTITION BY activity_id ORDER BY moment, kind\n"
            "        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS draws\n"
            "FROM (\n"
            "    SELECT activity_id, due_at AS moment, 0 AS kind, CAST(NULL AS VARCHAR) AS entry_id FROM raffle_due\n"
            "    UNION ALL\n"
            "    SELECT activity_id, decided_at, 1, entry_id FROM entry_played WHERE outcome = 'win'\n"
            ") AS moments",
        ),
        Step(
            "raffle_counted",
            "SELECT o.entry_id, o.activity_id, o.participant_id, o.position, o.decided_at, o.outcome, r.every, r.winners,\n"
            "    r.winners_leave, o.version, o.source_file, o.record,\n"
            f"    CASE WHEN r.every IS NULL THEN 1 ELSE (row_number() OVER ({order}) - 1) // r.winners + 1 END AS by_turn,\n"
            "    CASE WHEN r.every IS NULL THEN 1 ELSE m.draws END AS by_time\n"
            "FROM entry_played AS o\nJOIN raffle_rule AS r ON r.version = o.version\n"
            "JOIN raffle_moment AS m ON m.entry_id = o.entry_id\n"
            "WHERE o.outcome = 'win'",
            "table",
        ),
        Step(
            "raffle_odd",
            "-- anomalies of each way to count: draws with too many or too few wins; wins before their draw was due\n"
            "SELECT activity_id, sum(of_time) AS of_time, sum(of_turn) AS of_turn\n"
            "FROM (\n"
            "    SELECT d.activity_id, abs(d.winners - count(w.entry_id)) AS of_time, 0 AS of_turn\n"
            "    FROM raffle_due AS d\n"
            "    LEFT JOIN raffle_counted AS w ON w.activity_id = d.activity_id AND w.by_time = d.draw\n"
            "    GROUP BY d.activity_id, d.draw, d.winners\n"
            "    UNION ALL\n"
            "    SELECT d.activity_id, 0, abs(d.winners - count(w.entry_id))\n"
            "    FROM raffle_due AS d\n"
            "    LEFT JOIN raffle_counted AS w ON w.activity_id = d.activity_id AND w.by_turn = d.draw\n"
            "    GROUP BY d.activity_id, d.draw, d.winners\n"
            "    UNION ALL\n"
            "    SELECT w.activity_id, 0, 1\n"
            "    FROM raffle_counted AS w\n"
            "    WHERE w.by_turn > w.by_time OR w.position > w.by_turn * w.every\n"
            ") AS odd\nGROUP BY activity_id",
            "table",
        ),
        Step(
            "raffle_win",
            "SELECT w.entry_id, w.activity_id, w.participant_id, w.position, w.decided_at, w.outcome, w.winners_leave,\n"
            "    w.version, w.source_file, w.record, d.bound, d.due_at, w.draw,\n"
            f"    row_number() OVER (PARTITION BY w.activity_id ORDER BY w.draw, w.decided_at, w.position, {by_id('w.entry_id')}) AS turn\n"
            "FROM (\n"
            "    SELECT w.*, CASE WHEN o.of_turn < o.of_time THEN w.by_turn ELSE w.by_time END AS draw\n"
            "    FROM raffle_counted AS w LEFT JOIN raffle_odd AS o ON o.activity_id = w.activity_id\n"
            ") AS w\n"
            "LEFT JOIN raffle_due AS d ON d.activity_id = w.activity_id AND d.draw = w.draw",
            "table",
        ),
    ]


def _pools(weighted: bool) -> list[Step]:
    """Tickets in each draw: those handed out by then, less those of people out of it because they had won."""
    handed = "p.tickets_so_far" if weighted else "w.bound"
    return [
        Step(
            "raffle_person",
            "SELECT activity_id, participant_id, min(draw) AS draw\n"
            "FROM raffle_win\nWHERE winners_leave\nGROUP BY activity_id, participant_id",
            "table",
        ),
        Step(
            "raffle_gone",
            "-- a ticket leaves before the draw after its holder's win, or never enters\n"
            "SELECT activity_id, draw, sum(tickets) AS tickets\n"
            "FROM (\n"
            "    SELECT t.activity_id, t.tickets, greatest(p.draw + 1, CASE WHEN r.every IS NULL THEN 1\n"
            "        ELSE (t.position + r.every - 1) // r.every END) AS draw\n"
            "    FROM ticket AS t\n"
            "    JOIN raffle_person AS p ON p.activity_id = t.activity_id AND p.participant_id = t.participant_id\n"
            "    JOIN raffle_rule AS r ON r.version = t.version\n"
            ") AS leaving\nGROUP BY activity_id, draw",
            "table",
        ),
        Step(
            "raffle_held",
            "-- what a win takes out of its draw: its holder's tickets, once; where everyone stays in, itself alone\n"
            "SELECT w.entry_id, sum(t.tickets) AS tickets\n"
            "FROM (\n"
            "    SELECT * FROM raffle_win\n"
            "    QUALIFY NOT winners_leave OR row_number() OVER (PARTITION BY activity_id, participant_id ORDER BY turn) = 1\n"
            ") AS w\n"
            "JOIN ticket AS t ON t.activity_id = w.activity_id AND t.participant_id = w.participant_id\n"
            "    AND t.position <= w.bound AND (w.winners_leave OR t.entry_id = w.entry_id)\n"
            "GROUP BY w.entry_id",
            "table",
        ),
        Step(
            "raffle_pool",
            "-- within one draw no ticket wins twice: earlier winners of it are out as well\n"
            "SELECT w.*, h.tickets AS held,\n"
            "    coalesce(sum(g.tickets) OVER (PARTITION BY w.activity_id ORDER BY w.draw\n"
            "        RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), 0)\n"
            "    + coalesce(sum(h.tickets) OVER (PARTITION BY w.activity_id, w.draw ORDER BY w.turn\n"
            "        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS gone\n"
            "FROM (\n"
            "    SELECT activity_id, draw, turn, entry_id, participant_id, position, decided_at, outcome, bound, due_at,\n"
            "        winners_leave, version, source_file, record FROM raffle_win\n"
            "    UNION ALL\n"
            "    SELECT activity_id, draw, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM raffle_gone\n"
            ") AS w\n"
            "LEFT JOIN raffle_gone AS g ON w.entry_id IS NULL AND g.activity_id = w.activity_id AND g.draw = w.draw\n"
            "LEFT JOIN raffle_held AS h ON h.entry_id = w.entry_id",
            "table",
        ),
        Step(
            "draw_replayed",
            f"SELECT w.*, {handed} - w.gone AS pool,\n"
            "    -- no chance: whoever was not in the draw yet, or had won before\n"
            "    CASE WHEN u.activity_id IS NOT NULL THEN NULL WHEN w.bound IS NULL OR w.position > w.bound OR n.draw < w.draw\n"
            "        OR (w.winners_leave\n"
            "            AND row_number() OVER (PARTITION BY w.activity_id, w.draw, w.participant_id ORDER BY w.turn) > 1)\n"
            f"        THEN 0 {'WHEN p.tickets_so_far IS NULL THEN NULL ' if weighted else ''}ELSE t.tickets END AS chance_num,\n"
            f"    greatest(1, coalesce({handed}, 1) - w.gone) AS chance_den\n"
            "FROM raffle_pool AS w\n"
            "JOIN ticket AS t ON t.entry_id = w.entry_id\n"
            "LEFT JOIN raffle_unknown AS u ON u.activity_id = w.activity_id\n"
            "LEFT JOIN raffle_person AS n ON n.activity_id = w.activity_id AND n.participant_id = w.participant_id\n"
            + ("LEFT JOIN ticket AS p ON p.activity_id = w.activity_id AND p.position = w.bound\n" if weighted else "")
            + "WHERE w.entry_id IS NOT NULL",
            "table",
        ),
    ]

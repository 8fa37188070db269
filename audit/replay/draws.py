"""Draws → the declared chance of each recorded outcome, given what was recorded before it."""

from __future__ import annotations

from audit.engine import Step, values
from audit.rules import Boxes, Group, Numbers
from audit.rules.odds import box_chances


def played_step(positioned: bool) -> Step:
    """Entries with their outcome and activity; positioned: the export numbers them, else they go by time.

    Of entries in one second without a number a win is taken as the last: a tie accuses nobody.
    """
    by_time = "row_number() OVER (PARTITION BY e.activity_id ORDER BY e.entered_at, o.outcome = 'win', e.entry_id)"
    return Step(
        "entry_played",
        "SELECT e.entry_id, e.activity_id, e.participant_id, e.entered_at,\n"
        f"    {'e.position' if positioned else by_time} AS position,\n"
        "    a.initiator_id, a.started_at, o.outcome, o.choice,\n"
        "    coalesce(o.decided_at, e.entered_at) AS decided_at,\n"
        "    e.source_file, e.record\n"
        "FROM entry_once AS e\n"
        "LEFT JOIN outcome_once AS o ON o.entry_id = e.entry_id\n"
        "LEFT JOIN activity_once AS a ON a.activity_id = e.activity_id",
    )


def group_steps(draw: Group, positioned: bool) -> list[Step]:
    """Groups: full ones are decided, and each place in them wins with the same chance.

    is_ordered: the export tells who holds which place; without numbers, entries of the same moment do not.
    """
    places = (
        f"count(DISTINCT position) = {draw.size} AND min(position) = 1 AND max(position) = {draw.size}"
        if positioned
        else f"count(DISTINCT entered_at) = {draw.size}"
    )
    return [
        played_step(positioned),
        Step(
            "group_state",
            "SELECT activity_id, count(*) AS places, max(entered_at) AS filled_at,\n"
            "    count(*) FILTER (outcome = 'win') AS winners, count(*) FILTER (outcome IS NULL) AS undecided,\n"
            f"    count(*) >= {draw.size} AS is_full, count(*) = {draw.size} AND {places} AS is_ordered\n"
            "FROM entry_played\nGROUP BY activity_id",
            "table",
        ),
        Step(
            "expected_draw",
            "SELECT o.entry_id AS event, 'draw' AS clause, o.outcome,\n"
            f"    {draw.winners} AS chance_num, {draw.size} AS chance_den,\n"
            "    CAST(NULL AS VARCHAR) AS payee, CAST(NULL AS VARCHAR) AS asset,\n"
            "    CAST(NULL AS DECIMAL(38, 0)) AS amount,\n"
            "    CAST(NULL AS TIMESTAMPTZ) AS due_at, g.filled_at AS event_at\n"
            "FROM entry_played AS o\nJOIN group_state AS g ON g.activity_id = o.activity_id\nWHERE g.is_full",
        ),
    ]


def box_steps(draw: Boxes, positioned: bool) -> list[Step]:
    """Openings with their chance, given the boxes opened before."""
    return [
        played_step(positioned),
        Step("box_chance", values(box_chances(draw), ["position", "chance_num", "chance_den"])),
        Step(
            "first_win",
            "SELECT activity_id, min(position) AS position, min(decided_at) AS won_at\n"
            "FROM entry_played\nWHERE outcome = 'win'\nGROUP BY activity_id",
            "table",
        ),
        Step(
            "draw_replayed",
            "SELECT o.*,\n"
            "    -- after the win nothing is left to win; a box that does not exist never wins\n"
            "    CASE WHEN w.position < o.position THEN 0 ELSE coalesce(c.chance_num, 0) END AS chance_num,\n"
            "    CASE WHEN w.position < o.position THEN 1 ELSE coalesce(c.chance_den, 1) END AS chance_den\n"
            "FROM entry_played AS o\n"
            "LEFT JOIN box_chance AS c ON c.position = o.position\n"
            "LEFT JOIN first_win AS w ON w.activity_id = o.activity_id",
        ),
        Step(
            "expected_draw",
            "SELECT entry_id AS event, 'draw' AS clause, outcome, chance_num, chance_den,\n"
            "    CAST(NULL AS VARCHAR) AS payee, CAST(NULL AS VARCHAR) AS asset,\n"
            "    CAST(NULL AS DECIMAL(38, 0)) AS amount,\n"
            "    CAST(NULL AS TIMESTAMPTZ) AS due_at, decided_at AS event_at\n"
            "FROM draw_replayed",
        ),
        Step(
            "win_by_position",
            "SELECT position, chance_num, chance_den, count(*) AS openings,\n"
            "    count(*) FILTER (outcome = 'win') AS wins,\n"
            "    count(*) FILTER (outcome IS NULL) AS unknown\n"
            "FROM draw_replayed\nGROUP BY position, chance_num, chance_den",
            "table",
        ),
        Step(
            "activity_run",
            "SELECT activity_id, max(position) AS last_position,\n"
            "    min(position) FILTER (outcome = 'win') AS won_at,\n"
            "    min(position) FILTER (outcome IS NULL) AS unknown_at\n"
            "FROM entry_played\nGROUP BY activity_id",
            "table",
        ),
        Step(
            "run_total",
            "-- reached: boxes whose outcome is known; won_at: the box that won, NULL where cut off before a win\n"
            "SELECT CASE WHEN unknown_at <= coalesce(won_at, last_position) THEN unknown_at - 1\n"
            "        ELSE coalesce(won_at, last_position) END AS reached,\n"
            "    CASE WHEN unknown_at <= won_at THEN NULL ELSE won_at END AS won_at,\n"
            "    count(*) AS activities\n"
            "FROM activity_run\nGROUP BY ALL",
            "table",
        ),
    ]


def number_steps(draw: Numbers) -> list[Step]:
    """Numbers drawn without replacement: each of those left is equally likely."""
    pools = [(name, pool.from_, pool.to, pool.pick) for name, pool in draw.pools.items()]
    return [
        Step("pool", values(pools, ["pool", "lowest", "highest", "pick"])),
        Step(
            "number_replayed",
            "SELECT n.draw_id, n.pool, n.ordinal, n.number, d.drawn_at,\n"
            "    -- a number outside the pool, or one already drawn, had no chance\n"
            "    CASE WHEN n.number BETWEEN p.lowest AND p.highest AND n.ordinal BETWEEN 1 AND p.pick\n"
            "        AND row_number() OVER (PARTITION BY n.draw_id, n.pool, n.number ORDER BY n.ordinal) = 1\n"
            "        THEN 1 ELSE 0 END AS chance_num,\n"
            "    greatest(1, p.highest - p.lowest + 2 - n.ordinal) AS chance_den,\n"
            "    n.source_file, n.record\n"
            "FROM drawn_number AS n\n"
            "LEFT JOIN pool AS p ON p.pool = n.pool\n"
            "LEFT JOIN draw AS d ON d.draw_id = n.draw_id",
        ),
        Step(
            "expected_number",
            "SELECT draw_id AS event, concat('draw/', pool) AS clause, CAST(number AS VARCHAR) AS outcome,\n"
            "    chance_num, chance_den, CAST(NULL AS VARCHAR) AS payee, CAST(NULL AS VARCHAR) AS asset,\n"
            "    CAST(NULL AS DECIMAL(38, 0)) AS amount,\n"
            "    CAST(NULL AS TIMESTAMPTZ) AS due_at, drawn_at AS event_at\n"
            "FROM number_replayed",
        ),
    ]

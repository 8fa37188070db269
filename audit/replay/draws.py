"""Draws → the declared chance of each recorded outcome, given what was recorded before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from audit.engine import Step, by_id, literal, values
from audit.replay.chances import chance_steps
from audit.replay.known import known_steps
from audit.replay.raffles import raffle_steps, told_steps
from audit.rules import Boxes, Chances, Draw, Group, Numbers, Raffle, Rules, eras
from audit.rules.odds import box_chances
from audit.scope import TOLD, Scope

NO_AWARD = (
    "CAST(NULL AS VARCHAR) AS payee, CAST(NULL AS VARCHAR) AS asset,\n"
    "    CAST(NULL AS DECIMAL(38, 0)) AS amount,\n"
    "    CAST(NULL AS TIMESTAMPTZ) AS due_at"
)
PLAYED = (
    "entry_id", "activity_id", "participant_id", "entered_at", "position", "weight", "paid", "initiator_id", "started_at",
    "outcome", "prize", "choice", "share", "decided_at", "version", "source_file", "record",
)  # fmt: skip
Dated = Sequence[tuple[date, Draw]]


def draw_steps(rules: Rules, scope: Scope) -> list[Step]:
    """The steps of the declared draw, or none where the export lacks what they need."""
    dated = draws_of(rules)
    if isinstance(rules.draw, Numbers):
        return _number_steps(rules.draw) if scope.has("drawn_number") else []
    if not played(rules, scope):
        return []
    steps = [_played(rules, scope, [day for day, _ in dated[1:]])]
    boxes = [draw for _, draw in dated if isinstance(draw, Boxes)]
    groups = [draw for _, draw in dated if isinstance(draw, Group)]
    raffles = [draw for _, draw in dated if isinstance(draw, Raffle)]
    chances = [draw for _, draw in dated if isinstance(draw, Chances)]
    steps += _box_steps(rules, boxes, scope) if boxes else []
    steps += _group_steps(groups, scope.has("entry", "position")) if groups else []
    if raffles:
        cut = bool(scope.cut(rules.effective.from_))
        steps += told_steps(raffles, ends=scope.has("activity", "ended_at"), cut=cut)
        steps += raffle_steps(raffles) if scope.has("outcome", "decided_at") else []
    steps += chance_steps(chances, rules, scope) if chances else []
    return steps


def taken_steps(rules: Rules, scope: Scope) -> list[Step]:
    """What was known of each chance, which only checks read; boosts need it earlier, so there it is a part of the draw."""
    early = isinstance(rules.draw, Boxes) and rules.boosts
    return known_steps(rules, scope.zone) if played(rules, scope) and not early else []


def draws_of(rules: Rules) -> list[tuple[date, Draw]]:
    """The draws as declared one after the other, each with the first day of its version."""
    found: list[tuple[date, Draw]] = []
    for era in eras(rules):
        if era.draw is not None and (not found or found[-1][1] != era.draw):
            found.append((era.effective.from_, era.draw))
    return found


def played(rules: Rules, scope: Scope) -> bool:
    """Whether the export holds entries, and their outcomes where a draw decides them."""
    decides = isinstance(rules.draw, Boxes | Group | Raffle | Chances)
    return scope.has("entry") and (scope.has("outcome") or not decides) and not isinstance(rules.draw, Numbers)


def _played(rules: Rules, scope: Scope, changes: Sequence[date]) -> Step:
    """Entries with their outcome and activity; where the export does not number them, they go by time.

    Of boxes opened in one second without a number a win is taken as the last, of tickets as the first: a tie accuses nobody.
    Where a period begins after the rules, unnumbered entries of an activity that may have begun before it have no number: others
    may have come before them. version counts the declared draws from 0; an activity keeps the one in force when it started, an
    entry decided by itself its own. is_lost: the outcome cannot be read. An entry is decided with itself unless the export says
    when; a ticket of a raffle not before its draw: when the activity ends, and where there are several draws that is not known.
    """
    o = "e" if scope.told else "o"
    decided, raffles = f"coalesce({o}.decided_at, e.entered_at)", [one for _, one in draws_of(rules) if isinstance(one, Raffle)]
    drawn = any(one.every for one in raffles)
    if raffles:
        decided = f"{o}.decided_at" if drawn else f"coalesce({o}.decided_at, a.ended_at)"
    tie = f"{o}.outcome IS NOT DISTINCT FROM 'win', " if isinstance(rules.draw, Boxes) else ""
    tie = f"{o}.outcome IS DISTINCT FROM 'win', {o}.decided_at, " if drawn else tie
    by_time = f"row_number() OVER (PARTITION BY e.activity_id ORDER BY e.entered_at, {tie}{by_id('e.entry_id')})"
    cut, sizes = scope.cut(rules.effective.from_), [one.size for _, one in draws_of(rules) if isinstance(one, Group)]
    if cut:
        whole = f" OR count(*) OVER (PARTITION BY e.activity_id) >= {min(sizes)}" if sizes else ""
        by_time = f"CASE WHEN a.started_at >= {cut}{whole} THEN {by_time} END"
    begun = "coalesce(a.started_at, min(e.entered_at) OVER (PARTITION BY e.activity_id))"
    moment = "e.entered_at" if isinstance(rules.draw, Chances) else begun
    cases = [f"WHEN {moment} >= {scope.moment(day)} THEN {place}" for place, day in enumerate(changes, 1)]
    version = f"CASE {' '.join(reversed(cases))} ELSE 0 END" if cases else "0"
    outcome, prize = f"{o}.outcome", "CAST(NULL AS VARCHAR)"
    if isinstance(rules.draw, Chances):
        outcome = f"CASE WHEN {o}.outcome IN ('win', 'loss') THEN {o}.outcome WHEN {o}.outcome IS NOT NULL THEN 'win' END"
        listed = [list(draw.prizes) for _, draw in draws_of(rules) if isinstance(draw, Chances)]
        alone = "".join(f"WHEN {o}.outcome = 'win' AND {version} = {place} THEN {literal(only[0])} "
                        for place, only in enumerate(listed) if len(only) == 1)  # fmt: skip
        prize = f"CASE {alone}WHEN {o}.outcome NOT IN ('win', 'loss') THEN {o}.outcome END"
    refused = "e.outcome_refused" if scope.told else "o.refused"
    lost = f"regexp_matches(coalesce({refused}, ''), '(^|,)outcome(,|$)')"
    joined = f"{TOLD} AS e" if scope.told else "entry_once AS e\nLEFT JOIN outcome_once AS o ON o.entry_id = e.entry_id"
    return Step(
        "entry_played",
        "SELECT e.entry_id, e.activity_id, e.participant_id, e.entered_at,\n"
        f"    {'e.position' if scope.has('entry', 'position') else by_time} AS position, e.weight,\n"
        f"    a.initiator_id, a.started_at, {outcome} AS outcome,\n"
        f"    {prize} AS prize, {o}.choice, {o}.share, e.asset, e.paid,\n"
        f"    {decided} AS decided_at, {version} AS version,\n"
        f"    {lost} AS is_lost, e.source_file, e.record\n"
        f"FROM {joined}\n"
        "LEFT JOIN activity_once AS a ON a.activity_id = e.activity_id",
    )


def _group_steps(draws: Sequence[Group], positioned: bool) -> list[Step]:
    """Groups: full ones are decided, and each place in them wins with the same chance.

    is_ordered: the export tells who holds which place; without numbers, entries of the same moment do not.
    """
    places = (
        "count(DISTINCT o.position) = g.size AND min(o.position) = 1 AND max(o.position) = g.size"
        if positioned
        else "count(DISTINCT o.entered_at) = g.size"
    )
    sizes = [(version, draw.size, draw.winners) for version, draw in enumerate(draws)]
    return [
        Step("group_rule", values(sizes, ["version", "size", "winners"])),
        Step(
            "group_state",
            "SELECT o.activity_id, g.size, g.winners AS winners_due, count(*) AS places, max(o.entered_at) AS filled_at,\n"
            "    count(*) FILTER (o.outcome = 'win') AS winners, count(*) FILTER (o.outcome IS NULL) AS undecided,\n"
            f"    count(*) >= g.size AS is_full, count(*) = g.size AND {places} AS is_ordered\n"
            "FROM entry_played AS o\nJOIN group_rule AS g ON g.version = o.version\n"
            "GROUP BY o.activity_id, g.size, g.winners",
            "table",
        ),
        Step(
            "expected_draw",
            "SELECT o.entry_id AS event, 'draw' AS clause, o.outcome,\n"
            f"    g.winners_due AS chance_num, g.size AS chance_den, {NO_AWARD}, g.filled_at AS event_at\n"
            "FROM entry_played AS o\nJOIN group_state AS g ON g.activity_id = o.activity_id\nWHERE g.is_full",
        ),
    ]


def _boost_steps(rules: Rules, scope: Scope) -> list[Step]:
    """Where the rules declare boosts: what was known before each chance, and `draw_replayed` with the chances that they give."""
    if not rules.boosts:
        return []
    return [
        *known_steps(rules, scope.zone, "draw_at_odds"),
        Step(
            "draw_replayed",
            f"SELECT {', '.join(f'd.{name}' for name in PLAYED)}, c.chance_num, c.chance_den\n"
            "FROM draw_at_odds AS d\nJOIN chance AS c ON c.entry_id = d.entry_id",
            "table",
        ),
    ]


def _box_steps(rules: Rules, draws: Sequence[Boxes], scope: Scope) -> list[Step]:
    """Openings with their chance, given the boxes opened before."""
    chances = [(version, *row) for version, draw in enumerate(draws) for row in box_chances(draw)]
    same = " AND c.version = o.version" if len(draws) > 1 else ""
    return [
        Step("box_chance", values(chances, ["version", "position", "chance_num", "chance_den"])),
        Step(
            "activity_run",
            "SELECT activity_id, min(version) AS version, max(position) AS last_position,\n"
            "    count(*) FILTER (outcome = 'win') AS wins, min(position) FILTER (outcome = 'win') AS won_at,\n"
            "    min(decided_at) FILTER (outcome = 'win') AS decided_at,\n"
            "    min(position) FILTER (outcome IS NULL) AS unknown_at\n"
            "FROM entry_played\nGROUP BY activity_id",
            "table",
        ),
        Step("first_win", "SELECT activity_id, won_at AS position, decided_at\nFROM activity_run\nWHERE wins > 0"),
        Step(
            "draw_at_odds" if rules.boosts else "draw_replayed",
            "SELECT o.*,\n"
            "    -- after the win nothing is left to win; a box that does not exist never wins\n"
            "    CASE WHEN w.position < o.position THEN 0 ELSE coalesce(c.chance_num, 0) END AS chance_num,\n"
            "    CASE WHEN w.position < o.position THEN 1 ELSE coalesce(c.chance_den, 1) END AS chance_den\n"
            "FROM entry_played AS o\n"
            f"LEFT JOIN box_chance AS c ON c.position = o.position{same}\n"
            "LEFT JOIN first_win AS w ON w.activity_id = o.activity_id",
        ),
        *_boost_steps(rules, scope),
        Step(
            "expected_draw",
            "SELECT entry_id AS event, 'draw' AS clause, outcome, chance_num, chance_den,\n"
            f"    {NO_AWARD}, decided_at AS event_at\n"
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
            "run_total",
            "-- reached: boxes whose outcome is known; won_at: the box that won, NULL where cut off before a win\n"
            "SELECT version, CASE WHEN unknown_at <= coalesce(won_at, last_position) THEN unknown_at - 1\n"
            "        ELSE coalesce(won_at, last_position) END AS reached,\n"
            "    CASE WHEN unknown_at <= won_at THEN NULL ELSE won_at END AS won_at,\n"
            "    count(*) AS activities\n"
            "FROM activity_run\nGROUP BY ALL",
            "table",
        ),
    ]


def _number_steps(draw: Numbers) -> list[Step]:
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
            f"    chance_num, chance_den, {NO_AWARD}, drawn_at AS event_at\n"
            "FROM number_replayed",
        ),
    ]

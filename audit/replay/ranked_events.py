"""What happened in a tree, as events that clauses bear on: who holds a role, what is shared by rank, pooled or frozen.

Each of these events names its payee (role `holder`); where the amount is not in the clause it is the event's base.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.engine import Loop, Step, literal
from audit.replay.joining import NO_ORDER, people_of
from audit.replay.pools import pool_steps, withdrawal_steps
from audit.replay.ranked import TOO_LARGE, Plan, Role, base_of, key_of, within
from audit.replay.tree import NODES, PLACES, REACHED, ask_steps, tree_steps, walks
from audit.rules import Award, Difference, Income
from audit.rules.units import Units
from audit.scope import Scope

DOUBT = "coalesce(e.event_at >= d.from_at, false)"


def ranked_steps(plan: Plan, scope: Scope, depth: int) -> list[Step | Loop]:
    """The tree, then every event that needs it; events named `event_…` are for all clauses to bear on."""
    steps: list[Step | Loop] = []
    if any(award.on == "withdrawal" for _, award, _ in plan.clauses):
        steps.append(_withdrawals(scope, depth))
    if not plan.standings:
        return steps
    steps += tree_steps(plan, scope)
    steps += _reached(plan, depth)
    if plan.roles:
        steps += ask_steps("upline", plan.roles, {role.base: _source(role.base) for role in plan.roles})
    nobody = f"{people_of(None, 'participant', depth)},\n{people_of(None, 'initiator', depth)}"
    held = [
        sql for name, award, era in plan.clauses for sql in _held(plan, name, award, within(era, scope, "e"), nobody)
    ]
    if held:
        steps.append(Step("event_held", "\nUNION ALL\n".join(dict.fromkeys(held)), "table"))
    return [*steps, *pool_steps(plan, scope, nobody), *withdrawal_steps(plan, scope, nobody)]


def _source(base: str) -> str:
    """The events of a kind."""
    word = base.partition(">")[0]
    view = {"rank-reached": "reached", "milestone": "reached", "win": "entry", "loss": "entry"}.get(word, word)
    return f"SELECT * FROM event_{view} WHERE on_event = {literal(base)}"


def _withdrawals(scope: Scope, depth: int) -> Step:
    before = f"coalesce(q.requested_at < {scope.moment(scope.since)}, false)" if scope.since else "false"
    return Step(
        "event_withdrawal",
        "SELECT q.request_id AS event, 'withdrawal' AS on_event, q.requested_at AS event_at,\n"
        "    q.participant_id AS participant, NULL AS initiator, NULL AS choice, NULL AS place,\n"
        f"    {before} AS unseen, NULL AS item, NULL AS kind, q.asset AS base_asset, q.amount AS base,\n"
        f"{people_of('p', 'participant', depth)},\n{people_of(None, 'initiator', depth)}\n"
        "FROM request_once AS q\nLEFT JOIN upline AS p ON p.participant_id = q.participant_id\n"
        "WHERE q.kind = 'withdrawal' AND q.refused_at IS NULL",
    )


def _reached(plan: Plan, depth: int) -> Iterator[Step]:
    """Ranks and milestones reached, and recruits made; where the export cannot tell, everybody may have."""
    people = f"{people_of('p', 'participant', depth)},\n{people_of(None, 'initiator', depth)}"
    awards = [award for _, award, _ in plan.clauses]
    keys = sorted({(award.on, award.reaches) for award in awards if award.reaches})
    if keys:
        listed = ", ".join(f"({literal(f'{on}>{name}')}, {literal(name)})" for on, name in keys)
        yield Step(
            "event_reached",
            "SELECT n.participant_id AS event, k.on_event, r.reached_at AS event_at,\n"
            "    n.participant_id AS participant, NULL AS initiator, NULL AS choice, NULL AS place,\n"
            "    r.seq IS NULL OR coalesce(r.reached_at >= d.from_at, false) AS unseen,\n"
            f"    {NO_ORDER},\n{people}\n"
            "FROM tree_node AS n\nCROSS JOIN tree_doubt AS d\n"
            f"CROSS JOIN (VALUES {listed}) AS k(on_event, standing)\n"
            "LEFT JOIN standing_reached AS r ON r.participant_id = n.participant_id AND r.standing = k.standing\n"
            "LEFT JOIN upline AS p ON p.participant_id = n.participant_id\n"
            "WHERE r.seq IS NOT NULL OR d.from_at IS NOT NULL",
        )
    if any(award.on == "recruit" for award in awards):
        yield Step(
            "event_recruit",
            "-- place: which recruit of their referrer this is\n"
            "SELECT n.participant_id AS event, 'recruit' AS on_event, e.moment AS event_at,\n"
            "    n.participant_id AS participant, NULL AS initiator, NULL AS choice, nullif(t.number, 0) AS place,\n"
            "    e.seq IS NULL OR coalesce(e.moment >= d.from_at, false) AS unseen,\n"
            f"    {NO_ORDER},\n{people}\n"
            "FROM tree_place AS t\nJOIN tree_node AS n ON n.node = t.node\nCROSS JOIN tree_doubt AS d\n"
            "LEFT JOIN tree_event AS e ON e.seq = t.placed\n"
            "LEFT JOIN upline AS p ON p.participant_id = n.participant_id\n"
            "WHERE (e.seq IS NOT NULL AND t.number > 0) OR d.from_at IS NOT NULL",
        )


def _held(plan: Plan, name: str, award: Award, in_force: str, nobody: str) -> Iterator[str]:
    """The events of one clause with whoever holds its role; of a difference, with the amount."""
    roles = list(plan.roles_of(award))
    if not roles:
        return
    numbers = [plan.roles.index(role) for role in roles]
    head = f"SELECT e.event, {literal(key_of(name, award))} AS on_event, e.event_at,\n    h.holder AS participant, NULL, e.choice,"
    source = (
        f"FROM ({_source(roles[0].base)}) AS e\nCROSS JOIN tree_doubt AS d\n"
        f"LEFT JOIN upline_held AS h ON h.event = e.event AND h.role IN ({', '.join(map(str, numbers))})"
    )
    unseen = f"e.unseen OR {DOUBT} OR h.event IS NULL"
    for asset, pay in (award.pays or {}).items():
        if not isinstance(pay, Difference):
            continue
        units = Units.of(asset, plan.rules.assets[asset].step)
        amounts = [units.steps(amount) for amount in pay.difference.values()]
        steps = [after - before for before, after in zip([0, *amounts], amounts, strict=False)]
        listed = ", ".join(f"({number}, {step})" for number, step in zip(numbers, steps, strict=True))
        yield (
            f"{head} e.place, {unseen} AS unseen, e.item, e.kind, {literal(asset)} AS base_asset,\n"
            f"    CAST(coalesce(h.more, 0) AS DECIMAL(38, 0)) AS base,\n{nobody}\n"
            f"FROM ({_source(roles[0].base)}) AS e\nCROSS JOIN tree_doubt AS d\nLEFT JOIN (\n"
            "    SELECT u.event, u.holder, sum(l.more) AS more\n"
            f"    FROM upline_held AS u JOIN (VALUES {listed}) AS l(role, more) ON l.role = u.role\n"
            "    GROUP BY u.event, u.holder\n"
            f") AS h ON h.event = e.event\nWHERE {in_force}"
        )
    if not any(isinstance(pay, Difference) for pay in (award.pays or {}).values()):
        yield f"{head} e.place, {unseen} AS unseen, e.item, e.kind, e.base_asset, e.base,\n{nobody}\n{source}"


def income_steps(plan: Plan, scope: Scope, depth: int) -> list[Step | Loop]:
    """Percentages of income: what each recipient earned by one event, and who stands above them."""
    nobody = f"{people_of(None, 'participant', depth)},\n{people_of(None, 'initiator', depth)}"
    steps: list[Step | Loop] = []
    parts = []
    for place, (name, award, era) in enumerate(plan.incomes):
        asset, pay = next((asset, pay) for asset, pay in (award.pays or {}).items() if isinstance(pay, Income))
        steps.append(_earned(place, asset, pay))
        role = Role(base_of(award), "payee", plan.path(award.to.partition(".")[2]))
        source = (
            "SELECT e.event, w.payee, w.amount, e.event_at\n"
            f"FROM income_{place} AS w JOIN ({_source(role.base)}) AS e ON e.event = w.event"
        )
        steps += ask_steps(f"income_{place}", [role], {role.base: source}, "amount")
        if pay.compounding:
            steps += _compounding(place, pay, role, plan)
            found = (
                "SELECT v.event, n.participant_id, p.income, false\n"
                f"FROM income_{place}_passed AS p LEFT JOIN tree_node AS n ON n.node = p.node\n"
                f"JOIN (SELECT DISTINCT number, event FROM income_{place}_turn) AS v ON v.number = p.event"
            )
        else:
            found = _passed(place, pay, plan)
        lost = f"SELECT event, CAST(NULL AS VARCHAR), CAST(NULL AS DECIMAL(38, 0)), true FROM income_{place} WHERE payee IS NULL"
        parts.append(
            f"SELECT e.event, {literal(key_of(name, award))} AS on_event, e.event_at, h.holder AS participant, NULL, e.choice,\n"
            f"    e.place, e.unseen OR {DOUBT} OR h.unseen AS unseen, e.item, e.kind, {literal(asset)} AS base_asset,\n"
            f"    h.amount AS base,\n{nobody}\n"
            f"FROM ({found}\nUNION ALL\n{lost}) AS h(event, holder, amount, unseen)\n"
            f"JOIN ({_source(role.base)}) AS e ON e.event = h.event\nCROSS JOIN tree_doubt AS d\n"
            f"WHERE {within(era, scope, 'e')}"
        )
    return [*steps, Step("event_income", "\nUNION ALL\n".join(parts))]


def _earned(place: int, asset: str, pay: Income) -> Step:
    """Who earned what by each event; a row without payee where that is not known."""
    clauses = ", ".join(map(literal, pay.of))
    return Step(
        f"income_{place}",
        "SELECT event, CASE WHEN NOT unknown THEN payee END AS payee, sum(amount) FILTER (NOT unknown) AS amount\n"
        f"FROM award_earned\nWHERE clause IN ({clauses}) AND asset = {literal(asset)}\n"
        "    AND (unknown OR (payee IS NOT NULL AND amount > 0))\nGROUP BY ALL",
        "table",
    )


def _passed(place: int, pay: Income, plan: Plan) -> str:
    """Each income with whoever gets a percentage of it; only of those earners who held the rank before."""
    rank = ""
    if pay.earner:
        number = plan.number[pay.earner]
        rank = f"\nJOIN rank_reached AS r ON r.node = h.below AND r.seq < h.seq AND r.standing = {number}"
    return (
        "SELECT h.event, h.holder, CAST(h.amount AS DECIMAL(38, 0)) AS amount, false AS unseen\n"
        f"FROM income_{place}_held AS h{rank}"
    )


def _compounding(place: int, pay: Income, role: Role, plan: Plan) -> list[Step | Loop]:
    turn, passed = f"income_{place}_turn", f"income_{place}_passed"
    return [
        Step(
            turn,
            "SELECT dense_rank() OVER (ORDER BY q.event) AS number, q.event, q.node, q.seq,\n"
            f"    CAST(least(q.amount, {TOO_LARGE}) AS BIGINT) AS amount  -- what is larger is refused when it is walked\n"
            f"FROM income_{place}_ask AS q",
            "table",
        ),
        Loop(
            "income is passed up from the lowest, so that it is whole before a percentage of it is taken",
            {"nodes": NODES, "places": PLACES, "reached": REACHED,
             "asks": f"SELECT number AS event, node, seq, amount\nFROM {turn}\nORDER BY number, node"},
            {passed: {"event": "BIGINT", "node": "INTEGER", "income": "DECIMAL(38, 0)"}},
            lambda given: {passed: walks().compound(pay, role.path, plan, given)},
        ),
    ]  # fmt: skip

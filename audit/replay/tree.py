"""The referral tree in time: who reached which rank when, where recruits stand, and who holds a role.

The set-wise steps number people and events; the loops of kernels.py walk the tree; what they find are tables again.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from audit.engine import Loop, Step, by_id, literal
from audit.replay.ranked import ANY_ORDER, Plan, Role, matches
from audit.rules import DayPool
from audit.scope import Scope

NODES = (
    "SELECT coalesce(r.node, -1) AS referrer\nFROM tree_node AS n\n"
    "LEFT JOIN tree_node AS r ON r.participant_id = n.referrer\nORDER BY n.node"
)
PLACES = "SELECT placed, parent\nFROM tree_place\nORDER BY node"
REACHED = "SELECT node, standing, seq\nFROM rank_reached"
LONG_AGO = "CAST('-infinity' AS TIMESTAMPTZ)"


def tree_steps(plan: Plan, scope: Scope) -> list[Step | Loop]:
    """People and events numbered, ranks reached, places taken; and from when on the export cannot tell."""
    bits = " + ".join(
        [
            f"{1 << ANY_ORDER}",
            *(f"CASE WHEN {matches(kind, 'b')} THEN {plan.bit(kind)} ELSE 0 END" for kind in plan.kinds),
        ]
    )
    return [
        Step(
            "tree_node",
            f"SELECT row_number() OVER (ORDER BY joined_at NULLS FIRST, {by_id('participant_id')}) - 1 AS node,\n"
            "    participant_id, referrer, joined_at\n"
            "FROM standing\nWHERE participant_id IS NOT NULL",
            "table",
        ),
        Step(
            "tree_event",
            "-- the order in which things happened: of one moment registrations first, then by id\n"
            f"SELECT row_number() OVER (ORDER BY moment NULLS FIRST, is_order, {by_id('id')}) - 1 AS seq, *\n"
            "FROM (\n"
            "    SELECT joined_at AS moment, false AS is_order, participant_id AS id, node, 0 AS bits FROM tree_node\n"
            "    UNION ALL\n"
            f"    SELECT b.paid_at, true, b.purchase_id, coalesce(n.node, -1), CAST({bits} AS BIGINT)\n"
            "    FROM purchase_once AS b LEFT JOIN tree_node AS n ON n.participant_id = b.participant_id\n"
            "    WHERE b.paid_at IS NOT NULL AND b.purchase_id IS NOT NULL\n"
            ") AS happened",
            "table",
        ),
        Loop(
            "ranks are looked at again after each event, until nobody rises any more; then recruits are placed",
            {"nodes": NODES, "events": "SELECT node, bits, is_order\nFROM tree_event\nORDER BY seq"},
            {
                "rank_reached": {"node": "INTEGER", "standing": "TINYINT", "seq": "INTEGER"},
                "tree_place": {"node": "INTEGER", "placed": "INTEGER", "number": "INTEGER", "parent": "INTEGER"},
            },
            lambda given: walks().climb_ranks(plan, given),
        ),
        _doubt(plan, scope),
        Step(
            "standing_reached",
            "SELECT n.participant_id, s.standing, e.moment AS reached_at, r.seq\n"
            "FROM rank_reached AS r\nJOIN tree_node AS n ON n.node = r.node\nJOIN tree_event AS e ON e.seq = r.seq\n"
            f"JOIN (VALUES {', '.join(f'({place}, {literal(name)})' for name, place in plan.number.items())}) "
            "AS s(number, standing) ON s.number = r.standing",
            "table",
        ),
    ]


def _doubt(plan: Plan, scope: Scope) -> Step:
    """From which moment on ranks cannot be told: records that count for them are lost, illegible or from before the export."""
    pools = [award.when for _, award, _ in plan.clauses
             if any(isinstance(pay, DayPool) for pay in (award.pays or {}).values())]  # fmt: skip
    needed = {
        column for kind in [*plan.kinds, *filter(None, pools)] for column in ("item", "kind") if getattr(kind, column)
    }
    needs_orders = any(rank.bought or rank.orders for rank in plan.standings.values())
    held = scope.has("participant", "referrer_id", "joined_at") and (
        not needs_orders or scope.has("purchase", "paid_at", *needed)
    )
    marks = " OR ".join(
        [
            "b.participant_id IS NULL", "b.paid_at IS NULL", "b.purchase_id IS NULL",
            *(f"list_contains(string_split(coalesce(b.refused, ''), ','), '{column}')" for column in sorted(needed)),
        ]
    )  # fmt: skip
    parts = [
        f"SELECT coalesce(b.paid_at, {LONG_AGO}) AS moment FROM purchase_once AS b WHERE {marks}",
        f"SELECT {LONG_AGO} FROM refused_cell WHERE (table_name = 'purchase' AND column_name IS NULL)\n"
        "        OR (table_name = 'participant' AND coalesce(column_name, 'joined_at') IN ('participant_id', 'joined_at'))",
        f"SELECT {LONG_AGO} FROM gate WHERE NOT success AND table_name IN ('participant', 'purchase')\n"
        "        AND kind IN ('sequence', 'control')",
    ]
    if not held:
        parts.append(f"SELECT {LONG_AGO}")
    if scope.since:
        parts.append(f"SELECT {LONG_AGO} FROM tree_node WHERE joined_at < {scope.moment(scope.since)}")
    body = "\n    UNION ALL ".join(parts)
    return Step("tree_doubt", f"SELECT min(moment) AS from_at\nFROM (\n    {body}\n) AS lost", "table")


def ask_steps(name: str, roles: list[Role], sources: Mapping[str, str], also: str = "") -> list[Step | Loop]:
    """Who holds each role at each event of its kind: `{name}_ask`, `{name}_answer`, and both in words as `{name}_held`.

    sources gives, for each kind of event, a SELECT of (event, person columns, event_at); also names a column of it to be kept.
    """
    asks = "\nUNION ALL\n".join(_asked(place, role, sources[role.base], also) for place, role in enumerate(roles))
    return [
        Step(f"{name}_ask", f"SELECT row_number() OVER () - 1 AS ask, a.*\nFROM (\n{asks}\n) AS a", "table"),
        Loop(
            "the nearest above, by rank, at the moment of each event",
            {"nodes": NODES, "places": PLACES, "reached": REACHED,
             "asks": f"SELECT ask, role, node, seq\nFROM {name}_ask"},
            {f"{name}_answer": {"ask": "BIGINT", "node": "INTEGER"}},
            lambda given: {f"{name}_answer": walks().answer_asks([role.path for role in roles], given)},
        ),
        Step(
            f"{name}_held",
            f"SELECT q.role, q.event, q.node AS below, q.seq{f', q.{also}' if also else ''}, n.participant_id AS holder\n"
            f"FROM {name}_ask AS q\nJOIN {name}_answer AS a ON a.ask = q.ask\nLEFT JOIN tree_node AS n ON n.node = a.node",
            "table",
        ),
    ]  # fmt: skip


def _asked(place: int, role: Role, source: str, also: str) -> str:
    """Above whom and when a role is asked for; whoever ordered stands in the tree event itself."""
    if (role.base, role.person) == ("order", "participant") and not also:
        return f"SELECT {place} AS role, id AS event, node, seq\nFROM tree_event\nWHERE is_order AND node >= 0"
    return (
        f"SELECT {place} AS role, e.event, n.node, t.seq{f', e.{also}' if also else ''}\nFROM ({source}) AS e\n"
        f"JOIN tree_node AS n ON n.participant_id = e.{role.person}\n{_now(role.base, source)}"
    )


def _now(base: str, source: str) -> str:
    """The tree event at which an event happens; of others, the first one that is not before it."""
    word = base.partition(">")[0]
    if word in ("order", "registration"):
        return f"JOIN tree_event AS t ON t.id = e.event AND t.is_order = {str(word == 'order').lower()}"
    if word == "recruit":
        return "JOIN tree_place AS t0 ON t0.node = n.node JOIN (SELECT seq FROM tree_event) AS t ON t.seq = t0.placed"
    if word in ("rank-reached", "milestone"):
        standing = literal(base.partition(">")[2])
        return f"JOIN standing_reached AS t ON t.participant_id = e.event AND t.standing = {standing}"
    return (
        f"JOIN (\n    SELECT e2.event, coalesce(m.seq, 0) AS seq FROM (SELECT DISTINCT event, event_at FROM ({source}) AS s) AS e2\n"
        "    ASOF LEFT JOIN (SELECT moment, max(seq) + 1 AS seq FROM tree_event GROUP BY moment) AS m ON m.moment < e2.event_at\n"
        ") AS t ON t.event = e.event"
    )


def walks() -> ModuleType:
    """The loops, and numba with them: only now."""
    import audit.replay.walks

    return audit.replay.walks

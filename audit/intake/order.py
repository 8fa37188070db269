"""Records that contradict each other in time: pairs of them, of which one cannot have come before or after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from audit.engine import literal
from audit.scope import KEYS, Scope, once


@dataclass(frozen=True)
class Terms:
    """What the rules say of the order of things: the kind of draw, and how long it may lag behind (seconds)."""

    draw: str = ""  # "end-raffle": a raffle drawn when its activity ends
    allowed: int = 0


def contradictions(scope: Scope, terms: Terms, repeated: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    """(table, column, SQL of the pairs) of each kind that the export's columns can show.

    Of a record that stands twice the first one counts. A clock may be a minute off, and a time that is a whole day may be
    any moment of that day.
    """
    known = {table: f"({once(table)})" if table in repeated else table for table in KEYS}

    def after(first: str, second: str) -> str:
        local = f"timezone({literal(scope.zone)}, {first})"  # 1500: a day may have 25 hours
        slack = f"CASE WHEN date_trunc('day', {local}) = {local} THEN 1500 ELSE 1 END"
        return f"{second} > {first} AND {second} >= {first} + ({slack}) * INTERVAL 1 MINUTE"  # calendars are slow: few are asked

    entered = scope.has("entry", "entry_id", "activity_id", "entered_at")
    if entered and scope.has("activity", "activity_id", "started_at"):
        yield "activity", "started_at", _of_activity(known, "started_at", after("e.entered_at", "a.started_at"))
    if entered and scope.has("activity", "activity_id", "ended_at"):
        yield "activity", "ended_at", _of_activity(known, "ended_at", after("a.ended_at", "e.entered_at"))
    if scope.has("participant", "participant_id", "joined_at") and (parts := list(_joined(scope, known, after))):
        yield "participant", "joined_at", _listed(parts, "event")
    if scope.has("entry", "entry_id", "entered_at") and scope.has("outcome", "entry_id", "decided_at"):
        yield "outcome", "decided_at", _listed(list(_decided(scope, terms, known, after)), "entry_id, contradiction")
        if entered and terms.draw == "end-raffle" and scope.has("outcome", "outcome"):
            yield "entry", "entered_at", _after_the_draw(known, after)
    if entered and scope.has("entry", "position") and terms.draw in ("group", "raffle", "end-raffle"):
        yield "entry", "position", _places(known)


def _listed(parts: Sequence[str], order: str) -> str:
    union = "\nUNION ALL\n".join(parts)
    return f"SELECT * FROM (\n{union}\n) AS pairs ORDER BY {order}, source_file, record"


def _of_activity(known: dict[str, str], column: str, contradict: str) -> str:
    return (
        f"SELECT e.entry_id, e.activity_id, e.entered_at, a.{column}, e.source_file, e.record,\n"
        "    a.source_file AS other_file, a.record AS other_record\n"
        f"FROM {known['entry']} AS e JOIN {known['activity']} AS a ON a.activity_id = e.activity_id\n"
        f"WHERE {contradict}\nORDER BY e.entry_id"
    )


def _joined(scope: Scope, known: dict[str, str], after: Callable[[str, str], str]) -> Iterator[str]:
    """Whatever somebody did before they joined."""
    for table, person, moment in (
        ("entry", "participant_id", "entered_at"),
        ("activity", "initiator_id", "started_at"),
        ("purchase", "participant_id", "paid_at"),
        ("request", "participant_id", "requested_at"),
    ):
        if scope.has(table, KEYS[table], person, moment):
            yield (
                f"SELECT '{table}' AS kind, d.{KEYS[table]} AS event, p.participant_id, d.{moment} AS event_at, p.joined_at,\n"
                "    d.source_file, d.record, p.source_file AS other_file, p.record AS other_record\n"
                f"FROM {known[table]} AS d JOIN {known['participant']} AS p ON p.participant_id = d.{person}\n"
                f"WHERE {after(f'd.{moment}', 'p.joined_at')}"
            )


def _decided(scope: Scope, terms: Terms, known: dict[str, str], after: Callable[[str, str], str]) -> Iterator[str]:
    """Decisions before their entry; of boxes, those that came after what can only follow them.

    The next box is opened, and the activity ends, once a box is decided: as long after it as an award may take, no record
    of it is merely behind.
    """
    pair = (
        "SELECT '{}' AS contradiction, o.entry_id, o.decided_at, {} AS other_at, o.source_file, o.record,\n"
        "    {}.source_file AS other_file, {}.record AS other_record\n"
        f"FROM {known['outcome']} AS o "
    )
    mine = f"JOIN {known['entry']} AS e ON e.entry_id = o.entry_id"
    yield (
        f"{pair.format('decided before the entry', 'e.entered_at', 'e', 'e')}{mine}\n"
        f"WHERE {after('o.decided_at', 'e.entered_at')}"
    )
    if terms.draw != "boxes" or not scope.has("entry", "activity_id"):
        return
    late = "o.decided_at > {0} AND o.decided_at >= {0} + " + f"{terms.allowed} * INTERVAL 1 SECOND"
    place = "position, entered_at" if scope.has("entry", "position") else "entered_at"
    boxes = "OVER (PARTITION BY activity_id ORDER BY " + f"{place}, entry_id)"
    following = (
        f"SELECT entry_id, lead(entered_at) {boxes} AS entered_at, lead(source_file) {boxes} AS source_file,\n"
        f"    lead(record) {boxes} AS record\nFROM {known['entry']} AS e WHERE activity_id IS NOT NULL"
    )
    yield (
        f"{pair.format('decided after a later box was opened', 'n.entered_at', 'n', 'n')}JOIN (\n{following}\n) AS n "
        f"ON n.entry_id = o.entry_id\nWHERE {late.format('n.entered_at')}"
    )
    if scope.has("activity", "activity_id", "ended_at"):
        yield (
            f"{pair.format('decided after the activity ended', 'a.ended_at', 'a', 'a')}{mine}\n"
            f"JOIN {known['activity']} AS a ON a.activity_id = e.activity_id\nWHERE {late.format('a.ended_at')}"
        )


def _after_the_draw(known: dict[str, str], after: Callable[[str, str], str]) -> str:
    """Tickets handed out when the winners of their activity were drawn already."""
    drawn = (
        "SELECT e.activity_id, o.entry_id, o.decided_at, o.source_file, o.record\n"
        f"FROM {known['outcome']} AS o JOIN {known['entry']} AS e ON e.entry_id = o.entry_id\n"
        "WHERE o.outcome = 'win' AND o.decided_at IS NOT NULL\n"
        "QUALIFY row_number() OVER (PARTITION BY e.activity_id ORDER BY o.decided_at, o.entry_id) = 1"
    )
    return (
        "SELECT e.entry_id, e.activity_id, e.entered_at, d.entry_id AS drawn_entry_id, d.decided_at, e.source_file, e.record,\n"
        "    d.source_file AS other_file, d.record AS other_record\n"
        f"FROM {known['entry']} AS e JOIN (\n{drawn}\n) AS d ON d.activity_id = e.activity_id\n"
        f"WHERE {after('d.decided_at', 'e.entered_at')}\nORDER BY e.entry_id"
    )


def _places(known: dict[str, str]) -> str:
    """Places next to each other of which the later one was taken first; less than a second apart is a tie."""
    before = "OVER (PARTITION BY activity_id ORDER BY position, entered_at, entry_id)"
    columns = ", ".join(f"lag({name}) {before} AS {to}" for name, to in (
        ("entry_id", "other_entry_id"), ("position", "other_position"), ("entered_at", "other_at"),
        ("source_file", "other_file"), ("record", "other_record")))  # fmt: skip
    return (
        "SELECT entry_id, activity_id, position, entered_at, other_entry_id, other_position, other_at, source_file, record,\n"
        "    other_file, other_record\nFROM (\n"
        f"    SELECT entry_id, activity_id, position, entered_at, source_file, record, {columns}\n"
        f"    FROM {known['entry']} AS e\n"
        "    WHERE activity_id IS NOT NULL AND position IS NOT NULL AND entered_at IS NOT NULL\n"
        ") AS places\n"
        "WHERE other_at > entered_at AND position > other_position AND other_at >= entered_at + INTERVAL 1 SECOND\n"
        "ORDER BY activity_id, position, entry_id"
    )

"""Who joined and when, who stands above whom, and the registrations that clauses bear on."""

from __future__ import annotations

from collections.abc import Mapping

from audit.engine import Step, by_id, literal
from audit.rules import Rules, eras
from audit.scope import Scope


def joining_steps(rules: Rules, scope: Scope, before: str, wanted: Mapping[str, int], *, numbered: bool) -> list[Step]:
    """Who stands above whom, then `event_registration` and `event_recruit`; before tests whether a moment precedes the period.

    wanted names the events that clauses are on, with the last place that any asks for; numbered: of registrations some does.
    """
    depth, ranked = depth_of(rules), bool(rules.ranks or rules.milestones)
    cut, begun = scope.cut(rules.effective.from_), scope.moment(rules.effective.from_)
    last = wanted.get("registration", 0)
    unseen = before if scope.has("participant", "joined_at") else "true"
    steps = [_standing(scope, ranked=ranked), _upline(depth)]
    steps += _first_paid(rules, scope, begun) if cut and last else []
    steps.append(_registrations(unseen, depth, begun, last if cut else 0, numbered=numbered))
    return [*steps, *([_recruits(cut, begun, wanted["recruit"])] if "recruit" in wanted and not ranked else [])]


def depth_of(rules: Rules) -> int:
    """How many referrers above a participant some clause pays, at least one."""
    return max([1, *(award.to.count(".referrer") for era in eras(rules) for award in era.awards.values())])


def above(depth: int) -> list[str]:
    """The columns of those above a participant: team_leader, referrer_1 (who recruited them), referrer_2 (their recruiter) …"""
    return ["team_leader", *(f"referrer_{level}" for level in range(1, depth + 1))]


def _standing(scope: Scope, *, ranked: bool) -> Step:
    """Who stands above a participant. A missing, own, unknown or later-joined referrer is owed nothing.

    Where rules have ranks (ranked), so is one in a ring of referrers: nobody in it stands above another.

    Where participant records are illegible, an unknown referrer may be one of them: then what is owed is unknown; and so
    it is where the cell that would tell cannot be read, or the export lacks the column.
    """
    ring = (
        "\n            AND p.participant_id NOT IN (SELECT participant_id FROM referral_ring)"
        if ranked and scope.has("participant", "participant_id", "referrer_id")
        else ""
    )
    no_referrer, no_leader = (
        f"{str(not scope.has('participant', *columns)).lower()} OR regexp_matches(coalesce(p.refused, ''), '(^|,){columns[0]}(,|$)')"
        for columns in (("referrer_id", "joined_at"), ("team_leader_id",))
    )
    illegible = (
        "EXISTS (SELECT 1 FROM refused_cell AS c WHERE c.table_name = 'participant'\n"
        "            AND coalesce(c.column_name, 'participant_id') = 'participant_id')"
    )
    return Step(
        "standing",
        "SELECT p.participant_id, p.joined_at,\n"
        f"    CASE WHEN r.participant_id <> p.participant_id AND NOT coalesce(r.joined_at > p.joined_at, false){ring}\n"
        "        THEN r.participant_id END AS referrer,\n"
        f"    {no_referrer} OR (p.referrer_id IS NOT NULL AND r.participant_id IS NULL AND {illegible}) AS referrer_unknown,\n"
        "    CASE WHEN l.participant_id <> p.participant_id AND NOT coalesce(l.joined_at > p.joined_at, false)\n"
        "        THEN l.participant_id END AS team_leader,\n"
        f"    {no_leader} OR (p.team_leader_id IS NOT NULL AND l.participant_id IS NULL AND {illegible}) AS team_leader_unknown\n"
        "FROM participant_once AS p\n"
        "LEFT JOIN participant_once AS r ON r.participant_id = p.referrer_id\n"
        "LEFT JOIN participant_once AS l ON l.participant_id = p.team_leader_id",
        "table",
    )


def _upline(depth: int) -> Step:
    """Referrers of referrers, as far up as any clause pays; nobody is their own upline."""
    columns, joins, unknown = "", "", "s1.referrer_unknown"
    for level in range(1, depth + 1):
        if level > 1:
            joins += f"\nLEFT JOIN standing AS s{level} ON s{level}.participant_id = s{level - 1}.referrer"
            unknown += f" OR coalesce(s{level}.referrer_unknown, false)"
        own = f"nullif(s{level}.referrer, s1.participant_id)"
        columns += f",\n    {own} AS referrer_{level}, {unknown} AS referrer_{level}_unknown"
    return Step(
        "upline",
        f"SELECT s1.participant_id, s1.joined_at, s1.team_leader, s1.team_leader_unknown{columns}\nFROM standing AS s1{joins}",
        "table" if depth > 1 else "view",
    )


def people_of(person: str | None, role: str, depth: int) -> str:
    """The columns of a role: whether the person is known, and everybody above; person is an alias of `upline`, or None."""
    parts = [f"{person}.participant_id AS {role}_known" if person else f"NULL AS {role}_known"]
    for name in above(depth):
        held, unknown = (f"{person}.{name}", f"{person}.{name}_unknown") if person else ("NULL", "false")
        parts.append(f"{held} AS {role}_{name}, {unknown} AS {role}_{name}_unknown")
    return "    " + ",\n    ".join(parts)


UNCOUNTED = "CAST(NULL AS BIGINT)"  # no clause asks which of its kind something is
NO_ORDER = "NULL AS item, NULL AS kind, NULL AS base_asset, NULL AS base"


def counted(moment: str, begun: str, order: str) -> str:
    """Which of its kind something is, as SQL: counted from the first moment of the rules; what was before is number 0."""
    return f"count(*) FILTER (coalesce({moment} >= {begun}, true)) OVER ({order}\n        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"


def _joined(begun: str) -> str:
    """Who joined as which since the rules began; whoever was there before has no place above 0."""
    before = f"(SELECT count(*) FROM participant_once WHERE joined_at < {begun})"
    return f"row_number() OVER (ORDER BY p.joined_at, {by_id('p.participant_id')}) - {before}"


def _first_paid(rules: Rules, scope: Scope, begun: str) -> list[Step]:
    """The last to join of those who were paid as one of the first, under every such clause: so was whoever joined before.

    Whoever is beyond the last place even here was paid by mistake, which proves nothing of others. Without references a
    payment names who joined only where it is they who are paid.
    """
    firsts = [(name, one.first, one.to) for era in eras(rules) for name, one in era.awards.items() if one.first]
    who = "ref" if scope.has("payment", "ref") else "payee_id"
    told = scope.has("payment", "reason", who) and (who == "ref" or all(to == "participant" for *_, to in firsts))
    rows = ", ".join(sorted({f"({literal(name)}, {first})" for name, first, _ in firsts}))
    paid = (
        "SELECT min(reached) AS reached\nFROM (\n"
        "    SELECT c.clause, max(coalesce(j.place, 0)) AS reached\n"
        f"    FROM (VALUES {rows}) AS c(clause, places)\n"
        "    LEFT JOIN payment_once AS y ON y.reason = c.clause\n"
        f"    LEFT JOIN joined_place AS j ON j.participant_id = y.{who} AND j.place <= c.places\n"
        "    GROUP BY c.clause\n) AS paid"
    )
    return [
        Step("joined_place", f"SELECT p.participant_id, {_joined(begun)} AS place\nFROM upline AS p"),
        Step("first_paid", paid if told else "SELECT 0 AS reached", "table"),
    ]


def _registrations(before: str, depth: int, begun: str, last: int, *, numbered: bool) -> Step:
    """What happened before the period may have been paid before the export begins: that is unseen (in every event).

    last, not 0 where a period begins after the rules, is the last place that any clause asks for. Others may have joined before
    the period, so that whoever seems to be one of the first may be a later one, save who joined no later than somebody paid as
    one of them; beyond the last place nobody is.
    """
    place = _joined(begun) if numbered else UNCOUNTED
    if last:
        place = f"CASE WHEN {place} > {last} OR {place} <= (SELECT reached FROM first_paid) THEN {place} END"
    return Step(
        "event_registration",
        "SELECT p.participant_id AS event, 'registration' AS on_event, p.joined_at AS event_at,\n"
        "    p.participant_id AS participant, NULL AS initiator, NULL AS choice,\n"
        f"    {place} AS place,\n"
        f"    {before.format('p.joined_at')} AS unseen, {NO_ORDER},\n"
        f"{people_of('p', 'participant', depth)},\n{people_of(None, 'initiator', depth)}\n"
        "FROM upline AS p",
    )


def _recruits(cut: str, begun: str, last: int) -> Step:
    """The registration of somebody who was recruited: the event is the recruit; place counts the recruiter's recruits.

    cut is the first moment of a period that begins after the rules, and last the last place that any clause asks for: only who
    joined in the period has no recruits from before it.
    """
    place = counted("e.event_at", begun, f"PARTITION BY e.participant_referrer_1 ORDER BY e.event_at, {by_id('e.event')}")
    if cut:
        place = f"CASE WHEN r.joined_at >= {cut} OR {place} > {last} THEN {place} END"
    recruiter = "LEFT JOIN participant_once AS r ON r.participant_id = e.participant_referrer_1\n" if cut else ""
    return Step(
        "event_recruit",
        f"SELECT e.* REPLACE ('recruit' AS on_event,\n    {place} AS place)\n"
        f"FROM event_registration AS e\n{recruiter}"
        "WHERE e.participant_referrer_1 IS NOT NULL OR e.participant_referrer_1_unknown",
    )

"""What happened, as events that clauses bear on, each with the people it concerns and those above them."""

from __future__ import annotations

from collections.abc import Mapping, Set

from audit.engine import Step, by_id
from audit.replay.joining import NO_ORDER, UNCOUNTED, counted, depth_of, joining_steps, people_of
from audit.rules import Boxes, Chances, Group, Raffle, Rules, Share, eras
from audit.scope import Scope

OPENINGS = ("entry", "win", "loss")


def event_steps(
    rules: Rules, scope: Scope, wanted: Mapping[str, int], numbered: Set[str], *, played: bool
) -> list[Step]:
    """Who stands above whom, and the events of each kind as `event_…`; played: entries were replayed.

    wanted names the events that clauses are on, with the last place that any asks for: places and shares of a group are made
    for those alone, for they are many. numbered names the kinds of which some clause asks for the place: only orders and
    registrations of these are counted.
    """
    awards = [award for era in eras(rules) for award in era.awards.values()]
    depth, cut = depth_of(rules), scope.cut(rules.effective.from_)
    before = f"coalesce({{}} < {scope.moment(scope.since)}, false)" if scope.since else "false"
    parts = [
        *joining_steps(rules, scope, before, wanted, numbered="registration" in numbered),
        _starts(before, depth),
        _orders(before, depth, _place(cut, scope.moment(rules.effective.from_)) if "order" in numbered else UNCOUNTED,
                ranked=bool(rules.ranks or rules.milestones)),
    ]
    if played:
        above = {award.to.partition(".")[0] for award in awards if award.on in OPENINGS and "." in award.to}
        parts.append(_entries(rules, before, above, depth))
        if isinstance(rules.draw, Boxes | Group):
            parts.append(_completions(before, depth, isinstance(rules.draw, Group)))
        if isinstance(rules.draw, Group):
            parts += [_places(before, depth)] if "place filled" in wanted else []
            parts += [_shares(before, depth)] if "share drawn" in wanted else []
        if scope.has("outcome", "decided_at") and rules.draw is not None:
            parts.append(_decisions(rules))
            parts += [_overtime(rules, end)] if (end := scope.ended(rules.effective.to)) else []
        if any(award.to.startswith("everyone") for award in awards):
            unnumbered = bool(cut) and not scope.has("entry", "position")
            parts.append(_milestones(before, depth, scope.has("payment", "step"), unnumbered=unnumbered))
    return parts


def _starts(before: str, depth: int) -> Step:
    return Step(
        "event_start",
        "SELECT a.activity_id AS event, 'start' AS on_event, a.started_at AS event_at,\n"
        "    NULL AS participant, a.initiator_id AS initiator, NULL AS choice, NULL AS place,\n"
        f"    {before.format('a.started_at')} AS unseen, {NO_ORDER},\n"
        f"{people_of(None, 'participant', depth)},\n{people_of('i', 'initiator', depth)}\n"
        "FROM activity_once AS a\n"
        "LEFT JOIN upline AS i ON i.participant_id = a.initiator_id",
    )


def _place(cut: str, begun: str) -> str:
    """Which of a participant's orders in time one is, where none before can be hidden.

    cut is the first moment of a period that begins after the rules: who joined before it may have ordered before it.
    """
    whole = (
        "count(*) FILTER (b.paid_at IS NULL) OVER (PARTITION BY b.participant_id) = 0 AND b.participant_id IS NOT NULL"
    )
    whole += f"\n        AND p.joined_at >= {cut}" if cut else ""
    place = counted("b.paid_at", begun, f"PARTITION BY b.participant_id ORDER BY b.paid_at, {by_id('b.purchase_id')}")
    return f"CASE WHEN {whole}\n        THEN {place} END"


def _orders(before: str, depth: int, place: str, *, ranked: bool) -> Step:
    """Orders; with ranks many steps read them, so they are kept."""
    return Step(
        "event_order",
        "SELECT b.purchase_id AS event, 'order' AS on_event, b.paid_at AS event_at,\n"
        "    b.participant_id AS participant, NULL AS initiator, NULL AS choice,\n"
        f"    {place} AS place,\n"
        f"    {before.format('b.paid_at')} AS unseen, b.item, b.kind, b.asset AS base_asset, b.amount AS base,\n"
        f"{people_of('p', 'participant', depth)},\n{people_of(None, 'initiator', depth)}\n"
        "FROM purchase_once AS b\n"
        "LEFT JOIN upline AS p ON p.participant_id = b.participant_id",
        "table" if ranked else "view",
    )


def _entries(rules: Rules, before: str, above: set[str], depth: int) -> Step:
    """Each entry twice: as an entry, and as the win or loss it came to, or as both where no outcome is recorded.

    An entry of a group comes to something only when the group is full, and that is then its moment; in a raffle nobody
    loses, who has no outcome has not won, and what a win is owed is not known where its draw has no moment. above names the roles
    whose referrer or team leader some clause pays; who stands above the others is not looked up. kind is the prize won, where a
    draw has several; base the stake that was paid.
    """
    people, joins = [], ""
    for role, column in (("participant", "participant_id"), ("initiator", "initiator_id")):
        people.append(people_of(role if role in above else None, role, depth))
        if role in above:
            joins += f"\nLEFT JOIN upline AS {role} ON {role}.participant_id = o.{column}"
    decided, group, where = "o.decided_at", "", ""
    unknown = "(k.on_event <> 'entry' AND o.outcome IS NULL) OR "
    kinds = "('entry'), ('win'), ('loss')"
    came = "k.on_event = 'entry' OR k.on_event = coalesce(o.outcome, k.on_event)"
    if isinstance(rules.draw, Group):
        group = "\nLEFT JOIN group_state AS g ON g.activity_id = o.activity_id"
        decided = "greatest(o.decided_at, g.filled_at)"
        where = "\nWHERE k.on_event = 'entry' OR g.is_full OR o.outcome IS NOT NULL"
    elif isinstance(rules.draw, Raffle):
        unknown, kinds = "(k.on_event = 'win' AND (o.is_lost OR o.decided_at IS NULL)) OR ", "('entry'), ('win')"
        came = "k.on_event = 'entry' OR k.on_event = o.outcome OR o.is_lost"
    elif rules.draw is None:
        unknown, kinds, came = "", "('entry')", "true"
    shared = any(isinstance(pay, Share) and pay.of == "stake"
                 for era in eras(rules) for award in era.awards.values() for pay in (award.pays or {}).values())  # fmt: skip
    base = "o.asset AS base_asset, o.paid AS base" if shared else "NULL AS base_asset, NULL AS base"
    prize = "o.prize" if isinstance(rules.draw, Chances) else "NULL"
    return Step(
        "event_entry",
        "SELECT o.entry_id AS event, k.on_event,\n"
        "    -- nothing is decided before it was entered, whatever a record says\n"
        f"    CASE WHEN k.on_event = 'entry' OR {decided} < o.entered_at THEN o.entered_at ELSE {decided} END AS event_at,\n"
        "    o.participant_id AS participant, o.initiator_id AS initiator, o.choice, o.position AS place,\n"
        f"    {unknown}{before.format('o.entered_at')} AS unseen,\n"
        f"    NULL AS item, {prize} AS kind, {base},\n"
        f"{people[0]},\n{people[1]}\n"
        f"FROM entry_played AS o{group}{joins}\n"
        f"JOIN (VALUES {kinds}) AS k(on_event)\n"
        f"    ON {came}{where}",
    )


def _completions(before: str, depth: int, grouped: bool) -> Step:
    """Boxes are completed by the win, and where an outcome is unknown so is the completion; a group by its last place."""
    state = (
        "JOIN group_state AS w ON w.activity_id = a.activity_id AND (w.is_full OR w.undecided < w.places)\n"
        "LEFT JOIN upline AS i ON i.participant_id = a.initiator_id"
        if grouped
        else "JOIN activity_run AS r ON r.activity_id = a.activity_id\n"
        "LEFT JOIN first_win AS w ON w.activity_id = a.activity_id\n"
        "LEFT JOIN upline AS i ON i.participant_id = a.initiator_id\n"
        "WHERE w.activity_id IS NOT NULL OR r.unknown_at IS NOT NULL"
    )
    moment = "w.filled_at" if grouped else "w.decided_at"
    return Step(
        "event_completion",
        f"SELECT a.activity_id AS event, 'completion' AS on_event, {moment} AS event_at,\n"
        "    NULL AS participant, a.initiator_id AS initiator, NULL AS choice, NULL AS place,\n"
        f"    {'NOT w.is_full' if grouped else 'w.activity_id IS NULL'} OR {before.format(moment)} AS unseen, {NO_ORDER},\n"
        f"{people_of(None, 'participant', depth)},\n{people_of('i', 'initiator', depth)}\n"
        f"FROM activity_once AS a\n{state}",
    )


def _places(before: str, depth: int) -> Step:
    """Each place of a full group, when it is completed: what is shared by the entrants. base is the number of places.

    Where the export does not tell the places, or the group was decided with entries that it lacks, shares are not known.
    """
    return Step(
        "event_place",
        "SELECT o.activity_id AS event, 'place filled' AS on_event, g.filled_at AS event_at,\n"
        "    o.participant_id AS participant, NULL AS initiator, NULL AS choice,\n"
        f"    row_number() OVER (PARTITION BY o.activity_id ORDER BY o.position, o.entered_at, {by_id('o.entry_id')}) AS place,\n"
        f"    NOT g.is_ordered OR {before.format('g.filled_at')} AS unseen,\n"
        "    NULL AS item, NULL AS kind, NULL AS base_asset, g.size AS base,\n"
        f"{people_of(None, 'participant', depth)},\n{people_of(None, 'initiator', depth)}\n"
        "FROM entry_played AS o\n"
        "JOIN group_state AS g ON g.activity_id = o.activity_id AND (g.is_full OR g.undecided < g.places)",
    )


def _shares(before: str, depth: int) -> Step:
    """Each place of a full group with the share that chance gave it, which is not known where the export lacks it."""
    return Step(
        "event_share",
        "SELECT o.activity_id AS event, 'share drawn' AS on_event, g.filled_at AS event_at,\n"
        "    o.participant_id AS participant, NULL AS initiator, NULL AS choice, o.position AS place,\n"
        f"    NOT g.is_full OR {before.format('g.filled_at')} AS unseen,\n"
        "    NULL AS item, NULL AS kind, NULL AS base_asset, o.share AS base,\n"
        f"{people_of(None, 'participant', depth)},\n{people_of(None, 'initiator', depth)}\n"
        "FROM entry_played AS o\n"
        "JOIN group_state AS g ON g.activity_id = o.activity_id AND (g.is_full OR g.undecided < g.places)",
    )


def _milestones(before: str, depth: int, stepped: bool, *, unnumbered: bool) -> Step:
    """Each entry that shares in each milestone of its activity: those up to it, or later ones too, on joining.

    The event is the recipient's own entry; stepped: payments say which milestone, so it becomes part of the event.
    place is the milestone's count of entries. The entry at that place reaches it; where that one is lost, its moment is not
    known. unnumbered: entries that may have no number share in nobody knows which.
    """
    people = f"{people_of(None, 'participant', depth)},\n{people_of(None, 'initiator', depth)}\n"
    anywhere = (
        "UNION ALL\n"
        "SELECT e.entry_id, c.on_event, e.entered_at, e.participant_id, NULL, NULL, NULL, true, NULL, NULL, NULL, NULL,\n"
        f"{people}"
        "FROM entry_played AS e\n"
        "JOIN (SELECT DISTINCT on_event FROM clause WHERE role LIKE 'everyone%') AS c ON e.position IS NULL"
    )
    return Step(
        "event_milestone",
        f"SELECT {own('m.step', stepped)} AS event, m.on_event, greatest(m.reached_at, e.entered_at) AS event_at,\n"
        "    e.participant_id AS participant, NULL AS initiator, NULL AS choice, m.step * m.every AS place,\n"
        f"    m.is_lost OR e.position IS NULL OR {before.format('m.reached_at')} AS unseen, {NO_ORDER},\n"
        f"{people}"
        "FROM (\n"
        "    SELECT c.on_event, c.role, c.every, o.activity_id, o.position // c.every AS step,\n"
        "        coalesce(min(CASE WHEN o.position % c.every = 0 THEN o.entered_at END), min(o.entered_at)) AS reached_at,\n"
        "        min(o.position) % c.every <> 0 AS is_lost\n"
        "    FROM entry_played AS o\n"
        "    JOIN (SELECT DISTINCT on_event, role, every, place_to FROM clause WHERE role LIKE 'everyone%') AS c\n"
        "        ON o.position >= c.every AND o.position < coalesce(c.place_to, o.position) + c.every\n"
        "    GROUP BY c.on_event, c.role, c.every, o.activity_id, o.position // c.every\n"
        ") AS m\n"
        "JOIN entry_played AS e ON e.activity_id = m.activity_id\n"
        "    AND (m.role = 'everyone-in-the-end' OR e.position IS NULL OR e.position <= m.step * m.every)"
        + (f"\n{anywhere}" if unnumbered else ""),
    )


def _decisions(rules: Rules) -> Step:
    """What was decided later than the rules fix it, and when that was: with the entry, a group's last place, a raffle's draw."""
    if isinstance(rules.draw, Group):
        late = (
            "o.entry_id AS event, 'entry' AS kind, g.filled_at AS own_at\nFROM entry_played AS o\n"
            "JOIN group_state AS g ON g.activity_id = o.activity_id AND g.is_full\nWHERE o.decided_at > g.filled_at"
        )
    elif isinstance(rules.draw, Raffle):
        late = "entry_id AS event, 'entry' AS kind, due_at AS own_at\nFROM raffle_win\nWHERE decided_at > due_at"
    else:
        late = (
            "entry_id AS event, 'entry' AS kind, entered_at AS own_at\nFROM entry_played\nWHERE decided_at > entered_at"
        )
    won = (
        "\nUNION ALL\nSELECT activity_id AS event, 'completion' AS kind, min(entered_at) AS own_at\nFROM entry_played\n"
        "WHERE outcome = 'win'\nGROUP BY activity_id\nHAVING min(decided_at) > min(entered_at)"
    )
    return Step("decided_late", f"SELECT {late}{won if isinstance(rules.draw, Boxes) else ''}")


def _overtime(rules: Rules, end: str) -> Step:
    """What was entered before the rules ended and decided after it: they bear on it as they last stood."""
    own_at, decided, group = "o.entered_at", "o.decided_at", ""
    if isinstance(rules.draw, Group):
        own_at, decided = "g.filled_at", "greatest(o.decided_at, g.filled_at)"
        group = "JOIN group_state AS g ON g.activity_id = o.activity_id AND g.is_full\n"
    won = (
        "\nUNION ALL\nSELECT activity_id AS event, 'completion' AS on_event\nFROM entry_played\nWHERE outcome = 'win'\n"
        f"GROUP BY activity_id\nHAVING min(entered_at) < {end} AND min(decided_at) >= {end}"
    )
    return Step(
        "decided_overtime",
        "SELECT o.entry_id AS event, k.on_event\nFROM entry_played AS o\n"
        f"{group}CROSS JOIN (VALUES ('win'), ('loss')) AS k(on_event)\n"
        f"WHERE {own_at} < {end} AND {decided} >= {end}{won if isinstance(rules.draw, Boxes) else ''}",
        "table",
    )


def own(step: str, stepped: bool) -> str:
    """The event of a milestone for one entry: `E7`, or `E7#3` where payments say for which milestone they are."""
    return f"e.entry_id || '#' || CAST({step} AS VARCHAR)" if stepped else "e.entry_id"

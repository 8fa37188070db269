"""Awards → who is owed what, under which clause, since when. Clauses are rows; one SELECT applies them all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from audit.engine import Step, literal
from audit.rules import Rules
from audit.rules.units import Units


def award_steps(rules: Rules, moment: Callable[[date | None], str], since: date | None, *, opened: bool) -> list[Step]:
    """The clauses, the events they bear on, and `expected_award`; opened says that openings were replayed."""
    events = ["event_registration", "event_start"]
    steps = [_clauses(rules, moment), _standing(), _registrations(moment, since), _starts()]
    if opened:
        events += ["event_entry", "event_completion"]
        above = {
            award.to.partition(".")[0] for award in rules.awards.values() if award.on in OPENINGS and "." in award.to
        }
        steps += [_entries(above), _completions()]
    union = "\nUNION ALL\n".join(f"SELECT * FROM {event}" for event in events)
    return [*steps, Step("event", union), _due(), _expected(), _totals()]


def _clauses(rules: Rules, moment: Callable[[date | None], str]) -> Step:
    """A row for each clause and asset it may pay; amounts in steps; several options: the recipient's choice decides."""
    rows = []
    for name, award in rules.awards.items():
        due = award.due or rules.due
        seconds = "NULL" if due is None else str(int(due.total_seconds()))
        options = [award.pays] if award.pays is not None else list(award.choice or ())
        for option in options:
            for asset, amount in option.items():
                steps = Units.of(asset, rules.assets[asset].step).steps(amount)
                rows.append(
                    f"({literal(name)}, {literal(award.on)}, {literal(award.to)}, {literal(asset)}, {steps}, "
                    f"{str(award.choice is not None).lower()}, {award.first or 'NULL'}, {seconds})"
                )
    body = ",\n    ".join(rows)
    span = rules.effective
    return Step(
        "clause",
        "SELECT clause, on_event, role, asset, CAST(amount AS DECIMAL(38, 0)) AS amount, is_choice,\n"
        "    CAST(first_places AS BIGINT) AS first_places, CAST(due_seconds AS BIGINT) AS due_seconds,\n"
        f"    {moment(span.from_)} AS from_at, {moment(span.to)} AS to_at\n"
        f"FROM (VALUES\n    {body}\n) AS listed(clause, on_event, role, asset, amount, is_choice, "
        "first_places, due_seconds)",
        "table",
    )


def _standing() -> Step:
    """Who stands above a participant. A missing, own, unknown or later-joined referrer is owed nothing.

    Where participant records are illegible, an unknown referrer may be one of them: then what is owed is unknown.
    """
    illegible = (
        "EXISTS (SELECT 1 FROM refused_cell AS c WHERE c.table_name = 'participant'\n"
        "            AND coalesce(c.column_name, 'participant_id') = 'participant_id')"
    )
    return Step(
        "standing",
        "SELECT p.participant_id, p.joined_at,\n"
        "    CASE WHEN r.participant_id <> p.participant_id AND NOT coalesce(r.joined_at > p.joined_at, false)\n"
        "        THEN r.participant_id END AS referrer_id,\n"
        f"    p.referrer_id IS NOT NULL AND r.participant_id IS NULL AND {illegible} AS referrer_unknown,\n"
        "    CASE WHEN l.participant_id <> p.participant_id AND NOT coalesce(l.joined_at > p.joined_at, false)\n"
        "        THEN l.participant_id END AS team_leader_id,\n"
        f"    p.team_leader_id IS NOT NULL AND l.participant_id IS NULL AND {illegible} AS team_leader_unknown\n"
        "FROM participant_once AS p\n"
        "LEFT JOIN participant_once AS r ON r.participant_id = p.referrer_id\n"
        "LEFT JOIN participant_once AS l ON l.participant_id = p.team_leader_id",
        "table",
    )


OPENINGS = ("entry", "win", "loss")
PEOPLE = (
    "    {person}.participant_id AS {role}_known, {person}.referrer_id AS {role}_referrer,\n"
    "    {person}.referrer_unknown AS {role}_referrer_unknown, {person}.team_leader_id AS {role}_team_leader,\n"
    "    {person}.team_leader_unknown AS {role}_team_leader_unknown"
)
NOBODY = (
    "    NULL AS {role}_known, NULL AS {role}_referrer, false AS {role}_referrer_unknown,\n"
    "    NULL AS {role}_team_leader, false AS {role}_team_leader_unknown"
)


def _registrations(moment: Callable[[date | None], str], since: date | None) -> Step:
    """Who registered before the period was paid before the export begins: whether they were is not known."""
    before = f"coalesce(p.joined_at < {moment(since)}, false)" if since else "false"
    return Step(
        "event_registration",
        "SELECT p.participant_id AS event, 'registration' AS on_event, p.joined_at AS event_at,\n"
        "    p.participant_id AS participant, NULL AS initiator, NULL AS choice,\n"
        "    row_number() OVER (ORDER BY p.joined_at, p.participant_id) AS place,\n"
        f"    {before} AS unseen,\n"
        + PEOPLE.format(person="p", role="participant") + ",\n"
        + NOBODY.format(role="initiator") + "\n"
        "FROM standing AS p",
    )  # fmt: skip


def _starts() -> Step:
    return Step(
        "event_start",
        "SELECT a.activity_id AS event, 'start' AS on_event, a.started_at AS event_at,\n"
        "    NULL AS participant, a.initiator_id AS initiator, NULL AS choice, NULL AS place, false AS unseen,\n"
        + NOBODY.format(role="participant") + ",\n"
        + PEOPLE.format(person="i", role="initiator") + "\n"
        "FROM activity_once AS a\n"
        "LEFT JOIN standing AS i ON i.participant_id = a.initiator_id",
    )  # fmt: skip


def _entries(above: set[str]) -> Step:
    """Each opening twice: as an entry, and as the win or loss it came to, or as both where no outcome is recorded.

    above names the roles whose referrer or team leader some clause pays; who stands above the others is not looked up.
    """
    people, joins = [], ""
    for role, column in (("participant", "participant_id"), ("initiator", "initiator_id")):
        if role in above:
            people.append(PEOPLE.format(person=role, role=role))
            joins += f"\nLEFT JOIN standing AS {role} ON {role}.participant_id = o.{column}"
        else:
            people.append(NOBODY.format(role=role))
    return Step(
        "event_entry",
        "SELECT o.entry_id AS event, k.on_event,\n"
        "    CASE WHEN k.on_event = 'entry' THEN o.entered_at ELSE o.decided_at END AS event_at,\n"
        "    o.participant_id AS participant, o.initiator_id AS initiator, o.choice, NULL AS place,\n"
        "    k.on_event <> 'entry' AND o.outcome IS NULL AS unseen,\n" + ",\n".join(people) + "\nFROM opening AS o\n"
        "JOIN (VALUES ('entry'), ('win'), ('loss')) AS k(on_event)\n"
        "    ON k.on_event = 'entry' OR k.on_event = coalesce(o.outcome, k.on_event)" + joins,
    )


def _completions() -> Step:
    """An activity is completed by its win; where an outcome is unknown, so is the completion."""
    return Step(
        "event_completion",
        "SELECT a.activity_id AS event, 'completion' AS on_event, w.won_at AS event_at,\n"
        "    NULL AS participant, a.initiator_id AS initiator, NULL AS choice, NULL AS place,\n"
        "    w.activity_id IS NULL AS unseen,\n"
        + NOBODY.format(role="participant") + ",\n"
        + PEOPLE.format(person="i", role="initiator") + "\n"
        "FROM activity_once AS a\n"
        "JOIN activity_run AS r ON r.activity_id = a.activity_id\n"
        "LEFT JOIN first_win AS w ON w.activity_id = a.activity_id\n"
        "LEFT JOIN standing AS i ON i.participant_id = a.initiator_id\n"
        "WHERE w.activity_id IS NOT NULL OR r.unknown_at IS NOT NULL",
    )  # fmt: skip


def _due() -> Step:
    """Every clause on every event it bears on, with its recipient and whether that is owed, unheld or unknown."""
    roles = [
        (f"{who}{dot}{above}", f"{who}_{above}" if above else who, f"{who}_{above}_unknown" if above else "false", who)
        for who in ("participant", "initiator")
        for dot, above in (("", ""), (".", "referrer"), (".", "team_leader"))
    ]
    payee = "\n        ".join(f"WHEN '{role}' THEN e.{column}" for role, column, _, _ in roles)
    unknown = "\n        ".join(
        f"WHEN '{role}' THEN " + (f"e.{who}_known IS NULL OR e.{flag}" if flag != "false" else f"e.{who} IS NULL")
        for role, _, flag, who in roles
    )
    return Step(
        "award_due",
        "SELECT e.event, c.clause, c.on_event, c.asset, c.amount, e.event_at,\n"
        "    e.event_at + c.due_seconds * INTERVAL 1 SECOND AS due_at,\n"
        f"    CASE c.role\n        {payee}\n    END AS payee,\n"
        f"    e.unseen OR (c.is_choice AND e.choice IS NULL) OR CASE c.role\n        {unknown}\n    END AS unknown\n"
        "FROM event AS e\n"
        "JOIN clause AS c ON c.on_event = e.on_event\n"
        "WHERE (c.first_places IS NULL OR e.place <= c.first_places)\n"
        "    AND (NOT c.is_choice OR e.choice IS NULL OR e.choice = c.asset)\n"
        "    AND (e.event_at IS NULL OR e.event_at >= c.from_at)\n"
        "    AND (e.event_at IS NULL OR c.to_at IS NULL OR e.event_at < c.to_at)",
    )


def _expected() -> Step:
    return Step(
        "expected_award",
        "SELECT event, clause, CAST(NULL AS VARCHAR) AS outcome,\n"
        "    1 AS chance_num, 1 AS chance_den, payee, asset, amount, due_at, event_at\n"
        "FROM award_due\nWHERE NOT unknown AND payee IS NOT NULL",
    )


def _totals() -> Step:
    """One pass over all awards: what is owed, what nobody holds the role for, what the export leaves unknown."""
    return Step(
        "award_total",
        "-- unheld: a role that nobody holds is owed nothing, and the platform keeps the sum\n"
        "SELECT clause, asset,\n"
        "    CASE WHEN unknown THEN 'unknown' WHEN payee IS NULL THEN 'unheld' ELSE 'owed' END AS standing,\n"
        "    count(*) AS awards, sum(amount) AS amount\n"
        "FROM award_due\nGROUP BY ALL",
        "table",
    )

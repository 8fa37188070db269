"""Who is owed: the way from an event to a recipient, one person at a time."""

from __future__ import annotations

from typing import Any

from audit.case import Audit
from audit.evidence.inputs import Record, shown, source
from audit.finding import Text

ABOVE = {"referrer": Text("推荐人", "referrer"), "team_leader": Text("团队长", "team leader")}
ROLES = {
    "participant": Text("参与者", "the participant"),
    "initiator": Text("发起人", "the initiator"),
    "entrants": Text("在组的每个人", "everybody in the group"),
}


def payee_steps(
    audit: Audit, event: Record, role: str, payee: str | None
) -> tuple[list[Text], list[tuple[str, Record]]]:
    """How a role leads to the payee, in steps, and the records of the people on the way."""
    start, *levels = role.split(".")
    if start == "entrants":
        words = Text(f"应得者：{ROLES[start].zh}，此行为 {payee}。", f"Owed to {ROLES[start].en}; in this row {payee}.")
        return [words], person_records(audit, payee)
    person: str | None = event.get(start)
    named = ROLES.get(start, Text(start, start))
    first = Text(
        f"应得者从{named.zh}算起：{person or '（记录中没有）'}。", f"From {named.en}: {person or '(not on record)'}."
    )
    if not levels:
        return [Text(f"应得者：{named.zh} {payee}。", f"Owed to {named.en}, {payee}.")] if payee else [first], []
    steps, people = [first], person_records(audit, person)
    for level in levels:
        if person is None or level not in ABOVE:
            break
        above, why = _above(audit, person, level)
        steps.append(
            Text(f"{person} 的{ABOVE[level].zh}：{why.zh}", f"{ABOVE[level].en.capitalize()} of {person}: {why.en}")
        )
        person = above
        people += person_records(audit, person)
    if payee is None and person is not None:
        steps.append(
            Text("应得者不能是本人的上线，故无人应得。", "Nobody stands above themselves: nobody holds the role.")
        )
    elif payee is not None and payee != person:
        steps.append(Text(f"应得者：{payee}。", f"Owed to {payee}."))
    return steps, people


def person_records(audit: Audit, person: str | None) -> list[tuple[str, Record]]:
    """Every record of somebody."""
    if person is None:
        return []
    sql = "SELECT * FROM participant WHERE participant_id = ? ORDER BY source_file, record"
    return [("participant", one) for one in audit.engine.records(sql, [person])]


def _above(audit: Audit, person: str, level: str) -> tuple[str | None, Text]:
    """Who stands above a person by the records, and why that counts or not."""
    found: list[dict[str, Any]] = audit.engine.records(
        f"SELECT p.{level}_id AS named, r.participant_id AS known, p.joined_at AS joined, r.joined_at AS theirs,\n"
        "    p.source_file, p.record\n"
        f"FROM participant_once AS p LEFT JOIN participant_once AS r ON r.participant_id = p.{level}_id\n"
        "WHERE p.participant_id = ?",
        [person],
    )
    if not found:
        return None, Text("导出没有此人的记录。", "the export holds no record of this person.")
    one = found[0]
    named, place = one["named"], source(audit, one).en
    if named is None:
        return None, Text(f"没有记录（{place}），无人应得。", f"none on record ({place}); nobody holds the role.")
    if named == person:
        return None, Text(f"记录为本人（{place}），不算。", f"recorded as themselves ({place}), which does not count.")
    if one["known"] is None:
        return None, Text(
            f"{named}（{place}），导出没有此人，不算。",
            f"{named} ({place}), unknown in the export, which does not count.",
        )
    if one["theirs"] and one["joined"] and one["theirs"] > one["joined"]:
        when = f"{shown(audit, one['theirs'])} > {shown(audit, one['joined'])}"
        return None, Text(
            f"{named}（{place}），注册更晚（{when}），不算。",
            f"{named} ({place}) joined later ({when}), which does not count.",
        )
    return str(named), Text(f"{named}（{place}）。", f"{named} ({place}).")

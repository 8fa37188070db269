"""An award: what a clause makes of an event, to whom it is owed, how much and by when, and what was paid for it."""

from __future__ import annotations

from audit.case import Audit
from audit.engine import by_id
from audit.evidence.amount import amount_steps
from audit.evidence.declared import award_at, clause_part
from audit.evidence.eligible import open_steps
from audit.evidence.inputs import Record, cells, keyed, listed, money, records, shown, source
from audit.evidence.payee import payee_steps
from audit.evidence.told import Part, part
from audit.finding import Text
from audit.rules import Award

EVENTS = {
    "registration": Text("注册", "a registration"),
    "start": Text("活动发起", "the start of an activity"),
    "entry": Text("一次参加", "an entry"),
    "win": Text("中奖", "a win"),
    "loss": Text("未中", "a loss"),
    "completion": Text("活动完成", "the completion of an activity"),
    "order": Text("一笔订单", "an order"),
    "place filled": Text("满组时的一个位置", "a place of a full group"),
    "share drawn": Text("抽得的一份", "a share drawn"),
    "withdrawal": Text("一次提现", "a withdrawal"),
    "day-end": Text("一日终了（24:00）", "the end of a day (24:00)"),
    "recruit": Text("推荐他人加入", "a recruit"),
}


def event_words(kind: str) -> Text:
    """What an event is called."""
    if kind.startswith("milestone/"):
        every = kind.split("/")[-2]
        return Text(f"每 {every} 个一次的里程碑", f"a milestone at every {every}")
    whole, _, more = kind.partition(">")
    if whole in ("milestone", "rank-reached") and more:
        return Text(f"达到 {more.partition('>')[0]}", f"the reaching of {more.partition('>')[0]}")
    return EVENTS.get(whole, Text(whole, whole))


def award_parts(audit: Audit, event: str, clause: str) -> list[Part]:
    """Everything about what one clause makes of one event; several rows of one award follow one another."""
    sql = "SELECT * FROM award_due WHERE event = ? AND clause = ? ORDER BY ALL"
    rows = audit.engine.records(sql, [event, clause]) if audit.has("award_due") else []
    found = [(row, _event_of(audit, row)) for row in rows]
    found.sort(key=lambda one: one[1].get("place") or 0)
    read: list[tuple[str, Record]] = keyed(audit, event)
    reckoned: list[Part] = []
    for number, (row, happened) in enumerate(found, 1):
        steps, people = _reckon(audit, row, happened)
        read += _around(audit, happened, people)
        several = f" {number}/{len(found)}" if len(found) > 1 else ""
        reckoned += part(Text(f"计算{several}", f"Reckoned{several}"), steps, numbered=True)
    if not found:
        reckoned = part(Text("计算", "Reckoned"), _nothing(audit, event, clause), numbered=True)
    at = next((row["event_at"] for row in rows if row.get("event_at")), None)
    return [
        *clause_part(audit, clause, at),
        *part(Text("依据的记录", "Read from"), listed(audit, read)),
        *reckoned,
        *part(Text("为此所付", "Paid for it"), _paid(audit, event, clause)),
    ]


def _nothing(audit: Audit, event: str, clause: str) -> list[Text]:
    """Why a clause makes nothing of an event."""
    kinds = [
        kind for (kind,) in audit.engine.rows("SELECT DISTINCT on_event FROM event WHERE event = ? ORDER BY 1", [event])
    ]
    seen = [event_words(kind) for kind in kinds]
    award = award_at(audit, clause, None)
    on = event_words(award.on) if award else Text("–", "–")
    return [
        Text(
            f"记录中的 {event} 是：{'、'.join(one.zh for one in seen) or '（无事件）'}。",
            f"{event} on record: {', '.join(one.en for one in seen) or 'no event'}.",
        ),
        Text(
            f"条款及于：{on.zh}（及其条件、期间）。",
            f"The clause bears on: {on.en} (with its conditions and its period).",
        ),
        *_overridden(audit, event, clause),
        *_closed(audit, event, award),
        Text("因此按此条款不欠任何人。", "So nothing is owed under it."),
    ]


def _closed(audit: Audit, event: str, award: Award | None) -> list[Text]:
    """Why the participant or initiator of an event is owed nothing under a clause that is not open to all."""
    if award is None or award.to not in ("participant", "initiator"):
        return []
    sql = f"SELECT DISTINCT {award.to}, event_at FROM event WHERE event = ? AND {award.to} IS NOT NULL ORDER BY ALL LIMIT 1"
    found = audit.engine.rows(sql, [event])
    return open_steps(audit, award, *found[0]) if found else []


def _overridden(audit: Audit, event: str, clause: str) -> list[Text]:
    """The exceptions that took a clause's place on an event."""
    if not audit.has("exception"):
        return []
    sql = (
        "SELECT DISTINCT x.clause FROM exception AS x JOIN award_due AS d ON d.clause = x.clause\n"
        "WHERE x.overridden = ? AND d.event = ? ORDER BY 1"
    )
    found = [name for (name,) in audit.engine.rows(sql, [clause, event])]
    return [
        Text(
            f"例外条款 {name} 及于此事件，取代了它。", f"The exception {name} bears on this event and takes its place."
        )
        for name in found
    ]


def _event_of(audit: Audit, row: Record) -> Record:
    """The event row behind an award; where one event has several (the places of a group), the payee's own."""
    sql = "SELECT * FROM event WHERE event = ? AND on_event = ? ORDER BY ALL"
    found = audit.engine.records(sql, [row["event"], row["on_event"]])
    found.sort(key=lambda one: (one["event_at"] != row["event_at"], one.get("participant") != row["payee"]))
    return (found or [{}])[0]


def _around(audit: Audit, event: Record, people: list[tuple[str, Record]]) -> list[tuple[str, Record]]:
    """Records that an event rests on besides its own: its activity, the entries that completed it, the people paid."""
    found: list[tuple[str, Record]] = []
    key, kind = event.get("event"), event.get("on_event")
    for entry in records(audit, "entry", "entry_id", key):
        found += (("activity", one) for one in records(audit, "activity", "activity_id", entry["activity_id"]))
    if kind in ("completion", "place filled"):
        for entry in records(audit, "entry", "activity_id", key):
            found.append(("entry", entry))
            found += (("outcome", one) for one in records(audit, "outcome", "entry_id", entry["entry_id"]))
    if kind == "order" and event.get("place"):
        sql = f"SELECT * FROM purchase WHERE participant_id = ? AND paid_at <= ? ORDER BY paid_at, {by_id('purchase_id')}"
        found += (("purchase", one) for one in audit.engine.records(sql, [event["participant"], event["event_at"]]))
    return [*found, *people]


def _reckon(audit: Audit, row: Record, event: Record) -> tuple[list[Text], list[tuple[str, Record]]]:
    """The steps from an event to an award, and the records of the people on the way."""
    terms = _terms(audit, row, event)
    kind = event_words(row["on_event"])
    moment = shown(audit, row["event_at"]) if row.get("event_at") else "–"
    steps = [
        Text(f"事件：{row['event']}，{kind.zh}，{moment}。", f"The event: {row['event']}, {kind.en}, at {moment}.")
    ]
    if terms.get("place_from") is not None:
        span = f"{terms['place_from']}–{terms['place_to']}"
        steps.append(
            Text(
                f"按时间为第 {event.get('place')} 个；条款只及第 {span} 个。",
                f"In time it is number {event.get('place')}; the clause bears on numbers {span}.",
            )
        )
    for name in ("item", "kind"):
        if terms.get(name) is not None:
            steps.append(
                Text(
                    f"条件：{name} = {terms[name]}；记录为 {event.get(name) or '（无）'}。",
                    f"Condition: {name} = {terms[name]}; on record: {event.get(name) or '(none)'}.",
                )
            )
    award = award_at(audit, row["clause"], row["event_at"])
    role = award.to if award and terms.get("role") == "holder" else str(terms.get("role") or "")
    way, people = payee_steps(audit, event, role, row["payee"])
    steps += way
    steps += open_steps(audit, award, row["payee"], row["event_at"])
    steps += amount_steps(audit, award, event, row)
    return [*steps, *_standing(audit, row)], people


def _terms(audit: Audit, row: Record, event: Record) -> Record:
    sql = (
        "SELECT * FROM clause WHERE clause = ? AND on_event = ?\n"
        "ORDER BY coalesce(? >= from_at AND (to_at IS NULL OR ? < to_at), true) DESC, asset = ? DESC,\n"
        "    coalesce(? BETWEEN place_from AND place_to, true) DESC, coalesce(kind = ?, true) DESC,\n"
        "    coalesce(item = ?, true) DESC, from_at DESC"
    )
    given = [
        row["clause"],
        row["on_event"],
        row["event_at"],
        row["event_at"],
        row["asset"],
        event.get("place"),
        event.get("kind"),
        event.get("item"),
    ]
    found = audit.engine.records(sql, given)
    return found[0] if found else {}


def _standing(audit: Audit, row: Record) -> list[Text]:
    """What becomes of it: owed by a moment, owed to nobody, or not to be told from the export."""
    if row["unknown"]:
        return [
            Text(
                "导出缺少据以判断的内容（或事件早于期间），不知应付什么。",
                "The export lacks what would decide this (or the event is from before the period): what is owed is not known.",
            )
        ]
    if row["payee"] is None:
        return [
            Text(
                "该角色无人担任：不欠任何人，数额留在平台。",
                "Nobody holds the role: nothing is owed, and the platform keeps it.",
            )
        ]
    if not row["amount"]:
        return [Text("数额为零：不欠任何人。", "The amount is nothing: nothing is owed.")]
    owed = f"{money(audit, row['asset'], row['amount'])} → {row['payee']}"
    due = shown(audit, row["due_at"]) if row.get("due_at") else ""
    return [
        Text(
            f"应付：{owed}{f'，不晚于 {due}' if due else '，没有期限'}。",
            f"Owed: {owed}, {f'no later than {due}' if due else 'with no deadline'}.",
        )
    ]


def _paid(audit: Audit, event: str, clause: str) -> list[Text | str]:
    if not audit.has("ledger"):
        return [Text("导出没有可对照的付款。", "The export holds no payments to compare with.")]
    sql = "SELECT * FROM ledger WHERE event = ? AND clause = ? ORDER BY paid_at, source_file, record"
    found = audit.engine.records(sql, [event, clause])
    names = ("payment_id", "payee", "amount", "paid_at")
    lines: list[Text | str] = [f"{source(audit, one).en} · {cells(audit, one, names)}" for one in found]
    return lines or [Text("没有记录以此名目为此事件付款。", "No payment on record bears this clause and this event.")]

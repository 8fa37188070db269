"""A recorded outcome and its declared chance, given what was recorded before it."""

from __future__ import annotations

from fractions import Fraction

from audit.case import Audit
from audit.engine import by_id
from audit.evidence.declared import era_at, section_part
from audit.evidence.drawn import box_steps, number_parts, one_by_one_steps, raffle_steps
from audit.evidence.inputs import Record, keyed, listed, records
from audit.evidence.told import Part, part
from audit.finding import Text
from audit.replay.chances import COUNTED
from audit.rules import Boxes, Chances, Draw, Group, Numbers, Raffle

OUTCOMES = {"win": Text("中奖", "a win"), "loss": Text("未中", "a loss")}


def draw_parts(audit: Audit, key: str) -> list[Part]:
    """The draw of an entry, or of a lottery: `2010001` for every pool, `2010001/red` for one."""
    if not audit.has("expected"):
        return []
    event, _, pool = key.rpartition("/")
    sql = "SELECT * FROM expected WHERE event = ? AND (clause = ? OR starts_with(clause, ?)) ORDER BY clause, event_at"
    rows = audit.engine.records(sql, [key, "draw", "draw/"])
    if not rows and event:
        rows = audit.engine.records(sql, [event, f"draw/{pool}", f"draw/{pool}/"])
    if not rows:
        return []
    key = rows[0]["event"]
    entry = _entry(audit, key)
    at = entry.get("started_at") or rows[0]["event_at"]
    if isinstance(audit.rules.draw, Chances):
        at = entry.get("entered_at") or at
    draw = era_at(audit, at)[1].draw
    declared = section_part(audit, "draw", Text("抽取规则", "The draw"), draw.says if draw else "", at)
    if isinstance(draw, Numbers):
        return [*declared, *number_parts(audit, draw, key, {str(row["clause"]) for row in rows})]
    before = _before(audit, key, draw)
    read = [*keyed(audit, key), *before]
    steps = [step for row in rows for step in _steps(audit, row, entry, before, draw)]
    return [
        *declared,
        *part(Text("依据的记录（本次与此前各次）", "Read from (this entry, and those before it)"), listed(audit, read)),
        *part(Text("计算", "Reckoned"), steps, numbered=True),
    ]


def _entry(audit: Audit, key: str) -> Record:
    sql = "SELECT * FROM entry_played WHERE entry_id = ?"
    return next(iter(audit.engine.records(sql, [key])), {}) if audit.has("entry_played") else {}


def _before(audit: Audit, key: str, draw: Draw | None) -> list[tuple[str, Record]]:
    """The entries that bear on a chance, with their outcomes: those before it; of a group, all its entries.

    Of entries decided one by one it is those of the same count; of a raffle the winners, since its pool is counted.
    """
    same, more = "b.activity_id = e.activity_id", " AND b.position < e.position"
    if isinstance(draw, Group):
        more = ""
    elif isinstance(draw, Chances):
        by = COUNTED[draw.counted].split(", ")
        same = " AND ".join(f"b.{name} = e.{name}" for name in by)
        more = (
            f" AND (b.entered_at, b.position, {by_id('b.entry_id')}) < (e.entered_at, e.position, {by_id('e.entry_id')})"
        )
    elif isinstance(draw, Raffle):
        more = " AND b.outcome = 'win' AND b.decided_at < e.decided_at"
    found: list[tuple[str, Record]] = []
    sql = (
        f"SELECT b.entry_id FROM entry_played AS b JOIN entry_played AS e ON {same}\n"
        f"WHERE e.entry_id = ? AND b.entry_id <> e.entry_id{more} ORDER BY b.entered_at, b.position, {by_id('b.entry_id')}"
    )
    for (other,) in audit.engine.rows(sql, [key]):
        for table in ("entry", "outcome"):
            found += ((table, one) for one in records(audit, table, "entry_id", other))
    return found


def _steps(audit: Audit, row: Record, entry: Record, before: list[tuple[str, Record]], draw: Draw | None) -> list[Text]:
    prize = str(row["clause"]).partition("/")[2]
    if row["chance_num"] is None:
        return [Text(f"{prize or '抽取'}：此前的结果不全在导出中，概率不知。",
                     f"{prize or 'The draw'}: what was drawn before is not all on record, so the chance is not known.")]  # fmt: skip
    chance = Fraction(int(row["chance_num"]), int(row["chance_den"]))
    if isinstance(draw, Boxes):
        told = f"{row['chance_num']}/{row['chance_den']}"
        steps = box_steps(draw, entry.get("position"), any(one.get("outcome") == "win" for _, one in before), told)
    elif isinstance(draw, Group):
        entries = 1 + sum(table == "entry" for table, _ in before)
        steps = [Text(f"该组有 {entries} 人，满 {draw.size} 人开奖，{draw.winners} 人中奖，机会均等：{draw.winners}/{draw.size}。",
                      f"The group holds {entries}; it is full at {draw.size}, and {draw.winners} of them win, all alike: "
                      f"{draw.winners}/{draw.size}.")]  # fmt: skip
    elif isinstance(draw, Chances) and prize in draw.prizes:
        steps = one_by_one_steps(audit, draw.prizes[prize], prize, str(row["event"]), chance)
    elif isinstance(draw, Raffle):
        steps = raffle_steps(audit, str(row["event"]), chance)
    else:
        steps = [
            Text(
                f"按规则，给定此前的记录，概率为 {chance}。",
                f"By the rules, given what was recorded before, the chance is {chance}.",
            )
        ]
    return [*steps, _recorded(row["outcome"], prize, chance)]


def _recorded(outcome: str | None, prize: str, chance: Fraction) -> Text:
    if outcome is None:
        return Text("没有记录结果。", "No outcome is on record.")
    found = chance if outcome == "win" else 1 - chance
    name = OUTCOMES.get(outcome, Text(outcome, outcome))
    zh, en = (f"（{prize}）", f" ({prize})") if prize else ("", "")
    return Text(
        f"记录的结果：{name.zh}{zh}；声明给它的概率为 {found}" + ("，即不可能。" if not found else "。"),
        f"On record: {name.en}{en}, to which the declaration gives the chance {found}"
        + (": it is impossible." if not found else "."),
    )

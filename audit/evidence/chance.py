"""A recorded outcome and its declared chance, given what was recorded before it."""

from __future__ import annotations

from fractions import Fraction

from audit.case import Audit
from audit.evidence.declared import quoted, version
from audit.evidence.inputs import Record, keyed, listed, records
from audit.evidence.told import Part, part
from audit.finding import Text
from audit.rules import Boxes, Group, Numbers
from audit.rules.odds import box_odds

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
    line, text = quoted(audit, ("draw",))
    says = audit.rules.draw.says if audit.rules.draw else ""
    words = [Text(f"平台原话：“{says}”", f"In the platform's words: “{says}”")] if says else []
    declared = part(
        Text(f"抽取规则（rules.yaml 第 {line} 行）", f"The draw (rules.yaml:{line})"),
        [*words, *version(audit, rows[0]["event_at"]), *text],
    )
    if isinstance(audit.rules.draw, Numbers):
        return [*declared, *_numbers(audit, audit.rules.draw, key, {str(row["clause"]) for row in rows})]
    before = _before(audit, key)
    read = [*keyed(audit, key), *((table, one) for table, one in before)]
    entry = next(iter(audit.engine.records("SELECT * FROM entry_played WHERE entry_id = ?", [key])), {})
    steps = [step for row in rows for step in _steps(audit, row, entry, before)]
    return [
        *declared,
        *part(Text("依据的记录（本次与此前各次）", "Read from (this entry, and those before it)"), listed(audit, read)),
        *part(Text("计算", "Reckoned"), steps, numbered=True),
    ]


def _before(audit: Audit, key: str) -> list[tuple[str, Record]]:
    """Earlier entries of the same activity with their outcomes; of a group, all its entries."""
    found: list[tuple[str, Record]] = []
    sql = (
        "SELECT b.entry_id FROM entry_played AS b JOIN entry_played AS e ON e.activity_id = b.activity_id\n"
        "WHERE e.entry_id = ? AND b.entry_id <> e.entry_id{} ORDER BY b.position, b.entered_at, b.entry_id"
    )
    earlier = "" if isinstance(audit.rules.draw, Group) else " AND b.position < e.position"
    for (other,) in audit.engine.rows(sql.format(earlier), [key]):
        for table in ("entry", "outcome"):
            found += ((table, one) for one in records(audit, table, "entry_id", other))
    return found


def _steps(audit: Audit, row: Record, entry: Record, before: list[tuple[str, Record]]) -> list[Text]:
    draw, chance = audit.rules.draw, Fraction(int(row["chance_num"]), int(row["chance_den"]))
    told = f"{row['chance_num']}/{row['chance_den']}"
    steps: list[Text] = []
    if isinstance(draw, Boxes):
        steps = _boxes(draw, entry.get("position"), any(one.get("outcome") == "win" for _, one in before), told)
    elif isinstance(draw, Group):
        entries = 1 + sum(table == "entry" for table, _ in before)
        steps.append(
            Text(
                f"该组有 {entries} 人，满 {draw.size} 人开奖，{draw.winners} 人中奖，机会均等：{draw.winners}/{draw.size}。",
                f"The group holds {entries}; it is full at {draw.size}, and {draw.winners} of them win, all alike: "
                f"{draw.winners}/{draw.size}.",
            )
        )
    else:
        steps.append(
            Text(
                f"按规则，给定此前的记录，中奖概率为 {told}。",
                f"By the rules, given what was recorded before, the chance to win is {told}.",
            )
        )
    outcome = row["outcome"]
    if outcome is None:
        return [*steps, Text("没有记录结果。", "No outcome is on record.")]
    found = chance if outcome == "win" else 1 - chance
    name = OUTCOMES.get(outcome, Text(outcome, outcome))
    return [
        *steps,
        Text(
            f"记录的结果：{name.zh}；声明给它的概率为 {found}" + ("，即不可能。" if not found else "。"),
            f"On record: {name.en}, to which the declaration gives the chance {found}"
            + (": it is impossible." if not found else "."),
        ),
    ]


def _boxes(draw: Boxes, position: int | None, won: bool, told: str) -> list[Text]:
    if position is None or not 1 <= position <= draw.boxes:
        return [
            Text(
                f"没有第 {position} 盒（共 {draw.boxes} 盒）：不可能中奖。",
                f"There is no box {position} (of {draw.boxes}): it cannot win.",
            )
        ]
    if won:
        return [
            Text(
                "此前已有一盒中奖，奖品已不在：概率 0。",
                "A box before it has won, so nothing is left to win: chance 0.",
            )
        ]
    if draw.odds == "uniform":
        left = draw.boxes - position + 1
        return [
            Text(
                f"共 {draw.boxes} 盒，有一盒藏奖，机会均等；这是第 {position} 盒，此前 {position - 1} 盒都未中。",
                f"One of {draw.boxes} boxes holds the prize, all alike; this is box {position}, and the {position - 1} before it lost.",
            ),
            Text(
                f"尚未打开：{draw.boxes} − {position - 1} = {left} 盒，概率 1/{left}。",
                f"Still closed: {draw.boxes} − {position - 1} = {left}, so the chance is 1/{left}.",
            ),
        ]
    odds = box_odds(draw)
    gone = sum(odds[: position - 1], Fraction(0))
    mine = odds[position - 1]
    return [
        Text(
            f"第 {position} 盒的声明概率为 {mine}；此前 {position - 1} 盒合计 {gone}，都未中。",
            f"Box {position} is declared at {mine}; the {position - 1} before it, at {gone} together, lost.",
        ),
        Text(f"给定此前未中：{mine} ÷ (1 − {gone}) = {told}。", f"Given that: {mine} ÷ (1 − {gone}) = {told}."),
    ]


def _numbers(audit: Audit, draw: Numbers, key: str, clauses: set[str]) -> list[Part]:
    parts: list[Part] = []
    for name, pool in draw.pools.items():
        if f"draw/{name}" not in clauses:
            continue
        sql = "SELECT * FROM drawn_number WHERE draw_id = ? AND pool = ? ORDER BY ordinal, source_file, record"
        found = audit.engine.records(sql, [key, name])
        rows = audit.engine.records(
            "SELECT ordinal, number, chance_num, chance_den FROM number_replayed WHERE draw_id = ? AND pool = ? ORDER BY ordinal, number",
            [key, name],
        )
        size, steps = pool.to - pool.from_ + 1, []
        for row in rows:
            left = size - row["ordinal"] + 1
            odds = f"1/{row['chance_den']}" if row["chance_num"] else "0"
            steps.append(
                Text(
                    f"第 {row['ordinal']} 个：{row['number']}；剩 {size} − {row['ordinal'] - 1} = {left} 个，概率 {odds}。",
                    f"Number {row['ordinal']}: {row['number']}; left are {size} − {row['ordinal'] - 1} = {left}, so its chance was {odds}.",
                )
            )
        parts += part(
            Text(f"依据的记录：{name}", f"Read from: {name}"), listed(audit, (("drawn_number", one) for one in found))
        )
        parts += part(
            Text(
                f"计算：{name}，{pool.from_}–{pool.to} 中不放回抽 {pool.pick} 个",
                f"Reckoned: {name}, {pool.pick} of {pool.from_}–{pool.to} without replacement",
            ),
            steps,
            numbered=True,
        )
    return parts

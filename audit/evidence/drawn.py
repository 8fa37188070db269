"""How each kind of draw prices an outcome, step by step."""

from __future__ import annotations

from fractions import Fraction

from audit.case import Audit
from audit.evidence.inputs import listed
from audit.evidence.told import Part, part
from audit.finding import Text
from audit.rules import Boxes, Numbers
from audit.rules.draws import Chance
from audit.rules.odds import box_odds


def one_by_one_steps(audit: Audit, one: Chance, prize: str, key: str, chance: Fraction) -> list[Text]:
    """A declared chance, the count towards its guarantee, and what the better prizes leave of it."""
    sql = "SELECT misses FROM draw_replayed WHERE entry_id = ? AND prize = ?"
    misses = audit.engine.value(sql, [key, prize])
    told = [Text(f"{prize}：声明的概率为 {one.chance}。", f"{prize}: declared at {one.chance}.")]
    if misses is not None:
        sure = one.guarantee
        limit_zh, limit_en = (f"，保底为第 {sure} 次", f"; it is certain at number {sure}") if sure else ("", "")
        told.append(Text(f"自上次得到它（或更好的）以来已 {misses} 次未得，这是第 {misses + 1} 次{limit_zh}。",
                         f"Entries since the last one, or a better: {misses}; this is number {misses + 1}{limit_en}."))  # fmt: skip
    if one.rises and misses is not None and misses + 1 >= one.rises.from_:
        times = misses + 2 - one.rises.from_
        told.append(Text(f"自第 {one.rises.from_} 次起每次加 {one.rises.by}：{one.chance} + {times} × {one.rises.by}，至多为 1。",
                         f"From number {one.rises.from_} on it grows: {one.chance} + {times} × {one.rises.by}, at most 1."))  # fmt: skip
    return [
        *told,
        Text(f"扣去更好的奖品所占，概率为 {chance}。", f"Less what better prizes take, the chance is {chance}."),
    ]


def raffle_steps(audit: Audit, key: str, chance: Fraction) -> list[Text]:
    """Which draw a win belongs to, and the tickets in it."""
    found = next(iter(audit.engine.records("SELECT * FROM draw_replayed WHERE entry_id = ?", [key])), {})
    if not found:
        return []
    if found.get("bound") is None:
        return [Text("当时没有到期的开奖。", "No draw was due by then.")]
    handed = int(found["pool"]) + int(found["gone"])
    odds = f"{found['chance_num']}/{found['chance_den']}"
    return [
        Text(f"这是该活动的第 {found['draw']} 次开奖，至第 {found['bound']} 次参加为止（含）；中奖者的位置为 {found['position']}。",
             f"Draw {found['draw']} of the activity, among entries up to {found['bound']}; the winner is number {found['position']}."),
        Text(f"已发出 {handed} 张，已中奖者退出 {found['gone']} 张：{handed} − {found['gone']} = {found['pool']}。",
             f"Of {handed} tickets {found['gone']} are out of it: {handed} − {found['gone']} = {found['pool']}."),
        Text(f"概率 {odds} = {chance}。", f"The chance is {odds} = {chance}."),
    ]  # fmt: skip


def box_steps(draw: Boxes, position: int | None, won: bool, told: str) -> list[Text]:
    """The chance of a box, given the boxes opened before it; told is the chance as replayed."""
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


def number_parts(audit: Audit, draw: Numbers, key: str, clauses: set[str]) -> list[Part]:
    """The numbers of a draw in order, each with what was left to draw from."""
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

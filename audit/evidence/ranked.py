"""Who holds a role in a tree, and what is shared by rank, pooled or frozen: step by step, one person at a time."""

from __future__ import annotations

from audit.case import Audit
from audit.evidence.inputs import Record, money, shown
from audit.finding import Text
from audit.rules import Award, DayPool, Difference, Income, PartFrozen, Released

WAY = 12  # people on the way up that are listed


def holder_steps(audit: Audit, award: Award, event: Record, payee: str | None) -> list[Text]:
    """How the tree leads to the payee of an event that names its holder."""
    if payee is None:
        return [Text("应得者：上方无人持有所需级别。", "Owed to: nobody above holds the rank.")]
    who = Text(f"应得者：{payee}（{award.to}）。", f"Owed to: {payee} ({award.to}).")
    if award.to.startswith(("holders", "earner")) or award.on != "order":
        return [who, *_held(audit, payee, None)]
    found = audit.engine.rows("SELECT node, seq FROM tree_event WHERE is_order AND id = ?", [event["event"]])
    if not found:
        return [who]
    node, now = found[0]
    steps = []
    for _ in range(WAY):
        rows = audit.engine.rows(
            "SELECT n.participant_id, t.number, t.placed <= ?, coalesce(a.participant_id, n.referrer),\n"
            "    CASE WHEN t.placed <= ? THEN t.parent ELSE r.node END\n"
            "FROM tree_node AS n JOIN tree_place AS t ON t.node = n.node\n"
            "LEFT JOIN tree_node AS a ON a.node = t.parent LEFT JOIN tree_node AS r ON r.participant_id = n.referrer\n"
            "WHERE n.node = ?",
            [now, now, node],
        )
        if not rows or rows[0][4] is None or rows[0][4] < 0:
            break
        person, number, placed, _, node = rows[0]
        above = audit.engine.value("SELECT participant_id FROM tree_node WHERE node = ?", [node])
        place = f"（第 {number} 个推荐）" if placed and number else ""
        seat = f" (recruit number {number})" if placed and number else ""
        steps.append(Text(f"{person}{place}位于 {above} 之下。", f"{person}{seat} stands under {above}."))
        steps += _held(audit, above, now)
        if above == payee:
            break
    return [*steps, who]


def _held(audit: Audit, person: str, now: int | None) -> list[Text]:
    """The ranks that somebody held before an event."""
    rows = audit.engine.rows(
        "SELECT standing, reached_at FROM standing_reached WHERE participant_id = ? AND coalesce(seq < ?, true) ORDER BY seq, standing",
        [person, now],
    )
    if not rows:
        return [Text(f"{person} 当时没有级别。", f"{person} held no rank before this.")]
    said = ", ".join(f"{standing} ({shown(audit, at)})" for standing, at in rows)
    return [Text(f"{person} 已持有：{said}。", f"{person} held: {said}.")]


def ranked_amount(audit: Audit, award: Award, pay: object, event: Record, row: Record) -> list[Text] | None:
    """The arithmetic of what is paid by rank; None where the amount is none of these."""
    asset = row["asset"]
    result = money(audit, asset, row["amount"])
    base = money(audit, asset, event["base"]) if event.get("base") is not None else "–"
    if isinstance(pay, Difference):
        ladder = ", ".join(f"{rank} {amount}" for rank, amount in pay.difference.items())
        return [
            Text(
                f"极差 {ladder}：每一级的增量归其最近的持有者，此人合计 {result}。",
                f"Difference {ladder}: each step goes to the nearest above who holds that rank; to this one {result} in all.",
            )
        ]
    if isinstance(pay, Income):
        names, rest = ", ".join(pay.of), " (compounding)" if pay.compounding else ""
        return [
            Text(
                f"下级由此事件所得（{names}{'，复计' if pay.compounding else ''}）：{base} × {pay.percent}%，{pay.rounding} = {result}。",
                f"What the earner got by this event ({names}{rest}): {base} × {pay.percent} %, {pay.rounding} = {result}.",
            )
        ]
    if isinstance(pay, DayPool):
        rows = audit.engine.rows(
            "SELECT fed, pot, holders FROM pool_day WHERE clause = ? AND CAST(day AS VARCHAR) = ?",
            [row["clause"], row["event"]],
        )
        fed, pot, holders = rows[0] if rows else (0, 0, 0)
        parts = [money(audit, asset, amount) for amount in (fed, pot)]
        return [
            Text(
                f"当日进池 {parts[0]}，连同结转共 {parts[1]}，{holders} 人持有，每人 {result}（不足一个最小单位的结转）。",
                f"Fed that day {parts[0]}, with what was carried {parts[1]}, held by {holders}: {result} each, the rest carried.",
            )
        ]
    if isinstance(pay, PartFrozen):
        kept = audit.engine.rows(
            "SELECT base, frozen FROM withdrawal_frozen WHERE clause = ? AND event = ?", [row["clause"], row["event"]]
        )
        asked, frozen = (money(audit, asset, amount) for amount in (kept[0] if kept else (0, 0)))
        return [
            Text(
                f"提现 {asked}，冻结 {pay.freeze}% 即 {frozen}（直至 {pay.until}），应付 {result}。",
                f"Withdrawn {asked}, of which {pay.freeze} % or {frozen} is frozen until {pay.until}: {result}.",
            )
        ]
    if isinstance(pay, Released):
        rows = audit.engine.rows(
            "SELECT event, frozen FROM withdrawal_frozen WHERE clause = ? AND participant = ? AND event_at <= ? ORDER BY event_at, event",
            [pay.released, row["payee"], row["event_at"]],
        )
        said = " + ".join(f"{money(audit, asset, amount)} ({name})" for name, amount in rows)
        return [Text(f"释放全部冻结：{said} = {result}。", f"Everything frozen is released: {said} = {result}.")]
    return None

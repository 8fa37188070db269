"""Awards by rank: differences, incomes of others, pools shared at a day's end, and what is frozen and released."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from audit.case import Audit
from audit.evidence.inputs import Record, money
from audit.finding import Text
from audit.rules.ranks import DayPool, Difference, Income, PartFrozen, Released

KINDS = (Difference, Income, DayPool, PartFrozen, Released)
LISTED = 20  # parts of a sum that are named; the rest are counted


def ranked_steps(audit: Audit, pay: Any, event: Record, row: Record) -> list[Text]:
    """The arithmetic of an award by rank, a row of `award_due`."""
    asset, result = row["asset"], money(audit, row["asset"], row["amount"])
    if isinstance(pay, Difference):
        return _difference(audit, pay, row, result)
    if isinstance(pay, Income):
        return _income(audit, pay, event, row, result)
    if isinstance(pay, DayPool):
        return _pool(audit, row, result)
    if isinstance(pay, PartFrozen):
        return _frozen(audit, pay, event, row, result)
    return _released(audit, pay, row, asset, result)


def _difference(audit: Audit, pay: Difference, row: Record, result: str) -> list[Text]:
    """What each rank got by one event: together never more than the highest rank's amount."""
    ladder = ", ".join(f"{rank} {amount}" for rank, amount in pay.difference.items())
    sql = "SELECT payee, asset, amount FROM award_due WHERE event = ? AND clause = ? ORDER BY amount, payee"
    parts = audit.engine.records(sql, [row["event"], row["clause"]])
    spent = " + ".join(f"{money(audit, one['asset'], one['amount'])} → {one['payee'] or '–'}" for one in parts)
    return [
        Text(f"级差：{ladder}，每级只得高出较近者已得的部分。", f"By rank: {ladder}; each gets what is above what nearer ones got."),
        Text(f"此事件的各份：{spent}；此行为 {result}。", f"The parts of this event: {spent}; this row is {result}."),
    ]  # fmt: skip


def _income(audit: Audit, pay: Income, event: Record, row: Record, result: str) -> list[Text]:
    """A percentage of what somebody earned by the same event, rounded once."""
    listed = ", ".join(pay.of)
    base = int(event.get("base") or 0)
    part = Fraction(pay.percent) / 100
    sql = "SELECT clause, payee, asset, amount FROM award_due WHERE event = ? AND list_contains(?, clause) AND payee IS NOT NULL\n"
    earned = audit.engine.records(sql + "ORDER BY clause, payee, amount", [row["event"], list(pay.of)])
    told = "; ".join(f"{one['clause']} {money(audit, one['asset'], one['amount'])} → {one['payee']}" for one in earned)
    return [
        Text(f"下线收入（{listed}）：此事件中 {told or '无'}。", f"Income of others ({listed}); by this event: {told or 'none'}."),
        Text(f"基数 {base} 个最小单位；{base} × {part} = {base * part}；取整（{pay.rounding}）：{result}。",
             f"Base {base} steps; {base} × {part} = {base * part}; rounded ({pay.rounding}): {result}."),
    ]  # fmt: skip


def _pool(audit: Audit, row: Record, result: str) -> list[Text]:
    """What a day fed, what was carried to it, and the part of each holder."""
    sql = "SELECT fed, pot, holders, share FROM pool_day WHERE clause = ? AND CAST(day AS VARCHAR) = ?"
    found = audit.engine.rows(sql, [row["clause"], str(row["event"]).partition("#")[0]])
    if not found:
        return [Text(f"当日份额：{result}。", f"The day's share: {result}.")]
    fed, pot, holders, share = (int(one) for one in found[0])
    return [
        Text(f"当日注入 {fed}，上日结转 {pot - fed}，共 {pot} 个最小单位。", f"Fed: {fed}; carried: {pot - fed}; together {pot} steps."),
        Text(f"持有该级别者 {holders} 人：{pot} = {holders} × {share} + {pot - holders * share}，每人 {result}，余数结转。",
             f"Holders: {holders}; {pot} = {holders} × {share} + {pot - holders * share}, so {result} each; the rest is carried."),
    ]  # fmt: skip


def _frozen(audit: Audit, pay: PartFrozen, event: Record, row: Record, result: str) -> list[Text]:
    """A withdrawal less what of it stays frozen."""
    sql = "SELECT base, frozen FROM withdrawal_frozen WHERE event = ? AND clause = ?"
    found = audit.engine.rows(sql, [row["event"], row["clause"]])
    if not found:
        return [Text(f"付出：{result}。", f"Paid out: {result}.")]
    base, frozen = (int(one or 0) for one in found[0])
    asset = row["asset"]
    return [
        Text(f"提现 {money(audit, asset, base)}；在达到 {pay.until} 之前冻结 {pay.freeze} %：{money(audit, asset, frozen)}。",
             f"Withdrawn {money(audit, asset, base)}; frozen until {pay.until}: {pay.freeze} % = {money(audit, asset, frozen)}."),
        Text(f"付出：{base} − {frozen} = {base - frozen}，即 {result}。",
             f"Paid out: {base} − {frozen} = {base - frozen}, which is {result}."),
    ]  # fmt: skip


def _released(audit: Audit, pay: Released, row: Record, asset: str, result: str) -> list[Text]:
    """Everything frozen for somebody, part by part."""
    sql = "SELECT event, frozen FROM withdrawal_frozen WHERE clause = ? AND participant = ? AND frozen > 0 ORDER BY event_at, event"
    parts = audit.engine.rows(sql, [pay.released, row["payee"]])
    told = " + ".join(f"{int(frozen)} ({event})" for event, frozen in parts[:LISTED]) or "0"
    more = f" + … ({len(parts) - LISTED})" if len(parts) > LISTED else ""
    return [
        Text(f"全额释放 {pay.released} 曾冻结的：{told}{more}，即 {result}。",
             f"All that {pay.released} had frozen: {told}{more}, which is {result}."),
    ]  # fmt: skip

"""Observed against expected: a discrepancy, a payment, a stake."""

from __future__ import annotations

from typing import Any

from audit.case import Audit
from audit.evidence.award import award_parts
from audit.evidence.declared import clause_part, era_at, section_part
from audit.evidence.inputs import SHOWN, Record, cells, keyed, listed, money, records, shown, source
from audit.evidence.told import Part, part
from audit.finding import Text
from audit.reconcile import DISCREPANCY_KEY

OF_RECORD = "source_file = ? AND record = ?"
KINDS = {
    "missing": Text("应付而没有付款", "owed, and no payment settles it"),
    "wrong_amount": Text("数额不符", "paid in another amount"),
    "wrong_asset": Text("资产不符", "paid in another asset"),
    "wrong_payee": Text("付给了别人", "paid to somebody else"),
    "late": Text("迟付", "paid after its deadline"),
    "unexpected": Text("没有应付而有付款", "paid, and nothing is owed for it"),
    "duplicate": Text("已付清而又付一次", "paid again after it was settled"),
    "undetermined": Text("无法确定", "not to be told from this export"),
}


def discrepancy_parts(audit: Audit, key: str) -> list[Part]:
    """Each difference under a key, what was owed and how that is reckoned, and what was paid."""
    if not audit.has("discrepancy"):
        return []
    rows = audit.engine.records(f"SELECT * FROM discrepancy WHERE {DISCREPANCY_KEY} = ? ORDER BY ALL", [key])
    parts: list[Part] = []
    for row in rows:
        kind = KINDS.get(row["kind"], Text(row["kind"], row["kind"]))
        parts += part(
            Text(f"差异：{kind.zh}（{row['kind']}）", f"Difference: {kind.en} ({row['kind']})"), _difference(audit, row)
        )
    for event, clause in dict.fromkeys((row["event"], row["clause"]) for row in rows):
        told = award_parts(audit, event, clause) if event and clause else []
        parts += told or (clause_part(audit, clause, None) if clause else [])
    summed = {
        (row["payee"] or row["paid_to"], row["asset"], row["clause"]): row for row in rows if row["event"] is None
    }
    for row in summed.values():
        parts += _summed(audit, row)
    for row in rows:
        if row["payment_id"] is not None:
            parts += part(
                Text("付款记录", "The payment on record"),
                listed(audit, (("payment", one) for one in records(audit, "payment", "payment_id", row["payment_id"]))),
            )
    return parts


def _difference(audit: Audit, row: Record) -> list[Text]:
    owed = money(audit, row["asset"], row["owed"]) if row["owed"] is not None else "0"
    paid = money(audit, row["paid_asset"] or row["asset"], row["paid"]) if row["paid"] is not None else "0"
    to, got = row["payee"] or "–", row["paid_to"] or "–"
    steps = [
        Text(f"应付：{owed}，给 {to}。", f"Owed: {owed} to {to}."),
        Text(f"实付：{paid}，给 {got}。", f"Paid: {paid} to {got}."),
    ]
    if row["kind"] == "late" and row["due_at"] and row["paid_at"]:
        due, at = shown(audit, row["due_at"]), shown(audit, row["paid_at"])
        after = row["paid_at"] - row["due_at"]
        steps.append(Text(f"期限 {due}；付款 {at}；迟 {after}。", f"Due {due}; paid {at}; late by {after}."))
    stake = money(audit, row["asset"] or row["paid_asset"], row["at_stake"])
    sum_ = ""
    if row["kind"] == "wrong_amount" and row["owed"] is not None and row["paid"] is not None:
        sum_ = f" = |{int(row['paid'])} − {int(row['owed'])}|"
    return [*steps, Text(f"涉及：{stake}{sum_}。", f"At stake: {stake}{sum_}{' steps' if sum_ else ''}.")]


def _summed(audit: Audit, row: Record) -> list[Part]:
    """Where payments bear no reference: all that one person earned and was paid, under a clause and in an asset."""
    where, given = "payee = ? AND asset = ?", [row["payee"] or row["paid_to"], row["asset"] or row["paid_asset"]]
    if row["clause"] is not None:
        where, given = f"{where} AND clause = ?", [*given, row["clause"]]
    parts: list[Part] = []
    for relation, title, order in (
        ("expected_award", Text("应得各笔", "What was earned"), "event_at, event"),
        ("ledger", Text("所付各笔", "What was paid"), "paid_at, source_file, record"),
    ):
        count, total = audit.engine.rows(
            f"SELECT count(*), coalesce(sum(amount), 0) FROM {relation} WHERE {where}", given
        )[0]
        found = audit.engine.records(f"SELECT * FROM {relation} WHERE {where} ORDER BY {order} LIMIT {SHOWN}", given)
        lines: list[Text | str] = [_summand(audit, one) for one in found]
        if count > SHOWN:
            lines.append(Text(f"…… 另有 {count - SHOWN} 笔", f"… and {count - SHOWN} more"))
        sum_ = money(audit, given[1], total)
        parts += part(
            title, [*lines, Text(f"共 {count} 笔，合计 {sum_}。", f"{count} in all, which add up to {sum_}.")]
        )
    return parts


def _summand(audit: Audit, one: dict[str, Any]) -> str:
    names = ("event", "clause", "amount", "event_at", "due_at", "paid_at", "payment_id")
    place = source(audit, one).en
    return f"{place} · {cells(audit, one, names)}" if place else cells(audit, one, names)


def payment_parts(audit: Audit, key: str) -> list[Part]:
    """A payment: its record, how it was read, and what it settles."""
    found = records(audit, "payment", "payment_id", key)
    if not found:
        return []
    parts = part(Text("付款记录", "The payment on record"), listed(audit, (("payment", one) for one in found)))
    rows = (
        audit.engine.records("SELECT * FROM ledger WHERE payment_id = ? ORDER BY ALL", [key])
        if audit.has("ledger")
        else []
    )
    if not rows:
        why = Text(
            "不与任何条款对照：不是奖励（如提现、退款），或是付给平台账户的款项，或该号已用过。",
            "Compared with no clause: it is no award (such as a withdrawal), money paid in, or its id was used before.",
        )
        return [*parts, *part(Text("对照", "Compared"), [why])]
    for row in rows:
        lines = [_verdict(audit, row, one) for one in _differences(audit, key)] or [_settled(audit, row)]
        parts += part(Text("对照", "Compared"), lines)
        if row["event"] is not None and row["clause"] is not None:
            parts += award_parts(audit, row["event"], row["clause"])
    return parts


def _differences(audit: Audit, payment: str) -> list[Record]:
    if not audit.has("discrepancy"):
        return []
    return audit.engine.records("SELECT * FROM discrepancy WHERE payment_id = ? ORDER BY ALL", [payment])


def _verdict(audit: Audit, row: Record, one: Record) -> Text:
    kind = KINDS.get(one["kind"], Text(one["kind"], one["kind"]))
    stake = money(audit, one["asset"] or one["paid_asset"], one["at_stake"])
    return Text(f"{kind.zh}（{one['kind']}），涉及 {stake}。", f"{kind.en} ({one['kind']}), {stake} at stake.")


def _settled(audit: Audit, row: Record) -> Text:
    place = [row["source_file"], row["record"]]
    if audit.has("payment_reversed") and audit.engine.value(f"SELECT 1 FROM payment_reversed WHERE {OF_RECORD}", place):
        how = Text("冲回先前同额的一笔", "Takes back an earlier payment of as much")
        how = how if row["amount"] < 0 else Text("后来被同额冲回", "Was taken back later by as much")
        return Text(f"{how.zh}：两笔相抵，等于没有付。", f"{how.en}: by the two, nothing was paid.")
    if audit.has("pair_in_parts") and audit.engine.value(
        f"SELECT 1 FROM paid_row WHERE {OF_RECORD} AND paid_id IN (SELECT paid_id FROM pair_in_parts)", place
    ):
        return Text("与同一奖励的其他各笔合计，等于应付。", "With other payments of the same award it adds up to what was owed.")
    sql = "SELECT count(*) FROM award_due WHERE event = ? AND clause = ? AND payee = ? AND asset = ? AND amount = ? AND NOT unknown"
    given = [row[name] for name in ("event", "clause", "payee", "asset", "amount")]
    if audit.has("award_due") and audit.engine.value(sql, given):
        told = money(audit, row["asset"], row["amount"])
        return Text(f"与应付相符：{told}，给 {row['payee']}。", f"Settles what was owed: {told} to {row['payee']}.")
    if row["illegible"]:
        return Text("记录不全或无法读取，不能对照。", "The record is not whole or not readable, so it is not compared.")
    return Text("按合计对照，没有差异归于此笔。", "Compared in sums; no difference is put down to this payment.")


def stake_parts(audit: Audit, key: str) -> list[Part]:
    """What taking part cost by the rules, and what the record says was paid."""
    parts: list[Part] = []
    for table in ("entry", "activity"):
        found = [one for name, one in keyed(audit, key) if name == table]
        at = next((one.get("entered_at") or one.get("started_at") for one in found), None)
        declared = getattr(era_at(audit, at)[1], table)
        if not found or declared is None:
            continue
        parts += section_part(audit, table, Text("参加的代价", "What taking part costs"), declared.says, at)
        parts += part(Text("依据的记录", "Read from"), listed(audit, ((table, one) for one in found)))
        for one in found:
            if one.get("paid") is not None:
                asset = str(one["asset"])
                due = declared.stake.get(asset)
                steps = audit.units(asset).steps(due) if due is not None else 0
                paid, owed = money(audit, asset, one["paid"]), money(audit, asset, steps)
                parts += part(
                    Text("计算", "Reckoned"),
                    [
                        Text(
                            f"实付 {paid}，应付 {owed}，差 {money(audit, asset, one['paid'] - steps)}。",
                            f"Paid {paid}, declared {owed}, difference {money(audit, asset, one['paid'] - steps)}.",
                        )
                    ],
                )
    return parts

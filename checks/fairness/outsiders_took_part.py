"""People took part to whom the campaign is closed.

Does: lists entries, wins, orders and starts of people outside the group to which the rules say the campaign is open, with what
    they paid, and the awards paid to them for it.
Matters: a lowest age or a region that is written and not kept protects nobody; what was sold to a minor may have to be given back.
How: `eligible` of the version in force, for the participant on the day of the event. An age on joining tells the age on a later
    day to within a year: only who cannot have come of age is outside. Awards are those whose `ref` is such an event, or the
    person, where they never took part inside the group.
Blind to: people whose age or group the export does not hold: they are counted as "cannot tell" and never as outside. That
    everybody is inside is said only where all of them can be told. Orders that no clause, price or rank bears on take no part.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.engine import literal
from audit.evidence.eligible import said
from audit.finding import Finding, Text, Verdict, check, nothing
from audit.rules import eras

MINORS = ("cn-blindbox-2023-minors", "cn-civil-code-art19-20", "cn-minors-2020-art59", "kr-dts-15-2")
TRUE = ("cn-truthful-information",)
WHAT = {
    "entries": Text("参加", "entries"),
    "orders": Text("订单", "orders"),
    "starts": Text("发起", "activities started"),
}
AWARDS = """
WITH outsider AS (
    SELECT participant_id FROM taken_part GROUP BY participant_id HAVING count(*) = count(*) FILTER (NOT is_inside)
)
SELECT y.payment_id, y.payee_id, y.reason, y.ref, y.paid_at, y.asset, CAST(y.amount AS HUGEINT) AS amount, y.source_file, y.record
FROM payment_once AS y
WHERE y.reason IN ({clauses}) AND (
    (y.ref = y.payee_id AND y.payee_id IN (SELECT participant_id FROM outsider))
    OR EXISTS (SELECT 1 FROM taken_part AS j WHERE NOT j.is_inside AND j.event = y.ref AND j.participant_id = y.payee_id))
ORDER BY y.paid_at, y.payment_id"""
COUNTS = """
SELECT what, count(*), count(is_inside), count(*) FILTER (NOT is_inside)
FROM taken_part GROUP BY what ORDER BY what"""
OUTSIDE = """
SELECT event, participant_id, age, moment, asset, paid, outcome, source_file, record
FROM taken_part WHERE what = {what} AND NOT is_inside ORDER BY moment, event"""
SUMS = "SELECT asset, sum({column}) FROM ({rows}) AS sums WHERE asset IS NOT NULL AND {column} > 0 GROUP BY asset ORDER BY asset"


@check(needs=("participant.participant_id",), provisions=(*MINORS, *TRUE))
def outsiders_took_part(audit: Audit) -> Iterator[Finding]:
    """Yield one finding for each way of taking part, and one on the awards paid to those outside."""
    rules, scope = audit.rules, audit.case.scope
    if not any(era.eligible for era in eras(rules)):
        yield nothing("participants", "规则没有限定参加者。", "The rules are open to everybody.")
        return
    found = audit.engine.rows(COUNTS) if audit.has("taken_part") else []
    if not found:
        yield nothing("participants", "导出中没有人参加。", "Nobody in the export took part.")
        return
    open_to = said(next(era.eligible for era in reversed(eras(rules)) if era.eligible))
    for what, total, known, outside in found:
        yield _told(audit, what, open_to, (total, total - known, outside), OUTSIDE.format(what=literal(what)))
    if any(outside for *_, outside in found) and audit.awards and scope.has("payment", "ref", "payee_id", "reason"):
        yield from _awards(audit, AWARDS.format(clauses=", ".join(map(literal, audit.awards))))


def _told(audit: Audit, what: str, open_to: Text, counted: tuple[int, int, int], sql: str) -> Finding:
    """Of one way of taking part: FAIL where somebody outside did, PASS where everybody can be told and is inside."""
    total, unknown, outside = counted
    rows = evidence(audit, sql)
    won = sum(row["outcome"] not in (None, "loss") for row in rows)
    won_zh, won_en = (f"，其中中奖 {won} 次", f", {won} of which won") if won else ("", "")
    unsure_zh = f"另有 {unknown} 笔，导出不足以判断。" if unknown else ""
    unsure_en = f" Of {unknown} more the export cannot tell." if unknown else ""
    zh, en = WHAT[what].zh, WHAT[what].en
    return Finding(
        what,
        Verdict.FAIL if outside else Verdict.INCONCLUSIVE if unknown else Verdict.PASS,
        Text(f"活动只对{open_to.zh}的人开放；{zh} {total} 笔中，人群之外的有 {outside} 笔{won_zh}。{unsure_zh}",
             f"The campaign is open only to people {open_to.en}; of {total} {en} {outside} are of people outside{won_en}.{unsure_en}"),
        declared=open_to,
        observed=str(outside),
        amount=_sums(audit, sql, "paid"),
        rows=rows,
        sql=sql,
        provisions=(*(MINORS if _aged(audit) else ()), *TRUE),
        places=(audit.at("eligible"),),
    )  # fmt: skip


def _awards(audit: Audit, sql: str) -> Iterator[Finding]:
    """What those outside were paid for it."""
    rows = evidence(audit, sql)
    if rows:
        people = len({row["payee_id"] for row in rows})
        text = Text(
            f"人群之外的 {people} 人因此获付奖励 {len(rows)} 笔。",
            f"Awards paid for it to people outside: {len(rows)}, to {people} of them.",
        )
        yield Finding(
            "awards",
            Verdict.FAIL,
            text,
            observed=str(len(rows)),
            amount=_sums(audit, sql, "amount"),
            rows=rows,
            sql=sql,
            clauses=tuple(sorted({str(row["reason"]) for row in rows})),
            provisions=(*(MINORS if _aged(audit) else ()), *TRUE),
            places=(audit.at("eligible"),),
        )


def _aged(audit: Audit) -> bool:
    return any(era.eligible and era.eligible.age for era in eras(audit.rules))


def _sums(audit: Audit, sql: str, column: str) -> dict[str, str]:
    return {
        asset: audit.units(asset).show(total)
        for asset, total in audit.engine.rows(SUMS.format(column=column, rows=sql))
    }

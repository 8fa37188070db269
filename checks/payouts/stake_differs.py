"""Entries cost something other than the declared stake.

Does: lists entries whose recorded stake differs from the declared one.
Matters: a price that differs from person to person, or from the page, is the plainest broken promise.
How: `paid` of each entry against the stake of `entry` in the rules, in the same asset. A record tells one asset: where the
    stake is of several, an entry that paid one of them does not pass.
Blind to: entries from before or after the rules; discounts and coupons booked elsewhere than in the entry.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Finding, Text, Verdict, check
from audit.rules import eras


@check(needs=("entry.paid", "entry.asset"), provisions=("cn-price-promises",))
def stake_differs(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all entries."""
    entry = audit.rules.entry
    if entry is None or not entry.stake or not audit.case.scope.has("entry", "paid"):
        why = Text(
            "规则没有入场费，或导出没有记录所付金额。",
            "The rules declare no stake, or the export does not hold what was paid.",
        )
        yield Finding("entry", Verdict.NOT_APPLICABLE, why)
        return
    if not audit.engine.value("SELECT count(*) FROM entry_once WHERE paid IS NOT NULL"):
        yield Finding("entry", Verdict.NOT_APPLICABLE, Text("导出没有一次参与。", "The export holds no entry."))
        return
    scope = audit.case.scope
    declared = (
        " OR ".join(
            f"(asset = {literal(asset)} AND paid = {audit.units(asset).steps(amount)}"
            f" AND coalesce(entered_at >= {scope.moment(era.effective.from_)}, true)"
            f" AND coalesce(entered_at < {scope.moment(era.effective.to)}, true))"
            for era in eras(audit.rules)
            for asset, amount in (era.entry.stake if era.entry else {}).items()
        )
        or "true"
    )
    free = [era.effective for era in eras(audit.rules) if not era.entry or not era.entry.stake]
    declared += "".join(
        f" OR (paid = 0 AND entered_at >= {scope.moment(one.from_)} AND coalesce(entered_at < {scope.moment(one.to)}, true))"
        for one in free
    )
    span = audit.rules.effective
    looked = f"paid IS NOT NULL AND {scope.within('entered_at', span.from_, span.to, alone=True)}"
    if not audit.engine.value(f"SELECT count(*) FROM entry_once WHERE {looked}"):
        why = Text("规则施行期内没有一次参与。", "Nobody entered while the rules were in force.")
        yield Finding("entry", Verdict.NOT_APPLICABLE, why)
        return
    sql = (
        "SELECT entry_id, participant_id, asset, paid, entered_at, source_file, record\nFROM entry_once\n"
        f"WHERE {looked} AND NOT ({declared})\nORDER BY entry_id"
    )
    rows = evidence(audit, sql)
    several = " OR ".join(
        f"(coalesce(entered_at >= {scope.moment(era.effective.from_)}, true)"
        f" AND coalesce(entered_at < {scope.moment(era.effective.to)}, true))"
        for era in eras(audit.rules)
        if era.entry and sum(amount > 0 for amount in era.entry.stake.values()) > 1
    )
    if several and not rows:
        sql = (
            "SELECT asset, paid, count(*) AS entries\nFROM entry_once\n"
            f"WHERE paid IS NOT NULL AND ({several})\nGROUP BY asset, paid ORDER BY asset, paid"
        )
        parts = evidence(audit, sql)
        if parts:
            count = sum(int(str(one["entries"])) for one in parts)
            text = Text(
                f"声明的入场费由几种资产组成，{count} 次参与的记录各只有其中一种；其余是否也已支付无从得知。",
                f"The declared stake is of several assets, and the records of {count} entries tell one of them each: whether the "
                "rest was paid cannot be told.",
            )
            yield Finding("entry", Verdict.INCONCLUSIVE, text, rows=parts, sql=sql)
            return
    stake = " + ".join(f"{amount} {asset}" for asset, amount in entry.stake.items())
    yield Finding(
        "entry",
        Verdict.FAIL if rows else Verdict.PASS,
        Text(
            f"{len(rows)} 次参与所付金额不是声明的 {stake}。",
            f"{len(rows)} entries were not paid with the declared {stake}.",
        )
        if rows
        else Text(f"每次参与都按声明支付 {stake}。", f"Every entry was paid with the declared {stake}."),
        declared=stake,
        observed=str(len(rows)),
        rows=rows,
        sql=sql,
    )

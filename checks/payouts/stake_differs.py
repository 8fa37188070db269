"""Entries cost something other than the declared stake.

Does: lists entries whose recorded stake differs from the declared one.
Matters: a price that differs from person to person, or from the page, is the plainest broken promise.
How: `paid` of each entry against the stake of `entry` in the rules, in the same asset. A record tells one asset: where the
    stake is of several, an entry that paid one of them does not pass.
Blind to: entries from before or after the rules; discounts and coupons booked elsewhere than in the entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Finding, Text, Verdict, check, several
from audit.rules import Rules, eras


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
    looked = f"paid IS NOT NULL AND {_while(audit, audit.rules)}"
    if not audit.engine.value(f"SELECT count(*) FROM entry_once WHERE {looked}"):
        why = Text("规则施行期内没有一次参与。", "Nobody entered while the rules were in force.")
        yield Finding("entry", Verdict.NOT_APPLICABLE, why)
        return
    sql = (
        "SELECT entry_id, participant_id, asset, paid, entered_at, source_file, record\nFROM entry_once\n"
        f"WHERE {looked} AND NOT ({_declared(audit)})\nORDER BY entry_id"
    )
    rows = evidence(audit, sql)
    parted = [era for era in eras(audit.rules) if era.entry and sum(part > 0 for part in era.entry.stake.values()) > 1]
    if parted and not rows and (found := _in_part(audit, parted)):
        yield found
        return
    stake = " + ".join(f"{amount} {asset}" for asset, amount in entry.stake.items())
    yield Finding(
        "entry",
        Verdict.FAIL if rows else Verdict.PASS,
        Text(
            f"{len(rows)} 次参与所付金额不是声明的 {stake}。",
            f"{several(len(rows), 'entry was', 'entries were')} not paid with the declared {stake}.",
        )
        if rows
        else Text(f"每次参与都按声明支付 {stake}。", f"Every entry was paid with the declared {stake}."),
        declared=stake,
        observed=str(len(rows)),
        rows=rows,
        sql=sql,
    )


def _while(audit: Audit, rules: Rules, *, alone: bool = True) -> str:
    """Whether an entry was made while these rules stood; alone: one of unknown moment counts too."""
    return audit.case.scope.within("entered_at", rules.effective.from_, rules.effective.to, alone=alone)


def _declared(audit: Audit) -> str:
    """Whether an entry was paid with the stake that stood, or with nothing where none did."""
    tests = [
        f"(asset = {literal(asset)} AND paid = {audit.units(asset).steps(amount)} AND {_while(audit, era)})"
        for era in eras(audit.rules) if era.entry for asset, amount in era.entry.stake.items()
    ]  # fmt: skip
    free = [era for era in eras(audit.rules) if not era.entry or not era.entry.stake]
    return " OR ".join([*tests, *(f"(paid = 0 AND {_while(audit, era, alone=False)})" for era in free)])


def _in_part(audit: Audit, parted: Sequence[Rules]) -> Finding | None:
    """Entries of which the record tells one part of a stake in several assets."""
    when = " OR ".join(_while(audit, era) for era in parted)
    sql = (
        "SELECT asset, paid, count(*) AS entries\nFROM entry_once\n"
        f"WHERE paid IS NOT NULL AND ({when})\nGROUP BY asset, paid ORDER BY asset, paid"
    )
    rows = evidence(audit, sql)
    count = sum(int(str(one["entries"])) for one in rows)
    text = Text(
        f"声明的入场费由几种资产组成，{count} 次参与的记录各只有其中一种；其余是否也已支付无从得知。",
        f"The declared stake is of several assets, and the records of {several(count, 'entry', 'entries')} tell one of them each: "
        "whether the rest was paid cannot be told.",
    )
    return Finding("entry", Verdict.INCONCLUSIVE, text, rows=rows, sql=sql) if rows else None

"""More was released from a fund than it ever held.

Does: follows each person's fund through what it was owed and what was paid out of it, and lists payments beyond the balance.
Matters: a fund that pays out more than it holds pays from somebody else's money, and books that allow it prove nothing.
How: awards that fill the fund, at their event, less payments under the clauses that unlock it, at their moment; the sum
    never falls below nothing. It holds also where the amounts to unlock were never declared.
    A balance that may have been filled before the export, or by an award of which the amount is not known, does not tell.
Blind to: releases that are too small or missing: `payout_wrong`, `payout_missing`.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.engine import by_id
from audit.finding import Finding, Text, Verdict, check, several
from checks.payouts import NEEDS, total

SQL = f"""
WITH balances AS (
    SELECT *, sum(move) OVER (PARTITION BY payee, fund ORDER BY paid_at, turn, {by_id('payment_id')}
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS balance
    FROM (
        SELECT payee, held AS fund, asset, event, clause, NULL AS payment_id, NULL AS paid, event_at AS paid_at,
            0 AS turn, move, NULL AS source_file, NULL AS record
        FROM fund_release WHERE fund IS NULL AND NOT unknown
        UNION ALL
        SELECT p.payee, c.fund, p.asset, p.event, p.clause, p.payment_id, p.amount, p.paid_at,
            1, -CAST(p.amount AS HUGEINT), p.source_file, p.record
        FROM ledger AS p JOIN (SELECT DISTINCT clause, fund FROM clause WHERE fund IS NOT NULL) AS c ON c.clause = p.clause
        WHERE NOT p.illegible
    ) AS moves
), overdrawn AS (
    SELECT *, greatest(0, -min(balance) OVER (PARTITION BY payee, fund ORDER BY paid_at, turn, {by_id('payment_id')}
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS beyond
    FROM balances
), each AS (
    -- what one payment took beyond the fund is not held against the honest ones after it
    SELECT *, beyond - lag(beyond, 1, 0) OVER (PARTITION BY payee, fund ORDER BY paid_at, turn, {by_id('payment_id')}) AS at_stake
    FROM overdrawn
)
SELECT payee, fund, asset, event, clause, payment_id, paid, paid_at, at_stake, source_file, record
FROM each
WHERE at_stake > 0
    AND {{test}}(EXISTS (SELECT 1 FROM fund_release AS r WHERE r.payee = each.payee AND r.fund IS NULL AND r.unknown){{early}})
ORDER BY payee, paid_at, payment_id"""


@check(needs=NEEDS, provisions=("cn-truthful-information",))
def release_above_fund(audit: Audit) -> Iterator[Finding]:
    """Yield a FAIL for each fund that was overdrawn, else one PASS."""
    if not audit.has("fund_release") or audit.grain != "reference":
        why = Text(
            "规则没有逐步释放的基金，或付款没有条款。",
            "The rules unlock no fund, or payments do not name their clause.",
        )
        yield Finding("funds", Verdict.NOT_APPLICABLE, why)
        return
    first = audit.case.scope.cut(audit.rules.effective.from_)
    # who joined within the period had no fund before it
    early = f""" OR NOT EXISTS (SELECT 1 FROM participant_once AS p
        WHERE p.participant_id = each.payee AND p.joined_at > {first})""" if first else ""  # fmt: skip
    sql, open_ = (SQL.replace("{test}", test).replace("{early}", early) for test in ("NOT ", ""))
    rows = evidence(audit, sql)
    for fund in sorted({str(row["fund"]) for row in rows}):
        bad = tuple(row for row in rows if row["fund"] == fund)
        people = len({row["payee"] for row in bad})
        amount = total(audit, bad)
        money = ", ".join(f"{value} {asset}" for asset, value in amount.items())
        yield Finding(
            fund,
            Verdict.FAIL,
            Text(f"{fund}：{people} 人的释放超过余额，共 {len(bad)} 笔，共透支 {money}。",
                 f"{fund}: releases of {several(people, 'person')} went beyond the balance, "
                 f"{several(len(bad), 'payment')}; overdrawn by {money}."),
            observed=str(len(bad)),
            amount=amount,
            rows=bad,
            sql=sql,
        )  # fmt: skip
    released = audit.engine.value(
        "SELECT count(*) FROM ledger AS p WHERE p.clause IN (SELECT clause FROM clause WHERE fund IS NOT NULL)"
    )
    if not released:
        yield Finding("funds", Verdict.NOT_APPLICABLE, Text("没有一次释放。", "Nothing was released from a fund."))
    elif not rows and (left := evidence(audit, open_)):
        text = Text(
            f"{len(left)} 笔释放超过导出所见的余额，而其人的基金此前或以不明数额已有存入，不能下结论。",
            f"{several(len(left), 'release')} went beyond the balance that the export shows, "
            "of people whose fund may have been filled before it "
            "or by an amount that is not known. Cannot tell.",
        )
        yield Finding("funds", Verdict.INCONCLUSIVE, text, observed=str(len(left)), rows=left, sql=open_)
    elif not rows:
        words = Text("没有一次释放超过基金余额。", "No release went beyond what the fund held.")
        yield Finding("funds", Verdict.PASS, words, observed="0", sql=sql)

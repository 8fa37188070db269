"""The random shares of a pot do not add up to it, or one is below the least.

Does: adds the shares of each completed group and compares the sum with the pot, and each share with the declared least.
Matters: what is missing from the sum stays with the platform; nobody in the group can see it.
How: the recorded share of each place, else what was paid to the group under the clause, too little only once it was all due;
    exact, in whole steps.
Blind to: how a pot that adds up was divided; that is a question of the declared law of chance.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Finding, Text, Verdict, check, several
from audit.rules import Split, eras
from checks.payouts import NEEDS, total

RECORDED = "SELECT activity_id, share, entry_id AS id, source_file, record FROM entry_played WHERE share IS NOT NULL"
PAID = (
    "SELECT event AS activity_id, amount AS share, payment_id AS id, source_file, record FROM ledger\n"
    "    WHERE clause = {clause} AND asset = {asset} AND NOT illegible"
)
SQL = """
SELECT s.activity_id, {asset} AS asset, count(s.share) AS shares, g.places, sum(s.share) AS paid, {pot} AS owed,
    min(s.share) AS amount, CASE WHEN sum(s.share) = {pot} THEN greatest(0, {least} - min(s.share))
        ELSE abs({pot} - coalesce(sum(s.share), 0)) END AS at_stake,
    min(s.source_file) AS source_file, min(s.record) AS record
FROM group_state AS g
CROSS JOIN horizon AS h
JOIN ({shares}) AS s ON s.activity_id = g.activity_id
WHERE g.is_full AND g.filled_at >= {first} AND coalesce(g.filled_at < {end}, true)
GROUP BY s.activity_id, g.places, g.filled_at, h.until_at
HAVING {whole} (sum(s.share) > {pot} OR (sum(s.share) < {pot} AND {due}) OR min(s.share) < {least})
ORDER BY s.activity_id"""


@check(needs=(*NEEDS, "outcome.share"), provisions=("cn-truthful-information",))
def split_differs(audit: Audit) -> Iterator[Finding]:
    """Yield a finding for each clause with a random split."""
    recorded = audit.case.scope.has("outcome", "share")
    found = False
    for era in eras(audit.rules):
        for name, award in era.awards.items():
            for asset, pay in (award.pays or {}).items():
                if isinstance(pay, Split) and pay.split == "random" and audit.has("group_state"):
                    if not recorded and audit.grain != "reference":
                        continue
                    found = True
                    units = audit.units(asset)
                    scope = audit.case.scope
                    due = award.due if award.due is not None else era.due
                    shares = RECORDED if recorded else PAID.format(clause=literal(name), asset=literal(asset))
                    sql = SQL.format(
                        asset=literal(asset),
                        pot=units.steps(pay.pot),
                        least=units.steps(pay.least) if pay.least is not None else 1,
                        shares=shares,
                        whole="count(s.share) = g.places AND" if recorded else "",
                        due="true" if due is None or recorded else
                        f"g.filled_at + INTERVAL {int(due.total_seconds())} SECOND < h.until_at",
                        first=scope.moment(era.effective.from_),
                        end=scope.moment(era.effective.to),
                    )
                    if not audit.engine.value(f"SELECT count(*) FROM ({shares}) AS s"):
                        nobody = Text(f"{name}：没有一组分过。", f"{name}: no group has shared anything.")
                        yield Finding(name, Verdict.NOT_APPLICABLE, nobody, clauses=(name,))
                        continue
                    yield _finding(audit, name, asset, f"{units.show(units.steps(pay.pot))} {asset}", sql)
    if not found:
        why = Text(
            "规则没有随机分配，或导出没有各份的数额。",
            "The rules share nothing at random, or the export does not hold the shares.",
        )
        yield Finding("shares", Verdict.NOT_APPLICABLE, why)


def _finding(audit: Audit, name: str, asset: str, whole: str, sql: str) -> Finding:
    rows = evidence(audit, sql)
    amount = total(audit, rows)
    money = ", ".join(f"{value} {one}" for one, value in amount.items())
    words = Text(
        f"{name}：各组的份额都恰好合计 {whole}，且没有一份低于下限。",
        f"{name}: the shares of every group add up to {whole}, none below the least.",
    )
    if rows:
        words = Text(
            f"{name}：{len(rows)} 组的各份之和不是 {whole}，或有一份低于下限，相差 {money}。",
            f"{name}: in {several(len(rows), 'group')} the shares do not add up to {whole}, or one is below the least: "
            f"{money} apart.",
        )
    return Finding(name, Verdict.FAIL if rows else Verdict.PASS, words, observed=str(len(rows)), amount=amount,
                   rows=rows, sql=sql, clauses=(name,))  # fmt: skip

"""Accounts that share a device, an address or a payment account win far more than their entries would.

Does: bets, cluster by cluster, that linked accounts win more often than declared.
Matters: a ring of accounts in one hand can be made to win; each account alone looks lucky at most.
How: given the entries, each at its declared chance; a cluster is named only when its evidence survives having looked at
    all of them (the risk of the case shared equally). A household that wins as its entries would is never named.
Blind to: rings without a shared identity; values that more than 200 accounts share. A lead, with its links, no conclusion.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from checks.people import PRESET, gains, need, shown

ENTRIES = """
SELECT c.cluster AS subject, e.* FROM entry_chance AS e JOIN account_cluster AS c ON c.participant_id = e.participant_id"""
SIZE = """
SELECT max(c.accounts), count(DISTINCT e.participant_id)
FROM account_cluster AS c LEFT JOIN entry_chance AS e ON e.participant_id = c.participant_id WHERE c.cluster = {cluster}"""
LINKS = """
SELECT c.participant_id, l.kind, l.link AS value, i.source_file, i.record
FROM account_cluster AS c
JOIN identity_link AS l ON l.participant_id = c.participant_id
JOIN identity AS i ON i.participant_id = l.participant_id AND i.kind = l.kind
WHERE c.cluster = {cluster} ORDER BY l.kind, l.link, c.participant_id"""


@check(needs=("entry.participant_id", "outcome.outcome"), provisions=PRESET)
def wins_concentrated_in_clusters(audit: Audit) -> Iterator[Finding]:
    """Yield a lead for each cluster found, or one that says how many were looked at."""
    if not audit.has("account_cluster") or not audit.has("entry_chance"):
        yield nothing(
            "clusters", "导出没有设备、地址或支付账户，或没有抽取记录。", "The export holds no identities or no draws."
        )
        return
    tested = int(audit.engine.value(f"SELECT count(DISTINCT subject) FROM ({ENTRIES}) AS tested"))
    if not tested:
        yield nothing("clusters", "没有关联账户参加抽取。", "No linked accounts took part in a draw.")
        return
    found = gains(audit, ENTRIES, need(audit, tested))
    for cluster, entries, wins, due, gain in found:
        accounts, entered = audit.engine.rows(SIZE.format(cluster=literal(cluster)))[0]
        sql = LINKS.format(cluster=literal(cluster))
        yield Finding(
            f"cluster of {cluster}",
            Verdict.FAIL,
            Text(
                f"{accounts} 个共用设备、地址或支付账户的账户（{entered} 个参加）共参加 {entries} 次、中 {wins} 次，按机会应约 "
                f"{float(due):.2f} 次；"
                f"证据为声明机会的 {shown(gain)} 倍（已计入同时看了 {tested} 组）。这是线索：先核实关联，再问为何。",
                f"{accounts} accounts that share a device, an address or a payment account ({entered} took part) entered {entries} times "
                f"and won {wins}; the declared chances give {float(due):.2f}. {shown(gain)} to 1 against them, with {tested} "
                f"clusters looked "
                "at. A lead: verify the links first, then ask why.",
            ),
            Basis.SCREEN,
            declared=f"{float(due):.2f}",
            observed=str(wins),
            rows=evidence(audit, sql),
            sql=sql,
            e_value=float(gain),
        )
    if not found:
        yield Finding(
            "clusters",
            Verdict.PASS,
            Text(
                f"看了 {tested} 组关联账户，没有一组的中奖超出其参加次数可解释的范围。",
                f"{tested} clusters of linked accounts were looked at; none won more than its entries explain.",
            ),
            Basis.SCREEN,
            observed="0",
        )

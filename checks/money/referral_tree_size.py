"""Persons and levels of the referral tree.

Does: counts persons and levels under each head, on invitations and on those invitations that were paid for.
Matters: statutes set numbers of persons and levels, and count them differently.
How: everybody below the head of their tree; China counts the organiser's own level, Korea begins with the first seller and
    leaves the company out. Accounts that share a device, address or payment account are also counted once.
Blind to: organisers outside the export, each of whom would add a level. Size alone is one element of several.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Basis, Finding, Text, Verdict, check, nothing, several
from checks import law

LAW = ("cn-spc-spp-mps-2013-37-s1", "cn-spc-spp-mps-2013-37-s7", "cn-spc-spp-mps-2013-37-serious", "cn-criminal-law-224-1",
       "cn-psap-2025-art34", "kr-dts-2-5")  # fmt: skip
SQL = """
SELECT head, count(*) AS persons, max(level) AS levels
FROM {levels} GROUP BY head HAVING count(*) > 1 ORDER BY persons DESC, levels DESC, head"""
SAME = """
SELECT coalesce(max(people) FILTER (NOT paid), 0), coalesce(max(people) FILTER (paid), 0) FROM (
    SELECT grouping(l.head) = 1 AS paid, count(DISTINCT coalesce(c.cluster, l.person)) AS people
    FROM tree_level AS l LEFT JOIN account_cluster AS c ON c.participant_id = l.person
    GROUP BY GROUPING SETS ((l.head), (l.paid_head))) AS tree"""


@check(needs=("participant.referrer_id",), provisions=LAW)
def referral_tree_size(audit: Audit) -> Iterator[Finding]:
    """Yield a screen on invitations (noted) and one on paid invitations (lit where a threshold is met)."""
    if not audit.has("invited_level") or not audit.engine.value("SELECT count(*) FROM invited"):
        yield nothing("tree", "导出没有推荐关系或付款。", "The export holds no referrers or no payments.")
        return
    company = set(audit.case.file.platform_accounts)
    limits = law.thresholds(audit, "persons")
    unpaid = audit.engine.value("SELECT count(*) FROM tree_level WHERE level > 1 AND paid_level = 1")
    past = audit.engine.value("SELECT count(*) FROM reward_reach WHERE past")
    once = audit.engine.rows(SAME)[0] if audit.has("account_cluster") else (0, 0)
    both = (("invitations", "invited_level"), ("paid invitations", "paid_level"))
    for (subject, levels), people in zip(both, once, strict=True):
        sql = SQL.format(levels=levels)
        trees = audit.engine.rows(sql)
        persons, depth = max((n for _, n, _ in trees), default=0), max((d for *_, d in trees), default=0)
        met = []
        for name, version in limits:
            less = version.get("counted") == "first-seller"
            counted = [(n - (less and head in company), d - (less and head in company)) for head, n, d in trees]
            deep = [n for n, d in counted if d >= version["levels"]]
            if deep and law.meets(version, sum(deep)):
                met.append((name, version))
        lit = bool(met) and levels == "paid_level"
        zh = "、".join(version["cite"] for _, version in met) or "无"
        en = ", ".join(version["cite"] for _, version in met) or "none"
        same = f"（同设备、地址或支付账户并为一人后最大 {people} 人）" if people else ""
        same_en = f" ({people} when accounts that share an identity count once)" if people else ""
        differ = Text(
            f"有邀请而未因其付酬的 {unpaid} 对；其事件的奖励付给邀请人以外者的 {past} 人。",
            f"Invitations for which nobody was paid: {unpaid}; people for whom somebody past the inviter was paid: {past}.",
        )
        kind = (
            Text("邀请关系", "By invitations")
            if levels == "invited_level"
            else Text("付酬的邀请", "By paid invitations")
        )
        yield Finding(
            subject,
            Verdict.FAIL if lit else Verdict.PASS,
            Text(
                f"{kind.zh}：{len(trees)} 棵树，最大 {persons} 人{same}，最深 {depth} 层（含首位及其本层）。字面达到人数与层级门槛：{zh}。"
                f"规模只是要件之一，不等于违法。{differ.zh}",
                f"{kind.en}: {several(len(trees), 'tree')}, the largest of {several(persons, 'person')}{same_en}, the deepest of "
                f"{several(depth, 'level')}, the head's own included. Meets the textual threshold of persons and levels of: {en}. Size "
                f"is one element of several and by itself no offence. {differ.en}",
            ),
            Basis.SCREEN,
            observed=Text(f"{persons} 人，{depth} 层", f"{several(persons, 'person')}, {several(depth, 'level')}"),
            rows=tuple({"head": head, "persons": n, "levels": d} for head, n, d in trees[:100]),
            sql=sql,
            provisions=tuple(dict.fromkeys([*(name for name, _ in met), *LAW])) if met else LAW,
        )

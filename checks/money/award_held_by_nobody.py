"""Awards whose recipient does not exist stay with the platform.

Does: adds up the awards of roles that nobody holds: no referrer, no team leader, or one that does not count.
Matters: the money was promised to be given away; how much stays is part of what the platform earns.
How: events on which a clause bears and whose role is empty; a missing, own, unknown or later-joined referrer holds none.
Blind to: roles filled by accounts of the platform itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Basis, Finding, Text, Verdict, check, nothing

SQL = "SELECT clause, asset, awards, amount FROM award_total WHERE standing = 'unheld' ORDER BY clause, asset"


@check()
def award_held_by_nobody(audit: Audit) -> Iterator[Finding]:
    """Yield one screen with a row for each clause; it reports a sum and accuses nobody."""
    if not audit.has("award_total"):
        yield nothing("awards", "没有可重放的奖励。", "There are no awards to replay.")
        return
    if not audit.engine.value("SELECT coalesce(sum(awards), 0) FROM award_total"):
        yield nothing("awards", "没有应付的奖励。", "No award fell due.")
        return
    rows = evidence(audit, SQL)
    totals: dict[str, int] = {}
    for _, asset, _, amount in audit.engine.rows(SQL):
        totals[asset] = totals.get(asset, 0) + int(amount)
    kept = {asset: audit.units(asset).show(steps) for asset, steps in sorted(totals.items())}
    money = ", ".join(f"{value} {asset}" for asset, value in kept.items()) or "0"
    yield Finding(
        "awards",
        Verdict.PASS,
        Text(
            f"因无人担任相应角色而无需支付、留在平台的奖励：{money}。",
            f"Kept by the platform because nobody holds the role: {money}.",
        ),
        Basis.SCREEN,
        observed=money,
        amount=kept,
        rows=rows,
        sql=SQL,
    )

"""Rewards are paid mainly out of entry fees.

Does: splits every reward by the money it is paid for: entry fees, own orders, sales outside, stakes, the platform's own.
Matters: rewards that outsiders' purchases carry can go on; rewards that new members' fees carry end with the new members.
How: rewards traced by reference to the event, its money classed by a printed rule; what exceeds a class is the platform's own.
    Starting fees, and stakes that the export leaves out, are taken as declared.
Blind to: how far participants would have bought anyway; no statute of China sets a number, so the share alone is a fact.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.engine import literal
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from audit.money import starting_fees
from audit.money.attribution import attribution
from checks.money import SOURCES, amount_of, money_assets, percent, traced

LAW = ("us-koscot-1975", "us-burnlounge-2014", "us-ftc-advisory-2004", "us-ftc-mlm-guidance-2024", "eu-ucpd-annex1-14",
       "cn-spc-spp-mps-2013-37-s5")  # fmt: skip
SQL = """
SELECT source, sum(payments) AS awards, sum(amount) AS amount, asset
FROM reward_total WHERE source <> 'returned' AND asset = {asset} GROUP BY source, asset ORDER BY source"""
MOVED = "SELECT source, sum(moved) FROM buyer_total WHERE asset = {asset} GROUP BY source"


@check(provisions=LAW)
def rewards_by_source(audit: Audit) -> Iterator[Finding]:
    """Yield a screen for each asset, lit where entry fees carry more than half of the rewards."""
    assets = money_assets(audit) if traced(audit) else []
    if not assets:
        yield nothing("rewards", "没有可归集的奖励。", "There are no rewards that can be traced.")
    rule = attribution(audit.rules, audit.case.file.attribution)
    for asset in assets:
        sql = SQL.format(asset=literal(asset))
        given = {source: (count, int(amount)) for source, count, amount, _ in audit.engine.rows(sql)}
        moved = {source: int(steps or 0) for source, steps in audit.engine.rows(MOVED.format(asset=literal(asset)))}
        moved["stake"] = moved.get("stake", 0) + _declared_stakes(audit, asset)
        total = sum(amount for _, amount in given.values())
        own = sum(amount - min(amount, moved.get(source, 0)) for source, (_, amount) in given.items()
                  if source not in ("pool", "untraced"))  # fmt: skip
        shares = {source: percent(amount, total) for source, (_, amount) in given.items()}
        lit = 2 * min(given.get("entry", (0, 0))[1], moved.get("entry", 0)) > total > 0
        zh = "，".join(f"{SOURCES[source].zh} {share}" for source, share in shares.items())
        en = ", ".join(f"{SOURCES[source].en} {share}" for source, share in shares.items())
        yield Finding(
            f"rewards in {asset}",
            Verdict.FAIL if lit else Verdict.PASS,
            Text(
                f"奖励共 {amount_of(audit, asset, total)} {asset}：{zh}；其中超出所带来的钱、只能出自平台的 "
                f"{percent(own, total)}。{rule.zh}",
                f"Rewards of {amount_of(audit, asset, total)} {asset}: {en}; beyond what its event class brought in, and so the "
                f"platform's own, {percent(own, total)}. {rule.en}",
            ),
            Basis.SCREEN,
            observed=Text(zh, en),
            amount={asset: amount_of(audit, asset, total)},
            rows=tuple(
                {"source": source, "awards": count, "amount": amount_of(audit, asset, amount), "asset": asset,
                 "share": shares[source], "moved": amount_of(audit, asset, moved.get(source, 0))}
                for source, (count, amount) in given.items()
            ),
            sql=sql,
        )  # fmt: skip


def _declared_stakes(audit: Audit, asset: str) -> int:
    """What activities and, where the export does not say what was paid for them, entries cost as declared."""
    fee = starting_fees(audit.rules).get(asset, 0)
    stake = audit.rules.entry.stake.get(asset) if audit.rules.entry and not audit.case.scope.has("entry", "paid") else None
    started = audit.engine.value("SELECT count(*) FROM activity_once WHERE initiator_id IS NOT NULL") if fee else 0
    entered = audit.engine.value("SELECT count(*) FROM entry_once") if stake else 0
    return fee * int(started or 0) + (audit.units(asset).steps(stake) if stake else 0) * int(entered or 0)

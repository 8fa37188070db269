"""If recruiting stopped today, money would not cover what is promised.

Does: from the day the export ends, asks how long cash would carry the payouts without entry money, and what is left over.
Matters: a plan that needs ever more new money ends with those who joined last.
How: cash is what was recorded in less out; payouts and income of the last thirty days with payouts; where people got a
    multiple of what they paid in, the growth that the same multiple needs (m^(1/L)).
Blind to: money that the platform holds or owes outside the export.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from audit.forecast.growth import growth_needed
from checks.money import amount_of, money_assets, percent

FLOW = """
SELECT day, asset, entry, other, payout, sum(entry + other - payout) OVER (ORDER BY day) AS cash
FROM money_day WHERE asset = {asset} ORDER BY day"""
REPAID = """
SELECT median(CAST(m.received AS DOUBLE) / CAST(m.paid AS DOUBLE)), median(date_diff('second', m.first_in, m.first_out)), count(*)
FROM member_money AS m WHERE m.asset = {asset} AND m.paid > 0 AND m.received > m.paid AND m.first_out > m.first_in"""


@check(
    needs=("payment.amount", "payment.paid_at"),
    provisions=(
        "cn-rebate-warning-2018",
        "jp-mugen-2",
        "cn-spc-fundraising-2022-art2-4",
        "cn-illegal-fundraising-2021-art2",
    ),
)
def run_off(audit: Audit) -> Iterator[Finding]:
    """Yield a screen for each asset, lit where without entry money the last payouts outrun all other income."""
    assets = money_assets(audit) if audit.has("money_day") else []
    if not assets:
        yield nothing("cash", "导出没有带时间的金钱往来。", "The export holds no flows of money with their times.")
    for asset in assets:
        sql = FLOW.format(asset=literal(asset))
        days = audit.engine.rows(sql)
        if not any(row[4] > 0 for row in days):
            yield nothing(f"cash in {asset}", "导出没有付出的记录。", "The export holds no payouts with their times.")
            continue
        cash, lowest = int(days[-1][5]), min(int(row[5]) for row in days)
        busy = [row[0] for row in days if row[4] > 0][-30:]
        recent = [row for row in days if busy[0] <= row[0] <= busy[-1]]
        span = (busy[-1] - busy[0]).days + 1
        entry, other, payout = (sum(int(row[place]) for row in recent) for place in (2, 3, 4))
        owing = 0
        if audit.has("owed_by_clause"):
            owing = int(audit.engine.value(
                "SELECT coalesce(sum(greatest(owed - paid, 0)), 0) FROM owed_by_clause WHERE asset = ?", [asset]))  # fmt: skip
        gap = payout - other
        lit = entry > 0 and gap > 0
        lasts = max(cash, 0) * span // gap if gap > 0 else None
        multiple, seconds, repaid = audit.engine.rows(REPAID.format(asset=literal(asset)))[0]
        grow = Text("", "")
        if lit and repaid and seconds:
            hours = seconds / 3600
            rate = f"（每天 {100 * (growth_needed(multiple, hours / 24) - 1):.2f} %）" if hours >= 24 else ""
            rate_en = rate.replace("（每天 ", " (").replace(" %）", " % a day)")
            grow = Text(f"收回超过所付的 {repaid} 人中位数为 {multiple:.4f} 倍、{hours:.1f} 小时：若人人如此，投入须每 "
                        f"{hours:.1f} 小时增至 {multiple:.4f} 倍{rate}。",
                        f" Those who got more than they paid ({repaid}) got {multiple:.4f} times in {hours:.1f} hours at the median: for "
                        f"all to fare so, money in must grow {multiple:.4f}-fold every {hours:.1f} hours{rate_en}.")  # fmt: skip
        zh = f"若没有新的入门费，按近 {span} 天的收支，现金只够 {lasts} 天。" if lit else "近期支付不依赖入门费。"
        en = (f"Without new entry money, at the pace of the last {span} days, cash lasts {lasts} days." if lit
              else "Recent payouts do not depend on entry money.")  # fmt: skip
        yield Finding(
            f"cash in {asset}",
            Verdict.FAIL if lit else Verdict.PASS,
            Text(
                f"截止时账面现金 {amount_of(audit, asset, cash)} {asset}（最低曾为 {amount_of(audit, asset, lowest)}），已承诺未付 "
                f"{amount_of(audit, asset, owing)}；近 {span} 天入门费收入 {amount_of(audit, asset, entry)}、其他收入 "
                f"{amount_of(audit, asset, other)}、支付 {amount_of(audit, asset, payout)}（占收入 "
                f"{percent(payout, entry + other)}）。{zh}{grow.zh}",
                f"Recorded cash at the end is {amount_of(audit, asset, cash)} {asset} (at its lowest {amount_of(audit, asset, lowest)}), "
                f"promised and unpaid {amount_of(audit, asset, owing)}; in the last {span} days entry money "
                f"{amount_of(audit, asset, entry)}, "
                f"other income {amount_of(audit, asset, other)}, payouts {amount_of(audit, asset, payout)} "
                f"({percent(payout, entry + other)} of income). {en}{grow.en}",
            ),
            Basis.SCREEN,
            observed=amount_of(audit, asset, cash),
            amount={asset: amount_of(audit, asset, cash)},
            rows=evidence(audit, f"SELECT * FROM ({sql}) AS days ORDER BY day DESC LIMIT 60"),
            sql=sql,
        )  # fmt: skip

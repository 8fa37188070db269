"""Checks of where money and coupons come from and go to. Most are screens: facts that conclude nothing."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from audit.case import Audit
from audit.finding import Text
from audit.forecast import show
from checks import law

PYRAMID = (
    "cn-anti-pyramid-2005-art2", "cn-anti-pyramid-2005-art7-1", "cn-anti-pyramid-2005-art7-2", "cn-criminal-law-224-1",
    "cn-spc-spp-mps-2013-37-s5", "us-koscot-1975", "eu-ucpd-annex1-14", "uk-unfair-practices", "jp-mugen-2", "kr-dts-24",
)  # fmt: skip
SOURCES = {
    "entry": Text("入门费", "entry fees"),
    "own": Text("参加者自用", "participants' own orders"),
    "outside": Text("对外销售", "sales to people outside the plan"),
    "stake": Text("活动参与费", "stakes of activities"),
    "none": Text("不带来钱的事件", "events that move no money"),
    "pool": Text("按日分配的奖池", "pools shared by the day"),
    "untraced": Text("无法归集", "what cannot be traced"),
}


def percent(part: int | Fraction | Decimal, whole: int | Fraction | Decimal) -> str:
    """A share with two decimals: `58.66 %`; `–` of nothing."""
    return f"{show(Fraction(part) * 100 / Fraction(whole))} %" if whole else "–"


def money_assets(audit: Audit) -> list[str]:
    """The assets that people both paid and were paid in."""
    if not audit.has("member_money"):
        return []
    sql = "SELECT asset FROM member_money GROUP BY asset HAVING sum(paid) > 0 AND sum(received) > 0 ORDER BY asset"
    return [asset for (asset,) in audit.engine.rows(sql)]


def traced(audit: Audit) -> bool:
    """Whether rewards can be traced to the events they are paid for."""
    return audit.has("reward_total") and audit.case.scope.has("payment", "reason", "ref")


def amount_of(audit: Audit, asset: str, steps: Any) -> str:
    """An amount in units, of steps that may be a mean."""
    units = audit.units(asset)
    return units.show(int(Decimal(steps or 0).to_integral_value(ROUND_HALF_UP)))


def measured(audit: Audit, unit: str, value: Fraction | int) -> tuple[tuple[str, ...], Text]:
    """The provisions whose number this value meets, and the words that say so."""
    met = [(name, version) for name, version in law.thresholds(audit, unit) if law.meets(version, value)]
    zh = "".join(f"达到{version['cite']}字面上的门槛（{version['value']}）。" for _, version in met)
    en = "".join(f" Meets the textual threshold of {version['cite']} ({version['value']})." for _, version in met)
    return tuple(name for name, _ in met), Text(zh, en)

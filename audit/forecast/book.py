"""A forecast of one rules file as exhibits: exact where it can be, simulated where it must, each saying which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from audit.exhibit import Exhibit
from audit.finding import Text
from audit.forecast.activity import show, show_odds
from audit.forecast.courses import boosts_left_out, courses
from audit.forecast.draws import odds_exhibits
from audit.forecast.flows import PLATFORM, flows
from audit.forecast.measure import Case, distribution, ends, mean
from audit.forecast.rounds import Played, played
from audit.rules import Boxes, Rules

ASSET, ROLE = Text("资产", "asset"), Text("角色", "role")
CHANCE, MEAN = Text("概率", "chance"), Text("平均", "mean")


@dataclass(frozen=True)
class Plan:
    """How much is simulated: runs campaigns of rounds each. The same seed gives the same figures."""

    rounds: int = 10_000
    runs: int = 100
    seed: int = 1
    entries: int = 0  # of one activity of a raffle; 0: as the clauses' counts suggest
    price: int = 100  # of one order, in units


def forecast(rules: Rules, plan: Plan) -> tuple[Exhibit, ...]:
    """Every exhibit that these rules allow."""
    found = [*_roles(rules, plan), *_outcomes(rules), *odds_exhibits(rules, plan.entries), *_account(rules, plan)]
    if len(courses(rules)) > 1 and rules.draw and plan.runs and plan.rounds:
        found += _simulated(rules, plan)
    return tuple(found)


def _assets(rules: Rules) -> list[str]:
    moved = {flow.asset for way in courses(rules) for flow in flows(rules, way)}
    return [name for name in rules.assets if name in moved]


def _who(rules: Rules) -> list[str]:
    found = dict.fromkeys(
        role for way in courses(rules) for flow in flows(rules, way) for role in (flow.source, flow.target)
    )
    order = ["initiator", "participant", *(role for role in found if "." in role), PLATFORM]
    return [role for role in order if role in found]


def both(least: Fraction, most: Fraction) -> str:
    """A figure, or the two ends between which a choice leaves it."""
    return show(least) if least == most else f"{show(least)} … {show(most)}"


def _roles(rules: Rules, plan: Plan) -> Iterator[Exhibit]:
    rows = []
    for role in _who(rules):
        for asset in _assets(rules):
            cases = distribution(rules, role, asset, plan.entries, Fraction(plan.price))
            if not cases or not any(ends(cases)):
                continue
            least, most = ends(cases)
            losing = sum((one.chance for one in cases if one.most < 0), Fraction(0))
            per = "entry" if role == "participant" else "round"
            rows.append((role, per, asset, show(least), both(*mean(cases)), show(most), show_odds(losing)))
    if rows:
        head = (
            ROLE,
            Text("每", "per"),
            ASSET,
            Text("最低", "lowest"),
            MEAN,
            Text("最高", "highest"),
            Text("亏损概率", "chance of a loss"),
        )
        note = Text(
            f"精确值。每个角色都有人担任；取决于选择或等级的奖励写作区间；订单按每笔 {plan.price} 计。",
            "Exact. Every role is held by somebody; what hangs on a choice or on ranks is a range; "
            f"orders are of {plan.price} each.",
        )
        left = boosts_left_out(rules)
        if left:
            note = Text(
                f"{note.zh}有 {left} 条加成取决于时间或参与者，未计入。",
                f"{note.en} Boosts that hang on the hour or the player are left out: {left}.",
            )
        yield Exhibit("roles", Text("各角色净得", "What each role nets"), head, tuple(rows), note)


def _outcomes(rules: Rules) -> Iterator[Exhibit]:
    """The initiator's and the platform's net for each outcome, one exhibit an asset in which it varies."""
    for asset in _assets(rules):
        for role in ("initiator", PLATFORM):
            cases = distribution(rules, role, asset)
            if len({(one.least, one.most) for one in cases}) < 2:
                continue
            said = "发起人" if role == "initiator" else "平台"
            head = (Text("结果", "outcome"), CHANCE, Text(f"净得 {asset}", f"net {asset}"))
            rows = tuple((one.name or "–", show_odds(one.chance), both(one.least, one.most)) for one in cases)
            bars = tuple((one.name or "–", float((one.least + one.most) / 2)) for one in cases)
            outcome = Text("中奖盒", "winning box") if isinstance(rules.draw, Boxes) else Text("结果", "outcome")
            yield Exhibit(
                f"outcomes-{role}-{asset}",
                Text(f"{said}净得（{asset}），按结果", f"What the {role} nets of {asset}, by outcome"),
                head, rows, Text("精确值。", "Exact."), bars if len(bars) <= 60 else (), axis=(outcome, Text(asset, asset)),
            )  # fmt: skip


def _account(rules: Rules, plan: Plan) -> Iterator[Exhibit]:
    """The platform's account of one round: what comes in and goes out under each clause, on average."""
    sums: dict[tuple[str, str, int], list[Fraction]] = {}
    for way in courses(rules, plan.entries, Fraction(plan.price)):
        for flow in flows(rules, way):
            sign = 1 if flow.target == PLATFORM else -1
            key = (f"{flow.source} → {flow.target}: {flow.clause}", flow.asset, sign)
            least, most = sums.setdefault(key, [Fraction(0), Fraction(0)])
            sums[key] = [least + way.chance * flow.least, most + way.chance * flow.most]
    if not sums:
        return
    rows = [
        (clause, asset, both(least, most) if sign > 0 else "", both(least, most) if sign < 0 else "")
        for (clause, asset, sign), (least, most) in sums.items()
    ]
    for asset in _assets(rules):
        cases = distribution(rules, PLATFORM, asset, plan.entries, Fraction(plan.price))
        rows.append(("Σ", asset, both(*mean(cases)), ""))
    head = (Text("条款", "clause"), ASSET, Text("收入", "in"), Text("支出", "out"))
    note = Text("精确的平均值；Σ 为平台所余。", "Exact averages; Σ is what is left to the platform.")
    yield Exhibit("account", Text("平台账目（每轮）", "The platform's account of a round"), head, tuple(rows), note)


def _simulated(rules: Rules, plan: Plan) -> Iterator[Exhibit]:
    assets = [asset for asset in _assets(rules) if any(_moves(one) for one in distribution(rules, PLATFORM, asset))]
    who = [(PLATFORM, asset) for asset in assets]
    if rules.activity:
        who += [("initiator", asset) for asset in assets if any(map(_moves, distribution(rules, "initiator", asset)))]
    results = played(rules, who, runs=plan.runs, rounds=plan.rounds, seed=plan.seed)
    yield _check(results, plan)
    for one in results:
        if one.role == PLATFORM and any(low < high for _, low, _, high in one.bands):
            yield _over_time(one)


def _moves(case: Case) -> bool:
    return bool(case.least or case.most)


def _check(results: Sequence[Played], plan: Plan) -> Exhibit:
    rows = tuple(
        (one.role, one.asset, f"{one.mean:.4f}", f"{one.error:.4f}", show(one.exact, 4), f"{one.off:.1f}")
        for one in results
    )
    head = (ROLE, ASSET, Text("模拟平均", "simulated mean"), Text("标准误", "standard error"), Text("精确值", "exact"),
            Text("相差（标准误）", "apart, in standard errors"))  # fmt: skip
    total = f"{plan.runs * plan.rounds:,}"
    note = Text(
        f"模拟 {total} 轮（种子 {plan.seed}）；选择按平台最贵的一种。",
        f"{total} simulated rounds (seed {plan.seed}); choices are those dearest to the platform.",
    )
    return Exhibit("simulated", Text("模拟与精确值对照", "The simulation, beside the exact figures"), head, rows, note)


def _over_time(one: Played) -> Exhibit:
    """What the platform holds of an asset as rounds go by; below zero, it owes or has given away more than it took."""
    marks = one.bands[:: max(1, len(one.bands) // 8)]
    marks = marks if marks[-1] == one.bands[-1] else (*marks, one.bands[-1])
    rows = tuple((f"{at:,.0f}", *(f"{value:,.2f}" for value in band)) for at, *band in marks)
    head = (Text("轮数", "rounds"), Text("5%", "5 %"), Text("中位", "median"), Text("95%", "95 %"))
    note = Text(
        f"平台收入减支出的累计；负数为尚未收回的 {one.asset}。模拟 {one.runs} 次。",
        f"What the platform has taken in less what it gave out; below zero, {one.asset} in circulation. {one.runs} simulated runs.",
    )
    title = Text(f"平台的 {one.asset} 累计", f"The platform's {one.asset} over time")
    return Exhibit(
        f"over-time-{one.asset}", title, head, rows, note, bands=one.bands, axis=(head[0], Text(one.asset, one.asset))
    )

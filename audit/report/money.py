"""Pictures of money: what came in and which clause paid it out, and how unequally it was received."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from audit.engine import Engine
from audit.finding import in_percent
from audit.report.charts import BAND, FILL, INK, RED, canvas
from audit.report.cover import Cover, Lang, has
from audit.report.show import money
from audit.rules import set_aside

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 14  # clauses of one picture; the smallest are drawn together
INCOME = (("entry_once", "paid"), ("purchase_once", "amount"))


def waterfalls(engine: Engine, cover: Cover, lang: Lang) -> Iterator[dict[str, Any]]:
    """For each asset that came in and was paid out: stakes and orders, less what each clause paid, and what is left."""
    if not has(engine, "owed_by_clause"):
        return
    taken: dict[str, int] = {}
    for relation, column in INCOME:
        sql = (
            f"SELECT asset, sum({column}) FROM {relation} WHERE {column} IS NOT NULL AND asset IS NOT NULL GROUP BY ALL"
        )
        for asset, total in engine.rows(sql) if has(engine, relation) else ():
            taken[asset] = taken.get(asset, 0) + int(total)
    started = _stakes(engine, cover)
    for asset in sorted({*taken, *started}):
        sql = "SELECT clause, paid FROM owed_by_clause WHERE asset = ? AND paid <> 0 ORDER BY paid DESC, clause"
        moved = set_aside(cover.rules) if cover.rules else []  # what was credited before counts once
        paid = [(str(clause or "–"), int(total)) for clause, total in engine.rows(sql, [asset]) if clause not in moved]
        if taken.get(asset, 0) + started.get(asset, 0) > 0 and paid:
            yield _waterfall(cover, lang, asset, (taken.get(asset, 0), started.get(asset, 0)), paid)


def _stakes(engine: Engine, cover: Cover) -> dict[str, int]:
    """What starting the recorded activities costs by the rules: exports seldom hold who paid it."""
    stake = cover.rules.activity.stake if cover.rules and cover.rules.activity else {}
    if not stake or not has(engine, "activity_once"):
        return {}
    count = int(engine.value("SELECT count(*) FROM activity_once"))
    return {asset: count * cover.units(asset).steps(amount) for asset, amount in stake.items()}


def _waterfall(
    cover: Cover, lang: Lang, asset: str, income: tuple[int, int], paid: list[tuple[str, int]]
) -> dict[str, Any]:
    shown = paid if len(paid) <= MOST else [*paid[: MOST - 1], ("…", sum(total for _, total in paid[MOST - 1 :]))]
    came, begun, left = (
        ("收入（参加费、订单）", "发起费（按声明）", "余下")
        if lang == "zh"
        else ("Stakes and orders", "Starting fees, as declared", "Left")
    )
    taken = sum(income)
    title = f"{asset}：收入与按条款的支出" if lang == "zh" else f"{asset}: what came in, and what each clause paid out"
    rest = taken - sum(total for _, total in shown)
    scale = cover.units(asset)
    unit = scale.step / 10**scale.decimals
    steps = [(came, 0, income[0], FILL)] if income[0] else []
    steps += [(begun, income[0], income[1], FILL)] if income[1] else []
    first = len(steps)
    level = taken
    for clause, total in shown:
        steps.append((clause, level - total, total, "#b98a5e"))
        level -= total
    steps.append((left, min(0, rest), abs(rest), FILL if rest >= 0 else RED))

    def draw(axes: Axes) -> None:
        for place, (_, start, size, colour) in enumerate(reversed(steps)):
            axes.barh(place, size * unit, 0.62, left=start * unit, color=colour, zorder=2,
                      hatch="////" if colour == RED else None, edgecolor="white", linewidth=0)  # fmt: skip
            axes.annotate(money(cover, asset, size if colour != RED else -size), ((start + size) * unit, place), (4, 0),
                          textcoords="offset points", va="center", fontsize=8.5)  # fmt: skip
        axes.set_yticks(range(len(steps)), [_short(name) for name, *_ in reversed(steps)])
        axes.axvline(0, color=INK, linewidth=0.8, zorder=3)
        axes.margins(x=0.13)
        axes.ticklabel_format(axis="x", style="plain", useOffset=False)
        axes.xaxis.set_major_formatter("{x:,.0f}")

    note = (
        "自上而下：收到的，减去各条款付出的，余下的。只算导出中有的参加费、订单和按条款的付款，发起费按声明乘以记录的活动数；"
        "提现和解冻只动用此前已记入的，不再计；成本与其他收支不在其中。"
        if lang == "zh"
        else "From the top: what was received, less what each clause paid, and what is left. Only stakes, orders and payments under "
        "clauses that the export holds, and declared fees of the activities on record; withdrawals and releases move what was credited "
        "before, and do not count again; costs and all else are not in it."
    )
    body = [[name, money(cover, asset, size if (place < first or place == len(steps) - 1) and colour != RED else -size)]
            for place, (name, _, size, colour) in enumerate(steps)]  # fmt: skip
    told = "; ".join(" ".join(row) for row in body)
    head = ["", f"{asset}"]
    svg = canvas(draw, title, told, f"waterfall-{asset}", height=0.8 + 0.34 * len(steps), grid="x")
    return {"name": "waterfall", "svg": svg, "title": title, "note": note, "head": head, "body": body}


def lorenz(engine: Engine, cover: Cover, lang: Lang) -> Iterator[dict[str, Any]]:
    """How the money paid to people is spread over them, by asset paid to at least ten."""
    if not has(engine, "member_money"):
        return
    sql = (
        "SELECT asset, hundredth, count(*), sum(total)\nFROM (\n"
        "    SELECT asset, received AS total, ntile(100) OVER (PARTITION BY asset ORDER BY received, person) AS hundredth\n"
        "    FROM member_money WHERE received > 0\n"
        ") AS people\nGROUP BY asset, hundredth ORDER BY asset, hundredth"
    )
    found: dict[str, list[tuple[int, int]]] = {}
    for asset, _, people, total in engine.rows(sql):
        found.setdefault(asset, []).append((int(people), int(total)))
    told = {asset: parts for asset, parts in found.items() if sum(people for people, _ in parts) >= 10}
    most = sorted(told, key=lambda asset: (asset != "CNY", -sum(total for _, total in told[asset]), asset))[:1]
    for asset in most:
        yield _lorenz(cover, lang, asset, told[asset])


def _lorenz(cover: Cover, lang: Lang, asset: str, parts: list[tuple[int, int]]) -> dict[str, Any]:
    people, total = sum(count for count, _ in parts), sum(sum_ for _, sum_ in parts)
    points, seen, got, area = [(0.0, 0.0)], 0, 0, 0.0
    for count, sum_ in parts:
        seen, got = seen + count, got + sum_
        x, y = seen / people, got / total
        area += (x - points[-1][0]) * (y + points[-1][1]) / 2
        points.append((x, y))
    gini = 1 - 2 * area
    tenth = 1 - next(y for x, y in reversed(points) if x <= 0.9 + 1e-12)
    title = (
        f"{asset} 在收款人之间的分布（洛伦兹曲线）"
        if lang == "zh"
        else f"How {asset} was spread over those who received it (Lorenz curve)"
    )

    def draw(axes: Axes) -> None:
        axes.fill_between([x for x, _ in points], [x for x, _ in points], [y for _, y in points], color=BAND, zorder=1)
        axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle="--", zorder=2)
        axes.plot([x for x, _ in points], [y for _, y in points], color=FILL, linewidth=2, zorder=3)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
        axes.set_xlabel("收款人，由少到多" if lang == "zh" else "those who received anything, the least first")
        axes.set_ylabel("所得份额" if lang == "zh" else "share of the money")

    note = (
        f"{people:,} 人收到 {money(cover, asset, total)} {asset}；虚线为人人一样多。基尼系数 {gini:.3f}；"
        f"得最多的十分之一人得 {in_percent(tenth)}。"
        "没有收到的人不在其中；投入未扣除。"
        if lang == "zh"
        else f"{people:,} people received {money(cover, asset, total)} {asset}; dashed: the same for all. Gini {gini:.3f}; the tenth who "
        f"got most received {in_percent(tenth)}. Who received nothing is not in it; what people paid in is not deducted."
    )
    picked = [
        point
        for place, point in enumerate(points)
        if place % max(1, len(points) // 10) == 0 or place == len(points) - 1
    ]
    head = ["收款人" if lang == "zh" else "People", "所得份额" if lang == "zh" else "Share"]
    body = [[in_percent(x, 0), in_percent(y)] for x, y in picked]
    svg = canvas(draw, title, note, "lorenz", height=3.9)
    return {"name": "lorenz", "svg": svg, "title": title, "note": note, "head": head, "body": body}


def _short(name: str) -> str:
    return name if len(name) <= 28 else name[:27] + "…"

"""Pictures of people: how deep referrals go, and whether those who joined earlier fared otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from audit.engine import Engine
from audit.report.charts import BAND, FILL, INK, RED, canvas
from audit.report.cover import Lang, has
from audit.report.wins import bar_of, parts_by
from audit.report.words import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DEEPEST = 30  # levels drawn one by one


def levels(engine: Engine, lang: Lang) -> Iterator[dict[str, Any]]:
    """How many people stand how many referrals below somebody whom nobody recruited."""
    if not has(engine, "standing") or not engine.value("SELECT count(*) FROM standing WHERE referrer IS NOT NULL"):
        return
    sql = (
        "WITH RECURSIVE reached AS (\n"
        "    SELECT participant_id, 0 AS level FROM standing WHERE referrer IS NULL\n"
        "    UNION ALL\n"
        "    SELECT s.participant_id, r.level + 1 FROM standing AS s JOIN reached AS r ON r.participant_id = s.referrer\n"
        f"    WHERE r.level < {DEEPEST}\n"
        ")\nSELECT level, count(*) FROM reached GROUP BY level ORDER BY level"
    )
    rows = [(int(level), int(count)) for level, count in engine.rows(sql)]
    if not rows:  # every chain closes upon itself
        return
    below = int(engine.value("SELECT count(*) FROM standing")) - sum(count for _, count in rows)
    title = "推荐层级" if lang == "zh" else "Levels of referral"

    def draw(axes: Axes) -> None:
        for level, count in rows:
            axes.bar(level, count, 0.7, color=FILL, zorder=2)
            if len(rows) <= 16:
                axes.annotate(
                    f"{count:,}", (level, count), (0, 2), textcoords="offset points", ha="center", fontsize=8.5
                )
        axes.set_xticks([level for level, _ in rows][:: max(1, len(rows) // 16)])
        axes.set_xlabel("层级（0：无人推荐）" if lang == "zh" else "level (0: recruited by nobody)")
        axes.set_ylabel("人数" if lang == "zh" else "people")

    deep = rows[-1][0]
    more_zh = f"；另有 {below:,} 人在更深处或在首尾相连的链上" if below else ""
    more_en = f"; {below:,} more stand deeper, or in chains that close upon themselves" if below else ""
    note = (
        f"按推荐人逐级数：最深 {deep} 级{more_zh}。只算有效的推荐人（先加入、不是本人）。层级本身不说明是否按层级付酬，付酬见条款。"
        if lang == "zh"
        else f"Counted by referrer, step by step: the deepest is {deep}{more_en}. Only referrers that count (joined before, not oneself). "
        "Levels alone do not say that anybody is paid by level; the clauses do."
    )
    head = ["层级" if lang == "zh" else "Level", "人数" if lang == "zh" else "People"]
    body = [[str(level), f"{count:,}"] for level, count in rows]
    yield {
        "name": "levels",
        "svg": canvas(draw, title, note, "levels"),
        "title": title,
        "note": note,
        "head": head,
        "body": body,
    }


def by_cohort(engine: Engine, lang: Lang) -> Iterator[dict[str, Any]]:
    """Wins of quarters of the people by when they joined, as a multiple of what their own entries' chances give."""
    if not (has(engine, "expected_draw") and has(engine, "entry_played")):
        return
    joins = (
        "\nJOIN entry_played AS e ON e.entry_id = x.event\n"
        "JOIN (\n    SELECT participant_id, ntile(4) OVER (ORDER BY joined_at, participant_id) AS quarter\n"
        "    FROM participant_once WHERE joined_at IS NOT NULL\n) AS p ON p.participant_id = e.participant_id"
    )
    found = parts_by(engine, "p.quarter", joins)
    names = ("最早的四分之一", "第二个四分之一", "第三个四分之一", "最晚的四分之一") if lang == "zh" else (
        "earliest quarter", "second quarter", "third quarter", "latest quarter")  # fmt: skip
    bars = [bar_of(names[quarter - 1], parts) for quarter, parts in sorted(found.items())]
    if len(bars) < 2 or any(not bar.expected for bar in bars):
        return
    say, outside = words(lang), sum(bar.outside for bar in bars)
    title = (
        "按加入先后分组的中奖与公布概率" if lang == "zh" else "Wins by when people joined, against the declared odds"
    )

    def draw(axes: Axes) -> None:
        for place, bar in enumerate(reversed(bars)):
            due = float(bar.expected)
            axes.barh(place, (bar.high - bar.low) / due, 0.5, left=bar.low / due, color=BAND, zorder=1)
            axes.plot(
                [bar.seen / due],
                [place],
                "X" if bar.outside else "o",
                color=RED if bar.outside else FILL,
                markersize=8,
                zorder=3,
            )
        axes.axvline(1, color=INK, linewidth=1.2, zorder=2)
        axes.set_yticks(range(len(bars)), [bar.label for bar in reversed(bars)])
        axes.set_xlabel(
            "记录的中奖次数 ÷ 按公布概率应有的次数"
            if lang == "zh"
            else "wins on record ÷ wins that the declared chances give"
        )

    note = (
        f"黑线：公布的概率；灰区：公布属实时各组 95% 的范围；标 × 的在其外：{len(bars)} 组中有 {outside} 组。图不作结论，裁决见下。"
        if lang == "zh"
        else "Black line: the declared odds; grey: where each group alone falls 95 times in 100, were they true; ×: outside it, "
        f"{outside} of {len(bars)}. A picture concludes nothing; the verdicts do."
    )
    head = [say["group"], say["entries"], say["wins"], say["expected"], say["range"]]
    body = [
        [bar.label, f"{bar.tries:,}", f"{bar.seen:,}", f"{float(bar.expected):,.2f}", f"{bar.low:,}–{bar.high:,}"]
        for bar in bars
    ]
    svg = canvas(draw, title, note, "cohorts", height=2.5, grid="x")
    yield {"name": "cohorts", "svg": svg, "title": title, "note": note, "head": head, "body": body}

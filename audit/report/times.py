"""Pictures over time: wins against declared odds, and what the data cover."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from audit.engine import Engine, literal
from audit.report.charts import BAND, FILL, INK, RED, Bar, canvas
from audit.report.cover import Cover, Lang
from audit.report.wins import Part, bar_of, parts_by
from audit.report.words import words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SPANS = 30  # spans into which the time is cut for odds
STRIPS = 120  # spans for coverage
MOMENTS = (
    ("participant", "joined_at"), ("activity", "started_at"), ("entry", "entered_at"), ("purchase", "paid_at"),
    ("payment", "paid_at"), ("draw", "drawn_at"),
)  # fmt: skip


def odds_over_time(engine: Engine, cover: Cover, lang: Lang) -> Iterator[dict[str, Any]]:
    """Wins of each span of days beside what the declared chances of its own entries give."""
    day = f"CAST(timezone({literal(cover.zone)}, x.event_at) AS DATE)"
    bars = _spans(parts_by(engine, day))
    if len(bars) < 3:
        return
    say, outside = words(lang), sum(bar.outside for bar in bars)
    title = "各时段中奖次数与公布概率" if lang == "zh" else "Wins over time, against the declared odds"

    def draw(axes: Axes) -> None:
        places = range(len(bars))
        axes.fill_between(
            places, [bar.low for bar in bars], [bar.high for bar in bars], color=BAND, step="mid", zorder=1
        )
        axes.step(places, [float(bar.expected) for bar in bars], where="mid", color=INK, linewidth=1.4, zorder=2)
        for place, bar in zip(places, bars, strict=True):
            axes.plot(
                [place],
                [bar.seen],
                "X" if bar.outside else "o",
                color=RED if bar.outside else FILL,
                markersize=6.5,
                zorder=3,
            )
        every = max(1, -(-len(bars) // 8))
        axes.set_xticks(list(places)[::every], [bar.label for bar in bars][::every])
        axes.set_ylim(bottom=0)
        axes.set_ylabel(say["wins"])

    note = (
        "点：该时段记录的中奖次数。黑线：按公布概率、就这些抽取应有的次数。灰区：公布属实时各时段有 95% 机会落入的范围"
        f"（满员的一组有几人中奖是确定的，整组都在其中时没有宽度）；"
        f"标 × 的在灰区之外：{len(bars)} 段中有 {outside} 段。图不作结论，裁决见下。"
        if lang == "zh"
        else "Dot: wins on record in that span. Black line: what the declared chances of its own entries give. Grey: where each span "
        "alone falls 95 times in 100, were the declaration true (how many of a full group win is certain: without width where "
        f"all of it is there); marked ×: outside the grey, {outside} of {len(bars)}. "
        "A picture concludes nothing; the verdicts do."
    )
    told = (
        f"{len(bars)} 个时段，{outside} 个在灰区之外。"
        if lang == "zh"
        else f"{len(bars)} spans, {outside} outside their range."
    )
    head = [say["since_day"], say["entries"], say["wins"], say["expected"], say["range"]]
    body = [
        [bar.label, f"{bar.tries:,}", f"{bar.seen:,}", f"{float(bar.expected):,.2f}", f"{bar.low:,}–{bar.high:,}"]
        for bar in bars
    ]
    yield {
        "name": "odds-over-time",
        "svg": canvas(draw, title, told, "odds-over-time"),
        "title": title,
        "note": note,
        "head": head,
        "body": body,
    }


def _spans(days: Mapping[date, list[Part]]) -> list[Bar]:
    """Days put together into at most SPANS spans of equal length, each a bar."""
    if not days:
        return []
    first, last = min(days), max(days)
    size = -(-((last - first).days + 1) // SPANS)
    found: dict[int, list[Part]] = {}
    for day, parts in sorted(days.items()):
        found.setdefault((day - first).days // size, []).extend(parts)
    return [bar_of((first + timedelta(days=place * size)).isoformat(), parts) for place, parts in sorted(found.items())]


def coverage(engine: Engine, cover: Cover, lang: Lang) -> Iterator[dict[str, Any]]:
    """How many records of each table fall on which days: where the export has holes, it shows."""
    counts: dict[str, dict[date, int]] = {}
    for table, column in MOMENTS:
        moment = f"CAST(timezone({literal(cover.zone)}, {column}) AS DATE)"
        exists = engine.value(
            "SELECT count(*) FROM duckdb_columns() WHERE table_name = ? AND column_name = ?", [table, column]
        )
        sql = f"SELECT {moment} AS day, count(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY ALL ORDER BY ALL"
        days = dict(engine.rows(sql)) if exists else {}
        if days:
            counts[table] = days
    if not counts:
        return
    first, last = min(min(days) for days in counts.values()), max(max(days) for days in counts.values())
    size = -(-((last - first).days + 1) // STRIPS)
    strips = {table: _strip(days, first, last, size) for table, days in counts.items()}
    title = "各表各日的记录数" if lang == "zh" else "Records by day, table by table"
    say = words(lang)

    def draw(axes: Axes) -> None:
        for place, strip in enumerate(reversed(strips.values())):
            most = max(strip)
            for at, count in enumerate(strip):
                if count:
                    axes.bar(at, 0.12 + 0.68 * count / most, 1.0, bottom=place, color=FILL, linewidth=0, zorder=2)
        axes.set_yticks(
            [place + 0.3 for place in range(len(strips))], [_name(table, say) for table in reversed(strips)]
        )
        width = len(next(iter(strips.values())))
        every = max(1, width // 6)
        axes.set_xticks(
            range(0, width, every), [(first + timedelta(days=at * size)).isoformat() for at in range(0, width, every)]
        )
        axes.set_xlim(-0.8, width - 0.2)

    body = []
    for table, days in counts.items():
        total, empty = sum(days.values()), (max(days) - min(days)).days + 1 - len(days)
        body.append([_name(table, say), f"{total:,}", min(days).isoformat(), max(days).isoformat(), f"{empty:,}"])
    note = (
        "每格为 "
        + (f"{size} 天" if size > 1 else "一天")
        + "，柱高为该表当日记录数（各表自成比例）；空白处没有记录。没有记录不等于没有发生。"
        if lang == "zh"
        else f"Each column is {size} day{'s' if size > 1 else ''}, as high as the table's records on it (to its own scale); blank: no "
        "record. No record does not mean that nothing happened."
    )
    told = (
        "；".join(f"{row[0]} {row[1]}" for row in body)
        if lang == "zh"
        else "; ".join(f"{row[0]} {row[1]}" for row in body)
    )
    svg = canvas(draw, title, told, "coverage", height=0.9 + 0.55 * len(strips), grid="x")
    head = [say["table"], say["rows"], say["first_day"], say["last_day"], say["days_without"]]
    yield {"name": "coverage", "svg": svg, "title": title, "note": note, "head": head, "body": body}


def _strip(days: dict[date, int], first: date, last: date, size: int) -> list[int]:
    strip = [0] * ((last - first).days // size + 1)
    for day, count in days.items():
        strip[(day - first).days // size] += count
    return strip


def _name(table: str, say: dict[str, str]) -> str:
    return say.get(f"table_{table}", table)

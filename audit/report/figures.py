"""Which pictures a case allows, each with a note and the same numbers as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from audit.engine import Engine
from audit.report.charts import box_bars, number_bars, numbers_drawn, wins_by_box
from audit.report.cover import Cover, Lang, has
from audit.report.money import lorenz, waterfalls
from audit.report.people import by_cohort, levels
from audit.report.times import coverage, odds_over_time
from audit.report.words import words

Figure = dict[str, Any]


def figures(engine: Engine, cover: Cover, lang: Lang) -> list[Figure]:
    """{"name", "svg", "title", "note", "head", "body"}: what was drawn, won and paid, then who, and what the data cover."""
    found = [
        *_draws(engine, lang),
        *odds_over_time(engine, cover, lang),
        *by_cohort(engine, lang),
        *waterfalls(engine, cover, lang),
        *lorenz(engine, cover, lang),
        *levels(engine, lang),
        *coverage(engine, cover, lang),
    ]
    return [one for one in found if one["svg"]]


def _draws(engine: Engine, lang: Lang) -> Iterator[Figure]:
    say = words(lang)
    if has(engine, "win_by_position"):
        query = "SELECT position, chance_num, chance_den, openings, wins, unknown FROM win_by_position ORDER BY ALL"
        rows = [row for row in engine.rows(query) if row[0] is not None]
        bars = box_bars(rows)
        yield _figure(bars, wins_by_box(bars, lang), "boxes", "position", "openings", "wins", say)
    if has(engine, "number_replayed") and has(engine, "pool"):
        for pool, lowest, highest, pick in engine.rows(
            "SELECT pool, lowest, highest, pick FROM pool ORDER BY pick DESC, pool"
        ):
            query = "SELECT number, count(DISTINCT draw_id) FROM number_replayed WHERE pool = ? AND chance_num > 0 GROUP BY number"
            draws = engine.value("SELECT count(DISTINCT draw_id) FROM number_replayed WHERE pool = ?", [pool])
            bars = number_bars(engine.rows(query, [pool]), lowest, highest, pick, draws)
            svg = numbers_drawn(bars, pool, lang)
            yield _figure(bars, svg, "numbers", "ball", "openings", "drawn", say, pool)


def _figure(bars: Sequence[Any], svg: str, kind: str, label: str, tries: str, seen: str, say: dict[str, str],
            pool: str = "") -> Figure:  # fmt: skip
    outside = sum(bar.outside for bar in bars)
    return {
        "name": kind,
        "svg": svg,
        "title": say[f"figure_{kind}"].format(pool),
        "note": say[f"figure_{kind}_note"].format(count=len(bars), outside=outside, chance=f"{len(bars) * 0.05:.1f}"),
        "head": [say[label], say[f"{kind}_tries"], say[seen], say["expected"], say["range"]],
        "body": table_of_bars(bars),
    }


def table_of_bars(bars: Sequence[Any]) -> list[list[str]]:
    """Label, tries, seen, expected and range of each bar, for a table."""
    return [
        [bar.label, f"{bar.tries:,}", f"{bar.seen:,}" + (" ×" if bar.outside else ""), f"{float(bar.expected):,.2f}",
         f"{bar.low:,}–{bar.high:,}"]
        for bar in bars
    ]  # fmt: skip

"""Pictures as inline SVG: what was observed beside what was declared. Matplotlib is imported only when one is drawn.

A picture concludes nothing: its grey ranges are exact for each box or number alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from audit.report.cover import Lang
from audit.report.words import words
from audit.stats.laws import hit_law

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FAMILY = "Noto Sans SC"
INK, FILL, BAND, RED = "#1d2733", "#35587f", "#dfe3e8", "#8f1d14"
HEIGHT = 3.35  # inches of a picture, unless it says otherwise
WIDEST = 60  # bars of one picture; more boxes are drawn in groups of neighbours


@dataclass(frozen=True)
class Bar:
    """One box, or several neighbours, or one number: tries, successes, and the declared range of successes.

    expected is the sum of the declared chances; low and high hold at least 95 % of what the declaration gives.
    """

    label: str
    tries: int
    seen: int
    expected: Fraction
    low: int
    high: int

    @property
    def outside(self) -> bool:
        """Whether what was seen lies outside the range."""
        return not self.low <= self.seen <= self.high


def box_bars(rows: Sequence[tuple[int, int, int, int, int, int]]) -> list[Bar]:
    """Bars from rows of `win_by_position`: (position, chance_num, chance_den, openings, wins, unknown).

    Openings whose outcome is unknown are left out. The range is the exact 95 % range of the wins of these openings;
    for neighbours drawn together it is the range of a sum of independent openings.
    """
    places = sorted({row[0] for row in rows if row[0] is not None})
    size = -(-len(places) // WIDEST)
    bars = []
    for start in range(0, len(places), size or 1):
        group = places[start : start + size]
        mine = [row for row in rows if row[0] in set(group)]
        trials = [(opened - unknown, Fraction(num, den)) for _, num, den, opened, _, unknown in mine]
        low, high = declared_range(trials)
        expected = sum((tries * chance for tries, chance in trials), Fraction(0))
        label = str(group[0]) if len(group) == 1 else f"{group[0]}–{group[-1]}"
        bars.append(Bar(label, sum(n for n, _ in trials), sum(row[4] for row in mine), expected, low, high))
    return bars


def number_bars(rows: Sequence[tuple[int, int]], lowest: int, highest: int, pick: int, draws: int) -> list[Bar]:
    """Bars of one pool of a lottery from (number, times drawn); each number has the chance pick / size a draw."""
    seen = dict(rows)
    chance = Fraction(pick, highest - lowest + 1)
    low, high = declared_range([(draws, chance)])
    return [
        Bar(str(number), draws, seen.get(number, 0), draws * chance, low, high) for number in range(lowest, highest + 1)
    ]


def declared_range(
    trials: Sequence[tuple[int, Fraction]], parts: Sequence[tuple[int, int, int, int]] = ()
) -> tuple[int, int]:
    """The central 95 % range of a sum, exact to 1e-12: of binomials (tries, chance), and of parts of draws held together.

    parts are (draws, size, winners, drawn): so many draws of `winners` out of `size` places, `drawn` of which are looked at.
    """
    import numpy as np
    from scipy.stats import binom

    first, mass = 0, np.ones(1)
    for tries, chance in trials:
        if tries <= 0 or not chance:
            continue
        p = float(chance)
        low, high = int(binom.ppf(1e-13, tries, p)), int(binom.isf(1e-13, tries, p))
        first, mass = (
            first + max(low, 0),
            np.convolve(mass, binom.pmf(np.arange(max(low, 0), high + 1), tries, p)),
        )
    for draws, size, winners, drawn in parts:
        law = hit_law(size, winners, drawn)
        low, each = law[0][0], np.array([p for _, p in law])
        while draws:  # the law of many draws from that of few, by doubling
            if draws % 2:
                first, mass = _trimmed(first + low, np.convolve(mass, each))
            low, each = _trimmed(2 * low, np.convolve(each, each))
            draws //= 2
    total = np.cumsum(mass)
    return first + int(np.searchsorted(total, 0.025)), first + int(np.searchsorted(total, 0.975 - 1e-12))


def _trimmed(first: int, mass: Any) -> tuple[int, Any]:
    """A law from `first` on, without its ends that hold next to nothing."""
    held = (mass > 1e-18).nonzero()[0]
    return first + int(held[0]), mass[held[0] : held[-1] + 1]


def wins_by_box(bars: Sequence[Bar], lang: Lang) -> str:
    """An SVG of wins by box: bars observed, dashes declared, grey the 95 % range. An empty string without bars."""
    if not bars:
        return ""
    say = words(lang)
    title, told = (
        ("每盒中奖次数与公布概率", _told_zh(bars, "盒")) if lang == "zh" else
        ("Wins by box, against the declared odds", _told_en(bars, "box"))
    )  # fmt: skip

    def draw(axes: Axes) -> None:
        for place, bar in enumerate(bars):
            axes.bar(place, bar.high - bar.low, 0.84, bottom=bar.low, color=BAND, zorder=1)
            colour = RED if bar.outside else FILL
            axes.bar(place, bar.seen, 0.46, color=colour, hatch="////" if bar.outside else None, edgecolor="white",
                     linewidth=0, zorder=2)  # fmt: skip
            axes.hlines(float(bar.expected), place - 0.42, place + 0.42, color=INK, linewidth=1.4, zorder=3)
            if bar.outside:
                axes.annotate("×", (place, bar.seen), (0, 2), textcoords="offset points", ha="center",
                              color=RED, fontsize=11)  # fmt: skip
        axes.set_ylabel(say["wins"])
        axes.set_xlabel(say["position"])
        axes.set_ylim(0, 1.12 * max(1, *(max(bar.seen, bar.high) for bar in bars)))

    return _picture(bars, draw, title, told, "boxes", say)


def numbers_drawn(bars: Sequence[Bar], pool: str, lang: Lang) -> str:
    """An SVG of how often each number of a pool was drawn. An empty string without bars."""
    if not bars:
        return ""
    say = words(lang)
    title, told = (
        (f"{pool}：各号码开出次数", _told_zh(bars, "号")) if lang == "zh" else
        (f"{pool}: how often each number was drawn", _told_en(bars, "number"))
    )  # fmt: skip

    def draw(axes: Axes) -> None:
        low, high = bars[0].low, bars[0].high
        axes.axhspan(low, high, color=BAND, zorder=1, linewidth=0)
        axes.axhline(float(bars[0].expected), color=INK, linewidth=1.4, zorder=2)
        for place, bar in enumerate(bars):
            mark, colour = ("X", RED) if bar.outside else ("o", FILL)
            axes.plot([place], [bar.seen], mark, color=colour, markersize=6.5, zorder=3)
        seen = [bar.seen for bar in bars]
        room = max(3, (high - low) // 3)
        axes.set_ylim(max(0, min(low, *seen) - room), max(high, *seen) + room)
        axes.set_ylabel(say["drawn"])
        axes.set_xlabel(say["ball"])

    return _picture(bars, draw, title, told, f"pool-{pool}", say)


def _told_zh(bars: Sequence[Bar], noun: str) -> str:
    worst = "、".join(f"{noun} {bar.label}（{bar.seen} 次，范围 {bar.low}–{bar.high}）" for bar in bars if bar.outside)
    return f"共 {len(bars)} 项，" + (f"超出 95% 范围的有：{worst}。" if worst else "都在 95% 范围之内。")


def _told_en(bars: Sequence[Bar], noun: str) -> str:
    worst = ", ".join(f"{noun} {bar.label} ({bar.seen}, range {bar.low} to {bar.high})" for bar in bars if bar.outside)
    return f"{len(bars)} in all; " + (
        f"outside their 95 % range: {worst}." if worst else "all within their 95 % range."
    )


def _picture(bars: Sequence[Bar], draw: Any, title: str, told: str, name: str, say: dict[str, str]) -> str:
    def whole(axes: Axes) -> None:
        import matplotlib

        axes.yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(5, integer=True))
        every = 1 if len(bars) <= 36 else 5
        axes.set_xticks(range(0, len(bars), every), [bar.label for bar in bars][::every])
        axes.set_xlim(-0.7, len(bars) - 0.3)
        draw(axes)

    return inline(sketch(whole), title, told, name)


def canvas(
    draw: Callable[[Axes], None], title: str, told: str, name: str, *, height: float = HEIGHT, grid: str = "y"
) -> str:
    """A drawing as part of a page: told says in words what is seen; name makes its ids its own."""
    return inline(sketch(draw, height=height, grid=grid), title, told, name)


def sketch(draw: Any, *, height: float = HEIGHT, grid: str = "y") -> str:
    """An SVG in the report's manner, of what draw puts on its axes. The same data give the same bytes."""
    import io

    import matplotlib
    from matplotlib import font_manager
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    from audit.report.fonts import sans

    if FAMILY not in {font.name for font in font_manager.fontManager.ttflist}:
        font_manager.fontManager.addfont(sans())
    settings: dict[Any, Any] = {
        "font.family": [FAMILY], "font.size": 9.5, "svg.fonttype": "none", "svg.hashsalt": "redraw",
        "text.parse_math": False, "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
        "axes.edgecolor": "#9aa3ad", "axes.unicode_minus": True, "hatch.linewidth": 0.7, "path.simplify": False,
    }  # fmt: skip
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(8.4, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.tick_params(length=0)
        axes.grid(axis=grid, color="#eceef1", linewidth=0.8, zorder=0)  # type: ignore[arg-type]
        axes.set_axisbelow(True)
        draw(axes)
        out = io.StringIO()
        _save(figure, out)
    return out.getvalue()


def _save(figure: Figure, out: Any) -> None:
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Type": None})


def inline(svg: str, title: str, told: str, name: str) -> str:
    """The drawing as part of a page: no prolog, ids of its own, named for those who cannot see it."""
    from html import escape

    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", body).replace("xlink:href", "href")
    body = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{re.sub('[^a-z0-9-]', '-', name.lower())}-", body)
    box = re.search(r'viewBox="[^"]*"', body)
    head = (
        f'<svg role="img" aria-label="{escape(title)}" {box[0] if box else ""}>'
        f"<title>{escape(title)}</title><desc>{escape(told)}</desc>"
    )
    return head + body[body.index(">") + 1 :].strip()

"""Pictures of exhibits as inline SVG. Matplotlib is imported only when one is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.exhibit import Exhibit
from audit.report.charts import BAND, FILL, INK, RED, inline, sketch
from audit.report.cover import Lang

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def picture(exhibit: Exhibit, lang: Lang) -> str:
    """The SVG of an exhibit's bars or bands; an empty string where it has neither."""
    if not exhibit.bars and len(exhibit.bands) < 2:
        return ""
    title = getattr(exhibit.title, lang)

    def draw(axes: Axes) -> None:
        if exhibit.bars:
            values = [value for _, value in exhibit.bars]
            axes.bar(range(len(values)), values, 0.7, color=[RED if value < 0 else FILL for value in values], zorder=2)
            every = 1 if len(values) <= 36 else 5
            axes.set_xticks(range(0, len(values), every), [label for label, _ in exhibit.bars][::every])
            axes.set_xlim(-0.7, len(values) - 0.3)
        else:
            at, low, middle, high = (list(column) for column in zip(*exhibit.bands, strict=True))
            axes.fill_between(at, low, high, color=BAND, linewidth=0, zorder=1)
            axes.plot(at, middle, color=FILL, linewidth=1.6, zorder=2)
            axes.set_xlim(0, at[-1])
        axes.axhline(0, color=INK, linewidth=0.9, zorder=3)
        if exhibit.axis:
            axes.set_xlabel(getattr(exhibit.axis[0], lang))
            axes.set_ylabel(getattr(exhibit.axis[-1], lang))

    return inline(sketch(draw), title, getattr(exhibit.note, lang), exhibit.name)

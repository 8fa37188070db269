"""A table that a forecast prints, and the figures of the picture that goes with it: data, no drawing."""

from __future__ import annotations

from dataclasses import dataclass, field

from audit.finding import Text


@dataclass(frozen=True)
class Exhibit:
    """head has a label a column; rows hold cells as a reader sees them, in both languages alike.

    bars are (label, value); bands are (x, low, middle, high), all in the unit that `axis` names. A picture has one of them.
    """

    name: str
    title: Text
    head: tuple[Text, ...]
    rows: tuple[tuple[str, ...], ...]
    note: Text = field(default_factory=lambda: Text("", ""))
    bars: tuple[tuple[str, float], ...] = ()
    bands: tuple[tuple[float, float, float, float], ...] = ()
    axis: tuple[Text, ...] = ()

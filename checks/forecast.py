"""`redraw forecast`: what rules imply before anybody has played, printed, as JSON, or as a page with pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from unicodedata import east_asian_width

from audit import __version__
from audit.exhibit import Exhibit
from audit.finding import Text
from audit.forecast.book import Plan, forecast
from audit.report.cover import Lang
from audit.rules import Declared, read_declared
from audit.simulate.growth import growth
from checks.lint import tell


@dataclass(frozen=True)
class Options:
    """What the front door lets a user choose."""

    format: Literal["text", "json", "html"] = "text"
    out: Path | None = None
    lang: Lang = "en"
    plan: Plan = field(default_factory=Plan)
    people: int = 2000


def run_forecast(path: Path, options: Options) -> int:
    """Forecast a rules file (or the folder of a case). Raises Problem."""
    declared = read_declared(path / "rules.yaml" if path.is_dir() else path)
    exhibits = (
        *forecast(declared.rules, options.plan),
        *growth(declared.rules, options.plan.price, options.people, options.plan.seed),
    )
    chosen = options.format
    if options.out is not None and options.format == "text" and options.out.suffix in (".html", ".json"):
        chosen = "html" if options.out.suffix == ".html" else "json"
    if chosen == "html":
        from audit.report.page import forecast_page

        text = forecast_page(declared, exhibits, options.lang)
    elif chosen == "json":
        text = json.dumps(_document(declared, exhibits), ensure_ascii=False, indent=2) + "\n"
    else:
        text = "".join(f"{line}\n" for one in exhibits for line in _lines(one, options.lang))
    tell(text, options.out)
    return 0


def _document(declared: Declared, exhibits: Sequence[Exhibit]) -> dict[str, Any]:
    def said(text: Text) -> dict[str, str]:
        return {"zh": text.zh, "en": text.en}

    return {
        "redraw": __version__,
        "campaign": declared.rules.campaign,
        "inputs": [{"file": declared.document.file, "sha256": declared.document.sha256}],
        "exhibits": [
            {
                "name": one.name,
                "title": said(one.title),
                "columns": [label.en for label in one.head],
                "rows": [list(row) for row in one.rows],
                "note": said(one.note),
            }
            for one in exhibits
        ],
    }


def _lines(one: Exhibit, lang: Lang) -> Iterator[str]:
    """An exhibit as aligned columns: the first to the left, figures to the right."""
    head = [str(getattr(label, lang)) for label in one.head]
    widths = [max(map(_width, column)) for column in zip(head, *one.rows, strict=True)]
    yield getattr(one.title, lang)
    for row in (head, *one.rows):
        cells = [" " * (width - _width(cell)) + cell if place else cell + " " * (width - _width(cell))
                 for place, (cell, width) in enumerate(zip(row, widths, strict=True))]  # fmt: skip
        yield "  " + "  ".join(cells).rstrip()
    if getattr(one.note, lang):
        yield f"  {getattr(one.note, lang)}"
    yield ""


def _width(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    return sum(2 if east_asian_width(one) in "WF" else 1 for one in text)

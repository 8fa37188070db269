"""The report as a PDF/A-2b file, set by Typst: the same words and pictures as the page, with page numbers for a file of papers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from audit.engine import Engine
from audit.finding import Basis, Finding, plain
from audit.report.cover import Cover, Lang
from audit.report.fonts import sans, serif
from audit.report.html import contents

LONGEST = 18  # characters of a Latin word before it may be broken


def write_pdf(path: Path, engine: Engine, findings: Sequence[Finding], cover: Cover, lang: Lang) -> None:
    """Write the report. No font but the two of the project is used, and no clock: the same case gives the same bytes."""
    import typst

    told = _told(contents(engine, findings, cover, lang), cover, lang)
    data = typst.compile(
        Path(__file__).parent / "report.typ",
        font_paths=[sans().parent, serif().parent],
        ignore_system_fonts=True,
        pdf_standards="a-2b",
        sys_inputs={"data": json.dumps(told, ensure_ascii=True)},
        timestamp=0,
    )
    path.write_bytes(data)


def _told(content: Mapping[str, Any], cover: Cover, lang: Lang) -> dict[str, Any]:
    """The content as plain strings, lists and mappings, each string safe to set."""
    day = cover.until or (cover.rules.effective.from_ if cover.rules else date(2000, 1, 1))
    told = {
        **content,
        "lang": lang,
        "date": [day.year, day.month, day.day],
        "title": cover.platform or cover.case,
        "case": cover.case,
        "campaign": cover.rules.campaign if cover.rules else "",
        "version": cover.version,
        "command": cover.command,
        "lit": [_finding(one, lang) for one in content["lit"]],
        "full": [_finding(one, lang) for one in content["full"]],
        "shown": [_finding(one, lang) for one in content["shown"]],
    }
    settled = _plain(told)
    assert isinstance(settled, dict)
    return settled


def _finding(one: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    finding: Finding = one["finding"]
    spoken = {name: plain(getattr(finding, name), lang) for name in ("declared", "observed", "could_have_seen")}
    own = {"check": finding.check, "subject": finding.subject, "sql": finding.sql, "lit": finding.basis is Basis.SCREEN}
    return {**{key: value for key, value in one.items() if key != "finding"}, **spoken, **own}


def _plain(value: Any, key: str = "") -> Any:
    """Strings made safe, everything else into lists and mappings; pictures and SQL stay as they are."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each, str(name)) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, key) for each in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    if key == "svg":
        return _drawing(text)
    return settable(text)


def settable(text: str) -> str:
    """Text that the two fonts can set: powers marked for raising, long words breakable, letters that the fonts lack named by number."""
    text = re.sub(r"<sup>([−0-9-]+)</sup>", r"^{\1}", text)
    text = re.sub(rf"[!-~]{{{LONGEST},}}", lambda found: _breakable(found[0]), text)
    known = _letters()
    return "".join(one if one in "\n\u200b" or ord(one) in known else f"‹U+{ord(one):04X}›" for one in text)


def _breakable(word: str) -> str:
    """Breakable after its marks; between its letters or digits only where as many stand together: figures and names stay whole."""
    parts = re.split(r"(?<=[_/.:=-])(?=[^\W\d])", word)
    return "\u200b".join("\u200b".join(re.findall(r".{1,8}", part)) if len(part) >= LONGEST else part for part in parts)


@cache
def _letters() -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(str(sans()), lazy=True) as one, TTFont(str(serif()), lazy=True) as other:
        return frozenset(one.getBestCmap()) & frozenset(other.getBestCmap())


def _drawing(svg: str) -> str:
    """An inline drawing as a file of its own."""
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return svg.replace("<svg ", f"<svg {names} ", 1).replace(' href="#', ' xlink:href="#')

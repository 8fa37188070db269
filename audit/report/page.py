"""Pages about rules alone: what `lint` found, and what `forecast` expects. No script, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from audit.exhibit import Exhibit
from audit.finding import Basis, Verdict, plain
from audit.report.cover import Lang
from audit.report.fonts import font_faces
from audit.report.lines import Judged, word
from audit.report.pictures import picture
from audit.report.words import words
from audit.rules import Declared

FACES = "/* faces */"
GROUPS = {"FAIL": "wrong", "SCREEN": "lit", "INCONCLUSIVE": "open", "open": "open", "noted": "noted"}
SAY = {
    "wrong": ("矛盾与缺漏", "What contradicts itself, or is missing"), "lit": ("须先知道的事实", "Facts to know first"),
    "open": ("待答的问题", "Open questions"), "noted": ("备注", "Notes"), "sound": ("没有问题的部分", "What holds"),
    "rules_file": ("规则文件", "Rules file"), "place": ("位置", "Place"), "mend": ("改法", "Mend"), "known": ("已知", "known"),
    "lint": ("规则自查", "Rules, judged alone"), "forecast": ("规则推演", "Forecast from the rules"),
    "lint_strap": ("不看任何数据，只看公布的规则本身。", "No data: only what the rules themselves say."),
    "forecast_strap": ("按公布的规则推算：能精确处精确，须模拟处注明误差。",
                       "What the rules imply: exact where it can be, simulated where it must, with its error."),
}  # fmt: skip


def lint_page(declared: Declared, judged: Sequence[Judged], laws: Sequence[Mapping[str, Any]], lang: Lang) -> str:
    """The findings on a declaration as one page; laws are provisions with id, cite and words (a Text)."""
    told: dict[str, list[dict[str, Any]]] = {}
    for one in judged:
        finding = one.finding
        if finding.verdict is Verdict.NOT_APPLICABLE:
            continue
        cited = [law for law in laws if law["id"] in finding.provisions] if finding.verdict is Verdict.FAIL else []
        told.setdefault(GROUPS.get(word(finding), "sound"), []).append(
            {
                "screen": finding.basis is Basis.SCREEN,
                "verdict": finding.verdict,
                "word": word(finding),
                "known": one.known,
                "text": getattr(finding.text, lang),
                "says": finding.places[0].says if finding.places else "",
                "place": str(finding.places[0]) if finding.places else "",
                "mend": plain(finding.mend, lang),
                "laws": [{"cite": law["cite"], "words": plain(law["words"], lang)} for law in cited],
                "check": finding.check,
                "subject": finding.subject,
            }
        )
    order = dict.fromkeys((*GROUPS.values(), "sound"))
    return _page(declared, "lint", lang, groups=[(name, told[name]) for name in order if name in told], exhibits=[])


def forecast_page(declared: Declared, exhibits: Sequence[Exhibit], lang: Lang) -> str:
    """The exhibits of a forecast as one page, with their pictures."""
    from markupsafe import Markup

    told = [
        {
            "name": one.name,
            "title": getattr(one.title, lang),
            "head": [getattr(label, lang) for label in one.head],
            "rows": one.rows,
            "note": getattr(one.note, lang),
            "svg": Markup(picture(one, lang)),
        }
        for one in exhibits
    ]
    return _page(declared, "forecast", lang, groups=[], exhibits=told)


def _page(declared: Declared, kind: str, lang: Lang, **parts: Any) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    here = Path(__file__).parent
    say = {**words(lang), **{name: both[0 if lang == "zh" else 1] for name, both in SAY.items()}}
    environment = Environment(
        loader=FileSystemLoader(here), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    html: str = environment.get_template("rules.html.j2").render(
        lang="zh-Hans" if lang == "zh" else "en",
        say=say,
        title=say[kind],
        strap=say[f"{kind}_strap"],
        campaign=declared.rules.campaign,
        file=declared.document.file,
        sha256=declared.document.sha256,
        faces=Markup(FACES),
        style=Markup((here / "report.css").read_text(encoding="utf-8")),
        **parts,
    )
    return html.replace(FACES, font_faces(html), 1)

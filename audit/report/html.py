"""The report as one HTML file: nothing is loaded from anywhere, no script, fonts and pictures within."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import Any

from audit.engine import Engine
from audit.finding import Basis, Finding, Verdict, plain
from audit.report.brief import brief
from audit.report.columns import subject
from audit.report.cover import Cover, Lang, has
from audit.report.document import inputs
from audit.report.figures import Figure, figures
from audit.report.fonts import font_faces
from audit.report.papers import paper_names
from audit.report.show import bound, grouped, listed, money, quantity, split, table_of
from audit.report.words import words

LARGEST = 2_000_000  # bytes of a page
TONGUES: Mapping[Lang, Mapping[str, str]] = {
    "zh": {"code": "zh-Hans", "name": "中文"},
    "en": {"code": "en", "name": "English"},
}
PICTURED = {  # the picture that belongs to a check's findings
    "early_boxes_never_win": "boxes", "win_odds_differ": "odds-over-time", "join_order_favoured": "cohorts",
    "impossible_outcome": "boxes", "numbers_favoured": "numbers", "sequence_gaps": "coverage", "values_missing": "coverage",
    "payout_missing": "waterfall", "payout_wrong": "waterfall", "payout_unexpected": "waterfall", "payout_late": "waterfall",
    "coupon_supply_grows": "waterfall", "award_held_by_nobody": "levels",
}  # fmt: skip


@dataclass(frozen=True)
class Room:
    """How much fits on a page: rows of evidence of a finding, findings, characters of a cell and of an SQL text."""

    rows: int
    findings: int
    cell: int
    sql: int


ROOMS = (Room(10, 10_000, 400, 20_000), Room(4, 10_000, 120, 2_000), Room(1, 400, 80, 300), Room(0, 120, 60, 0))
FACES = "/* faces */"
PARTS = {
    "box": r'viewBox="([^"]*)"',
    "told": r"<desc>(.*?)</desc>",
    "group": r'<g id="([^"]*)"',
}  # of a drawing, to show it again
MARKS = {Verdict.FAIL: "×", Verdict.PASS: "✓", Verdict.INCONCLUSIVE: "?", Verdict.NOT_APPLICABLE: "–"}
ORDER = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS, Verdict.NOT_APPLICABLE)


def page(engine: Engine, findings: Sequence[Finding], cover: Cover, lang: Lang) -> str:
    """The whole page as text, to be written as UTF-8: both languages, lang first, at most LARGEST bytes for any case.

    Where a page would be too large, fewer rows and fewer findings stand on it; the workbook holds them all.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["plain"] = plain
    template, style = (
        environment.get_template("report.part.html.j2"),
        (Path(__file__).parent / "report.css").read_text("utf-8"),
    )
    engine = replace(engine, answers={})  # the second language asks what the first has asked
    pictures: dict[Lang, list[Figure]] = {one: figures(engine, cover, one) for one in (lang, *_others(lang))}
    html = ""
    for room in ROOMS:
        tongues = []
        for one in pictures:
            content = contents(engine, findings, cover, one, room, pictures[one])
            drawn = [{**each, "svg": Markup(_own(each["svg"], one))} for each in content["figures"]]
            part = template.render({**content, "figures": drawn}, lang=one, cover=cover)
            tongues.append({"lang": one, **TONGUES[one], "title": words(one)["title"], "part": Markup(part)})
        html = environment.get_template("report.html.j2").render(
            tongues=tongues, cover=cover, faces=Markup(FACES), style=Markup(style)
        )
        if len(html.encode()) > LARGEST and room is not ROOMS[-1]:
            continue
        html = html.replace(FACES, font_faces(html), 1)
        if len(html.encode()) <= LARGEST:
            break
    return html


def _others(lang: Lang) -> tuple[Lang, ...]:
    return ("en",) if lang == "zh" else ("zh",)


def _own(svg: str, lang: Lang) -> str:
    """A drawing whose ids differ from those of its twin in the other language."""
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{lang}-", svg)


def contents(engine: Engine, findings: Sequence[Finding], cover: Cover, lang: Lang, room: Room = ROOMS[0],
             pictures: list[Figure] | None = None) -> dict[str, Any]:  # fmt: skip
    """What a report says, in the order in which it is read; page and PDF both draw it."""
    say = words(lang)
    told: dict[str, list[dict[str, str]]] = {}
    for law in cover.provisions:
        told.setdefault(str(law["id"]), []).append(_law(law, lang, say))
    sheets = paper_names(findings, say)
    seen = [
        _seen(number, finding, told, cover, lang, say, room, sheets.get(finding.check, ""))
        for number, finding in enumerate(findings, 1)
    ]
    judged = sorted((one for one in seen if not one["screen"]), key=lambda one: ORDER.index(one["verdict"]))
    screens = [one for one in seen if one["screen"]]
    lit = [one for one in screens if one["verdict"] is Verdict.FAIL]
    shown = (judged + screens)[: room.findings]
    lit = lit[: room.findings]
    drawn = figures(engine, cover, lang) if pictures is None else pictures
    _illustrate(shown, drawn)
    return {
        "say": say,
        "period": _period(cover, say),
        "tally": [(verdict, MARKS[verdict], sum(one["verdict"] is verdict for one in judged)) for verdict in ORDER],
        "lit": lit,
        "brief": brief(engine, findings, cover, lang),
        "shown": shown,
        "full": [one for one in shown if one["verdict"] is not Verdict.NOT_APPLICABLE and one not in lit],
        "law": _matrix(cover, lang, say),
        "figures": drawn,
        "left_out": len(judged) + len(screens) - len(shown),
        "clauses": _clauses(engine, cover, say),
        "unheld": _unheld(engine, cover),
        "inputs": inputs(engine),
    }


def _period(cover: Cover, say: Mapping[str, str]) -> str:
    """The days covered, both included."""
    from datetime import timedelta

    if cover.since is None or cover.until is None:
        return say["whole"]
    return f"{cover.since} {say['to']} {cover.until - timedelta(days=1)} ({cover.zone})"


def _law(law: Mapping[str, Any], lang: Lang, say: Mapping[str, str]) -> dict[str, str]:
    """One version of a provision; the words of its status (such as "verified, undated") are put in the language."""
    status = [part.strip() for part in plain(law.get("status", ""), lang).split(",") if part.strip()]
    return {
        "cite": plain(law.get("cite", law["id"]), lang),
        "status": listed([say.get(f"status_{part}", part) for part in status], lang),
        "words": plain(law.get("words", ""), lang),
    }


def _matrix(cover: Cover, lang: Lang, say: Mapping[str, str]) -> list[dict[str, Any]]:
    """Provision × verdict: what the report cites, and how many findings that name it came out how."""
    heads = (*map(str, Verdict), "screen", "noted")
    return [
        {**_law(law, lang, say), "counts": [law.get("counts", {}).get(head, 0) for head in heads]}
        for law in cover.provisions
    ]


def _seen(number: int, finding: Finding, told: Mapping[str, list[dict[str, str]]], cover: Cover, lang: Lang,
          say: Mapping[str, str], room: Room, paper: str) -> dict[str, Any]:  # fmt: skip
    """One finding as the template reads it; paper is the name of its sheet in the workbook."""
    screen = finding.basis is Basis.SCREEN
    first, rest = split(getattr(finding.text, lang))
    rows = finding.rows[: room.rows]
    shown = say["shown"] if len(finding.rows) > room.rows else say["shown_all"]
    return {
        "number": number,
        "finding": finding,
        "subject": subject(say, finding.subject),
        "screen": screen,
        "verdict": finding.verdict,
        "mark": "◇" if screen else MARKS[finding.verdict],
        "word": say[f"screen_{finding.verdict}"] if screen else say[finding.verdict],
        "means": say["screens_note"] if screen else say[f"means_{finding.verdict}"],
        "basis": say["basis_screen"] if screen else say[finding.basis],
        "first": first,
        "rest": rest,
        "amount": listed([f"{grouped(value)} {asset}" for asset, value in finding.amount.items()], lang),
        "clauses": listed(finding.clauses, lang),
        "e_value": quantity(finding.e_value) if finding.e_value is not None else None,
        "bound": quantity(bound(finding.e_value)) if bound(finding.e_value) is not None else None,
        "p_value": quantity(finding.p_value) if finding.p_value is not None else None,
        "provisions": [law for one in finding.provisions for law in told.get(one, [])],
        "table": _cut(table_of(rows, cover, say, finding.check), room.cell) if rows else None,
        "sql": finding.sql if len(finding.sql) <= room.sql else f"{finding.sql[: room.sql]} …" if room.sql else "",
        "picture": "",
        "shown": shown.format(total=f"{len(finding.rows):,}", shown=room.rows)
        + say["in_workbook"].format(paper, number),
    }


def _cut(table: dict[str, Any], longest: int) -> dict[str, Any]:
    """A table whose cells are no longer than a page has room for."""
    for row in table["body"]:
        for cell in row:
            if len(cell["text"]) > longest and not hasattr(cell["text"], "__html__"):
                cell["text"] = cell["text"][: longest - 1] + "…"
    return table


def _illustrate(shown: Sequence[dict[str, Any]], drawn: Sequence[Figure]) -> None:
    """Give a finding the picture that belongs to it, where this case has it: of its own asset or pool, if there are several."""
    for one in shown:
        finding: Finding = one["finding"]
        name = PICTURED.get(finding.check, "")
        alike = [(place, figure) for place, figure in enumerate(drawn, 1) if figure["name"] == name]
        own = {
            finding.subject,
            *finding.amount,
            *(str(row["asset"]) for row in finding.rows[:1] if row.get("asset")),
        } - {""}
        alike.sort(key=lambda each: not any(word in each[1]["title"] for word in own))
        for place, figure in alike[:1]:
            whole = figure["svg"]
            told = {key: unescape(re.search(mark, whole, re.DOTALL)[1]) for key, mark in PARTS.items()}  # type: ignore[index]
            one["picture"] = {
                "id": f"fig-{name}{place}",
                "title": figure["title"],
                "note": figure["note"],
                "place": place,
                **told,
            }


def _clauses(engine: Engine, cover: Cover, say: Mapping[str, str]) -> list[dict[str, Any]]:
    """Owed and paid by clause, in units; empty where nothing could be compared."""
    if not has(engine, "owed_by_clause"):
        return []
    query = "SELECT clause, asset, owed, paid, owed_rows, paid_rows FROM owed_by_clause ORDER BY ALL"
    awards = cover.rules.awards if cover.rules else {}
    return [
        {
            "clause": clause or say["all_clauses"],
            "says": awards[clause].says if clause in awards else "",
            "asset": asset,
            "owed": money(cover, asset, owed),
            "paid": money(cover, asset, paid),
            "difference": _signed(money(cover, asset, paid - owed)),
            "even": paid == owed,
            "owed_rows": f"{int(owed_rows):,}",
            "paid_rows": f"{int(paid_rows):,}",
        }
        for clause, asset, owed, paid, owed_rows, paid_rows in engine.rows(query)
    ]


def _signed(amount: str) -> str:
    return amount.replace("-", "−") if amount.startswith("-") else f"+{amount}" if amount.strip("0.,") else "0"


def _unheld(engine: Engine, cover: Cover) -> list[dict[str, str]]:
    """What the rules give to a role that nobody holds."""
    if not has(engine, "award_total"):
        return []
    rows = engine.rows("SELECT clause, asset, awards, amount FROM award_total WHERE standing = 'unheld' ORDER BY ALL")
    return [
        {"clause": clause, "asset": asset, "events": f"{events:,}", "amount": money(cover, asset, amount)}
        for clause, asset, events, amount in rows
    ]

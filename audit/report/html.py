"""The report as one HTML file: nothing is loaded from anywhere, no script, fonts and pictures within."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from audit.engine import Engine
from audit.finding import Basis, Finding, Verdict, plain
from audit.report.brief import brief
from audit.report.charts import box_bars, number_bars, numbers_drawn, wins_by_box
from audit.report.cover import Cover, Lang, has
from audit.report.document import inputs
from audit.report.fonts import font_faces
from audit.report.show import bound, grouped, listed, money, quantity, split, table_of
from audit.report.words import words

SAMPLE = 10  # rows of evidence shown on the page; the workbook holds them all
FACES = "/* faces */"
MARKS = {Verdict.FAIL: "×", Verdict.PASS: "✓", Verdict.INCONCLUSIVE: "?", Verdict.NOT_APPLICABLE: "–"}
ORDER = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS, Verdict.NOT_APPLICABLE)


def page(engine: Engine, findings: Sequence[Finding], cover: Cover, lang: Lang) -> str:
    """The whole page as text, to be written as UTF-8."""
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
    environment.filters["plain"] = lambda value: plain(value, lang)
    content = contents(engine, findings, cover, lang)
    html = environment.get_template("report.html.j2").render(
        {**content, "figures": [{**figure, "svg": Markup(figure["svg"])} for figure in content["figures"]]},
        lang="zh-Hans" if lang == "zh" else "en",
        cover=cover,
        faces=Markup(FACES),
        style=Markup((Path(__file__).parent / "report.css").read_text(encoding="utf-8")),
    )
    return html.replace(FACES, font_faces(html), 1)


def contents(engine: Engine, findings: Sequence[Finding], cover: Cover, lang: Lang) -> dict[str, Any]:
    """What a report says, in the order in which it is read; page and PDF both draw it."""
    say = words(lang)
    told: dict[str, list[dict[str, str]]] = {}
    for law in cover.provisions:
        told.setdefault(str(law["id"]), []).append(_law(law, lang, say))
    seen = [_seen(number, finding, told, cover, lang, say) for number, finding in enumerate(findings, 1)]
    judged = sorted((one for one in seen if not one["screen"]), key=lambda one: ORDER.index(one["verdict"]))
    screens = [one for one in seen if one["screen"]]
    lit = [one for one in screens if one["verdict"] is Verdict.FAIL]
    shown = judged + screens
    return {
        "say": say,
        "period": _period(cover, say),
        "tally": [(verdict, MARKS[verdict], sum(one["verdict"] is verdict for one in judged)) for verdict in ORDER],
        "lit": lit,
        "brief": brief(engine, findings, cover, lang),
        "shown": shown,
        "full": [one for one in shown if one["verdict"] is not Verdict.NOT_APPLICABLE and one not in lit],
        "figures": _figures(engine, lang, say),
        "law": _matrix(cover, lang, say),
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
          say: Mapping[str, str]) -> dict[str, Any]:  # fmt: skip
    """One finding as the template reads it."""
    screen = finding.basis is Basis.SCREEN
    first, rest = split(getattr(finding.text, lang))
    rows = finding.rows[:SAMPLE]
    shown = say["shown"] if len(finding.rows) > SAMPLE else say["shown_all"]
    return {
        "number": number,
        "finding": finding,
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
        "table": table_of(rows, cover, say) if rows else None,
        "shown": shown.format(total=f"{len(finding.rows):,}", shown=SAMPLE)
        + say["in_workbook"].format(say["sheet_evidence"], number),
    }


def _figures(engine: Engine, lang: Lang, say: Mapping[str, str]) -> list[dict[str, Any]]:
    """The pictures this case allows, each with the same numbers as a table."""
    found = []
    if has(engine, "win_by_position"):
        query = "SELECT position, chance_num, chance_den, openings, wins, unknown FROM win_by_position ORDER BY ALL"
        rows = [row for row in engine.rows(query) if row[0] is not None]
        bars = box_bars(rows)
        found.append(_figure(bars, wins_by_box(bars, lang), "boxes", "position", "openings", "wins", say))
    if has(engine, "number_replayed") and has(engine, "pool"):
        for pool, lowest, highest, pick in engine.rows(
            "SELECT pool, lowest, highest, pick FROM pool ORDER BY pick DESC, pool"
        ):
            query = "SELECT number, count(DISTINCT draw_id) FROM number_replayed WHERE pool = ? AND chance_num > 0 GROUP BY number"
            draws = engine.value("SELECT count(DISTINCT draw_id) FROM number_replayed WHERE pool = ?", [pool])
            bars = number_bars(engine.rows(query, [pool]), lowest, highest, pick, draws)
            found.append(
                _figure(bars, numbers_drawn(bars, pool, lang), "numbers", "ball", "openings", "drawn", say, pool)
            )
    return [one for one in found if one["svg"]]


def _figure(bars: Sequence[Any], svg: str, kind: str, label: str, tries: str, seen: str, say: Mapping[str, str],
            pool: str = "") -> dict[str, Any]:  # fmt: skip
    outside = sum(bar.outside for bar in bars)
    return {
        "svg": svg,
        "title": say[f"figure_{kind}"].format(pool),
        "note": say[f"figure_{kind}_note"].format(count=len(bars), outside=outside, chance=f"{len(bars) * 0.05:.1f}"),
        "head": [say[label], say[f"{kind}_tries"], say[seen], say["expected"], say["range"]],
        "body": [
            [bar.label, f"{bar.tries:,}", f"{bar.seen:,}" + (" ×" if bar.outside else ""),
             f"{float(bar.expected):,.2f}", f"{bar.low:,}–{bar.high:,}"]
            for bar in bars
        ],
    }  # fmt: skip


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

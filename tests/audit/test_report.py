"""The report: the same bytes twice, nothing loaded from anywhere, nothing of an export taken for markup or formula."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from html import unescape
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pytest

from audit.build import build
from audit.case import Audit, evidence, read_case
from audit.engine import open_engine
from audit.finding import Basis, Finding, Text, Verdict
from audit.report import Cover, dump, finding_of, page, record_of, write_reports
from audit.report.charts import Bar, box_bars, declared_range, number_bars, numbers_drawn, wins_by_box
from audit.report.columns import subject
from audit.report.cover import Lang
from audit.report.fonts import letters, sans, subset
from audit.report.money import lorenz, waterfalls
from audit.report.people import by_cohort
from audit.report.show import quantity, split, table_of
from audit.report.times import odds_over_time
from audit.report.words import DATA, PAGE, words
from audit.report.workbook import exact_number
from checks.cli import main

FIXTURES = Path(__file__).parents[2] / "fixtures"
SCRIPT, FORMULA, AT = "<script>alert(1)</script>", '=HYPERLINK("http://example.org")', "@SUM(A1)"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audit]:
    """The honest blind box with one payment made out to a formula, by a formula."""
    folder = tmp_path_factory.mktemp("case") / "honest"
    shutil.copytree(FIXTURES / "blind-box" / "honest", folder)
    payments = (folder / "payments.csv").read_text("utf-8").splitlines()
    place = next(place for place, line in enumerate(payments) if "开盒返利" in line)
    cells = payments[place].split(",")
    cells[0], cells[2] = '"' + FORMULA.replace('"', '""') + '"', AT
    payments[place] = ",".join(cells)
    (folder / "payments.csv").write_text("\n".join(payments) + "\n", "utf-8")
    work = tmp_path_factory.mktemp("work")
    loaded = build(read_case(folder), work / "case.duckdb", Fraction(1, 4000), lambda _: None)
    yield loaded
    loaded.engine.connection.close()


@pytest.fixture(scope="module")
def findings(audit: Audit) -> list[Finding]:
    """Every verdict and every basis once, with hostile names."""
    sql = "SELECT kind, event, payee, paid_to, asset, owed, paid, payment_id, source_file, record FROM discrepancy ORDER BY ALL"
    rows = evidence(audit, sql)
    assert rows
    return [
        Finding("fees", Verdict.FAIL, Text("提示甲。", "A lead."), Basis.SCREEN, amount={"CNY": "1079.50"}, check="screen_lit"),
        Finding("levels", Verdict.PASS, Text("提示乙。", "A note."), Basis.SCREEN, check="screen_noted"),
        Finding(SCRIPT, Verdict.FAIL, Text(f"付给了 {SCRIPT}。共一笔。", f"Paid to {SCRIPT}. Once."), declared="<b>4.50</b>",
                observed="&amp;", rows=rows * 13, sql=sql, check="payout_wrong", provisions=("law-a", "law-gone")),
        Finding("boxes 1-6", Verdict.FAIL, Text("第 1 至 6 盒从未中奖。", "Boxes 1 to 6 never won."), Basis.STATISTICAL,
                p_value=1.3e-15, e_value=4.21e13, could_have_seen="boxes 1–3", check="early_boxes_never_win"),
        Finding("net", Verdict.INCONCLUSIVE, Text("数据不足。", "Too little data."), Basis.DOCUMENT, e_value=float("inf")),
        Finding("all", Verdict.PASS, Text("都相符。", "All agree."), rows=({"=1+1": "-2+3", "x": None, "ok": True},)),
        Finding("pots", Verdict.NOT_APPLICABLE, Text("没有奖池。", "There is no pot.")),
    ]  # fmt: skip


def cover(audit: Audit) -> Cover:
    file, period = audit.case.file, audit.case.file.period
    law = {"id": "law-a", "cite": Text("某法", "A law"), "status": "verified, undated", "words": "x < y"}
    assert period is not None
    return Cover(
        file.case, platform=file.platform, rules=audit.rules, zone=file.timezone, since=period.from_, until=period.to,
        grain=audit.grain, provisions=[law], lines=audit.lines,
    )  # fmt: skip


@pytest.fixture(scope="module", params=["zh", "en"])
def written(
    request: pytest.FixtureRequest, audit: Audit, findings: list[Finding], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Lang, Path]:
    """The three files in one language."""
    folder = tmp_path_factory.mktemp(f"report-{request.param}")
    write_reports(folder, audit.engine, findings, cover(audit), request.param)
    return request.param, folder


def test_the_same_case_gives_the_same_bytes(
    written: tuple[Lang, Path], audit: Audit, findings: list[Finding], tmp_path: Path
) -> None:
    lang, first = written
    write_reports(tmp_path, audit.engine, findings, cover(audit), lang)
    for name in ("findings.json", "report.html", "discrepancies.xlsx"):
        assert (tmp_path / name).read_bytes() == (first / name).read_bytes(), name


def test_the_page_loads_nothing(written: tuple[Lang, Path]) -> None:
    html = (written[1] / "report.html").read_text("utf-8")
    targets = re.findall(r'\b(?:src|href|srcset|data|action|poster)\s*=\s*"([^"]*)"', html)
    targets += re.findall(r"url\(\s*['\"]?([^'\")]*)", html)
    assert targets
    assert {target for target in targets if not target.startswith(("#", "data:font/woff;base64,"))} == set()
    assert not re.search(r"<(?:script|iframe|object|embed|link|img|base|form)\b|@import|\son\w+=", html)
    assert "Content-Security-Policy\" content=\"default-src 'none'" in html


def test_nothing_of_an_export_is_markup(written: tuple[Lang, Path]) -> None:
    html = (written[1] / "report.html").read_text("utf-8")
    assert SCRIPT not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "&lt;b&gt;4.50&lt;/b&gt;" in html
    assert "x &lt; y" in html


def half(html: str, lang: str) -> str:
    """The part of a page that is in one language."""
    start = html.index(f'<div class="tongue {lang}"')
    end = html.find('<div class="tongue ', start + 1)
    return html[start : end if end > 0 else None]


def test_the_page_is_well_formed(written: tuple[Lang, Path]) -> None:
    lang, folder = written
    html = (folder / "report.html").read_text("utf-8")
    assert f'<html lang="{"zh-Hans" if lang == "zh" else "en"}">' in html
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)
    for one in ("zh", "en"):
        levels = [int(level) for level in re.findall(r"<h([1-6])\b", half(html, one))]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
    assert html.count('role="img"') == html.count("<desc>") >= 2 * 5
    assert re.findall(r'id="in-(\w+)" class="pick" checked>', html) == [lang]


def test_a_finding_with_a_picture_holds_it(written: tuple[Lang, Path], findings: list[Finding]) -> None:
    """Drawn once and shown again in the finding's own article: the drawing it points to is the one of its subject."""
    html = half((written[1] / "report.html").read_text("utf-8"), written[0])
    articles = dict(re.findall(r'<article id="\w\w-f(\d+)"(.*?)</article>', html, re.DOTALL))
    pictured = {findings[int(number) - 1].check for number, article in articles.items() if "<use " in article}
    assert pictured == {"payout_wrong", "early_boxes_never_win"}
    for number, name, mark in ((4, "boxes", "boxes"), (3, "waterfall", "waterfall-cny")):
        article = articles[str(number)]
        (target,) = re.findall(r'<use href="#([^"]+)"', article)
        assert target.startswith(f"{written[0]}-{mark}-")
        figure = html[html.index(f'<figure id="{written[0]}-fig-{name}') :]
        drawing = figure[figure.index(f'<g id="{target}"') : figure.index("</figure>")]
        assert drawing.count("<path") > 10
        assert re.findall(r"<desc>(.*?)</desc>", article)[0] in figure[: figure.index("</figure>")]


def test_the_page_says_what_was_found(written: tuple[Lang, Path], findings: list[Finding]) -> None:
    lang, folder = written
    html = half((folder / "report.html").read_text("utf-8"), lang)
    for verdict in Verdict:
        assert verdict in html
        assert DATA[verdict][lang == "en"] in html
    assert html.index(f'id="{lang}-screens"') < html.index(f'id="{lang}-brief"') < html.index(f'id="{lang}-findings"')
    assert "4.2 × 10<sup>13</sup>" in html
    assert "law-gone" not in html
    assert len(re.findall(r"<td>payments\.csv[^<]*</td>", html)) == 10
    for finding in findings:
        assert split(getattr(finding.text, lang))[0].replace("<", "&lt;").replace(">", "&gt;") in html


def test_a_screen_is_never_called_a_failure(written: tuple[Lang, Path]) -> None:
    html = half((written[1] / "report.html").read_text("utf-8"), written[0])
    screens = html[html.index(f'<section id="{written[0]}-screens"') : html.index(f'<section id="{written[0]}-brief"')]
    assert "FAIL" not in screens
    assert json.loads((written[1] / "findings.json").read_text("utf-8"))["summary"] == {
        "verdicts": {"FAIL": 2, "PASS": 1, "INCONCLUSIVE": 1, "NOT_APPLICABLE": 1},
        "screens": {"FAIL": 1, "PASS": 1, "INCONCLUSIVE": 0, "NOT_APPLICABLE": 0},
    }


def test_the_workbook_holds_no_formula(written: tuple[Lang, Path]) -> None:
    from openpyxl import load_workbook

    book = load_workbook(written[1] / "discrepancies.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    texts = [cell for cell in cells if cell.data_type == "s"]
    assert {FORMULA, AT, SCRIPT} <= {cell.value for cell in texts}
    assert all(cell.number_format == "@" for cell in texts if cell.value in (FORMULA, AT))
    assert all(cell.hyperlink is None for cell in cells)
    assert all(sheet.freeze_panes == "A2" and sheet.auto_filter.ref for sheet in book)


def test_the_workbook_says_who_is_still_owed(written: tuple[Lang, Path]) -> None:
    from openpyxl import load_workbook

    lang, folder = written
    place = lang == "en"
    book = load_workbook(folder / "discrepancies.xlsx")
    payee = list(book[DATA["sheet_payees"][place]].iter_rows(min_row=2, values_only=True))
    assert [(row[1], row[2], row[3]) for row in payee] == [("CNY", 4.5, 1)]
    (row,) = list(book[DATA["sheet_discrepancies"][place]].iter_rows(min_row=2, values_only=True))
    assert row[0] == DATA["wrong_payee"][place]
    assert row[8] == AT
    assert row[12] == FORMULA
    assert row[13] == "payments.csv"
    assert row[15] == row[14] + 1


def test_a_check_with_rows_has_a_sheet_whose_totals_tie_to_the_report(
    audit: Audit, findings: list[Finding], tmp_path: Path
) -> None:
    from decimal import Decimal

    from openpyxl import load_workbook

    import audit.report.workbook as workbook

    long = "payouts_that_nobody_would_have_"  # 31 characters, the same for both
    row = {"payee": "0012", "asset": "CNY", "owed": "4.50", "paid": "1.25", "at_stake": "3.25", "amount": "=1+1"}
    wrong = [
        Finding(f"{name} {turn}", Verdict.FAIL, Text("甲。", "A."), check=long + name, amount={"CNY": "9.75"}, rows=(row,) * 3)
        for name in ("expected", "EXPECTED_TOO", "") for turn in (1, 2)
    ]  # fmt: skip
    history = Finding("x", Verdict.FAIL, Text("甲。", "A."), check="History", rows=(row,))
    written = [*findings, *wrong, history]
    workbook.write_workbook(tmp_path / "x.xlsx", audit.engine, written, cover(audit), "en")
    book = load_workbook(tmp_path / "x.xlsx")
    assert len({name.lower() for name in book.sheetnames}) == len(book.sheetnames)
    assert all(len(name) <= 31 for name in book.sheetnames)
    assert {"Summary", "Still owed", "Discrepancies", "Refused cells", "Findings", "payout_wrong"} < set(
        book.sheetnames
    )
    assert book.sheetnames[-4:] == [long, long[:29] + " 2", long[:29] + " 3", "History 2"]
    paper = book[long]
    assert paper.auto_filter.ref == "A1:K7"
    assert [cell.value for cell in paper[2]][2:8] == ["0012", "CNY", 4.5, 1.25, 3.25, "=1+1"]
    assert paper["C2"].number_format == "@"
    assert paper["E2"].number_format == "#,##0.00"
    below = [[cell.value for cell in line] for line in paper.iter_rows(min_row=9)]
    assert below[0][:3] == [1 + len(findings), "expected 1", "Total, rows: 3; the report’s amount: 9.75 CNY"]
    assert below[1][1:7] == ["Sum of the rows: CNY", None, "CNY", 13.5, 3.75, float(Decimal(wrong[0].amount["CNY"]))]
    assert f"sheet “{long}”" in page(audit.engine, written, cover(audit), "en")


def test_sums_on_a_check_s_sheet_are_those_of_the_case(audited: Any, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    case, found = audited(FIXTURES / "two-level" / "rigged-second-level-cut")
    write_reports(tmp_path, case.engine, found, cover(case), "en", ["xlsx"])
    book = load_workbook(tmp_path / "discrepancies.xlsx")
    assert {one.check for one in found if one.rows} <= set(book.sheetnames)
    tied = 0
    for number, one in enumerate(found, 1):
        if one.rows and one.check.startswith("payout_") and one.amount:
            lines = list(book[one.check].iter_rows(values_only=True))
            place = lines[0].index("At stake")
            sums = {line[1]: line[place] for line in lines if line[0] == number and str(line[1]).startswith("Sum of")}
            assert sums == {f"Sum of the rows: {asset}": float(value) for asset, value in one.amount.items()}
            tied += 1
    assert tied


@pytest.mark.parametrize("case", ["chain-2-1/rigged-see-point-misdirected", "chain-2-1/rigged-help-fund-kept"])
def test_pictures_of_money_count_what_was_credited_once(case: str, audited: Any) -> None:
    """Withdrawals and releases only move what was credited before: both pictures show what the findings say was received."""
    audit, found = audited(FIXTURES / case)
    (told,) = (one.text.en for one in found if one.check == "members_in_loss")
    received = audit.engine.value("SELECT sum(received) FROM member_money WHERE asset = 'CNY'")
    units = audit.units("CNY").show(int(received))
    assert f"; {units} " in told
    (waterfall,) = waterfalls(audit.engine, cover(audit), "en")
    assert {"withdrawal", "help-fund"}.isdisjoint(name for name, _ in waterfall["body"])
    (came, *paid, left) = (Decimal(amount.replace(",", "")) for _, amount in waterfall["body"])
    assert -sum(paid) == Decimal(units) == came - left
    (spread,) = lorenz(audit.engine, cover(audit), "en")
    assert f"received {Decimal(units):,f} CNY" in spread["note"]


def test_a_sheet_that_is_full_says_where_the_rest_is(
    monkeypatch: pytest.MonkeyPatch, audit: Audit, findings: list[Finding], tmp_path: Path
) -> None:
    from openpyxl import load_workbook

    import audit.report.papers as papers
    import audit.report.workbook as workbook

    monkeypatch.setattr(papers, "MOST", 5)
    monkeypatch.setattr(workbook, "LAST_ROW", 4)
    workbook.write_workbook(tmp_path / "x.xlsx", audit.engine, [findings[2]], cover(audit), "en")
    book = load_workbook(tmp_path / "x.xlsx")
    assert [one.auto_filter.ref for one in book if one.title.startswith("payout_wrong")] == ["A1:M5", "A1:M2"]
    last = [cell.value for line in book["payout_wrong 2"].iter_rows() for cell in line if cell.value is not None]
    assert "Total, rows: 13; the report’s amount: none" in last
    assert last[-1].startswith("Only the first 5 rows stand here; for all of them run the SQL")


@pytest.mark.parametrize(
    ("units", "number"),
    [("4.50", 4.5), ("-0.01", -0.01), ("123456789012.345", 123456789012.345), ("0.000000000000000001", 1e-18),
     ("9007199254740993", None), ("1.000000000000000001", None)],
)  # fmt: skip
def test_an_amount_is_a_number_only_where_that_is_exact(units: str, number: float | None) -> None:
    assert exact_number(units) == number


def test_findings_survive_the_json(findings: list[Finding]) -> None:
    for finding in findings:
        record = json.loads(json.dumps(record_of(finding), allow_nan=False))
        assert record_of(finding_of(record)) == record
    assert record_of(findings[4])["e_value"] == "inf"
    long = Finding("x", Verdict.FAIL, Text("", ""), rows=tuple({"n": n} for n in range(10_001)), p_value=1 / 3)
    assert len(record_of(long)["rows"]) == 10_000
    assert record_of(long)["row_count"] == 10_001
    assert record_of(long)["p_value"] == 0.333333333333


def test_the_json_is_stable(written: tuple[Lang, Path]) -> None:
    text = (written[1] / "findings.json").read_text("utf-8")
    content = json.loads(text)
    assert text == dump(content)
    assert text.endswith("}\n")
    keys = [
        "redraw",
        "case",
        "platform",
        "summary",
        "inputs",
        "budget",
        "grain",
        "findings",
        "provisions",
        "predicates",
    ]
    assert list(content) == keys
    assert all(one["accepted"] + one["refused"] == one["rows"] for one in content["inputs"])


def test_bars_have_exact_ranges() -> None:
    (bar,) = box_bars([(1, 1, 24, 119, 0, 0)])
    assert (bar.tries, bar.seen, bar.expected, bar.low, bar.high) == (119, 0, Fraction(119, 24), 1, 10)
    assert bar.outside
    (later,) = box_bars([(24, 1, 1, 3, 3, 0), (24, 0, 1, 5, 1, 0)])
    assert (later.low, later.high, later.seen, later.outside) == (3, 3, 4, True)
    (unknown,) = box_bars([(1, 1, 2, 10, 4, 10)])
    assert (unknown.tries, unknown.expected) == (0, 0)
    assert len(box_bars([(box, 1, 1000, 10, 0, 0) for box in range(1, 1001)])) <= 60
    assert [one.seen for one in number_bars([(2, 7)], 1, 3, 1, 21)] == [0, 7, 0]
    assert wins_by_box([], "zh") == numbers_drawn([], "red", "en") == ""


def test_places_of_one_draw_have_the_range_of_that_draw() -> None:
    """Whole groups have certain numbers of winners; parts of a group are drawn without replacement."""
    assert declared_range([], [(10, 3, 1, 3)]) == (10, 10)
    assert declared_range([], [(1, 5, 2, 3)]) == (0, 2)
    law = [0.1, 0.6, 0.3]  # of 0, 1 and 2 among three of five, two of whom win
    together = [1.0]
    for _ in range(41):
        together = [sum(together[k - hit] * p for hit, p in enumerate(law) if 0 <= k - hit < len(together))
                    for k in range(len(together) + 2)]  # fmt: skip
    total = list(accumulate(together))
    assert declared_range([], [(41, 5, 2, 3)]) == tuple(next(k for k, p in enumerate(total) if p > at) for at in (0.025, 0.975))
    alone = declared_range([(41 * 3, Fraction(2, 5))])
    assert alone[0] < declared_range([], [(41, 5, 2, 3)])[0]


@pytest.mark.parametrize(("case", "certain"), [("tea-club/rigged-ring", True), ("open-raffle/honest", None), ("lucky-wish/honest", False)])
def test_ranges_over_time_are_those_of_the_draw(case: str, certain: bool | None, audited: Any) -> None:
    """Of full groups the wins of a day are certain; of raffles, where only winners are on record, there is no picture."""
    audit, _ = audited(FIXTURES / case)
    rows = [row for one in odds_over_time(audit.engine, Cover("c", rules=audit.rules), "en") for row in one["body"]]
    assert [bool(rows), bool(list(by_cohort(audit.engine, "en")))] == [certain is not None, certain is True]
    for _, _, seen, expected, held in rows:
        low, high = held.split("–")
        assert (low == high) == certain
        assert not certain or (seen == low and float(expected) == int(seen))


def test_a_picture_is_told_in_words() -> None:
    bars = [Bar("1", 10, 9, Fraction(5), 2, 8), Bar("2", 10, 5, Fraction(5), 2, 8)]
    for svg in (wins_by_box(bars, "en"), numbers_drawn(bars, "<red>", "en")):
        assert svg.startswith('<svg role="img"')
        assert "1 (9, range 2 to 8)" in svg
        assert "<red>" not in svg
        assert "xmlns" not in svg
    assert "公布" in wins_by_box(bars, "zh")


def test_the_font_holds_the_glyphs_of_the_page(written: tuple[Lang, Path]) -> None:
    import base64
    import io

    from fontTools.ttLib import TTFont

    html = (written[1] / "report.html").read_text("utf-8")
    fonts = re.findall(r"data:font/woff;base64,([A-Za-z0-9+/=]+)", html)
    have = TTFont(sans()).getBestCmap()
    assert len(fonts) == 2
    for font, used in zip(fonts, letters(html), strict=True):
        held = TTFont(io.BytesIO(base64.b64decode(font))).getBestCmap()
        assert {ord(one) for one in used if ord(one) in have and not one.isspace()} <= set(held)
        assert {chr(one) for one in held} <= used
    assert subset(sans(), "盲盒") == subset(sans(), "盒盲")


def test_labels_are_in_both_languages() -> None:
    for name, both in {**PAGE, **DATA}.items():
        assert len(both) == 2, name
        assert all(both), name
        assert set(re.findall(r"\{\w*\}", both[0])) == set(re.findall(r"\{\w*\}", both[1])), name


def test_evidence_is_headed_in_the_language_of_its_check() -> None:
    """One key may mean two things in two checks; values that recur have their words, subjects theirs."""
    rows = [{"rule": "{where: {hour: 2-5}, times: '5'}", "share": "4.00 %", "kind": "wrong_payee", "class": "box 1", "类别": "第 1 盒"}]
    heads = {
        (lang, check): [label for label, _ in table_of(rows, Cover("c"), words(lang), check)["head"]]
        for lang in ("zh", "en") for check in ("hidden_rule_at_work", "rewards_by_source", "early_boxes_never_win")
    }  # fmt: skip
    assert heads["en", "hidden_rule_at_work"] == ["Hidden rule", "Share of belief", "Kind", "Class"]
    assert heads["zh", "rewards_by_source"][1:] == ["占比", "类型", "类别"]
    assert heads["en", "early_boxes_never_win"][0] == "Boxes that never win"
    assert [cell["text"] for cell in table_of(rows, Cover("c"), words("zh"), "payout_wrong")["body"][0]][2:] == ["付错人", "第 1 盒"]
    assert [subject(words("zh"), name) for name in ("members in CNY", "U0001")] == ["成员（CNY）", "U0001"]
    assert subject(words("en"), "members in CNY") == "members in CNY"


def test_a_page_is_never_larger_than_two_megabytes(audit: Audit) -> None:
    """Many findings of wide rows, every cell two hundred characters that turn the direction of writing."""
    from audit.report.html import LARGEST

    rows = tuple(
        {f"column_{name}": f"\u202e<b>{place}</b>" + "\u5bbd" * 190 for name in range(18)} for place in range(3)
    )
    many = [
        Finding(
            f"{number}" * 60, Verdict.FAIL, Text("甲" * 180 + "。", "A" * 180 + "."), rows=rows, sql="SELECT 1\n" * 40
        )
        for number in range(130)
    ]
    html = page(audit.engine, many, cover(audit), "en")
    assert len(html.encode()) <= LARGEST
    assert "in the workbook" in html
    assert "<b>0</b>" not in html


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (0.05, "0.05"), (4.21e13, "4.2 × 10<sup>13</sup>"), (1.3e-15, "1.3 × 10<sup>−15</sup>"),
     (float("inf"), "∞"), (1234.0, "1,234"), (0.0, "0")],
)  # fmt: skip
def test_numbers_are_shown_plainly(value: float | None, shown: str) -> None:
    assert quantity(value) == shown


def test_a_text_is_headed_by_its_first_sentence() -> None:
    assert split("Paid 4.50 CNY, owed 5.00. Twice.") == ("Paid 4.50 CNY, owed 5.00.", "Twice.")
    assert split("实付 4.05 元，应付 4.50 元。共两笔。") == ("实付 4.05 元，应付 4.50 元。", "共两笔。")
    assert split("One sentence.") == ("One sentence.", "")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_case_without_rows_or_findings_has_a_report(tmp_path: Path, lang: Lang) -> None:
    engine = open_engine(tmp_path / "case.duckdb")
    engine.connection.execute((Path(__file__).parents[2] / "audit" / "schema.sql").read_text("utf-8")).fetchall()
    try:
        write_reports(tmp_path, engine, [], Cover("empty"), lang)
        assert "empty" in page(engine, [], Cover("empty"), lang)
    finally:
        engine.connection.close()


def browse(path: Path, profile: Path) -> tuple[str, list[str]]:
    """The page as Chromium sees it, and the addresses it asked for.

    The browser's own services, which no flag silences wholly, have "not an origin" as their initiator.
    """
    log = profile / "net.json"
    shown = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-default-apps", "--disable-extensions", "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}", f"--log-net-log={log}",
            "--dump-dom", path.as_uri(),
        ],
        capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    text = log.read_text("utf-8", errors="replace")
    try:
        events = json.loads(text)["events"]
    except json.JSONDecodeError:  # the browser was gone before it closed the list
        events = json.loads(text.rstrip().rstrip(",") + "]}")["events"]
    asked = [event["params"] for event in events if "initiator" in event.get("params", {})]
    urls = [one["url"] for one in asked if one["initiator"] != "not an origin"]
    return shown.stdout.decode("utf-8"), [url for url in urls if not url.startswith(("file:", "data:"))]


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on the path")
def test_a_browser_shows_the_verdicts_and_asks_nobody(written: tuple[Lang, Path], tmp_path: Path) -> None:
    lang, folder = written
    dom, asked = browse(folder / "report.html", tmp_path)
    for verdict in Verdict:
        assert re.search(rf"{DATA[verdict][lang == 'en']}\s*<small>{verdict}</small>", half(dom, lang)), verdict
    assert asked == []


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on the path")
def test_a_request_would_have_been_noticed(tmp_path: Path) -> None:
    leaky = tmp_path / "leaky.html"
    leaky.write_text('<title>leaky</title><img src="https://example.org/x.png">', "utf-8")
    assert browse(leaky, tmp_path)[1] == ["https://example.org/x.png"]


SIDEWAYS = """
<style>::-webkit-scrollbar { display: none }</style>
<script>
const wide = document.documentElement.clientWidth, found = {};
document.querySelectorAll('details').forEach(one => one.open = true);
for (const pick of document.querySelectorAll('input.pick')) {
  pick.checked = true;
  const out = [...document.querySelectorAll('body *')].filter(one =>
    one.getBoundingClientRect().right > wide + 0.5 && !one.parentElement.closest('.wide, pre, svg'));
  found[pick.id + wide] = [document.scrollingElement.scrollWidth, out.map(one => one.tagName + '.' + one.className + ' '
    + one.textContent.trim().slice(0, 60))];
}
parent.postMessage(JSON.stringify(found), '*');
</script></body>
"""
FRAME = """<!doctype html><title>frame</title><p id=told></p>
<script>addEventListener('message', event => { told.textContent += event.data; });</script>
<iframe src="page.html" style="width: 375px; height: 800px; border: 0"></iframe>
<iframe src="page.html" style="width: 700px; height: 800px; border: 0"></iframe>
"""


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on the path")
@pytest.mark.parametrize("case", ["blind-box/first-seven-never-win", "chain-2-1/rigged-pool-short", "hostile"])
def test_nothing_makes_a_phone_scroll_sideways(
    case: str, audit: Audit, findings: list[Finding], tmp_path: Path
) -> None:
    """Every part of the page, its details opened, in both languages, on a phone and on a small tablet."""
    out = tmp_path / "out"
    if case == "hostile":
        out.mkdir()
        long = replace(findings[2], subject="U" * 200, check="y" * 60, declared="0" * 200, clauses=("z" * 200,))
        write_reports(out, audit.engine, [*findings, long], cover(audit), "en")
    else:
        assert main(["audit", str(FIXTURES / case), "--out", str(out)]) == 1
    html = (out / "report.html").read_text("utf-8")
    html = re.sub(r"<meta http-equiv=.Content-Security-Policy.*?>", "", html).replace("</body>", SIDEWAYS)
    (tmp_path / "page.html").write_text(html, "utf-8")
    (tmp_path / "frame.html").write_text(FRAME, "utf-8")
    dom, _ = browse(tmp_path / "frame.html", tmp_path)
    told = re.search(r'<p id="told">(.*?)</p>', dom, re.DOTALL)
    assert told is not None
    found = {key: seen for one in unescape(told[1]).split("}") if one for key, seen in json.loads(one + "}").items()}
    assert found == {f"in-{lang}{wide}": [wide, []] for lang in ("zh", "en") for wide in (375, 700)}

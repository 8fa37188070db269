"""discrepancies.xlsx: every row that differs, who is still owed what, and a sheet for each check that has rows.

Ids are text. An amount is a number where a spreadsheet holds it exactly, else text. No cell is ever a formula.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.engine import Engine
from audit.finding import Finding
from audit.report.cover import Cover, Lang, has
from audit.report.papers import papers
from audit.report.sheets import Amount, discrepancies, finding_rows, payees, refused, summary
from audit.report.words import words

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

LAST_ROW = 1_048_575  # data rows a sheet holds below its header
LONGEST = 32_767  # characters a cell holds
EXACT_DIGITS = 15


@dataclass(frozen=True)
class Sheet:
    """A sheet before it is written: columns as (label, width), rows of cells, and totals below the filter."""

    name: str
    columns: Sequence[tuple[str, int]]
    rows: Iterable[Sequence[Any]]
    totals: Iterable[Sequence[Any]] = ()


def write_workbook(path: Path, engine: Engine, findings: Sequence[Finding], cover: Cover, lang: Lang) -> None:
    """Write the workbook; a sheet that is full goes on in another. Same case, same bytes. Raises OSError."""
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    options = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }  # fmt: skip
    book = xlsxwriter.Workbook(str(path), options)
    say = words(lang)
    book.set_properties({"title": f"{cover.case} – {say['title']}", "created": datetime(2000, 1, 1)})
    formats = _Formats(book)
    for sheet in _sheets(engine, findings, cover, lang, say):
        _write(book, sheet, formats, cover)
    try:
        book.close()
    except FileCreateError as problem:
        raise OSError(f"{path}: {problem}") from problem


def _sheets(engine: Engine, findings: Sequence[Finding], cover: Cover, lang: Lang,
            say: Mapping[str, str]) -> Iterator[Sheet]:  # fmt: skip
    if has(engine, "owed_by_clause"):
        yield Sheet(say["sheet_summary"], *summary(engine, cover, say))
    if has(engine, "discrepancy"):
        yield Sheet(say["sheet_payees"], *payees(engine, cover, say))
        yield Sheet(say["sheet_discrepancies"], *discrepancies(engine, cover, say))
    yield Sheet(say["sheet_refused"], *refused(engine, say))
    yield Sheet(say["sheet_findings"], *finding_rows(findings, lang, say))
    for one in papers(findings, say):
        yield Sheet(one.name, one.columns, one.rows, one.totals)


class _Formats:
    """The cell formats of one workbook; XlsxWriter wants one object for each."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.book = book
        base = {"font_name": "Arial", "font_size": 10, "valign": "top"}
        self.base = base
        self.text = book.add_format({**base, "num_format": "@"})
        self.wrap = book.add_format({**base, "num_format": "@", "text_wrap": True})
        self.plain = book.add_format(base)
        self.whole = book.add_format({**base, "num_format": "#,##0"})
        head = {"bold": True, "bottom": 1, "bg_color": "#E9ECEF", "text_wrap": True}
        self.head = book.add_format({**base, **head})
        self.places: dict[int, Any] = {}

    def money(self, decimals: int) -> Any:
        """The number format of an asset with so many decimals."""
        if decimals not in self.places:
            digits = "#,##0" + ("." + "0" * decimals if decimals else "")
            self.places[decimals] = self.book.add_format({**self.base, "num_format": digits})
        return self.places[decimals]


def _write(book: xlsxwriter.Workbook, sheet: Sheet, formats: _Formats, cover: Cover) -> None:
    part, row, place = 1, 0, _open(book, sheet, 1, formats, cover)
    for cells in sheet.rows:
        if row == LAST_ROW:
            _close(place, sheet, row)
            part, row = part + 1, 0
            place = _open(book, sheet, part, formats, cover)
        row += 1
        for column, value in enumerate(cells):
            _cell(place, row, column, value, formats, wide=sheet.columns[column][1] > 40)
    _close(place, sheet, row)
    for below, cells in enumerate(sheet.totals, row + 2):
        for column, value in enumerate(cells):
            _cell(place, below, column, value, formats, wide=False)


def _open(book: xlsxwriter.Workbook, sheet: Sheet, part: int, formats: _Formats, cover: Cover) -> Worksheet:
    place = book.add_worksheet(sheet.name if part == 1 else f"{sheet.name} {part}")
    place.freeze_panes(1, 0)
    place.set_landscape()
    place.set_paper(9)
    place.fit_to_pages(1, 0)
    place.repeat_rows(0)
    place.set_footer(f"&L{cover.case.replace('&', '&&')}&C&A&R&P / &N")
    for column, (label, width) in enumerate(sheet.columns):
        place.set_column(column, column, width)
        place.write_string(0, column, label, formats.head)
    return place


def _close(place: Worksheet, sheet: Sheet, rows: int) -> None:
    place.autofilter(0, 0, max(rows, 1), len(sheet.columns) - 1)


def _cell(place: Worksheet, row: int, column: int, value: Any, formats: _Formats, *, wide: bool) -> None:
    if value is None or value == "":
        return
    if isinstance(value, Amount):
        exact = exact_number(value.units)
        if exact is None:
            place.write_string(row, column, value.units, formats.text)
        else:
            place.write_number(row, column, exact, formats.money(value.decimals))
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**EXACT_DIGITS:
        place.write_number(row, column, value, formats.whole)
    elif isinstance(value, float) and math.isfinite(value):
        place.write_number(row, column, float(f"{value:.12g}"), formats.plain)
    else:
        place.write_string(row, column, legal(str(value)), formats.wrap if wide else formats.text)


def exact_number(units: str) -> float | None:
    """A decimal string as the number a spreadsheet holds, or None where that would not be the same amount."""
    amount = Decimal(units)
    number = float(amount)
    if len(amount.as_tuple().digits) > EXACT_DIGITS or Decimal(f"{number:.16G}") != amount:
        return None
    return number


def legal(text: str) -> str:
    """Text that a cell can hold: cut to its length, surrogates and noncharacters replaced."""
    text = "".join("\ufffd" if "\ud800" <= one <= "\udfff" or one in "\ufffe\uffff" else one for one in text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"

"""Cells of a workbook that are not empty and yet give no value: errors, and formulas that nobody has reckoned.

calamine gives both as empty. So the sheet is looked through once as bytes, and where it may hold one, once as XML, row by row.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

MARK = "\ufdd0"  # begins the text of such a cell, and is no character of any text
CHUNK = 1 << 20
SIGN = re.compile(rb"""\bt\s*=\s*["']e["']|<(\w+:)?f[\s/>]""")
ROWS, COLUMNS = 1 << 20, 1 << 14  # of the largest sheet
WITHIN = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def unread_cells(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """Row and column from 0 of each such cell of an .xlsx sheet, with its mark and its error, or its formula after `=`.

    Raises what a zip or XML that cannot be read raises, and ValueError.
    """
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as book:
        place = _place(book, sheet)
        if place is None:
            return {}
        with book.open(place) as file:
            if not _may_hold(file):
                return {}
        with book.open(place) as file:
            return _cells(file)


def unread_mend(value: str) -> str:
    """What to do about such a cell."""
    said = value.removeprefix(MARK)
    if said.startswith("="):
        return "a formula without a stored value: open the workbook in a spreadsheet, recalculate and save it"
    return f'the cell holds the error {said}: mend it in the workbook, or say empty: ["{said}"] in case.yaml where it means no value'


def _place(book: zipfile.ZipFile, sheet: str) -> str | None:
    """The part of the zip that is this sheet."""
    names = {name.lower(): name for name in book.namelist()}
    if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
        return None
    listed, links = (_tree(book, names[name]) for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"))
    ids = {one.get("name"): one.get(WITHIN) for one in listed.iter() if _local(one) == "sheet"}
    target = next((one.get("Target", "") for one in links if one.get("Id") == ids.get(sheet)), "")
    return names.get((target.removeprefix("/") if target.startswith(("/xl/", "xl/")) else f"xl/{target}").lower())


def _tree(book: zipfile.ZipFile, name: str) -> ElementTree.Element:
    text = book.read(name)
    _check_plain(text)
    return ElementTree.fromstring(text)


def _check_plain(text: bytes) -> None:
    if b"<!DOCTYPE" in text:  # entities may stand for a billion others, and no spreadsheet writes any
        raise ValueError("it declares entities")


def _may_hold(file: IO[bytes]) -> bool:
    """Whether a sheet may hold such a cell; looked through to its end, as no later reader looks for entities."""
    found, end = False, b""
    while block := file.read(CHUNK):
        _check_plain(end + block)
        found = found or SIGN.search(end + block) is not None
        end = block[-64:]
    return found


def _cells(file: IO[bytes]) -> dict[tuple[int, int], str]:
    found: dict[tuple[int, int], str] = {}
    row, rows = -1, None
    for event, element in ElementTree.iterparse(file, ("start", "end")):
        if event == "start":
            rows = element if _local(element) == "sheetData" else rows
        elif _local(element) == "row":
            row = int(element.get("r", row + 2)) - 1
            found.update({(row, column): said for column, said in _of_row(element) if row < ROWS and column < COLUMNS})
            if rows is not None:
                rows.clear()
    return found


def _of_row(row: Iterable[ElementTree.Element]) -> Iterable[tuple[int, str]]:
    column = -1
    for cell in row:
        column = _column(cell.get("r", "")) if cell.get("r") else column + 1
        parts = {_local(one): one.text or "" for one in cell}
        if cell.get("t") == "e":
            yield column, MARK + (parts.get("v") or "#N/A")
        elif "f" in parts and not parts.get("v") and cell.get("t") != "str":  # the text "" is a value
            yield column, f"{MARK}={parts['f']}"


def _column(place: str) -> int:
    number = 0
    for letter in place.rstrip("0123456789")[:4].upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]

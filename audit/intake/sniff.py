"""What a file of an export looks like: encoding, lines before the header and after the data, delimiter, columns, some rows.

Nothing is decided here for an audit: `redraw init` drafts a case from it, and a person reads the draft.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.intake.text import BOMS, DELIMITERS, TALLEST, first_record
from audit.problem import Problem

HEAD = 1 << 20  # bytes looked at
ROWS = 2000  # records looked at
DEEP = 60  # lines among which the header is looked for
TEXTS, SHEETS = (".csv", ".tsv", ".txt"), (".xlsx", ".xls", ".xlsm", ".ods")
KNOWN = (*TEXTS, *SHEETS, ".parquet", ".pq", ".jsonl", ".ndjson")
NUMBER = re.compile(r"[-+]?[\d.,:/\s%¥￥]+|\d{4}年.*")
CLOSING = re.compile(r"^[#\-=`]|共\s*\d+|合计|总计|导出时间|列表结束|总.*(数|额)|^\s*total\b", re.IGNORECASE)


@dataclass(frozen=True)
class Look:
    """A file as it looks: skip lines before the header, footer lines after the last record."""

    file: str
    encoding: str
    delimiter: str
    skip: int
    footer: int
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def look(folder: Path, file: str) -> Look:
    """Look at one file. Raises Problem where nothing can be made of it."""
    path, kind = folder / file, Path(file).suffix.lower()
    if kind in TEXTS:
        return _text(path, file)
    if kind in SHEETS:
        return _table(file, list(_sheet(path, file)))
    if kind in (".parquet", ".pq"):
        return _parquet(path, file)
    rows = [json.loads(line) for line in path.read_text("utf-8-sig").splitlines()[:ROWS] if line.strip()]
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    cells = tuple(tuple("" if row.get(name) is None else str(row[name]) for name in names) for row in rows)
    return Look(file, "", "", 0, 0, names, cells)


def _text(path: Path, file: str) -> Look:
    encoding = encoding_of(path)
    if not encoding:
        raise Problem("neither UTF-8 nor GB18030", file, mend="export it again as UTF-8")
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        whole = not stream.read(1)
        stream.seek(max(0, path.stat().st_size - (1 << 16)))
        tail = stream.read()
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head, final=whole).lstrip("\ufeff")
    lines = text.splitlines() if whole else text.splitlines()[:-1]
    if not any(line.strip() for line in lines):
        return Look(file, encoding, ",", 0, 0, (), ())
    found = max((_as(lines, one) for one in DELIMITERS), key=lambda one: (len(one[1]) > 1, one[2]))
    skip, names, _, delimiter, tall = found
    ends = tail.decode(encoding, "replace").splitlines()
    footer = _footer(ends, len(names), delimiter) if len(lines) - skip > tall else 0
    data = lines[skip + tall : len(lines) - footer if whole else len(lines)]
    rows = [tuple(row) for row in csv.reader(data[:ROWS], delimiter=delimiter) if row]
    return Look(file, encoding, delimiter, skip, footer, names, tuple(rows))


def encoding_of(path: Path) -> str:
    """The encoding that decodes the whole file strictly: a byte order mark's, UTF-8 or GB18030; empty for none."""
    with path.open("rb") as stream:
        head = stream.read(4)
    marked = next((name for bom, name in BOMS if head.startswith(bom)), None)
    for name in [marked] if marked else ["utf-8", "gb18030"]:
        decoder = codecs.getincrementaldecoder(name)("strict")
        try:
            with path.open("rb") as stream:
                for block in iter(lambda: stream.read(1 << 23), b""):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return name
    return ""


def _as(lines: list[str], delimiter: str) -> tuple[int, tuple[str, ...], float, str, int]:
    """Where the header stands if this is the delimiter, and how many lines it takes: the first record of words with as many cells as
    the lines below.
    """
    cells = [_cells(line, delimiter) for line in lines[: DEEP + 40]]
    best = (0, tuple(_cells(lines[0], delimiter)), 0.0, delimiter, 1)
    for place in range(len(cells[:DEEP])):
        try:
            row, tall = first_record([f"{line}\n" for line in lines[place : place + TALLEST]], delimiter)
        except csv.Error:
            continue
        wide = len(row)
        if wide < 2 or sum(not one for one in row) > wide / 2 or any(NUMBER.fullmatch(one) for one in row if one):
            continue
        below = [one for one in cells[place + tall : place + tall + 40] if any(cell.strip() for cell in one)]
        alike = sum(len(one) == wide for one in below) / len(below) if below else 0.5
        score = alike * wide**0.5
        if score > best[2] + 1e-9:
            best = (place, tuple(row), score, delimiter, max(tall, 1))
    return best


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _footer(lines: list[str], wide: int, delimiter: str) -> int:
    """How many lines at the end are no records: of another width, or words of a closing."""
    count = 0
    for line in reversed(lines):
        cells = _cells(line, delimiter)
        if line.strip() and len(cells) == wide and not CLOSING.search(line):
            break
        count += 1
    return count if count < len(lines) else 0


def _sheet(path: Path, file: str) -> Iterator[list[str]]:
    from python_calamine import CalamineWorkbook

    try:
        grid = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except Exception as error:
        raise Problem(f"not readable as a workbook: {error}", file, mend="save it again as .xlsx") from None
    for row in grid[: ROWS + DEEP]:
        yield ["" if cell is None else str(cell) for cell in row]


def _table(file: str, grid: list[list[str]]) -> Look:
    def score(place: int) -> float:
        row = [one for one in grid[place] if one.strip()]
        words = sum(not NUMBER.fullmatch(one) for one in row)
        return len(row) if words == len(row) else 0

    skip = max(range(min(DEEP, len(grid))), key=lambda place: (score(place), -place), default=0)
    if not grid:
        return Look(file, "", "", 0, 0, (), ())
    names = tuple(one.strip() for one in grid[skip])
    return Look(file, "", "", skip, 0, names, tuple(tuple(row) for row in grid[skip + 1 :] if any(row)))


def _parquet(path: Path, file: str) -> Look:
    import duckdb

    with duckdb.connect() as connection:
        try:
            found = connection.execute(f"SELECT * FROM read_parquet(?) LIMIT {ROWS}", [str(path)])
            names = tuple(column[0] for column in found.description or ())
            rows = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in found.fetchall())
        except duckdb.Error as error:
            raise Problem(f"not readable as Parquet: {str(error).splitlines()[0]}", file) from None
    return Look(file, "", "", 0, 0, names, rows)

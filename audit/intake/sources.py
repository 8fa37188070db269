"""One file of any format → rows of text, each with its record number. Nothing is interpreted here."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import zipfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from audit.engine import Engine, literal, quoted
from audit.intake.lines import Runs, lines_of, runs_of
from audit.intake.mapping import TableMap
from audit.intake.text import copy_of, header, read_text, records
from audit.intake.unread import unread_cells
from audit.problem import Problem

NO_TEXT = re.compile(
    r"(STRUCT|MAP|UNION|VARIANT|BLOB|BIT|GEOMETRY)\b.*|.*\]", re.DOTALL
)  # types that no text tells exactly
EXACT = 10**15  # a spreadsheet holds whole numbers exactly up to here


@dataclass(frozen=True)
class Broken:
    """A record that cannot be read at all."""

    record: int
    line: int
    value: str
    mend: str


@dataclass(frozen=True)
class Source:
    """A file, read as text: sql selects record and the columns c0, c1 … in the order of names."""

    file: str
    sha256: str
    encoding: str | None
    names: tuple[str, ...]
    counted: int
    broken: tuple[Broken, ...]
    sql: str
    first_line: int
    raw: str = ""  # of Parquet: selects record and the columns r0, r1 … as the file types them
    kinds: tuple[str, ...] = ()  # their types
    runs: Runs = ()  # (record, line) wherever lines stop counting up with records; none: from first_line on they do
    unread: bool = False  # some cells bear the mark of those that are not empty and yet give no value

    def lines(self, wanted: set[int]) -> dict[int, int]:
        """The physical line (sheet row) of each wanted record."""
        return lines_of(self.runs or ((1, self.first_line),), wanted)


def read_source(engine: Engine, folder: Path, file: str, table: TableMap, wanted: set[str], work: Path) -> Source:
    """Read one export file by its ending: csv, tsv, txt, xlsx, xls, parquet, jsonl, ndjson. Raises Problem."""
    path = folder / file
    try:
        outside = not path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        raise Problem("a link that leads nowhere", str(path)) from None
    if outside:
        raise Problem("a file must lie below the exports folder", file, mend="copy it there: no link may lead out")
    try:
        if not path.is_file():
            raise Problem("no such file among the exports", str(path), mend="put it there, or pass --exports FOLDER")
        path.open("rb").close()
    except OSError as error:
        raise Problem(f"cannot be read: {error.strerror}", file, mend="give read permission") from None
    kind = path.suffix.lower()
    if kind in (".csv", ".tsv", ".txt"):
        return _read_csv(engine, path, file, table, wanted, work)
    if kind in (".xlsx", ".xls", ".xlsm", ".ods"):
        return _read_sheet(engine, path, file, table)
    if kind in (".parquet", ".pq"):
        return _read_parquet(engine, path, file, wanted)
    if kind in (".jsonl", ".ndjson"):
        return _read_json_lines(engine, path, file, table, work)
    raise Problem("a file of unknown kind", file, mend="csv, tsv, txt, xlsx, parquet and jsonl are read")


def _read_csv(engine: Engine, path: Path, file: str, table: TableMap, wanted: set[str], work: Path) -> Source:
    import duckdb

    text = read_text(path, file, table.encoding, work)
    names, tall, delimiter = header(text, file, table.skip, table.delimiter, wanted)
    first_line = table.skip + tall + 1
    sql = _csv_sql(text.path, len(names), delimiter, table.skip + 1)
    counted = max(0, text.lines - table.skip - 1) if text.plain else -1
    runs: Runs = ()
    if tall == 1 and not text.awkward and not table.footer:
        if counted < 0:
            counted, runs = runs_of(line for line, _ in records(text, file, table.skip, delimiter))
        try:
            if engine.value(f"SELECT count(*) FROM ({sql})") == counted:
                return Source(file, text.sha256, text.encoding, tuple(names), counted, (), sql, first_line, runs=runs)
        except duckdb.Error:
            pass  # the slow reader below finds the records at fault, or says where the file cannot be read
    clean, broken = copy_of(file, work, "clean"), []
    lines = array("q")
    with clean.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(range(len(names)))
        for counted, (line, record) in enumerate(records(text, file, table.skip, delimiter), 1):
            if line > text.lines - table.footer:
                break
            lines.append(line)
            if len(record) != len(names):
                mend = f"a record of {len(names)} columns, as the header has, where this one has {len(record)}"
                broken.append(Broken(counted, line, delimiter.join(record)[:200], mend))
                record = [""] * len(names)
            writer.writerow(record)
    sql = _csv_sql(clean, len(names), ",", 1)
    counted, runs = runs_of(lines)
    return Source(file, text.sha256, text.encoding, tuple(names), counted, tuple(broken), sql, first_line, runs=runs)


def _csv_sql(path: Path, columns: int, delimiter: str, skip: int) -> str:
    types = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(columns))
    return (
        "SELECT row_number() OVER () AS record, *\n"
        f"FROM read_csv({literal(str(path))}, auto_detect = false, header = false, skip = {skip}, "
        f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', columns = {{{types}}}, "
        "max_line_size = 16777216)"
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_sheet(engine: Engine, path: Path, file: str, table: TableMap) -> Source:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        if table.sheet is not None and table.sheet not in book.sheet_names:
            raise Problem(f"no sheet {table.sheet!r}", file, mend=f"it has {', '.join(book.sheet_names)}")
        sheet = book.get_sheet_by_name(table.sheet) if table.sheet else book.get_sheet_by_index(0)
        grid = sheet.to_python(skip_empty_area=False)
        unread = unread_cells(path, sheet.name)
    except (CalamineError, OSError, zipfile.BadZipFile, ValueError, SyntaxError) as error:
        raise Problem(f"not readable as a workbook: {error}", file, mend="save it again as .xlsx") from None
    if len(grid) <= table.skip:
        raise Problem("the sheet has no header", file, table.skip + 1, 1)
    names = [_cell(cell) or "" for cell in grid[table.skip]]
    for (row, column), said in unread.items():
        if row > table.skip and column < len(names):
            grid += [[] for _ in range(row + 1 - len(grid))]
            grid[row] += [""] * (column + 1 - len(grid[row]))
            grid[row][column] = said
    rows: list[tuple[int, list[str | None]]] = []
    for line, cells in enumerate(grid[table.skip + 1 :], table.skip + 2):
        rows.append((line - table.skip - 1, [_cell(cell) for cell in cells]))
    rows = [row for row in rows if any(cell is not None for cell in row[1])]
    sql = _stage(engine, rows, len(names))
    return Source(file, _digest(path), None, tuple(names), len(rows), (), sql, table.skip + 2, unread=bool(unread))


def _cell(value: Any) -> str | None:
    """A spreadsheet cell as text. A whole number too long for a spreadsheet is shown as one that has lost its digits."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | int):
        if value == int(value):
            return str(int(value)) if abs(value) < EXACT else f"{value:.15e}"
        return repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):  # a workbook's day is its first moment
        return f"{value.isoformat()} 00:00:00"
    return str(value)


def _stage(engine: Engine, rows: list[tuple[int, list[str | None]]], columns: int) -> str:
    """Keep rows of text in a temporary table, and give the SELECT that reads it."""
    import pandas as pd

    name = f"staged_{engine.value('SELECT count(*) FROM duckdb_tables() WHERE temporary')}"
    data: dict[str, Any] = {"record": pd.Series([record for record, _ in rows], dtype="int64")}
    for place in range(columns):
        data[f"c{place}"] = pd.Series([row[place] if place < len(row) else None for _, row in rows], dtype=object)
    engine.connection.register("incoming", pd.DataFrame(data))
    types = "".join(f", CAST(c{place} AS VARCHAR) AS c{place}" for place in range(columns))
    engine.rows(f"CREATE TEMP TABLE {name} AS SELECT record{types} FROM incoming")
    engine.connection.unregister("incoming")
    return f"SELECT * FROM temp.{name}"


def _read_parquet(engine: Engine, path: Path, file: str, wanted: set[str]) -> Source:
    import duckdb

    place = literal(str(path))
    try:
        described = engine.rows(f"DESCRIBE SELECT * FROM read_parquet({place})")
        counted = engine.value(f"SELECT sum(num_rows) FROM parquet_file_metadata({place})")
    except duckdb.Error as error:
        raise Problem(
            f"not readable as Parquet: {str(error).splitlines()[0]}",
            file,
            mend="export it again, as Parquet or as UTF-8 CSV",
        ) from None
    names, kinds = (tuple(str(one[part]) for one in described) for part in (0, 1))
    for name, kind in zip(names, kinds, strict=True):
        if name in wanted and NO_TEXT.fullmatch(kind):
            raise Problem(
                f"the column {name!r} is {kind}: its cells are no single values", file, mend="export it as text"
            )
    parts = []
    for number, kind in enumerate(kinds):
        cell = f"CAST(r{number} AS VARCHAR)"
        if kind in ("FLOAT", "DOUBLE"):
            whole = f"r{number} = trunc(r{number}) AND abs(r{number}) < {EXACT}"
            cell = f"CASE WHEN {whole} THEN CAST(CAST(r{number} AS BIGINT) AS VARCHAR) ELSE {cell} END"
        parts.append(f"{cell} AS c{number}")
    own = ", ".join(f"{quoted(name)} AS r{number}" for number, name in enumerate(names))
    raw = f"SELECT file_row_number + 1 AS record, {own}\nFROM read_parquet({place}, file_row_number = true)"
    if "file_row_number" in {name.lower() for name in names}:  # the export has a column of that name itself
        raw = f"SELECT row_number() OVER () AS record, {own}\nFROM read_parquet({place})"
    sql = f"SELECT *, {', '.join(parts)}\nFROM ({raw}) AS typed"
    return Source(file, _digest(path), None, names, int(counted), (), sql, 1, raw, kinds)


def _read_json_lines(engine: Engine, path: Path, file: str, table: TableMap, work: Path) -> Source:
    text = read_text(path, file, table.encoding, work)
    names: dict[str, None] = {}
    rows: list[tuple[int, dict[str, str | None]]] = []
    broken = []
    for line, raw in _lines(text.path):  # a record's number is its line: nothing else is as easy to find again
        try:
            found = json.loads(raw, parse_float=str, parse_int=str, parse_constant=str)
            json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is no text
        except (ValueError, RecursionError) as error:
            broken.append(Broken(line, line, raw[:200], f"not readable as JSON: {error}"))
            continue
        if not isinstance(found, dict):
            broken.append(Broken(line, line, raw[:200], "each line must be one JSON object"))
            continue
        names.update(dict.fromkeys(found))
        rows.append((line, {name: _json_cell(cell) for name, cell in found.items()}))
    sql = _stage(engine, [(at, [row.get(name) for name in names]) for at, row in rows], len(names))
    counted = len(rows) + len(broken)
    return Source(file, text.sha256, text.encoding, tuple(names), counted, tuple(broken), sql, 1)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        for line, raw in enumerate(file, 1):
            if raw.strip():
                yield line, raw


def _json_cell(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

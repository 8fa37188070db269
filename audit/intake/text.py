"""Text files: which encoding, which bytes, how many records.

Encodings are decided by strict decoding of the whole file (byte order mark, UTF-8, GB18030), never by likelihood:
guessers call late Chinese text cp1250. Records are counted here, apart from the reader that loads them.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from audit.problem import Problem

CHUNK = 1 << 23
LONGEST = 1 << 24  # characters of a cell, as many as DuckDB reads in a line
UNCLOSED = "a quotation mark is opened and never closed"
TALLEST = 32  # lines of a header whose names hold line breaks
DELIMITERS = (",", "\t", ";", "|")
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
SURE_OF_UTF8 = 8  # so many multi-byte characters never decode as UTF-8 by accident in GB18030 text


@dataclass(frozen=True)
class TextFile:
    """A text file as UTF-8: path is the file itself, or a decoded copy of it."""

    path: Path
    encoding: str
    sha256: str
    plain: bool  # every record is one line: no quotation marks, one kind of line end, no empty lines
    lines: int  # a carriage return by itself ends one, too
    awkward: bool  # quotation marks or line ends that readers disagree about


def read_text(path: Path, shown: str, encoding: str | None, work: Path) -> TextFile:
    """Decode a file strictly and count its lines. Raises Problem with line and column of the first bad byte."""
    with path.open("rb") as file:
        head = file.read(4)
    marked = next((name for bom, name in BOMS if head.startswith(bom)), None)
    tried = [encoding] if encoding else [marked] if marked else ["utf-8", "gb18030"]
    for place, name in enumerate(tried):
        try:
            return _decode(path, name, copy_of(shown, work, "utf8"))
        except LookupError:
            raise Problem(f"unknown encoding {name!r}", shown, mend="say utf-8 or gb18030") from None
        except _BadByte as bad:
            if place + 1 == len(tried) or bad.wide >= SURE_OF_UTF8:
                raise Problem(
                    f"these bytes are not {name}",
                    shown,
                    bad.line,
                    bad.column,
                    bad.value,
                    "export the file again as UTF-8, or name its `encoding` in case.yaml",
                ) from None
    raise AssertionError


def copy_of(file: str, work: Path, what: str) -> Path:
    """Where a copy of an export is kept while it is read: files of several folders may bear one name."""
    return work / f"{hashlib.sha256(file.encode()).hexdigest()[:16]}.{what}"


@dataclass(eq=False)
class _BadByte(Exception):
    line: int
    column: int
    value: str
    wide: int


def _decode(path: Path, encoding: str, copy: Path) -> TextFile:
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder(encoding)(errors="strict")
    same = codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")
    lines = returns = pairs = quotes = blank = spaced = wide = 0
    last, column_text, size = "\n", "", 0
    out = None if same else copy.open("w", encoding="utf-8", newline="")
    try:
        with path.open("rb") as file:
            while True:
                block = file.read(CHUNK)
                digest.update(block)
                size += len(block)
                try:
                    text = decoder.decode(block, final=not block)
                except UnicodeDecodeError as error:
                    before = error.object[: error.start].decode(encoding, "ignore")
                    column = len((column_text + before).rsplit("\n", 1)[-1]) + 1
                    bad = error.object[error.start : error.start + 4].hex(" ")
                    wide += sum(character > "\x7f" for character in before)
                    raise _BadByte(lines + before.count("\n") + 1, column, bad, wide) from None
                if not block and not text:
                    break
                joined = last + text
                lines += text.count("\n")
                returns += text.count("\r")
                pairs += joined.count("\r\n")
                quotes += text.count('"')
                blank += joined.count("\n\n") + joined.count("\n\r\n")
                spaced += joined.count(' "')
                if wide < SURE_OF_UTF8 and not text.isascii():
                    wide += sum(character > "\x7f" for character in text[:100_000])
                column_text = text.rsplit("\n", 1)[-1][-4096:]
                last = joined[-2:] if joined.endswith("\r") else joined[-1:]
                if out:
                    out.write(text)
    finally:
        if out:
            out.close()
    ended = last.endswith(("\n", "\r"))
    lines += returns - pairs + (size > 0 and not ended)
    mixed = bool(returns) and not returns == pairs == lines - (not ended)
    awkward = mixed or bool(blank) or bool(spaced and quotes)
    name = {"utf-8-sig": "utf-8 (BOM)"}.get(encoding, encoding)
    return TextFile(path if same else copy, name, digest.hexdigest(), not quotes and not awkward, lines, awkward)


def header(text: TextFile, shown: str, skip: int, delimiter: str | None, wanted: set[str]) -> tuple[list[str], int, str]:
    """The column names, how many lines they take, and the delimiter: the one that shows most of the wanted names. Raises Problem."""
    with text.path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(skip):
            file.readline()
        lines = list(islice(file, TALLEST))
    if not lines or not lines[0].strip():
        raise Problem("the file has no header", shown, skip + 1, 1, mend="export it with column names")
    options = [delimiter] if delimiter else list(DELIMITERS)
    read = [(*_names(lines, one, wanted), one) for one in options]
    names, tall, delimiter = max(read, key=lambda one: (len(wanted & set(one[0])), len(one[0])))
    if not tall:
        mend = "close or remove them"
        raise Problem("the quotation marks of a column name are not closed", shown, skip + 1, 1, mend=mend)
    return names, tall, delimiter


def _names(lines: Sequence[str], delimiter: str, wanted: set[str]) -> tuple[list[str], int]:
    """The first record; of several lines only if these show every wanted name, or more of them than the first by itself."""
    (alone, tall), (names, lower) = first_record(lines[:1], delimiter), first_record(lines, delimiter)
    found = wanted & set(names)
    return (names, lower) if found == wanted or len(found) > len(wanted & set(alone)) else (alone, tall)


def first_record(lines: Sequence[str], delimiter: str) -> tuple[list[str], int]:
    """The cells of the first record and how many lines it takes; its first line and none where a quotation mark is not closed."""
    alone = [cell.strip() for cell in next(csv.reader(lines[:1], delimiter=delimiter), [])]
    try:
        next(csv.reader(lines[:1], delimiter=delimiter, strict=True), [])
        return alone, 1
    except csv.Error as error:
        if "unexpected end" not in str(error):  # a stray mark inside a cell
            return alone, 1
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        return ["\n".join(cell.strip().splitlines()) for cell in next(reader)], reader.line_num
    except csv.Error:
        return alone, 0


def records(text: TextFile, shown: str, skip: int, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each data record with the physical line it begins on; empty lines are none. Raises Problem.

    The slow and strict reader: used to count, to find lines, and where a file is awkward.
    """
    with text.path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(skip):
            file.readline()
        csv.field_size_limit(LONGEST)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        start = skip + 1
        try:
            for number, record in enumerate(reader):
                if number and record:
                    yield start, record
                start = skip + reader.line_num + 1
        except csv.Error as error:
            said = {"unexpected end": UNCLOSED, "field larger": f"{UNCLOSED}, or a cell has more than {LONGEST} characters"}
            message = next((said[one] for one in said if one in str(error)), f"not readable as CSV: {error}")
            raise Problem(
                message, shown, start, 1, mend="double the mark inside a quoted value, or remove it"
            ) from None

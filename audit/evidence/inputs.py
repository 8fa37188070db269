"""The records of the export that a figure was read from, each with its file and line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from audit.case import AMOUNTS, Audit
from audit.finding import Text
from audit.scope import KEYS

OWN = ("source_file", "record", "refused")
SHOWN = 60  # records listed of one kind; the rest are counted
Record = dict[str, Any]


def keyed(audit: Audit, key: str) -> list[tuple[str, Record]]:
    """Every record whose own id is key, with its table; of the event `E7#3` (the third milestone of E7) those of E7."""
    for own in dict.fromkeys((key, key.rpartition("#")[0])):
        tables = {**KEYS, "draw": "draw_id"}.items()
        found = [(table, one) for table, column in tables for one in records(audit, table, column, own or None)]
        if found:
            return found
    return []


def records(audit: Audit, table: str, column: str, value: object) -> list[Record]:
    """The records of a canonical table with this value in a column, in the order of the files."""
    sql = f"SELECT * FROM {table} WHERE {column} = ? ORDER BY source_file, record"
    return audit.engine.records(sql, [value]) if value is not None else []


def listed(audit: Audit, found: Iterable[tuple[str, Record]]) -> list[Text | str]:
    """Each record in one line: its table, its source, and what stands in it. The same record stands once."""
    seen: dict[tuple[object, ...], str] = {}
    for table, one in found:
        key = (table, one.get("source_file"), one.get("record"), str(one))
        if key not in seen:
            seen[key] = f"{table} · {source(audit, one).en} · {cells(audit, one)}"
    lines: list[Text | str] = list(seen.values())
    if len(lines) <= SHOWN:
        return lines
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], Text(f"…… 另有 {more} 条记录", f"… and {more} more records")]


def source(audit: Audit, one: Record) -> Text:
    """`openings.csv:6` for a record; its number alone where the line is not known."""
    file, record = one.get("source_file"), one.get("record")
    if file is None:
        return Text("", "")
    line = audit.lines(file, [record]).get(record) if record is not None else None
    place = f"{file}:{line}" if line is not None else f"{file} #{record}"
    return Text(place, place)


def cells(audit: Audit, one: Record, names: Sequence[str] = ()) -> str:
    """What stands in a record: `paid 5.00 CNY, position 3`; an asset goes with its amount, empty cells are left out."""
    told, asset = [], one.get("asset")
    for name, value in one.items():
        if name in OWN or value is None or (names and name not in names):
            continue
        if name in AMOUNTS:
            told.append(f"{name} {money(audit, asset, value)}")
        elif name != "asset" or not any(one.get(amount) is not None for amount in AMOUNTS):
            told.append(f"{name} {shown(audit, value)}")
    if one.get("refused"):
        told.append(f"refused: {one['refused']}")
    return ", ".join(told)


def shown(audit: Audit, value: object) -> str:
    """A cell as a reader sees it: times in the zone of the case."""
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(audit.case.file.timezone)).isoformat(" ")
    return str(value)


def money(audit: Audit, asset: str | None, steps: Any) -> str:
    """An amount in units with its asset."""
    return f"{audit.units(asset or '').show(steps)} {asset or ''}".strip()

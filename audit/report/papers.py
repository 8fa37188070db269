"""Workpapers: one sheet for each check whose findings have rows, every column its own, totals that tie to the report below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from audit.finding import Finding, Row
from audit.report.columns import column, subject, value
from audit.report.document import record_of
from audit.report.sheets import Amount, Columns, Rows, Say
from audit.report.show import LABELS, MONEY, SOURCE

MOST = 1_000_000  # rows of a check that stand on its sheet; what is more is in the case file, for the finding's SQL
LONGEST_NAME = 31  # characters of a sheet's name
ADDED = ("owed", "paid", "at_stake", "amount")  # columns whose sum means something
DECIMAL = re.compile(r"-?[0-9]{1,38}(\.[0-9]{1,38})?")


@dataclass(frozen=True)
class Paper:
    """The sheet of one check: totals stand below the rows, outside the filter."""

    name: str
    columns: Columns
    rows: Rows
    totals: Rows


def papers(findings: Sequence[Finding], say: Say) -> Iterator[Paper]:
    """A sheet a check, in the order of the report. A finding's number is the one it has there."""
    names = paper_names(findings, say)
    for check, name in names.items():
        mine = [(number, one) for number, one in enumerate(findings, 1) if one.check == check and one.rows]
        keys = list(dict.fromkeys(key for _, one in mine for row in one.rows for key in row if key not in SOURCE))
        columns = [(say["finding_no"], 8), (say["subject"], 24)]
        keys = [key for key in keys if column(say, check, key, LABELS.get(key, key))]
        columns += [
            (column(say, check, key, LABELS.get(key, key)), 14 if key in MONEY else 22) for key in (*keys, *SOURCE)
        ]
        yield Paper(name, columns, _rows(mine, keys, say), list(_totals(mine, keys, say)))


def paper_names(findings: Sequence[Finding], say: Say) -> dict[str, str]:
    """Check → the name of its sheet: at most 31 characters, unique whatever their case, none of the signs Excel refuses."""
    taken = {text.lower() for key, text in say.items() if key.startswith("sheet_")} | {"history"}
    names: dict[str, str] = {}
    for check in dict.fromkeys(one.check for one in findings if one.rows):
        bare = re.sub(r"[\[\]:*?/\\'\x00-\x1f]", "-", check)[:LONGEST_NAME].strip() or say["sheet_rows"]
        name, turn = bare, 1
        while name.lower() in taken:
            turn += 1
            name = f"{bare[: LONGEST_NAME - len(str(turn)) - 1]} {turn}"
        taken.add(name.lower())
        names[check] = name
    return names


def _rows(mine: Sequence[tuple[int, Finding]], keys: Sequence[str], say: Say) -> Iterator[list[Any]]:
    room = MOST
    for number, one in mine:
        for row in record_of(one, min(len(one.rows), room))["rows"]:
            cells = [_cell(key, row.get(key)) for key in keys]
            told = [value(say, one.check, key, it) if isinstance(it, str) else it for key, it in zip(keys, cells, strict=True)]
            yield [number, subject(say, one.subject), *told, *(row.get(key) for key in SOURCE)]
        room -= min(len(one.rows), room)


def _cell(key: str, value: Any) -> Any:
    """Amounts as amounts, all other text as text."""
    if key in MONEY and isinstance(value, str) and DECIMAL.fullmatch(value):
        return Amount(value, len(value.partition(".")[2]))
    return value


def _totals(mine: Sequence[tuple[int, Finding]], keys: Sequence[str], say: Say) -> Iterator[list[Any]]:
    """For each finding its rows counted and what the report says; then each asset's columns added up, over all rows."""
    for number, one in mine:
        told = "; ".join(f"{value} {asset}" for asset, value in one.amount.items()) or say["none"]
        yield [number, subject(say, one.subject), say["paper_total"].format(rows=f"{len(one.rows):,}", amount=told)]
        for asset, sums in sorted(_sums(one.rows).items()):
            cells = {**{key: _cell(key, f"{value:f}") for key, value in sums.items()}, "asset": asset}
            yield [number, say["paper_sum"].format(asset), *(cells.get(key) for key in keys)]
    if sum(len(one.rows) for _, one in mine) > MOST:
        yield [None, None, say["paper_cut"].format(shown=f"{MOST:,}", sheet=say["sheet_findings"])]


def _sums(rows: Sequence[Row]) -> Mapping[str, Mapping[str, Decimal]]:
    """Asset → column → the exact sum of its amounts; a row that names no asset is in none."""
    sums: dict[str, dict[str, Decimal]] = {}
    for row in rows:
        for key in ADDED:
            value, own = row.get(key), row.get("asset")
            asset = (row.get("paid_asset") or own) if key == "paid" else (own or row.get("paid_asset"))
            if asset and isinstance(value, str) and DECIMAL.fullmatch(value):
                mine = sums.setdefault(str(asset), {})
                mine[key] = mine.get(key, Decimal(0)) + Decimal(value)
    return sums

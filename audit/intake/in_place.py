"""Parquet read where it lies: a canonical table becomes a view over the export, and nothing is copied.

A view holds plain casts, without the checks of cells.py; one pass first shows that both give the same for every cell. Where
a cell differs or is refused, or a column's type allows no plain cast, the table is copied as from any other file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from audit.engine import literal
from audit.intake.cells import Cast, marked
from audit.intake.mapping import Column
from audit.rules.units import Units

WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
EXACT = re.compile(r"DECIMAL\(\d+,\s*\d+\)")


def plain_casts(row: Mapping[str, Column], columns: Mapping[str, str], names: Sequence[str], kinds: Sequence[str],
                zone: str, units: Sequence[Units]) -> dict[str, str] | None:  # fmt: skip
    """Each mapped column from the file's columns r0, r1 … without checks; None where a type allows none that is exact.

    columns: canonical column → its SQL type; names and kinds: of the file's columns.
    """
    made: dict[str, str] = {}
    for name in sorted(row, key=lambda one: one != "asset"):  # an amount is read by its asset
        at, kind = row[name], columns[name]
        if at.column is None and kind != "VARCHAR":
            return None
        place = names.index(at.column) if at.column is not None else 0
        raw, own = (f"r{place}", kinds[place]) if at.column is not None else (literal(at.value), "VARCHAR")
        value = _plain(kind, at, raw, own, zone, units, made.get("asset"))
        if value is None:
            return None
        made[name] = value
    return made


def _plain(
    kind: str, at: Column, raw: str, own: str, zone: str, units: Sequence[Units], asset: str | None
) -> str | None:
    if kind == "VARCHAR":
        text = raw if own == "VARCHAR" else f"CAST({raw} AS VARCHAR)" if own in WHOLE else None
        if text is None or not at.values:
            return text
        words = " ".join(f"WHEN {literal(theirs)} THEN {literal(ours)}" for theirs, ours in at.values.items())
        return f"CASE {text} {words} ELSE {text} END"
    if at.values or marked(at):
        return None
    if kind == "BIGINT":
        return f"CAST({raw} AS BIGINT)" if own in WHOLE else None
    if kind.startswith("TIMESTAMP"):
        return _moment(at, raw, own, zone)
    return _amount(raw, own, units, asset)


def _moment(at: Column, raw: str, own: str, zone: str) -> str | None:
    if own == "TIMESTAMP WITH TIME ZONE":
        return raw
    if own == "TIMESTAMP" or (own == "DATE" and at.as_ == "day"):
        return f"timezone({literal(zone)}, CAST({raw} AS TIMESTAMP))"
    return None


def _amount(raw: str, own: str, units: Sequence[Units], asset: str | None) -> str | None:
    """Steps of an asset from a decimal number of its units."""
    exact = own in WHOLE or own == "VARCHAR" or EXACT.fullmatch(own) is not None
    if asset is None or not exact or any(one.step != 1 for one in units):
        return None

    def steps(one: Units) -> str:
        number = f"TRY_CAST({raw} AS DECIMAL(38, {one.decimals}))" if own == "VARCHAR" else raw
        return f"CAST({number} * {10**one.decimals} AS DECIMAL(38, 0))"

    cases = " ".join(f"WHEN {literal(one.asset)} THEN {steps(one)}" for one in units)
    return f"CASE {asset} {cases} END"


def differs(plain: Mapping[str, str], strict: Mapping[str, Cast]) -> str:
    """A condition that holds for a record of which some cell is refused, or is read otherwise without checks."""
    faults = [f"({one.value}) IS DISTINCT FROM ({plain[name]})" for name, one in strict.items()]
    faults += [f"({one.text} IS NOT NULL AND ({one.value}) IS NULL)" for one in strict.values() if one.mend]
    return " OR ".join(faults)

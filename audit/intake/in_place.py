"""Typed columns of Parquet, read as they are, with no way over text; and tables of them read where they lie.

A canonical table in place is a view over the export, and nothing is copied. It holds plain casts, without the checks of
cells.py; one pass first shows that both give the same for every cell. Where a cell differs or is refused, or a column's
type allows no plain cast, the table is copied as from any other file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.engine import literal
from audit.intake.cells import Cast, marked
from audit.intake.mapping import Column
from audit.intake.zones import Zone, only_moment
from audit.rules.units import Units

WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
EXACT = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")


@dataclass(frozen=True)
class Plain:
    """value reads a cell of which it is known that it can be read; fault holds where it may not be; none: ask the strict cast."""

    value: str
    fault: str = ""


def plain_casts(row: Mapping[str, Column], columns: Mapping[str, str], names: Sequence[str], kinds: Sequence[str],
                zone: Zone, units: Sequence[Units]) -> dict[str, Plain]:  # fmt: skip
    """The mapped columns that can be read from the file's columns r0, r1 … without checks: those whose types allow it.

    columns: canonical column → its SQL type; names and kinds: of the file's columns.
    """
    made: dict[str, Plain] = {}
    for name in sorted(row, key=lambda one: one != "asset"):  # an amount is read by its asset
        at, kind = row[name], columns[name]
        if at.column is None and kind != "VARCHAR":
            continue
        place = names.index(at.column) if at.column is not None else 0
        raw, own = (f"r{place}", kinds[place]) if at.column is not None else (literal(at.value), "VARCHAR")
        plain = _plain(kind, at, raw, own, zone, units, made.get("asset"))
        if plain is not None:
            made[name] = plain
    return made


def in_place_cells(plain: Mapping[str, Plain], columns: Mapping[str, str]) -> dict[str, str]:
    """Each column as SQL over the file: what the file does not have is NULL."""
    return {name: plain[name].value if name in plain else f"CAST(NULL AS {kind})" for name, kind in columns.items()}


def _plain(
    kind: str, at: Column, raw: str, own: str, zone: Zone, units: Sequence[Units], asset: Plain | None
) -> Plain | None:
    if kind == "VARCHAR":
        text = raw if own == "VARCHAR" else f"CAST({raw} AS VARCHAR)" if own in WHOLE else None
        if text is None or not at.values:
            return Plain(text) if text else None
        words = " ".join(f"WHEN {literal(theirs)} THEN {literal(ours)}" for theirs, ours in at.values.items())
        return Plain(f"CASE {text} {words} ELSE {text} END")
    if at.values or marked(at):
        return None
    if kind == "BIGINT":
        return Plain(f"CAST({raw} AS BIGINT)", f"abs({raw}) >= {10**18}") if own in WHOLE else None
    if kind.startswith("TIMESTAMP"):
        return _moment(at, raw, own, zone)
    return _amount(raw, own, units, asset)


def _moment(at: Column, raw: str, own: str, zone: Zone) -> Plain | None:
    beyond = f"({raw} < '1900-01-01' OR {raw} >= '2200-01-01')"
    if own == "TIMESTAMP WITH TIME ZONE":
        return Plain(raw, beyond)
    made = f"timezone({literal(zone.name)}, CAST({raw} AS TIMESTAMP))"
    if own == "DATE" and at.as_ == "day":
        return Plain(made)
    if own != "TIMESTAMP" or at.as_:
        return None
    return Plain(made, f"{beyond} OR ({raw} IS NOT NULL AND ({only_moment(zone, raw)}) IS NULL)")


def _amount(raw: str, own: str, units: Sequence[Units], asset: Plain | None) -> Plain | None:
    """Steps of an asset from a decimal number of its units."""
    exact = EXACT.fullmatch(own)
    small = own == "VARCHAR" or own in WHOLE or (exact is not None and int(exact[1]) <= 18)  # fits below
    if asset is None or not small or any(one.step != 1 or one.decimals > 6 for one in units):
        return None

    def steps(one: Units) -> str:
        wide = f"CAST({raw} AS DECIMAL(30, {exact[2]}))" if exact else ""  # in its own type a product could overflow
        number = wide or f"TRY_CAST({raw} AS DECIMAL(30, {one.decimals if own == 'VARCHAR' else 0}))"
        return f"CAST({number} * {10**one.decimals} AS DECIMAL(38, 0))"

    cases = " ".join(f"WHEN {literal(one.asset)} THEN {steps(one)}" for one in units)
    value = f"CASE {asset.value} {cases} END"
    fine = exact is not None and int(exact[2]) <= min(one.decimals for one in units)
    return Plain(value, f"{raw} IS NOT NULL AND {value} IS NULL" if fine or own in WHOLE else "")


def differs(plain: Mapping[str, Plain], strict: Mapping[str, Cast]) -> str:
    """A condition that holds for a record of which some cell is refused, or is read otherwise without checks."""
    faults = [f"({plain[name].fault})" for name in strict if plain[name].fault]
    asked = {name: one for name, one in strict.items() if not plain[name].fault}
    faults += [f"({one.value}) IS DISTINCT FROM ({plain[name].value})" for name, one in asked.items()]
    faults += [f"({one.text} IS NOT NULL AND ({one.value}) IS NULL)" for one in asked.values() if one.mend]
    return " OR ".join(faults)

"""How the cells of a table are read from a file: what case.yaml and the rules say of each column, as casts."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from audit.engine import literal
from audit.intake.cells import Cast, cast, marked
from audit.intake.in_place import Plain, plain_casts
from audit.intake.mapping import Column, TableMap
from audit.intake.sources import Source
from audit.intake.unread import MARK
from audit.intake.zones import Zone
from audit.problem import Problem
from audit.rules.document import Document
from audit.rules.units import Units


@dataclass(frozen=True)
class Intake:
    """What one audit reads: the mapping of case.yaml, and what the rules say of values."""

    folder: Path
    tables: Mapping[str, TableMap]
    document: Document
    zone: Zone
    units: tuple[Units, ...]
    choices: Mapping[tuple[str, str], tuple[str, ...]]  # (table, column) → the words allowed
    in_place: bool = False  # read Parquet where it lies


def casts_of(
    intake: Intake, table: str, row: Mapping[str, Column], columns: Mapping[str, str], source: Source
) -> dict[str, Cast]:
    """The cast of each mapped column of a row. Raises Problem where case.yaml names what the file does not have."""
    casts: dict[str, Cast] = {}
    for name in sorted(row, key=lambda one: one != "asset"):  # an amount is read by its asset
        at = row[name]
        if at.column is not None and at.column not in source.names:
            near = difflib.get_close_matches(at.column, source.names, 1, 0.5)
            mend = f"did you mean {near[0]!r}?" if near else f"the file has {', '.join(source.names)}"
            path = ("tables", table, "columns", name)
            raise intake.document.problem(path, f"{source.file} has no column {at.column!r}", mend=mend)
        if at.column is not None and source.names.count(at.column) > 1:
            raise Problem(
                f"the column {at.column!r} stands twice", source.file, source.first_line - 1, 1, mend="give each column its own name"
            )
        if marked(at):
            _check_marks(intake, (table, "columns", name), at, columns[name])
        text = f"c{source.names.index(at.column)}" if at.column is not None else f"CAST({literal(at.value)} AS VARCHAR)"
        if at.column is not None:
            text = _bare(text, intake.tables[table])
        choices: Sequence[str] = intake.choices.get((table, name), ())
        made = cast(columns[name], name, text, at, intake.zone, choices, casts.get("asset"), intake.units)
        casts[name] = _read(made) if source.unread and at.column is not None else made
    for name, plain in plain_of(intake, table, row, columns, source).items():
        if plain.fault:  # the type leaves no doubt what a cell is, save where its value lies beyond what can be read
            casts[name] = replace(casts[name], value=f"CASE WHEN NOT coalesce({plain.fault}, false) THEN {plain.value} END")
    return casts


def plain_of(
    intake: Intake, table: str, row: Mapping[str, Column], columns: Mapping[str, str], source: Source
) -> dict[str, Plain]:
    """The columns that a Parquet file tells in types of its own."""
    plan = intake.tables[table]
    if not source.raw or plan.strip or plan.empty:
        return {}
    return plain_casts(row, columns, source.names, source.kinds, intake.zone, intake.units)


def cells_of(casts: Mapping[str, Cast], prefix: str = "") -> tuple[list[str], dict[str, str]]:
    """What to read of a record, each cell once under a name with this prefix, and the cells and `refused` made of that."""
    checked = [name for name, one in casts.items() if one.mend]
    read = [f"{one.value} AS {prefix}{name}" for name, one in casts.items()]
    read += [f"{casts[name].text} IS NOT NULL AS {prefix}has_{name}" for name in checked]
    faults = {name: f"{prefix}has_{name} AND {prefix}{name} IS NULL" for name in checked}
    flags = [f"CASE WHEN {fault} THEN {literal(name)} END" for name, fault in faults.items()]
    marks = f"CASE WHEN {' OR '.join(faults.values())} THEN concat_ws(',', {', '.join(flags)}) END" if flags else "NULL"
    return read, {**{name: f"{prefix}{name}" for name in casts}, "refused": marks}


def fault_of(one: Cast) -> str:
    """Whether a cell is refused, as SQL."""
    return f"{one.text} IS NOT NULL AND ({one.value}) IS NULL"


def _check_marks(intake: Intake, path: tuple[str, ...], at: Column, kind: str) -> None:
    """Marks of thousands and decimals belong to numbers, and differ."""
    if kind != "BIGINT" and not kind.startswith("DECIMAL"):
        raise intake.document.problem(
            ("tables", *path),
            f"{path[-1]} is no number: it has no mark of thousands or decimals",
            mend="remove the word",
        )
    if at.thousands == at.decimal:
        raise intake.document.problem(
            ("tables", *path), "thousands and decimals bear the same mark", value=at.decimal,
            mend="""such as thousands: ",", or thousands: ".", decimal: "," for 1.234,50""",
        )  # fmt: skip


def _read(made: Cast) -> Cast:
    """A cast that refuses what gives no value in a workbook, whatever its column would take."""
    value = f"CASE WHEN NOT starts_with({made.text}, {literal(MARK)}) THEN {made.value} END"
    return replace(made, value=value, mend=made.mend or "a value")


def _bare(text: str, plan: TableMap) -> str:
    """A cell without what case.yaml says is no part of it."""
    if plan.strip:
        text = f"nullif(trim({text}, {literal(plan.strip)}), '')"
    if plan.empty:
        words = ", ".join(map(literal, [*plan.empty, *(MARK + one for one in plan.empty)]))
        text = f"CASE WHEN {text} IN ({words}) THEN NULL ELSE {text} END"
    return text

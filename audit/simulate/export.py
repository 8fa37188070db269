"""Canonical tables in an engine → a case folder: exports, case.yaml that maps them, and the rules as they stand."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

from audit.engine import Engine, literal
from audit.problem import Problem
from audit.rules import Rules
from audit.rules.units import Units
from audit.simulate.play import World
from audit.simulate.settle import ZONE, columns_of, scope_of

Form = Literal["csv", "parquet"]


def write_case(engine: Engine, world: World, rules_file: Path, folder: Path, *, form: Form = "csv") -> None:
    """Write the case into a new or empty folder. Raises Problem."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Problem("is there already, and not empty", str(folder), mend="name a new folder with --out")
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        shutil.copyfile(rules_file, partial / "rules.yaml")
        tables = []
        for table in scope_of(world).columns:
            columns = columns_of(table, world.rules)
            file = f"{table}.{form}"
            _copy(engine, _rows(table, columns, world.rules), partial / file, form)
            listed = ", ".join(f"{name}: {name}" for name in columns)
            tables.append(f"  {table}: {{file: {file}, columns: {{{listed}}}}}\n")
        text = (
            f"# Simulated: {world.scenario.size} rounds or orders, {world.scenario.count} people, seed {world.scenario.seed}.\n"
            f"case: {world.rules.campaign}-simulated\ntimezone: {ZONE}\ntables:\n{''.join(tables)}"
        )
        (partial / "case.yaml").write_text(text, "utf-8", newline="\n")
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except OSError as error:
        raise Problem(f"cannot be written: {error.strerror}", str(folder)) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _copy(engine: Engine, sql: str, path: Path, form: Form) -> None:
    options = "FORMAT csv, HEADER" if form == "csv" else "FORMAT parquet, COMPRESSION zstd"
    engine.rows(f"COPY ({sql}) TO {literal(str(path))} ({options})")


def _rows(table: str, columns: tuple[str, ...], rules: Rules) -> str:
    """A table as text: moments in the zone, amounts in units."""
    cells = []
    for name in columns:
        if name in ("paid", "amount", "share", "list_price"):
            cells.append(f"{_units(name, rules)} AS {name}")
        elif name.endswith("_at"):
            cells.append(f"strftime(timezone({literal(ZONE)}, {name}), '%Y-%m-%d %H:%M:%S') AS {name}")
        else:
            cells.append(name)
    order = {"payment": "paid_at, record", "entry": "record", "drawn_number": "draw_id, pool, ordinal"}.get(
        table, "record"
    )
    return f"SELECT {', '.join(cells)}\nFROM {table} ORDER BY {order}"


def _units(name: str, rules: Rules) -> str:
    """Whole steps as a decimal text in units of the row's asset."""
    cases = []
    for asset, record in rules.assets.items():
        units = Units.of(asset, record.step)
        whole = f"CAST({name} AS HUGEINT) * {units.step}"
        ten = 10**units.decimals
        text = f"CAST({whole} AS VARCHAR)"
        if units.decimals:
            text = f"concat(CAST({whole} // {ten} AS VARCHAR), '.', lpad(CAST({whole} % {ten} AS VARCHAR), {units.decimals}, '0'))"
        cases.append(f"WHEN {literal(asset)} THEN {text}")
    return f"CASE WHEN {name} IS NOT NULL THEN CASE asset {' '.join(cases)} END END"

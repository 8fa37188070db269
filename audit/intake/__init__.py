"""Export files → canonical tables. Every row keeps its file and record number; nothing is rounded or dropped.

A cell that cannot be read exactly is NULL in its table, named in the row's `refused`, and listed in `refused_cell`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from audit.engine import Engine, literal
from audit.intake.cells import mend_of
from audit.intake.in_place import differs, in_place_cells
from audit.intake.lines import keep_runs
from audit.intake.mapping import TableMap
from audit.intake.reading import Intake, casts_of, cells_of, fault_of, plain_of
from audit.intake.sources import Source, read_source
from audit.intake.told import OTHERWISE, lay_told, told_together
from audit.intake.unread import MARK
from audit.problem import Problem
from audit.rules.document import Document
from audit.rules.units import Units
from audit.scope import TOLD

__all__ = ["Intake", "canonical", "lay_out", "load"]

SCHEMA = Path(__file__).parent.parent / "schema.sql"
OWN = ("source_file", "record", "refused")  # columns that intake fills itself


def load(engine: Engine, intake: Intake, work: Path, progress: Callable[[str], None]) -> None:
    """Fill the canonical tables, and note where each record stands in its file; a file that is in already is left alone.

    Raises Problem.
    """
    loaded = set(engine.rows("SELECT file, table_name FROM input"))
    sources: dict[str, Source] = {}
    for table, plan in intake.tables.items():
        if table not in canonical(engine):
            near = difflib.get_close_matches(table, canonical(engine), 1, 0.5)
            mend = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(canonical(engine))}"
            raise intake.document.problem(("tables", table), f"unknown table {table!r}", mend=mend)
        _check_mapping(intake, table, plan, _columns(engine, table))
    if told_together(intake.tables) and not intake.in_place and not engine.holds(TOLD):
        with engine.whole():
            lay_told(engine, _columns(engine, "entry"), _columns(engine, "outcome"))
    for table, plan in sorted(intake.tables.items(), key=lambda one: one[0] == "outcome"):  # which entries may tell
        columns = _columns(engine, table)
        awaited = [file for file in plan.files if (file, table) not in loaded]
        for file in awaited:
            progress(f"{file} → {table}")
            if file not in sources:
                sources[file] = _open(engine, intake, file, work)
            if not engine.value("SELECT count(*) FROM line_run WHERE file = ?", [file]):
                keep_runs(engine, file, sources[file].runs or ((1, sources[file].first_line),))
            if not intake.in_place:
                with engine.whole():
                    _fill(engine, intake, table, plan, columns, sources[file])
        if awaited and intake.in_place:
            with engine.whole():
                opened = [sources[file] for file in awaited]
                if not _lay(engine, intake, table, plan, columns, opened):
                    for source in opened:
                        _fill(engine, intake, table, plan, columns, source)


def lay_out(engine: Engine, units: Sequence[Units], made: Mapping[str, str], declared: Sequence[Document]) -> None:
    """Make the empty tables of a case file, with what an audit of it rests on apart from its inputs."""
    with engine.whole():
        engine.connection.execute(SCHEMA.read_text("utf-8"))
        for one in units:
            engine.rows("INSERT INTO asset VALUES (?, ?, ?)", [one.asset, one.decimals, one.step])
        for name, value in made.items():
            engine.rows("INSERT INTO made_with VALUES (?, ?)", [name, value])
        for document in declared:
            engine.rows("INSERT INTO rule VALUES (?, ?, ?)", [document.file, document.sha256, document.text])


def canonical(engine: Engine) -> list[str]:
    """The canonical tables, in the order of schema.sql: those that keep a source file."""
    sql = """
        SELECT table_name FROM duckdb_columns()
        WHERE column_name = 'source_file' AND database_name = 'case_file' ORDER BY table_oid"""
    return [name for (name,) in engine.rows(sql)]


def _columns(engine: Engine, table: str) -> dict[str, str]:
    sql = """
        SELECT column_name, data_type FROM duckdb_columns()
        WHERE table_name = ? AND database_name = 'case_file' ORDER BY column_index"""
    return {name: kind for name, kind in engine.rows(sql, [table]) if name not in OWN}


def _open(engine: Engine, intake: Intake, file: str, work: Path) -> Source:
    plans = [plan for plan in intake.tables.values() if file in plan.files]
    wanted = {one.column for plan in plans for row in plan.rows() for one in row.values() if one.column}
    source = read_source(engine, intake.folder, file, plans[0], wanted, work)
    uses = sum(len(plan.rows()) for plan in plans)
    if uses > 1 and "read_csv" in source.sql:  # parse once, read often
        name = f"staged_{engine.value('SELECT count(*) FROM duckdb_tables() WHERE temporary')}"
        engine.rows(f"CREATE TEMP TABLE {name} AS {source.sql}")
        source = Source(**{**vars(source), "sql": f"SELECT * FROM temp.{name}"})
    return source


def _check_mapping(intake: Intake, table: str, plan: TableMap, columns: Mapping[str, str]) -> None:
    for row in plan.rows():
        for name in row:
            if name not in columns:
                near = difflib.get_close_matches(name, columns, 1, 0.5)
                mend = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(columns)}"
                path = ("tables", table, "columns", name)
                raise intake.document.problem(path, f"{table} has no column {name!r}", mend=mend)


def _lay(engine: Engine, intake: Intake, table: str, plan: TableMap, columns: Mapping[str, str],
         sources: Sequence[Source]) -> bool:  # fmt: skip
    """Make the canonical table a view over Parquet files; False where some file cannot be read in place."""
    parts = []
    for source in sources:
        for row in plan.rows():
            strict = casts_of(intake, table, row, columns, source)
            plain = plain_of(intake, table, row, columns, source)
            if set(plain) != set(row):
                return False
            if engine.value(f"SELECT count(*) FROM ({source.sql}) AS raw WHERE {differs(plain, strict)}"):
                return False
            parts.append(_read_in_place(engine, intake, source, in_place_cells(plain, columns)))
    engine.rows(f"DROP TABLE {table}")
    _view(engine, table, parts)
    for source in sources:
        _book(engine, intake, table, plan, source)
    if table == "outcome" and told_together(intake.tables) and engine.rows("SELECT 1 FROM step WHERE name = 'entry'"):
        _view(engine, TOLD, [_told_in_place(engine, intake, source) for source in sources])
    return True


def _told_in_place(engine: Engine, intake: Intake, source: Source) -> str:
    """The entries of a file with their outcomes, of both of which it is known that they can be read as they lie."""
    entry, outcome = (
        in_place_cells(plain_of(intake, table, intake.tables[table].rows()[0], columns, source), columns)
        for table, columns in ((one, _columns(engine, one)) for one in ("entry", "outcome"))
    )
    outcome |= {"refused": "CAST(NULL AS VARCHAR)"}
    told = {OTHERWISE.get(name, name): cell for name, cell in outcome.items() if name != "entry_id"}
    return _read_in_place(engine, intake, source, entry | told)


def _read_in_place(engine: Engine, intake: Intake, source: Source, cells: Mapping[str, str]) -> str:
    """A SELECT of these cells and what intake says of itself, no cell being refused."""
    own = {"source_file": literal(source.file), "record": "record", "refused": "CAST(NULL AS VARCHAR)"}
    listed = ", ".join(f"{cell} AS {name}" for name, cell in (dict(cells) | own).items())
    return f"SELECT {listed}\nFROM {_export(engine, intake, source)}"


def _view(engine: Engine, name: str, parts: Sequence[str]) -> None:
    """A view that is a step, so that everybody sees what it reads."""
    sql = "\nUNION ALL\n".join(parts)
    engine.rows(f"CREATE VIEW {name} AS\n{sql}")
    engine.rows("INSERT INTO step VALUES (?, ?, ?)", [name, "view", sql])


def _export(engine: Engine, intake: Intake, source: Source) -> str:
    """The relation of a Parquet file with its own types; one file is one relation, however many tables it fills."""
    names: dict[str, str] = dict(engine.rows("SELECT file, relation FROM export"))
    if source.file not in names:
        names[source.file] = f"export_{len(names) + 1}"
        engine.rows(f"CREATE VIEW {names[source.file]} AS {source.raw}")
        engine.rows(
            "INSERT INTO export VALUES (?, ?, ?)",
            [source.file, names[source.file], str(intake.folder.resolve() / source.file)],
        )
    return names[source.file]


def _fill(
    engine: Engine, intake: Intake, table: str, plan: TableMap, columns: Mapping[str, str], source: Source
) -> None:
    broken = ", ".join(str(one.record) for one in source.broken)
    where = f"WHERE record NOT IN ({broken})" if broken else ""
    told = table in ("entry", "outcome") and engine.holds(TOLD)
    for row in plan.rows() if not (told and table == "outcome") else ():  # told, they came with their entries
        read, cells = cells_of(casts_of(intake, table, row, columns, source))
        if told:
            ours, kinds = intake.tables["outcome"].rows()[0], _columns(engine, "outcome")
            more, theirs = cells_of(casts_of(intake, "outcome", ours, kinds, source), "outcome_")
            read += more
            cells |= {OTHERWISE.get(name, name): cell for name, cell in theirs.items() if name != "entry_id"}
        listed = ", ".join(f"{cell} AS {name}" for name, cell in cells.items())
        engine.rows(
            f"INSERT INTO {TOLD if told else table} BY NAME SELECT {listed}, {literal(source.file)} AS source_file, record\n"
            f"FROM (SELECT record, {', '.join(read)} FROM ({source.sql}) AS raw {where}) AS cells"
        )
    for one in source.broken:
        refused = [source.file, table, None, None, one.record, one.line, one.value, one.mend]
        engine.rows("INSERT INTO refused_cell VALUES (?, ?, ?, ?, ?, ?, ?, ?)", refused)
    _list_refused(engine, intake, table, plan, columns, source)
    _book(engine, intake, table, plan, source)


def _book(engine: Engine, intake: Intake, table: str, plan: TableMap, source: Source) -> None:
    """Enter the file among the inputs. Accepted and refused are counted from what was loaded, not from what was read."""
    record = "DISTINCT record" if plan.each else "*"
    accepted, refused = engine.rows(
        f"SELECT count({record}) - count({record}) FILTER (refused IS NOT NULL), "
        f"count({record}) FILTER (refused IS NOT NULL) FROM {table} WHERE source_file = ?", [source.file]
    )[0]  # fmt: skip
    refused += len(source.broken)
    if accepted + refused != source.counted:
        raise Problem(f"{source.counted} records counted, {accepted + refused} loaded", source.file,
                      mend="the file is read differently by two readers: export it again as UTF-8 CSV")  # fmt: skip
    maps = [one for one in intake.tables.values() if source.file in one.files]
    read = {at.column for one in maps for row in one.rows() for at in row.values()}
    unread = ", ".join(name for name in source.names if name not in read)
    engine.rows(
        "INSERT INTO input VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [source.file, table, source.sha256, source.encoding, source.counted, accepted, refused, unread],
    )


def _list_refused(engine: Engine, intake: Intake, table: str, plan: TableMap, columns: Mapping[str, str],
                  source: Source) -> None:  # fmt: skip
    sql = (
        f"SELECT DISTINCT unnest(string_split(refused, ',')) FROM {table} WHERE source_file = ? AND refused IS NOT NULL"
    )
    hurt = {name for (name,) in engine.rows(sql, [source.file])}
    broken = {one.record for one in source.broken}
    found: dict[tuple[str, str, int], tuple[str, str]] = {}
    for row in plan.rows() if hurt else ():
        casts = casts_of(intake, table, row, columns, source)
        for name in sorted(hurt & set(casts)):
            fault, asset = fault_of(casts[name]), casts.get("asset")
            if columns[name].startswith("DECIMAL") and asset is not None:
                fault += f" AND NOT ({fault_of(asset)})"  # an unreadable asset is one fault, not two
            theirs = row[name].column or ""
            raw = f"c{source.names.index(theirs)}" if theirs else casts[name].text
            for record, value in engine.rows(f"SELECT record, {raw} FROM ({source.sql}) AS raw WHERE {fault}"):
                if record not in broken:
                    found[name, theirs, record] = (value, mend_of(casts[name], value, theirs))
    lines = source.lines({record for _, _, record in found})
    for (name, theirs, record), (value, mend) in sorted(found.items()):
        cells = [source.file, table, name, theirs, record, lines[record], value.removeprefix(MARK), mend]
        engine.rows("INSERT INTO refused_cell VALUES (?, ?, ?, ?, ?, ?, ?, ?)", cells)

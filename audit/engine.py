"""Runs SQL. The only file that knows which engine does.

A step is one named relation, one SELECT; its text is kept in the case file so that anybody can run it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from audit.problem import Problem

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

    from audit.spark import Spark


@dataclass(frozen=True)
class Step:
    """A relation by name. A view costs nothing until it is read; a table is computed once."""

    name: str
    sql: str
    kind: Literal["view", "table"] = "view"


T = TypeVar("T")
KEPT = 100_000  # rows of an answer; longer ones are not kept
Columns = Mapping[str, "NDArray[Any]"]


@dataclass(frozen=True)
class Loop:
    """Tables that a loop over columns of whole numbers computes, where a set-wise step would not end.

    reads gives the loop its columns, by name; makes gives each table's columns with their SQL types.
    """

    says: str
    reads: Mapping[str, str]
    makes: Mapping[str, Mapping[str, str]]
    compute: Callable[[Mapping[str, Columns]], Mapping[str, Columns]]

    @property
    def name(self) -> str:
        """The first table made."""
        return next(iter(self.makes))


@dataclass(frozen=True)
class Engine:
    """An open case file."""

    connection: duckdb.DuckDBPyConnection
    spark: Spark | None = None  # computes what is too large for one machine; None: DuckDB computes all
    answers: dict[tuple[object, ...], list[tuple[Any, ...]]] | None = None  # so far, where what is asked twice stays as it is

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Every row of a query. DuckDB 2 wants each result read before the next call, so all are fetched.

        Where answers are kept several callers share one list, and parameters must be hashable.
        """
        question = (sql, *parameters)
        if self.answers is not None and question in self.answers:
            return self.answers[question]
        found = self._roomy(lambda: self.ask(sql, parameters).fetchall())
        if self.answers is not None and 0 < len(found) <= KEPT and sql.lstrip().startswith(("SELECT", "WITH")):
            self.answers[question] = found
        return found

    def value(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """The first cell of a query, or None."""
        found = self.rows(sql, parameters)
        return found[0][0] if found else None

    def records(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Every row of a query as a mapping from column to value."""
        cursor = self.ask(sql, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def columns(self, sql: str) -> Columns:
        """Every row of a query of whole numbers, as NumPy columns."""
        return cast(Columns, self.ask(sql).fetchnumpy())

    def take(self, name: str, columns: Mapping[str, Any]) -> None:
        """Make a table of NumPy columns, all of one length."""
        self.connection.register("taken", dict(columns))
        self.rows(f"CREATE TABLE {name} AS SELECT * FROM taken")
        self.connection.unregister("taken")

    def holds(self, table: str) -> bool:
        """Whether the case file has this table or view."""
        sql = "SELECT count(*) FROM duckdb_columns() WHERE database_name = 'case_file' AND table_name = ?"
        return self.ask(sql, [table]).fetchall() != [(0,)]

    @contextmanager
    def whole(self) -> Iterator[None]:
        """What is written inside stays all together, or not at all."""
        import duckdb

        self.rows("BEGIN")
        try:
            yield
            self.rows("COMMIT")
        except BaseException:
            with suppress(duckdb.Error):  # a full disk has already ended it
                self.rows("ROLLBACK")
            raise

    def run(self, step: Step | Loop) -> None:
        """Make a step's relation and keep its text; of a loop, the text of what it reads. Whole or not at all."""
        self._roomy(lambda: self._loop(step) if isinstance(step, Loop) else self._make(step))

    def _make(self, step: Step) -> None:
        with self.whole():
            if self.spark is not None and self.spark.computes(step.sql):
                self.spark.make(self.connection, step.name, step.kind, step.sql)
            else:
                self.rows(f"CREATE {step.kind.upper()} {step.name} AS\n{step.sql}")
            self.rows("INSERT INTO step VALUES (?, ?, ?)", [step.name, step.kind, step.sql])

    def ask(self, sql: str, parameters: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        """A query's cursor, to be read before the next question."""
        if self.spark is not None and self.spark.computes(sql):
            return self.spark.ask(self.connection, sql, parameters)
        return self.connection.execute(sql, list(parameters))

    def _roomy(self, work: Callable[[], T]) -> T:
        """What some work gives; where memory ends, it is done again on one thread, which takes longer and needs less."""
        import duckdb

        try:
            return work()
        except duckdb.OutOfMemoryException as error:
            try:
                ((threads,),) = self.connection.execute("SELECT current_setting('threads')").fetchall()
                self.connection.execute("SET threads = 1")
            except duckdb.TransactionException:  # aborted: whoever began it does all of it again
                raise error from None
            if threads == 1:
                raise
        try:
            return work()
        finally:
            self.connection.execute(f"SET threads = {threads}")

    def _loop(self, loop: Loop) -> None:
        given = {name: self.columns(sql) for name, sql in loop.reads.items()}
        made = loop.compute(given)
        text = "\n".join([f"-- {loop.says}", *(f"-- {name}:\n{sql};" for name, sql in loop.reads.items())])
        with self.whole():
            for table, columns in loop.makes.items():
                casts = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in columns.items())
                self.connection.register("computed", dict(made[table]))
                self.rows(f"CREATE TABLE {table} AS SELECT {casts} FROM computed")
                self.connection.unregister("computed")
                self.rows("INSERT INTO step VALUES (?, ?, ?)", [table, "loop", text])


def open_engine(path: Path, *, memory: str = "1GB", threads: int | None = None, zone: str = "UTC") -> Engine:
    """A new case file at path, or the unfinished one that lies there, in the storage format that DuckDB 1.0 and later read."""
    import duckdb

    connection = duckdb.connect()
    engine = Engine(connection)
    try:
        engine.rows(f"SET memory_limit = {literal(memory)}")
        if threads is not None:
            engine.rows(f"SET threads = {threads:d}")
    except duckdb.Error as error:
        connection.close()
        raise Problem(
            f"the engine refuses this: {str(error).splitlines()[0]}", mend="such as --memory 2GB --threads 4"
        ) from None
    try:
        engine.rows(f"SET temp_directory = {literal(str(path.parent / 'spill'))}")
        engine.rows(f"ATTACH {literal(str(path))} AS case_file (STORAGE_VERSION 'v1.0.0')")
        engine.rows("USE case_file")
        engine.rows(f"SET TimeZone = {literal(zone)}")
        engine.rows("SET enable_progress_bar = false")
    except BaseException:
        connection.close()
        raise
    return engine


def reopen_engine(path: Path, *, zone: str = "UTC") -> Engine:
    """A finished case file, read-only; times are shown in zone."""
    import duckdb

    connection = duckdb.connect()
    engine = Engine(connection)
    try:
        engine.rows(f"ATTACH {literal(str(path))} AS case_file (READ_ONLY)")
        engine.rows("USE case_file")
        engine.rows("SET enable_progress_bar = false")
        seal_off(engine)
        engine.rows(f"SET TimeZone = {literal(zone)}")
    except duckdb.Error as error:
        connection.close()
        raise Problem(f"not readable as a case file: {str(error).splitlines()[0]}", str(path)) from None
    return engine


def seal_off(engine: Engine) -> None:
    """From here on the engine reads no file but its own, and the exports that the case file reads in place. Raises Problem."""
    if engine.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = 'export'"):
        places = [place for (place,) in engine.rows("SELECT place FROM export ORDER BY ALL")]
        gone = next((place for place in places if not Path(place).is_file()), None)
        if gone:
            raise Problem("the case file reads this export in place, and it is gone", gone,
                          mend="put it back, or audit again without --in-place")  # fmt: skip
        engine.rows(f"SET allowed_paths = [{', '.join(map(literal, places))}]")
    engine.rows("SET enable_external_access = false")


def scratch_engine(zone: str = "UTC") -> Engine:
    """An engine in memory with empty canonical tables, for what is simulated."""
    import duckdb

    engine = Engine(duckdb.connect())
    engine.rows(f"SET TimeZone = {literal(zone)}")
    engine.rows("SET enable_progress_bar = false")
    engine.rows((Path(__file__).parent / "schema.sql").read_text("utf-8"))
    return engine


def knows_zone(name: str) -> bool:
    """Whether the engine's calendar has this time zone."""
    import duckdb

    with duckdb.connect() as connection:
        try:
            connection.execute(f"SET TimeZone = {literal(name)}")
        except duckdb.Error:
            return False
    return True


def quarter(moment: str) -> str:
    """Which quarter of an hour a moment lies in, as SQL: in every zone days begin with one (since 1972), and there are few to look up."""
    return f"epoch_us({moment}) // 900000000"


def literal(value: str | int | Decimal | Fraction | None) -> str:
    """A value as an SQL literal: step texts hold their values, so that they run again as they stand."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def by_id(column: str) -> str:
    """The order of ids, as SQL: numbers that are not padded go by number (9 before 10), all else of one length by its text."""
    return f"length({column}), {column}"


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def values(rows: Sequence[Sequence[str | int | None]], columns: Sequence[str]) -> str:
    """A SELECT over literal rows; an empty list gives no rows, all of type VARCHAR."""
    names = ", ".join(columns)
    if not rows:
        empty = ", ".join(f"CAST(NULL AS VARCHAR) AS {column}" for column in columns)
        return f"SELECT {empty} WHERE false"
    body = ",\n    ".join("(" + ", ".join(literal(cell) for cell in row) + ")" for row in rows)
    return f"SELECT {names}\nFROM (VALUES\n    {body}\n) AS listed({names})"

"""The same steps on Spark: DuckDB's SQL, transpiled by sqlglot, over the same Parquet.

The case file stays the evidence: it knows every relation, so DuckDB says the names and types of any query, and Spark only
computes. A view is defined in both; a table is computed by Spark, and comes back into the case file where it is small. What
lies outside the SQL that both share (`shared`), or that Spark does not know, DuckDB computes on the driver, from the same exports.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from audit.engine import literal
from audit.problem import Problem

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql import DataFrame, SparkSession
    from sqlglot import exp

MASTER = re.compile(r"local(\[.+\])?|local-cluster\[.+\]|spark://([^\s,/]+:\d+)(,[^\s,/]+:\d+)*|yarn|k8s://\S+")
ANSWER = 5  # seconds in which a master takes a connection
QUERY = re.compile(r"(\s|--[^\n]*\n|\()*(SELECT|WITH|FROM)\b", re.IGNORECASE)
HASH = re.compile(r"\bhash\(")
SMALL = 200_000  # rows of a computed table that still come back into the case file
WHOLE = "DECIMAL(38, 0)"
OTHER_NAMES = {"printf": "format_string", "epoch_us": "unix_micros"}
SETTINGS = {
    "spark.sql.ansi.enabled": "true",  # what overflows or cannot be cast is an error, never NULL
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
    "spark.sql.maxPlanStringLength": "10000",  # views upon views: a plan told in full can outgrow the driver
}
LOOPBACK = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "8",
}


@dataclass(frozen=True)
class Spark:
    """A session and the relations it holds; `far` are those of which the case file holds no rows."""

    session: SparkSession
    small: int = SMALL
    held: set[str] = field(default_factory=set)
    far: set[str] = field(default_factory=set)

    def computes(self, sql: str) -> bool:
        """Whether Spark must compute a query: it reads what is far, or hashes, which each engine does its own way."""
        if not self.far or not QUERY.match(sql):
            return False
        return (not self.far.isdisjoint(tables_of(sql)) or HASH.search(sql) is not None) and shared(sql)

    def make(self, case_file: duckdb.DuckDBPyConnection, name: str, kind: str, sql: str) -> None:
        """Make a step's relation, in both engines; a view that hashes is computed at once, for DuckDB would pick other rows."""
        frame = self._frame(case_file, sql)
        if frame is None:
            case_file.execute(f"CREATE {kind.upper()} {name} AS\n{sql}")
            return
        hashes = HASH.search(sql) is not None
        if kind == "table" or hashes:
            frame = frame.persist()
            if hashes or frame.count() <= self.small:  # what hashes picked comes back whatever its size
                _fetch(case_file, frame, sql, f"CREATE TABLE {name} AS ")
                self._hold(name, frame)
                return
        case_file.execute(f"CREATE VIEW {name} AS\n{sql}")
        self._hold(name, frame, far=True)

    def ask(
        self, case_file: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object]
    ) -> duckdb.DuckDBPyConnection:
        """A query's rows as the case file would give them."""
        bound = _bound(sql, parameters) if parameters else sql
        frame = self._frame(case_file, bound)
        return case_file.execute(bound) if frame is None else _fetch(case_file, frame, bound)

    def take(self, case_file: duckdb.DuckDBPyConnection, tables: Sequence[str], work: Path) -> None:
        """Take over the canonical tables: Parquet where it lies, the others as Parquet in a folder that every worker reads."""
        for relation, place in case_file.execute("SELECT relation, place FROM export ORDER BY ALL").fetchall():
            self._hold(relation, self._export(place), far=True)
        made = case_file.execute("SELECT name, sql FROM step ORDER BY rowid").fetchall()
        laid = {name for name, _ in made}
        for table in sorted({*tables} - laid):
            path = (work / f"{table}.parquet").resolve()
            case_file.execute(f"COPY {table} TO {literal(str(path))}")
            self._hold(table, self.session.read.parquet(str(path)), far=True)
        views = {name for (name,) in case_file.execute("SELECT view_name FROM duckdb_views()").fetchall()}
        for name, sql in made:  # canonical views, and where an audit goes on, the steps that it finished
            frame = self._frame(case_file, sql) if name in views and self.computes(sql) else None
            if frame is not None:
                self._hold(name, frame, far=True)

    def _frame(self, case_file: duckdb.DuckDBPyConnection, sql: str) -> DataFrame | None:
        """A query, not yet computed; None where Spark has no such words, so that DuckDB must answer from the same exports."""
        from pyspark.errors import AnalysisException

        self._lend(case_file, sql)
        try:
            return self.session.sql(spark_sql(sql))
        except AnalysisException:
            if HASH.search(sql):  # the hashes of two engines must never meet
                raise
            return None

    def _hold(self, name: str, frame: DataFrame, *, far: bool = False) -> None:
        frame.createOrReplaceTempView(name)
        self.held.add(name)
        if far:
            self.far.add(name)

    def _export(self, place: str) -> DataFrame:
        """A Parquet file as its view in the case file gives it: record, r0, r1 …"""
        from pyspark.sql.functions import col

        read = self.session.read.parquet(place)
        cells = [col(f"`{name}`").alias(f"r{number}") for number, name in enumerate(read.columns)]
        return read.select((col("_metadata.row_index") + 1).alias("record"), *cells)

    def _lend(self, case_file: duckdb.DuckDBPyConnection, sql: str) -> None:
        """Give Spark the small tables of the case file that a query names."""
        for name in sorted(tables_of(sql) - self.held):
            kinds = case_file.execute(f"DESCRIBE SELECT * FROM {name}").fetchall()
            wide = {column: WHOLE if kind in ("HUGEINT", "UBIGINT") else kind for column, kind, *_ in kinds}
            casts = ", ".join(f"CAST({column} AS {kind}) AS {column}" for column, kind in wide.items())
            rows = case_file.sql(f"SELECT {casts} FROM {name}").to_arrow_table()
            self._hold(name, self.session.createDataFrame(rows))


def check_master(master: str) -> None:
    """Refuse what is no master, and a master at none of whose addresses anybody answers. Raises Problem."""
    if MASTER.fullmatch(master) is None:
        raise Problem("no engine of this name", value=master, mend="duckdb, local[4] or spark://host:7077")
    places = [one.rpartition(":") for one in master.removeprefix("spark://").split(",")] if master.startswith("spark:") else []
    for host, _, port in places:
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER).close()
            return
        except (OSError, OverflowError):
            continue
    if places:
        raise Problem("no Spark master answers there", master, mend="start it, or name another: spark://host:7077")


def start_spark(master: str, zone: str, further: Mapping[str, str] = MappingProxyType({})) -> Spark:
    """Connect to a master that the user named, times being shown in zone. Raises Problem."""
    check_master(master)
    try:
        import sqlglot  # noqa: F401 - missing, it should be missed here
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise Problem(
            f"Spark cannot be used: no module {error.name}", mend="pip install 'redraw-audit[spark]'"
        ) from None
    here = master.startswith("local") or "//127.0.0.1" in master or "//localhost" in master
    settings = {**SETTINGS, **(LOOPBACK if here else {}), "spark.sql.session.timeZone": zone, **further}
    maker = SparkSession.builder.master(master).appName("redraw")
    for name, value in settings.items():
        maker = maker.config(name, value)
    try:
        return Spark(maker.getOrCreate())
    except (PySparkException, Py4JError, OSError) as error:
        raise Problem(f"Spark does not start: {str(error).splitlines()[0]}", master,
                      mend="it needs Java 17 or later, and a master that answers") from None  # fmt: skip


@lru_cache(maxsize=4096)
def tables_of(sql: str) -> frozenset[str]:
    """The relations that a query names."""
    from sqlglot import exp

    tree = _parse(sql)
    own = {one.alias for one in tree.find_all(exp.CTE)}
    return frozenset(one.name for one in tree.find_all(exp.Table) if one.name and one.name not in own)


@lru_cache(maxsize=4096)
def shared(sql: str) -> bool:
    """Whether a query keeps to the SQL that both engines share: no recursion, no ASOF, no QUALIFY, no unordered numbering."""
    from sqlglot import exp

    tree = _parse(sql)
    return not (
        any(one.args.get("recursive") for one in tree.find_all(exp.With))
        or tree.find(exp.Qualify) is not None  # of a star, Spark would show one column more
        or any(one.method == "ASOF" for one in tree.find_all(exp.Join))
        or any(isinstance(one.this, exp.RowNumber) and not one.args.get("order") for one in tree.find_all(exp.Window))
    )


@lru_cache(maxsize=4096)
def spark_sql(sql: str) -> str:
    """A query of ours in the words of Spark."""
    tree = _parse(sql)
    for node in reversed(list(tree.walk(bfs=True))):
        spoken = _spoken(node)
        if spoken is not node:
            node.replace(spoken)
    return tree.sql(dialect="spark")


def _parse(sql: str) -> exp.Expr:
    import sqlglot

    return sqlglot.parse_one(sql, read="duckdb")


def _spoken(node: exp.Expr) -> exp.Expr:
    """A node of the syntax tree where sqlglot's own translation would give another result."""
    from sqlglot import exp

    def call(name: str, *args: exp.Expr) -> exp.Expr:
        return exp.Anonymous(this=name, expressions=list(args))

    if isinstance(node, exp.DataType) and node.this is exp.DataType.Type.INT128:
        return exp.DataType.build(WHOLE)
    if isinstance(node, exp.Anonymous) and node.name.lower() == "timezone":
        # the session's zone is the case's: a local time given is made absolute, an absolute one local
        return exp.cast(
            node.expressions[1],
            "TIMESTAMPTZ" if isinstance(node.expressions[1], exp.Cast) else "TIMESTAMP",
            dialect="duckdb",
        )
    if isinstance(node, exp.Anonymous) and node.name.lower() == "hash":
        return call("shiftrightunsigned", call("xxhash64", *node.expressions), exp.Literal.number(1))  # never negative
    if isinstance(node, exp.Anonymous) and node.name.lower() in OTHER_NAMES:
        return call(OTHER_NAMES[node.name.lower()], *node.expressions)
    if isinstance(node, exp.RegexpReplace) and isinstance(node.args["replacement"], exp.Literal):
        node.args["replacement"].set(
            "this", re.sub(r"\\(\d)", r"$\1", node.args["replacement"].this)
        )  # groups, as Java names them
        return node
    if isinstance(node, exp.Concat):
        for one in node.expressions:  # a number beside '' would become a DOUBLE first
            if not isinstance(one, exp.Literal):
                one.replace(exp.cast(one.copy(), "VARCHAR"))
        return node
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.BitwiseRightShift):
        return exp.cast(node.this, WHOLE)  # a sum of hashes passes 64 bits
    if isinstance(node, exp.Table) and isinstance(node.this, exp.GenerateSeries):
        return _numbers(node)
    if isinstance(node, exp.TimeToUnix):
        return exp.Div(
            this=exp.cast(call("unix_micros", node.this), "DOUBLE"), expression=exp.Literal.number(1_000_000)
        )
    if isinstance(node, exp.IntDiv):
        left, right = (exp.cast(one, WHOLE) for one in (node.left, node.right))
        rest = exp.paren(exp.Sub(this=left, expression=exp.Mod(this=left.copy(), expression=right)))
        return exp.cast(exp.Div(this=rest, expression=right.copy(), typed=True, safe=False), WHOLE)
    if isinstance(node, exp.Div):
        return exp.Div(
            this=exp.cast(node.left, "DOUBLE"), expression=exp.cast(node.right, "DOUBLE"), typed=True, safe=False
        )
    return node


def _numbers(node: exp.Expr) -> exp.Expr:
    """`range(a, b) AS d(value)` as a subquery: in Spark the column of a range is called id."""
    from sqlglot import exp

    series, alias = node.this, node.args["alias"]
    end, last = series.args["end"], not series.args.get("is_end_exclusive")
    beyond = exp.Add(this=end, expression=exp.Literal.number(1)) if last else end
    numbers = exp.Table(this=exp.Anonymous(this="range", expressions=[series.args["start"], beyond]))
    return exp.select(exp.alias_(exp.column("id"), alias.columns[0].name)).from_(numbers).subquery(alias.name)


def _bound(sql: str, parameters: Sequence[object]) -> str:
    """A query with its parameters written out."""
    from sqlglot import exp

    tree = _parse(sql)
    for mark, value in zip(list(tree.find_all(exp.Placeholder)), parameters, strict=True):
        mark.replace(exp.convert(value))
    return tree.sql(dialect="duckdb")


def _fetch(
    case_file: duckdb.DuckDBPyConnection, frame: DataFrame, sql: str, into: str = ""
) -> duckdb.DuckDBPyConnection:
    """What Spark computed, with the names and types that the case file gives the same query."""
    kinds = case_file.execute(f"DESCRIBE {sql}").fetchall()
    rows = frame.toArrow().rename_columns([f"c{place}" for place in range(len(kinds))])
    names = ['"' + name.replace('"', '""') + '"' for name, *_ in kinds]
    casts = ", ".join(f"CAST(c{place} AS {kind}) AS {names[place]}" for place, (_, kind, *_) in enumerate(kinds))
    case_file.register("fetched", rows)
    return case_file.execute(f"{into}SELECT {casts} FROM fetched")

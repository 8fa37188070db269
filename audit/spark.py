"""The same steps on Spark: DuckDB's SQL, transpiled by sqlglot, over the same Parquet.

The case file stays the evidence. It knows every relation, so DuckDB can say the types of any query, and Spark only computes:
views are defined in both, tables are computed by Spark, and what is small comes back into the case file. A step outside the
SQL that both share (a recursive query) is computed by DuckDB on the driver from the same files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from audit.problem import Problem

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql import DataFrame, SparkSession
    from sqlglot import exp

QUERY = re.compile(r"(\s|--[^\n]*\n|\()*(SELECT|WITH|FROM)\b", re.IGNORECASE)
HASH = re.compile(r"\bhash\(")
SMALL = 200_000  # rows of a computed table that still come back into the case file
WHOLE = "DECIMAL(38, 0)"


@dataclass(frozen=True)
class Spark:
    """A session, and the relations that it holds; `far` are those that the case file does not hold as rows."""

    session: SparkSession
    small: int = SMALL
    known: dict[str, DataFrame] = field(default_factory=dict)
    far: set[str] = field(default_factory=set)

    def reads_far(self, sql: str) -> bool:
        """Whether Spark must compute a query: it reads what only Spark holds, or hashes, which each engine does its own way."""
        return bool(self.far) and (not self.far.isdisjoint(tables_of(sql)) or HASH.search(sql) is not None)

    def define(self, name: str, frame: DataFrame, *, far: bool) -> None:
        """Give a relation its name."""
        frame.createOrReplaceTempView(name)
        self.known[name] = frame
        if far:
            self.far.add(name)

    def export(self, place: str) -> DataFrame:
        """A Parquet file as its view in the case file gives it: record, r0, r1 …"""
        from pyspark.sql import functions

        held = self.session.read.parquet(place)
        cells = [held[f"`{name}`"].alias(f"r{number}") for number, name in enumerate(held.columns)]
        return held.select((functions.col("_metadata.row_index") + 1).alias("record"), *cells)

    def frame(self, sql: str) -> DataFrame:
        """A query of ours as Spark sees it; nothing is computed yet."""
        return self.session.sql(spark_sql(sql))


def start_spark(master: str, zone: str, further: Mapping[str, str] = MappingProxyType({})) -> Spark:
    """Connect to a master the user named. Raises Problem where pyspark, Java or the master cannot be had."""
    try:
        import sqlglot  # noqa: F401
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise Problem(f"Spark is not installed: {error.name}", mend="pip install 'redraw-audit[spark]'") from None
    settings = {
        "spark.sql.session.timeZone": zone,
        "spark.sql.ansi.enabled": "true",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.timestampType": "TIMESTAMP_LTZ",
        "spark.sql.caseSensitive": "false",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    if master.startswith("local"):
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
                     "spark.sql.shuffle.partitions": "2"}  # fmt: skip
    maker = SparkSession.builder.master(master).appName("redraw")
    for name, value in {**settings, **further}.items():
        maker = maker.config(name, value)
    return Spark(maker.getOrCreate())


def _parse(sql: str) -> exp.Expr | None:
    import sqlglot

    return sqlglot.parse_one(sql, read="duckdb") if QUERY.match(sql) else None


@lru_cache(maxsize=4096)
def tables_of(sql: str) -> frozenset[str]:
    """The relations that a query names; none where it is no query."""
    from sqlglot import exp

    tree = _parse(sql)
    if tree is None:
        return frozenset()
    own = {one.alias for one in tree.find_all(exp.CTE)}
    return frozenset(one.name for one in tree.find_all(exp.Table) if one.name and one.name not in own)


@lru_cache(maxsize=4096)
def shared(sql: str) -> bool:
    """Whether a query keeps to what both engines share."""
    from sqlglot import exp

    tree = _parse(sql)
    if tree is None:
        return False
    recursive = any(one.args.get("recursive") for one in tree.find_all(exp.With))
    asof = any(one.method == "ASOF" for one in tree.find_all(exp.Join))
    unordered = any(isinstance(one.this, exp.RowNumber) and not one.args.get("order") for one in tree.find_all(exp.Window))
    return not (recursive or asof or unordered)


@lru_cache(maxsize=4096)
def spark_sql(sql: str) -> str:
    """A query of ours in the words of Spark."""
    tree = _parse(sql)
    assert tree is not None
    for node in reversed(list(tree.walk(bfs=True))):
        spoken = _spoken(node)
        if spoken is not node:
            node.replace(spoken)
    return tree.sql(dialect="spark")


def _spoken(node: exp.Expr) -> exp.Expr:
    from sqlglot import exp

    if isinstance(node, exp.DataType) and node.this is exp.DataType.Type.INT128:
        return exp.DataType.build(WHOLE)
    if isinstance(node, exp.Anonymous):
        name, args = node.name.lower(), node.expressions
        if name == "timezone":
            there = isinstance(args[1], exp.Cast)
            return exp.cast(args[1], "TIMESTAMPTZ" if there else "TIMESTAMP", dialect="duckdb")
        if name == "hash":
            whole = exp.Anonymous(this="xxhash64", expressions=args)  # never negative, as DuckDB's
            return exp.Anonymous(this="shiftrightunsigned", expressions=[whole, exp.Literal.number(1)])
        if name == "printf":
            return exp.Anonymous(this="format_string", expressions=args)
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.BitwiseRightShift):
        return exp.cast(node.this, WHOLE)  # a sum of hashes passes 64 bits
    if isinstance(node, exp.Table) and isinstance(node.this, exp.GenerateSeries):
        return _numbers(node)
    if isinstance(node, exp.TimeToUnix):
        return exp.Div(this=exp.cast(exp.Anonymous(this="unix_micros", expressions=[node.this]), "DOUBLE"), expression=exp.Literal.number(1000000))
    if isinstance(node, exp.Div) and not isinstance(node, exp.IntDiv):
        return exp.Div(this=exp.cast(node.left, "DOUBLE"), expression=exp.cast(node.right, "DOUBLE"), typed=True, safe=False)
    if isinstance(node, exp.IntDiv):
        left, right = (exp.cast(one, WHOLE) for one in (node.left, node.right))
        rest = exp.Paren(this=exp.Sub(this=left, expression=exp.Mod(this=left.copy(), expression=right)))
        return exp.cast(exp.Paren(this=exp.Div(this=rest, expression=right.copy(), typed=True, safe=False)), WHOLE)
    return node


def _numbers(node: exp.Expr) -> exp.Expr:
    """`range(a, b) AS d(value)` as a subquery: in Spark the column of a range is called id."""
    from sqlglot import exp

    series, alias = node.this, node.args["alias"]
    beyond = series.args["end"] if series.args.get("is_end_exclusive") else exp.Add(this=series.args["end"], expression=exp.Literal.number(1))
    numbers = exp.Anonymous(this="range", expressions=[series.args["start"], beyond])
    value = exp.alias_(exp.column("id"), alias.columns[0].name)
    return exp.select(value).from_(exp.Table(this=numbers)).subquery(alias.name)


def bind(sql: str, parameters: Sequence[object]) -> str:
    """A query with its parameters written out."""
    from sqlglot import exp

    tree = _parse(sql)
    assert tree is not None
    for mark, value in zip(list(tree.find_all(exp.Placeholder)), parameters, strict=True):
        mark.replace(exp.convert(value))
    return tree.sql(dialect="duckdb")

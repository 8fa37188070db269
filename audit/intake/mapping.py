"""How a platform's files become canonical tables: the `tables` part of case.yaml, as frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from pydantic.dataclasses import dataclass

from audit.rules.scalars import STRICT, Amount, Whole

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]


@dataclass(frozen=True, config=STRICT)
class Column:
    """Where a canonical column comes from: a column of the file, or one value for every row."""

    column: str | None = Field(default=None, description="the platform's own column name")
    value: str | None = Field(default=None, description="one value for every row")
    values: Mapping[str, str] = Field(default_factory=dict, description="the platform's words → ours")
    as_: Literal["day", "unix-seconds", "unix-milliseconds"] | None = Field(
        default=None, alias="as", description="how a time is written, where it is not a date with a time of day"
    )
    thousands: Literal[",", ".", " ", "'", "’", "，"] | None = Field(
        default=None, description="the mark between groups of three digits of an amount, as in 1,234.50"
    )
    decimal: Literal[".", ","] = Field(default=".", description="the mark before the decimals of an amount")


@dataclass(frozen=True, config=STRICT)
class TableMap:
    """Which files fill a canonical table, and how their columns are named."""

    file: str | tuple[str, ...] = Field(description="one or several files below the exports folder")
    columns: Mapping[Identifier, str | Column] = Field(default_factory=dict)
    each: tuple[Mapping[Identifier, str | Column], ...] = Field(
        default=(), description="a wide record gives one row for each of these, together with `columns`"
    )
    encoding: str | None = Field(default=None, description="utf-8, gb18030 …; absent: found by strict decoding")
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    sheet: str | None = Field(default=None, description="sheet of a workbook; absent: the first")
    skip: Annotated[Whole, Field(ge=0)] = Field(default=0, description="lines before the header")
    footer: Annotated[Whole, Field(ge=0)] = Field(default=0, description="lines of a text file after its last record")
    strip: str = Field(default="", description='characters that are no part of a cell, at either end: "`\\t¥元"')
    empty: tuple[str, ...] = Field(default=(), description='words for an empty cell: ["-", "/"]')
    sequence: Identifier | None = Field(default=None, description="an id whose trailing number counts up by one")

    @property
    def files(self) -> tuple[str, ...]:
        """The files, one or several."""
        return (self.file,) if isinstance(self.file, str) else self.file

    def rows(self) -> tuple[Mapping[str, Column], ...]:
        """The column sources of each row that a record gives."""
        wide = self.each or ({},)
        return tuple(
            {name: Column(column=at) if isinstance(at, str) else at for name, at in {**self.columns, **one}.items()}
            for one in wide
        )


@dataclass(frozen=True, config=STRICT)
class Control:
    """Totals that the platform states apart from its export."""

    rows: Annotated[Whole, Field(ge=0)] | None = Field(default=None, description="number of records")
    sums: Mapping[str, Amount] = Field(default_factory=dict, description="sum of the amounts by asset, in units")

"""A case on disk: case.yaml, rules.yaml and the exports → one case file, replayed and reconciled."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, TypeAdapter
from pydantic.dataclasses import dataclass as record

from audit.engine import Engine, knows_zone, literal, reopen_engine
from audit.finding import Row, Text
from audit.intake.gate import REQUIRED
from audit.intake.lines import read_lines
from audit.intake.mapping import Control, TableMap
from audit.money.attribution import Attribution
from audit.problem import Place, Problem
from audit.reconcile import Grain, grain_of
from audit.rules import Award, Declared, Gap, Rules, clauses_of, rules_of
from audit.rules.declared import place_of
from audit.rules.document import Document, parse_document, read_document, read_record
from audit.rules.read import words
from audit.rules.scalars import STRICT, Day, Odds, Span
from audit.rules.units import Units
from audit.scope import Scope


def _risk(value: Any) -> Any:
    try:
        inside = 0 < Fraction(str(value)) < 1
    except (ValueError, ZeroDivisionError):
        inside = False
    if not inside:
        raise ValueError("the risk lies between 0 and 1, such as 1/1000")
    return value


@record(frozen=True, config=STRICT)
class Period:
    """What time the export covers: from the first moment of `from` until the first moment of `to`."""

    from_: Day = Field(alias="from")
    to: Day = Field(description="first day no longer covered")


@record(frozen=True, config=STRICT)
class CaseFile:
    """case.yaml."""

    case: Annotated[str, Field(min_length=1, max_length=200)]
    timezone: str = Field(description="zone of times without an offset, such as Asia/Shanghai")
    tables: Mapping[str, TableMap] = Field(description="canonical table → its files and columns")
    platform: str = Field(default="", description="whose export this is")
    jurisdiction: Annotated[tuple[Literal["cn", "us", "eu", "uk", "jp", "kr"], ...], Field(min_length=1)] = Field(
        default=("cn",), description="whose provisions the report cites and measures against"
    )
    period: Period | None = None
    platform_accounts: tuple[str, ...] = Field(
        default=(), description="accounts whose income is money in, not an award"
    )
    new_for: Span | None = Field(default=None, description="how long after joining a participant counts as new")
    attribution: Attribution = Field(
        default_factory=Attribution,
        description="which orders buy entry, and which are sales to people outside the plan",
    )
    control: Mapping[str, Control] = Field(default_factory=dict, description="totals stated apart from the export")
    risk: Annotated[Odds, BeforeValidator(_risk)] = Field(
        default=Fraction(1, 1000), description="chance that an honest platform is accused by this audit"
    )


@dataclass(frozen=True)
class Case:
    """A case as read: nothing is loaded yet."""

    folder: Path
    exports: Path
    file: CaseFile
    document: Document
    rules: Rules
    rules_document: Document

    @property
    def units(self) -> tuple[Units, ...]:
        """The declared assets with their smallest amounts."""
        return tuple(Units.of(name, asset.step) for name, asset in self.rules.assets.items())

    @property
    def scope(self) -> Scope:
        """The columns that the mapping fills, the zone and the period."""
        columns = {
            table: frozenset(name for row in plan.rows() for name in row) for table, plan in self.file.tables.items()
        }
        period = self.file.period
        return Scope(columns, self.file.timezone, period.from_ if period else None, period.to if period else None)


@dataclass(frozen=True)
class Audit:
    """A loaded case: what a check is given. share is the part of the error budget that one statistical check spends."""

    case: Case
    engine: Engine
    share: Fraction

    @property
    def rules(self) -> Rules:
        """The declared rules."""
        return self.case.rules

    @property
    def awards(self) -> Mapping[str, Award]:
        """Every clause of every version; of a clause that changed, as it last stood."""
        return clauses_of(self.rules)

    @property
    def document(self) -> Document:
        """The rules file, with its marks."""
        return self.case.rules_document

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Terms not declared: none, for an audit is refused where the rules lack one."""
        return ()

    def at(self, *path: str | int) -> Place:
        """The nearest known place of a path in the rules, with the platform's own words there."""
        return place_of(self.document, path)

    @property
    def grain(self) -> Grain:
        """How finely payments could be compared."""
        return grain_of(self.case.scope) if self.awards else "none"

    def has(self, relation: str) -> bool:
        """Whether the replay made this relation."""
        return bool(self.engine.value("SELECT count(*) FROM step WHERE name = ?", [relation]))

    def lines(self, file: str, wanted: Iterable[int]) -> Mapping[int, int]:
        """The physical line of records of an export file."""
        return read_lines(self.engine, file, wanted)

    def units(self, asset: str) -> Units:
        """The units of an asset; an undeclared one counts single pieces."""
        return next((one for one in self.case.units if one.asset == asset), Units(asset, 0, 1))


Declaration = Declared | Audit  # what a check that can judge the rules alone is given


@cache
def _adapter() -> TypeAdapter[CaseFile]:
    return TypeAdapter(CaseFile)


def case_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a case.yaml."""
    top = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "redraw case"}
    return {**top, **_adapter().json_schema(by_alias=True)}


def read_case(folder: Path, exports: Path | None = None) -> Case:
    """Read case.yaml and rules.yaml. Raises Problem."""
    rules = folder / "rules.yaml"
    return _case(folder, exports or folder, read_document(folder / "case.yaml"), lambda: read_document(rules))


def _case(folder: Path, exports: Path, document: Document, rules_document: Callable[[], Document]) -> Case:
    if not isinstance(document.data, dict):
        raise document.problem((), "a case file is a mapping of keys", mend="begin with `case:`")
    tables = {*REQUIRED, *sum(REQUIRED.values(), ())}
    file = read_record(_adapter(), document, lambda: words(case_schema()) | tables)
    try:
        ZoneInfo(file.timezone)
        known = knows_zone(file.timezone)
    except (KeyError, ValueError, OSError):
        known = False
    if not known:
        raise document.problem(("timezone",), "unknown time zone", value=file.timezone, mend="such as Asia/Shanghai")
    if file.period and file.period.to <= file.period.from_:
        raise document.problem(("period", "to"), "the period ends before it begins", value=str(file.period.to))
    for table, plan in file.tables.items():
        if len({posixpath.normpath(one) for one in plan.files}) < len(plan.files):
            raise document.problem(("tables", table, "file"), "a file stands twice", value=", ".join(plan.files), mend="name it once")
    for table in file.control:
        if table not in file.tables:
            raise document.problem(("control", table), "a control total for a table that is not mapped", value=table)
    declared = rules_document()
    return Case(folder, exports, file, document, rules_of(declared), declared)


def open_audit(folder: Path) -> Audit:
    """What an audit wrote into a folder, opened read-only; nothing outside the folder is needed. Raises Problem."""
    path = folder / "case.duckdb"
    if not path.is_file():
        raise Problem("no such file", str(path), mend="name the folder that `redraw audit CASE --out DIR` wrote")
    engine = reopen_engine(path)
    try:
        texts = {file: (text, sha256) for file, sha256, text in engine.rows("SELECT file, sha256, text FROM rule")}
        document, declared = (
            parse_document(texts[name][0], name, texts[name][1]) for name in ("case.yaml", "rules.yaml")
        )
        case = _case(folder, folder, document, lambda: declared)
        engine.rows(f"SET TimeZone = {literal(case.file.timezone)}")
    except BaseException:
        engine.connection.close()
        raise
    return Audit(case, engine, case.file.risk)


def damage(audit: Audit) -> dict[str, Text]:
    """What the gate and intake found wrong, by column (`entry.position`): verdicts that need it cannot stand."""
    hurt: dict[str, Text] = {}
    gates = """
        SELECT kind, table_name, column_name, expected, observed FROM gate
        WHERE NOT success AND kind <> 'control' AND column_name NOT IN ('referrer_id', 'team_leader_id') ORDER BY ALL"""
    for kind, table, column, _, observed in audit.engine.rows(gates):
        hurt[f"{table}.{column}"] = Text(f"{KINDS[kind].zh} {observed} 处", f"{KINDS[kind].en}: {observed}")
        if (kind, table) == (
            "sequence",
            "activity",
        ):  # the entries of an activity that is missing whole are missing too
            hurt.setdefault("entry.activity_id", hurt[f"{table}.{column}"])
    for table, _, _, expected, observed in audit.engine.rows(
        "SELECT table_name, kind, column_name, expected, observed FROM gate WHERE NOT success AND kind = 'control'"
    ):
        text = Text(f"控制总数应为 {expected}，实为 {observed}", f"control total {expected}, found {observed}")
        hurt.update({f"{table}.{column}": text for column in REQUIRED.get(table, ())})
    refused = "SELECT table_name, column_name, count(*) FROM refused_cell GROUP BY ALL ORDER BY ALL"
    for table, column, count in audit.engine.rows(refused):
        columns = REQUIRED.get(table, ()) if column is None else (column,)
        text = Text(f"{count} 个单元格无法读取", f"cells that cannot be read: {count}")
        hurt.update({f"{table}.{one}": text for one in columns})
    return hurt


def evidence(audit: Audit, sql: str) -> tuple[Row, ...]:
    """The rows of a query, ready for a finding: amounts in units, times in the case's zone, each with its line.

    A pair of records has the second one's file, record and line under other_file, other_record and other_line.
    A query gives amounts in steps under the names of AMOUNTS, with their asset in `asset` or `paid_asset`.
    """
    return shown(audit, audit.engine.records(sql))


def shown(audit: Audit, records: Iterable[Mapping[str, Any]]) -> tuple[Row, ...]:
    """Records of the case file, once fetched, as `evidence` gives them."""
    rows: list[dict[str, str | int | float | bool | None]] = []
    for found in records:
        row: dict[str, str | int | float | bool | None] = {}
        for name, value in found.items():
            if name in AMOUNTS and isinstance(value, int | Decimal):
                asset = found.get("paid_asset" if name == "paid" else "asset") or found.get("asset")
                row[name] = audit.units(str(asset)).show(value)
            elif isinstance(value, datetime):
                row[name] = value.astimezone(ZoneInfo(audit.case.file.timezone)).isoformat(" ")
            else:
                row[name] = value if isinstance(value, str | int | float | bool | None) else str(value)
        rows.append(row)
    for at, number, line in (("source_file", "record", "line"), ("other_file", "other_record", "other_line")):
        sourced = [row for row in rows if row.get(at) and isinstance(row.get(number), int)]
        for file in sorted({str(row[at]) for row in sourced}):
            mine = [row for row in sourced if row[at] == file]
            lines = audit.lines(file, {int(row[number] or 0) for row in mine})
            for row in mine:
                row[line] = lines.get(int(row[number] or 0))
    return tuple(rows)


AMOUNTS = ("owed", "paid", "at_stake", "amount", "sales", "prize", "stake", "list_price", "deposit", "received", "net", "moved",
           "outside_wider", "entry", "other", "payout", "cash", "claimed_price")  # fmt: skip
KINDS = {
    "completeness": Text("缺值", "values missing"),
    "uniqueness": Text("编号重复", "ids repeated"),
    "links": Text("关联断裂", "links broken"),
    "ranges": Text("超出范围", "values out of range"),
    "order": Text("时间先后矛盾", "records out of order"),
    "sequence": Text("序号缺失", "numbers missing from a sequence"),
    "control": Text("控制总数不符", "control totals differ"),
}

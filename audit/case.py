"""A case on disk: case.yaml, rules.yaml and the exports → one case file, replayed and reconciled."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass as record

from audit.engine import Engine, Loop, Step, literal, open_engine, reopen_engine, seal_off
from audit.finding import Row, Text
from audit.intake import Intake, lay_out, load
from audit.intake.gate import REQUIRED, Demands, pass_gate
from audit.intake.kept import reopen
from audit.intake.lines import read_lines
from audit.intake.mapping import Control, TableMap
from audit.money import Attribution, money_steps
from audit.people import people_steps
from audit.problem import Place, Problem
from audit.reconcile import Grain, Moments, cuts_of, grain_of, reconcile_steps
from audit.replay import has_awards, played, replay_steps
from audit.replay.notices import published_boosts
from audit.rules import Award, Boxes, Chances, Declared, Gap, Group, Raffle, Released, Rules, clauses_of, eras, rules_of
from audit.rules.declared import place_of
from audit.rules.document import Document, parse_document, read_document, read_record
from audit.rules.read import words
from audit.rules.scalars import STRICT, Day, Odds, Span
from audit.rules.units import Units
from audit.scope import Scope
from audit.spark import Spark

EVENT_TABLES = {  # the tables without which an event cannot be seen
    "registration": ("participant",),
    "start": ("activity",),
    "entry": ("entry",),
    "win": ("entry", "outcome"),
    "loss": ("entry", "outcome"),
    "completion": ("activity", "entry", "outcome"),
    "order": ("purchase",),
    "recruit": ("participant",),
    "rank-reached": ("participant",),
    "milestone": ("participant",),
    "day-end": ("purchase",),
    "withdrawal": ("request",),
}
IGNORED = "other"  # the word for a payment's reason that is no award: a withdrawal, a refund


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
    risk: Odds = Field(default=Fraction(1, 1000), description="chance that an honest platform is accused by this audit")


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
    file = read_record(_adapter(), document, words(case_schema()) | set(REQUIRED) | set(sum(REQUIRED.values(), ())))
    try:
        ZoneInfo(file.timezone)
    except (KeyError, ValueError, OSError):
        raise document.problem(
            ("timezone",), "unknown time zone", value=file.timezone, mend="such as Asia/Shanghai"
        ) from None
    if file.period and file.period.to <= file.period.from_:
        raise document.problem(("period", "to"), "the period ends before it begins", value=str(file.period.to))
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


def build(case: Case, path: Path, share: Fraction, progress: Callable[[str], None], *, memory: str = "1GB",
          threads: int | None = None, exact: bool = False) -> Audit:  # fmt: skip
    """Load, replay and reconcile a case into a new case file at path. Raises Problem."""
    engine = begin(case, path, {}, memory=memory, threads=threads)
    try:
        return replay(case, engine, path.parent / "work", share, progress, exact=exact)
    except BaseException:
        engine.close()
        raise


def begin(case: Case, path: Path, made: Mapping[str, str], say: Callable[[Text], None] = lambda _: None, *,
          memory: str = "1GB", threads: int | None = None) -> Engine:  # fmt: skip
    """A case file to write at path: the unfinished one that lies there, where it still holds, else a new one.

    made is what a result rests on besides the case (versions, options), and stays in the case file; say is told what
    becomes of the unfinished one. Raises Problem where another audit is writing it.
    """
    declared, zone = (case.document, case.rules_document), case.file.timezone
    if path.exists():
        kept = reopen(path, case.exports, made, declared, memory=memory, threads=threads, zone=zone)
        if isinstance(kept, Engine):
            count = kept.value("SELECT (SELECT count(*) FROM input) + (SELECT count(*) FROM step)")
            say(Text(f"接着上次未完成的审计继续：已完成 {count} 步。",
                     f"Going on with an unfinished audit: {count} steps are finished."))  # fmt: skip
            return kept
        say(Text(f"上次未完成的审计不能接着用（{kept.zh}），从头开始。",
                 f"An unfinished audit cannot be gone on with ({kept.en}): starting afresh."))  # fmt: skip
        for one in path.parent.glob(f"{path.name}*"):
            one.unlink()
    engine = open_engine(path, memory=memory, threads=threads, zone=zone)
    try:
        lay_out(engine, case.units, made, declared)
    except BaseException:
        engine.connection.close()
        raise
    return engine


def replay(case: Case, engine: Engine, work: Path, share: Fraction, progress: Callable[[str], None], *,
           exact: bool = False, in_place: bool = False, spark: Spark | None = None,
           ahead: Callable[[str, Mapping[str, int]], None] = lambda *_: None) -> Audit:  # fmt: skip
    """Load, replay and reconcile a case into its case file; what is finished there is left as it is. Raises Problem.

    work is a folder for copies; exact compares payments without hashes; in_place reads Parquet where it lies; spark is
    the session that computes, where one machine is too small; ahead is told the parts of each stage, with
    their weights, before it begins.
    """
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    files = [(table, file) for table, plan in case.file.tables.items() for file in plan.files]
    ahead("intake", {f"{file} → {table}": _size(case.exports / file) for table, file in files})
    load(engine, replace(_intake(case), in_place=in_place), work, progress)
    if spark is not None:
        spark.take(engine.connection, list(case.file.tables), work)
        engine = replace(engine, spark=spark)
    seal_off(engine)
    ahead("gate", {"gate": 1})
    if not engine.holds("event_damage"):
        progress("gate")
        with engine.whole():
            pass_gate(engine, case.scope, _demands(case))
    boosts = (*case.rules.boosts, *published_boosts(engine, case.rules))
    case = replace(case, rules=replace(case.rules, boosts=boosts))
    done = {name for (name,) in engine.rows("SELECT name FROM step")}
    steps = _steps(case, engine, exact=exact)
    ahead("steps", {step.name: int(isinstance(step, Loop) or step.kind == "table") for step in steps})
    for step in steps:
        if step.name not in done:
            progress(step.name)
            engine.run(step)
    return Audit(case, engine, share)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _steps(case: Case, engine: Engine, *, exact: bool) -> list[Step | Loop]:
    """Every step after the gate, in order."""
    repeated = frozenset(table for (table,) in engine.rows("SELECT DISTINCT table_name FROM repeated_record"))
    replayed = replay_steps(case.rules, case.scope, repeated)
    cuts = cuts_of(engine) if exact and grain_of(case.scope) == "reference" else None
    return [
        *replayed,
        *_reconcile(case, {step.name for step in replayed}, cuts),
        *money_steps(case.rules, case.scope, case.file.platform_accounts, IGNORED, case.file.attribution),
        *people_steps(case.rules, case.scope),
    ]


def _reconcile(case: Case, made: set[str], cuts: Sequence[str] | None) -> list[Step]:
    if not has_awards(case.rules):
        return []
    completion = {"boxes": "first_win.won_at", "group": "group_state.filled_at"}
    replayed = played(case.rules, case.scope)
    decided = completion.get(case.rules.draw.kind) if case.rules.draw and replayed else None
    events = {name: _tables(award) for era in eras(case.rules) for name, award in era.awards.items()}
    unseen = tuple(
        name
        for name, tables in events.items()
        if not tables <= set(case.scope.columns) or ("entry" in tables and not replayed)
    )
    milestones = replayed and any(
        award.to.startswith("everyone") for era in eras(case.rules) for award in era.awards.values()
    )
    others = tuple(sorted(made & {"event_reached", "event_pool", "event_withdrawal"}))
    return reconcile_steps(
        case.scope, case.file.platform_accounts, (IGNORED,),
        moments=Moments(replayed, decided, milestones, others), unseen=unseen, cuts=cuts,
    )  # fmt: skip


def _tables(award: Award) -> set[str]:
    """The tables without which an award's events, or what it releases, cannot be seen."""
    released = any(isinstance(pay, Released) for pay in (award.pays or {}).values())
    return {*EVENT_TABLES[award.on], *(["request"] if released else [])}


def _intake(case: Case) -> Intake:
    rules = case.rules
    assets = tuple(rules.assets)
    awards = [award for era in eras(rules) for award in era.awards.values()]
    chosen = {asset for award in awards for option in award.choice or () for asset in option}
    tables = ("entry", "outcome", "purchase", "payment", "request", "draw", "tier_total")
    choices = {(table, "asset"): assets for table in tables}
    prizes = [name for era in eras(rules) if isinstance(era.draw, Chances) for name in era.draw.prizes]
    choices["outcome", "outcome"] = ("win", "loss", *dict.fromkeys(prizes))
    choices["purchase", "coupon"] = assets
    if chosen:
        choices["outcome", "choice"] = tuple(sorted(chosen))
    return Intake(case.exports, case.file.tables, case.document, case.file.timezone, case.units, choices)


def _demands(case: Case) -> Demands:
    sequences = {table: plan.sequence for table, plan in case.file.tables.items() if plan.sequence}
    draw = case.rules.draw
    draws = [era.draw for era in eras(case.rules)]
    boxes = [one.boxes if isinstance(one, Boxes) else one.size for one in draws if isinstance(one, Boxes | Group)]
    places = max(boxes) if boxes else None
    undecided = isinstance(draw, Group | Raffle) or draw is None
    return Demands(case.file.control, sequences, case.file.platform_accounts, IGNORED, places, undecided, case.units)


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
    sourced = [row for row in rows if row.get("source_file") and isinstance(row.get("record"), int)]
    for file in sorted({str(row["source_file"]) for row in sourced}):
        mine = [row for row in sourced if row["source_file"] == file]
        lines = audit.lines(file, {int(row["record"] or 0) for row in mine})
        for row in mine:
            row["line"] = lines.get(int(row["record"] or 0))
    return tuple(rows)


AMOUNTS = ("owed", "paid", "at_stake", "amount", "sales", "prize", "stake", "list_price", "deposit", "received", "net", "moved",
           "outside_wider", "entry", "other", "payout", "cash")  # fmt: skip
KINDS = {
    "completeness": Text("缺值", "values missing"),
    "uniqueness": Text("编号重复", "ids repeated"),
    "links": Text("关联断裂", "links broken"),
    "ranges": Text("超出范围", "values out of range"),
    "sequence": Text("序号缺失", "numbers missing from a sequence"),
    "control": Text("控制总数不符", "control totals differ"),
}

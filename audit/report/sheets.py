"""What stands on each sheet of the workbook: columns as (label, width) and rows of plain cells."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from audit.engine import Engine
from audit.finding import Basis, Finding
from audit.report.cover import Cover, Lang, has
from audit.report.document import record_of
from audit.report.show import SOURCE

KINDS = ("missing", "wrong_amount", "wrong_asset", "wrong_payee", "late", "unexpected", "duplicate", "undetermined")
BATCH = 10_000
Columns = list[tuple[str, int]]
Say = Mapping[str, str]


@dataclass(frozen=True)
class Amount:
    """An amount in units, as an exact decimal string."""

    units: str
    decimals: int


def amount(cover: Cover, asset: str | None, steps: int | Decimal | None) -> Amount | None:
    """Whole steps of an asset as an amount in units."""
    if steps is None:
        return None
    units = cover.units(asset)
    return Amount(units.show(steps), units.decimals)


def summary(engine: Engine, cover: Cover, say: Say) -> tuple[Columns, Iterable[list[Any]]]:
    """By clause and asset: owed, paid, difference, and for each kind of discrepancy the rows and what is at stake."""
    stake: dict[tuple[Any, ...], tuple[int, Decimal]] = {}
    if has(engine, "discrepancy"):
        query = (
            "SELECT clause, coalesce(asset, paid_asset), kind, count(*), sum(at_stake) FROM discrepancy GROUP BY ALL"
        )
        stake = {(clause, asset, kind): (rows, total) for clause, asset, kind, rows, total in engine.rows(query)}
    totals = {
        (clause, asset): sums
        for clause, asset, *sums in engine.rows("SELECT clause, asset, owed, paid, owed_rows, paid_rows FROM owed_by_clause")
    }
    keys = sorted({*totals, *((clause, asset) for clause, asset, _ in stake)}, key=lambda one: [str(part or "") for part in one])

    def rows() -> Iterator[list[Any]]:
        for clause, asset in keys:
            owed, paid, owed_rows, paid_rows = totals.get((clause, asset), [0, 0, 0, 0])
            line = [clause or say["all_clauses"], asset, amount(cover, asset, owed), amount(cover, asset, paid),
                    amount(cover, asset, paid - owed), int(owed_rows), int(paid_rows)]  # fmt: skip
            for kind in KINDS:
                count, total = stake.get((clause, asset, kind), (0, Decimal(0)))
                line += [count, amount(cover, asset, total)]
            yield line

    columns = [(say["clause"], 28), (say["asset"], 10), (say["owed"], 16), (say["paid"], 16), (say["difference"], 14),
               (say["owed_rows"], 11), (say["paid_rows"], 11)]  # fmt: skip
    for kind in KINDS:
        columns += [(f"{say[kind]}{say['colon']}{say['rows']}", 11), (f"{say[kind]}{say['colon']}{say['at_stake']}", 14)]
    return columns, rows()


def payees(engine: Engine, cover: Cover, say: Say) -> tuple[Columns, Iterable[list[Any]]]:
    """Who is still owed what, exact: what was not paid, paid short, paid in another asset or to another person."""
    query = """
        SELECT payee, asset, sum(still) AS still, count(*) AS events, min(due_at) AS earliest
        FROM (
            SELECT payee, asset, due_at, CASE WHEN kind IN ('wrong_asset', 'wrong_payee') THEN owed
                ELSE greatest(owed - coalesce(paid, 0), 0) END AS still
            FROM discrepancy WHERE kind IN ('missing', 'wrong_amount', 'wrong_asset', 'wrong_payee')
        ) AS open WHERE still > 0 GROUP BY payee, asset ORDER BY payee, asset"""

    def rows() -> Iterator[list[Any]]:
        for payee, asset, still, events, earliest in streamed(engine, query):
            yield [payee, asset, amount(cover, asset, still), events, earliest and cover.moment(earliest)]

    columns = [(say["payee"], 24), (say["asset"], 10), (say["still_owed"], 18), (say["rows"], 10), (say["earliest"], 27)]
    return columns, rows()


DISCREPANCY = """
    SELECT d.kind, d.event, d.clause, d.payee, d.asset, d.owed, d.paid, d.paid_asset, d.paid_to, d.due_at, d.paid_at,
        d.at_stake, d.payment_id, {file} AS source_file, {record} AS record
    FROM discrepancy AS d{joins}
    ORDER BY d.clause, d.kind, d.event, d.payee, d.asset, d.payment_id, d.event_at, d.paid_at, d.record"""


def discrepancies(engine: Engine, cover: Cover, say: Say) -> tuple[Columns, Iterable[list[Any]]]:
    """Every row that differs. Its source is the payment's record or, where nothing was paid, that of its event."""
    kinds = ("entry", "activity", "participant") if has(engine, "clause") else ()
    joins = "" if not kinds else "\n    LEFT JOIN (SELECT DISTINCT clause, on_event FROM clause) AS c ON c.clause = d.clause"
    on = {"entry": ("entry", "win", "loss"), "activity": ("start", "completion"), "participant": ("registration",)}
    for one in kinds:
        events = ", ".join(f"'{event}'" for event in on[one])
        joins += f"\n    LEFT JOIN {one}_once AS {one} ON {one}.{one}_id = d.event AND c.on_event IN ({events})"
    file, record = (
        f"coalesce({', '.join([f'd.{name}', *(f'{one}.{name}' for one in kinds)])})" for name in ("source_file", "record")
    )
    query = DISCREPANCY.format(file=file, record=record, joins=joins)

    def rows() -> Iterator[list[Any]]:
        for batch in batches(engine, query):
            wanted: dict[str, set[int]] = {}
            for row in batch:
                if row[-2] is not None and row[-1] is not None:
                    wanted.setdefault(row[-2], set()).add(row[-1])
            lines = {name: cover.lines(name, records) for name, records in wanted.items()} if cover.lines else {}
            for kind, event, clause, payee, asset, owed, paid, other, to, due, at, stake, payment, name, number in batch:
                yield [
                    say.get(kind, kind), event, clause, payee, asset, amount(cover, asset, owed),
                    amount(cover, other or asset, paid), other, to, due and cover.moment(due), at and cover.moment(at),
                    amount(cover, asset or other, stake), payment, name, number, lines.get(name, {}).get(number),
                ]  # fmt: skip

    names = {"kind": 14, "event": 18, "clause": 26, "payee": 18, "asset": 10, "owed": 14, "paid": 14, "paid_asset": 11,
             "paid_to": 18, "due_at": 27, "paid_at": 27, "at_stake": 14, "payment_id": 18, "source_file": 24,
             "record_no": 10, "line_no": 10}  # fmt: skip
    return [(say[name], width) for name, width in names.items()], rows()


def refused(engine: Engine, say: Say) -> tuple[Columns, Iterable[Sequence[Any]]]:
    """Every cell that could not be read."""
    query = (
        "SELECT file, table_name, column_name, source_column, record, line, value, mend FROM refused_cell\n"
        "ORDER BY file, record, table_name, column_name"
    )
    names = {"file": 26, "table": 14, "column": 18, "source_column": 18, "record_no": 10, "line_no": 10, "value": 32, "mend": 50}
    return [(say[name], width) for name, width in names.items()], streamed(engine, query)


def finding_rows(findings: Sequence[Finding], lang: Lang, say: Say) -> tuple[Columns, Iterable[list[Any]]]:
    """A row a finding; a screen's verdict is called lit or not lit."""
    rows = [
        [
            number, say[f"screen_{one.verdict}"] if one.basis is Basis.SCREEN else f"{one.verdict} {say[one.verdict]}",
            one.check, one.subject, getattr(one.text, lang), one.declared, one.observed,
            "; ".join(f"{value} {asset}" for asset, value in one.amount.items()), one.p_value, one.e_value,
            one.could_have_seen, ", ".join(one.clauses), ", ".join(one.provisions),
            say["basis_screen"] if one.basis is Basis.SCREEN else say[one.basis], len(one.rows), one.sql,
        ]
        for number, one in enumerate(findings, 1)
    ]  # fmt: skip
    names = {"number": 8, "verdict": 22, "check": 28, "subject": 24, "text": 70, "declared": 24, "observed": 24, "amount": 18,
             "p_value": 12, "e_value": 14, "could": 34, "clauses": 26, "provisions": 26, "basis": 18, "rows": 9, "sql": 60}  # fmt: skip
    return [(say[name], width) for name, width in names.items()], rows


def evidence(findings: Sequence[Finding], cover: Cover, say: Say) -> tuple[Columns, Iterable[list[Any]]]:
    """Every row behind every finding: its source in columns of their own, the rest as JSON, as the SQL returned it."""

    def rows() -> Iterator[list[Any]]:
        for number, one in enumerate(findings, 1):
            for row in record_of(one, len(one.rows))["rows"]:
                rest = {name: value for name, value in row.items() if name not in SOURCE}
                yield [number, one.check, one.subject, *(row.get(name) for name in SOURCE),
                       json.dumps(rest, ensure_ascii=False)]  # fmt: skip

    names = {"number": 8, "check": 28, "subject": 24, "source_file": 24, "record_no": 10, "line_no": 10, "evidence_row": 110}
    return [(say[name], width) for name, width in names.items()], rows()


def streamed(engine: Engine, sql: str) -> Iterator[Sequence[Any]]:
    """The rows of a query, a batch in memory at a time."""
    for batch in batches(engine, sql):
        yield from batch


def batches(engine: Engine, sql: str) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a query by the batch; no other query may run on the engine until the last is taken."""
    cursor = engine.connection.execute(sql)
    while batch := cursor.fetchmany(BATCH):
        yield batch

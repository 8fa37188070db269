"""What stands on each sheet of the workbook: columns as (label, width) and rows of plain cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from audit.engine import Engine
from audit.finding import Basis, Finding, plain
from audit.report.columns import subject
from audit.report.cover import Cover, Lang, has
from audit.report.show import SOURCE

KINDS = (
    "missing", "wrong_amount", "wrong_asset", "wrong_payee", "late", "unexpected", "duplicate", "undetermined",
)  # fmt: skip
BATCH = 50_000
Columns = list[tuple[str, int]]
Rows = Iterable[Sequence[Any]]
Say = Mapping[str, str]


@dataclass(frozen=True)
class Amount:
    """An amount in units, as an exact decimal string."""

    units: str
    decimals: int


def summary(engine: Engine, cover: Cover, say: Say) -> tuple[Columns, Rows]:
    """By clause and asset: owed, paid, difference, and for each kind of discrepancy the rows and the sum at stake."""
    stake: dict[tuple[Any, ...], tuple[int, Decimal]] = {}
    if has(engine, "discrepancy"):
        query = (
            "SELECT clause, coalesce(asset, paid_asset), kind, count(*), sum(at_stake)\nFROM discrepancy GROUP BY ALL"
        )
        stake = {(clause, asset, kind): (rows, total) for clause, asset, kind, rows, total in engine.rows(query)}
    query = "SELECT clause, asset, owed, paid, owed_rows, paid_rows FROM owed_by_clause"
    totals = {(clause, asset): sums for clause, asset, *sums in engine.rows(query)}
    keys = {*totals, *(key[:2] for key in stake)}

    def rows() -> Iterator[list[Any]]:
        for clause, asset in sorted(keys, key=lambda one: [str(part or "") for part in one]):
            owed, paid, owed_rows, paid_rows = totals.get((clause, asset), [0, 0, 0, 0])
            owed, paid = owed or 0, paid or 0
            money = [_amount(cover, asset, sum_) for sum_ in (owed, paid, paid - owed)]
            line = [clause or say["all_clauses"], asset, *money, int(owed_rows), int(paid_rows)]
            for kind in KINDS:
                count, total = stake.get((clause, asset, kind), (0, Decimal(0)))
                line += [count, _amount(cover, asset, total)]
            yield line

    columns = _columns(say, clause=28, asset=10, owed=16, paid=16, difference=14, owed_rows=11, paid_rows=11)
    for kind in KINDS:
        label = say[kind] + say["colon"]
        columns += [(label + say["rows"], 11), (label + say["at_stake"], 14)]
    return columns, rows()


PAYEES = """
    SELECT payee, asset, sum(still) AS still, count(*) AS events, min(due_at) AS earliest
    FROM (
        SELECT payee, asset, due_at, CASE WHEN kind IN ('wrong_asset', 'wrong_payee') THEN owed
            ELSE greatest(owed - coalesce(paid, 0), 0) END AS still
        FROM discrepancy WHERE kind IN ('missing', 'wrong_amount', 'wrong_asset', 'wrong_payee')
    ) AS open WHERE still > 0 GROUP BY payee, asset ORDER BY payee, asset"""


def payees(engine: Engine, cover: Cover, say: Say) -> tuple[Columns, Rows]:
    """Who is still owed what, exact: what was not paid, paid short, paid in another asset or to another person."""

    def rows() -> Iterator[list[Any]]:
        for payee, asset, still, events, earliest in streamed(engine, PAYEES):
            yield [payee, asset, _amount(cover, asset, still), events, earliest and cover.moment(earliest)]

    return _columns(say, payee=24, asset=10, still_owed=18, rows=10, earliest=27), rows()


DISCREPANCY = """
    SELECT d.kind, d.event, d.clause, d.payee, d.asset, d.owed, d.paid, d.paid_asset, d.paid_to, d.due_at, d.paid_at,
        d.at_stake, d.payment_id, {key} AS id, {file} AS source_file, {record} AS record
    FROM discrepancy AS d{joins}
    ORDER BY d.clause, d.kind, d.event, d.payee, d.asset, d.payment_id, d.event_at, d.paid_at, d.record"""
KEY = "concat('discrepancy:', coalesce(d.event, d.payee, d.paid_to, d.payment_id, ''), '/', coalesce(d.clause, ''))"
EVENTS = {
    "entry": "'entry', 'win', 'loss'",
    "activity": "'start', 'completion'",
    "participant": "'registration'",
}


def discrepancies(engine: Engine, cover: Cover, say: Say) -> tuple[Columns, Rows]:
    """Every row that differs. Its source is the payment's record or, where nothing was paid, that of its event."""
    sources, joins = ["d"], ""
    if has(engine, "clause"):
        joins = "\n    LEFT JOIN (SELECT DISTINCT clause, on_event FROM clause) AS c ON c.clause = d.clause"
        for one, kinds in EVENTS.items():
            sources.append(one)
            joins += f"\n    LEFT JOIN {one}_once AS {one} ON {one}.{one}_id = d.event AND c.on_event IN ({kinds})"
    file, record = (f"coalesce({', '.join(f'{one}.{name}' for one in sources)})" for name in SOURCE[:2])
    query = DISCREPANCY.format(key=KEY, file=file, record=record, joins=joins)

    def rows() -> Iterator[list[Any]]:
        for batch in batches(engine, query):
            wanted: dict[str, set[int]] = {}
            for *_, file, record in batch:
                if file is not None and record is not None:
                    wanted.setdefault(file, set()).add(record)
            lines = {file: cover.lines(file, some) for file, some in wanted.items()} if cover.lines else {}
            for row in batch:
                kind, event, clause, payee, asset, owed, paid, other, to, due, at, stake, payment, key, file, record = (
                    row
                )
                yield [
                    say.get(kind, kind), event, clause, payee, asset, _amount(cover, asset, owed),
                    _amount(cover, other or asset, paid), other, to, due and cover.moment(due),
                    at and cover.moment(at), _amount(cover, asset or other, stake), payment, file, record,
                    lines.get(file, {}).get(record), key,
                ]  # fmt: skip

    columns = _columns(
        say, kind=14, event=18, clause=26, payee=18, asset=10, owed=14, paid=14, paid_asset=11, paid_to=18, due_at=27,
        paid_at=27, at_stake=14, payment_id=18, source_file=24, record_no=10, line_no=10, explain=40,
    )  # fmt: skip
    return columns, rows()


REFUSED = """
    SELECT file, table_name, column_name, source_column, record, line, value, mend
    FROM refused_cell ORDER BY file, record, table_name, column_name"""


def refused(engine: Engine, say: Say) -> tuple[Columns, Rows]:
    """Every cell that could not be read."""
    columns = _columns(say, file=26, table=14, column=18, source_column=18, record_no=10, line_no=10, value=32, mend=50)
    return columns, streamed(engine, REFUSED)


def finding_rows(findings: Sequence[Finding], lang: Lang, say: Say) -> tuple[Columns, Rows]:
    """A row a finding; a screen's verdict is called lit or noted."""
    rows = []
    for number, one in enumerate(findings, 1):
        screen = one.basis is Basis.SCREEN
        rows.append([
            number, say["screen"] + say["colon"] + say[f"screen_{one.verdict}"] if screen else
            f"{one.verdict} {say[one.verdict]}", one.check, subject(say, one.subject), getattr(one.text, lang), plain(one.declared, lang),
            plain(one.observed, lang), "; ".join(f"{value} {asset}" for asset, value in one.amount.items()), one.p_value,
            one.e_value, plain(one.could_have_seen, lang), ", ".join(one.clauses), ", ".join(one.provisions),
            say["basis_screen"] if screen else say[one.basis], len(one.rows), one.sql,
        ])  # fmt: skip
    columns = _columns(
        say, finding_no=8, verdict=24, check=28, subject=24, text=70, declared=24, observed=24, amount=18, p_value=12,
        e_value=14, could=34, clauses=26, provisions=26, basis=20, rows=9, sql=60,
    )  # fmt: skip
    return columns, rows


def streamed(engine: Engine, sql: str) -> Iterator[Sequence[Any]]:
    """The rows of a query, a batch in memory at a time."""
    for batch in batches(engine, sql):
        yield from batch


def batches(engine: Engine, sql: str) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a query by the batch; no other query may run on the engine until the last is taken."""
    cursor = engine.ask(sql)
    while batch := cursor.fetchmany(BATCH):
        yield batch


def _columns(say: Say, **widths: int) -> Columns:
    return [(say[name], width) for name, width in widths.items()]


def _amount(cover: Cover, asset: str | None, steps: int | Decimal | None) -> Amount | None:
    """Whole steps of an asset as an amount in units."""
    if steps is None:
        return None
    units = cover.units(asset)
    return Amount(units.show(steps), units.decimals)

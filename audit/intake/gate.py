"""The gate: is what was loaded whole enough to judge by? Great Expectations judges a frame of metrics.

DuckDB computes each metric over all rows; the SQL kept beside each result lists every failing row, which Great Expectations
would cut at twenty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from audit.engine import Engine, literal
from audit.intake.expectations import judge, judge_apart
from audit.intake.mapping import Control
from audit.intake.order import Terms, contradictions
from audit.rules.units import Units
from audit.scope import KEYS, TOLD, Scope

LARGE = 1 << 24  # records of an export that needs all memory it can get
REQUIRED = {
    "participant": ("participant_id", "joined_at"),
    "activity": ("activity_id", "initiator_id", "started_at"),
    "entry": ("entry_id", "activity_id", "participant_id", "position", "entered_at", "asset", "paid"),
    "outcome": ("entry_id", "outcome"),
    "purchase": ("purchase_id", "participant_id", "asset", "amount", "paid_at"),
    "payment": ("payment_id", "paid_at", "payee_id", "asset", "amount", "reason", "ref"),
    "request": ("request_id", "participant_id", "requested_at"),
    "identity": ("participant_id", "kind", "value"),
    "message": ("author_id", "sent_at", "text"),
    "notice": ("notice_id", "published_at"),
    "draw": ("draw_id", "drawn_at", "sales"),
    "drawn_number": ("draw_id", "pool", "ordinal", "number"),
    "tier_total": ("draw_id", "tier", "winners", "prize"),
    "randomness": ("activity_id", "seed"),
}
UNIQUE = {**{table: (key,) for table, key in KEYS.items()}, "draw": ("draw_id",),
          "drawn_number": ("draw_id", "pool", "ordinal"), "tier_total": ("draw_id", "tier"),
          "randomness": ("activity_id",)}  # fmt: skip
LINKS = (
    ("activity", "initiator_id", "participant", "participant_id"),
    ("entry", "activity_id", "activity", "activity_id"),
    ("entry", "participant_id", "participant", "participant_id"),
    ("entry", "entry_id", "outcome", "entry_id"),
    ("outcome", "entry_id", "entry", "entry_id"),
    ("purchase", "participant_id", "participant", "participant_id"),
    ("purchase", "deposit_id", "purchase", "purchase_id"),
    ("payment", "payee_id", "participant", "participant_id"),
    ("request", "participant_id", "participant", "participant_id"),
    ("identity", "participant_id", "participant", "participant_id"),
    ("participant", "referrer_id", "participant", "participant_id"),
    ("participant", "team_leader_id", "participant", "participant_id"),
    ("drawn_number", "draw_id", "draw", "draw_id"),
    ("tier_total", "draw_id", "draw", "draw_id"),
)
AT_LEAST_ZERO = (
    ("entry", "paid"),
    ("purchase", "amount"),
    ("purchase", "list_price"),
    ("entry", "weight"),
    ("outcome", "share"),
    ("payment", "amount"),
    ("request", "amount"),
    ("draw", "sales"),
    ("tier_total", "winners"),
    ("tier_total", "prize"),
)
IN_PERIOD = (
    ("activity", "started_at"),
    ("entry", "entered_at"),
    ("purchase", "paid_at"),
    ("request", "requested_at"),
    ("draw", "drawn_at"),
)


@dataclass(frozen=True)
class Metric:
    """One number that the gate judges, and the SQL that lists the rows behind it."""

    kind: str
    table: str
    column: str
    number: str  # a scalar SQL expression
    failing: str
    expected: str = "0"


@dataclass(frozen=True)
class Demands:
    """What a case asks of its export beyond its shape."""

    controls: Mapping[str, Control]
    sequences: Mapping[str, str]  # table → id whose trailing number counts up by one
    platform: tuple[str, ...]
    ignored: str  # the reason of payments that are no awards
    places: int | None  # how many positions an activity has
    undecided: bool  # an entry may have no outcome: its group is not full, or nobody drew it in a raffle
    units: tuple[Units, ...]
    terms: Terms  # what the rules say of the order of things


def pass_gate(engine: Engine, scope: Scope, demands: Demands) -> None:
    """Judge the canonical tables; fill `gate`, `repeated_record` and `event_damage`."""
    _repeated(engine, scope)
    metrics = list(_metrics(scope, demands, told=engine.holds(TOLD)))
    repeated = frozenset(table for (table,) in engine.rows("SELECT DISTINCT table_name FROM repeated_record"))
    for table, column, pairs in contradictions(scope, demands.terms, repeated):
        metrics.append(Metric("order", table, column, f"SELECT count(*) FROM (\n{pairs}\n) AS pairs", pairs))
    # one by one: in one query the tables of all would have to fit into memory together
    cells = [engine.value(metric.number) for metric in metrics]
    numbers = ["" if cell is None else str(cell) for cell in cells]
    judges = judge_apart if engine.value("SELECT coalesce(sum(counted), 0) FROM input") > LARGE else judge
    expectation, judged = judges([metric.expected for metric in metrics], numbers)
    for metric, number, success in zip(metrics, numbers, judged, strict=True):
        engine.rows(
            "INSERT INTO gate VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [metric.kind, metric.table, metric.column, expectation, metric.expected, number, success, metric.failing],
        )
    targets = ", ".join(f"('{table}', '{column}', '{target}')" for table, column, target, _ in LINKS)
    # where a link leads nowhere, it is the record that it leads to that is lost
    engine.rows(f"""
        CREATE TABLE event_damage AS
        SELECT DISTINCT coalesce(l.target, g.table_name) AS table_name
        FROM gate AS g LEFT JOIN (VALUES {targets}) AS l(source, link, target)
            ON g.kind = 'links' AND l.source = g.table_name AND l.link = g.column_name
        WHERE NOT g.success AND g.table_name IN ('participant', 'activity', 'entry', 'purchase', 'request')
            AND g.column_name NOT IN ('referrer_id', 'team_leader_id') AND g.kind IN ('completeness', 'links', 'sequence')
        UNION
        SELECT DISTINCT table_name FROM refused_cell
        WHERE table_name IN ('participant', 'activity', 'entry', 'purchase', 'request')
            AND coalesce(column_name, 'id') IN ('id', 'participant_id', 'activity_id', 'entry_id', 'purchase_id', 'request_id')""")


def _repeated(engine: Engine, scope: Scope) -> None:
    """The later records of an id that stands more than once, in file and record order."""
    engine.rows("CREATE TABLE repeated_record (table_name VARCHAR, source_file VARCHAR, record BIGINT)")
    for table, (key, *more) in UNIQUE.items():
        if table == "outcome" and engine.holds(TOLD):  # in the records of the entries
            engine.rows("""
                INSERT INTO repeated_record
                SELECT 'outcome', source_file, record FROM repeated_record WHERE table_name = 'entry'""")
        elif not more and scope.has(table, key):
            engine.rows(f"""
                INSERT INTO repeated_record
                SELECT '{table}', source_file, record
                FROM (
                    SELECT source_file, record,
                        row_number() OVER (PARTITION BY {key} ORDER BY source_file, record) AS turn
                    FROM {table}
                    WHERE {key} IN (SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1)
                ) AS copies
                WHERE turn > 1""")


def _metrics(scope: Scope, demands: Demands, *, told: bool) -> Iterable[Metric]:
    for table, columns in REQUIRED.items():
        for column in columns:
            if scope.has(table, column) and not (demands.undecided and column == "outcome"):
                empty = f"{column} IS NULL AND NOT list_contains(string_split(coalesce(refused, ''), ','), '{column}')"
                if (table, column) == ("payment", "ref"):  # money in and what is no award settle no event
                    empty += f" AND coalesce(reason, '') <> {literal(demands.ignored)}"
                    empty += f" AND coalesce(payee_id, '') NOT IN ({', '.join(map(literal, ('', *demands.platform)))})"
                yield _rows("completeness", table, column, f"SELECT * FROM {table} WHERE {empty}")
    for table, keys in UNIQUE.items():
        if scope.has(table, *keys):
            names = ", ".join(keys)
            again = f"SELECT * FROM {table} QUALIFY count(*) OVER (PARTITION BY {names}) > 1"
            some = " AND ".join(f"{key} IS NOT NULL" for key in keys)
            copies = f"SELECT {names} FROM {table} WHERE {some} GROUP BY ALL HAVING count(*) > 1"
            if len(keys) == 1:  # these are known: ids are grouped once
                copies = (
                    f"SELECT DISTINCT t.{names} FROM {table} AS t JOIN repeated_record AS r\n"
                    f"    ON r.table_name = '{table}' AND r.source_file = t.source_file AND r.record = t.record"
                )
            number = f"SELECT count(*) FROM ({copies}) AS copies"
            failing = f"SELECT * FROM ({again}) AS copies WHERE {some} ORDER BY {names}, source_file, record"
            yield Metric("uniqueness", table, keys[0], number, failing)
    for table, column, other, key in LINKS:
        undecided = demands.undecided and (table, other) == ("entry", "outcome")
        if scope.has(table, column) and scope.has(other, key) and not undecided:
            lost = f"{column} IS NOT NULL AND {column} NOT IN (SELECT {key} FROM {other} WHERE {key} IS NOT NULL)"
            if table == "payment" and demands.platform:
                lost += f" AND {column} NOT IN ({', '.join(map(literal, demands.platform))})"
            one = _rows("links", table, column, f"SELECT * FROM {table} WHERE {lost}")
            own = told and {table, other} == {"entry", "outcome"}
            yield replace(one, number="SELECT 0 -- both stand in one record") if own else one
    for table, column in AT_LEAST_ZERO:
        if scope.has(table, column):
            odd = _nothing_taken_back(scope) if table == "payment" else ""
            yield _rows("ranges", table, column, f"SELECT * FROM {table} AS t WHERE {column} < 0{odd}")
    if scope.has("request", "settled_at", "refused_at"):
        both = "settled_at IS NOT NULL AND refused_at IS NOT NULL"
        yield _rows("ranges", "request", "refused_at", f"SELECT * FROM request WHERE {both}")
    for table, column in IN_PERIOD:
        # an activity may have begun before the period and go on in it
        ends = [f"{column} < {scope.moment(scope.since)}"] if scope.since and table != "activity" else []
        ends += [f"{column} >= {scope.moment(scope.until)}"] if scope.until else []
        if scope.has(table, column) and ends:
            yield _rows("ranges", table, column, f"SELECT * FROM {table} WHERE {' OR '.join(ends)}")
    if scope.until and scope.has("outcome", "decided_at"):
        # the outcomes of a period may be exported with it though some were decided a little later
        end = f"{scope.moment(scope.until)} + {demands.terms.allowed} * INTERVAL 1 SECOND"
        yield _rows("ranges", "outcome", "decided_at", f"SELECT * FROM outcome WHERE decided_at >= {end}")
    if demands.places is not None and scope.has("entry", "activity_id", "position"):
        yield _gaps(demands.places, scope)
    for table, key in demands.sequences.items():
        last = f"CAST(regexp_extract({key}, '([0-9]{{1,18}})$', 1) AS BIGINT)"
        numbers = (
            f"SELECT DISTINCT {last} AS number, source_file, record FROM {table} WHERE regexp_matches({key}, '[0-9]$')"
        )
        failing = (
            f"SELECT before + 1 AS first_missing, number - 1 AS last_missing, source_file, record "
            f"FROM (SELECT *, lag(number) OVER (ORDER BY number) AS before FROM ({numbers})) AS n WHERE number > before + 1"
        )
        yield Metric(
            "sequence",
            table,
            key,
            f"SELECT coalesce(sum(last_missing - first_missing + 1), 0) FROM ({failing})",
            failing,
        )
    for table, control in demands.controls.items():
        if control.rows is not None:
            counted = f"SELECT coalesce(sum(counted), 0) FROM input WHERE table_name = '{table}'"
            failing = f"SELECT file, counted FROM input WHERE table_name = '{table}' ORDER BY file"
            yield Metric("control", table, "rows", counted, failing, str(control.rows))
        for asset, total in control.sums.items():
            amount = {"entry": "paid", "draw": "sales", "tier_total": "prize"}.get(table, "amount")
            steps = next((str(one.steps(total)) for one in demands.units if one.asset == asset), "")
            summed = f"SELECT coalesce(sum({amount}), 0) FROM {table} WHERE asset = {literal(asset)}"
            failing = (
                f"SELECT asset, count(*) AS records, sum({amount}) AS steps FROM {table} GROUP BY asset ORDER BY asset"
            )
            yield Metric("control", table, amount, summed, failing, steps)


def _nothing_taken_back(scope: Scope) -> str:
    """A payment of less than nothing takes back an earlier one, of as much, for the same; here the ones that do not."""
    same = ["p.amount = -t.amount"]
    same += [f"p.{one} = t.{one}" for one in ("payee_id", "asset", "reason", "ref", "step") if scope.has("payment", one)]
    same += ["p.paid_at <= t.paid_at"] if scope.has("payment", "paid_at") else []
    return f"\n    AND NOT EXISTS (SELECT 1 FROM payment AS p WHERE {' AND '.join(same)})"


def _rows(kind: str, table: str, column: str, failing: str) -> Metric:
    return Metric(
        kind,
        table,
        column,
        failing.replace("SELECT *", "SELECT count(*)", 1),
        f"{failing} ORDER BY source_file, record",
    )


def _gaps(places: int, scope: Scope) -> Metric:
    """Positions that an activity skips: an entry was not exported, or never was.

    Not counted: activities with a position that cannot be read, and the beginning of one begun before the period.
    """
    runs = (
        "SELECT activity_id, position, lag(position, 1, 0) OVER (PARTITION BY activity_id ORDER BY position) AS before, "
        f"source_file, record FROM entry WHERE position BETWEEN 1 AND {places} "
        "AND activity_id NOT IN (SELECT activity_id FROM entry WHERE position IS NULL AND activity_id IS NOT NULL)"
    )
    begun = ""
    if scope.since:
        began_within = f"SELECT activity_id FROM activity WHERE started_at >= {scope.moment(scope.since)}"
        begun = f" AND (before > 0 OR activity_id IN ({began_within}))"
    failing = (
        "SELECT activity_id, before + 1 AS first_missing, position - 1 AS last_missing, source_file, record "
        f"FROM ({runs}) AS runs WHERE position > before + 1{begun} ORDER BY activity_id, position"
    )
    number = f"SELECT coalesce(sum(last_missing - first_missing + 1), 0) FROM ({failing}) AS gaps"
    return Metric("sequence", "entry", "position", number, failing)

"""Moments of local times, and typed columns: the short way gives what the long way gives, cell by cell."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from audit.engine import Engine, literal
from audit.intake.cells import cast, mend_of
from audit.intake.in_place import plain_casts
from audit.intake.mapping import Column
from audit.intake.zones import Zone, moment, only_moment, zone_of
from audit.rules.units import Units

ZONES = ("Asia/Shanghai", "Asia/Tokyo", "UTC", "America/New_York", "Africa/Casablanca", "Pacific/Apia")
AWKWARD = (
    "'infinity'", "'-infinity'", "'10000-01-01'", "'1899-12-31 23:59:59'", "'2199-12-31 23:59:59'", "'2200-01-01'",
    "'1988-04-17 00:30:00'", "'1988-09-11 00:30:00'",
    "'1991-09-15 00:30:00'", "'2023-03-12 02:30:00'", "'2023-11-05 01:30:00'", "'2023-11-05 01:30:00.123456'", "NULL",
)  # fmt: skip
UNITS = (Units("CNY", 2, 1), Units("piece", 0, 1))


@pytest.fixture
def engine() -> Engine:
    engine = Engine(duckdb.connect())
    engine.rows("SET TimeZone = 'Asia/Shanghai'")
    return engine


def test_zones_settle_when_they_change_their_clocks_no_more(engine: Engine) -> None:
    assert zone_of(engine, "Asia/Shanghai") == Zone("Asia/Shanghai", "1991-09-17", 8 * 3_600_000_000)
    assert zone_of(engine, "UTC") == Zone("UTC", "1900-01-01", 0)
    assert zone_of(engine, "America/New_York") == Zone("America/New_York")


@pytest.mark.parametrize("name", ZONES)
def test_the_short_way_to_a_moment_is_the_long_one(name: str, engine: Engine) -> None:
    zone, plain = zone_of(engine, name), Zone(name)
    hours = "generate_series(TIMESTAMP '1899-06-01', TIMESTAMP '2101-06-01', INTERVAL 37 MINUTE * 60)"
    engine.rows(f"CREATE TABLE t AS SELECT unnest({hours}) AS local")
    for days in ("1991-09-14", "2023-03-10", "2023-11-04", "2026-09-18", "2011-12-29"):
        engine.rows(f"INSERT INTO t SELECT unnest(generate_series(TIMESTAMP '{days}', TIMESTAMP '{days}' + INTERVAL 4 DAY, "
                    "INTERVAL 10 MINUTE))")  # fmt: skip
    for way in (moment, only_moment):
        assert (
            engine.rows(f"SELECT local FROM t WHERE {way(zone, 'local')} IS DISTINCT FROM {way(plain, 'local')}") == []
        )


@pytest.mark.parametrize("name", ["Asia/Shanghai", "America/New_York"])
@pytest.mark.parametrize(
    ("own", "kind", "values"),
    [
        ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", AWKWARD),
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE", (*AWKWARD, "'2023-11-05 01:30:00-05'")),
        ("BIGINT", "BIGINT", ("0", "-7", str(10**18 - 1), str(10**18), str(-(10**18)), "NULL")),
        ("DECIMAL(18, 2)", "DECIMAL(38, 0)", ("4.5", "-0.01", "0", "9999999999999999.99", "NULL")),
        ("INTEGER", "DECIMAL(38, 0)", ("4", "-1", "2147483647", "NULL")),
    ],
)
def test_a_typed_cell_is_read_as_its_text_would_be(
    name: str, own: str, kind: str, values: tuple[str, ...], engine: Engine
) -> None:
    zone: Zone = zone_of(engine, name)
    columns = {"asset": "VARCHAR", "one": kind}
    row = {"asset": Column(value="CNY"), "one": Column(column="theirs")}
    plain = plain_casts(row, columns, ["theirs"], [own], zone, UNITS[:1])["one"]
    asset = cast("VARCHAR", "asset", literal("CNY"), row["asset"], zone, ("CNY",), None, UNITS[:1])
    strict = cast(kind, "one", "CAST(r0 AS VARCHAR)", row["one"], zone, (), asset, UNITS[:1])
    body = ", ".join(f"(CAST({value} AS {own}))" for value in values)
    short = f"CASE WHEN NOT coalesce({plain.fault}, false) THEN {plain.value} END"
    assert plain.fault
    rows: list[Any] = engine.rows(
        f"SELECT r0, {short}, {strict.value} FROM (VALUES {body}) AS t(r0) WHERE ({short}) IS DISTINCT FROM ({strict.value})"
    )
    assert rows == []


@pytest.mark.parametrize(
    ("value", "said"),
    [("2022-11-06 01:50:00", "occurs twice"), ("2022/3/13T02:30", "does not occur"), ("2022-11-06 03:50:00", "a time such as"),
     ("2022-02-30 01:00:00", "a time such as"), ("noon", "a time such as")],
)  # fmt: skip
def test_a_refused_time_of_a_day_on_which_clocks_change_says_so(value: str, said: str) -> None:
    read = cast("TIMESTAMPTZ", "paid_at", "t", Column(column="t"), Zone("America/New_York"), (), None, UNITS)
    assert said in mend_of(read, value, "t")


@pytest.mark.parametrize(
    ("as_", "last", "beyond"),
    [
        (None, "2199-12-31 23:59:59", "2200-01-01 00:00:00"),
        (None, "1900-01-01T00:00:00+08:00", "1899-12-31T23:59:59+08:00"),
        ("day", "2199-12-31", "2200-01-01"),
        ("unix-seconds", "7258118399", "7258118400"),
        ("unix-milliseconds", "7258118399999", "7258118400000"),
    ],
)
def test_moments_of_no_campaign_are_refused(as_: Any, last: str, beyond: str, engine: Engine) -> None:
    """A deadline added to the year 9999 is a moment that Python cannot hold."""
    source = Column(**{"column": "theirs", "as": as_})
    read = cast("TIMESTAMP WITH TIME ZONE", "one", "t", source, zone_of(engine, "Asia/Shanghai"), (), None, UNITS)
    rows = engine.rows(f"SELECT t, ({read.value}) IS NOT NULL FROM (VALUES ('{last}'), ('{beyond}')) AS given(t)")
    assert sorted(rows) == sorted([(last, True), (beyond, False)])
    assert "1900 to 2199" in read.mend

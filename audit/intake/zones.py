"""What moment a local time names. Where a zone no longer changes its clocks, that needs no calendar, and most exports lie there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from audit.engine import Engine, literal

UNTIL = "2100-01-01"
DAYS = "generate_series(TIMESTAMP '1900-01-01', TIMESTAMP '2100-01-01', INTERVAL 1 DAY)"


@dataclass(frozen=True)
class Zone:
    """A time zone; from the local day `since` until UNTIL it is `offset` microseconds east of UTC. since None: it still changes."""

    name: str
    since: str | None = None
    offset: int = 0


def zone_of(engine: Engine, name: str) -> Zone:
    """A zone as the engine's own calendar has it, looked at every day of two centuries."""
    own, last = (
        f"epoch_us({at}) - epoch_us(timezone({literal(name)}, {at}))" for at in ("day", f"TIMESTAMP '{UNTIL}'")
    )
    sql = (
        f"SELECT max(day) FILTER ({own} <> {last}), any_value({last}) FROM (SELECT unnest({DAYS}) AS day) AS days"
    )
    changed, offset = engine.rows(sql)[0]
    if changed is None:
        return Zone(name, "1900-01-01", offset)
    settled = changed + timedelta(days=2)
    return Zone(name, f"{settled:%Y-%m-%d}", offset) if settled.year < 2090 else Zone(name)


def moment(zone: Zone, local: str) -> str:
    """The moment of a local time, as SQL over a TIMESTAMP."""
    zoned = f"timezone({literal(zone.name)}, {local})"
    return f"CASE {_settled(zone, local)}ELSE {zoned} END" if zone.since else zoned


def only_moment(zone: Zone, local: str) -> str:
    """The same; NULL where a clock change skips or repeats the local time, for then it does not survive the way back."""
    name, zoned = literal(zone.name), f"timezone({literal(zone.name)}, {local})"
    unique = (
        f"timezone({name}, {zoned}) = {local} "
        f"AND timezone({name}, {zoned} + INTERVAL 1 HOUR) <> {local} "
        f"AND timezone({name}, {zoned} - INTERVAL 1 HOUR) <> {local}"
    )
    return f"CASE {_settled(zone, local)}WHEN {unique} THEN {zoned} END"


def _settled(zone: Zone, local: str) -> str:
    if zone.since is None:
        return ""
    steady = f"{local} >= TIMESTAMP '{zone.since}' AND {local} < TIMESTAMP '{UNTIL}'"
    return f"WHEN {steady} THEN make_timestamptz(epoch_us({local}) - {zone.offset}) "

"""What an export holds: which columns, in which zone, over which period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from audit.engine import literal

KEYS = {
    "participant": "participant_id",
    "activity": "activity_id",
    "entry": "entry_id",
    "outcome": "entry_id",
    "purchase": "purchase_id",
    "payment": "payment_id",
    "request": "request_id",
}
TOLD = "entry_told"  # entries and their outcomes, where one record tells both


def once(table: str) -> str:
    """The first record of each id of a table in which some stand twice: a repeated record is a fault of the records, not money."""
    return (
        f"SELECT *\nFROM {table} AS t\nWHERE NOT EXISTS (\n"
        "    SELECT 1 FROM repeated_record AS r\n"
        f"    WHERE r.table_name = '{table}' AND r.source_file = t.source_file AND r.record = t.record\n)"
    )


@dataclass(frozen=True)
class Scope:
    """What an export holds: the columns mapped for each table, the zone, and the period (half-open, days).

    told: each entry's record tells its outcome, and no id of either is missing or stands twice, so that nothing joins them.
    """

    columns: Mapping[str, frozenset[str]]
    zone: str
    since: date | None = None
    until: date | None = None
    told: bool = False

    def has(self, table: str, *columns: str) -> bool:
        """Whether a table is mapped with all these columns."""
        return table in self.columns and set(columns) <= self.columns[table]

    def cut(self, first: date) -> str:
        """The first moment of a period that begins after `first`; empty where nothing since then can be hidden."""
        return self.moment(self.since) if self.since and self.since > first else ""

    def ended(self, last: date | None) -> str:
        """The first moment of `last`, the day on which rules end; empty where nothing after it can be in the period."""
        return self.moment(last) if last is not None and (self.until is None or self.until > last) else ""

    def moment(self, day: date | None) -> str:
        """The first moment of a day as an SQL literal, NULL for no day."""
        if day is None:
            return "CAST(NULL AS TIMESTAMPTZ)"
        return f"timezone({literal(self.zone)}, TIMESTAMP '{day.isoformat()} 00:00:00')"

    def within(self, moment: str, since: date | None, until: date | None, *, alone: bool = False) -> str:
        """Whether a moment lies in a span of days, as SQL; alone: nothing stood otherwise at another time, so an unknown one does."""
        tests = [f"{moment} >= {self.moment(since)}"] if since else []
        tests += [f"{moment} < {self.moment(until)}"] if until else []
        return f"coalesce({' AND '.join(tests) or 'true'}, {str(alone).lower()})"

"""What was known before each chance, against a slow reader who goes through the chances one by one."""

from __future__ import annotations

from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import FIXTURES, Auditor

COLUMNS = "entry_id, part, participant_id, activity_id, position, taken_at, paid, hit, nth, spent, collected, won_that_day, hour, day"


@pytest.mark.parametrize(
    "name", ["blind-box/honest", "lucky-box/honest", "lucky-wish/honest", "red-envelope/honest"]
)  # entries of one prize, of several, and groups
def test_it_is_what_the_records_before_say(name: str, audited: Auditor) -> None:
    audit, _ = audited(FIXTURES / name)
    zone = ZoneInfo(audit.case.file.timezone)
    rows: list[dict[str, Any]] = audit.engine.records(f"SELECT {COLUMNS} FROM chance ORDER BY entry_id, part")
    assert rows
    for row in rows:
        row["local"] = row["taken_at"].astimezone(zone)
    entries = {
        row["entry_id"]: row for row in rows if row["part"] == 1
    }  # an entry is paid once, however many prizes it may win
    wins = Counter((row["local"].date(), row["taken_at"]) for row in rows if row["hit"])
    own: dict[str, list[dict[str, Any]]] = {}
    held: dict[str, list[dict[str, Any]]] = {}
    for row in entries.values():
        own.setdefault(row["participant_id"], []).append(row)
        held.setdefault(row["activity_id"], []).append(row)
    for row in rows[:: max(1, len(rows) // 500)]:
        moment = (row["taken_at"], row["entry_id"])
        before = [one for one in own[row["participant_id"]] if (one["taken_at"], one["entry_id"]) < moment]
        assert (row["nth"], row["spent"]) == (len(before) + 1, sum(one["paid"] or 0 for one in before))
        place = (row["position"] or 0, *moment)
        earlier = [
            one for one in held[row["activity_id"]] if (one["position"] or 0, one["taken_at"], one["entry_id"]) < place
        ]
        assert row["collected"] == sum(one["paid"] or 0 for one in earlier)
        day = row["local"].date()
        assert row["won_that_day"] == sum(many for (on, at), many in wins.items() if on == day and at < row["taken_at"])
        assert (row["hour"], row["day"]) == (row["local"].hour, day.toordinal() - 719_163)

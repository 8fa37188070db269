"""Referrers are not in the export.

Does: finds participants whose referrer has no record.
Matters: awards to somebody who is nowhere recorded go to an account that nobody can check; and a deleted person leaves this trace.
How: referrers looked up among participants; an unknown one is owed nothing. Where the period may have cut them off, or participants
cannot be read, that is said, and no fault is found.
Blind to: a person deleted together with everybody they recruited.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from checks.records import from_referrals

SQL = """
SELECT participant_id, referrer_id, joined_at, source_file, record
FROM participant_once
WHERE referrer_id NOT IN (SELECT participant_id FROM participant WHERE participant_id IS NOT NULL)
ORDER BY participant_id"""
EARLIER = "SELECT count(*) FROM participant WHERE joined_at < {since}"
ILLEGIBLE = """
SELECT count(*) FROM refused_cell
WHERE table_name = 'participant' AND coalesce(column_name, 'participant_id') = 'participant_id'"""


@check()
def referrer_unknown(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all referrals."""
    what = Text("的推荐人不在导出中", "have a referrer who is not in the export")
    none = Text("每个推荐人都在导出中。", "Every referrer is in the export.")
    yield from from_referrals(audit, SQL, what, none, _doubt(audit))


def _doubt(audit: Audit) -> Text | None:
    scope = audit.case.scope
    if audit.engine.value(ILLEGIBLE):
        return Text("有的用户记录无法读取，或即其中之人。", "Participants that cannot be read may be they.")
    if scope.since is None or audit.engine.value(EARLIER.format(since=scope.moment(scope.since))):
        return None  # the export holds everybody, or does not end at the period's beginning
    return Text(
        "他们可能在本期之前注册，不在导出范围内。", "They may have joined before the period, outside the export."
    )

"""Referrers joined later than those they are said to have recruited.

Does: finds participants whose referrer registered after them.
Matters: a tree that was rewritten afterwards moves awards to people who recruited nobody.
How: the two moments of registration; the same moment is no fault. Such a referrer is owed nothing. Rings are `referrers_in_a_ring`.
Blind to: a referrer exchanged for another who did join earlier.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from checks.records import from_referrals

SQL = """
SELECT p.participant_id, p.referrer_id, p.joined_at, r.joined_at AS referrer_joined_at, p.source_file, p.record
FROM participant_once AS p
JOIN participant_once AS r ON r.participant_id = p.referrer_id
WHERE r.joined_at > p.joined_at AND p.participant_id NOT IN (SELECT participant_id FROM referral_ring)
ORDER BY p.participant_id"""


@check()
def referrer_joined_later(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all referrals."""
    yield from from_referrals(
        audit,
        SQL,
        Text("的推荐人注册晚于本人", "have a referrer who joined later than they did"),
        Text("没有推荐人注册晚于被推荐人。", "No referrer joined later than those recruited."),
        also="joined_at",
    )

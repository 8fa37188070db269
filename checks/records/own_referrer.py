"""Participants are their own referrers.

Does: finds participants recorded as recruited by themselves.
Matters: whoever recruits themselves draws the recruiter's award on their own purchases.
How: the referrer's id is the participant's own; such a referrer is owed nothing.
Blind to: one person with two accounts.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from checks.records import from_referrals

SQL = """
SELECT participant_id, referrer_id, joined_at, source_file, record
FROM participant_once
WHERE referrer_id = participant_id
ORDER BY participant_id"""


@check()
def own_referrer(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all referrals."""
    yield from from_referrals(
        audit,
        SQL,
        Text("把自己记为推荐人", "have themselves as referrer"),
        Text("无人把自己记为推荐人。", "Nobody is their own referrer."),
    )

"""Referrers form a ring.

Does: finds people each of whom was recruited by the next, round to the first.
Matters: somebody in it was recruited by a person who was not there yet; the tree was rewritten, or made up.
How: strongly connected components of the recorded referrals; depth does not matter. In a ring nobody stands above another.
Blind to: a ring that was cut open before it was exported; one's own referrer is `own_referrer`.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from checks.records import from_referrals

SQL = """
SELECT g.ring, p.participant_id, p.referrer_id, p.joined_at, p.source_file, p.record
FROM referral_ring AS g
JOIN participant_once AS p ON p.participant_id = g.participant_id
ORDER BY g.ring, p.participant_id"""


@check()
def referrers_in_a_ring(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all referrals."""
    yield from from_referrals(
        audit,
        SQL,
        Text("处在推荐人的环中", "stand in a ring of referrers"),
        Text("推荐关系中没有环。", "No referrers form a ring."),
    )

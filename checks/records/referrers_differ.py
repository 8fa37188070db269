"""A participant is recorded with different referrers.

Does: finds participants of whom two records name different referrers.
Matters: who is owed the recruiter's award depends on which record is believed.
How: records of the same participant, compared; the replay uses the first. The repetition itself is `ids_repeated`.
Blind to: a referrer changed in the one record there is.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from checks.records import from_referrals

SQL = """
SELECT participant_id, referrer_id, joined_at, source_file, record
FROM participant
WHERE participant_id IN (
    SELECT participant_id FROM participant
    GROUP BY participant_id HAVING count(DISTINCT coalesce(referrer_id, '')) > 1
)
ORDER BY participant_id, source_file, record"""


@check()
def referrers_differ(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all referrals."""
    yield from from_referrals(
        audit,
        SQL,
        Text("有多个不同的推荐人", "are recorded with different referrers"),
        Text("无人有两个推荐人。", "Nobody is recorded with two referrers."),
    )

"""The initiator's own accounts win more than their entries would.

Does: bets that the initiator, and accounts that share an identity with the initiator, win more often than declared.
Matters: whoever runs an activity and wins it keeps the prize and the stakes.
How: entries of the initiator's cluster in their own activities, each at its declared chance given what came before.
Blind to: accounts that share no recorded identity. Initiators may take part where the rules do not forbid it.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from checks.people import PRESET, gains, need, shown

OWN = "SELECT e.*, false AS linked\nFROM entry_chance AS e\nWHERE e.participant_id = e.initiator_id"
LINKED = """
SELECT e.*, c.cluster IS NOT NULL AND e.participant_id <> e.initiator_id AS linked
FROM entry_chance AS e
LEFT JOIN account_cluster AS c ON c.participant_id = e.participant_id
LEFT JOIN account_cluster AS i ON i.participant_id = e.initiator_id
WHERE e.participant_id = e.initiator_id OR c.cluster = i.cluster"""


@check(needs=("activity.initiator_id", "entry.participant_id"), provisions=PRESET)
def initiator_wins_own_activity(audit: Audit) -> Iterator[Finding]:
    """Yield one lead, lit where the bet is won."""
    if not audit.has("entry_chance") or not audit.case.scope.has("activity", "initiator_id"):
        yield nothing("initiators", "没有抽取记录或发起人。", "The export holds no draws or no initiators.")
        return
    own = LINKED if audit.has("account_cluster") else OWN
    _, entries, wins, due, gain = next(
        iter(gains(audit, f"SELECT 'own' AS subject, * FROM ({own}) AS own")), ("", 0, 0, 0.0, 1.0)
    )
    if not entries:
        yield nothing("initiators", "没有发起人参加自己的活动。", "No initiator entered an activity of their own.")
        return
    sql = (
        "SELECT activity_id, entry_id, initiator_id, participant_id, linked, source_file, record\n"
        f"FROM ({own}) AS own WHERE won ORDER BY activity_id, entry_id"
    )
    lit = float(gain) >= need(audit)
    yield Finding(
        "initiators",
        Verdict.FAIL if lit else Verdict.PASS,
        Text(
            f"发起人及其关联账户在自己的活动中参加 {entries} 次，中 {wins} 次，按机会应约 {float(due):.2f} 次。"
            + (f"证据为机会均等的 {shown(float(gain))} 倍：这是线索，不是结论。" if lit else ""),
            f"Initiators and accounts linked to them entered their own activities {entries} times and won {wins}; the declared chances "
            f"give {float(due):.2f}."
            + (f" {shown(float(gain))} to 1 against the declared chances: a lead, no conclusion." if lit else ""),
        ),
        Basis.SCREEN,
        declared=f"{float(due):.2f}",
        observed=str(wins),
        rows=evidence(audit, sql) if lit else (),
        sql=sql,
        e_value=float(gain),
    )

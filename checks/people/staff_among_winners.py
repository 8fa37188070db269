"""Staff, or accounts linked to staff, are among the winners.

Does: lists wins of accounts that the export marks as the company's, and of accounts that share an identity with one.
Matters: winners fixed beforehand are what the law on prize sales names first; staff are the nearest at hand.
How: identities of kind `staff`, lit wherever one won; accounts joined to them by a device, an address or a payment account,
    lit only where they win more than their entries would, for a family may share an address.
Blind to: staff that the export does not mark. Staff may be allowed to take part; a shared address may be a family.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from checks.people import PRESET, gains, need

SQL = """
SELECT e.activity_id, e.entry_id, e.participant_id, s.how, s.of_staff, e.source_file, e.record
FROM entry_chance AS e JOIN staff AS s ON s.participant_id = e.participant_id
WHERE e.won ORDER BY s.how DESC, e.activity_id, e.entry_id"""
ENTRIES = "SELECT 'staff' AS subject, * FROM entry_chance WHERE participant_id IN (SELECT participant_id FROM staff)"


@check(provisions=PRESET)
def staff_among_winners(audit: Audit) -> Iterator[Finding]:
    """Yield one lead, lit where staff won, or accounts linked to them won too often."""
    known = audit.has("staff") and audit.has("entry_chance") and audit.engine.value("SELECT count(*) FROM staff")
    if not known:
        yield nothing(
            "staff", "导出没有标明员工账户，或没有抽取记录。", "The export marks no staff accounts, or holds no draws."
        )
        return
    rows = evidence(audit, SQL)
    _, entries, wins, due, gain = next(iter(gains(audit, ENTRIES)), ("", 0, 0, 0.0, 1.0))
    direct = sum(row["how"] == "staff" for row in rows)
    lit = direct > 0 or (bool(entries) and float(gain) >= need(audit))
    yield Finding(
        "staff",
        Verdict.FAIL if lit else Verdict.PASS,
        Text(
            f"员工账户及与其关联的账户参加 {entries} 次，中 {wins} 次（员工本人账户 {direct} 次），按机会应约 {float(due):.2f} 次。"
            + ("线索：须核实规则是否允许员工参加、关联是否为家人。" if lit else ""),
            f"Accounts of staff, and accounts linked to them, entered {entries} times and won {wins} (staff's own {direct}); the "
            f"declared chances give {float(due):.2f}."
            + (" A lead: may staff take part, and are linked accounts family?" if lit else ""),
        ),
        Basis.SCREEN,
        declared=f"{float(due):.2f}",
        observed=str(wins),
        rows=rows if lit else (),
        sql=SQL,
        e_value=float(gain) if entries else None,
    )

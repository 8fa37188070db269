"""Findings in the case file: kept as soon as their check is done, so that an interrupted audit need not judge again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from audit.case import Audit, evidence
from audit.finding import FAULT, Finding
from audit.report import finding_of, record_of


def keep(audit: Audit, findings: Sequence[Finding]) -> None:
    """Enter findings behind those that are there, all or none."""
    with audit.engine.whole():
        before = audit.engine.value("SELECT count(*) FROM finding")
        for number, finding in enumerate(findings, before + 1):
            body = json.dumps(record_of(finding), ensure_ascii=False)
            cells = [number, finding.check, finding.subject, str(finding.verdict), str(finding.basis), body]
            audit.engine.rows("INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?)", cells)


def forget_faults(audit: Audit) -> None:
    """Strike out the findings from the first on that only says that a check failed: it may have lacked memory or disk."""
    sql = "SELECT min(number) FROM finding WHERE subject = ? AND verdict = 'INCONCLUSIVE'"
    first = audit.engine.value(
        f"SELECT min(number) FROM finding WHERE check_name = (SELECT check_name FROM finding WHERE number = ({sql}))",
        [FAULT],
    )
    if first is not None:
        audit.engine.rows("DELETE FROM finding WHERE number >= ?", [first])


def findings_of(audit: Audit, check: str | None = None) -> list[Finding]:
    """The findings as the case file keeps them, of one check or all; rows that were too many to keep are read again by their SQL."""
    found = []
    where, given = ("WHERE check_name = ?", [check]) if check else ("", [])
    for (body,) in audit.engine.rows(f"SELECT body FROM finding {where} ORDER BY number", given):
        record = json.loads(body)
        finding = finding_of(record)
        if record["row_count"] > len(finding.rows) and finding.sql:
            rows = evidence(audit, finding.sql)
            finding = replace(finding, rows=rows if len(rows) == record["row_count"] else finding.rows)
        found.append(finding)
    return found

"""Checks of the records themselves: what the gate found, in words and rows."""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Basis, Finding, Text, Verdict

MAY_BE_OUTSIDE = ("referrer_id", "team_leader_id")  # people above a participant need not be in the export


def from_gate(audit: Audit, kind: str, what: Text) -> Iterator[Finding]:
    """A finding for each failed metric of a kind, with every failing row; else one that nothing failed."""
    results = audit.engine.rows(
        "SELECT table_name, column_name, expected, observed, success, failing_sql FROM gate WHERE kind = ? ORDER BY ALL",
        [kind],
    )
    failed = [result for result in results if not result[4]]
    for table, column, expected, observed, _, sql in failed:
        outside = kind == "links" and column in MAY_BE_OUTSIDE
        name = f"{table}.{column}"
        yield Finding(
            subject=name,
            verdict=Verdict.INCONCLUSIVE if outside else Verdict.FAIL,
            text=Text(
                f"{name}：{what.zh}（应为 {expected}，实为 {observed}）。"
                + ("这些人可能不在导出范围内；按规则，未知的推荐人不获奖励。" if outside else ""),
                f"{name}: {what.en} (expected {expected}, found {observed})."
                + (
                    " They may stand outside the export; by the rules an unknown referrer is owed nothing."
                    if outside
                    else ""
                ),
            ),
            basis=Basis.ARITHMETIC,
            declared=expected,
            observed=observed,
            rows=evidence(audit, sql),
            sql=sql,
        )
    if failed:
        return
    subject = f"{len(results)} × {kind}"
    if results and (kind == "control" or audit.engine.value("SELECT sum(counted) FROM input")):
        yield Finding(subject, Verdict.PASS, Text(f"未发现：{what.zh}。", f"None found: {what.en}."), observed="0")
    else:
        why = Text(
            f"导出或 case.yaml 未提供可据以检查“{what.zh}”的内容。",
            f"Nothing in the export or case.yaml to check: {what.en}.",
        )
        yield Finding(kind, Verdict.NOT_APPLICABLE, why)

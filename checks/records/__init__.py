"""Checks of the records themselves: what the gate found, in words and rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from audit.case import Audit, evidence
from audit.finding import Basis, Finding, Text, Verdict
from audit.rules import time_allowed

PEOPLE = ("team_leader_id",)  # need not be in the export; of referrers, see `referrer_unknown`
BEFORE = (("entry", "activity_id"), ("outcome", "entry_id"), ("purchase", "deposit_id"))  # may lie before the period


def from_gate(audit: Audit, kind: str, what: Text, own: Mapping[str, Text] | None = None) -> Iterator[Finding]:
    """A finding for each failed metric of a kind, with every failing row; else one that nothing failed.

    own: words for single columns (`entry.position`), in the place of what.
    """
    results = audit.engine.rows(
        "SELECT table_name, column_name, expected, observed, success, failing_sql FROM gate\n"
        "WHERE kind = ? AND column_name <> 'referrer_id' ORDER BY ALL",
        [kind],
    )
    failed = [result for result in results if not result[4]]
    for table, column, expected, observed, _, sql in failed:
        outside = _outside(audit, table, column, sql) if kind == "links" else None
        name = f"{table}.{column}"
        said = (own or {}).get(name, what)
        yield Finding(
            subject=name,
            verdict=Verdict.INCONCLUSIVE if outside else Verdict.FAIL,
            text=Text(
                f"{name}：{said.zh}（应为 {expected}，实为 {observed}）。"
                + (outside.zh if outside else ""),
                f"{name}: {said.en} (expected {expected}, found {observed})." + (f" {outside.en}" if outside else ""),
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


def _outside(audit: Audit, table: str, column: str, sql: str) -> Text | None:
    """Why the records that these rows refer to need not be in the export; None where they should be."""
    scope, rules = audit.case.scope, audit.rules
    if column in PEOPLE:
        return Text("这些人可能不在导出范围内；按规则，未知的推荐人不获奖励。",
                    "They may stand outside the export; by the rules an unknown referrer is owed nothing.")  # fmt: skip
    if (table, column) in BEFORE and scope.cut(rules.effective.from_):
        begun = f"SELECT count(*) FROM ({sql}) AS broken WHERE position = 1"  # with its first entry an activity is there
        if column == "activity_id" and audit.engine.value(begun):
            return None
        return Text("它们可能在导出期间之前。", "They may lie before the period of the export.")
    if (table, column) == ("entry", "entry_id") and scope.until is not None:
        allowed = int(time_allowed(rules).total_seconds())
        decided = (
            f"SELECT count(*) FROM ({sql}) AS b\n"
            f"WHERE NOT coalesce(b.entered_at + INTERVAL {allowed} SECOND >= {scope.moment(scope.until)}, false)\n"
            "    OR EXISTS (SELECT 1 FROM entry AS e WHERE e.activity_id = b.activity_id AND e.position > b.position)"
        )
        if not audit.engine.value(decided):
            return Text("它们可能在导出期间之后才有结果。", "They may have been decided after the period of the export.")
    return None


def from_referrals(
    audit: Audit, sql: str, what: Text, none: Text, doubt: Text | None = None, *, also: str = "referrer_id"
) -> Iterator[Finding]:
    """One finding on all referrals, with the rows of sql; doubt says why rows would not show a fault; also, a column needed."""
    if not audit.case.scope.has("participant", "participant_id", "referrer_id", also):
        why = Text("导出没有推荐人或注册时间。", "The export holds no referrers, or no times of registration.")
        yield Finding("referrals", Verdict.NOT_APPLICABLE, why)
        return
    rows = evidence(audit, sql)
    if not rows and not audit.engine.value("SELECT count(referrer_id) FROM participant"):
        why = Text("导出中没有人有推荐人。", "Nobody in the export has a referrer.")
        yield Finding("referrals", Verdict.NOT_APPLICABLE, why)
        return
    count = len({row["participant_id"] for row in rows})
    verdict = Verdict.PASS if not rows else Verdict.INCONCLUSIVE if doubt else Verdict.FAIL
    rest = Text("树的其余部分照常重算。", "The rest of the tree is replayed all the same.")
    said = Text(
        f"{count} 人{what.zh}。{doubt.zh if doubt else ''}{rest.zh}",
        f"{count} people {what.en}. {doubt.en + ' ' if doubt else ''}{rest.en}",
    )
    yield Finding("referrals", verdict, said if rows else none, observed=str(count), rows=rows, sql=sql)

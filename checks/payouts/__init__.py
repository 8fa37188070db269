"""Checks of what was paid against what was owed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext

from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Finding, Row, Text, Verdict
from audit.reconcile import DISCREPANCY_KEY

NEEDS = (
        "activity.activity_id", "activity.initiator_id", "activity.started_at",
        "entry.entry_id", "entry.activity_id", "entry.participant_id", "entry.entered_at",
        "outcome.entry_id", "outcome.outcome", "outcome.choice", "outcome.decided_at",
        "participant.participant_id", "participant.joined_at",
        "payment.payment_id", "payment.payee_id", "payment.asset", "payment.amount", "payment.reason", "payment.ref",
)  # fmt: skip
GRAINS = {
    "reference": Text("逐笔按关联编号与名目比对", "compared one by one, by reference and clause"),
    "day": Text(
        "导出没有逐笔关联，按收款人、资产和日累计比对", "no references in the export: compared by payee, asset and day"
    ),
    "payee": Text(
        "导出没有付款时间，按收款人和资产合计比对", "no times of payment in the export: compared by payee and asset"
    ),
    "none": Text("导出没有付款记录", "no payments in the export"),
}


@dataclass(frozen=True)
class Defect:
    """The discrepancies that a check gathers, and what it says of them."""

    kinds: tuple[str, ...]
    found: Text
    none: Text


def judge(audit: Audit, defect: Defect) -> Iterator[Finding]:
    """A FAIL for each clause with such discrepancies, priced exactly; one PASS for the clauses without."""
    grain = GRAINS[audit.grain]
    if not audit.awards or audit.grain == "none" or not audit.has("discrepancy"):
        why = Text("规则没有奖励条款。", "The rules declare no awards.") if not audit.awards else grain
        yield Finding("payouts", Verdict.NOT_APPLICABLE, why)
        return
    listed = ", ".join(map(literal, defect.kinds))
    counts = dict(audit.engine.rows(
        f"SELECT coalesce(clause, ''), count(*) FROM discrepancy WHERE kind IN ({listed}) GROUP BY ALL ORDER BY ALL"))  # fmt: skip
    # what is missing has no payment to point to: its place is the record of the event
    placed = "discrepancy_placed" if audit.has("discrepancy_placed") else "discrepancy"
    for clause, count in counts.items():
        sql = (
            f"SELECT concat('discrepancy:', {DISCREPANCY_KEY}) AS id,\n"
            "    kind, event, clause, payee, asset, owed, due_at, event_at, paid_to, paid_asset, paid, paid_at, payment_id,\n"
            f"    at_stake, source_file, record\nFROM {placed}\n"
            f"WHERE kind IN ({listed}) AND coalesce(clause, '') = {literal(clause)}\n"
            "ORDER BY event, kind, payee, paid_to, asset, payment_id"
        )
        rows = evidence(audit, sql)
        amount = total(audit, rows)
        money = ", ".join(f"{value} {asset}" for asset, value in amount.items())
        award = audit.awards.get(clause)
        yield Finding(
            clause or "payouts",
            Verdict.FAIL,
            Text(
                f"{clause or '全部条款'}：{defect.found.zh} {count} 笔，涉及 {money}（{_kinds(rows, 'zh')}；{grain.zh}）。",
                f"{clause or 'all clauses'}: {defect.found.en}: {count}, {money} at stake "
                f"({_kinds(rows, 'en')}; {grain.en}).",
            ),
            declared=award.says if award else "",
            observed=str(count),
            amount=amount,
            rows=rows,
            sql=sql,
            clauses=(clause,) if clause else (),
        )
    unknown = _unknown(audit)
    for clause, (events, payments) in unknown.items():
        if clause not in counts:
            yield _undetermined(audit, clause, events, payments)
    if "" in counts or "" in unknown:  # it may be of any clause
        return
    owed = dict(
        audit.engine.rows("SELECT clause, sum(awards) FROM award_total WHERE standing = 'owed' GROUP BY clause")
    )
    quiet = [name for name in audit.awards if name not in counts and name not in unknown]
    rest, idle = tuple(name for name in quiet if owed.get(name)), tuple(name for name in quiet if not owed.get(name))
    if rest:
        awards = sum(int(owed[name]) for name in rest)
        yield Finding(
            "payouts" if not counts and not unknown else "other clauses",
            Verdict.PASS,
            Text(
                f"{defect.none.zh}（{len(rest)} 个条款，应付 {awards} 笔；{grain.zh}）。",
                f"{defect.none.en} ({len(rest)} clauses, {awards} awards; {grain.en}).",
            ),
            observed="0",
            clauses=rest,
        )
    if idle:
        why = Text(f"没有应付的事件：{'、'.join(idle)}。", f"Nothing fell due under: {', '.join(idle)}.")
        yield Finding("clauses without an award", Verdict.NOT_APPLICABLE, why, clauses=idle)


KINDS = {
    "missing": Text("未付", "not paid"),
    "wrong_amount": Text("金额不符", "wrong amount"),
    "wrong_asset": Text("资产不符", "wrong asset"),
    "wrong_payee": Text("收款人不符", "wrong payee"),
    "unexpected": Text("无依据", "no award"),
    "duplicate": Text("重复支付", "paid again"),
    "late": Text("逾期", "late"),
}


def _kinds(rows: tuple[Row, ...], lang: str) -> str:
    """How many of each kind, for a reader: `wrong amount 2, wrong payee 1`."""
    counts = {kind: sum(row["kind"] == kind for row in rows) for kind in KINDS}
    return ", ".join(f"{getattr(KINDS[kind], lang)} {count}" for kind, count in counts.items() if count)


def _unknown(audit: Audit) -> dict[str, tuple[int, int]]:
    """Clause → (events whose award the export does not determine, payments or awards that cannot be matched)."""
    events = dict(
        audit.engine.rows(
            "SELECT clause, sum(awards) FROM award_total WHERE standing = 'unknown' GROUP BY clause ORDER BY clause"
        )
    )
    sql = "SELECT coalesce(clause, ''), count(*) FROM discrepancy WHERE kind = 'undetermined' GROUP BY ALL ORDER BY ALL"
    rows = dict(audit.engine.rows(sql))
    return {clause: (events.get(clause, 0), rows.get(clause, 0)) for clause in sorted({*events, *rows})}


def _undetermined(audit: Audit, clause: str, events: int, payments: int) -> Finding:
    award = audit.awards.get(clause)
    if award is not None and award.choice is not None and not audit.case.scope.has("outcome", "choice"):
        why = Text(f"{clause}：导出没有获奖人的选择，无法判断应付什么。",
                   f"{clause}: the export does not hold what winners chose, so what is owed cannot be told.")  # fmt: skip
        return Finding(clause, Verdict.NOT_APPLICABLE, why, clauses=(clause,))
    late = audit.engine.value(
        "SELECT count(*) FROM discrepancy AS d CROSS JOIN horizon AS h\n"
        "WHERE d.kind = 'undetermined' AND coalesce(d.clause, '') = ? AND d.due_at >= h.until_at", [clause])  # fmt: skip
    if late:
        why = Text(
            f"{clause}：{late} 笔未付的应付只因裁决记录得晚才在导出截止时尚未到期（按规则，参与、满员或开奖时即应裁决）；"
            f"另有 {events} 个事件不知应付什么，{payments - late} 笔付款或应付无法对应。不能下结论。",
            f"{clause}: {late} unpaid awards were not yet due at the export's end only because their decisions are recorded later "
            "than the entry, the last place or the draw that decides them; besides, of "
            f"{events} events it is not known what is owed, and {payments - late} payments or awards cannot be matched. Cannot tell.",
        )
        return Finding(clause, Verdict.INCONCLUSIVE, why, clauses=(clause,) if clause else ())
    zh, en = [], []
    if events:
        zh.append(f"{events} 个事件的记录缺失、无法读取或早于本期，或其选择、数额未公开，不知应付什么")
        en.append(f"of {events} events the records are missing, illegible or from before the period, or the choice or the amount "
                  "is not told, so what is owed is not known")  # fmt: skip
    if payments:
        zh.append(f"{payments} 笔付款或应付无法对应")
        en.append(f"payments or awards that cannot be matched: {payments}")
    why = Text(f"{clause}：{'；'.join(zh)}。不能下结论。", f"{clause}: {'; '.join(en)}. Cannot tell.")
    return Finding(clause, Verdict.INCONCLUSIVE, why, clauses=(clause,) if clause else ())


def total(audit: Audit, rows: tuple[Row, ...]) -> dict[str, str]:
    """The money at stake by asset, exact, as decimal strings in units."""
    totals: dict[str, Decimal] = {}
    with localcontext(prec=80):
        for row in rows:
            asset = str(row["asset"] or row["paid_asset"] or "")
            totals[asset] = totals.get(asset, Decimal(0)) + Decimal(str(row["at_stake"] or "0"))
    return {asset: str(total) for asset, total in sorted(totals.items())}

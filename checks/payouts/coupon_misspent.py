"""Coupons were spent that were never granted, or had expired.

Does: lists orders on which a coupon was spent that its holder no longer had, or never had.
Matters: coupons out of nothing are discounts for friends; expired ones that still work are a rule for some.
How: each use takes the holder's oldest coupon that is neither spent nor expired; grants are payments in the coupon's
    asset, and one is good to the last moment of its declared life.
Blind to: coupons granted outside the export, so that a case that begins later than its rules is INCONCLUSIVE.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.engine import by_id
from audit.finding import Finding, Text, Verdict, check, several

# from the first bad use on, each use is looked at in turn: a bad one takes no coupon
SQL = f"""
WITH RECURSIVE numbered AS (
    SELECT u.*, row_number() OVER (PARTITION BY participant_id, coupon ORDER BY moment, {by_id('purchase_id')}) AS turn
    FROM coupon_use AS u
    WHERE EXISTS (SELECT 1 FROM coupon_use AS b
        WHERE b.participant_id = u.participant_id AND b.coupon = u.coupon AND b.taken > b.granted)
), walked AS (
    SELECT participant_id, coupon, turn, CASE WHEN expired < granted THEN expired + 1 ELSE 0 END AS last,
        expired >= granted AS is_bad
    FROM numbered WHERE turn = 1
    UNION ALL
    SELECT n.participant_id, n.coupon, n.turn,
        CASE WHEN greatest(w.last, n.expired) < n.granted THEN greatest(w.last, n.expired) + 1 ELSE w.last END,
        greatest(w.last, n.expired) >= n.granted
    FROM walked AS w
    JOIN numbered AS n ON n.participant_id = w.participant_id AND n.coupon = w.coupon AND n.turn = w.turn + 1
)
SELECT n.purchase_id, n.participant_id, n.coupon, n.moment, CAST(n.granted AS BIGINT) AS granted,
    CAST(n.expired AS BIGINT) AS expired, n.unknown, n.source_file, n.record
FROM walked AS w
JOIN numbered AS n ON n.participant_id = w.participant_id AND n.coupon = w.coupon AND n.turn = w.turn
WHERE w.is_bad
ORDER BY n.purchase_id"""
NEEDS = ("purchase.coupon", "purchase.participant_id", "purchase.paid_at",
         "payment.payee_id", "payment.asset", "payment.amount", "payment.paid_at")  # fmt: skip


@check(needs=NEEDS, provisions=("cn-price-promises",))
def coupon_misspent(audit: Audit) -> Iterator[Finding]:
    """Yield a finding for each kind of coupon that orders spend."""
    if not audit.has("coupon_use"):
        why = Text("规则没有可用于订单的券，或导出没有记录用券和发券。",
                   "The rules let no coupon be spent on orders, or the export does not hold their grants and uses.")  # fmt: skip
        yield Finding("coupons", Verdict.NOT_APPLICABLE, why)
        return
    rows = evidence(audit, SQL)
    uses = dict(audit.engine.rows("SELECT coupon, count(*) FROM coupon_use GROUP BY coupon ORDER BY coupon"))
    for coupon in sorted({*uses, *(name for name, asset in audit.rules.assets.items() if name in uses or asset.valid)}):
        listed = tuple(row for row in rows if row["coupon"] == coupon)
        bad = tuple(row for row in listed if not row["unknown"]) or listed
        hidden = all(row["unknown"] for row in bad)
        if not uses.get(coupon):
            verdict, words = Verdict.NOT_APPLICABLE, Text(f"{coupon} 没有被使用。", f"No {coupon} was spent.")
        elif bad and hidden:
            verdict = Verdict.INCONCLUSIVE
            words = Text(f"{len(bad)} 次使用 {coupon} 找不到有效的发券记录，但可能有发券不在导出内或无法读取。",
                         f"For {several(len(bad), 'use')} of {coupon} no valid grant is on record, but grants may be outside the "
                         "export or illegible.")  # fmt: skip
        elif bad:
            verdict = Verdict.FAIL
            words = Text(f"{len(bad)} 次使用的 {coupon} 从未发给使用者、已用完或已过期。",
                         f"{several(len(bad), 'use')} of {coupon} that "
                         "the holder was never granted, had spent, or that had expired.")  # fmt: skip
        else:
            verdict = Verdict.PASS
            words = Text(
                f"{uses[coupon]} 次使用 {coupon}，都有未过期的发券。",
                f"All {uses[coupon]} uses of {coupon} had a valid grant.",
            )
        amount = {coupon: str(len(bad))} if verdict is Verdict.FAIL else {}
        yield Finding(coupon, verdict, words, observed=str(len(bad)), amount=amount, rows=bad, sql=SQL)

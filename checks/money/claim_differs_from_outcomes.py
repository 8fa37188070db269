"""What was published about results is not what the export shows.

Does: compares each published figure (bought again, even after so many recruits, the middle income, the earlier the likelier)
    with the export.
Matters: a figure that invites people to pay must be true of those who did.
How: the share, the members or the median as the export has them; early against late entries of the same activity, by an exact
    test that takes its part of the error budget. (Of boxes, the win always comes last.)
Blind to: what happened outside the export and its period; how a figure was meant, beyond the words that rules.yaml repeats.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Basis, Finding, Row, Text, Verdict, check, several
from audit.rules import Boxes
from audit.rules.reported import Reported
from audit.stats.strata import exact_p, odds_ratio
from checks.money import amount_of, percent

Answer = tuple[Verdict, Text, str | Text, tuple[Row, ...], str, float | None]
BUYERS = """
SELECT count(*), count(*) FILTER (orders >= 2)
FROM (SELECT participant_id, count(*) AS orders FROM purchase_once WHERE participant_id IS NOT NULL GROUP BY participant_id) AS b"""
RECRUITERS = """
SELECT m.person, r.recruits, {paid} AS {column}, m.received, m.asset
FROM member_money AS m
JOIN (SELECT i.referrer, count(*) AS recruits FROM invited AS i
    JOIN member_money AS n ON n.person = i.person AND n.asset = {asset} AND n.paid > 0 GROUP BY i.referrer) AS r ON r.referrer = m.person
WHERE m.asset = {asset} AND m.paid > 0 AND r.recruits >= {recruits}"""
MIDDLE = "SELECT quantile_disc(received, 0.5), count(*) FROM member_money WHERE asset = {asset} AND paid > 0"
EARLY = """
WITH ranked AS (SELECT activity_id, won, row_number() OVER (PARTITION BY activity_id ORDER BY position, entry_id) AS place,
    count(*) OVER (PARTITION BY activity_id) AS places FROM entry_chance)
SELECT n, w, a, x, count(*) FROM (
    SELECT count(*) AS n, count(*) FILTER (won) AS w, count(*) FILTER (2 * place <= places) AS a,
        count(*) FILTER (won AND 2 * place <= places) AS x FROM ranked GROUP BY activity_id) AS t
WHERE w > 0 AND w < n AND a > 0 GROUP BY ALL ORDER BY ALL"""

LAST = Text(
    "盲盒活动开到中奖为止，中奖总在最后一盒，先后两半无从比较；每盒的概率由规则给出。",
    "An activity of boxes ends with its win, which always comes last, so its halves cannot be compared; the rules give each box's odds.",
)


@check(
    needs=("payment.amount", "purchase.participant_id"),
    provisions=("cn-false-promotion", "cn-truthful-information", "kr-dts-21", "us-ftc-act-s5", "us-16cfr437",
                "us-mlm-earnings-nprm-2025", "us-ftc-income-2024"),
)  # fmt: skip
def claim_differs_from_outcomes(audit: Audit) -> Iterator[Finding]:
    """Yield a finding for each published figure."""
    if not audit.rules.reported:
        yield Finding(
            "claims",
            Verdict.NOT_APPLICABLE,
            Text("规则没有公布结果数字。", "The rules publish no figures about results."),
        )
    answers = {
        "bought-again": _again,
        "even-with-recruits": _even,
        "median-received": _middle,
        "earlier-wins-more": _earlier,
    }
    for name, claim in audit.rules.reported.items():
        if claim.quantity == "earlier-wins-more" and isinstance(audit.rules.draw, Boxes):
            yield Finding(name, Verdict.NOT_APPLICABLE, LAST)
            continue
        found = answers[claim.quantity](audit, claim)
        if found is None:
            yield Finding(
                name,
                Verdict.NOT_APPLICABLE,
                Text("导出没有可对照的记录。", "The export holds nothing to compare it with."),
            )
            continue
        verdict, text, observed, rows, sql, p_value = found
        yield Finding(
            name,
            verdict,
            text,
            Basis.ARITHMETIC if p_value is None else Basis.STATISTICAL,
            declared=claim.says or claim.quantity,
            observed=observed,
            rows=rows,
            sql=sql,
            p_value=p_value,
        )


def _again(audit: Audit, claim: Reported) -> Answer | None:
    if not audit.case.scope.has("purchase", "participant_id"):
        return None
    buyers, again = audit.engine.rows(BUYERS)[0]
    if not buyers:
        return None
    share, claimed = percent(again, buyers), percent(claim.at_least or Fraction(0), 1)
    false = Fraction(again, buyers) < (claim.at_least or 0)
    return (
        Verdict.FAIL if false else Verdict.PASS,
        Text(f"所称复购 {claimed}；导出中 {buyers} 名买家有 {again} 名再次购买，为 {share}。",
             f"Claimed: {claimed} bought again; in the export {again} of {buyers} buyers did: {share}."),
        share, (), BUYERS, None,
    )  # fmt: skip


def _even(audit: Audit, claim: Reported) -> Answer | None:
    if not audit.has("member_money") or not audit.has("invited"):
        return None
    asset = claim.in_ or ""
    paid = "m.paid" if claim.paid is None else f"CAST({audit.units(asset).steps(claim.paid)} AS DECIMAL(38, 0))"
    column = "paid" if claim.paid is None else "claimed_price"
    sql = RECRUITERS.format(asset=literal(asset), recruits=claim.recruits, paid=paid, column=column)
    people, even = audit.engine.rows(f"SELECT count(*), count(*) FILTER (received >= {column}) FROM ({sql}) AS r")[0]
    if not people:
        return None
    short = f"{sql} AND m.received < {paid} ORDER BY m.person LIMIT 1000"
    got = (
        Text(f"收回所付 {asset}", f"were paid back at least the {asset} that they paid")
        if claim.paid is None
        else Text(f"收到至少声明所称的 {claim.paid} {asset}", f"received at least the {claim.paid} {asset} that the claim names")
    )
    return (
        Verdict.FAIL if even < people else Verdict.PASS,
        Text(f"所称推荐满 {claim.recruits} 人即回本；导出中推荐了至少 {claim.recruits} 名付款者的 {people} 人有 {even} 名"
             f"（{percent(even, people)}）{got.zh}。",
             f"Claimed: even after {several(claim.recruits or 0, 'recruit')}; of {people} members who recruited as many or more that paid, "
             f"{even} ({percent(even, people)}) {got.en}."),
        f"{even} / {people}", evidence(audit, short), short, None,
    )  # fmt: skip


def _middle(audit: Audit, claim: Reported) -> Answer | None:
    if not audit.has("member_money"):
        return None
    asset = claim.in_ or ""
    sql = MIDDLE.format(asset=literal(asset))
    middle, people = audit.engine.rows(sql)[0]
    if not people:
        return None
    false = int(middle) < audit.units(asset).steps(claim.amount or Decimal(0))
    return (
        Verdict.FAIL if false else Verdict.PASS,
        Text(f"所称收入 {claim.amount} {asset}；{people} 名付过钱的成员收到的中位数为 {amount_of(audit, asset, middle)}。",
             f"Claimed: {claim.amount} {asset}; the middle one of {people} members who paid received {amount_of(audit, asset, middle)}."),
        amount_of(audit, asset, middle), (), sql, None,
    )  # fmt: skip


def _earlier(audit: Audit, claim: Reported) -> Answer | None:
    strata = [tuple(map(int, row)) for row in audit.engine.rows(EARLY)] if audit.has("entry_chance") else []
    if not strata:
        return None
    ratio, low, high = odds_ratio(strata)  # type: ignore[arg-type]
    p_value = exact_p(strata)  # type: ignore[arg-type]
    verdict = Verdict.INCONCLUSIVE if p_value > float(audit.share) else Verdict.PASS if ratio > 1 else Verdict.FAIL
    return (
        verdict,
        Text(f"所称越早机会越大；同一活动中先参加的一半对后一半，优势比 {ratio:.2f}（95% 区间 {low:.2f}–{high:.2f}）。",
             f"Claimed: the earlier, the likelier; the first half of entries against the second half of the same activity: odds ratio "
             f"{ratio:.2f} (95 % interval {low:.2f} to {high:.2f})."),
        f"{ratio:.2f}", (), EARLY, p_value,
    )  # fmt: skip

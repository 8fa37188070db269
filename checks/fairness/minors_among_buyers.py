"""Children are among those who paid.

Does: counts entries and orders of people younger than the ages that provisions name.
Matters: what a young child buys is void, and boxes are not to be sold to children under eight.
How: `age` of the participant, in whole years on joining, against each age of the dated provisions; "under" leaves the age itself out.
    Lit where anybody under eighteen paid or entered; the provisions whose age is undercut are named.
Blind to: ages nobody declared or verified; a guardian's consent that is kept elsewhere. Small purchases fit for the age can be valid.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from checks import law

LAW = ("cn-blindbox-2023-minors", "cn-civil-code-art19-20", "cn-sh-blindbox-2022-minors", "cn-pipl-2021-art28-31",
       "cn-minors-2020-art74", "kr-dts-15-2")  # fmt: skip
BOUGHT = """
SELECT participant_id, count(*) AS bought
FROM (SELECT participant_id FROM entry_once UNION ALL SELECT participant_id FROM purchase_once) AS all_bought
GROUP BY participant_id"""
AGED = f"SELECT count(p.age) FROM participant_once AS p JOIN ({BOUGHT}) AS b ON b.participant_id = p.participant_id"
SQL = f"""
SELECT p.participant_id, p.age, b.bought, p.source_file, p.record
FROM participant_once AS p JOIN ({BOUGHT}) AS b ON b.participant_id = p.participant_id
WHERE p.age < 18 ORDER BY p.age, p.participant_id"""


@check(needs=("participant.age",), provisions=LAW)
def minors_among_buyers(audit: Audit) -> Iterator[Finding]:
    """Yield one screen, lit where somebody under eighteen paid or entered."""
    ages = audit.engine.value(AGED) if audit.case.scope.has("participant", "age") else 0
    if not ages:
        yield nothing("ages", "导出没有付款或参加者的年龄。", "The export holds no ages of those who paid or entered.")
        return
    rows = evidence(audit, SQL)
    youngest = min((int(str(row["age"])) for row in rows), default=18)
    met = [(name, v) for unit in ("years-of-age", "years-of-age-data") for name, v in law.thresholds(audit, unit)
           if law.meets(v, youngest)]  # fmt: skip
    by_age = {limit: sum(int(str(row["age"])) < limit for row in rows) for limit in (8, 14, 18)}
    zh = "".join(f"低于{version['cite']}所称的 {version['value']} 岁。" for _, version in met)
    en = "".join(f" Below the age of {version['value']} of {version['cite']}." for _, version in met)
    yield Finding(
        "ages",
        Verdict.FAIL if rows else Verdict.PASS,
        Text(
            f"付款或参加者中，未满 8 岁 {by_age[8]} 人，未满 14 岁 {by_age[14]} 人，未满 18 岁 {by_age[18]} 人（其中有年龄记录的 "
            f"{ages} 人）。{zh}",
            f"Of those who paid or entered, {by_age[8]} are under 8, {by_age[14]} under 14, {by_age[18]} under 18 (of "
            f"{ages} whose age is recorded).{en}",
        ),
        Basis.SCREEN,
        observed=str(by_age[18]),
        rows=rows,
        sql=SQL,
    )

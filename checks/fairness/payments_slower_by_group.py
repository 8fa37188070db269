"""A group waits longer for what it is paid.

Does: compares how often payments to each declared group came later than the middle of their clause and week.
Matters: delay is the cheapest way to pay some people less.
How: whole minutes from the event to the payment, within the same clause and seven days, of one payment of each person, chosen
    by a hash: whoever waits mostly waits again; more than their median is the event; exact test.
Blind to: payments that lead to no event; differences within a week that a change of system explains.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.engine import literal
from audit.finding import Finding, Text, check, nothing
from audit.money.rewards import paid_for
from audit.rules import clauses_of
from checks.fairness import compare, no_groups
from checks.money import traced

TRIALS = """
SELECT one[2] AS stratum, person, one[3] AS moment, one[4] AS minutes
FROM (
    SELECT p.payee_id AS person, min((
        sha256(coalesce(p.payment_id, p.ref)), list_position({clauses}, p.reason) * 100000 + e.week, e.moment,
        (epoch_us(p.paid_at) - epoch_us(e.moment)) // 60000000)) AS one
    FROM payment_once AS p JOIN (
        SELECT moves, event, moment, epoch_us(moment) // 604800000000 AS week FROM money_event
    ) AS e ON {paid_for}
    WHERE p.paid_at >= e.moment
    GROUP BY p.payee_id
) AS each_person"""


@check(
    needs=("payment.payee_id", "payment.paid_at", "payment.ref"),
    provisions=("cn-pipl-2021-art24", "cn-promo-2020-art6"),
)
def payments_slower_by_group(audit: Audit) -> Iterator[Finding]:
    """Yield a screen for each grouping."""
    absent = no_groups(audit, "delay")
    if absent or not traced(audit) or not audit.case.scope.has("payment", "paid_at"):
        yield absent or nothing("delay", "付款没有时间或关联。", "Payments have no times or no references.")
        return
    yield from compare(
        audit,
        TRIALS.format(
            paid_for=paid_for(audit.rules),
            clauses=f"[{', '.join(map(literal, clauses_of(audit.rules)))}]",
        ),
        Text("到账慢于同类中位数", "Paid later than the middle of the like"),
        good=False,
        above="minutes",
    )

"""Odds depend on the money that the activity has taken in.

Does: compares wins with the declared chances by what the activity had collected before each chance.
Matters: a prize that comes only once the fees exceed its cost is sold as luck and run as a sale.
How: bets on "below (or from) this sum the odds are multiplied by r", every sum and r from 0 to 10, mixed, less
    what favoured boxes explain. At one price a sum is a box: then both readings are the same rule, and the finding says so.
Blind to: thresholds on what other activities took in.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, Verdict, check
from audit.rules import Boxes
from checks.draws import NEEDS, PROVISIONS, covariate_finding, no_chances, singly

SAME = """
SELECT count(*) FROM (SELECT position FROM chance WHERE collected IS NOT NULL
    GROUP BY position HAVING min(collected) <> max(collected)) AS several"""


@check(needs=(*NEEDS, "entry.paid"), provisions=PROVISIONS, statistical="boxes chances")
def odds_depend_on_money(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on the money collected before each chance."""
    if not singly(audit) or not audit.case.scope.has("entry", "paid"):
        yield no_chances("money collected")
        return
    stake = next(iter(audit.rules.entry.stake), "") if audit.rules.entry else ""
    units = audit.units(stake)

    def words(first: int, last: int) -> Text:
        low, high = units.show(first), units.show(last)
        return Text(f"此前收款 {low}–{high} {stake}", f"chances with {low} to {high} {stake} collected before")

    if isinstance(audit.rules.draw, Boxes) and not audit.engine.value(SAME):
        why = Text(
            "每次付款相同，因此按收款的说法与按盒序的说法是同一条规则，数据无从区分：见按盒序的检查。",
            "Every entry paid the same, so a rule on money and a rule on boxes are one and the same here: see the checks of boxes.",
        )
        yield Finding("money collected", Verdict.NOT_APPLICABLE, why)
        return
    yield covariate_finding(audit, "money collected", "collected", words)

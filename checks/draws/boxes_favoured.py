"""Some boxes win more or less often than declared, wherever they lie.

Does: weighs every class of boxes (the last ones, a stretch in the middle, a single box) against its declared odds.
Matters: who knows which boxes are empty lets others pay for them; that is the whole profit of a rigged blind box.
How: each opening is a chance given the boxes opened before; bets on "this class's odds are multiplied by r", r from 0
    (never) to 10, over stretches from either end, stretches between, single boxes, odd and even ones, mixed, less what
    "all odds changed" or "the first boxes never win" explain.
Blind to: boxes scattered without a pattern while each wins nearly as often as declared.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from audit.hidden import FAMILIES
from audit.rules import Boxes
from audit.rules.odds import box_odds
from audit.stats.bets import log_mixture, prefix_theories
from audit.stats.classes import ODD
from checks.draws import NEEDS, PROVISIONS, covariate_finding, no_boxes, runs, steady


@check(needs=NEEDS, provisions=PROVISIONS, statistical="boxes")
def boxes_favoured(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on the boxes of all activities."""
    draw = audit.rules.draw
    if not isinstance(draw, Boxes) or not audit.has("chance"):
        yield no_boxes("boxes")
        return
    early = prefix_theories(runs(audit, 0), box_odds(draw), None) if steady(audit) else []
    families = {**FAMILIES["position"], "every second": 0.1} if draw.boxes <= 48 else None
    yield covariate_finding(audit, "boxes", "position", boxes, log_mixture(early), families)


def boxes(first: int, last: int) -> Text:
    """Boxes for a reader."""
    if first < 0:
        return Text("单号盒", "the odd boxes") if first == ODD else Text("双号盒", "the even boxes")
    if first == last:
        return Text(f"第 {first} 盒", f"box {first}")
    return Text(f"第 {first}–{last} 盒", f"boxes {first}–{last}")

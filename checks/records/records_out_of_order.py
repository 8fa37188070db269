"""Records contradict each other in time.

Does: lists pairs of records of which one cannot have come before, or after, the other.
Matters: deadlines, places, counts and versions of the rules hang on these moments; a moment moved away takes an award with it.
How: entries before their activity's start or after its end; entries, orders, requests and activities of people who had not joined
    yet; decisions before their entry; of boxes, decisions made, by more than an award may take (at least a day), after the next
    box was opened or the activity had ended; tickets of a raffle drawn at the end handed out after it was drawn; places of a group
    or raffle numbered against their time. A minute (of places a second) is no contradiction, nor is any moment of a day given
    without its hour.
Blind to: moments that were all moved alike; groups decided before they were full, which random shares are; a late decision of an
    entry that is decided by itself, which no rule forbids.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Finding, Text, check
from checks.records import from_gate

WORDS = {
    "activity.started_at": Text("活动开始之前的参与", "entries from before their activity started"),
    "activity.ended_at": Text("活动结束之后的参与", "entries from after their activity ended"),
    "participant.joined_at": Text(
        "本人注册之前的参与、订单、申请或发起", "entries, orders, requests or activities of people from before they joined"
    ),
    "outcome.decided_at": Text(
        "裁决早于其参与，或晚于只能在其后发生的事",
        "decisions from before their entry, or from after what can only follow them",
    ),
    "entry.entered_at": Text("抽奖已开出之后的参与", "entries from after the winners of their raffle were drawn"),
    "entry.position": Text("位次与时间先后相反", "places numbered against their order in time"),
}


@check(provisions=("cn-truthful-information",))
def records_out_of_order(audit: Audit) -> Iterator[Finding]:
    """Yield what the gate found of kind `order`."""
    yield from from_gate(audit, "order", Text("时间先后矛盾的记录", "records that contradict each other in time"), WORDS)

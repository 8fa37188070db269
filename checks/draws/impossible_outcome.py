"""Something happened that the declared rules make impossible.

Does: lists outcomes of chance zero, certain ones that failed to come, and openings out of order.
Matters: one such row needs no statistics; either the rules are not these or the record is not true.
How: a win or an opening after the win, a box that does not exist, the last box without a win, one box opened twice,
    boxes opened against their order in time; a group with too many or too few winners, or a place taken twice; a raffle
    won by somebody who had won or was not in it, or not drawn in time (as long as an award may take, or a day); a person who entered
    again where one entry is allowed; a number outside its pool, drawn twice, too many or too few; winners of a tier that is
    not declared. Draws without numbers, or without the totals of a tier, boxes that ended without a win, and raffles passed
    over by later ones do not pass.
Blind to: what is merely unlikely; a raffle that is still open when the last one begins; a group decided before it was
    full, which a lost entry looks like.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Finding, Text, Verdict, check, several
from audit.rules import Boxes, Chances, Group, Numbers, Raffle, parts_by_time
from checks import impossible
from checks.draws.tickets_favoured import unknown_tickets

AGAIN = (
    "SELECT entry_id, activity_id, participant_id, entered_at, source_file, record\nFROM (\n"
    "    SELECT *, row_number() OVER (PARTITION BY activity_id, participant_id ORDER BY entered_at, entry_id) AS turn\n"
    "    FROM entry_played\n    WHERE {once}\n) AS o WHERE turn > 1 ORDER BY entry_id"
)


@check(
    needs=(
        "entry.entry_id",
        "entry.activity_id",
        "entry.position",
        "entry.entered_at",
        "outcome.outcome",
        "drawn_number.number",
    ),
    provisions=("cn-prize-sales", "cn-truthful-information"),
)
def impossible_outcome(audit: Audit) -> Iterator[Finding]:
    """Yield a FAIL for each kind of impossible row, else one PASS."""
    draw = audit.rules.draw
    if isinstance(draw, Boxes) and audit.has("draw_replayed"):
        kinds = impossible.boxes(audit)
    elif isinstance(draw, Group) and audit.has("group_state"):
        kinds = impossible.groups(audit)
    elif isinstance(draw, Numbers) and audit.has("number_replayed"):
        kinds = impossible.numbers(audit)
    elif isinstance(draw, Raffle) and audit.has("draw_replayed"):
        kinds = impossible.raffles(audit)
    elif isinstance(draw, Chances) and audit.has("draw_replayed"):
        kinds = impossible.chances()
    else:
        yield Finding("draws", Verdict.NOT_APPLICABLE, Text("没有可重放的抽取。", "There is no draw to replay."))
        return
    played = "number_replayed" if isinstance(draw, Numbers) else "entry_played"
    if not audit.engine.value(f"SELECT count(*) FROM {played}"):
        yield Finding("draws", Verdict.NOT_APPLICABLE, Text("导出没有一次抽取。", "The export holds no draw."))
        return
    stood = parts_by_time(audit.rules, lambda era: era.entry is not None and era.entry.repeat == "once")
    once = [audit.case.scope.within("entered_at", span.from_, span.to, alone=len(stood) == 1) for one, span in stood if one]
    if once:
        again = AGAIN.format(once=" OR ".join(once))
        kinds = {
            **kinds,
            "entered again": (Text("同一人在同一活动中多次参与", "second entries of a person in an activity"), again),
        }
    clean = True
    for name, (words, sql) in kinds.items():
        rows = evidence(audit, sql)
        if rows:
            clean = False
            yield Finding(name, Verdict.FAIL, Text(f"{words.zh}：{len(rows)} 条。", f"{words.en}: {len(rows)}."),
                          observed=str(len(rows)), rows=rows, sql=sql)  # fmt: skip
    for name, (words, sql) in impossible.left_open(audit).items():
        rows = evidence(audit, sql)
        if rows:
            clean = False
            text = Text(f"{words.zh}：{len(rows)} 条，不能下结论。", f"{words.en}: {len(rows)}. Cannot tell.")
            yield Finding(name, Verdict.INCONCLUSIVE, text, observed=str(len(rows)), rows=rows, sql=sql)
    untold = audit.engine.value("SELECT count(*) FROM raffle_unknown") if audit.has("raffle_unknown") else 0
    unknown = unknown_tickets(audit)
    if clean and untold:
        yield Finding("draws", Verdict.INCONCLUSIVE, Text(
            f"{untold} 个活动的抽奖无法核对：导出没有说明何时开奖，或不含导出期间之前的参与。其余没有发生规则上不可能的事。",
            f"The draws of {several(untold, 'activity', 'activities')} cannot be judged: "
            "the export does not tell when they were made, or lacks entries "
            "from before its period. Nothing else happened that the rules make impossible."))  # fmt: skip
    elif clean and unknown:
        yield Finding("draws", Verdict.INCONCLUSIVE, Text(
            f"{unknown} 次参与的权重缺失或无法读取：没有票的参与若中了奖，看不出来。其余没有发生规则上不可能的事。",
            f"The weight of {several(unknown, 'entry', 'entries')} is missing or cannot be read: "
            "a win of an entry without a ticket would not show. "
            "Nothing else happened that the rules make impossible."))  # fmt: skip
    elif clean:
        yield Finding("draws", Verdict.PASS, Text("没有发生规则上不可能的事。", "Nothing happened that the rules make impossible."),
                      observed="0")  # fmt: skip

"""The awards of some events alone: the replay's own text, over these events.

Of entries and of all else apart, since the joins of both together take twice the memory. Of suspect buckets: an engine applies
every clause to every entry before it looks at a bucket; told which entries, it does a tenth of that.
"""

from __future__ import annotations

from collections.abc import Sequence

from audit.engine import Loop, Step

READ = {"event_entry": "entry_id", "event_place": "activity_id", "event_share": "activity_id"}  # what tells the event of entries
ENTRIES, EVENTS, UNION = "FROM entry_played AS o", "FROM event AS e", "\nUNION ALL\n"


def entry_steps(replayed: Sequence[Step | Loop]) -> tuple[list[Step], list[str]]:
    """Steps that tell the awards of entries from all others, and the relations that have the ones and the others.

    Awards by more than the event itself, such as a fund, are left together.
    """
    texts = _views(replayed)
    if EVENTS not in texts.get("award_due", ""):
        return [], ["award_due"]
    kinds: dict[str, list[str]] = {}
    for part in texts["event"].split(UNION):
        kinds.setdefault("entry" if part.split()[-1] in READ else "other", []).append(part)
    if len(kinds) == 1:
        return [], ["award_due"]
    steps = []
    for kind, parts in kinds.items():
        award = texts["award_due"].replace(EVENTS, f"FROM {kind}_event AS e")
        steps += [Step(f"{kind}_event", UNION.join(parts)), Step(f"{kind}_award", award)]
    return steps, [f"{kind}_award" for kind in kinds]


def suspect_steps(replayed: Sequence[Step | Loop], bucket: str) -> tuple[list[Step], str]:
    """Steps that work out the awards of `bucket_suspect` anew, and the relation that has them; other awards may be in it too.

    bucket is of `event`, as SQL. What is owed by more than the event itself, such as a fund, is left as it was replayed.
    """
    texts = _views(replayed)
    parts = {name: key for name, key in READ.items() if ENTRIES in texts.get(name, "")}
    if not parts or EVENTS not in texts.get("award_due", ""):
        return [], "award_due"
    events, steps = texts["event"], []
    for key in dict.fromkeys(parts.values()):
        of_event = f"SELECT *, {key} AS event FROM entry_played"
        steps.append(Step(f"suspect_by_{key}", f"SELECT *\nFROM ({of_event}) AS o\nWHERE {bucket} IN (SELECT bucket FROM bucket_suspect)"))
    for name, key in parts.items():
        steps.append(Step(f"suspect_{name}", texts[name].replace(ENTRIES, f"FROM suspect_by_{key} AS o")))
        events = events.replace(f"FROM {name}", f"FROM suspect_{name}")
    award = texts["award_due"].replace(EVENTS, "FROM suspect_event AS e")
    return [*steps, Step("suspect_event", events), Step("suspect_award", award)], "suspect_award"


def _views(replayed: Sequence[Step | Loop]) -> dict[str, str]:
    return {step.name: step.sql for step in replayed if isinstance(step, Step) and step.kind == "view"}

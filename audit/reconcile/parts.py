"""The awards of some events alone: the replay's own text, over these events.

Of entries and of all else apart, since the joins of both together take twice the memory. Of suspect buckets: an engine applies
every clause to every event before it looks at a bucket; told which events, it does a tenth of that.
"""

from __future__ import annotations

from collections.abc import Sequence

from audit.engine import Loop, Step
from audit.reconcile.sides import Division

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


def suspect_steps(replayed: Sequence[Step | Loop], division: Division) -> tuple[list[Step], str]:
    """Steps that work out the awards of `bucket_suspect` anew, and the relation that has them; other awards may be in it too.

    What is owed by more than the event itself, such as a fund, is left as it was replayed.
    """
    texts = _views(replayed)
    if EVENTS not in texts.get("award_due", ""):
        return [], "award_due"
    steps: dict[str, Step] = {}
    events = []
    for part in texts["event"].split(UNION):
        name = part.split()[-1]
        if ENTRIES in texts.get(name, "") and name in READ:
            key = READ[name]
            of_event = f"SELECT *, {key} AS event FROM entry_played"
            near = f"suspect_by_{key}"
            steps[near] = Step(near, f"SELECT *\nFROM ({of_event}) AS o\nWHERE {division.is_suspect('o')}")
            steps[name] = Step(f"suspect_{name}", texts[name].replace(ENTRIES, f"FROM {near} AS o"))
            events.append(f"SELECT * FROM suspect_{name}")
        else:
            events.append(f"{part} AS o WHERE {division.is_suspect('o')}")
    award = texts["award_due"].replace(EVENTS, "FROM suspect_event AS e")
    return [*steps.values(), Step("suspect_event", UNION.join(events)), Step("suspect_award", award)], "suspect_award"


def _views(replayed: Sequence[Step | Loop]) -> dict[str, str]:
    return {step.name: step.sql for step in replayed if isinstance(step, Step) and step.kind == "view"}

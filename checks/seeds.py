"""What is known of the published seeds: which draws lack one, whether commitments were kept, and when either was shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from audit.beacons import commitment_of
from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Finding, Row, Text, Verdict, several
from audit.rules import Boxes, Group, Raffle, Randomness

FULL = (
    " AND EXISTS (SELECT 1 FROM group_state AS g WHERE g.activity_id = o.activity_id AND g.is_full AND g.undecided = 0)"
)
WHOLE = " AND NOT EXISTS (SELECT 1 FROM raffle_unknown AS u WHERE u.activity_id = o.activity_id AND u.is_cut)"
LACKING = """
SELECT o.activity_id, o.entry_id, o.outcome, o.decided_at, o.source_file, o.record FROM entry_played AS o
WHERE o.outcome = 'win'{where} AND NOT EXISTS (
    SELECT 1 FROM randomness AS r WHERE r.activity_id = o.activity_id AND r.seed IS NOT NULL{promised})
ORDER BY o.activity_id, o.entry_id"""
# a seed that stands for several draws is out once it was shown with any of them
TIMES = """
SELECT r.activity_id, r.committed_at, r.revealed_at, r.first_shown_at, r.is_shared, r.is_untold,
    max(o.entered_at) AS entered_at, max(o.decided_at) AS decided_at, r.source_file, r.record
FROM (
    SELECT *, {first_shown} AS first_shown_at, {shared} AS is_shared, {untold} AS is_untold FROM randomness
) AS r JOIN entry_played AS o ON o.activity_id = r.activity_id AND o.outcome IS NOT NULL
GROUP BY ALL HAVING {test} ORDER BY r.activity_id, r.source_file, r.record"""


def decided(audit: Audit) -> str:
    """Which entries `o` are of draws that can be drawn again: of full groups, and of raffles that are there from their first ticket."""
    return {Group: FULL, Raffle: WHOLE}.get(type(audit.rules.draw), "")


def lacking(audit: Audit, *, promised: bool = False) -> tuple[Row, ...]:
    """The winning entries of draws of which no seed is in the export; promised: no seed with its commitment."""
    return evidence(
        audit, LACKING.format(where=decided(audit), promised=" AND r.commitment IS NOT NULL" if promised else "")
    )


def rows_of(names: Sequence[str]) -> str:
    """The seeds of these activities, as SQL."""
    return f"SELECT * FROM randomness WHERE activity_id IN ({', '.join(map(literal, names))}) ORDER BY activity_id"


def commitments(
    audit: Audit, scheme: Randomness, seeds: Sequence[Mapping[str, Any]], doubled: Sequence[str]
) -> Finding:
    """Whether each seed is the one that was committed to; doubled names draws of which several seeds are told."""
    broken, kept = [], 0
    for one in seeds:
        if one["seed"] and one["commitment"]:
            try:
                given = commitment_of(one["seed"], scheme.commitment or "", scheme.committed)
            except ValueError:
                given = ""
            if given == str(one["commitment"]).lower():
                kept += 1
            else:
                broken.append(str(one["activity_id"]))
    honoured = Text(
        f"{kept} 个种子与承诺一致。",
        f"{several(kept, 'seed is the one that was', 'seeds are those that were')} committed to.",
    )
    if broken:
        rows = evidence(audit, rows_of(broken))
        text = Text(
            f"{len(broken)} 个种子与事先的承诺不符。",
            f"{several(len(broken), 'seed is not the one that was', 'seeds are not those that were')} committed to.",
        )
        return Finding(
            "commitments", Verdict.FAIL, text, declared=str(kept + len(broken)), observed=str(kept), rows=rows
        )
    bare = lacking(audit, promised=True)
    if bare or doubled or not kept:
        rows = (*bare, *(evidence(audit, rows_of(doubled)) if doubled else ()))
        draws = len({row["activity_id"] for row in rows})
        text = Text(
            f"{draws} 场已开奖，但导出中没有其种子或承诺，或有几个不同的种子；其余 {honoured.zh}",
            f"{several(draws, 'draw was', 'draws were')} held of which the export lacks the seed or its commitment, "
            f"or holds several seeds; {honoured.en}",
        )
        return Finding("commitments", Verdict.INCONCLUSIVE, text, declared=str(kept), observed=str(kept), rows=rows)
    return Finding("commitments", Verdict.PASS, honoured, declared=str(kept), observed=str(kept))


def times(audit: Audit, scheme: Randomness) -> Iterator[Finding]:
    """Boxes must be laid before the first is opened, a group or raffle committed to before it is decided.

    A seed must not be out before all have entered, be it shown with this draw or with another that it stands for. Of seeds that
    nobody chose and committed to, two may be alike by chance.
    """
    promised, revealed = (audit.case.scope.has("randomness", name) for name in ("committed_at", "revealed_at"))
    keys = ["seed", "lower(commitment)"] if scheme.commitment is not None else ["seed"]
    over = {key: f"OVER (PARTITION BY {key})" for key in keys}
    first = ", ".join(f"CASE WHEN {key} IS NOT NULL THEN min(revealed_at) {by} END" for key, by in over.items())
    shared = [f"{key} IS NOT NULL AND min(activity_id) {by} < max(activity_id) {by}" for key, by in over.items()]
    untold = [
        f"{same} AND count(revealed_at) {by} < count(*) {by}" for same, by in zip(shared, over.values(), strict=True)
    ]
    sql = TIMES.replace("{first_shown}", f"least(revealed_at, {first})")
    sql = sql.replace("{shared}", f"({' OR '.join(shared)})").replace("{untold}", f"({' OR '.join(untold)})")
    began = "min(o.entered_at)" if isinstance(audit.rules.draw, Boxes) else "max(o.decided_at)"
    out = "r.first_shown_at" if scheme.commitment is not None else "r.revealed_at"
    late = sql.replace("{test}", f"r.committed_at > {began} OR {out} < max(o.entered_at)")
    if rows := evidence(audit, late):
        text = Text(
            f"{len(rows)} 场的承诺晚于开奖，或种子先于参与公开（随本场，或随用同一种子的另一场）。",
            f"In {several(len(rows), 'draw')} the commitment came too late, or the seed was shown before all had entered, with this draw "
            "or with another that has the same seed.",
        )
        yield Finding("order in time", Verdict.FAIL, text, rows=rows, sql=late)
        return
    tests = ["r.is_untold", "r.first_shown_at < max(o.entered_at)"]
    tests += ["r.committed_at IS NULL"] if promised and scheme.commitment is not None else []
    tests += ["r.seed IS NOT NULL AND r.revealed_at IS NULL"] if revealed else []
    open_ = sql.replace("{test}", " OR ".join(tests))
    rows = (*(lacking(audit) if promised or revealed else ()), *evidence(audit, open_))
    if rows:
        draws = len({row["activity_id"] for row in rows})
        text = Text(
            f"{draws} 场的承诺或种子何时公布无从得知，或与另一场用同一种子而可能已经公开；其余各场先后无误。",
            f"Of {several(draws, 'draw')} it is not known when the commitment or the seed was published, "
            "or another draw has the same seed, "
            "with which it may have been out already; the others are in order.",
        )
        yield Finding("order in time", Verdict.INCONCLUSIVE, text, rows=rows, sql=open_)
    elif promised or revealed:
        said = [Text("承诺先于开奖", "every commitment came before the decision")] * promised
        said += [Text("种子后于参与", "every seed was shown after people had entered")] * revealed
        zh, en = "，".join(one.zh for one in said), ", and ".join(one.en for one in said)
        yield Finding("order in time", Verdict.PASS, Text(f"{zh}。", f"{en[0].upper()}{en[1:]}."), sql=late)

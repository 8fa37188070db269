"""A draw is not what its published seed gives.

Does: draws every activity again from its seed, bit for bit, and checks the seed against the commitment and the clock.
Matters: where randomness was published nothing is left to chance: one difference is proof, and needs no statistics.
How: the scheme and its parameters are declared under `randomness`; the seeds and commitments are in the table of that
    name. Where draws differ, close variants (text or bytes, counter from 0 or 1, modulo or floor) are tried and named.
    One that was shown with an earlier draw is no secret of a later one. A draw without a seed, of several seeds, or of which a
    commitment or a moment is not known, is said to be so: the rest alone does not pass.
Blind to: a seed chosen among many before it was committed to, where nobody else had a part in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from audit.beacons import Number, commitment_of, hashed, keyed, rfc3797, seedrandom, select
from audit.beacons.commitments import bytes_of
from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Finding, Row, Text, Verdict, check
from audit.replay.draws import draws_of
from audit.rules import Boxes, Group, Raffle, Randomness
from checks.draws import PROVISIONS, no_chances

SEEDS = "SELECT activity_id, seed, commitment, source_file, record FROM randomness ORDER BY activity_id, record"
HELD = """
SELECT o.activity_id, o.position, o.weight, o.outcome, o.version, o.entry_id FROM entry_played AS o
WHERE (o.activity_id IN (SELECT activity_id FROM randomness WHERE seed IS NOT NULL)
    OR o.activity_id IN (SELECT activity_id FROM entry_played WHERE outcome = 'win')){where}
ORDER BY o.activity_id, o.position, o.entry_id"""
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


Seeded = Boxes | Group | Raffle


@dataclass(frozen=True)
class Held:
    """An activity: the draw in force, the tickets of its entrants in order, the places that won; boxes: how far it went."""

    draw: Seeded
    tickets: list[int]
    won: list[int]
    reached: int


@check(needs=("randomness.seed", "entry.position", "outcome.outcome"), provisions=PROVISIONS)
def randomness_not_honoured(audit: Audit) -> Iterator[Finding]:
    """Yield a finding on draws, and where they apply on commitments and on the order in time."""
    scheme, draw = audit.rules.randomness, audit.rules.draw
    if scheme is None or not audit.case.scope.has("randomness") or not isinstance(draw, Seeded):
        yield no_chances("draws")
        return
    seeds = audit.engine.records(SEEDS)
    held, unknown = _held(audit)
    given = dict[str, list[str]]()
    for one in seeds:
        if one["seed"] and one["activity_id"] in held and one["seed"] not in given.get(one["activity_id"], ()):
            given.setdefault(str(one["activity_id"]), []).append(str(one["seed"]))
    wrong = [name for name, some in given.items() if not any(_fits(scheme, seed, name, held[name]) for seed in some)]
    several = [name for name, some in given.items() if len(some) > 1 and name not in wrong]
    variant = _variant(scheme, given, held) if wrong else None
    rows = evidence(audit, _rows(wrong)) if wrong else ()
    told = [{**row, "drawn": _shown(scheme, str(row["seed"] or ""), held[str(row["activity_id"])], str(row["activity_id"])),
             "recorded": ", ".join(str(place) for place in held[str(row["activity_id"])].won)} for row in rows]  # fmt: skip
    yield _draws(audit, len(given) - len(several), len(held), told, variant, len(unknown), several)
    if scheme.commitment is not None:
        yield _commitments(audit, scheme, seeds, several)
    yield from _times(audit, scheme)


def _draws(
    audit: Audit,
    replayed: int,
    held: int,
    wrong: Sequence[Row],
    variant: str | None,
    unknown: int,
    several: Sequence[str],
) -> Finding:
    bare = _lacking(audit)
    if not (replayed or several or unknown):
        text = Text("没有已公布种子的抽取。", "No draw has a published seed.")
        return Finding("draws", Verdict.INCONCLUSIVE, text, rows=bare)
    if not wrong and (bare or unknown or several):
        why = [
            (len({row["activity_id"] for row in bare}), "场没有种子", "draws have no seed"),
            (unknown, "场有参与的权重缺失或无法读取", "draws hold an entry whose weight is missing or cannot be read"),
            (
                len(several),
                "场有几个不同的种子，以哪一个为准无从得知",
                "draws have several seeds, of which any may count",
            ),
        ]
        zh, en = "；".join(f"{n} {one}" for n, one, _ in why if n), "; ".join(f"{n} {one}" for n, _, one in why if n)
        text = Text(
            f"{zh}，不能重新抽取；其余 {replayed} 场按种子重新抽取，逐位一致。",
            f"{en}: these cannot be drawn again; the other {replayed} are as their seeds give, bit for bit.",
        )
        rows = (*bare, *(evidence(audit, _rows(several)) if several else ()))
        return Finding("draws", Verdict.INCONCLUSIVE, text, rows=rows)
    said = Text(
        f"按公布的种子重新抽取 {replayed} 场（共 {held} 场）",
        f"{replayed} of {held} draws were drawn again from their published seeds",
    )
    if not wrong:
        return Finding("draws", Verdict.PASS, Text(f"{said.zh}，逐位一致。", f"{said.en}; every one is as recorded, bit for bit."),
                       declared=str(replayed), observed=str(replayed))  # fmt: skip
    near = Text(f"；若{variant}，则全部一致。", f"; all would agree with {variant}.") if variant else Text("。", ".")
    return Finding(
        "draws",
        Verdict.FAIL,
        Text(
            f"{said.zh}，其中 {len(wrong)} 场与记录不符{near.zh}",
            f"{said.en}; {len(wrong)} differ from the record{near.en}",
        ),
        declared=str(replayed),
        observed=str(replayed - len(wrong)),
        rows=tuple(wrong),
    )


def _commitments(
    audit: Audit, scheme: Randomness, seeds: Sequence[Mapping[str, Any]], several: Sequence[str]
) -> Finding:
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
    if broken:
        rows = evidence(audit, _rows(broken))
        text = Text(
            f"{len(broken)} 个种子与事先的承诺不符。", f"{len(broken)} seeds are not those that were committed to."
        )
        return Finding(
            "commitments", Verdict.FAIL, text, declared=str(kept + len(broken)), observed=str(kept), rows=rows
        )
    bare = _lacking(audit, promised=True)
    if bare or several or not kept:
        rows = (*bare, *(evidence(audit, _rows(several)) if several else ()))
        draws = len({row["activity_id"] for row in rows})
        text = Text(
            f"{draws} 场已开奖，但导出中没有其种子或承诺，或有几个不同的种子；其余 {kept} 个种子与承诺一致。",
            f"{draws} draws were held of which the export lacks the seed or its commitment, or holds several seeds; "
            f"{kept} seeds are those that were committed to.",
        )
        return Finding("commitments", Verdict.INCONCLUSIVE, text, declared=str(kept), observed=str(kept), rows=rows)
    text = Text(f"{kept} 个种子与承诺一致。", f"{kept} seeds are those that were committed to.")
    return Finding("commitments", Verdict.PASS, text, declared=str(kept), observed=str(kept))


def _times(audit: Audit, scheme: Randomness) -> Iterator[Finding]:
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
            f"In {len(rows)} draws the commitment came too late, or the seed was shown before all had entered, with this draw "
            "or with another that has the same seed.",
        )
        yield Finding("order in time", Verdict.FAIL, text, rows=rows, sql=late)
        return
    tests = ["r.is_untold", "r.first_shown_at < max(o.entered_at)"]
    tests += ["r.committed_at IS NULL"] if promised and scheme.commitment is not None else []
    tests += ["r.seed IS NOT NULL AND r.revealed_at IS NULL"] if revealed else []
    open_ = sql.replace("{test}", " OR ".join(tests))
    rows = (*(_lacking(audit) if promised or revealed else ()), *evidence(audit, open_))
    if rows:
        draws = len({row["activity_id"] for row in rows})
        text = Text(
            f"{draws} 场的承诺或种子何时公布无从得知，或与另一场用同一种子而可能已经公开；其余各场先后无误。",
            f"Of {draws} draws it is not known when the commitment or the seed was published, or they share a seed with another draw, "
            "with which it may have been out already; the others are in order.",
        )
        yield Finding("order in time", Verdict.INCONCLUSIVE, text, rows=rows, sql=open_)
    elif promised or revealed:
        said = [Text("承诺先于开奖", "every commitment came before the decision")] * promised
        said += [Text("种子后于参与", "every seed was shown after people had entered")] * revealed
        zh, en = "，".join(one.zh for one in said), ", and ".join(one.en for one in said)
        yield Finding("order in time", Verdict.PASS, Text(f"{zh}。", f"{en[0].upper()}{en[1:]}."), sql=late)


def _lacking(audit: Audit, *, promised: bool = False) -> tuple[Row, ...]:
    """The winning entries of draws of which no seed is in the export; promised: no seed with its commitment."""
    return evidence(
        audit, LACKING.format(where=_full(audit), promised=" AND r.commitment IS NOT NULL" if promised else "")
    )


def _full(audit: Audit) -> str:
    return {Group: FULL, Raffle: WHOLE}.get(type(audit.rules.draw), "")


def _held(audit: Audit) -> tuple[dict[str, Held], set[str]]:
    """Activities that are decided, or have a seed (boxes: begun); and those of which a weight that counts is not known."""
    draws = [one for _, one in draws_of(audit.rules) if isinstance(one, Seeded)]
    found, unknown = dict[str, Held](), set[str]()
    for name, position, weight, outcome, version, _ in audit.engine.rows(HELD.format(where=_full(audit))):
        one = found.setdefault(name, Held(draws[version], [], [], 0))
        weighed = isinstance(one.draw, Raffle) and one.draw.tickets == "weight"
        if weighed and weight is None:
            unknown.add(name)
        one.tickets.append(int(weight or 0) if weighed else 1)
        place = int(position) if isinstance(one.draw, Boxes) else len(one.tickets)
        if outcome == "win":
            one.won.append(place)
        found[name] = replace(one, reached=max(one.reached, place))
    return {name: one for name, one in found.items() if name not in unknown}, unknown


def _fits(scheme: Randomness, seed: str, name: str, held: Held) -> bool:
    drawn = _drawn(scheme, seed, name, held)
    if isinstance(held.draw, Boxes):
        return drawn == held.won if held.won else bool(drawn) and held.reached < drawn[0]
    return sorted(drawn) == sorted(held.won)


def _drawn(scheme: Randomness, seed: str, name: str, held: Held) -> list[int]:
    """The places (from 1) that the seed gives; none where it cannot be read as declared."""
    draw = held.draw
    tickets, wanted = ([1] * draw.boxes, 1) if isinstance(draw, Boxes) else (held.tickets, draw.winners)
    try:
        return [place + 1 for place in select(stream(scheme, seed, name), tickets, wanted, scheme.onto, scheme.again)]
    except ValueError:
        return []


def stream(scheme: Randomness, seed: str, activity: str) -> Iterator[Number]:
    """The numbers of a declared scheme. Raises ValueError where a seed is not what the scheme says."""
    message = scheme.message.replace("{activity}", activity).replace("{seed}", seed)
    if scheme.source == "hmac":
        return keyed(bytes_of(seed, scheme.seed), message, scheme.digest, scheme.digits, scheme.first)
    if scheme.source == "digest":
        return hashed(message, scheme.digest, scheme.digits, scheme.first)
    return rfc3797(seed) if scheme.source == "rfc3797" else seedrandom(seed)


def _shown(scheme: Randomness, seed: str, held: Held, name: str) -> str:
    return ", ".join(str(place) for place in _drawn(scheme, seed, name, held))


def _variant(scheme: Randomness, seeds: Mapping[str, Sequence[str]], held: Mapping[str, Held]) -> str | None:
    """A close variant of the scheme under which every draw is as recorded, in the words of rules.yaml."""
    options: Mapping[str, Sequence[Any]] = {"seed": ("text", "hex"), "first": (0, 1), "onto": ("modulo", "floor"),
                                            "again": ("redraw", "close-the-gap")}  # fmt: skip
    for values in product(*options.values()):
        changed = {name: value for name, value in zip(options, values, strict=True) if value != getattr(scheme, name)}
        other = replace(scheme, **changed)
        if changed and all(any(_fits(other, seed, name, held[name]) for seed in some) for name, some in seeds.items()):
            return ", ".join(f"{name}: {value}" for name, value in changed.items())
    return None


def _rows(names: Sequence[str]) -> str:
    return f"SELECT * FROM randomness WHERE activity_id IN ({', '.join(map(literal, names))}) ORDER BY activity_id"

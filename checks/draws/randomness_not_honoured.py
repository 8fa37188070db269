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

from audit.beacons import Number, hashed, keyed, rfc3797, seedrandom, select
from audit.beacons.commitments import bytes_of
from audit.case import Audit, evidence
from audit.finding import Finding, Row, Text, Verdict, check, several
from audit.replay.draws import draws_of
from audit.rules import Boxes, Group, Raffle, Randomness
from checks import seeds
from checks.draws import PROVISIONS, no_chances

SEEDS = "SELECT activity_id, seed, commitment, source_file, record FROM randomness ORDER BY activity_id, record"
HELD = """
SELECT o.activity_id, o.position, o.weight, o.outcome, o.version, o.entry_id FROM entry_played AS o
WHERE (o.activity_id IN (SELECT activity_id FROM randomness WHERE seed IS NOT NULL)
    OR o.activity_id IN (SELECT activity_id FROM entry_played WHERE outcome = 'win')){where}
ORDER BY o.activity_id, o.position, o.entry_id"""


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
    told = audit.engine.records(SEEDS)
    held, unknown = _held(audit)
    given = dict[str, list[str]]()
    for one in told:
        if one["seed"] and one["activity_id"] in held and one["seed"] not in given.get(one["activity_id"], ()):
            given.setdefault(str(one["activity_id"]), []).append(str(one["seed"]))
    wrong = [name for name, some in given.items() if not any(_fits(scheme, seed, name, held[name]) for seed in some)]
    doubled = [name for name, some in given.items() if len(some) > 1 and name not in wrong]
    variant = _variant(scheme, given, held) if wrong else None
    rows = evidence(audit, seeds.rows_of(wrong)) if wrong else ()
    differ = [{**row, "drawn": _shown(scheme, str(row["seed"] or ""), held[str(row["activity_id"])], str(row["activity_id"])),
             "recorded": ", ".join(str(place) for place in held[str(row["activity_id"])].won)} for row in rows]  # fmt: skip
    yield _draws(audit, len(given) - len(doubled), len(held), differ, variant, len(unknown), doubled)
    if scheme.commitment is not None:
        yield seeds.commitments(audit, scheme, told, doubled)
    yield from seeds.times(audit, scheme)


def _draws(
    audit: Audit,
    replayed: int,
    held: int,
    wrong: Sequence[Row],
    variant: str | None,
    unknown: int,
    doubled: Sequence[str],
) -> Finding:
    bare = seeds.lacking(audit)
    if not (replayed or doubled or unknown):
        text = Text("没有已公布种子的抽取。", "No draw has a published seed.")
        return Finding("draws", Verdict.INCONCLUSIVE, text, rows=bare)
    if not wrong and (bare or unknown or doubled):
        bare_draws = len({row["activity_id"] for row in bare})
        why = [
            (bare_draws, "场没有种子", several(bare_draws, "draw has no seed", "draws have no seed")),
            (unknown, "场有参与的权重或盒号缺失或无法读取",
             several(unknown, "draw holds", "draws hold") + " an entry whose weight or box is missing or cannot be read"),
            (len(doubled), "场有几个不同的种子，以哪一个为准无从得知",
             several(len(doubled), "draw has", "draws have") + " several seeds, of which any may count"),
        ]  # fmt: skip
        zh, en = "；".join(f"{n} {one}" for n, one, _ in why if n), "; ".join(one for n, _, one in why if n)
        text = Text(
            f"{zh}，不能重新抽取；其余 {replayed} 场按种子重新抽取，逐位一致。",
            f"{en}: these cannot be drawn again; the other {replayed} are as their seeds give, bit for bit.",
        )
        rows = (*bare, *(evidence(audit, seeds.rows_of(doubled)) if doubled else ()))
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
            f"{said.en}; {several(len(wrong), 'differs', 'differ')} from the record{near.en}",
        ),
        declared=str(replayed),
        observed=str(replayed - len(wrong)),
        rows=tuple(wrong),
    )


def _held(audit: Audit) -> tuple[dict[str, Held], set[str]]:
    """Activities that are decided, or have a seed (boxes: begun); and those of which a weight or box that counts is not known."""
    draws = [one for _, one in draws_of(audit.rules) if isinstance(one, Seeded)]
    found, unknown = dict[str, Held](), set[str]()
    for name, position, weight, outcome, version, _ in audit.engine.rows(HELD.format(where=seeds.decided(audit))):
        one = found.setdefault(name, Held(draws[version], [], [], 0))
        weighed = isinstance(one.draw, Raffle) and one.draw.tickets == "weight"
        if (weighed and weight is None) or (isinstance(one.draw, Boxes) and position is None):
            unknown.add(name)
            continue
        one.tickets.append(int(weight) if weighed else 1)
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


def _variant(scheme: Randomness, given: Mapping[str, Sequence[str]], held: Mapping[str, Held]) -> str | None:
    """A close variant of the scheme under which every draw is as recorded, in the words of rules.yaml."""
    options: Mapping[str, Sequence[Any]] = {"seed": ("text", "hex"), "first": (0, 1), "onto": ("modulo", "floor"),
                                            "again": ("redraw", "close-the-gap")}  # fmt: skip
    for values in product(*options.values()):
        changed = {name: value for name, value in zip(options, values, strict=True) if value != getattr(scheme, name)}
        other = replace(scheme, **changed)
        if changed and all(any(_fits(other, seed, name, held[name]) for seed in some) for name, some in given.items()):
            return ", ".join(f"{name}: {value}" for name, value in changed.items())
    return None

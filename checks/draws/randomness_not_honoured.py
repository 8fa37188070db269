"""A draw is not what its published seed gives.

Does: draws every activity again from its seed, bit for bit, and checks the seed against the commitment and the clock.
Matters: where randomness was published nothing is left to chance: one difference is proof, and needs no statistics.
How: the scheme and its parameters are declared under `randomness`; the seeds and commitments are in the table of that
    name. Where draws differ, close variants (text or bytes, counter from 0 or 1, modulo or floor) are tried and named.
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
WHERE o.activity_id IN (SELECT activity_id FROM randomness){where} ORDER BY o.activity_id, o.position, o.entry_id"""
LATE = """
SELECT r.activity_id, r.committed_at, r.revealed_at, max(o.decided_at) AS decided_at, r.source_file, r.record
FROM randomness AS r JOIN entry_played AS o ON o.activity_id = r.activity_id AND o.outcome IS NOT NULL
GROUP BY ALL HAVING {test} ORDER BY r.activity_id"""


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
    replayed = {
        str(one["activity_id"]): str(one["seed"]) for one in seeds if one["seed"] and one["activity_id"] in held
    }
    wrong = [name for name, seed in replayed.items() if not _fits(scheme, seed, name, held[name])]
    variant = _variant(scheme, replayed, held) if wrong else None
    rows = evidence(audit, _rows(wrong)) if wrong else ()
    told = [{**row, "drawn": _shown(scheme, replayed[str(row["activity_id"])], held[str(row["activity_id"])], str(row["activity_id"])),
             "recorded": ", ".join(str(place) for place in held[str(row["activity_id"])].won)} for row in rows]  # fmt: skip
    yield _draws(len(replayed), len(held), told, variant, len(unknown))
    if scheme.commitment is not None:
        yield _commitments(audit, scheme, seeds)
    if audit.case.scope.has("randomness", "committed_at"):
        yield _times(audit)


def _draws(replayed: int, held: int, wrong: Sequence[Row], variant: str | None, unknown: int) -> Finding:
    if unknown and not wrong:
        return Finding("draws", Verdict.INCONCLUSIVE, Text(
            f"{unknown} 场有参与的权重缺失或无法读取，不能重新抽取；其余 {replayed} 场按种子重新抽取，逐位一致。",
            f"{unknown} draws hold an entry whose weight is missing or cannot be read, and cannot be drawn again; the other "
            f"{replayed} are as their seeds give, bit for bit."))  # fmt: skip
    if not replayed:
        return Finding("draws", Verdict.INCONCLUSIVE, Text("没有已公布种子的抽取。", "No draw has a published seed."))
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


def _commitments(audit: Audit, scheme: Randomness, seeds: Sequence[Mapping[str, Any]]) -> Finding:
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
    verdict = Verdict.PASS if kept else Verdict.INCONCLUSIVE
    text = Text(f"{kept} 个种子与承诺一致。", f"{kept} seeds are those that were committed to.")
    return Finding("commitments", verdict, text, declared=str(kept), observed=str(kept))


def _times(audit: Audit) -> Finding:
    """Boxes must be laid before the first is opened, a group or raffle committed to before it is decided."""
    began = "min(o.entered_at)" if isinstance(audit.rules.draw, Boxes) else "max(o.decided_at)"
    sql = LATE.format(test=f"r.committed_at >= {began} OR r.revealed_at < max(o.entered_at)")
    rows = evidence(audit, sql)
    if rows:
        text = Text(
            f"{len(rows)} 场的承诺晚于开奖，或种子先于参与公开。",
            f"In {len(rows)} draws the commitment came too late, or the seed was shown before all had entered.",
        )
        return Finding("order in time", Verdict.FAIL, text, rows=rows, sql=sql)
    text = Text(
        "承诺先于开奖，种子后于参与。",
        "Every commitment came before the decision, and every seed after people had entered.",
    )
    return Finding("order in time", Verdict.PASS, text, sql=sql)


def _held(audit: Audit) -> tuple[dict[str, Held], set[str]]:
    """Activities that have a seed and are decided (boxes: begun); and those of which a weight that counts is not known."""
    full = " AND EXISTS (SELECT 1 FROM group_state AS g WHERE g.activity_id = o.activity_id AND g.is_full AND g.undecided = 0)"
    draws = [one for _, one in draws_of(audit.rules) if isinstance(one, Seeded)]
    found, unknown = dict[str, Held](), set[str]()
    for name, position, weight, outcome, version, _ in audit.engine.rows(
        HELD.format(where=full if isinstance(draws[0], Group) else "")
    ):
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


def _variant(scheme: Randomness, seeds: Mapping[str, str], held: Mapping[str, Held]) -> str | None:
    """A close variant of the scheme under which every draw is as recorded, in the words of rules.yaml."""
    options: Mapping[str, Sequence[Any]] = {"seed": ("text", "hex"), "first": (0, 1), "onto": ("modulo", "floor"),
                                            "again": ("redraw", "close-the-gap")}  # fmt: skip
    for values in product(*options.values()):
        changed = {name: value for name, value in zip(options, values, strict=True) if value != getattr(scheme, name)}
        other = replace(scheme, **changed)
        if changed and all(_fits(other, seed, name, held[name]) for name, seed in seeds.items()):
            return ", ".join(f"{name}: {value}" for name, value in changed.items())
    return None


def _rows(names: Sequence[str]) -> str:
    return f"SELECT * FROM randomness WHERE activity_id IN ({', '.join(map(literal, names))}) ORDER BY activity_id"

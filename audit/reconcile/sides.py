"""Which events differ between what is owed and what was paid: by sums of hashes, or row by row with no hash trusted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from audit.engine import Engine, Step, literal

RANGE = 1 << 21  # payments that are compared at one time, without hashes
SAMPLE = 1009  # one record in so many tells where ranges end
SAMPLED = 1 << 12  # references that tell whether ids count up
SLICES = 1 << 12  # of the payees of an event that pays many
AT_RANDOM, NEIGHBOURS = (14, 16), (6, 17)  # bits of buckets for each clause, at least and at most
APART = 1 << 30  # so many buckets that hardly any two times share one
ROW = "event, clause, payee, asset, amount"


@dataclass(frozen=True)
class Division:
    """How events are divided, so that only those that may differ are compared row by row.

    Of more payments there are more buckets, so that few honest ones are compared row by row. What is paired with each other has
    event and clause in common; payees of one event may lie in several buckets, each of which differs where its rows do.
    """

    event_bucket: str  # of `{}.event`, as SQL
    crowded: tuple[str, ...] = ()  # clauses by which one event may pay thousands: their payees are divided too
    timed: bool = False  # events of a bucket are neighbours in time
    cuts: Sequence[str] | None = None  # where no hash is trusted: the events at which ranges end that are compared whole

    def of_event(self, row: str) -> str:
        """The bucket of an event that pays few, as SQL; row: the alias of a relation."""
        return self.event_bucket.format(row)

    def of(self, row: str) -> str:
        """The bucket of an award or a payment, as SQL; row: the alias of a relation."""
        if not self.crowded:
            return self.of_event(row)
        clauses = ", ".join(map(literal, self.crowded))
        slice_ = f"CASE WHEN {row}.clause IN ({clauses}) THEN hash({row}.payee) % {SLICES} ELSE 0 END"
        return f"{self.of_event(row)} * {SLICES} + {slice_}"

    def is_suspect(self, row: str) -> str:
        """Whether anything of an event lies in `bucket_suspect`, as SQL."""
        event_bucket = f"bucket // {SLICES}" if self.crowded else "bucket"
        return f"{self.of_event(row)} IN (SELECT {event_bucket} FROM bucket_suspect)"


def division_of(engine: Engine, crowded: tuple[str, ...], *, exact: bool, stepped: bool) -> Division:
    """How the events of these payments are best divided; exact: no hash is trusted; stepped: a reference has several events."""
    payments = engine.value("SELECT count(*) FROM payment")
    alike = 0 if exact or stepped else alike_of(engine, payments)
    if alike:
        return Division(f"hash(substr({{0}}.event, 1, length({{0}}.event) - {alike})) % {APART}", crowded, timed=True)
    buckets = _buckets(payments >> 12, AT_RANDOM)
    return Division(f"hash({{}}.event) % {buckets}", crowded, cuts=cuts_of(engine) if exact else None)


def _buckets(wanted: int, bits: tuple[int, int]) -> int:
    return 1 << min(bits[1], max(bits[0], wanted.bit_length()))


def by_bucket(division: Division, awards: Sequence[str]) -> list[Step]:
    """Sums of hashes by bucket and clause, and the first and the last moment of either side.

    awards names the relations whose rows together are owed; each is summed by itself, as payments are.
    """
    code = f"CAST(hash({ROW}) >> 1 AS BIGINT)"
    bucket = division.of("r")
    parts = [_side(f"side_{name}", f"SELECT {bucket} AS bucket, clause, asset, amount, event_at AS moment,\n"
                   "        CASE WHEN unknown THEN 'unknown' WHEN payee IS NULL THEN 'unheld' ELSE 'owed' END AS standing,\n"
                   f"        CASE WHEN unknown OR payee IS NULL THEN 0 ELSE {code} END AS code\n"
                   f"    FROM {name} AS r WHERE unknown OR amount > 0") for name in awards]  # fmt: skip
    paid = f"SELECT {bucket} AS bucket, clause, asset, amount, paid_at AS moment, 'paid' AS standing, -{code} AS code\n    FROM ledger AS r"
    parts.append(_side("side_paid", paid))
    return [
        *parts,
        Step("side_total", "\nUNION ALL\n".join(f"SELECT * FROM {part.name}" for part in parts)),
        Step(
            "bucket_differing",
            "SELECT bucket, clause\nFROM side_total\nGROUP BY bucket, clause\n"
            "HAVING sum(code) <> 0 OR sum(CASE standing WHEN 'owed' THEN rows WHEN 'paid' THEN -rows ELSE 0 END) <> 0",
        ),
    ]


def _side(name: str, rows: str) -> Step:
    """The totals of each bucket by clause."""
    return Step(
        name,
        "SELECT bucket, clause, asset, standing, count(*) AS rows, sum(amount) AS amount, sum(code) AS code,\n"
        f"    min(moment) AS first_at, max(moment) AS last_at\nFROM (\n    {rows}\n) AS side\n"
        "GROUP BY bucket, clause, asset, standing",
        "table",
    )


def by_range(division: Division, cuts: Sequence[str]) -> list[Step]:
    """Every row of both sides beside its like, no hash trusted; a range of events at a time, so that memory stays bounded.

    The buckets of what differs are then compared as they would be without: the differences found are the same.
    """
    since = ["event IS NOT NULL", *(f"event >= {literal(cut)}" for cut in cuts)]
    until = [*(f" AND event < {literal(cut)}" for cut in cuts), ""]
    within = ["event IS NULL", *(one + other for one, other in zip(since, until, strict=True))]
    names = [f"side_range_{place}" for place in range(len(within))]
    parts = [_range(name, where) for name, where in zip(names, within, strict=True)]
    every = "\nUNION ALL\n".join(f"SELECT * FROM {name}" for name in names)
    return [
        *parts,
        Step("side_range", every),
        Step("side_total", "SELECT clause, asset, standing, rows, amount\nFROM side_range\nWHERE standing IS NOT NULL"),
        Step(
            "bucket_differing",
            f"SELECT DISTINCT {division.of('r')} AS bucket, clause\nFROM side_range AS r\nWHERE standing IS NULL",
            "table",
        ),
    ]


def _range(name: str, where: str) -> Step:
    """Rows of a range that one side has more often than the other, and the range's totals by clause."""
    return Step(
        name,
        "SELECT event, clause, payee, asset, standing, count(*) AS rows, sum(steps) AS amount\n"
        "FROM (\n"
        "    SELECT event, clause, payee, asset, amount, amount AS steps,\n"
        "        CASE WHEN unknown THEN 'unknown' WHEN payee IS NULL THEN 'unheld' ELSE 'owed' END AS standing,\n"
        "        CASE WHEN unknown OR payee IS NULL THEN 0 ELSE 1 END AS one\n"
        f"    FROM award_due WHERE (unknown OR amount > 0) AND {where}\n"
        "    UNION ALL\n"
        "    SELECT event, clause, payee, asset, amount, amount AS steps, 'paid' AS standing, -1 AS one\n"
        f"    FROM ledger WHERE {where}\n"
        ") AS sides\n"
        f"GROUP BY GROUPING SETS (({ROW}), (clause, asset, standing))\n"
        "HAVING standing IS NOT NULL OR sum(one) <> 0",
        "table",
    )


def cuts_of(engine: Engine) -> list[str]:
    """The events at which ranges of some RANGE payments end, in order: so many fit into memory."""
    count = engine.value("SELECT count(*) FROM payment")
    sample = f"SELECT ref FROM payment WHERE ref IS NOT NULL AND record % {SAMPLE} = 0 ORDER BY ref"
    found = [ref for (ref,) in engine.rows(sample)] if count > RANGE else []
    parts = -(-count // RANGE)
    return sorted({found[len(found) * part // parts] for part in range(1, parts)}) if found else []


def alike_of(engine: Engine, payments: int) -> int:
    """How many last characters of a reference its neighbours in time differ in; 0 where references do not count up.

    Where `E000001` is followed by `E000002`, events of one time make up a bucket, and its first and last moments tell
    that nothing in it was late.
    """
    every = max(1, payments // SAMPLED)
    spans: dict[tuple[str, int], tuple[int, int]] = {}
    sample = engine.rows(f"SELECT ref FROM payment WHERE ref IS NOT NULL AND record % {every} = 0 ORDER BY ref")
    for (ref,) in sample:
        stem = re.sub(r"[0-9]{1,18}$", "", ref)
        number = int(ref[len(stem) :] or 0)
        low, high = spans.get((stem, len(ref)), (number, number))
        spans[stem, len(ref)] = (min(low, number), max(high, number))
    events = sum(high - low + 1 for low, high in spans.values())
    if len(spans) > len(sample) // 8:
        return 0
    return len(str(3 * events // _buckets(payments >> 8, NEIGHBOURS))) - 1

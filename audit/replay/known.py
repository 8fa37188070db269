"""Every chance that was taken, with what was known before it, and the boosts that bear on what was known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from audit.engine import Step, by_id, literal
from audit.rules import Band, Boost, Boxes, Chances, Group, Rules, Where
from audit.rules.scalars import span_of

KNOWN = {  # what is known of a chance before it is decided, each a whole number
    "hour": "CAST(extract(hour FROM {local}) AS BIGINT)",
    "day": "datediff('day', DATE '1970-01-01', CAST({local} AS DATE))",
    "nth": f"dense_rank() OVER (PARTITION BY participant_id ORDER BY taken_at, {by_id('entry_id')})",
    "spent": "coalesce(sum(CASE WHEN part = 1 THEN paid END) OVER (PARTITION BY participant_id "
    f"ORDER BY taken_at, {by_id('entry_id')}) - coalesce(paid, 0), 0)",
    "collected": "coalesce(sum(CASE WHEN part = 1 THEN paid END) OVER (PARTITION BY activity_id "
    f"ORDER BY position, taken_at, {by_id('entry_id')}) - coalesce(paid, 0), 0)",
    "won_that_day": "sum(coalesce(hit, 0)) OVER (PARTITION BY CAST({local} AS DATE) ORDER BY taken_at) "
    "- sum(coalesce(hit, 0)) OVER (PARTITION BY CAST({local} AS DATE) ORDER BY taken_at RANGE BETWEEN CURRENT ROW AND CURRENT ROW)",
    # rules that nobody declared are sought in one half of the activities and judged in the other
    "half": "CASE WHEN substr(sha256(coalesce(activity_id, entry_id)), 1, 1) < '8' THEN 1 ELSE 2 END",
}
EPOCH = date(1970, 1, 1)
TAKEN = ("entry_id", "part", "activity_id", "participant_id", "initiator_id", "position", "misses", "taken_at", "paid",
         "hit")  # fmt: skip
HIT = "CASE outcome WHEN 'win' THEN 1 WHEN 'loss' THEN 0 END AS hit"
BOXES = f"""
    SELECT entry_id, 1 AS part, activity_id, participant_id, initiator_id, position,
        CAST(NULL AS BIGINT) AS misses, entered_at AS taken_at, paid, {HIT}, chance_num, chance_den
    FROM {{source}}"""
GROUPS = f"""
    SELECT o.entry_id, 1 AS part, o.activity_id, o.participant_id, o.initiator_id,
        o.position, CAST(NULL AS BIGINT) AS misses, o.entered_at AS taken_at, o.paid, {HIT.replace("outcome", "o.outcome")},
        g.winners_due AS chance_num, g.size AS chance_den
    FROM entry_played AS o JOIN group_state AS g ON g.activity_id = o.activity_id
    WHERE g.places = g.size AND g.undecided = 0 AND g.winners = g.winners_due"""
PRIZES = f"""
    -- a prize is drawn where no better one was: its chance is of what the better ones leave
    SELECT d.entry_id, d.part, d.activity_id, d.participant_id, e.initiator_id, d.position, d.misses,
        d.entered_at AS taken_at, e.paid, {HIT.replace("outcome", "d.outcome")}, d.chance_num, d.chance_den - d.better AS chance_den
    FROM (
        SELECT r.*, k.rank AS part, coalesce(sum(r.chance_num) OVER before, 0) AS better,
            coalesce(max(CAST(r.outcome = 'win' AS INTEGER)) OVER before, 0) AS won
        FROM {{source}} AS r JOIN prize_rank AS k ON k.prize = r.prize
        WINDOW before AS (PARTITION BY r.entry_id ORDER BY k.rank ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ) AS d JOIN entry_played AS e ON e.entry_id = d.entry_id
    WHERE d.won = 0 AND d.chance_den > d.better"""


def known_steps(rules: Rules, zone: str, source: str = "draw_replayed") -> list[Step]:
    """`chance`: one row for each chance taken, as declared. `chance_known`: the same before the boosts.

    source gives entries with the chance that the odds alone declare; places of a group are drawn together, all else by
    itself. Only what was recorded before a chance counts as known; what lies in the same moment does not.
    """
    shapes = {Boxes: BOXES, Group: GROUPS, Chances: PRIZES}
    taken = shapes.get(type(rules.draw))
    if taken is None:
        return []
    local = f"timezone({literal(zone)}, taken_at)"
    known = ",\n    ".join(f"{sql.format(local=local)} AS {name}" for name, sql in KNOWN.items())
    names = ", ".join(TAKEN)
    chance = "CAST(chance_num AS HUGEINT) AS chance_num, CAST(chance_den AS HUGEINT) AS chance_den"
    return [
        Step(
            "chance_known",
            f"SELECT {names}, {chance},\n    {known}\nFROM ({taken.format(source=source)}\n) AS taken",
        ),
        Step("chance", boosted("chance_known", rules.boosts, step_of(rules)), "table"),
    ]


def boosted(source: str, boosts: Sequence[Boost], step: Fraction) -> str:
    """A SELECT of a relation like chance_known, with the chances that these boosts give; step: units of one step paid.

    A certain chance stays certain, and one of nothing nothing.
    """
    for boost in boosts:
        a, b = boost.times.numerator, boost.times.denominator
        test = " AND ".join(conditions(boost.where, step))
        on = f"{test} AND chance_num BETWEEN 1 AND chance_den - 1"
        num = f"CASE WHEN {on} THEN chance_num * {a} ELSE chance_num END"
        den = f"CASE WHEN {on} THEN (chance_den - chance_num) * {b} + chance_num * {a} ELSE chance_den END"
        names = ", ".join((*TAKEN, *KNOWN))
        source = f"(\n    SELECT {names},\n        {num} AS chance_num,\n        {den} AS chance_den\n    FROM {source}\n) AS boosted"
    return f"SELECT *\nFROM {source}"


def conditions(where: Where, step: Fraction) -> Iterator[str]:
    """What a `where` says, as SQL on chance_known."""
    for name in ("position", "nth", "misses"):
        if (text := getattr(where, name)) is not None:
            span = span_of(text)
            yield (
                f"{name} BETWEEN {span[0]} AND {span[-1]}"
                if name != "misses"
                else f"misses + 1 BETWEEN {span[0]} AND {span[-1]}"
            )
    if where.hour is not None:
        first, _, last = where.hour.partition("-")
        a, b = int(first), int(last or first)
        yield f"hour BETWEEN {a} AND {b}" if a <= b else f"(hour >= {a} OR hour <= {b})"
    for day, sign in ((where.since, ">="), (where.until, "<")):
        if day is not None:
            yield f"day {sign} {(day - EPOCH).days}"
    for name in ("spent", "collected", "won_that_day"):
        band: Band | None = getattr(where, name)
        if band is not None:
            size = Fraction(1) if name == "won_that_day" else step
            ends = ((band.from_, ">="), (band.below, "<"))
            yield from (f"{name} {sign} {_whole(edge, size)}" for edge, sign in ends if edge is not None)


def _whole(edge: Decimal, step: Fraction) -> int:
    """An edge in whole steps, rounded up: amounts are whole, so nothing lies between."""
    return -int(-Fraction(edge) // step)


def step_of(rules: Rules) -> Fraction:
    """The units of one step of what an entry is paid with."""
    stake = next(iter(rules.entry.stake), None) if rules.entry else None
    return Fraction(rules.assets[stake].step) if stake else Fraction(1)

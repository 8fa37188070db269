"""What happens: people join, start activities, enter them, order; and the draws decide as declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from audit.forecast.courses import boosts_left_out, courses
from audit.forecast.rounds import play
from audit.problem import Problem
from audit.rules import Boxes, Chances, Group, Numbers, Raffle, Rules, Split
from audit.rules.units import Units
from audit.simulate.tickets import pulls, raffle
from audit.simulate.world import DAY, Scenario, leaders, referrers

if TYPE_CHECKING:
    import numpy as np

    from audit.simulate.world import Ints

Columns = dict[str, Any]  # name → array of integers; ids are numbers, moments seconds since 1970
CUT_OFF = 0.02  # of activities, the export ends before they do


@dataclass(frozen=True)
class World:
    """All that happened, as columns of integers by canonical table; amounts in steps, 0 where a number names nobody."""

    rules: Rules
    scenario: Scenario
    begin: int
    tables: Mapping[str, Columns]
    notes: Mapping[str, Any] = field(default_factory=dict)


def play_out(rules: Rules, scenario: Scenario, *, barred: int = 0, tilt: float = 1.0) -> World:
    """An honest world, but for barred (boxes 1 to so many never win; of chances: no guarantee is kept) and tilt.

    tilt: a draw's hazards, its first place's or ticket's weight, or its best prize's chance, so many times the declared.
    Raises Problem.
    """
    import numpy as np

    if boosts_left_out(rules):
        raise Problem("boosts that hang on the hour or the player are not played", value="boosts",
                      mend="simulate the rules without them, or with boosts by position alone")  # fmt: skip
    rng = np.random.default_rng(scenario.seed)
    day = rules.effective.from_
    begin = int(datetime(day.year, day.month, day.day, 1, tzinfo=UTC).timestamp()) + DAY
    above = referrers(scenario, rng)
    joined = begin + np.cumsum(rng.integers(1, 120, scenario.count))
    tables: dict[str, Columns] = {
        "participant": {
            "id": np.arange(1, scenario.count + 1),
            "above": above,
            "leader": leaders(above),
            "moment": joined,
        }
    }
    start = int(joined[-1]) + 3600
    draw = rules.draw
    if isinstance(draw, Boxes):
        _boxes(rules, draw, scenario, rng, start, tables, barred, tilt)
    elif isinstance(draw, Group):
        _groups(rules, draw, scenario, rng, start, tables, tilt)
    elif isinstance(draw, Numbers):
        _numbers(draw, scenario, rng, start, tables, tilt)
    elif isinstance(draw, Raffle):
        raffle(rules, draw, scenario, rng, start, tables, tilt)
    elif isinstance(draw, Chances):
        pulls(rules, draw, scenario, rng, start, tables, tilt, guaranteed=not barred)
    if any(award.on == "order" for award in rules.awards.values()):
        _orders(rules, scenario, rng, joined, tables)
    return World(rules, scenario, begin, tables)


def _spread(rng: np.random.Generator, start: int, count: int) -> Ints:
    """Moments one after another; a few rounds are spread over weeks too, so that deadlines pass within the export."""
    import numpy as np

    gap = max(120, 20 * DAY // max(1, count))
    return start + np.cumsum(rng.integers(1, 2 * gap, count))


def _rows(rng: np.random.Generator, started: Ints, counts: Ints, people: int) -> Columns:
    """One row an entry: its activity, position from 1, who entered, and when."""
    import numpy as np

    activity = np.repeat(np.arange(1, len(counts) + 1), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    position = np.arange(len(activity)) - first + 1
    waited = np.cumsum(rng.integers(1, 300, len(activity)))
    waited -= np.repeat(np.concatenate([[0], waited])[np.cumsum(counts) - counts], counts)
    return {
        "id": np.arange(1, len(activity) + 1),
        "activity": activity,
        "position": position,
        "who": rng.integers(1, people + 1, len(activity)),
        "moment": np.repeat(started, counts) + waited,
    }


def _boxes(rules: Rules, draw: Boxes, scenario: Scenario, rng: np.random.Generator, start: int,
           tables: dict[str, Columns], barred: int, tilt: float) -> None:  # fmt: skip
    import numpy as np

    ways = courses(rules)
    box_of = np.array([int(way.name) for way in ways])
    drawn = box_of[play(ways, (1, scenario.size), scenario.seed)[0]]
    if barred or tilt != 1.0:
        chance = np.array([float(way.chance) * (0.0 if int(way.name) <= barred else 1.0) for way in ways])
        left = chance[::-1].cumsum()[::-1]
        hazard = np.divide(chance, left, out=np.zeros_like(chance), where=left > 0) * np.where(left == chance, 1, tilt)
        alive = np.concatenate([[1.0], np.cumprod(1 - hazard)[:-1]])
        share = alive * hazard
        drawn = rng.choice(box_of, scenario.size, p=share / share.sum())
    cut = rng.random(scenario.size) < CUT_OFF
    counts = np.where(cut, (rng.random(scenario.size) * drawn).astype(np.int64), drawn)
    started = _spread(rng, start, scenario.size)
    entries = _rows(rng, started, counts, scenario.count)
    entries["won"] = (entries["position"] == np.repeat(drawn, counts)).astype(np.int64)
    entries["decided"] = entries["moment"]
    ends = np.maximum.accumulate(np.cumsum(counts)) - 1
    ended = np.where(~cut, entries["moment"][np.maximum(ends, 0)], 0)
    tables["activity"] = _activity(rng, scenario, started, ended)
    tables["entry"] = entries


def _activity(rng: np.random.Generator, scenario: Scenario, started: Ints, ended: Ints) -> Columns:
    import numpy as np

    who = rng.integers(1, scenario.count + 1, len(started))
    return {"id": np.arange(1, len(started) + 1), "who": who, "moment": started, "ended": ended}


def _groups(rules: Rules, draw: Group, scenario: Scenario, rng: np.random.Generator, start: int,
            tables: dict[str, Columns], tilt: float) -> None:  # fmt: skip
    import numpy as np

    open_ones = rng.random(scenario.size) < CUT_OFF
    counts = np.where(open_ones, rng.integers(1, draw.size, scenario.size), draw.size)
    started = _spread(rng, start, scenario.size)
    entries = _rows(rng, started, counts, scenario.count)
    # Efraimidis and Spirakis 2006: the largest of u^(1/w) are a draw without replacement with weights w
    weight = np.where(np.arange(1, draw.size + 1) == 1, tilt, 1.0)
    keys = rng.random((scenario.size, draw.size)) ** (1 / weight)
    rank = (-keys).argsort(axis=1).argsort(axis=1)
    full = np.repeat(~open_ones, counts)
    lots = rank[entries["activity"] - 1, entries["position"] - 1] < draw.winners
    filled = entries["moment"][np.cumsum(counts) - 1]
    entries["won"] = np.where(full, lots.astype(np.int64), -1)  # -1: not decided
    entries["decided"] = np.repeat(filled, counts)
    tables["activity"] = _activity(rng, scenario, started, np.where(open_ones, 0, filled))
    pots = [pay for award in rules.awards.values() for pay in (award.pays or {}).items()]
    for asset, pay in pots:
        if isinstance(pay, Split) and pay.split == "random":
            entries["share"] = _shares(rng, rules, asset, pay, draw.size, ~open_ones)[
                entries["activity"] - 1, entries["position"] - 1
            ]
    first = entries["who"][np.cumsum(counts) - counts]
    tables["activity"]["who"] = first
    tables["entry"] = entries


def _shares(rng: np.random.Generator, rules: Rules, asset: str, pay: Split, size: int, full: Any) -> Ints:
    """Random parts of a pot, in steps: the gaps between distinct cuts, so that every way to share it is as likely."""
    import numpy as np

    units = Units.of(asset, rules.assets[asset].step)
    least = units.steps(pay.least) if pay.least is not None else 1
    spare = units.steps(pay.pot) - size * (least - 1)  # each part is least - 1 and a gap of at least one
    found = np.full((len(full), size), -1, dtype=np.int64)
    for place in np.flatnonzero(full):
        cuts = np.sort(rng.choice(spare - 1, size - 1, replace=False)) + 1
        found[place] = np.diff(np.concatenate([[0], cuts, [spare]])) + least - 1
    return found


def _numbers(draw: Numbers, scenario: Scenario, rng: np.random.Generator, start: int, tables: dict[str, Columns],
             tilt: float) -> None:  # fmt: skip
    """Draws with their numbers; bets and winners are left out: nothing declares how many people play."""
    import numpy as np

    held = start + np.arange(scenario.size) * DAY
    tables["draw"] = {"id": np.arange(1, scenario.size + 1), "moment": held}
    parts = []
    for place, pool in enumerate(draw.pools.values()):
        size = pool.to - pool.from_ + 1
        weight = np.where(np.arange(size) == size // 2, tilt, 1.0)
        order = (-(rng.random((scenario.size, size)) ** (1 / weight))).argsort(axis=1)[:, : pool.pick]
        drawn, ordinal = np.divmod(np.arange(order.size), pool.pick)
        parts.append(np.stack([drawn + 1, np.full(order.size, place), ordinal + 1, order.ravel() + pool.from_]))
    whole = np.concatenate(parts, axis=1)
    tables["drawn_number"] = dict(zip(("draw", "pool", "ordinal", "number"), whole, strict=True))


def _orders(
    rules: Rules, scenario: Scenario, rng: np.random.Generator, joined: Ints, tables: dict[str, Columns]
) -> None:
    """Everybody orders once on joining, as far as the size goes; what is left are later orders by anybody."""
    import numpy as np

    first = np.arange(1, min(scenario.size, scenario.count) + 1)
    rest = rng.integers(1, scenario.count + 1, scenario.size - len(first))
    at = np.concatenate([joined[first - 1] + 60, _spread(rng, int(joined[-1]) + 3600, len(rest))])
    tables["purchase"] = {
        "id": np.arange(1, scenario.size + 1),
        "who": np.concatenate([first, rest]),
        "moment": at,
        "kind": rng.integers(0, 1_000_000, scenario.size),  # which of the kinds and items that clauses name
        "cents": rng.integers(100, 50_000, scenario.size),
    }

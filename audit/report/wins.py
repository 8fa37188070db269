"""Wins beside the declared chances of the same entries, as the kind of draw has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from audit.engine import Engine
from audit.report.charts import Bar, declared_range
from audit.report.cover import has


@dataclass(frozen=True)
class Part:
    """So many draws of `winners` out of `size` places: `drawn` places of each are looked at, and in all so many wins came."""

    draws: int
    size: int
    winners: int
    drawn: int
    wins: int


def parts_by(engine: Engine, key: str, joins: str = "") -> Mapping[Any, list[Part]]:
    """The chances of entries by a key, SQL over `expected_draw AS x` and joins.

    The places of a full group are drawn together, and the prizes of one entry exclude each other. Of raffles only the winners are
    on record, whose chances say nothing of the others: there is nothing to show.
    """
    if not has(engine, "expected_draw") or has(engine, "raffle_due"):
        return {}
    told = "x.outcome IS NOT NULL AND x.chance_num IS NOT NULL"
    wins = "count(*) FILTER (x.outcome = 'win')"
    if has(engine, "group_state"):
        inner = (
            f"SELECT {key} AS key, g.activity_id, x.chance_num AS winners, greatest(x.chance_den, count(*)) AS size,\n"
            f"    count(*) AS drawn, {wins} AS wins\n"
            f"FROM expected_draw AS x\nJOIN entry_played AS g ON g.entry_id = x.event{joins}\nWHERE {told}\n"
            f"GROUP BY {key}, g.activity_id, x.chance_num, x.chance_den"
        )
    elif has(engine, "chance_taken"):
        inner = (
            f"SELECT {key} AS key, x.event, least(sum(x.chance_num), x.chance_den) AS winners, x.chance_den AS size, 1 AS drawn,\n"
            f"    {wins} AS wins\nFROM expected_draw AS x{joins}\nWHERE {told}\nGROUP BY {key}, x.event, x.chance_den"
        )
    else:
        inner = (
            f"SELECT {key} AS key, x.chance_num AS winners, x.chance_den AS size, 1 AS drawn, CAST(x.outcome = 'win' AS INTEGER) AS wins\n"
            f"FROM expected_draw AS x{joins}\nWHERE {told}"
        )
    sql = f"SELECT key, count(*), size, winners, drawn, sum(wins)\nFROM ({inner}) AS t\nWHERE key IS NOT NULL\nGROUP BY ALL ORDER BY ALL"
    found: dict[Any, list[Part]] = {}
    for place, *numbers in engine.rows(sql):
        found.setdefault(place, []).append(Part(*map(int, numbers)))
    return found


def bar_of(label: str, parts: list[Part]) -> Bar:
    """A bar: the wins of all these draws and their declared range; the same laws are put together."""
    alone: dict[Fraction, int] = {}
    together: dict[tuple[int, int, int], int] = {}
    for one in parts:
        if one.drawn == 1:
            chance = Fraction(one.winners, one.size)
            alone[chance] = alone.get(chance, 0) + one.draws
        else:
            law = (one.size, one.winners, one.drawn)
            together[law] = together.get(law, 0) + one.draws
    low, high = declared_range(
        [(tries, chance) for chance, tries in sorted(alone.items())],
        [(draws, *law) for law, draws in sorted(together.items())],
    )
    expected = sum((Fraction(one.draws * one.drawn * one.winners, one.size) for one in parts), Fraction(0))
    return Bar(label, sum(one.draws * one.drawn for one in parts), sum(one.wins for one in parts), expected, low, high)

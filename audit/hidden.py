"""Hidden rules: the smallest boosts, in the words of rules.yaml, that explain how chances differ from the declared ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pydantic import TypeAdapter

from audit.case import Audit
from audit.replay.known import boosted, step_of
from audit.rules import Boost, Boxes, Chances, eras
from audit.stats.bets import log_sum
from audit.stats.classes import COUNTS, Cell, ClassBet, cells_of, class_bets, equal_parts
from audit.stats.laws import best_constant

MOST = 3  # rules in one explanation
SAME = 1e-9  # bets that differ by less are bets on the same chances
EPOCH = date(1970, 1, 1)
FAMILIES: Mapping[str, Mapping[str, float]] = {
    "all": {"all": 1.0},
    "position": {"below": 0.25, "from": 0.25, "between": 0.2, "one": 0.2, "all": 0.1},
    "misses": {"late": 0.5, "from": 0.25, "below": 0.15, "between": 0.1},
    "hour": {"around the clock": 0.7, "one": 0.3},
    "day": {"from": 0.5, "below": 0.3, "between": 0.2},
    "nth": {"below": 0.5, "from": 0.5},
    "spent": {"below": 0.5, "from": 0.5},
    "collected": {"below": 0.5, "from": 0.4, "between": 0.1},
    "won_that_day": {"from": 0.6, "below": 0.3, "one": 0.1},
}
CHANCES = """
SELECT {value} AS value, chance_den, chance_num, 1 AS drawn, hit, count(*) AS chances
FROM {chance}
WHERE hit IS NOT NULL AND chance_num BETWEEN 1 AND chance_den - 1 AND {value} IS NOT NULL{where}
GROUP BY ALL ORDER BY ALL"""


@dataclass(frozen=True)
class Hidden:
    """A rule that was found: the odds of chances whose covariate lies in first..last are multiplied by ratio.

    gain is the log of what betting on its covariate won beyond a constant change of all odds, earlier rules granted.
    """

    covariate: str
    first: int
    last: int
    ratio: float
    gain: float


def cells_by(audit: Audit, value: str, rules: Sequence[Hidden] = (), where: str = "") -> tuple[list[Cell], str]:
    """The chances that could go either way by a whole number known before each, with the SQL that counts them."""
    value = "0" if value == "all" else value
    sql = CHANCES.format(value=value, chance=chances(audit, rules), where=f" AND {where}" if where else "")
    return cells_of(audit.engine.rows(sql)), sql


def chances(audit: Audit, rules: Sequence[Hidden] = ()) -> str:
    """What to read chances from, as SQL: as declared, or as these hidden rules would have them."""
    if not rules:
        return "chance"
    return f"({boosted('chance', [boost_of(audit, one) for one in rules], step_of(audit.rules))}) AS supposed"


def edges_of(audit: Audit, covariate: str) -> list[int]:
    """The lowest values of the bins of a covariate: from the rules and the calendar, never from what was drawn."""
    if covariate == "all":
        return [0]
    if covariate == "position":
        return equal_parts(1, audit.rules.draw.boxes) if isinstance(audit.rules.draw, Boxes) else [1]
    if covariate == "misses":
        return equal_parts(0, longest(audit) - 1, 120)
    if covariate == "hour":
        return list(range(24))
    if covariate == "day":
        low, high = audit.engine.rows("SELECT min(day), max(day) FROM chance")[0]
        return equal_parts(low, high) if low is not None else [0]
    if covariate in ("spent", "collected"):
        return [count * price(audit) for count in COUNTS]
    return list(COUNTS)


def longest(audit: Audit) -> int:
    """The most entries without a prize that a declared guarantee allows; 100 where none is declared."""
    draws = [era.draw for era in eras(audit.rules)]
    declared = [one.guarantee or 0 for draw in draws if isinstance(draw, Chances) for one in draw.prizes.values()]
    return max(declared, default=0) or 100


def price(audit: Audit) -> int:
    """The stake of one entry in steps; 1 where there is none."""
    stake = audit.rules.entry.stake if audit.rules.entry else {}
    return max(1, next((audit.units(asset).steps(amount) for asset, amount in stake.items()), 1))


def search(audit: Audit, log_need: float, where: str = "", known: Sequence[Hidden] = ()) -> list[Hidden]:
    """Rules added one by one to those known, each the one that gains most among those whose own gain reaches log_need."""
    found = list(known)
    scope = audit.case.scope
    able = [name for name in FAMILIES
            if (name != "position" or isinstance(audit.rules.draw, Boxes))
            and (name != "misses" or isinstance(audit.rules.draw, Chances))
            and (name in ("all", "position", "misses") or scope.has("entry", "entered_at"))
            and (name not in ("spent", "collected") or scope.has("entry", "paid"))
            and (name not in ("nth", "spent") or scope.has("entry", "participant_id"))]  # fmt: skip
    while len(found) < len(known) + (MOST if log_need > -math.inf else 1):
        options, weighed = list[tuple[float, Hidden]](), dict[str, list[ClassBet]]()
        for name in able:
            cells, _ = cells_by(audit, name, found, where)
            if cells:
                bets = weighed[name] = class_bets(cells, edges_of(audit, name), FAMILIES[name])
                if not bets:  # nothing in these words can differ
                    continue
                won = log_sum([one.score for one in bets])
                gain = won if name == "all" else won - best_constant(s for cell in cells for s in cell.strata)
                best = max(bets, key=lambda one: (one.score, -one.first, -one.last))
                options.append((won, Hidden(name, best.first, best.last, best.ratio, gain)))
        able_options = [option for option in options if option[1].gain >= log_need]
        if not able_options:
            break
        found.append(_plainest(max(able_options, key=lambda option: option[0])[1], weighed))
    return found


def _plainest(one: Hidden, weighed: Mapping[str, Sequence[ClassBet]]) -> Hidden:
    """The same rule in the words that come first in FAMILIES, where two kinds of words say the same."""
    mine = next(b for b in weighed[one.covariate] if (b.first, b.last, b.ratio) == (one.first, one.last, one.ratio))
    for name, bets in weighed.items():
        for b in bets:
            if b.ratio == one.ratio and abs(b.log_bet - mine.log_bet) < SAME:
                return Hidden(name, b.first, b.last, b.ratio, one.gain)
    return one


def explained(audit: Audit, log_need: float) -> list[Hidden]:
    """What `search` finds in the whole export; kept in the case file, so that every check reads the same."""
    if not audit.engine.holds("hidden_rule"):
        found = search(audit, log_need)
        with audit.engine.whole():
            audit.engine.rows(
                "CREATE TABLE hidden_rule (place BIGINT, covariate VARCHAR, first BIGINT, last BIGINT, ratio VARCHAR, gain DOUBLE)"
            )
            for place, one in enumerate(found, 1):
                cells = [place, one.covariate, one.first, one.last, repr(one.ratio), one.gain]
                audit.engine.rows("INSERT INTO hidden_rule VALUES (?, ?, ?, ?, ?, ?)", cells)
    rows = audit.engine.rows("SELECT covariate, first, last, ratio, gain FROM hidden_rule ORDER BY place")
    return [Hidden(name, first, last, float(ratio), gain) for name, first, last, ratio, gain in rows]


def boost_of(audit: Audit, one: Hidden) -> Boost:
    """A hidden rule as a record: its YAML, read as any rules file is."""
    return TypeAdapter(Boost).validate_python(as_yaml(audit, one))


def as_yaml(audit: Audit, one: Hidden) -> dict[str, Any]:
    """A hidden rule in the words of rules.yaml: one item of `boosts`, as plain data."""
    edges = edges_of(audit, one.covariate)
    low = None if one.first <= edges[0] else one.first
    high = None if one.last >= edges[-1] else one.last + 1
    span = f"{one.first}-{one.last}" if one.first != one.last else f"{one.first}"
    where: dict[str, Any]
    if one.covariate == "all":
        boxes = audit.rules.draw.boxes if isinstance(audit.rules.draw, Boxes) else 0
        where = {"position": f"1-{boxes}"} if boxes else {"nth": "1-999999"}
    elif one.covariate in ("position", "hour"):
        where = {one.covariate: span}
    elif one.covariate == "day":
        days = {"since": low, "until": high}
        where = {name: (EPOCH + timedelta(days=day)).isoformat() for name, day in days.items() if day is not None}
    elif one.covariate == "misses":
        where = {"misses": f"{one.first + 1}-{one.last + 1 if high else 999_999}"}
    elif one.covariate == "nth":
        where = {"nth": f"{max(1, one.first)}-{one.last if high else 999_999}"}
    else:
        size = step_of(audit.rules) if one.covariate != "won_that_day" else Fraction(1)
        ends = (("from", low), ("below", high))
        where = {one.covariate: {name: _decimal(edge * size) for name, edge in ends if edge is not None}}
    return {"where": where, "times": str(Fraction(str(one.ratio)))}


def _decimal(value: Fraction) -> str:
    return f"{Decimal(value.numerator) / Decimal(value.denominator):f}"


def log_gain(audit: Audit, rules: Sequence[Hidden], where: str) -> tuple[float, int, float, float, int]:
    """(log bet of the rules against the declaration, chances, wins due as declared, due under the rules, wins) where told."""
    own, other = "d", ""
    if rules:
        own, supposed = "r", chances(audit, rules).replace("AS supposed", "AS r")
        other = f" JOIN {supposed} ON r.entry_id = d.entry_id AND r.part = d.part"
    sql = f"""
        SELECT d.chance_num, d.chance_den, {own}.chance_num, {own}.chance_den, d.hit, count(*)
        FROM chance AS d{other}
        WHERE d.hit IS NOT NULL AND d.chance_num BETWEEN 1 AND d.chance_den - 1 AND {where}
        GROUP BY ALL"""
    total, taken, due, ruled, wins = 0.0, 0, 0.0, 0.0, 0
    for num, den, to_num, to_den, hit, count in audit.engine.rows(sql):
        p, q = num / den, to_num / to_den
        chance = q / p if hit else (1 - q) / (1 - p)
        total += count * math.log(chance) if chance > 0 else -math.inf
        taken, due, ruled, wins = taken + count, due + count * p, ruled + count * q, wins + count * hit
    return total, taken, due, ruled, wins


def readings(audit: Audit, one: Hidden) -> list[Hidden]:
    """Every rule of another kind that the export cannot tell from this one: it bears on the same chances alike."""
    cells, _ = cells_by(audit, one.covariate)
    bets = class_bets(cells, edges_of(audit, one.covariate), FAMILIES[one.covariate], [one.ratio])
    mine = next(b for b in bets if (b.first, b.last) == (one.first, one.last))
    found = [one]
    for name in FAMILIES if one.covariate != "all" else ():
        if name in (one.covariate, "all"):
            continue
        others, _ = cells_by(audit, name)
        same = [
            Hidden(name, b.first, b.last, b.ratio, one.gain)
            for b in class_bets(others, edges_of(audit, name), FAMILIES[name], [one.ratio])
            if abs(b.log_bet - mine.log_bet) < SAME
        ]
        found += same[:1]
    return found

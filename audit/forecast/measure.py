"""Quantities that claims and bounds speak of, as exact distributions over one round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from audit.forecast.courses import HUNDRED, boosted_odds, courses, entries_of
from audit.forecast.flows import PLATFORM, entry_nets, flows, net
from audit.forecast.raffles import chance_by_batch
from audit.rules import Boxes, Chances, Group, Numbers, Raffle, Rules
from audit.rules.odds import tier_chances


@dataclass(frozen=True)
class Case:
    """One outcome: its name (a box, a tier, win or loss), its chance, and the quantity, least and most by choice."""

    name: str
    chance: Fraction
    least: Fraction
    most: Fraction


def distribution(rules: Rules, of: str, asset: str, entries: int = 0, price: Fraction = HUNDRED) -> list[Case]:
    """What `of` nets of an asset: a participant per entry, everybody else per round. entries: of a raffle's activity."""
    if of == "participant":
        return [Case(*one) for one in entry_nets(rules, asset, entries)]
    return [Case(way.name, way.chance, *net(rules, way, of, asset)) for way in courses(rules, entries, price)]


def odds_of(rules: Rules, of: str) -> list[Case]:
    """The chance of one entry to win: by box, of a place in a group, or of a bet to land in a tier."""
    draw = rules.draw
    if isinstance(draw, Boxes):
        return [Case(str(box), Fraction(1), chance, chance) for box, chance in enumerate(boosted_odds(rules, draw), 1)]
    if isinstance(draw, Group):
        chance = Fraction(draw.winners, draw.size)
        return [Case("", Fraction(1), chance, chance)]
    if isinstance(draw, Numbers):
        chance = tier_chances(draw)[of]
        return [Case(of, Fraction(1), chance, chance)]
    if isinstance(draw, Chances):
        wins = [one.chance for name, one in draw.prizes.items() if of in (name, "win")]
        chance = min(Fraction(1), sum(wins, Fraction(0)))
        return [Case(of, Fraction(1), chance, chance)]
    if isinstance(draw, Raffle):
        batches = chance_by_batch(draw, entries_of(rules))
        return [Case(str(place), Fraction(1, len(batches)), one, one) for place, one in enumerate(batches, 1)]
    return []


def paid_by(rules: Rules, of: str, asset: str) -> list[Case]:
    """What a clause, or the platform under all clauses, pays out in one round."""
    found = []
    for way in courses(rules):
        least = most = Fraction(0)
        for flow in flows(rules, way):
            if flow.source == PLATFORM and flow.asset == asset and of in (PLATFORM, flow.clause):
                least, most = least + flow.least, most + flow.most
        found.append(Case(way.name, way.chance, least, most))
    return found


def mean(cases: Sequence[Case]) -> tuple[Fraction, Fraction]:
    """The expectation, (least, most)."""
    total = sum((one.chance for one in cases), Fraction(0)) or Fraction(1)
    return (
        sum((one.chance * one.least for one in cases), Fraction(0)) / total,
        sum((one.chance * one.most for one in cases), Fraction(0)) / total,
    )


def ends(cases: Sequence[Case]) -> tuple[Fraction, Fraction]:
    """The lowest and the highest value that occurs."""
    return min(one.least for one in cases), max(one.most for one in cases)

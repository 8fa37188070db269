"""The ways one round may go, each with its exact chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from audit.forecast.chances import long_run
from audit.rules import Boxes, Chances, Group, Numbers, Raffle, Rules
from audit.rules.boosts import Boost, Where
from audit.rules.odds import box_odds, tier_chances
from audit.rules.scalars import span_of

HUNDRED = Fraction(100)  # the order that a share is shown of, where no price is declared


@dataclass(frozen=True)
class Course:
    """One way a round may go: its name (`7` for a win at box 7), its chance, and how often each event then happens."""

    name: str
    chance: Fraction
    events: Mapping[str, int]
    tier: str = ""
    kind: str | None = None
    item: str | None = None
    price: Fraction = HUNDRED


def courses(rules: Rules, entries: int = 0, price: Fraction = HUNDRED) -> tuple[Course, ...]:
    """The ways one round may go: an activity of boxes, a full group, one bet or pull, one order. Impossible ones are left out.

    Of a raffle, and of rules without a draw, a round is an activity of so many entries; 0: as the clauses' counts suggest.
    """
    draw = rules.draw
    if isinstance(draw, Boxes):
        return tuple(
            Course(str(box), chance, {"start": 1, "entry": box, "loss": box - 1, "win": 1, "completion": 1})
            for box, chance in enumerate(boosted_odds(rules, draw), 1)
            if chance
        )
    if isinstance(draw, Group):
        lost = draw.size - draw.winners
        events = {"start": 1, "entry": draw.size, "win": draw.winners, "loss": lost, "completion": 1}
        return (Course("", Fraction(1), events),)
    if isinstance(draw, Numbers):
        chances = tier_chances(draw)
        none = 1 - sum(chances.values(), Fraction(0))
        won = (Course(tier, chance, {"entry": 1}, tier) for tier, chance in chances.items())
        return (*won, Course("", none, {"entry": 1}))
    if isinstance(draw, Chances):
        rates = long_run(draw)
        lost_ = 1 - sum(rates.values(), Fraction(0))
        pulls = [Course(name, rate, {"entry": 1, "win": 1}, name) for name, rate in rates.items()]
        return tuple(one for one in (*pulls, Course("", lost_, {"entry": 1, "loss": 1})) if one.chance)
    if isinstance(draw, Raffle) or (rules.entry and rules.activity):
        count = entries or entries_of(rules)
        won_ = winners_of(draw, count) if isinstance(draw, Raffle) else 0
        return (Course("", Fraction(1), {"start": 1, "entry": count, "win": won_}),)
    return _orders(rules, price)


def boosted_odds(rules: Rules, draw: Boxes) -> list[Fraction]:
    """The chance of each box to win, with the boosts that hang on its position alone; the last possible box always wins.

    Boosts that hang on the hour, the day, or on who opens are left out: `boosts_left_out` names them.
    """
    odds = box_odds(draw)
    boosts = [one for one in rules.boosts if one.where.position and not _elsewhere(one)]
    if not boosts:
        return odds
    left, alive, found = Fraction(1), Fraction(1), []
    for box, chance in enumerate(odds, 1):
        hazard = chance / left if left else Fraction(0)
        for one in boosts:
            if box in span_of(one.where.position or "") and hazard < 1:
                hazard = hazard * one.times / (1 - hazard + hazard * one.times)
        found.append(alive * hazard)
        alive, left = alive * (1 - hazard), left - chance
    return found


def boosts_left_out(rules: Rules) -> int:
    """How many boosts a forecast cannot count, because they hang on more than the position."""
    return sum(1 for one in rules.boosts if _elsewhere(one))


def _elsewhere(boost: Boost) -> bool:
    return replace(boost.where, position=None) != Where()


def _orders(rules: Rules, price: Fraction) -> tuple[Course, ...]:
    """One order of each item and kind that clauses tell apart; of rules without orders, one registration."""
    on_order = [award for award in rules.awards.values() if award.on in ("order", "day-end")]
    if not on_order:
        return (Course("", Fraction(1), {"registration": 1, "recruit": 1}),)
    pairs = {
        (item, kind)
        for award in on_order
        for item in (award.when.item if award.when else None) or (None,)
        for kind in (award.when.kind if award.when else None) or (None,)
    }
    items: list[str | None] = [*sorted({item for item, _ in pairs if item})] or [None]
    kinds: list[str | None] = [*sorted({kind for _, kind in pairs if kind})] or [None]
    every = [(item, kind) for item in items for kind in kinds]
    share = Fraction(1, len(every))
    return tuple(
        Course(" ".join(filter(None, pair)), share, {"order": 1, "day-end": 1}, kind=pair[1], item=pair[0], price=price)
        for pair in every
    )


def entries_of(rules: Rules) -> int:
    """How many entries an activity is planned for: the highest count that a clause on entries names, else forty draws."""
    tops = [
        int(award.nth.partition("-")[2] or 0) for award in rules.awards.values() if award.on == "entry" and award.nth
    ]
    every = rules.draw.every if isinstance(rules.draw, Raffle) else None
    return max(tops, default=0) or 40 * (every or 25)


def winners_of(draw: Raffle, entries: int) -> int:
    """How many wins an activity of so many entries sees; nobody wins twice where winners are out."""
    draws = entries // draw.every if draw.every else 1
    return min(entries, draws * draw.winners)

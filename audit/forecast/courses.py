"""The ways one round may go, each with its exact chance, and the money that the clauses then move."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from audit.forecast.chances import long_run
from audit.forecast.counts import due_counts, in_nth
from audit.rules import Award, Boxes, Chances, Group, Ladder, Numbers, Raffle, Rules, Share, Split, Unlock
from audit.rules.boosts import Boost, Where
from audit.rules.odds import box_odds
from audit.rules.ranks import DayPool, Difference, Income
from audit.rules.scalars import span_of

PLATFORM, OUTSIDE = "platform", "suppliers"
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


@dataclass(frozen=True)
class Flow:
    """Money moved in one round: a stake to the platform, an award or a cost from it; least and most differ by choice."""

    clause: str
    event: str
    source: str
    target: str
    asset: str
    least: Fraction
    most: Fraction


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


def tier_chances(draw: Numbers) -> dict[str, Fraction]:
    """The chance of one bet to land in each tier; a bet picks as many numbers of each pool as are drawn."""
    found = {}
    for tier, rule in draw.tiers.items():
        found[tier] = sum((_line(draw, match) for match in rule.matches), Fraction(0))
    return found


def _line(draw: Numbers, match: Mapping[str, int]) -> Fraction:
    chance = Fraction(1)
    for name, hits in match.items():
        pool = draw.pools[name]
        size = pool.to - pool.from_ + 1
        ways = math.comb(pool.pick, hits) * math.comb(size - pool.pick, pool.pick - hits)
        chance *= Fraction(ways, math.comb(size, pool.pick))
    return chance


def flows(rules: Rules, course: Course) -> tuple[Flow, ...]:
    """All that one course moves, every role being held by somebody, every order being of HUNDRED."""
    return tuple(_flows(rules, course))


def _flows(rules: Rules, course: Course) -> Iterator[Flow]:
    stakes = (("start", "initiator", rules.activity), ("entry", "participant", rules.entry))
    for event, role, record in stakes:
        for asset, amount in (record.stake if record else {}).items():
            sure = course.events.get(event, 0) * Fraction(amount)
            if sure:
                yield Flow("stake", event, role, PLATFORM, asset, sure, sure)
    if course.events.get("order"):
        shared = {asset for award in rules.awards.values() for asset in _shared(award)}
        fixed = {asset for award in rules.awards.values() if award.on == "order" for asset in award.pays or ()}
        for asset in sorted(shared or {one for one in fixed if rules.assets[one].step < 1}):
            yield Flow("order", "order", "participant", PLATFORM, asset, course.price, course.price)
    bearing = {
        name: award for name, award in rules.awards.items() if course.events.get(award.on) and _bears(award, course)
    }
    for name, award in bearing.items():
        taken, maybe = _overridden(name, bearing)
        for asset, (least, most) in moved(rules, award, course).items():
            if most and not taken:
                yield Flow(name, award.on, PLATFORM, award.to, asset, Fraction(0) if maybe else least, most)
    if isinstance(rules.draw, Numbers) and course.tier:
        for asset, amount in (rules.draw.tiers[course.tier].prize or {}).items():
            yield Flow(f"tier {course.tier}", "win", PLATFORM, "participant", asset, Fraction(amount), Fraction(amount))
    for name, cost in rules.costs.items():
        for asset, amount in cost.pays.items():
            sure = course.events.get(cost.on, 0) * Fraction(amount)
            if sure:
                yield Flow(name, cost.on, PLATFORM, OUTSIDE, asset, sure, sure)


def _shared(award: Award) -> set[str]:
    return {asset for asset, pay in (award.pays or {}).items() if isinstance(pay, Share)}


def _bears(award: Award, course: Course) -> bool:
    """A clause on the first so many registrations is no part of a round: later rounds lack it. Nor is another kind's."""
    when = award.when
    other = when is not None and (
        (when.kind is not None and course.kind not in when.kind)
        or (when.item is not None and course.item not in when.item)
        or (when.prize is not None and course.tier not in when.prize)
    )
    return award.first is None and not other


def _overridden(name: str, bearing: Mapping[str, Award]) -> tuple[bool, bool]:
    """(never due in this course, perhaps not due): an exception without counts of its own always takes its place."""
    over = [award for award in bearing.values() if name in award.overrides]
    return any(award.nth is None and award.every is None for award in over), bool(over)


def moved(rules: Rules, award: Award, course: Course) -> dict[str, tuple[Fraction, Fraction]]:
    """What a clause pays in one course by asset, (least, most), over all the events on which it bears."""
    count = course.events[award.on]
    if award.on != "entry":
        known = paid(rules, award, course.price)
        return {asset: (count * low, count * high) for asset, (low, high) in known.items()}
    found = {}
    turns = due_counts(award, count)
    for asset, (low, high) in paid(rules, award).items():
        pay = (award.pays or {}).get(asset)
        if isinstance(pay, Ladder):
            sure = sum((Fraction(amount) * in_nth(steps, turns) for steps, amount in pay.ladder.items()), Fraction(0))
            found[asset] = (sure, sure)
            continue
        people = {"everyone-so-far": sum(turns), "everyone-in-the-end": len(turns) * count}.get(award.to, len(turns))
        found[asset] = (people * low, people * high)
    return found


def paid(rules: Rules, award: Award, price: Fraction = HUNDRED) -> dict[str, tuple[Fraction, Fraction]]:
    """What a clause pays on one event by asset, (least, most); of a choice, each asset may be taken or not.

    A ladder pays between its lowest and highest step, a fund between nothing and the whole amount; what is undeclared is
    left out. What hangs on ranks pays between nothing, where nobody holds them, and all that it can.
    """
    found: dict[str, tuple[Fraction, Fraction]] = {}
    for asset, pay in (award.pays or {}).items():
        if isinstance(pay, Share):
            sure = _rounded(price * Fraction(pay.percent) / 100, Fraction(rules.assets[asset].step), pay.rounding)
            found[asset] = (sure, sure)
        elif isinstance(pay, Split):
            found[asset] = (Fraction(pay.pot), Fraction(pay.pot))
        elif isinstance(pay, Ladder):
            steps = [Fraction(amount) for amount in pay.ladder.values()]
            found[asset] = (min(steps), max(steps))
        elif isinstance(pay, Unlock) and isinstance(pay.unlock, Decimal):
            found[asset] = (Fraction(0), Fraction(pay.unlock))
        elif isinstance(pay, Decimal):
            found[asset] = (Fraction(pay), Fraction(pay))
        elif isinstance(pay, Difference):
            found[asset] = (Fraction(0), max(Fraction(amount) for amount in pay.difference.values()))
        elif isinstance(pay, DayPool):
            found[asset] = (Fraction(0), Fraction(pay.per_order))
        elif isinstance(pay, Income):
            earned = sum(
                (paid(rules, rules.awards[name], price).get(asset, (Fraction(0),) * 2)[1] for name in pay.of),
                Fraction(0),
            )
            step = Fraction(rules.assets[asset].step)
            found[asset] = (Fraction(0), _rounded(earned * Fraction(pay.percent) / 100, step, pay.rounding))
    for option in award.choice or ():
        for asset, amount in option.items():
            alone = len(award.choice or ()) == 1
            found[asset] = (Fraction(amount) if alone else Fraction(0), Fraction(amount))
    return found


def _rounded(exact: Fraction, step: Fraction, rounding: str) -> Fraction:
    steps = exact / step
    whole = {"down": math.floor(steps), "up": math.ceil(steps), "half-up": math.floor(steps + Fraction(1, 2))}
    return whole[rounding] * step


def net(rules: Rules, course: Course, role: str, asset: str) -> tuple[Fraction, Fraction]:
    """What a role nets of an asset in one course, (least, most): what it is given less what it gives.

    The participants are counted together; `entry_nets` gives one entry.
    """
    least = most = Fraction(0)
    for flow in flows(rules, course):
        if flow.asset != asset:
            continue
        if flow.target == role:
            least, most = least + flow.least, most + flow.most
        if flow.source == role:
            least, most = least - flow.most, most - flow.least
    return least, most


def entry_nets(rules: Rules, asset: str, entries: int = 0) -> list[tuple[str, Fraction, Fraction, Fraction]]:
    """One entry of a participant: (outcome, chance, least, most net), of all entries that are made on average.

    What everyone in an activity is paid is spread evenly over its entries.
    """
    spent = Fraction(rules.entry.stake.get(asset, Decimal(0))) if rules.entry else Fraction(0)
    ways = courses(rules, entries)
    made = sum((way.chance * way.events.get("entry", 0) for way in ways), Fraction(0))
    if isinstance(rules.draw, Numbers):
        found = []
        for way in ways:
            prize = rules.draw.tiers[way.tier].prize if way.tier else None
            won = Fraction((prize or {}).get(asset, Decimal(0)))
            found.append((way.name or "no prize", way.chance, won - spent, won - spent))
        return found
    if not made:
        return []
    sums: dict[str, list[Fraction]] = {}
    for way in ways:
        shared = [Fraction(0), Fraction(0)]
        own: dict[str, list[Fraction]] = {"win": [Fraction(0)] * 2, "loss": [Fraction(0)] * 2}
        for flow in flows(rules, way):
            if flow.asset != asset or flow.source != PLATFORM:
                continue
            everyone = flow.target in ("entrants", "everyone-so-far", "everyone-in-the-end")
            if everyone or (flow.target == "participant" and flow.event == "entry"):
                shared = [shared[0] + flow.least, shared[1] + flow.most]
            elif flow.target == "participant" and flow.event in own:
                own[flow.event] = [own[flow.event][0] + flow.least, own[flow.event][1] + flow.most]
        count = way.events.get("entry", 0)
        wins = way.events.get("win", 0)
        for outcome, times in (("win", wins), ("loss", count - wins)):
            if times:
                name = way.tier if outcome == "win" and isinstance(rules.draw, Chances) else outcome
                total = sums.setdefault(name, [Fraction(0)] * 3)
                share = Fraction(times, count)
                sums[name] = [total[0] + way.chance * times,
                              total[1] + way.chance * (own[outcome][0] + share * shared[0]),
                              total[2] + way.chance * (own[outcome][1] + share * shared[1])]  # fmt: skip
    return [
        (name, times / made, low / times - spent, high / times - spent) for name, (times, low, high) in sums.items()
    ]

"""The money that the clauses move in one course of a round: stakes in, awards and costs out, and what each role nets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from audit.forecast.counts import due_counts, in_nth
from audit.forecast.courses import HUNDRED, Course, courses
from audit.rules import Award, Chances, DayPool, Difference, Income, Ladder, Numbers, Rules, Share, Split, Unlock

PLATFORM, OUTSIDE = "platform", "suppliers"


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

"""Every mechanism but trees and ranks, row by row: what the clauses owe, and the chance of every draw.

Written from mechanisms.md §2-4, 7, 8, 12 and the rules' user guide, with the standard library alone. A table is a list of
rows, a row a dict by canonical column; ids are text, amounts Decimal in units, times UTC, an empty cell is None.
Rules are read with every scalar as text. Nothing is set-wise: one event after another, one clause after another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.reference.blind_box import first_moment, span
from tests.reference.eligible import belongs, ranks_reached

Row = dict[str, Any]
Tables = dict[str, list[Row]]
ROUNDING = {"down": ROUND_DOWN, "half-up": ROUND_HALF_UP, "up": ROUND_UP}
NOTHING = (None, "", "null", "~")


class Owed(NamedTuple):
    """One award: who is owed what, for which event and milestone, under which clause, and until when it is on time."""

    event: str
    clause: str
    payee: str
    asset: str
    amount: Decimal
    due_at: datetime | None
    step: int | None = None


@dataclass(frozen=True)
class Event:
    """Something that clauses bear on. happened: None where the export does not say whether it did."""

    kind: str
    id: str
    at: datetime
    roles: dict[str, str | None] = field(default_factory=dict)
    place: int = 0  # a participant's n-th order, an activity's n-th entry, the n-th registration
    position: int = 0
    row: Row = field(default_factory=dict)
    activity: str | None = None
    happened: bool | None = True
    entered: datetime | None = None  # when all was there that it decides: the entry, or the last one of its group


@dataclass(frozen=True)
class Move:
    """What a fund gains (amount above nothing) or an entry wants of it; None: the export does not say."""

    at: datetime
    turn: int
    position: int
    event: str
    clause: str
    payee: str
    asset: str
    fund: str | None
    amount: Decimal | None
    due_at: datetime | None


# Rules


def rules_at(rules: Row, at: datetime, zone: ZoneInfo, entered: datetime | None = None) -> Row:
    """The rules in force at a moment, versions applied in order; no clauses before or after all of them.

    What was entered before they ended they bind still, whenever it is decided.
    """
    begins, ends = (rules["effective"].get(key) for key in ("from", "to"))
    if at < first_moment(begins, zone) or (ends not in NOTHING and min(at, entered or at) >= first_moment(ends, zone)):
        return {**rules, "awards": {}}
    now = {**rules, "awards": dict(rules.get("awards", {}))}
    for version in rules.get("versions", []):
        if at >= first_moment(version["from"], zone):
            awards = {**now["awards"], **version.get("awards", {})}
            now = {**now, **{key: one for key, one in version.items() if key not in ("from", "says")}}
            now["awards"] = {name: one for name, one in awards.items() if one not in NOTHING}
    return now


def within(span_of: str, number: int) -> bool:
    """Whether a number lies in a range such as 7 or 7-24."""
    first, _, last = span_of.partition("-")
    return int(first) <= number <= int(last or first)


# Events


def in_order(entries: list[Row]) -> list[Row]:
    """Entries by time; those of one second by position, then id."""
    return sorted(entries, key=lambda one: (one["entered_at"], one.get("position") or 0, by_id(one["entry_id"])))


def by_id(key: str) -> tuple[int, str]:
    """The order of ids: 9 before 10, A9 before A10."""
    return len(key), key


def entries_by_activity(tables: Tables) -> dict[str, list[Row]]:
    """The entries of each activity in their order, each with its recorded outcome."""
    decided = {one["entry_id"]: one for one in tables.get("outcome", [])}
    found: dict[str, list[Row]] = defaultdict(list)
    for one in in_order(tables.get("entry", [])):
        outcome = decided.get(one["entry_id"], {})
        known = {name: outcome.get(name) for name in ("outcome", "choice", "decided_at", "share")}
        found[one["activity_id"]].append({**one, **known})
    return found


def events(tables: Tables, rules: Row, zone: ZoneInfo) -> Iterator[Event]:
    """Everything that happened, or may have."""
    people = sorted(tables.get("participant", []), key=lambda one: (one["joined_at"], by_id(one["participant_id"])))
    begun = first_moment(rules["effective"]["from"], zone)
    old = sum(one["joined_at"] < begun for one in people)
    for place, one in enumerate(people, 1 - old):  # the rules count from their beginning
        roles = {"participant": one["participant_id"]}
        yield Event("registration", one["participant_id"], one["joined_at"], roles, place)
        if referrer(one, tables):
            yield Event("recruit", one["participant_id"], one["joined_at"], roles)
    draw = rules.get("draw") or {}
    by_activity = entries_by_activity(tables)
    for activity in tables.get("activity", []):
        key, starter = activity["activity_id"], activity["initiator_id"]
        yield Event("start", key, activity["started_at"], {"initiator": starter}, activity=key)
        mine = by_activity[key]
        full = draw.get("kind") == "group" and len(mine) >= int(draw["size"])
        filled = max((one["entered_at"] for one in mine), default=None)
        if full and filled:
            for one in mine:
                roles = {"entrants": one["participant_id"], "initiator": starter}
                place = one.get("position") or 0
                yield Event("completion", key, filled, roles, position=place, row=one, activity=key)
        for place, one in enumerate(mine, 1):
            roles = {"participant": one["participant_id"], "initiator": starter}
            yield Event(
                "entry", one["entry_id"], one["entered_at"], roles, place, one.get("position") or place, one, key
            )
            pending = draw.get("kind") == "group" and not full
            if one["outcome"] is None and (pending or not draw):
                continue
            default = filled if draw.get("kind") == "group" else one["entered_at"]
            at = max(one["decided_at"] or default or one["entered_at"], one["entered_at"])  # no decision comes before its entry
            kinds = ["win", "loss"] if one["outcome"] is None else ["loss" if one["outcome"] == "loss" else "win"]
            for kind in kinds:
                sure = True if one["outcome"] is not None else None
                yield Event(kind, one["entry_id"], at, roles, place, one.get("position") or place, one, key, sure, default)
    counted: Counter[str] = Counter()
    orders = sorted(tables.get("purchase", []), key=lambda one: (one["paid_at"], by_id(one["purchase_id"])))
    for order in orders:
        counted[order["participant_id"]] += order["paid_at"] >= begun
        roles = {"participant": order["participant_id"]}
        yield Event("order", order["purchase_id"], order["paid_at"], roles, counted[order["participant_id"]], row=order)
    known = {one["participant_id"]: one for one in people}
    for rank, person, at in ranks_reached(rules, orders, lambda who: referrer(known[who], tables)):
        yield Event("rank-reached", person, at, {"participant": person}, row={"reaches": rank})


def referrer(person: Row, tables: Tables) -> str | None:
    """Who recruited somebody. A missing, self-, unknown or later-joined referrer is nobody."""
    above = person.get("referrer_id")
    (one,) = [each for each in tables["participant"] if each["participant_id"] == above] or [None]
    same = above == person["participant_id"]
    return above if one and not same and one["joined_at"] <= person["joined_at"] else None


def recipient(event: Event, role: str, tables: Tables) -> tuple[str | None, bool]:
    """Who holds a role at an event, and whether the export tells."""
    who, *path = role.split(".")
    person = event.roles.get(who)
    for step in path:
        if person is None:
            return None, True
        (record,) = [one for one in tables["participant"] if one["participant_id"] == person] or [None]
        if record is None:
            return None, False
        person = referrer({**record, "referrer_id": record.get(f"{step}_id")}, tables)
    return person, True


# What a clause pays


def bears(award: Row, event: Event) -> bool | None:
    """Whether a clause bears on an event; None where the export does not say."""
    if award["on"] != event.kind or award.get("reaches") != event.row.get("reaches"):
        return False
    if "first" in award and event.place > int(award["first"]):
        return False
    if "nth" in award and not within(award["nth"], event.place):
        return False
    for name, words in award.get("when", {}).items():
        value = event.row.get("outcome" if name == "prize" else name)
        if name == "prize" and event.happened is None:
            continue
        if value not in words:
            return False
    return event.happened


def in_steps(amount: Decimal | Fraction, step: Decimal, rounding: str) -> Decimal:
    """An exact amount in whole steps of its asset."""
    steps = Fraction(amount) / Fraction(step)
    whole = steps.numerator // steps.denominator
    rest = steps - whole
    up = (rounding == "up" and rest > 0) or (rounding == "half-up" and rest >= Fraction(1, 2))
    return (whole + up) * step


def ladder(steps: Row, place: int) -> Decimal:
    """An amount by count; nothing where no step names the count."""
    return next((Decimal(amount) for at, amount in steps.items() if within(at, place)), Decimal(0))


def equal_share(pay: Row, step: Decimal, place: int, parts: int) -> Decimal:
    """One of the equal parts of a pot; place: which, from the lowest position, 1."""
    share, odd = divmod(int(Decimal(pay["pot"]) / step), parts)
    extra = place <= odd if pay["odd"] == "lowest-positions" else place > parts - odd
    return (share + extra) * step


def amount_of(pay: Any, event: Event, step: Decimal, tables: Tables) -> Decimal | None:
    """What a clause pays of one asset, before any fund limits it; None: the rules or the export do not say."""
    if pay == "undeclared":
        return None
    if isinstance(pay, str):
        return Decimal(pay)
    if "percent" in pay:
        return in_steps(event.row["amount"] * Decimal(pay["percent"]) / 100, step, pay["rounding"])
    if "ladder" in pay:
        return ladder(pay["ladder"], event.place)
    if "unlock" in pay:
        return None if pay["unlock"] == "undeclared" else Decimal(pay["unlock"])
    if pay["split"] == "random":
        share: Decimal | None = event.row.get("share")
        return share
    same = [one for one in tables["entry"] if one["activity_id"] == event.activity]
    same.sort(key=lambda one: (one.get("position") or 0, by_id(one["entry_id"])))
    (place,) = [n for n, one in enumerate(same, 1) if one["entry_id"] == event.row["entry_id"]]
    return equal_share(pay, step, place, len(same))


def milestones(award: Row, clause: str, tables: Tables, late: Any) -> Iterator[tuple[Row, int, datetime]]:
    """(recipient's entry, milestone, when it falls due) of a clause that pays everyone at every so many entries."""
    every = int(award["every"])
    for mine in entries_by_activity(tables).values():
        for step in range(1, len(mine) // every + 1):
            if "nth" in award and not within(award["nth"], step * every):
                continue
            for place, one in enumerate(mine, 1):
                if place <= step * every:
                    yield one, step, mine[step * every - 1]["entered_at"]
                elif award["to"] == "everyone-in-the-end":
                    yield one, step, one["entered_at"]


def owed(tables: Tables, rules: Row, zone: ZoneInfo) -> tuple[list[Owed], set[tuple[str, str]]]:
    """Every award owed, and the (event, clause) of which the rules or the export do not say what is owed."""
    found, unknown, moves = list[Owed](), set[tuple[str, str]](), list[Move]()
    steps = {asset: Decimal(one["step"]) for asset, one in rules["assets"].items()}
    funds = funds_of(rules)
    for event in events(tables, rules, zone):
        now = rules_at(rules, event.at, zone, event.entered)
        bearing = {name: bears(award, event) for name, award in now["awards"].items()}
        overridden = {
            other for name, bear in bearing.items() if bear is not False
            for other in now["awards"][name].get("overrides", [])
        }  # fmt: skip
        for clause, award in now["awards"].items():
            if bearing[clause] is False or clause in overridden or award["to"].startswith("everyone"):
                continue
            if "every" in award and event.place % int(award["every"]):
                continue
            payee, told = recipient(event, award["to"], tables)
            if told and payee is None:
                continue
            known = [one for one in tables.get("participant", []) if one["participant_id"] == payee]
            if "eligible" in award and known and not belongs(award["eligible"], known[0], event.at):
                continue
            if not told or bearing[clause] is None:
                unknown.add((event.id, clause))
            choice = event.row.get("choice")
            if "choice" in award and not any(choice in one for one in award["choice"]):
                unknown.add((event.id, clause))
            options = [award["pays"]] if "pays" in award else [one for one in award["choice"] if choice in one]
            due = award.get("due", rules.get("due"))
            due_at = event.at + span(due) if due else None
            for asset, pay in ((asset, pay) for option in options for asset, pay in option.items()):
                amount = amount_of(pay, event, steps[asset], tables)
                if told and bearing[clause] is None:
                    amount = None
                fund = pay["from"] if isinstance(pay, dict) and "unlock" in pay else None
                if payee and (fund or asset in funds):
                    turn = 2 if not fund else 0 if award["to"] in ("participant", "initiator") else 1
                    moves.append(
                        Move(event.at, turn, event.position, event.id, clause, payee, asset, fund, amount, due_at)
                    )
                if amount is None:
                    unknown.add((event.id, clause))
                elif payee and told and not fund and amount:
                    found.append(Owed(event.id, clause, payee, asset, amount, due_at))
    for clause, award in rules["awards"].items():
        if award["to"].startswith("everyone"):
            for one, step, at in milestones(award, clause, tables, rules.get("due")):
                due = award.get("due", rules.get("due"))
                for asset, pay in award["pays"].items() if clause in rules_at(rules, at, zone)["awards"] else ():
                    found.append(
                        Owed(one["entry_id"], clause, one["participant_id"], asset, Decimal(pay),
                             at + span(due) if due else None, step)
                    )  # fmt: skip
    released, untold = releases(moves)
    return found + released, unknown | untold


# Funds


def funds_of(rules: Row) -> set[str]:
    """The assets that some clause, of any version, unlocks."""
    versions = [rules.get("awards", {}), *(one.get("awards", {}) for one in rules.get("versions", []))]
    return {
        pay["from"]
        for awards in versions for award in awards.values() if award not in NOTHING
        for pay in award.get("pays", {}).values() if isinstance(pay, dict) and "unlock" in pay
    }  # fmt: skip


def releases(moves: list[Move]) -> tuple[list[Owed], set[tuple[str, str]]]:
    """What each unlocking releases: what was wanted, and never more than the fund holds.

    Of one moment: own entries unlock, then those of one's recruits, then what chance grants is added; of one kind by
    position, then id. After something untold nothing more of the fund is known.
    """
    balance: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    lost = set[tuple[str, str]]()
    found, unknown = list[Owed](), set[tuple[str, str]]()
    for one in sorted(moves, key=lambda each: (each.at, each.turn, each.position, by_id(each.event), each.clause)):
        held = one.payee, one.fund or one.asset
        if one.amount is None:
            lost.add(held)
        if one.fund is None:
            balance[held] += one.amount or 0
        elif held in lost:
            unknown.add((one.event, one.clause))
        else:
            released = min(one.amount or Decimal(0), balance[held])
            balance[held] -= released
            if released:
                found.append(Owed(one.event, one.clause, one.payee, one.asset, released, one.due_at))
    return found, unknown


# Draws


class Drawing(NamedTuple):
    """One draw of a raffle: the entry at which it fell due, its tickets by entry, and the entries recorded as its wins."""

    activity: str
    due_at: datetime
    tickets: dict[str, int]
    wins: list[Row]


def drawings(tables: Tables, rules: Row) -> list[Drawing]:
    """Every draw of a raffle that fell due, with the tickets that were in it.

    At every 25th entry (that one included) of an activity, or once when it ends. A recorded win is one of the draw that
    fell due last before it was decided. Whoever has won an earlier draw of the activity is out with all their tickets,
    where the draw is among those who have not won yet.
    """
    draw, found = rules["draw"], []
    for activity in tables["activity"]:
        mine = entries_by_activity(tables)[activity["activity_id"]]
        if "every" in draw:
            every = int(draw["every"])
            dues = [(mine[place - 1]["entered_at"], mine[:place]) for place in range(every, len(mine) + 1, every)]
        else:
            dues = [(activity["ended_at"], mine)] if activity["ended_at"] and mine else []
        out = set[str]()
        for number, (due_at, handed) in enumerate(dues):
            until = dues[number + 1][0] if number + 1 < len(dues) else None
            wins = [one for one in mine if one["outcome"] == "win" and not before(one, due_at)
                    and (until is None or before(one, until))]  # fmt: skip
            if "every" not in draw:
                wins = [one for one in mine if one["outcome"] == "win"]
            weights = {
                one["entry_id"]: one["weight"] if draw.get("tickets") == "weight" else 1
                for one in handed if draw.get("among") != "not-yet-won" or one["participant_id"] not in out
            }  # fmt: skip
            wins.sort(key=lambda one: (decided(one), one["position"], by_id(one["entry_id"])))
            found.append(Drawing(activity["activity_id"], due_at, weights, wins))
            out |= {one["participant_id"] for one in wins}
    return found


def decided(entry: Row) -> datetime:
    """When an entry was decided: with it, unless the export says when."""
    moment: datetime = entry["decided_at"] or entry["entered_at"]
    return moment


def before(entry: Row, moment: datetime) -> bool:
    return decided(entry) < moment


def win_chances(tables: Tables, rules: Row) -> dict[str, Fraction]:
    """The chance of each recorded win to be drawn when it was.

    Within one draw no ticket wins twice, and nobody does where those who have won are out. Nothing for whoever was
    not in the draw, and for a win decided before any draw fell due.
    """
    won = {one["entry_id"]: Fraction(0) for mine in entries_by_activity(tables).values() for one in mine
           if one["outcome"] == "win"}  # fmt: skip
    holder = {one["entry_id"]: one["participant_id"] for one in tables["entry"]}
    for one in drawings(tables, rules):
        left = dict(one.tickets)
        for win in one.wins:
            if win["entry_id"] in left:
                won[win["entry_id"]] = Fraction(left[win["entry_id"]], sum(left.values()))
            out = [entry for entry in left if holder[entry] == win["participant_id"]]
            for entry in out if rules["draw"].get("among") == "not-yet-won" else [win["entry_id"]]:
                left.pop(entry, None)
    return won


def prize_chances(tables: Tables, rules: Row) -> dict[tuple[str, str], Fraction | None]:
    """The chance of every prize at every entry that is decided by itself; None while the count is lost.

    An entry's number is counted since the last such prize or a better one; an unknown outcome loses the count until one
    is won. From `rises.from` on the chance grows by `rises.by` an entry; at the guarantee the prize is certain, but for
    the better ones, which keep their chance.
    """
    draw, found = rules["draw"], dict[tuple[str, str], Fraction | None]()
    counted = draw.get("counted", "participant")
    misses: dict[Any, dict[str, int | None]] = {}
    names = list(draw["prizes"])
    for one in in_order([each for mine in entries_by_activity(tables).values() for each in mine]):
        key: Any = one["participant_id"] if counted == "participant" else one["activity_id"]
        if counted == "participant-in-activity":
            key = one["participant_id"], one["activity_id"]
        mine = misses.setdefault(key, dict.fromkeys(names, 0))
        left: Fraction | None = Fraction(1)
        for name in names:
            chance = prize_chance(draw["prizes"][name], mine[name])
            chance = None if left is None or chance is None else min(left, chance)
            left = None if left is None or chance is None else left - chance
            found[one["entry_id"], name] = chance
        outcome = one["outcome"]
        for place, name in enumerate(names):
            count = mine[name]
            if outcome in names[: place + 1]:
                mine[name] = 0
            elif outcome is None or count is None:
                mine[name] = None
            else:
                mine[name] = count + 1
    return found


def prize_chance(prize: Row, misses: int | None) -> Fraction | None:
    """The chance of one prize after so many entries without it or a better one."""
    chance = Fraction(prize["chance"])
    if "guarantee" not in prize and "rises" not in prize:
        return chance
    if misses is None:
        return None
    if "guarantee" in prize and misses + 1 >= int(prize["guarantee"]):
        return Fraction(1)
    if "rises" in prize and misses + 1 >= int(prize["rises"]["from"]):
        chance += Fraction(prize["rises"]["by"]) * (misses + 2 - int(prize["rises"]["from"]))
    return chance


# Orders


class Charged(NamedTuple):
    """What an order should have cost, and whether its coupon and its deposit were its own to use."""

    price: Decimal
    coupon_good: bool
    deposit_good: bool


def charges(tables: Tables, rules: Row) -> dict[str, Charged]:
    """The price of every order: the ladder's step, or the coupon's, less the deposit that it names.

    A coupon is spent once paid and before it has passed, the oldest first; a deposit by whoever paid it, once, later.
    """
    terms, found = rules["order"], {}
    counted: Counter[str] = Counter()
    step = Decimal(rules["assets"]["CNY"]["step"])
    purse: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for one in tables.get("payment", []):
        purse[one["payee_id"], one["asset"]] += [one["paid_at"]] * int(one["amount"])
    kinds = terms.get("deposits", [])
    deposits = {one["purchase_id"]: one for one in tables["purchase"] if one["kind"] in kinds}
    used = set[str]()
    for one in sorted(tables["purchase"], key=lambda each: (each["paid_at"], by_id(each["purchase_id"]))):
        if one["kind"] in kinds:
            found[one["purchase_id"]] = Charged(one["list_price"], True, True)
            continue
        who, coupon = one["participant_id"], one.get("coupon")
        if not coupon or terms.get("coupon-orders-count", "true") == "true":
            counted[who] += 1
        percent = Decimal(terms.get("percent", {}).get(str(counted[who]), "100"))
        if coupon:
            percent = Decimal(terms["coupons"][coupon])
        price = in_steps(one["list_price"] * percent / 100, step, terms.get("rounding", "half-up"))
        coupon_good = True
        if coupon:
            valid = rules["assets"][coupon].get("valid")
            live = [at for at in sorted(purse[who, coupon])
                    if at <= one["paid_at"] and (not valid or one["paid_at"] < at + span(valid))]  # fmt: skip
            coupon_good = bool(live)
            if live:
                purse[who, coupon].remove(live[0])
        deposit_good = True
        if one.get("deposit_id"):
            deposit = deposits.get(one["deposit_id"])
            deposit_good = bool(
                deposit and deposit["participant_id"] == who and one["deposit_id"] not in used
                and (deposit["paid_at"], by_id(deposit["purchase_id"])) < (one["paid_at"], by_id(one["purchase_id"]))
            )  # fmt: skip
            if deposit_good:
                used.add(one["deposit_id"])
            price -= deposit["amount"] if deposit else 0
        found[one["purchase_id"]] = Charged(price, coupon_good, deposit_good)
    return found

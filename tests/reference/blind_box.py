"""The blind box, row by row: the chance of every opening, what every clause owes, what was paid instead.

Written from mechanisms.md §1 and §12, with the standard library and PyYAML alone. A table is a list of rows,
a row a dict by canonical column; ids are text, amounts Decimal in units, times UTC, an empty cell is None.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import yaml

Row = dict[str, Any]
Tables = dict[str, list[Row]]
Award = tuple[str, str]  # event, clause
IDS = {"participant": "participant_id", "activity": "activity_id", "entry": "entry_id", "outcome": "entry_id",
       "payment": "payment_id", "purchase": "purchase_id"}  # fmt: skip
COUNTS, AMOUNTS = ("position", "weight", "step"), ("paid", "amount", "list_price", "share")
UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


# Reading


def read_yaml(path: Path) -> Row:
    """A YAML file with every scalar as text, so that the key `on` is no truth value and 0.50 no float."""
    found: Row = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)
    return found


def first_moment(day: str, zone: ZoneInfo) -> datetime:
    """The moment at which a day begins in a zone."""
    return datetime.fromisoformat(day).replace(tzinfo=zone).astimezone(UTC)


def read_tables(folder: Path) -> Tables:
    """The tables of a case folder. The first record of a repeated id counts; the later ones are no events."""
    case = read_yaml(folder / "case.yaml")
    zone = ZoneInfo(case["timezone"])
    tables: Tables = {}
    for table, plan in case["tables"].items():
        rows: dict[str, Row] = {}
        for record in read_csv(folder / plan["file"]):
            row = {name: cell(name, source, record, zone) for name, source in plan["columns"].items()}
            rows.setdefault(row[IDS[table]], row)
        tables[table] = list(rows.values())
    return tables


def read_csv(path: Path) -> list[dict[str, str]]:
    """The records of a CSV file in UTF-8, with or without a byte order mark, or else in GB18030."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030")
    return list(csv.DictReader(text.splitlines()))


def cell(name: str, source: Any, record: dict[str, str], zone: ZoneInfo) -> Any:
    """One cell of a canonical row: a column of the record, its words translated, or one value for all."""
    plan = {"column": source} if isinstance(source, str) else source
    text = record[plan["column"]] if "column" in plan else plan["value"]
    text = plan.get("values", {}).get(text, text)
    if text == "":
        return None
    if name.endswith("_at"):
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    if name in COUNTS:
        return int(text)
    return Decimal(text) if name in AMOUNTS else text


# Draws


def openings(tables: Tables) -> list[Row]:
    """Every opening with its outcome, in the order of the boxes.

    Unnumbered boxes go by time, of the same second a win last, then by id.
    """
    decided = {one["entry_id"]: one for one in tables["outcome"]}
    starters = {one["activity_id"]: one["initiator_id"] for one in tables["activity"]}
    found, number = [], Counter[str]()
    won = {key for key, one in decided.items() if one.get("outcome") == "win"}
    by_time = sorted(tables["entry"], key=lambda one: (one["entered_at"], one["entry_id"] in won, by_id(one["entry_id"])))
    for entry in by_time:
        number[entry["activity_id"]] += 1
        outcome = decided.get(entry["entry_id"], {})
        found.append({
            "position": number[entry["activity_id"]], **entry,
            "outcome": outcome.get("outcome"), "choice": outcome.get("choice"),
            "decided_at": outcome.get("decided_at") or entry["entered_at"],
            "initiator_id": starters.get(entry["activity_id"]),
        })  # fmt: skip
    return sorted(found, key=lambda one: (one["position"], one["entered_at"], by_id(one["entry_id"])))


def by_id(key: str) -> tuple[int, str]:
    """The order of ids: 9 before 10, A9 before A10."""
    return len(key), key


def declared_odds(draw: Row) -> dict[int, Fraction]:
    """The declared chance of each box, before any is opened, to be the one with the prize."""
    boxes = int(draw["boxes"])
    if draw["odds"] == "uniform":
        return {box: Fraction(1, boxes) for box in range(1, boxes + 1)}
    odds = dict.fromkeys(range(1, boxes + 1), Fraction(0))
    for span, chance in draw["odds"].items():
        first, _, last = span.partition("-")
        for box in range(int(first), int(last or first) + 1):
            odds[box] = Fraction(chance)
    return odds


def chances(opened: Iterable[Row], draw: Row) -> dict[str, Fraction]:
    """The chance of every opening (by entry id) to win, all boxes before it having lost.

    Box j of 24 alike: 1/(25 - j). Nothing is left to win after a recorded win of the same activity, and a box
    that does not exist holds nothing.
    """
    odds, won, found = declared_odds(draw), set[str](), {}
    for one in opened:
        still_closed = sum(chance for box, chance in odds.items() if box >= one["position"])
        possible = one["position"] in odds and still_closed and one["activity_id"] not in won
        found[one["entry_id"]] = odds[one["position"]] / still_closed if possible else Fraction(0)
        if one["outcome"] == "win":
            won.add(one["activity_id"])
    return found


# Awards


class Owed(NamedTuple):
    """One award: who is owed what, for which event, under which clause, and until when it is on time."""

    event: str
    clause: str
    payee: str
    asset: str
    amount: Decimal
    due_at: datetime | None


@dataclass(frozen=True)
class Event:
    """Something an award may be due for. happened: None where the export does not say whether it did; entered: what it decides."""

    kind: str
    event: str
    at: datetime | None
    entered: datetime | None = None
    participant: str | None = None
    initiator: str | None = None
    choice: str | None = None
    place: int = 0
    happened: bool | None = True


def events(
    tables: Tables, since: datetime | None = None, hidden: range = range(0), begun: datetime | None = None
) -> Iterator[Event]:
    """Every registration, start, entry, win, loss and completion; since: the moment the export begins; begun: the rules.

    Who registered before the export begins was paid before it, if at all: that is not known. Nor is the place (then 0) of
    whoever is at one of the hidden ones.
    """
    people = sorted(tables["participant"], key=lambda one: (one["joined_at"], by_id(one["participant_id"])))
    old = sum(begun is not None and one["joined_at"] < begun for one in people)  # who joined before the rules has no number
    for place, one in enumerate(people, 1 - old):
        key, at = one["participant_id"], one["joined_at"]
        seen = None if since and at < since else True
        yield Event("registration", key, at, participant=key, place=0 if place in hidden else place, happened=seen)
    opened = openings(tables)
    for one in opened:
        who = one["entered_at"], one["participant_id"], one["initiator_id"], one["choice"]
        yield Event("entry", one["entry_id"], one["entered_at"], *who)
        for kind in ("win", "loss"):
            if one["outcome"] in (kind, None):
                yield Event(kind, one["entry_id"], max(one["decided_at"], one["entered_at"]), *who, happened=one["outcome"] and True)
    for one in tables["activity"]:
        key, starter = one["activity_id"], one["initiator_id"]
        yield Event("start", key, one["started_at"], initiator=starter)
        mine = [each for each in opened if each["activity_id"] == key]
        wins = [each for each in mine if each["outcome"] == "win"]
        if wins:
            first, entered = (min(each[name] for each in wins) for name in ("decided_at", "entered_at"))
            yield Event("completion", key, first, entered, initiator=starter)
        elif any(each["outcome"] is None for each in mine):
            yield Event("completion", key, None, initiator=starter, happened=None)


def recipient(event: Event, role: str, tables: Tables) -> tuple[str | None, bool]:
    """Who holds a role at an event, and whether that is known. Nobody holds it: (None, True).

    A missing, self-, unknown or later-joined referrer or team leader is nobody. Of a person without a record
    the export does not say who stands above them.
    """
    who, _, above = role.partition(".")
    person = event.participant if who == "participant" else event.initiator
    if not above or person is None:
        return person, person is not None
    people = {one["participant_id"]: one for one in tables["participant"]}
    if person not in people:
        return None, False
    over = people[person].get(f"{above}_id")
    earlier = over in people and people[over]["joined_at"] <= people[person]["joined_at"]
    return (over if over != person and earlier else None), True


def owed(tables: Tables, rules: Row, zone: ZoneInfo, since: datetime | None = None) -> tuple[list[Owed], set[Award]]:
    """Every award owed, and those of which the export does not say what is owed.

    Recorded outcomes are facts: a second winner is owed the prize. Clauses bind from the first moment of the
    rules' first day until the first moment of the first day on which they no longer hold; what was entered before that moment
    and is decided after it they bind still.
    """
    found, undetermined = list[Owed](), set[Award]()
    effective = rules["effective"]
    begins, ends = (day and first_moment(day, zone) for day in (effective["from"], effective.get("to")))
    hidden = places_hidden(tables, rules, begins) if since and begins and begins < since else range(0)
    for event in events(tables, since, hidden, begins):
        if event.at and (event.at < begins or (ends and min(event.at, event.entered or event.at) >= ends)):
            continue
        for clause, award in rules["awards"].items():
            if award["on"] != event.kind or event.place > int(award.get("first", event.place)):
                continue
            payee, known = recipient(event, award["to"], tables)
            chosen = "choice" not in award or any(event.choice in option for option in award["choice"])
            unplaced = "first" in award and not event.place
            if not known or unplaced or event.happened is None or not chosen:
                undetermined.add((event.event, clause))
                continue
            options = award.get("choice") or [award["pays"]]
            due = award.get("due", rules.get("due"))
            for option in options:
                for asset, amount in option.items():
                    if payee and ("pays" in award or asset == event.choice):
                        late = event.at + span(due) if due and event.at else None
                        found.append(Owed(event.event, clause, payee, asset, Decimal(amount), late))
    return found, undetermined


def places_hidden(tables: Tables, rules: Row, begun: datetime) -> range:
    """Who cannot be said to be one of the first, where others may have joined before the export begins.

    Whoever was paid as one of the first was one, and so was everybody before them; whoever comes after as many as there are
    to be was none, and was paid by mistake.
    """
    clauses = {name: int(award["first"]) for name, award in rules["awards"].items() if "first" in award}
    people = [one.event for one in events(tables, begun=begun) if one.kind == "registration" and one.place > 0]
    paid = [max((people.index(one["ref"]) + 1 for one in tables["payment"]
                 if one["reason"] == name and one["ref"] in people[:first]), default=0)
            for name, first in clauses.items()]  # fmt: skip
    return range(min(paid, default=0) + 1, max(clauses.values(), default=0) + 1)


def span(text: str) -> timedelta:
    """A span of time such as 24h."""
    number = text.rstrip("smindh")
    return timedelta(**{UNITS[text.removeprefix(number)]: int(number)})


# The ledger against the awards

LADDER = [
    ("exact", ("event", "clause", "payee", "asset", "amount")),
    ("wrong_amount", ("event", "clause", "payee", "asset")),
    ("wrong_asset", ("event", "clause", "payee")),
    ("wrong_payee", ("event", "clause")),
]
Discrepancies = Counter[tuple[str, str, str, str, str, Decimal]]


TABLES = {"registration": {"participant"}, "start": {"activity"}, "entry": {"entry"}, "win": {"entry"}, "loss": {"entry"},
          "completion": {"activity", "entry"}}  # fmt: skip


def records_lost(tables: Tables, rules: Row) -> frozenset[str]:
    """The clauses of which the export itself shows that records of their events are missing from it."""
    people = {one["participant_id"] for one in tables["participant"]}
    activities = {one["activity_id"]: one["initiator_id"] for one in tables["activity"]}
    opened = defaultdict[str, set[int]](set)
    lost = set() if people.issuperset(activities.values()) else {"participant"}
    for one in tables["entry"]:
        lost |= set() if one["participant_id"] in people else {"participant"}
        lost |= set() if one["activity_id"] in activities else {"activity"}
        if 1 <= one.get("position", 0) <= int(rules["draw"]["boxes"]):
            opened[one["activity_id"]].add(one["position"])
    lost |= {"entry"} if any(len(found) < max(found) for found in opened.values()) else set()
    return frozenset(name for name, award in rules["awards"].items() if TABLES[award["on"]] & lost)


def discrepancies(
    awards: Iterable[Owed],
    payments: Iterable[Row],
    until: datetime,
    *,
    undetermined: Iterable[Award] = (),
    known: set[str],
    lost: frozenset[str] = frozenset(),
    early: datetime | None = None,
    endless: frozenset[str] = frozenset(),
) -> Discrepancies:
    """Where the ledger differs from what is owed: kind, event, clause, payee, asset, amount at stake; counted.

    Each payment is held against the award it fits best, the earliest payment first. An award that no payment
    fits is missing once it is due before the end of the period (until); a payment that fits none is a
    duplicate where its payee has had this award already, else unexpected. Late is what settles an award after
    its time; a payment to somebody else, or of something else, settles nothing; payments that add up to an award
    settle it in parts; a payment of less than nothing takes back the last one of as much for the same, and is never late;
    one of nothing is no payment. undetermined: awards of which the export does not say what is owed. known: the events of the
    export; a payment for another proves nothing under a clause of which records are lost, or where it was made before
    `early` and may settle what came before the period, or under one of the `endless` clauses, which may settle it at
    any time.
    """
    unpaid, unmatched = defaultdict[Award, list[Owed]](list), defaultdict[Award, list[Row]](list)
    for award in awards:
        unpaid[award.event, award.clause].append(award)
    unknown = set(undetermined)
    for row in sorted(payments, key=lambda one: one["paid_at"]):
        key = event, clause = row["ref"], row["reason"]
        if key not in unknown and clause != "other":
            take(unmatched[key], {**row, "event": event, "clause": clause, "payee": row["payee_id"]})
    found: Discrepancies = Counter()
    for key in {*unpaid, *unmatched}:
        paid = set[str]()
        for kind, same in LADDER:
            for award, parts in list(in_parts(unpaid[key], unmatched[key])) if kind == "wrong_amount" else []:
                unpaid[key].remove(award)
                paid.add(award.payee)
                for one in parts:
                    unmatched[key].remove(one)
                    if award.due_at and one["paid_at"] > award.due_at:
                        found["late", *award[:4], one["amount"]] += 1
            for award in list(unpaid[key]):
                one = next((row for row in unmatched[key] if fits(row, award, same)), None)
                if one is None:
                    continue
                unpaid[key].remove(award)
                unmatched[key].remove(one)
                paid.add(award.payee)
                if kind != "exact":
                    stake = abs(one["amount"] - award.amount) if kind == "wrong_amount" else award.amount
                    found[kind, *award[:4], stake] += 1
                settled = kind in ("exact", "wrong_amount") and one["amount"] >= 0
                if settled and award.due_at and one["paid_at"] > award.due_at:
                    found["late", *award[:5]] += 1
        for award in unpaid[key]:
            if award.due_at is None or award.due_at < until:
                found["missing", *award[:5]] += 1
        for one in unmatched[key]:
            kind = "duplicate" if one["payee"] in paid else "unexpected"
            before = (early is not None and one["paid_at"] < early) or one["clause"] in endless
            if one["amount"] and (one["event"] in known or not (one["clause"] in lost or before)):
                found[kind, *key, one["payee"], one["asset"], abs(one["amount"])] += 1
    return found


def take(payments: list[Row], row: Row) -> None:
    """Add a payment; one of less than nothing takes the last alike away instead, if there is one."""
    wanted = (row["payee"], row["asset"], -row["amount"])
    alike = [place for place, one in enumerate(payments) if (one["payee"], one["asset"], one["amount"]) == wanted]
    if row["amount"] < 0 and alike:
        del payments[alike[-1]]
    else:
        payments.append(row)


def in_parts(unpaid: list[Owed], unmatched: list[Row]) -> Iterator[tuple[Owed, list[Row]]]:
    """Awards that several payments to their payee add up to, where nothing else of the asset is owed to them."""
    for award in unpaid:
        mine = [one for one in unpaid if (one.payee, one.asset) == (award.payee, award.asset)]
        parts = [row for row in unmatched if fits(row, award, ("payee", "asset")) and row["amount"] > 0]
        if len(mine) == 1 and len(parts) > 1 and sum(row["amount"] for row in parts) == award.amount:
            yield award, parts


def fits(payment: Row, award: Owed, same: Iterable[str]) -> bool:
    """Whether a payment has these things in common with an award."""
    return all(payment[name] == getattr(award, name) for name in same)

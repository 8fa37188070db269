"""Whom rules are open to, and ranks reached by a package and members recruited, one person at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.reference.blind_box import span

Row = dict[str, Any]


def belongs(words: Row, person: Row, at: datetime) -> bool:
    """Whether somebody may belong to a group at a moment; an age on joining may have grown by a year at any time since."""
    for word, wanted in words.items():
        if word == "says":
            continue
        if word == "new":
            if at >= person["joined_at"] + span(wanted):
                return False
        elif word == "age":
            if int(person["age"]) + 1 + (at - person["joined_at"]).days // 365 < int(wanted["from"]):
                return False
        elif isinstance(wanted, dict):
            if person[word] in wanted["not"]:
                return False
        elif person[word] not in wanted:
            return False
    return True


def ranks_reached(
    rules: Row, orders: list[Row], above: Callable[[str], str | None]
) -> Iterator[tuple[str, str, datetime]]:
    """(rank, person, when) of a rank that is bought, and of ranks that take so many recruits of it; orders in time."""
    ranks = rules.get("ranks", {})
    bought = {name: one["bought"]["kind"] for name, one in ranks.items() if set(one) == {"says", "bought"}}
    grown = {name: one for name, one in ranks.items() if set(one) == {"says", "holds", "recruits"}}
    if not bought or len(bought) + len(grown) < len(ranks):
        return
    held: set[tuple[str, str]] = set()
    recruits: Counter[tuple[str, str]] = Counter()
    for order in orders:
        who, at = order["participant_id"], order["paid_at"]
        for name, kinds in bought.items():
            if order["kind"] in kinds and (name, who) not in held:
                held.add((name, who))
                recruits[name, above(who) or ""] += 1
                yield name, who, at
        for name, one in grown.items():
            for person in (who, above(who)):
                enough = all(recruits[rank, person or ""] >= int(count) for rank, count in one["recruits"].items())
                if person and enough and (one["holds"], person) in held and (name, person) not in held:
                    held.add((name, person))
                    yield name, person, at


def outsiders(rules: Row, tables: dict[str, list[Row]]) -> dict[tuple[str, str], Counter[str]]:
    """Orders of people to whom the campaign is closed, what they were paid for them, and minors among them."""
    words = rules.get("eligible")
    people = {one["participant_id"]: one for one in tables["participant"]}
    found: dict[tuple[str, str], Counter[str]] = {}
    mine = {one["purchase_id"]: one for one in tables.get("purchase", [])
            if words and not belongs(words, people[one["participant_id"]], one["paid_at"])}  # fmt: skip
    buyers = {one["participant_id"] for one in mine.values()}
    never = buyers - {one["participant_id"] for one in tables.get("purchase", []) if one["purchase_id"] not in mine}
    for one in mine.values():
        _add(found, "orders", one["amount"])
        if int(people[one["participant_id"]]["age"]) < 17:
            found["minors_among_buyers", "ages"] = Counter()
    for one in tables["payment"] if mine else []:
        own = one["ref"] in mine and mine[one["ref"]]["participant_id"] == one["payee_id"]
        if own or (one["ref"] == one["payee_id"] and one["payee_id"] in never):
            _add(found, "awards", one["amount"])
    return found


def _add(found: dict[tuple[str, str], Counter[str]], what: str, amount: Decimal) -> None:
    found.setdefault(("outsiders_took_part", what), Counter())["CNY"] += amount  # type: ignore[assignment]

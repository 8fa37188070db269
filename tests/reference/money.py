"""Row by row and slowly: what each reward was paid for, and what each member paid and received. Shares no code with audit/.

Rows are dicts with text ids and integer amounts. Orders of kind `package` buy entry; whoever recruited somebody or was paid by a
clause for those above takes part; other people's orders are sales to people outside.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

Row = dict[str, Any]
ABOVE = ("first", "second")


def inviter(people: dict[str, Row], person: str) -> str | None:
    """The referrer, unless missing, oneself, unknown or joined later."""
    above = people[person]["referrer"] if person in people else None
    if above is None or above == person or above not in people:
        return None
    return above if people[above]["joined"] <= people[person]["joined"] else None


def edges(people: dict[str, Row], orders: list[Row], payments: list[Row]) -> Counter[tuple[Any, ...]]:
    """(person, payee, clause, source, step) → sum of the amounts."""
    found: Counter[tuple[Any, ...]] = Counter()
    members = {inviter(people, person) for person in people} | {p["payee"] for p in payments if p["clause"] in ABOVE}
    for payment in payments:
        if payment["clause"] == "other":
            continue
        order = next((one for one in orders if one["id"] == payment["ref"]), None)
        person, source = None, "untraced"
        if order is not None:
            person = order["buyer"]
            source = "entry" if order["kind"] == "package" else "own" if person in members else "outside"
        step: int | None = -1
        if payment["clause"] == "back":  # paid for one's own order: nobody stands above anybody
            step = None
        elif person is not None and payment["payee"] == person:
            step = 0
        elif person is not None and (one := inviter(people, person)) is not None:
            if payment["payee"] == one:
                step = 1
            elif payment["payee"] == inviter(people, one):
                step = 2
        found[person, payment["payee"], payment["clause"], source, step] += payment["amount"]
    return found


def members(people: dict[str, Row], orders: list[Row], payments: list[Row]) -> dict[str, tuple[int, int]]:
    """person → (paid, received), of the registered who paid or received anything."""
    found = {}
    for person in people:
        paid = sum(one["amount"] for one in orders if one["buyer"] == person)
        received = sum(one["amount"] for one in payments if one["payee"] == person and one["clause"] != "other")
        if paid or received:
            found[person] = (paid, received)
    return found

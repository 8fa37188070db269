"""What rules of ranks come to in numbers: the standings, the kinds of order they count, and the roles that clauses name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from audit.engine import literal
from audit.rules import Award, DayPool, Difference, Income, PartFrozen, Released, Rules, clauses_by_time
from audit.rules.ranks import Bought, Rank, Tree
from audit.rules.scalars import span_of
from audit.scope import Scope

TOO_LARGE = 1 << 62  # what loops over the tree count in 64 bits must stay below it
ANY_ORDER = 61  # the bit that every order bears
WHOLE = (DayPool, Difference, Income, PartFrozen, Released)  # payments whose amount is worked out in the event itself


def key_of(name: str, award: Award) -> str:
    """The kind of event that a clause bears on: `order`, or more closely `order>participant.nearest.agent`."""
    key = base_of(award)
    if any(isinstance(pay, WHOLE) for pay in (award.pays or {}).values()):
        return f"{key}>{name}"
    return f"{key}>{award.to}" if ".nearest." in award.to else key


def base_of(award: Award) -> str:
    """The kind of event itself: `order`, `milestone>ten-below`."""
    return f"{award.on}>{award.reaches}" if award.reaches else award.on


def is_held(award: Award) -> bool:
    """Whether the event itself names whom the clause pays."""
    return key_of("", award) != base_of(award)


@dataclass(frozen=True)
class Role:
    """Who is asked for: on a kind of event, above somebody, along a path of standings (-1: the referrer)."""

    base: str
    person: str
    path: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """The ranks and milestones of some rules, numbered."""

    rules: Rules

    @cached_property
    def standings(self) -> dict[str, Rank]:
        """Ranks, then milestones."""
        return {**self.rules.ranks, **self.rules.milestones}

    @cached_property
    def number(self) -> dict[str, int]:
        """Each standing's number."""
        return {name: place for place, name in enumerate(self.standings)}

    @property
    def tree(self) -> Tree:
        """Where recruits stand; without a declaration, under their referrer."""
        return self.rules.tree or Tree()

    @cached_property
    def kinds(self) -> list[Bought]:
        """The kinds of order that some standing counts; each has a bit."""
        found: list[Bought] = []
        for rank in self.standings.values():
            for one in (rank.bought, rank.orders.when if rank.orders else None):
                if one is not None and one not in found:
                    found.append(one)
        return found

    def bit(self, kind: Bought | None) -> int:
        """The bit of a kind of order, as a mask."""
        return 1 << (ANY_ORDER if kind is None else self.kinds.index(kind))

    @cached_property
    def clauses(self) -> list[tuple[str, Award, Rules]]:
        """Every clause of every version, with the rules as they stood."""
        return clauses_by_time(self.rules)

    @cached_property
    def incomes(self) -> list[tuple[str, Award, Rules]]:
        """The clauses that pay a percentage of income."""
        return [one for one in self.clauses if any(isinstance(pay, Income) for pay in (one[1].pays or {}).values())]

    @cached_property
    def roles(self) -> list[Role]:
        """Every role that some clause pays and the tree must be asked for."""
        found: list[Role] = []
        for _, award, _ in self.clauses:
            for role in self.roles_of(award):
                if role not in found:
                    found.append(role)
        return found

    def roles_of(self, award: Award) -> Iterator[Role]:
        """The roles of one clause."""
        person, _, above = award.to.partition(".")
        for pay in (award.pays or {}).values():
            if isinstance(pay, Difference):
                yield from (Role(base_of(award), person, (self.number[rank],)) for rank in pay.difference)
                return
        if ".nearest." in award.to and person != "earner":
            yield Role(base_of(award), person, self.path(above))

    def path(self, above: str) -> tuple[int, ...]:
        """A path such as `nearest.agent.nearest.agent` or `referrer` in numbers."""
        return tuple(-1 if word == "referrer" else self.number[word] for word in above.split(".") if word != "nearest")

    def above(self, rank: str) -> list[str]:
        """The ranks that cannot be reached without this one."""
        found: list[str] = []
        for name, one in self.rules.ranks.items():
            if one.holds == rank or one.holds in found:
                found.append(name)
        return found


def within(era: Rules, scope: Scope, alias: str) -> str:
    """Whether an event falls into a version's time, as SQL; one of unknown time may."""
    since, until = scope.moment(era.effective.from_), scope.moment(era.effective.to)
    return f"coalesce({alias}.event_at >= {since} AND coalesce({alias}.event_at < {until}, true), true)"


def matches(kind: Bought | None, alias: str) -> str:
    """Whether an order is of a kind, as SQL."""
    parts = [
        f"coalesce({alias}.{column} IN ({', '.join(map(literal, names))}), false)"
        for column, names in (("item", kind.item if kind else None), ("kind", kind.kind if kind else None))
        if names
    ]
    return " AND ".join(parts) or "true"


def numbers_of(plan: Plan) -> dict[str, list[list[int]] | list[int]]:
    """What every standing takes, as the tables of whole numbers that climb.Needs describes."""
    number, ranks = plan.number, list(plan.standings.values())
    direct_of = sorted({number[name] for rank in ranks for name in rank.recruits})
    line_of = sorted({number[name] for rank in ranks for name in rank.lines})
    each, orders = [], []
    for place, rank in enumerate(ranks):
        for numbers, name in rank.each.items():
            each.append([place, span_of(numbers)[0], span_of(numbers)[-1], number[name]])
        if rank.orders:
            under = span_of(rank.orders.under) if rank.orders.under else range(0)
            ends = [under[0], under[-1]] if under else [1, 0]
            orders.append([place, rank.orders.count, *ends, plan.bit(rank.orders.when)])
    by_number = {value: name for name, value in number.items()}
    return {
        "bought": [plan.bit(rank.bought) if rank.bought else 0 for rank in ranks],
        "holds": [1 << number[rank.holds] if rank.holds else 0 for rank in ranks],
        "direct_of": direct_of,
        "direct": [[rank.recruits.get(by_number[of], 0) for of in direct_of] for rank in ranks],
        "line_of": line_of,
        "line": [[rank.lines.get(by_number[of], 0) for of in line_of] for rank in ranks],
        "each": each,
        "orders": orders,
        "filled": [rank.filled or 0 for rank in ranks],
    }

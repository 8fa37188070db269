"""Ranks, trees, pools and help funds, row by row and as slowly as it likes: dicts, lists and loops, no code of audit/.

Takes the rules as plain YAML gives them, people as {"id", "referrer", "at"}, orders as {"id", "user", "item", "kind", "price",
"at"} and withdrawals as {"id", "user", "amount", "at"}, with ids for people and naive local times. After every event everybody
is looked at again; whoever is asked for is looked for by walking up.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any, NamedTuple

ROUNDING = {"down": ROUND_DOWN, "half-up": ROUND_HALF_UP, "up": ROUND_UP}
Row = dict[str, Any]


class Owed(NamedTuple):
    """One award; amount in units, payee None where nobody holds the role."""

    at: datetime
    payee: str | None
    asset: str
    amount: Decimal
    clause: str
    event: str


class World:
    """Everything known so far."""

    def __init__(
        self, rules: Row, people: list[Row], orders: list[Row], withdrawals: list[Row], until: datetime
    ) -> None:
        self.rules, self.people, self.orders, self.withdrawals, self.until = rules, people, orders, withdrawals, until
        self.ranks = {**rules.get("ranks", {}), **rules.get("milestones", {})}
        self.tree = rules.get("tree") or {}
        self.referrer = true_referrers(people)
        self.recruited: dict[str, list[str]] = {one["id"]: [] for one in people}  # directly, whoever registered
        for one, above in self.referrer.items():
            if above:
                self.recruited[above].append(one)
        self.held: dict[str, dict[str, datetime]] = {one["id"]: {} for one in people}
        self.bought: dict[str, list[Row]] = {one["id"]: [] for one in people}
        self.recruits: dict[str, list[str]] = {one["id"]: [] for one in people}  # in order of becoming one
        self.place: dict[str, str | None] = {}
        self.below: dict[str, list[str]] = {one["id"]: [] for one in people}  # in the matrix
        self.registered: set[str] = set()
        self.fresh: set[tuple[str, str]] = set()
        self.enlisted: list[str] = []
        self.pots: dict[str, Decimal] = {}
        self.owed: list[Owed] = []

    def run(self) -> World:
        """Everything that happened, in its order."""
        happened = [(one["at"], 0, (len(one["id"]), one["id"]), one) for one in self.people]  # 9 before 10
        happened += [(one["at"], 1, (len(one["id"]), one["id"]), one) for one in self.orders]
        happened.sort(key=lambda one: one[:3])
        for at, is_order, _, row in happened:
            self.fresh, self.enlisted = set(), []
            if is_order and row["user"] in self.bought:
                self.bought[row["user"]].append(row)
            elif not is_order:
                self.registered.add(row["id"])
                if not self.tree.get("recruit"):
                    self.enlist(row["id"])
            self.rise(at)
            if is_order and row["user"] in self.bought:
                self.pay("order", row["id"], at, row["user"], row)
            for person in self.enlisted:
                self.pay(
                    "recruit", person, at, person, {}, number=self.recruits[self.referrer[person]].index(person) + 1
                )
            for person, standing in sorted(self.fresh):
                on = "milestone" if standing in self.rules.get("milestones", {}) else "rank-reached"
                self.pay(on, person, at, person, {}, standing)
        self.fresh = set()
        for day in days(self.orders, self.held, self.until):
            self.day_end(day)
        self.pay_withdrawals()
        return self

    def rise(self, at: datetime) -> None:
        """Give ranks until nobody rises any more; those just given are fresh: they are held only from the next event on."""
        risen = True
        while risen:
            risen = False
            for person in self.registered:
                for standing, rank in self.ranks.items():
                    if standing not in self.held[person] and self.meets(person, rank):
                        self.held[person][standing] = at
                        self.fresh.add((person, standing))
                        risen = True
                        if standing == self.tree.get("recruit"):
                            self.enlist(person)

    def holds(self, person: str, standing: str) -> bool:
        """Whether somebody held a rank before this event."""
        return standing in self.held[person] and (person, standing) not in self.fresh

    def meets(self, person: str, rank: Row) -> bool:
        """Whether somebody has all that a rank takes."""
        if "bought" in rank and not any(is_kind(order, rank["bought"]) for order in self.bought[person]):
            return False
        if "holds" in rank and rank["holds"] not in self.held[person]:
            return False
        for wanted, count in rank.get("recruits", {}).items():
            if sum(wanted in self.held[one] for one in self.recruited[person]) < count:
                return False
        for wanted, count in rank.get("lines", {}).items():
            if sum(any(wanted in self.held[one] for one in self.line(top)) for top in self.recruited[person]) < count:
                return False
        for numbers, wanted in rank.get("each", {}).items():
            for number in range(*ends(numbers)):
                if len(self.recruits[person]) < number or wanted not in self.held[self.recruits[person][number - 1]]:
                    return False
        if "orders" in rank:
            tops = [person]
            if "under" in rank["orders"]:
                first, last = ends(rank["orders"]["under"])
                tops = self.recruits[person][first - 1 : last - 1]
            below = [one for top in tops for one in self.line(top) if one != top]
            count = sum(is_kind(order, rank["orders"].get("when", {})) for one in below for order in self.bought[one])
            if count < rank["orders"]["count"]:
                return False
        if "filled" in rank:
            level = [person]
            for _ in range(rank["filled"]):
                level = [one for above in level for one in self.below[above]]
            if len(level) < self.tree["matrix"]["width"] ** rank["filled"]:
                return False
        return True

    def line(self, top: str) -> list[str]:
        """Somebody and everybody below, along referrers."""
        found = [top]
        for one in found:
            found += self.recruited[one]
        return found

    def enlist(self, person: str) -> None:
        """Make somebody a recruit: number and place them."""
        above = self.referrer[person]
        self.place[person] = above
        if above is None:
            return
        self.recruits[above].append(person)
        self.enlisted.append(person)
        if "matrix" in self.tree:
            queue = [above]
            for one in queue:
                if len(self.below[one]) < self.tree["matrix"]["width"]:
                    self.below[one].append(person)
                    self.place[person] = one
                    break
                queue += self.below[one]
        hand = self.tree.get("hand-over")
        if hand and len(self.recruits[above]) <= hand["first"]:
            found = self.nearest(above, hand["to"])
            self.place[person] = above if found is None and hand["otherwise"] == "recruiter" else found

    def above(self, person: str) -> str | None:
        """Who stands directly above somebody now."""
        return self.place[person] if person in self.place else self.referrer[person]

    def nearest(self, person: str | None, rank: str) -> str | None:
        """The nearest above somebody who held a rank before this event."""
        person = self.above(person) if person else None
        while person and not self.holds(person, rank):
            person = self.above(person)
        return person

    def walk(self, person: str | None, path: list[str]) -> str | None:
        """The end of a path such as nearest.agent.nearest.agent."""
        words = list(path)
        while words and person:
            if words[0] == "nearest":
                person = self.nearest(person, words[1])
                words = words[2:]
            else:
                person = self.referrer[person]
                words = words[1:]
        return person

    def pay(self, on: str, event: str, at: datetime, person: str, order: Row, standing: str | None = None,
            number: int = 0) -> None:  # fmt: skip
        """Every clause but percentages of income; then those, of what each of the others came to."""
        earned: dict[str, list[Owed]] = {}
        awards = self.rules["awards"].items()
        for clause, award in awards:
            if award["on"] != on or award.get("reaches") != standing or not is_kind(order, award.get("when", {})):
                continue
            if number and not ends(award.get("nth", "1-1000"))[0] <= number < ends(award.get("nth", "1-1000"))[1]:
                continue
            base, *path = award["to"].split(".")
            for asset, pay in award.get("pays", {}).items():
                step = Decimal(self.rules["assets"][asset]["step"])
                if base == "earner" or (isinstance(pay, dict) and "released" in pay):
                    continue
                if isinstance(pay, dict) and "difference" in pay:
                    spent, got, above = Decimal(0), dict[str, Decimal](), self.above(person)
                    while above:
                        best = max(
                            (Decimal(m) for rank, m in pay["difference"].items() if self.holds(above, rank)),
                            default=spent,
                        )
                        if best > spent:
                            got[above] = best - spent
                            spent = best
                        above = self.above(above)
                    rows = [Owed(at, payee, asset, amount, clause, event) for payee, amount in got.items()]
                else:
                    amount = Decimal(pay) if not isinstance(pay, dict) else percent(order["price"], pay, step)
                    rows = [Owed(at, self.walk(person, path), asset, amount, clause, event)]
                earned[clause] = rows
                self.owed += rows
        for clause, award in awards:
            if award["on"] == on and award["to"].startswith("earner") and is_kind(order, award.get("when", {})):
                self.pay_income(clause, award, earned, event, at)

    def pay_income(self, clause: str, award: Row, earned: dict[str, list[Owed]], event: str, at: datetime) -> None:
        """A percentage of what each recipient earned; compounding, of what they got by this very clause too."""
        ((asset, pay),) = award["pays"].items()
        step = Decimal(self.rules["assets"][asset]["step"])
        incomes: dict[str, Decimal] = {}
        for name in pay["of"]:
            for one in earned.get(name, []):
                if one.payee and one.asset == asset and one.amount > 0:
                    incomes[one.payee] = incomes.get(one.payee, Decimal(0)) + one.amount
        path = award["to"].split(".")[1:]
        waiting = list(incomes)
        while waiting:
            # somebody to whom nobody else who waits can pass anything up any more
            person = next(
                one for one in waiting if not any(one in self.chain(other, path) for other in waiting if other != one)
            )
            waiting.remove(person)
            if "earner" in pay and not self.holds(person, pay["earner"]):
                continue
            payee, amount = self.walk(person, path), percent(incomes[person], pay, step)
            self.owed.append(Owed(at, payee, asset, amount, clause, event))
            if pay["compounding"] and payee and amount > 0:
                incomes[payee] = incomes.get(payee, Decimal(0)) + amount
                waiting += [payee] if payee not in waiting else []

    def chain(self, person: str | None, path: list[str]) -> list[str]:
        """Everybody a path leads to, taken again and again."""
        found: list[str] = []
        while person := self.walk(person, path):
            found.append(person)
        return found

    def day_end(self, day: date) -> None:
        """Share every pool at 24:00."""
        midnight = datetime.combine(day + timedelta(days=1), datetime.min.time())
        for clause, award in awards_on(self.rules, day).items():
            if award["on"] != "day-end":
                continue
            ((asset, pay),) = award["pays"].items()
            step = Decimal(self.rules["assets"][asset]["step"])
            fed = sum(order["at"].date() == day and is_kind(order, award.get("when", {})) for order in self.orders)
            pot = self.pots.get(clause, Decimal(0)) + fed * Decimal(pay["per-order"])
            rank = award["to"].split(".")[-1]
            above = ranks_above(self.rules["ranks"], rank) if "exactly" in award["to"] else []
            holders = [
                person
                for person, held in self.held.items()
                if rank in held
                and held[rank] < midnight
                and not any(one in held and held[one] < midnight for one in above)
            ]
            share = (pot / step // len(holders)) * step if holders else Decimal(0)
            self.pots[clause] = pot - share * len(holders)
            self.owed += [Owed(midnight, one, asset, share, clause, day.isoformat()) for one in holders]

    def pay_withdrawals(self) -> None:
        """Withdrawals less what is frozen, and what is released."""
        frozen: dict[tuple[str, str], Decimal] = {}
        for clause, award in self.rules["awards"].items():
            for asset, pay in award.get("pays", {}).items():
                if award["on"] != "withdrawal" or not isinstance(pay, dict) or "freeze" not in pay:
                    continue
                for one in self.withdrawals:
                    free = self.held[one["user"]].get(pay["until"])
                    step = Decimal(self.rules["assets"][asset]["step"])
                    kept = Decimal(0)
                    if free is None or one["at"] <= free:
                        kept = percent(one["amount"], {**pay, "percent": pay["freeze"]}, step)
                        frozen[clause, one["user"]] = frozen.get((clause, one["user"]), Decimal(0)) + kept
                    self.owed.append(Owed(one["at"], one["user"], asset, one["amount"] - kept, clause, one["id"]))
        for clause, award in self.rules["awards"].items():
            for asset, pay in award.get("pays", {}).items():
                if isinstance(pay, dict) and "released" in pay:
                    for person, held in self.held.items():
                        if award["reaches"] in held:
                            amount = frozen.get((pay["released"], person), Decimal(0))
                            self.owed.append(Owed(held[award["reaches"]], person, asset, amount, clause, person))


def awards_on(rules: Row, day: date) -> Row:
    """The clauses in force on a day."""
    found = dict(rules["awards"])
    for version in rules.get("versions", []):
        found |= version["awards"] if day.isoformat() >= version["from"] else {}
    return {name: award for name, award in found.items() if award is not None}


def true_referrers(people: list[Row]) -> dict[str, str | None]:
    """Who recruited whom: not oneself, nobody unknown, nobody who joined later, nobody in a ring."""
    joined: dict[str, datetime] = {}
    named: dict[str, str | None] = {}
    for one in people:
        if one["id"] not in joined:
            joined[one["id"]], named[one["id"]] = one["at"], one["referrer"]
    found: dict[str, str | None] = {}
    for one, above in named.items():
        known = above in joined and above != one and joined[above] <= joined[one]
        step, seen = above, [one]
        while known and step in joined and step not in seen:
            seen.append(step)
            step = named[step]
        found[one] = above if known and step != one else None
    return found


def is_kind(order: Row, when: Row) -> bool:
    return all(order.get(key) in when[key] for key in ("item", "kind") if key in when)


def ends(numbers: str | int) -> tuple[int, int]:
    """First number, and the one after the last."""
    first, _, last = str(numbers).partition("-")
    return int(first), int(last or first) + 1


def percent(amount: Decimal, pay: Row, step: Decimal) -> Decimal:
    exact = amount * Decimal(pay["percent"]) / 100 / step
    return exact.to_integral_value(ROUNDING[pay["rounding"]]) * step


def ranks_above(ranks: Row, rank: str) -> list[str]:
    """Ranks that need this one, and those that need them."""
    found = [rank]
    for one in found:
        found += [name for name, other in ranks.items() if other.get("holds") == one]
    return found[1:]


def days(orders: list[Row], held: dict[str, dict[str, datetime]], until: datetime) -> list[date]:
    """Every day that ended by then, from the first event on."""
    moments = [order["at"] for order in orders] + [at for one in held.values() for at in one.values()]
    if not moments:
        return []
    first = min(moments).date()
    return [first + timedelta(days=number) for number in range((until.date() - first).days)]


def owed(rules: Row, people: list[Row], orders: list[Row], withdrawals: list[Row], until: datetime) -> list[Owed]:
    """Every award that the rules owe somebody."""
    world = World(rules, people, orders, withdrawals, until).run()
    return [one for one in world.owed if one.payee and one.amount > 0]

"""Awards → who is owed what, under which clause, since when. Clauses are rows; one SELECT applies them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import product

from audit.engine import Loop, Step, literal
from audit.replay.eligible import held_open
from audit.replay.events import event_steps
from audit.replay.funds import fund_steps, funds_of
from audit.replay.joining import above, depth_of
from audit.replay.ranked import WHOLE, Plan, is_held, key_of
from audit.replay.ranked_events import income_steps, ranked_steps
from audit.rules import Award, Income, Ladder, Rules, Share, Split, Unlock, clauses_by_time, eras
from audit.rules.awards import Pay
from audit.rules.scalars import span_of
from audit.rules.units import Units, share_of
from audit.scope import Scope

COLUMNS = {
    "clause": "VARCHAR", "on_event": "VARCHAR", "role": "VARCHAR", "asset": "VARCHAR",
    "amount": "DECIMAL(38, 0)", "share_num": "HUGEINT", "share_den": "HUGEINT", "share_add": "HUGEINT",
    "split": "VARCHAR", "fund": "VARCHAR", "is_choice": "BOOLEAN",
    "place_from": "BIGINT", "place_to": "BIGINT", "every": "BIGINT", "item": "VARCHAR", "kind": "VARCHAR",
    "due_seconds": "BIGINT", "from_at": "TIMESTAMPTZ", "to_at": "TIMESTAMPTZ", "is_dated": "BOOLEAN",
}  # fmt: skip
EVERYONE = ("entrants", "everyone-so-far", "everyone-in-the-end")
DUE = ("award_earned", "award_raised", "award_due")
Cells = dict[str, str]


def award_steps(rules: Rules, scope: Scope, *, played: bool) -> list[Step | Loop]:
    """The clauses, the events they bear on, and `expected_award`; played says that entries were replayed."""
    rows = [{**row, "is_dated": str(is_dated(rules, era, scope)).lower()}
            for name, award, era in clauses_by_time(rules) for row in _rows(name, award, era, scope)]  # fmt: skip
    funds = funds_of(rules)
    wanted: dict[str, int] = {}
    for row in rows:
        on = row["on_event"].strip("'")
        wanted[on] = max(wanted.get(on, 0), int(row.get("place_to", "0")))
    numbered = {on.partition(">")[0] for on, last in wanted.items() if last or funds}  # a fund is fed in the order of places
    steps: list[Step | Loop] = [
        _clauses(rows),
        *_exceptions(rules, scope),
        *event_steps(rules, scope, wanted, numbered, played=played),
    ]
    plan, depth, excepted = Plan(rules), depth_of(rules), bool(exceptions_of(rules))
    steps += ranked_steps(plan, scope, depth)
    if plan.incomes:
        steps += [_union("event_earning", steps), _due(depth, rows, excepted, "award_earned", "event_earning")]
        steps += income_steps(plan, scope, depth)
    overtime = scope.ended(rules.effective.to) if any(one.name == "decided_overtime" for one in steps) else ""
    steps += [_union("event", steps), _due(depth, rows, excepted, "award_raised" if funds else "award_due", overtime=overtime)]
    steps = [replace(one, sql=held_open(one.sql, rules, scope)) if isinstance(one, Step) and one.name in DUE else one
             for one in steps]  # fmt: skip
    return [*steps, *(fund_steps(funds, rules, scope) if funds else []), _expected()]


def _union(name: str, steps: list[Step | Loop]) -> Step:
    """All events made so far."""
    parts = [step.name for step in steps if step.name.startswith("event_") and step.name != "event_earning"]
    return Step(name, "\nUNION ALL\n".join(f"SELECT * FROM {part}" for part in parts))


def exceptions_of(rules: Rules) -> list[tuple[str, str]]:
    """(exception, the clause that it overrides), of all versions."""
    return sorted(
        {(name, other) for era in eras(rules) for name, award in era.awards.items() for other in award.overrides}
    )


def is_dated(rules: Rules, era: Rules, scope: Scope) -> bool:
    """Whether a clause that stood as in era bears on some of the campaign only, so that an event must have its moment."""
    return bool(scope.ended(rules.effective.to)) or era.effective != rules.effective


def _clauses(rows: list[Cells]) -> Step:
    """A row for each clause as it stood, asset, item and kind; a share of an order is (base * num + add) // den, in steps."""
    body = ",\n    ".join("(" + ", ".join(row.get(name, "NULL") for name in COLUMNS) + ")" for row in rows)
    casts = ",\n    ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in COLUMNS.items())
    return Step("clause", f"SELECT {casts}\nFROM (VALUES\n    {body}\n) AS listed({', '.join(COLUMNS)})", "table")


def _exceptions(rules: Rules, scope: Scope) -> list[Step]:
    """Which clause takes the place of which, in which version."""
    rows = [f"({literal(name)}, {literal(other)}, {scope.moment(era.effective.from_)})"
            for name, award, era in clauses_by_time(rules) for other in award.overrides]  # fmt: skip
    sql = f"SELECT clause, overridden, from_at\nFROM (VALUES {', '.join(rows)}) AS listed(clause, overridden, from_at)"
    return [Step("exception", sql)] if rows else []


def _rows(name: str, award: Award, rules: Rules, scope: Scope) -> Iterator[Cells]:
    due = award.due if award.due is not None else rules.due
    places = span_of(award.nth) if award.nth else range(1, award.first + 1) if award.first else None
    when = None if award.on == "day-end" else award.when  # of a pool, it says which orders feed it
    # a day ends at the next midnight, but is of its own version
    ended = " + INTERVAL 1 MICROSECOND" if award.on == "day-end" else ""
    items = dict.fromkeys((when.item if when else None) or (None,))
    kinds = dict.fromkeys(((when.kind or when.prize) if when else None) or (None,))
    for option in [award.pays] if award.pays is not None else list(award.choice or ()):
        for (asset, pay), item, kind in product(option.items(), items, kinds):
            cells = {
                "clause": literal(name),
                "on_event": literal(_event_of(name, award, pay)),
                "role": literal("holder" if is_held(award) else award.to),
                "asset": literal(asset),
                "is_choice": str(award.choice is not None).lower(),
                "every": literal(award.every),
                "item": literal(item),
                "kind": literal(kind),
                "due_seconds": literal(int(due.total_seconds()) if due is not None else None),
                "from_at": scope.moment(rules.effective.from_) + ended,
                "to_at": scope.moment(rules.effective.to) + ended,
            }
            for paid, counts in _pay(pay, Units.of(asset, rules.assets[asset].step)):
                span = span_of(counts) if counts else places
                bounds = {"place_from": literal(span[0]), "place_to": literal(span[-1])} if span else {}
                yield {**cells, **paid, **bounds}


def _event_of(name: str, award: Award, pay: Pay) -> str:
    """The event of a clause: what is shared falls to each place, what everyone gets to each entry at each milestone."""
    if award.to.startswith("everyone"):
        return f"milestone/{name}/{award.every}/{award.to}"
    if award.to == "entrants":
        return "share drawn" if isinstance(pay, Split) and pay.split == "random" else "place filled"
    return key_of(name, award)


def _pay(pay: Pay, units: Units) -> Iterator[tuple[Cells, str | None]]:
    """(cells of the clause, counts it is for): an amount in steps, a share with its rounding, or what a pot is split by."""
    if isinstance(pay, Decimal):
        yield {"amount": str(units.steps(pay))}, None
    elif isinstance(pay, Ladder):
        for counts, amount in pay.ladder.items():
            yield {"amount": str(units.steps(amount))}, counts
    elif isinstance(pay, Split):
        yield {"amount": str(units.steps(pay.pot)), "split": literal(pay.odd or "random")}, None
    elif isinstance(pay, Unlock):
        unlocked = {"amount": str(units.steps(pay.unlock))} if isinstance(pay.unlock, Decimal) else {}
        yield {**unlocked, "fund": literal(pay.from_)}, None
    elif isinstance(pay, Share | Income):
        parts = share_of(pay.percent, pay.rounding)
        yield dict(zip(("share_num", "share_den", "share_add"), map(str, parts), strict=True)), None
    elif isinstance(pay, WHOLE):  # the event's base is the amount
        yield {"share_num": "1", "share_den": "1", "share_add": "0"}, None
    else:  # undeclared: the amount is not known
        yield {}, None


def bears(clause: str, unknown: str, overtime: str) -> str:
    """Whether a clause bears on the event e, for what the event says of itself; unknown: what an unknown cell counts as.

    overtime is the end of the rules, where w tells that e was entered before it and decided after.
    """
    still = f" OR ({clause}.to_at = {overtime} AND w.event IS NOT NULL)" if overtime else ""
    tests = [
        f"({clause}.place_to IS NULL OR coalesce(e.place BETWEEN {clause}.place_from AND {clause}.place_to, {unknown}))",
        f"({clause}.every IS NULL OR coalesce(e.place % {clause}.every = 0, {unknown}))",
        f"({clause}.item IS NULL OR coalesce({clause}.item = e.item, {unknown}))",
        f"({clause}.kind IS NULL OR coalesce({clause}.kind = e.kind, {unknown}))",
        f"coalesce(e.event_at >= {clause}.from_at, {unknown} OR NOT {clause}.is_dated)",
        f"({clause}.to_at IS NULL OR coalesce(e.event_at < {clause}.to_at, {unknown} OR NOT {clause}.is_dated){still})",
    ]
    return "\n    AND ".join(tests)


def _excepted(unknown: str, overtime: str) -> str:
    """Whether an exception bears on the event in the place of the clause c; of an order, whoever above is paid."""
    same = "(o.on_event = e.on_event OR (split_part(o.on_event, '>', 1) = 'order' AND split_part(e.on_event, '>', 1) = 'order'))"
    return (
        "EXISTS (SELECT 1 FROM exception AS x JOIN clause AS o ON o.clause = x.clause AND o.from_at = x.from_at\n"
        f"    WHERE x.overridden = c.clause AND {same}\n    AND {bears('o', unknown, overtime)})"
    )


def _due(depth: int, rows: list[Cells], excepted: bool, name: str, events: str = "event", *, overtime: str = "") -> Step:
    """Every clause on every event it bears on, with its recipient and whether that is owed, unheld or unknown."""
    paid = {"holder": ("e.participant", "false")}
    paid |= dict.fromkeys(EVERYONE, ("e.participant", "e.participant IS NULL"))
    for who in ("participant", "initiator"):
        paid[who] = (f"e.{who}", f"e.{who} IS NULL")
        for held in above(depth):
            level = held.rpartition("_")[2]
            path = ".team_leader" if held == "team_leader" else ".referrer" * int(level)
            paid[who + path] = (f"e.{who}_{held}", f"e.{who}_known IS NULL OR e.{who}_{held}_unknown")
    roles = sorted({row["role"].strip("'") for row in rows})
    payees = [f"WHEN '{role}' THEN {paid[role][0]}" for role in roles]
    unknowns = [f"WHEN '{role}' THEN {paid[role][1]}" for role in roles]
    payee, unknown = "\n        ".join(payees), "\n        ".join(unknowns)
    has = {column: any(row.get(column, "NULL") != "NULL" for row in rows) for column in COLUMNS}
    foreign = _foreign(rows)
    open_ = [
        "e.unseen OR e.event IS NULL OR (c.is_dated AND e.event_at IS NULL)",
        f"(c.is_choice AND (e.choice IS NULL{foreign}))",
        "(c.share_den IS NOT NULL AND e.base IS NULL)" if has["share_den"] else "",
        "(c.split IS NOT NULL AND e.base IS NULL)" if has["split"] else "",
        "(c.amount IS NULL AND c.share_den IS NULL)" if any("amount" not in row for row in rows) else "",
        "(c.item IS NOT NULL AND e.item IS NULL)" if has["item"] else "",
        "(c.kind IS NOT NULL AND e.kind IS NULL)" if has["kind"] else "",
        "(c.place_to IS NOT NULL AND e.place IS NULL)" if has["place_to"] else "",
        "(c.every IS NOT NULL AND e.place IS NULL)" if has["every"] else "",
        _excepted("true", overtime) if excepted else "",
        f"CASE c.role\n        {unknown}\n    END",
    ]
    where = [bears("c", "true", overtime), f"(NOT c.is_choice OR e.choice IS NULL OR e.choice = c.asset{foreign})"]
    where += ["(c.share_den IS NULL OR coalesce(e.base_asset, c.asset) = c.asset)"] if has["share_den"] else []
    where += [f"NOT {_excepted('false', overtime)}"] if excepted else []
    return Step(
        name,
        "SELECT e.event, c.clause, c.on_event, c.asset,\n"
        f"    {_amount(has)} AS amount,\n"
        "    e.event_at, e.event_at + c.due_seconds * INTERVAL 1 SECOND AS due_at,\n"
        f"    CASE c.role\n        {payee}\n    END AS payee,\n"
        + ("    c.fund, c.role, e.place, " if name == "award_raised" else "    ")
        + "\n        OR ".join(one for one in open_ if one)
        + " AS unknown\n"
        f"FROM {events} AS e\n"
        "JOIN clause AS c ON c.on_event = e.on_event\n"
        + ("LEFT JOIN decided_overtime AS w ON w.event = e.event AND w.on_event = e.on_event\n" if overtime else "")
        + "WHERE " + "\n    AND ".join(where),
    )


def _foreign(rows: list[Cells]) -> str:
    """Or the choice told is none of the clause's own; empty where every choice is among the same options."""
    own = dict[tuple[str, str], set[str]]()
    for row in rows:
        if row["is_choice"] == "true":
            own.setdefault((row["clause"], row["from_at"]), set()).add(row["asset"])
    told = [f"c.clause = {clause} AND c.from_at = {from_at} AND e.choice IN ({', '.join(sorted(assets))})"
            for (clause, from_at), assets in own.items()]  # fmt: skip
    alike = len({frozenset(assets) for assets in own.values()}) < 2
    return "" if alike else f" OR NOT ({' OR '.join(told)})"


def _amount(has: dict[str, bool]) -> str:
    """The amount in steps: as declared, a share of the event's base, or a place's part of a pot."""
    cases = []
    if has["split"]:
        whole = "CAST(c.amount AS HUGEINT)"
        cases += [
            "WHEN c.split = 'random' THEN e.base",
            "WHEN c.split IS NOT NULL  -- the steps that do not divide go to the lowest or to the highest positions\n"
            f"            THEN CAST({whole} // CAST(e.base AS HUGEINT) + CASE\n"
            f"                WHEN c.split = 'lowest-positions' AND e.place <= {whole} % CAST(e.base AS HUGEINT)\n"
            f"                OR c.split = 'highest-positions' AND e.place > e.base - {whole} % CAST(e.base AS HUGEINT)\n"
            "                THEN 1 ELSE 0 END AS DECIMAL(38, 0))",
        ]
    if has["share_den"]:
        cases.append(
            "WHEN c.share_den IS NOT NULL\n"
            "            THEN CAST((CAST(e.base AS HUGEINT) * c.share_num + c.share_add) // c.share_den AS DECIMAL(38, 0))"
        )
    # + 0: DuckDB 2.0.0 stops on an error of its own where a CASE hands on a column of a joined table in some rows alone
    return "CASE " + "\n        ".join(cases) + "\n        ELSE c.amount + 0\n    END" if cases else "c.amount"


def _expected() -> Step:
    return Step(
        "expected_award",
        "-- a share that rounds to nothing is owed to nobody\n"
        "SELECT event, clause, CAST(NULL AS VARCHAR) AS outcome,\n"
        "    1 AS chance_num, 1 AS chance_den, payee, asset, amount, due_at, event_at\n"
        "FROM award_due\nWHERE NOT unknown AND payee IS NOT NULL AND amount > 0",
    )

"""Awards → who is owed what, under which clause, since when. Clauses are rows; one SELECT applies them all."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import product

from audit.engine import Step, literal
from audit.replay.events import above, event_steps
from audit.rules import Award, Group, Rules, Share, Split
from audit.rules.records import span_of
from audit.rules.units import Units
from audit.scope import Scope

COLUMNS = (
    "clause", "on_event", "role", "asset", "amount", "share_num", "share_den", "share_add",
    "split", "is_choice", "place_from", "place_to", "item", "kind", "due_seconds",
)  # fmt: skip


def award_steps(rules: Rules, scope: Scope, *, played: bool) -> list[Step]:
    """The clauses, the events they bear on, and `expected_award`; played says that entries were replayed."""
    depth = max(award.to.count(".referrer") for award in rules.awards.values())
    events = event_steps(rules, scope, played=played)
    return [_clauses(rules, scope), *events, _due(max(1, depth)), _expected()]


def _clauses(rules: Rules, scope: Scope) -> Step:
    """A row for each clause, asset, item and kind; a share of an order is (base * num + add) // den, in steps."""
    rows = [row for name, award in rules.awards.items() for row in _rows(name, award, rules)]
    body = ",\n    ".join("(" + ", ".join(row) + ")" for row in rows)
    span = rules.effective
    return Step(
        "clause",
        "SELECT clause, on_event, role, asset, CAST(amount AS DECIMAL(38, 0)) AS amount,\n"
        "    CAST(share_num AS HUGEINT) AS share_num, CAST(share_den AS HUGEINT) AS share_den,\n"
        "    CAST(share_add AS HUGEINT) AS share_add, CAST(split AS HUGEINT) AS split, is_choice,\n"
        "    CAST(place_from AS BIGINT) AS place_from, CAST(place_to AS BIGINT) AS place_to,\n"
        "    CAST(item AS VARCHAR) AS item, CAST(kind AS VARCHAR) AS kind, CAST(due_seconds AS BIGINT) AS due_seconds,\n"
        f"    {scope.moment(span.from_)} AS from_at, {scope.moment(span.to)} AS to_at\n"
        f"FROM (VALUES\n    {body}\n) AS listed({', '.join(COLUMNS)})",
        "table",
    )


def _rows(name: str, award: Award, rules: Rules) -> Iterator[list[str]]:
    due = award.due if award.due is not None else rules.due
    places = span_of(award.nth) if award.nth else range(1, award.first + 1) if award.first else None
    options = [award.pays] if award.pays is not None else list(award.choice or ())
    items = (award.when.item if award.when else None) or (None,)
    kinds = (award.when.kind if award.when else None) or (None,)
    for option in options:
        for (asset, pay), item, kind in product(option.items(), items, kinds):
            yield [
                literal(name), literal("place filled" if award.to == "entrants" else award.on), literal(award.to),
                literal(asset), *_pay(pay, asset, rules),
                str(award.choice is not None).lower(),
                literal(places[0] if places else None), literal(places[-1] if places else None),
                literal(item), literal(kind), literal(int(due.total_seconds()) if due is not None else None),
            ]  # fmt: skip


def _pay(pay: Decimal | Share | Split, asset: str, rules: Rules) -> tuple[str, str, str, str, str]:
    """(amount, num, den, add, split): an amount in steps, a share with its rounding, or a pot and its places."""
    units = Units.of(asset, rules.assets[asset].step)
    if isinstance(pay, Split):
        places = rules.draw.size if isinstance(rules.draw, Group) else 1
        return str(units.steps(pay.pot)), "NULL", "NULL", "NULL", str(places)
    if not isinstance(pay, Share):
        return str(units.steps(pay)), "NULL", "NULL", "NULL", "NULL"
    share = Fraction(pay.percent) / 100
    num, den = share.numerator, share.denominator
    if pay.rounding == "half-up":
        return "NULL", str(2 * num), str(2 * den), str(den), "NULL"
    return "NULL", str(num), str(den), str(den - 1 if pay.rounding == "up" else 0), "NULL"


def _due(depth: int) -> Step:
    """Every clause on every event it bears on, with its recipient and whether that is owed, unheld or unknown."""
    payees, unknowns = ["WHEN 'entrants' THEN e.participant"], ["WHEN 'entrants' THEN e.participant IS NULL"]
    for who in ("participant", "initiator"):
        payees.append(f"WHEN '{who}' THEN e.{who}")
        unknowns.append(f"WHEN '{who}' THEN e.{who} IS NULL")
        for name in above(depth):
            level = name.rpartition("_")[2]
            path = ".team_leader" if name == "team_leader" else ".referrer" * int(level)
            payees.append(f"WHEN '{who}{path}' THEN e.{who}_{name}")
            unknowns.append(f"WHEN '{who}{path}' THEN e.{who}_known IS NULL OR e.{who}_{name}_unknown")
    payee, unknown = "\n        ".join(payees), "\n        ".join(unknowns)
    return Step(
        "award_due",
        "SELECT e.event, c.clause, c.on_event, c.asset,\n"
        "    CASE WHEN c.split IS NOT NULL  -- the steps that do not divide go to the lowest positions\n"
        "            THEN CAST(CAST(c.amount AS HUGEINT) // c.split + CASE WHEN e.place <= CAST(c.amount AS HUGEINT) % c.split\n"
        "                THEN 1 ELSE 0 END AS DECIMAL(38, 0))\n"
        "        WHEN c.share_den IS NULL THEN c.amount\n"
        "        ELSE CAST((CAST(e.base AS HUGEINT) * c.share_num + c.share_add) // c.share_den AS DECIMAL(38, 0))\n"
        "    END AS amount,\n"
        "    e.event_at, e.event_at + c.due_seconds * INTERVAL 1 SECOND AS due_at,\n"
        f"    CASE c.role\n        {payee}\n    END AS payee,\n"
        "    e.unseen OR e.event IS NULL OR (c.is_choice AND e.choice IS NULL)\n"
        "        OR (c.share_den IS NOT NULL AND e.base IS NULL)\n"
        "        OR (c.item IS NOT NULL AND e.item IS NULL) OR (c.kind IS NOT NULL AND e.kind IS NULL)\n"
        f"        OR CASE c.role\n        {unknown}\n    END AS unknown\n"
        "FROM event AS e\n"
        "JOIN clause AS c ON c.on_event = e.on_event\n"
        "WHERE (c.place_to IS NULL OR e.place BETWEEN c.place_from AND c.place_to)\n"
        "    AND coalesce(c.item = e.item, true) AND coalesce(c.kind = e.kind, true)\n"
        "    AND (c.share_den IS NULL OR coalesce(e.base_asset, c.asset) = c.asset)\n"
        "    AND (NOT c.is_choice OR e.choice IS NULL OR e.choice = c.asset)\n"
        "    AND (e.event_at IS NULL OR e.event_at >= c.from_at)\n"
        "    AND (e.event_at IS NULL OR c.to_at IS NULL OR e.event_at < c.to_at)",
    )


def _expected() -> Step:
    return Step(
        "expected_award",
        "-- a share that rounds to nothing is owed to nobody\n"
        "SELECT event, clause, CAST(NULL AS VARCHAR) AS outcome,\n"
        "    1 AS chance_num, 1 AS chance_den, payee, asset, amount, due_at, event_at\n"
        "FROM award_due\nWHERE NOT unknown AND payee IS NOT NULL AND amount > 0",
    )

"""What a case's tables show by the reference, as the findings that must come of it: (check, subject) → amount by asset."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.reference import blind_box, mechanisms
from tests.reference.eligible import outsiders
from tests.reference.mechanisms import Row, Tables

CHECKS = {"missing": "payout_missing", "late": "payout_late", "duplicate": "payout_unexpected",
          "unexpected": "payout_unexpected"}  # fmt: skip
Found = dict[tuple[str, str], Counter[str]]


def payouts(tables: Tables, rules: Row, case: Row) -> Found:
    """The ledger against what is owed, summed by check, clause and asset."""
    zone = ZoneInfo(case["timezone"])
    owed, unknown = mechanisms.owed(tables, rules, zone)
    owed = [one._replace(event=f"{one.event} {one.step}") if one.step else one for one in owed]
    paid = [{**one, "ref": f"{one['ref']} {one['step']}"} if one.get("step") else one for one in tables["payment"]]
    known = {one.id for one in mechanisms.events(tables, rules, zone)} | {one.event for one in owed}
    until = blind_box.first_moment(case["period"]["to"], zone)
    differ = blind_box.discrepancies(owed, paid, until, undetermined=unknown, known=known)  # type: ignore[arg-type]
    found: Found = {}
    for (kind, _, clause, _, asset, stake), times in differ.items():
        found.setdefault((CHECKS.get(kind, "payout_wrong"), clause), Counter())[asset] += stake * times  # type: ignore[assignment]
    return found


def orders(tables: Tables, rules: Row) -> Found:
    """Prices, coupons and deposits."""
    found: Found = {}
    charged = mechanisms.charges(tables, rules) if "order" in rules else {}
    for one in tables.get("purchase", []):
        due = charged.get(one["purchase_id"])
        if due and due.price != one["amount"]:
            found.setdefault(("price_differs", "orders"), Counter())["CNY"] += abs(due.price - one["amount"])
        if due and not due.coupon_good:
            found.setdefault(("coupon_misspent", one["coupon"]), Counter())[one["coupon"]] += 1
        if due and not due.deposit_good:
            found.setdefault(("deposit_misused", "deposits"), Counter())["CNY"] += 20  # type: ignore[assignment]
    return found


def pots(tables: Tables, rules: Row) -> Found:
    """Random shares against their pot and the least that each must be."""
    found: Found = {}
    (pot,) = [pay for award in rules["awards"].values() for pay in award["pays"].values()
              if isinstance(pay, dict) and pay.get("split") == "random"] or [None]  # fmt: skip
    for mine in mechanisms.entries_by_activity(tables).values() if pot else []:
        shares = [one["share"] for one in mine]
        if len(mine) == int(rules["draw"]["size"]):
            wrong = abs(Decimal(pot["pot"]) - sum(shares)) + sum(max(0, Decimal(pot["least"]) - one) for one in shares)
            if wrong:
                found.setdefault(("split_differs", "envelope"), Counter())["CNY"] += wrong
    return found


def draws(tables: Tables, rules: Row) -> Found:
    """Wins that cannot be, entries of those who had entered, wins of entries that nobody made."""
    found: Found = {}
    kind = rules.get("draw", {}).get("kind")
    entries = {one["entry_id"] for one in tables.get("entry", [])}
    if any(one["entry_id"] not in entries for one in tables.get("outcome", [])):
        found["links_broken", "outcome.entry_id"] = Counter()
        found["impossible_outcome", "wrong count of winners"] = Counter()
    if kind == "raffle" and 0 in mechanisms.win_chances(tables, rules).values():
        found["impossible_outcome", "won again"] = Counter()
    people = Counter((one["activity_id"], one["participant_id"]) for one in tables.get("entry", []))
    if rules.get("entry", {}).get("repeat") == "once" and max(people.values()) > 1:
        found["impossible_outcome", "entered again"] = Counter()
    return found


def undeclared(rules: Row) -> Found:
    return {
        ("amount_not_declared", clause): Counter()
        for clause, award in rules["awards"].items() for pay in award["pays"].values()
        if pay == "undeclared" or (isinstance(pay, dict) and pay.get("unlock") == "undeclared")
    }  # fmt: skip


def overdrafts(tables: Tables, rules: Row, zone: ZoneInfo) -> Found:
    """What was paid out of funds beyond what they held, each payment in turn; a fund is filled when that is owed."""
    found: Found = {}
    funds = mechanisms.funds_of(rules)
    opens = {clause: pay["from"] for clause, award in rules["awards"].items()
             for pay in award["pays"].values() if isinstance(pay, dict) and "unlock" in pay}  # fmt: skip
    moves: list[tuple[Any, int, str, str, str, str, Decimal]] = []
    for one in mechanisms.owed(tables, rules, zone)[0] if funds else []:
        if one.asset in funds and one.due_at:
            moves.append((one.due_at - blind_box.span(rules["due"]), 0, "", one.payee, one.asset, "", one.amount))
    for row in tables["payment"] if funds else []:
        if row["reason"] in opens:
            moves.append(
                (
                    row["paid_at"],
                    1,
                    row["payment_id"],
                    row["payee_id"],
                    opens[row["reason"]],
                    row["asset"],
                    -row["amount"],
                )
            )
    balance: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for _, out, _, payee, fund, asset, amount in sorted(moves):
        beyond = -amount - balance[payee, fund]
        if out and beyond > 0:
            found.setdefault(("release_above_fund", fund), Counter())[asset] += beyond  # type: ignore[assignment]
        balance[payee, fund] = max(Decimal(0), balance[payee, fund] + amount)
    return found


def verdicts(folder: Path) -> Found:
    """Every FAIL that a played case must have, screens aside."""
    case, rules = blind_box.read_yaml(folder / "case.yaml"), blind_box.read_yaml(folder / "rules.yaml")
    tables, zone = blind_box.read_tables(folder), ZoneInfo(case["timezone"])
    return {
        **payouts(tables, rules, case), **orders(tables, rules), **pots(tables, rules), **draws(tables, rules),
        **undeclared(rules), **overdrafts(tables, rules, zone), **outsiders(rules, tables),
    }  # fmt: skip

"""What the played cases expect, checked by the slow reference: no more and no less, to the cent, without audit."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import FIXTURES, expected, maker
from tests.reference import blind_box, mechanisms
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


@pytest.mark.parametrize("name", sorted(maker().CASES))
def test_what_a_played_case_expects_is_what_the_reference_finds(name: str) -> None:
    folder: Path = FIXTURES / name
    case, rules = blind_box.read_yaml(folder / "case.yaml"), blind_box.read_yaml(folder / "rules.yaml")
    tables = blind_box.read_tables(folder)
    found: dict[tuple[str, str], Any] = {}
    parts = (
        payouts(tables, rules, case),
        orders(tables, rules),
        pots(tables, rules),
        draws(tables, rules),
        undeclared(rules),
    )
    for part in parts:
        found |= part
    if ("payout_unexpected", "release") in found:  # what the ledger shows beyond a fund's balance: see the play itself
        found["release_above_fund", "shopping-fund"] = None
    wanted = {(one["check"], one["subject"]): one.get("amount", {}) for one in expected(folder)}
    assert set(found) == set(wanted)
    for key, amount in found.items():
        if amount is not None:
            assert {asset: Decimal(one) for asset, one in amount.items()} == {
                a: Decimal(one) for a, one in wanted[key].items()
            }

"""Rings planted among a hundred thousand accounts, and households that must not be accused."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from audit.people import people_steps
from audit.rules import read_rules
from audit.scope import Scope
from checks.people import weighed
from tests.conftest import FIXTURES, Auditor

RINGS = (3, 5, 10, 20, 50)


def crowd(folder: Path) -> list[str]:
    """100,000 accounts in households of one to four; 9,000 groups of three; rings that win wherever they enter."""
    rng = Random(7)
    folder.mkdir()
    users = [f"A{n:06d}" for n in range(100_000)]
    identities, place, home = [], 0, 0
    while place < len(users):
        home += 1
        for user in users[place : place + rng.randrange(1, 5)]:
            identities.append((user, "address", f"{home} High Street"))
            place += 1
    rings, start = [], 90_000
    for number, size in enumerate(RINGS):
        members = users[start : start + 7 * size : 7]
        start += 7 * size + 50
        rings.append(members)
        identities += [(user, "payment-account", f"purse {number} {turn // 2}") for turn, user in enumerate(members)]
        identities += [(user, "device", f"phone {number} {(turn + 1) // 2}") for turn, user in enumerate(members)]
    entries, groups = [], []
    planted = [(ring, turn) for ring in rings for turn in range(max(24, len(ring)))]
    for number in range(9_000):
        three = rng.sample(users[:89_000], 3)
        winner = rng.randrange(3)
        if number < len(planted):
            ring, turn = planted[number]
            three[winner] = ring[turn % len(ring)]
        groups.append((f"G{number}", three[0]))
        entries += [
            (f"G{number}-{n}", f"G{number}", n + 1, user, "win" if n == winner else "loss")
            for n, user in enumerate(three)
        ]
    for name, head, rows in (("users", ["u"], [[u] for u in users]), ("ids", ["u", "k", "v"], identities),
                             ("groups", ["g", "u"], groups), ("entries", ["e", "g", "n", "u", "o"], entries)):  # fmt: skip
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([head, *rows])
    (folder / "rules.yaml").write_text("campaign: crowd\neffective: {from: 2024-01-01}\nassets: {CNY: {step: '0.01'}}\n"
                                       "draw: {kind: group, size: 3, winners: 1}\n")  # fmt: skip
    at: dict[str, str] = {"value": "2024-01-02 00:00:00"}
    case: dict[str, Any] = {"case": "crowd", "timezone": "UTC", "tables": {
        "participant": {"file": "users.csv", "columns": {"participant_id": "u"}},
        "identity": {"file": "ids.csv", "columns": {"participant_id": "u", "kind": "k", "value": "v"}},
        "activity": {"file": "groups.csv", "columns": {"activity_id": "g", "initiator_id": "u", "started_at": at}},
        "entry": {"file": "entries.csv", "columns": {"entry_id": "e", "activity_id": "g", "position": "n", "participant_id": "u",
                                                      "entered_at": at}},
        "outcome": {"file": "entries.csv", "columns": {"entry_id": "e", "outcome": "o"}},
    }}  # fmt: skip
    (folder / "case.yaml").write_text(json.dumps(case))
    return [min(ring) for ring in rings]


def test_rings_are_found_and_no_household_is_accused(tmp_path: Path, audited: Auditor) -> None:
    heads = crowd(tmp_path / "crowd")
    audit, findings = audited(tmp_path / "crowd")
    found = [one for one in findings if one.check == "wins_concentrated_in_clusters"]
    clusters = dict(audit.engine.rows("SELECT participant_id, cluster FROM account_cluster"))
    assert {one.subject for one in found} == {f"cluster of {clusters[head]}" for head in heads}
    assert all(one.rows and one.basis == "screen" for one in found)


def test_a_bet_on_a_cluster_is_what_it_says(audited: Auditor) -> None:
    """The evidence of the planted ring, worked out again entry by entry."""
    _, findings = audited(FIXTURES / "tea-club" / "rigged-ring")
    lead = next(one for one in findings if one.check == "wins_concentrated_in_clusters")
    members = {row["participant_id"] for row in lead.rows}
    groups: dict[str, list[tuple[int, str, bool]]] = {}
    with (FIXTURES / "tea-club" / "rigged-ring" / "entries.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            groups.setdefault(row["团编号"], []).append((int(row["位次"]), row["参团人"], row["结果"] == "win"))
    total = 0.0
    for factor in (1.5, 2, 3, 5, 10, 30, 100):
        log_e = 0.0
        for entries in groups.values():
            inside = sum(user in members for _, user, _ in entries)
            hit = any(won and user in members for _, user, won in entries)
            if inside:
                log_e += math.log((factor if hit else 1) * 3 / (inside * factor + 3 - inside))
        total += math.exp(log_e) / 7
    assert lead.e_value is not None
    assert math.isclose(lead.e_value, total, rel_tol=1e-9)


def test_records_that_cannot_be_are_no_evidence() -> None:
    """More hits than winners, more winners than places: a fault of the records, found elsewhere, and a bet of 0 here."""
    laws = [(10, 2, 3, 1), (10, 2, 3, 3), (10, 12, 3, 1), (10, 9, 3, 0)]
    rows = duckdb.sql(f"FROM ({weighed(laws, (2, 100))}) AS p").fetchall()
    assert [bool(any(bets)) for *_, a, b in rows for bets in [(a, b)]] == [True, False, False, False]


def test_linked_family_of_staff_is_noted_and_not_lit(audited: Auditor) -> None:
    _, findings = audited(FIXTURES / "tea-club" / "honest")
    staff = next(one for one in findings if one.check == "staff_among_winners")
    assert staff.verdict == "PASS"
    assert "won 5 (staff's own 0)" in staff.text.en


@pytest.mark.parametrize("round_of", ["AB", "ABC"])
@pytest.mark.parametrize(("rounds", "returns"), [(2, 2), (3, 3), (3, 1)])
def test_money_that_went_round_three_times(
    round_of: str, rounds: int, returns: int, tmp_path: Path, audited: Auditor
) -> None:
    """Two rounds are two, whoever is taken for the first; payments that come back once are one round."""
    rows, minute = [], 0
    for turn in range(rounds):
        steps = list(zip(round_of, round_of[1:] + round_of[0], strict=True))
        for payer, payee in steps if turn < returns else steps[:-1]:
            minute += 7
            rows.append([f"P{minute}", payer, payee, "5.00", f"2024-01-02 {minute // 60:02d}:{minute % 60:02d}:00"])
    with (tmp_path / "pay.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["p", "from", "to", "a", "t"], *rows])
    (tmp_path / "rules.yaml").write_text(
        "campaign: circle\neffective: {from: 2024-01-01}\nassets: {CNY: {step: '0.01'}}\n"
    )
    columns = {
        "payment_id": "p",
        "payer_id": "from",
        "payee_id": "to",
        "asset": {"value": "CNY"},
        "amount": "a",
        "paid_at": "t",
    }
    case = {"case": "circle", "timezone": "UTC", "tables": {"payment": {"file": "pay.csv", "columns": columns}}}
    (tmp_path / "case.yaml").write_text(json.dumps(case))
    _, findings = audited(tmp_path)
    (one,) = (one for one in findings if one.check == "money_goes_in_circles")
    lit = returns == 3
    assert one.verdict == ("FAIL" if lit else "PASS")
    assert [row["rounds"] for row in one.rows] == ([3] if lit else [])
    if lit:
        told = [one.rows[0][f"{place}_account"] for place in ("first", "second", "third")]
        assert told == [*round_of, *[None] * (3 - len(round_of))]


SPELT = [
    ("address", "Flat 1, 2 Main Street", "flat 1 2, main street", True),
    ("address", "Flat 1, 2 Main Street", "Flat 12 Main Street", False),
    ("address", "人民路12号3-501", "人民路１２号　３－５０１", True), ("address", "人民路 1-2-3-4", "人民路 12-34", False),
    ("address", "人民路 1-2-3-4", "人民路 1/2/3/4", True), ("address", "人民路12号501室", "人民路12号502室", False),
    ("address", "Main Street 12 B", "main street 12b", True), ("payment-account", "6222 0213-44", "６２２２０２１３４４", True),
    ("device", "a[b]c\\d-e_f/g", "abcdefg", True),
    ("device", "AB:CD:12:34", "abcd1234", True), ("device", "D-1", "D-2", False),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "one", "other", "same"), SPELT, ids=[f"{one}|{other}" for _, one, other, _ in SPELT])
def test_what_two_accounts_share_is_spelling_aside_and_no_more(kind: str, one: str, other: str, same: bool) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE identity (participant_id VARCHAR, kind VARCHAR, value VARCHAR)")
    connection.executemany("INSERT INTO identity VALUES (?, ?, ?)", [("U1", kind, one), ("U2", kind, other)])
    scope = Scope({"identity": frozenset({"participant_id", "kind", "value"})}, "UTC")
    rules, _ = read_rules(FIXTURES / "tea-club" / "honest" / "rules.yaml")
    (links,) = (step for step in people_steps(rules, scope) if step.name == "identity_link")
    assert bool(connection.execute(links.sql).fetchall()) == same

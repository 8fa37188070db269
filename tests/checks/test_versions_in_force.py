"""What happened under one version of the rules is judged by that version, and by no other."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
import yaml

from audit.finding import Finding
from tests.conftest import Auditor, failing

HEAD = """\
campaign: changes
effective: {from: 2022-03-01}
due: 24h
assets: {CNY: {step: "0.01"}}
"""
PERIOD = ("2022-03-01", "2022-05-01")
PEOPLE = """\
    participant_id referrer_id joined_at
    A - 2022-03-01T00:00:00
    B A 2022-03-01T00:00:01
    C A 2022-03-01T00:00:02
    """


def write(folder: Path, rules: str, period: tuple[str, str] = PERIOD, **tables: str) -> Path:
    """A case of these rules and tables: words in lines, the first line the columns, `-` an empty cell."""
    folder.mkdir()
    (folder / "rules.yaml").write_text(HEAD + rules, "utf-8")
    mapped = {}
    for table, text in tables.items():
        rows = [line.split() for line in text.strip().splitlines()]
        lines = [",".join("" if cell == "-" else cell for cell in row) for row in rows]
        (folder / f"{table}.csv").write_text("\n".join(lines) + "\n", "utf-8")
        mapped[table] = {"file": f"{table}.csv", "columns": {name: name for name in rows[0]}}
    case = {"case": "changes", "timezone": "Asia/Shanghai", "period": dict(zip(("from", "to"), period, strict=True))}
    (folder / "case.yaml").write_text(yaml.safe_dump({**case, "tables": mapped}), "utf-8")
    return folder


def about(findings: list[Finding], check: str) -> list[tuple[str, str]]:
    """(subject, verdict) of each finding of a check."""
    return [(one.subject, str(one.verdict)) for one in findings if one.check == check]


POOL = """\
ranks: {member: {bought: {kind: [package]}}}
awards:
  pool: {on: day-end, to: holders.member, pays: {CNY: {per-order: "10", shared: equal, rest: carried}}}
"""
LATER_POOL = """\
versions:
  - from: 2022-03-02
    awards: {pool: %s}
"""
PACKAGES = """\
    purchase_id participant_id item kind asset amount paid_at
    O1 A p package CNY 699 2022-03-01T09:00:00
    O2 B p package CNY 699 2022-03-02T09:00:00
    """
FIRST_DAY = """\
    payment_id paid_at payee_id asset amount reason ref
    Y1 2022-03-02T01:00:00 A CNY 10 pool 2022-03-01
    """


def test_the_pool_of_the_last_day_is_due_under_the_version_of_that_day(tmp_path: Path, audited: Auditor) -> None:
    ends = POOL + LATER_POOL % "null"
    _, findings = audited(write(tmp_path / "ends", ends, participant=PEOPLE, purchase=PACKAGES, payment=FIRST_DAY))
    assert failing(findings) == []
    assert ("payouts", "PASS") in about(findings, "payout_unexpected")
    more = FIRST_DAY + "Y2 2022-03-03T01:00:00 A CNY 5 pool 2022-03-02"
    _, findings = audited(write(tmp_path / "goes-on", ends, participant=PEOPLE, purchase=PACKAGES, payment=more))
    assert failing(findings) == [("payout_unexpected", "pool")]
    _, findings = audited(
        write(tmp_path / "unpaid", ends, participant=PEOPLE, purchase=PACKAGES, payment=FIRST_DAY.replace("10", "9"))
    )
    assert failing(findings) == [("payout_wrong", "pool")]


def test_the_pool_of_a_last_day_keeps_its_deadline(tmp_path: Path, audited: Auditor) -> None:
    """The later version allows an hour; the day before it still has its twenty-four."""
    hour = '{on: day-end, to: holders.member, due: 1h, pays: {CNY: {per-order: "20", shared: equal, rest: carried}}}'
    second = "Y2 2022-03-03T00:59:00 A CNY 10 pool 2022-03-02\nY3 2022-03-03T00:59:00 B CNY 10 pool 2022-03-02"
    paid = FIRST_DAY.replace("T01:00", "T23:00") + second
    rules = POOL + LATER_POOL % hour
    _, findings = audited(write(tmp_path / "in-time", rules, participant=PEOPLE, purchase=PACKAGES, payment=paid))
    assert failing(findings) == []
    late = paid.replace("T00:59", "T01:01")
    _, findings = audited(write(tmp_path / "late", rules, participant=PEOPLE, purchase=PACKAGES, payment=late))
    assert failing(findings) == [("payout_late", "pool")]


ENTERED = """\
    entry_id participant_id entered_at asset paid
    E1 A 2022-03-05T00:00:00 CNY 5
    E2 B 2022-04-05T00:00:00 CNY 5
    """
TIMELESS = "\n".join(" ".join(line.split()[:2] + line.split()[3:]) for line in ENTERED.strip().splitlines())
BONUS = """\
entry: {stake: {CNY: "5"}}
awards: {bonus: {on: entry, to: participant, pays: {CNY: "1"}}}
versions:
  - from: 2022-04-01
    awards: {%s}
"""
MORE = 'bonus: {on: entry, to: participant, pays: {CNY: "2"}}'
PAID = """\
    payment_id paid_at payee_id asset amount reason ref
    Y1 2022-03-05T01:00:00 A CNY 1 bonus E1
    Y2 2022-04-05T01:00:00 B CNY 2 bonus E2
    """


def test_without_moments_no_version_is_chosen(tmp_path: Path, audited: Auditor) -> None:
    """What is owed is then open; an export with moments is judged."""
    rules = BONUS % MORE
    _, findings = audited(write(tmp_path / "open", rules, participant=PEOPLE, entry=TIMELESS, payment=PAID))
    assert failing(findings) == []
    assert ("bonus", "INCONCLUSIVE") in about(findings, "payout_missing")
    _, findings = audited(write(tmp_path / "told", rules, participant=PEOPLE, entry=ENTERED, payment=PAID))
    assert about(findings, "payout_missing") == [("payouts", "PASS")]
    wrong = PAID.replace("CNY 2", "CNY 1")
    _, findings = audited(write(tmp_path / "less", rules, participant=PEOPLE, entry=ENTERED, payment=wrong))
    assert failing(findings) == [("payout_wrong", "bonus")]


def test_without_moments_a_clause_that_never_changed_is_owed_once(tmp_path: Path, audited: Auditor) -> None:
    rules = BONUS % 'other: {on: order, to: participant, pays: {CNY: "1"}}'
    paid = PAID.replace("CNY 2", "CNY 1")
    _, findings = audited(write(tmp_path / "once", rules, participant=PEOPLE, entry=TIMELESS, payment=paid))
    assert ("payouts", "PASS") in about(findings, "payout_missing")
    assert failing(findings) == []
    _, findings = audited(write(tmp_path / "wrong", rules, participant=PEOPLE, entry=TIMELESS, payment=PAID))
    assert failing(findings) == [("payout_wrong", "bonus")]


def test_without_moments_it_is_open_whether_an_exception_or_its_clause_is_due(tmp_path: Path, audited: Auditor) -> None:
    rules = BONUS % 'double: {on: entry, to: participant, pays: {CNY: "2"}, overrides: [bonus]}'
    paid = PAID.replace("bonus E2", "double E2")
    _, findings = audited(write(tmp_path / "open", rules, participant=PEOPLE, entry=TIMELESS, payment=paid))
    assert failing(findings) == []
    _, findings = audited(write(tmp_path / "told", rules, participant=PEOPLE, entry=ENTERED, payment=paid))
    assert about(findings, "payout_missing") == [("payouts", "PASS")]
    assert failing(findings) == []


def test_without_moments_what_may_lie_after_the_rules_is_open(tmp_path: Path, audited: Auditor) -> None:
    one = 'entry: {stake: {CNY: "5"}}\nawards: {bonus: {on: entry, to: participant, pays: {CNY: "1"}}}\n'
    paid = PAID.replace("CNY 2", "CNY 1").rsplit("Y2", 1)[0]
    folder = write(tmp_path / "ended", one, participant=PEOPLE, entry=TIMELESS, payment=paid)
    rules = (folder / "rules.yaml").read_text("utf-8")
    (folder / "rules.yaml").write_text(rules.replace("2022-03-01}", "2022-03-01, to: 2022-04-01}"), "utf-8")
    _, findings = audited(folder)
    assert failing(findings) == []
    _, findings = audited(write(tmp_path / "lasting", one, participant=PEOPLE, entry=TIMELESS, payment=paid))
    assert failing(findings) == [("payout_missing", "bonus")]


TIERS = '{"1": {matches: [{a: 2}], prize: {CNY: "%d"}}, "2": {matches: [{a: 1}], prize: {CNY: "%d"}}}'
LOTTERY = f"""\
entry: {{stake: {{CNY: "2"}}}}
draw: {{kind: numbers, pools: {{a: {{from: 1, to: 10, pick: 2}}}}, tiers: {TIERS % (50, 3)}}}
versions:
  - from: 2022-04-01
    entry: {{stake: {{CNY: "3"}}}}
    draw: {{kind: numbers, pools: {{a: {{from: 1, to: 10, pick: 2}}}}, tiers: {TIERS % (80, 4)}}}
"""


def lottery(wrong: int = 0, less: int = 100) -> dict[str, str]:
    """A draw each evening, 6000 yuan staked on each; wrong: prizes of April as before; less: percent of April's winners told."""
    rng = Random(1)
    draws = ["draw_id drawn_at asset sales"]
    numbers, totals = ["draw_id pool ordinal number"], ["draw_id tier winners asset prize"]
    for day in range(61):
        at = datetime(2022, 3, 1, 20) + timedelta(days=day)
        late = at.month == 4
        draws.append(f"L{day} {at.isoformat()} CNY 6000")
        numbers += [f"L{day} a {place} {number}" for place, number in enumerate(rng.sample(range(1, 11), 2), 1)]
        prizes = (80, 4) if late and day - 31 >= wrong else (50, 3)
        for tier, chance, prize in (("1", 1 / 45, prizes[0]), ("2", 16 / 45, prizes[1])):
            bets = 2000 * less / 100 if late else 3000
            totals.append(f"L{day} {tier} {round(bets * chance * rng.uniform(0.9, 1.1))} CNY {prize}")
    return {"draw": "\n".join(draws), "drawn_number": "\n".join(numbers), "tier_total": "\n".join(totals)}


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (lottery(), []),
        (lottery(wrong=1), [("tier_prize_wrong", "tier 1"), ("tier_prize_wrong", "tier 2")]),
        (lottery(less=150), [("tier_winners_differ", "tiers")]),
    ],
    ids=["honest", "an old prize", "the old number of winners"],
)
def test_each_draw_of_numbers_is_judged_by_what_stood(
    made: dict[str, str], found: list[tuple[str, str]], tmp_path: Path, audited: Auditor
) -> None:
    _, findings = audited(write(tmp_path / "case", LOTTERY, **made))
    assert sorted(failing(findings)) == found
    if not found:
        assert about(findings, "tier_prize_wrong") == [("tier 1", "PASS"), ("tier 2", "PASS")]
        assert about(findings, "tier_winners_differ") == [("tiers", "PASS")]


def test_without_the_moments_of_draws_no_prize_is_held_against_them(tmp_path: Path, audited: Auditor) -> None:
    made = lottery()
    made["draw"] = "\n".join(" ".join(line.split()[:1] + line.split()[2:]) for line in made["draw"].splitlines())
    _, findings = audited(write(tmp_path / "case", LOTTERY, **made))
    assert failing(findings) == []
    assert about(findings, "tier_prize_wrong") == [("tier 1", "INCONCLUSIVE"), ("tier 2", "INCONCLUSIVE")]


ENVELOPE = 'awards: {envelope: {on: completion, to: entrants, pays: {CNY: {pot: "10", split: random, least: "%s"}}}}\n'
RAIN = f"""\
activity: {{}}
entry: {{stake: {{CNY: "5"}}}}
draw: {{kind: group, size: 3, winners: 1}}
{ENVELOPE % "0.01"}versions:
  - from: 2022-04-01
    {ENVELOPE % "3.00"}"""


@pytest.mark.parametrize("rigged", [False, True])
def test_envelopes_are_weighed_by_the_least_that_stood(rigged: bool, tmp_path: Path, audited: Auditor) -> None:
    """Every way to share is as likely, of 10 yuan as of the one that is left above the least; or April's first has most luck."""
    rng = Random(3)
    activities, entries = (
        ["activity_id initiator_id started_at"],
        ["entry_id activity_id participant_id position entered_at asset paid"],
    )
    outcomes = ["entry_id outcome share asset"]
    for number in range(400):
        late = number >= 200
        free, least = (100, 300) if late else (997, 1)
        one, two = sorted(rng.sample(range(1, free + 3), 2))
        parts = [one - 1, two - one - 1, free + 2 - two]
        parts = sorted(parts, reverse=True) if late and rigged else parts
        begun, winner = datetime(2022, 4 if late else 3, 2) + timedelta(minutes=5 * number), rng.randrange(3)
        activities.append(f"G{number} A {begun.isoformat()}")
        for place, (who, part) in enumerate(zip("ABC", parts, strict=True)):
            at = begun + timedelta(seconds=1 + place)
            entries.append(f"G{number}-{place} G{number} {who} {place + 1} {at.isoformat()} CNY 5")
            outcomes.append(f"G{number}-{place} {'win' if place == winner else 'loss'} {(least + part) / 100:.2f} CNY")
    made = {"activity": activities, "entry": entries, "outcome": outcomes}
    tables = {table: "\n".join(rows) for table, rows in made.items()}
    _, findings = audited(write(tmp_path / "case", RAIN, participant=PEOPLE, **tables))
    assert failing(findings) == ([("envelope_shares_differ", "envelope")] if rigged else [])
    if not rigged:
        assert about(findings, "envelope_shares_differ") == [("envelope", "PASS")]


REBATE = 'awards: {rebate: {on: entry, every: 2, to: %s, pays: {CNY: "1"}}}\n'
EVERYONE = f"""\
activity: {{}}
entry: {{stake: {{CNY: "5"}}}}
{REBATE % "everyone-so-far"}versions:
  - from: 2022-04-01
    {REBATE % "everyone-in-the-end"}"""
ROUNDS = "activity_id initiator_id started_at\nG1 A 2022-03-02T00:00:00\nG2 A 2022-04-02T00:00:00"
JOINED = """\
    entry_id activity_id participant_id position entered_at asset paid
    E1 G1 A 1 2022-03-02T00:00:01 CNY 5
    E2 G1 B 2 2022-03-02T00:00:02 CNY 5
    E3 G1 C 3 2022-03-02T00:00:03 CNY 5
    F1 G2 A 1 2022-04-02T00:00:01 CNY 5
    F2 G2 B 2 2022-04-02T00:00:02 CNY 5
    F3 G2 C 3 2022-04-02T00:00:03 CNY 5
    """
REBATES = """\
    payment_id paid_at payee_id asset amount reason ref
    Y1 2022-03-02T01:00:00 A CNY 1 rebate E1
    Y2 2022-03-02T01:00:00 B CNY 1 rebate E2
    Y3 2022-04-02T01:00:00 A CNY 1 rebate F1
    Y4 2022-04-02T01:00:00 B CNY 1 rebate F2
    Y5 2022-04-02T01:00:00 C CNY 1 rebate F3
    """


def test_a_milestone_is_owed_to_those_whom_the_version_names(tmp_path: Path, audited: Auditor) -> None:
    tables = {"participant": PEOPLE, "activity": ROUNDS, "entry": JOINED}
    _, findings = audited(write(tmp_path / "honest", EVERYONE, **tables, payment=REBATES))
    assert failing(findings) == []
    assert ("payouts", "PASS") in about(findings, "payout_missing")
    _, findings = audited(write(tmp_path / "unpaid", EVERYONE, **tables, payment=REBATES.rsplit("Y5", 1)[0]))
    assert failing(findings) == [("payout_missing", "rebate")]


@pytest.mark.parametrize(("first", "later", "found"), [("once", "unlimited", "R1"), ("unlimited", "once", "R2")])
def test_entering_again_is_judged_by_what_stood(
    first: str, later: str, found: str, tmp_path: Path, audited: Auditor
) -> None:
    """A enters both rounds twice, R1 in March and R2 in April; B enters once."""
    rules = f"""\
activity: {{}}
entry: {{stake: {{CNY: "5"}}, repeat: {first}}}
draw: {{kind: group, size: 3, winners: 1}}
versions:
  - from: 2022-04-01
    entry: {{stake: {{CNY: "6"}}, repeat: {later}}}
"""
    entries, outcomes = ["entry_id activity_id participant_id position entered_at asset paid"], ["entry_id outcome"]
    for name, day, stake in (("R1", "2022-03-02", 5), ("R2", "2022-04-02", 6)):
        for place, who in enumerate("ABA", 1):
            entries.append(f"{name}-{place} {name} {who} {place} {day}T00:00:0{place} CNY {stake}")
            outcomes.append(f"{name}-{place} {'win' if place == 2 else 'loss'}")
    activities = "activity_id initiator_id started_at\nR1 B 2022-03-02T00:00:00\nR2 B 2022-04-02T00:00:00"
    tables = {"participant": PEOPLE, "activity": activities, "outcome": "\n".join(outcomes)}
    folder = write(tmp_path / "case", rules, entry="\n".join(entries), **tables)
    _, findings = audited(folder)
    assert failing(findings) == [("impossible_outcome", "entered again")]
    (again,) = [one for one in findings if one.subject == "entered again"]
    assert [row["entry_id"] for row in again.rows] == [f"{found}-3"]
    kept = [row for row in entries if not row.startswith(f"{found}-")]
    (folder / "entry.csv").write_text("\n".join(row.replace(" ", ",") for row in kept) + "\n", "utf-8")
    told = [row for row in outcomes if not row.startswith(f"{found}-")]
    (folder / "outcome.csv").write_text("\n".join(row.replace(" ", ",") for row in told) + "\n", "utf-8")
    _, findings = audited(folder)
    assert failing(findings) == []


DEPOSITS = """\
order: {percent: {"1": "50"}, deposits: [deposit]}
versions:
  - from: 2022-04-01
    order: {percent: {"1": "50"}, deposits: []}
"""
ORDERS = """\
    purchase_id participant_id item kind asset amount paid_at list_price deposit_id
    O0 A x deposit CNY 10 2022-02-20T00:00:00 10 -
    O1 A x goods CNY 40 2022-03-06T00:00:00 100 O0
    O2 B x deposit CNY 10 2022-03-30T00:00:00 10 -
    O3 B x goods CNY 40 2022-04-06T00:00:00 100 O2
    O4 C x deposit CNY 50 2022-04-07T00:00:00 100 -
    O5 C x goods CNY 100 2022-04-08T00:00:00 100 -
    """


@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [
        ("C x deposit CNY 50", "C x deposit CNY 100", [("price_differs", "orders")]),
        ("C x goods CNY 100 2022-04-08T00:00:00 100 -", "C x goods CNY 50 2022-04-08T00:00:00 100 O4", [("deposit_misused", "deposits")]),
        ("B x goods CNY 40 2022-04-06T00:00:00 100 O2", "B x goods CNY 50 2022-04-06T00:00:00 100 -", [("deposit_misused", "deposits")]),
        ("", "", []),
    ],
    ids=["a full price", "no deposit any more", "a deposit kept", "honest"],
)  # fmt: skip
def test_what_a_deposit_is_depends_on_the_version(
    right: str, wrong: str, found: list[tuple[str, str]], tmp_path: Path, audited: Auditor
) -> None:
    """A's is from before the rules, B's is deducted after they changed; what C calls a deposit in April is an order like others."""
    orders = ORDERS.replace(right, wrong) if right else ORDERS
    people = PEOPLE.replace("2022-03-01", "2022-02-01")
    case = write(tmp_path / "case", DEPOSITS, ("2022-02-01", "2022-05-01"), participant=people, purchase=orders)
    _, findings = audited(case)
    assert failing(findings) == found


COUNTED = """\
order: {percent: {"1": "50"}}
awards:
  seed: {on: registration, first: 1, to: participant, pays: {CNY: "1"}}
  brought: {on: recruit, nth: 1, to: participant.referrer, pays: {CNY: "3"}}
  first-order: {on: order, nth: 1, to: participant, pays: {CNY: "2"}}
"""
MEMBERS = """\
    participant_id referrer_id joined_at
    A - 2022-01-01T00:00:00
    B A 2022-02-01T00:00:00
    C A 2022-03-02T00:00:00
    D A 2022-03-03T00:00:00
    """
BOUGHT = """\
    purchase_id participant_id item kind asset amount paid_at list_price
    O1 A x goods CNY 100 2022-02-05T00:00:00 100
    O2 A x goods CNY 50 2022-03-05T00:00:00 100
    O3 A x goods CNY 100 2022-03-06T00:00:00 100
    """
COUNTED_PAID = """\
    payment_id paid_at payee_id asset amount reason ref
    Y1 2022-03-02T01:00:00 C CNY 1 seed C
    Y2 2022-03-02T01:00:00 A CNY 3 brought C
    Y3 2022-03-05T01:00:00 A CNY 2 first-order O2
    """


def test_what_was_before_the_rules_does_not_count(tmp_path: Path, audited: Auditor) -> None:
    """The first of the campaign are paid, not the second; and prices count as payments do."""
    tables, period = {"participant": MEMBERS, "purchase": BOUGHT}, ("2022-01-01", "2022-05-01")
    _, findings = audited(write(tmp_path / "honest", COUNTED, period, **tables, payment=COUNTED_PAID))
    assert failing(findings) == []
    assert about(findings, "price_differs") == [("orders", "PASS")]
    second = (
        COUNTED_PAID.replace("C CNY 1 seed C", "D CNY 1 seed D").replace("brought C", "brought D").replace("O2", "O3")
    )
    _, findings = audited(write(tmp_path / "second", COUNTED, period, **tables, payment=second))
    assert {check for check, _ in failing(findings)} == {"payout_missing", "payout_unexpected"}
    assert {subject for _, subject in failing(findings)} == {"seed", "brought", "first-order"}


def test_entries_outside_the_rules_are_not_judged_by_them(tmp_path: Path, audited: Auditor) -> None:
    """February cost four, April six; March, when the rules were in force, five."""
    entered = """\
    entry_id participant_id entered_at asset paid
    E1 A 2022-02-20T00:00:00 CNY 4
    E2 A 2022-03-05T00:00:00 CNY 5
    E3 A 2022-04-05T00:00:00 CNY 6
    """
    stakes = {"honest": "CNY 5", "wrong": "CNY 4.99", "outside": "-"}
    found = {"honest": "PASS", "wrong": "FAIL", "outside": "NOT_APPLICABLE"}
    for name, stake in stakes.items():
        lines = [line.replace("CNY 5", stake) for line in entered.splitlines() if stake != "-" or "E2" not in line]
        tables = {"participant": MEMBERS, "entry": "\n".join(lines)}
        folder = write(tmp_path / name, 'entry: {stake: {CNY: "5"}}\n', ("2022-02-01", "2022-05-01"), **tables)
        rules = (folder / "rules.yaml").read_text("utf-8")
        (folder / "rules.yaml").write_text(rules.replace("2022-03-01}", "2022-03-01, to: 2022-04-01}"), "utf-8")
        _, findings = audited(folder)
        assert about(findings, "stake_differs") == [("entry", found[name])]


DRAWN = """\
activity: {}
entry: {stake: {CNY: "1"}}
draw: %s
awards: {prize: {on: win, to: participant, pays: {CNY: "3"}}}
versions: [{from: 2022-03-20, awards: {prize: {on: win, to: participant, pays: {CNY: "4"}}}}]
"""


@pytest.mark.parametrize(
    "draw",
    ["{kind: raffle, winners: 1, among: everyone, tickets: equal}", "{kind: group, size: 2, winners: 1}",
     "{kind: boxes, boxes: 2, prizes: {CNY: 1}, odds: uniform}", "{kind: chances, prizes: {star: {chance: '1/2'}}}"],
)  # fmt: skip
def test_what_was_entered_before_the_rules_ended_is_owed_when_it_is_decided(draw: str, tmp_path: Path, audited: Auditor) -> None:
    """The rules end with March: of the last entries one wins on the first of April. Who enters in April wins by no rules."""

    def judged(name: str, last: str, *paid: str) -> list[tuple[str, str]]:
        folder = write(
            tmp_path / name, DRAWN % draw, participant=PEOPLE,
            activity=f"activity_id started_at ended_at\nR1 {last}T09:00:00 {last}T23:59:58",
            entry="entry_id activity_id position participant_id entered_at\n"
            f"E1 R1 1 A {last}T23:58:00\nE2 R1 2 B {last}T23:59:58",
            outcome="entry_id outcome decided_at\nE1 loss 2022-04-01T10:00:00\nE2 win 2022-04-01T10:00:00",
            payment="\n".join(["payment_id paid_at payee_id asset amount reason ref", "Y0 2022-04-02T09:00:00 A CNY 9 other -", *paid]),
        )  # fmt: skip
        rules = (folder / "rules.yaml").read_text("utf-8")
        (folder / "rules.yaml").write_text(rules.replace("from: 2022-03-01}", "from: 2022-03-01, to: 2022-04-01}"), "utf-8")
        _, findings = audited(folder)
        return [one for one in failing(findings) if one[0].startswith("payout_")]

    paid, less = "Y1 2022-04-01T11:00:00 B CNY 4 prize E2", "Y1 2022-04-01T11:00:00 B CNY 3 prize E2"
    assert judged("paid", "2022-03-31", paid) == []
    assert judged("less", "2022-03-31", less) == [("payout_wrong", "prize")]
    assert judged("unpaid", "2022-03-31") == [("payout_missing", "prize")]
    assert judged("later", "2022-04-01", paid) == [("payout_unexpected", "prize")]

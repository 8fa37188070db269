"""What may excuse a payment, and what may not: broken cells, the past, the platform's own account."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from audit.evidence import as_text, explain
from audit.finding import Finding, Verdict
from tests.checks.test_no_false_accusation import edit
from tests.checks.test_payouts import read, write
from tests.conftest import Auditor

RULES = """
campaign: excuses
effective: {from: 2022-03-01}
due: 24h
assets: {CNY: {step: "0.01"}}
"""
CASE = """
case: excuses
timezone: Asia/Shanghai
tables:
"""


def lay(folder: Path, rules: str, *, case: str = "", **tables: str) -> Path:
    """Write a small case: each table is CSV whose columns have the names of ours."""
    folder.mkdir()
    (folder / "rules.yaml").write_text(RULES + rules, "utf-8")
    text = CASE.replace("tables:", f"{case}\ntables:")
    for table, rows in tables.items():
        head = rows.split("\n", 1)[0]
        (folder / f"{table}.csv").write_text(rows, "utf-8")
        columns = ", ".join(f"{one}: {one}" for one in head.split(","))
        text += f"  {table}: {{file: {table}.csv, columns: {{{columns}}}}}\n"
    (folder / "case.yaml").write_text(text, "utf-8")
    return folder


def told(findings: list[Finding], check: str) -> dict[str, Verdict]:
    return {one.subject: one.verdict for one in findings if one.check == check}


def count(findings: list[Finding], check: str, clause: str) -> str:
    failed = [one for one in findings if one.check == check and one.verdict is Verdict.FAIL]
    return next((one.observed for one in failed if one.subject == clause), "")


@pytest.mark.parametrize("drop", [(), ("关联编号",)], ids=["reference", "day"])
def test_a_payment_that_cannot_be_read_excuses_one_award_it_fits(drop: tuple[str, ...], honest: Path, audited: Auditor) -> None:
    """Thirty team leader's rewards are not paid; one payment has no payee and no reference."""
    rows = read(honest)
    team = [row for row in rows if row["名目"] == "团队长奖"][:30]
    gone = {row["流水号"] for row in team}
    kept = [row for row in rows if row["流水号"] not in gone]
    for amount, excused in (("0.01", 0 if not drop else 1), (team[0]["数额"], 1)):
        write(honest, [*kept, {**team[0], "流水号": "P999999", "收款人": "", "关联编号": "", "数额": amount}], drop)
        _, findings = audited(honest)
        payees = {row["收款人"] for row in team}
        found = count(findings, "payout_missing", "team-leader-per-activity")
        wrong = count(findings, "payout_wrong", "team-leader-per-activity")
        assert int(found or 0) + int(wrong or 0) == (len(payees) if drop else 30) - excused
        if drop:
            edit(honest / "case.yaml", "      reason:\n", "      ref: 关联编号\n      reason:\n")


def test_a_broken_cell_of_a_person_excuses_no_payment_for_orders_that_never_were(tmp_path: Path, audited: Auditor) -> None:
    case = lay(
        tmp_path / "case",
        'awards: {bonus: {on: order, to: participant, pays: {CNY: "1"}}, hello: {on: registration, to: participant, pays: {CNY: "2"}}}',
        participant="participant_id,joined_at\nA,2022-03-02 00:00:00\nB,\n",
        purchase="purchase_id,participant_id,asset,amount,paid_at\nD1,A,CNY,5,2022-03-03 00:00:00\n",
        payment="payment_id,paid_at,payee_id,asset,amount,reason,ref\n"
        "1,2022-03-03 01:00:00,A,CNY,1,bonus,D1\n2,2022-03-03 01:00:00,A,CNY,1,bonus,D9\n"
        "3,2022-03-02 01:00:00,A,CNY,2,hello,A\n4,2022-03-02 01:00:00,C,CNY,2,hello,C\n",
    )  # fmt: skip
    _, findings = audited(case)
    unexpected = told(findings, "payout_unexpected")
    assert unexpected["bonus"] is Verdict.FAIL
    assert unexpected["hello"] is Verdict.INCONCLUSIVE  # C may be in a record that is damaged


def test_a_link_that_leads_nowhere_is_the_loss_of_what_it_leads_to(tmp_path: Path, audited: Auditor) -> None:
    """D2 is somebody's who is in no record: people may be lost, orders are not."""
    case = lay(
        tmp_path / "case",
        'awards: {bonus: {on: order, to: participant, pays: {CNY: "1"}}, hello: {on: registration, to: participant, pays: {CNY: "2"}}}',
        participant="participant_id,joined_at\nA,2022-03-02 00:00:00\n",
        purchase="purchase_id,participant_id,asset,amount,paid_at\nD1,A,CNY,5,2022-03-03 00:00:00\nD2,B,CNY,5,2022-03-03 00:00:00\n",
        payment="payment_id,paid_at,payee_id,asset,amount,reason,ref\n"
        "1,2022-03-03 01:00:00,A,CNY,1,bonus,D1\n2,2022-03-03 01:00:00,A,CNY,1,bonus,D9\n"
        "3,2022-03-02 01:00:00,A,CNY,2,hello,A\n4,2022-03-02 01:00:00,C,CNY,2,hello,C\n",
    )  # fmt: skip
    _, findings = audited(case)
    assert told(findings, "payout_unexpected") == {"bonus": Verdict.FAIL, "hello": Verdict.INCONCLUSIVE}


PARTS = {
    "in time": (("0.40", "03-05 01:00:00"), ("0.60", "03-05 02:00:00")),
    "the rest late": (("0.40", "03-05 01:00:00"), ("0.60", "03-09 02:00:00")),
    "too little": (("0.40", "03-05 01:00:00"), ("0.50", "03-05 02:00:00")),
    "too much": (("0.40", "03-05 01:00:00"), ("0.60", "03-05 02:00:00"), ("0.40", "03-05 03:00:00")),
}


@pytest.mark.parametrize(("parts", "found"), [
    ("in time", {}), ("the rest late", {"payout_late": "0.60"}), ("too little", {"payout_wrong": "0.60", "payout_unexpected": "0.50"}),
    ("too much", {"payout_wrong": "0.60", "payout_unexpected": "1.00"}),
])  # fmt: skip
def test_an_award_may_be_paid_in_parts(parts: str, found: dict[str, str], tmp_path: Path, audited: Auditor) -> None:
    """Payments of one award to its payee settle it where they add up to it."""
    paid = "".join(f"{n},2022-{moment},A,CNY,{amount},bonus,E1\n" for n, (amount, moment) in enumerate(PARTS[parts]))
    case = lay(
        tmp_path / "case",
        'entry: {stake: {CNY: "5"}}\nawards: {bonus: {on: entry, to: participant, pays: {CNY: "1"}}}',
        participant="participant_id,joined_at\nA,2022-03-01 00:00:00\n",
        entry="entry_id,participant_id,entered_at,asset,paid\nE1,A,2022-03-05 00:00:00,CNY,5\nE2,A,2022-03-05 00:00:00,CNY,5\n",
        payment=f"payment_id,paid_at,payee_id,asset,amount,reason,ref\n{paid}9,2022-03-05 01:00:00,A,CNY,1,bonus,E2\n",
    )  # fmt: skip
    audit, findings = audited(case)
    failed = [one for one in findings if one.check.startswith("payout_") and one.verdict is Verdict.FAIL]
    told = as_text(explain(audit, "paid:0"), "en")
    assert ("With other payments of the same award it adds up to what was owed." in told) == (parts in ("in time", "the rest late"))
    assert {one.check: dict(one.amount).get("CNY") for one in failed} == found


BACK = {
    "one of two": (("1", "03-05 01:00:00"), ("1", "03-08 01:00:00"), ("-1", "03-09 01:00:00")),
    "all": (("1", "03-05 01:00:00"), ("-1", "03-06 01:00:00")),
    "all and paid late": (("1", "03-05 01:00:00"), ("-1", "03-06 01:00:00"), ("1", "03-09 01:00:00")),
    "nothing": (("-1", "03-04 01:00:00"), ("1", "03-05 01:00:00")),
    "once too often": (("1", "03-05 01:00:00"), ("1", "03-05 02:00:00"), ("-1", "03-06 01:00:00"), ("-1", "03-06 02:00:00"),
                       ("-1", "03-06 03:00:00")),
    "no other sum": (("1", "03-05 01:00:00"), ("-0.40", "03-06 01:00:00"), ("-1", "03-07 01:00:00")),
    "another sum": (("1", "03-05 01:00:00"), ("1", "03-05 02:00:00"), ("-0.40", "03-06 01:00:00")),
}  # fmt: skip


@pytest.mark.parametrize(("back", "found"), [
    ("one of two", {}), ("all", {"payout_missing": "1.00"}), ("all and paid late", {"payout_late": "1.00"}),
    ("nothing", {"payout_unexpected": "1.00", "values_out_of_range": None}),
    ("once too often", {"payout_wrong": "2.00"}),
    ("no other sum", {"payout_wrong": "1.40", "values_out_of_range": None}),
    ("another sum", {"payout_unexpected": "1.40", "values_out_of_range": None}),
])  # fmt: skip
def test_a_payment_may_be_taken_back(back: str, found: dict[str, str | None], tmp_path: Path, audited: Auditor) -> None:
    """A payment of less than nothing takes back the last one of as much for the same: nothing was paid by the two."""
    audit, findings = audited(taking_back(tmp_path, BACK[back]))
    failed = [one for one in findings if one.verdict is Verdict.FAIL and one.basis != "screen"]
    assert {one.check: dict(one.amount).get("CNY") for one in failed} == found
    if back == "one of two":
        told = [as_text(explain(audit, f"paid:{payment}"), "en") for payment in range(3)]
        lines = ["Settles what was owed: 1.00 CNY to A.", "Was taken back later by as much:", "Takes back an earlier payment of as much:"]
        assert [[line in one for line in lines] for one in told] == [[at == place for at in range(3)] for place in range(3)]


@pytest.mark.parametrize(("back", "found"), [("one of two", {}), ("all", {"payout_wrong": "1.00"})])
def test_a_payment_may_be_taken_back_where_sums_are_compared(
    back: str, found: dict[str, str], tmp_path: Path, audited: Auditor
) -> None:
    case = taking_back(tmp_path, BACK[back], ref="")
    failed = [one for one in audited(case)[1] if one.verdict is Verdict.FAIL and one.basis != "screen"]
    assert {one.check: dict(one.amount).get("CNY") for one in failed} == found


def test_a_payment_for_one_event_is_not_taken_back_by_another(tmp_path: Path, audited: Auditor) -> None:
    case = taking_back(tmp_path, [("1", "03-05 01:00:00")])
    with (case / "payment.csv").open("a", encoding="utf-8") as file:
        file.write("7,2022-03-06 01:00:00,A,CNY,-1,bonus,E3\n")
    failed = [one for one in audited(case)[1] if one.verdict is Verdict.FAIL and one.basis != "screen"]
    found = {"payout_unexpected": "1.00", "values_out_of_range": None}
    assert {one.check: dict(one.amount).get("CNY") for one in failed} == found


def taking_back(tmp_path: Path, payments: Sequence[tuple[str, str]], ref: str = ",ref") -> Path:
    """Two entries that are owed 1 CNY each; these payments are for the one, the other is paid."""
    paid = [f"{n},2022-{moment},A,CNY,{amount},bonus,E1" for n, (amount, moment) in enumerate(payments)]
    rows = [*paid, "9,2022-03-05 01:00:00,A,CNY,1,bonus,E2"]
    return lay(
        tmp_path / "case",
        'entry: {stake: {CNY: "5"}}\nawards: {bonus: {on: entry, to: participant, pays: {CNY: "1"}}}',
        participant="participant_id,joined_at\nA,2022-03-01 00:00:00\n",
        entry="entry_id,participant_id,entered_at,asset,paid\nE1,A,2022-03-05 00:00:00,CNY,5\nE2,A,2022-03-05 00:00:00,CNY,5\n",
        payment=f"payment_id,paid_at,payee_id,asset,amount,reason{ref}\n"
        + "".join(f"{row if ref else row.rpartition(',')[0]}\n" for row in rows),
    )  # fmt: skip


def test_what_is_taken_back_or_paid_to_oneself_is_told(honest: Path, audited: Auditor) -> None:
    rows = [{**row, "付款人": "PLATFORM"} for row in read(honest)]
    back = [row for row in rows if row["名目"] == "开盒返利"][:7]
    own = [row for row in rows if row["名目"] == "团队长奖"][:3]
    for row in own:
        row["付款人"] = row["收款人"]
    rows += [{**row, "流水号": f"Q{n}", "收款人": "PLATFORM", "付款人": row["收款人"]} for n, row in enumerate(back)]
    text = ",".join(rows[0]) + "\n" + "".join(",".join(row.values()) + "\n" for row in rows)
    (honest / "payments.csv").write_text(text, "utf-8")
    edit(honest / "case.yaml", "tables:\n", "platform_accounts: [PLATFORM]\ntables:\n")
    edit(honest / "case.yaml", "payee_id: 收款人\n", "payee_id: 收款人\n      payer_id: 付款人\n")
    _, findings = audited(honest)
    assert count(findings, "payout_unexpected", "initiator-per-opening") == "7"
    assert count(findings, "payout_missing", "team-leader-per-activity") == "3"


@pytest.mark.parametrize("booked", [True, False])
@pytest.mark.parametrize("referenced", [True, False])
def test_what_the_platform_owes_itself_is_nobodys_loss(booked: bool, referenced: bool, tmp_path: Path, audited: Auditor) -> None:
    ref = [",ref", ",E1", ",E2"] if referenced else ["", "", ""]
    case = lay(
        tmp_path / "case",
        'entry: {stake: {CNY: "5"}}\nawards: {ref: {on: entry, to: participant.referrer, pays: {CNY: "1"}}}',
        case="platform_accounts: [PLATFORM]",
        participant="participant_id,referrer_id,joined_at\nPLATFORM,,2022-03-01 00:00:00\nA,PLATFORM,2022-03-01 00:00:01\n"
        "B,A,2022-03-01 00:00:02\n",
        entry="entry_id,participant_id,entered_at,asset,paid\nE1,A,2022-03-05 00:00:00,CNY,5\nE2,B,2022-03-05 00:00:01,CNY,5\n",
        payment=f"payment_id,paid_at,payee_id,asset,amount,reason{ref[0]}\n"
        + (f"1,2022-03-05 01:00:00,PLATFORM,CNY,1,ref{ref[1]}\n" if booked else "")
        + f"2,2022-03-05 01:00:00,A,CNY,1,ref{ref[2]}\n",
    )  # fmt: skip
    _, findings = audited(case)
    assert [one.check for one in findings if one.verdict is Verdict.FAIL and one.check.startswith("payout")] == []


@pytest.mark.parametrize(("timed", "due"), [(True, True), (False, True), (True, False)])
def test_sums_may_settle_what_happened_before_the_period(timed: bool, due: bool, tmp_path: Path, audited: Auditor) -> None:
    """One payment more than awards, so early that it may be for March; on the 20th of April nothing of March is due any more,
    save where nothing says by when it was.
    """
    at = ["paid_at,", "2022-04-01 01:00:00,", "2022-04-02 13:00:00,", "2022-04-20 13:00:00,"] if timed else [""] * 4

    def audit(*payments: str) -> dict[str, Verdict]:
        case = lay(
            tmp_path / f"case{len(payments)}",
            'entry: {stake: {CNY: "5"}}\nawards: {bonus: {on: entry, to: participant, pays: {CNY: "1"}}}',
            case="period: {from: 2022-04-01, to: 2022-05-01}",
            participant="participant_id,joined_at\nA,2022-03-01 00:00:00\n",
            entry="entry_id,participant_id,entered_at,asset,paid\nE2,A,2022-04-01 14:00:00,CNY,5\n",
            payment=f"payment_id,{at[0]}payee_id,asset,amount,reason\n" + "".join(payments),
        )
        edit(case / "rules.yaml", "due: 24h\n", "due: 24h\n" if due else "")
        return told(audited(case)[1], "payout_wrong")

    early, paid, again = f"1,{at[1]}A,CNY,1,bonus\n", f"2,{at[2]}A,CNY,1,bonus\n", f"3,{at[3]}A,CNY,1,bonus\n"
    assert audit(early, paid) == {"bonus": Verdict.INCONCLUSIVE}
    assert audit(early, paid, again) == {"bonus": Verdict.FAIL if timed and due else Verdict.INCONCLUSIVE}


@pytest.mark.parametrize(("begun", "verdict"), [("2022-03-01", Verdict.INCONCLUSIVE), ("2022-04-01", Verdict.FAIL)])
def test_sums_settle_nothing_from_before_the_rules(begun: str, verdict: Verdict, tmp_path: Path, audited: Auditor) -> None:
    case = lay(
        tmp_path / "case",
        'entry: {stake: {CNY: "5"}}\nawards: {bonus: {on: entry, to: participant, pays: {CNY: "1"}}}',
        case="period: {from: 2022-04-01, to: 2022-05-01}",
        participant="participant_id,joined_at\nA,2022-04-01 00:00:00\n",
        entry="entry_id,participant_id,entered_at,asset,paid\nE2,A,2022-04-01 14:00:00,CNY,5\n",
        payment="payment_id,paid_at,payee_id,asset,amount,reason\n1,2022-04-01 01:00:00,A,CNY,1,bonus\n"
        "2,2022-04-02 01:00:00,A,CNY,1,bonus\n",
    )  # fmt: skip
    edit(case / "rules.yaml", "2022-03-01", begun)
    assert told(audited(case)[1], "payout_wrong") == {"bonus": verdict}


def test_what_was_never_paid_was_not_paid_late(tmp_path: Path, audited: Auditor) -> None:
    """Sums alone: A gets nothing; B gets what is due two days after its day."""
    case = lay(
        tmp_path / "case",
        'entry: {stake: {CNY: "5"}}\nawards: {bonus: {on: entry, to: participant, pays: {CNY: "1"}}}',
        participant="participant_id,joined_at\nA,2022-03-01 00:00:00\nB,2022-03-01 00:00:01\n",
        entry="entry_id,participant_id,entered_at,asset,paid\nE1,A,2022-03-05 00:00:00,CNY,5\nE2,B,2022-03-05 00:00:01,CNY,5\n"
        "E3,B,2022-03-19 00:00:01,CNY,5\n",
        payment="payment_id,paid_at,payee_id,asset,amount,reason\n1,2022-03-08 01:00:00,B,CNY,1,bonus\n"
        "2,2022-03-19 01:00:00,B,CNY,1,bonus\n",
    )  # fmt: skip
    _, findings = audited(case)
    assert (count(findings, "payout_missing", "bonus"), count(findings, "payout_late", "bonus")) == ("1", "1")


def test_a_refund_for_an_entry_from_before_the_period_is_not_unexpected(tmp_path: Path, audited: Auditor) -> None:
    """A group that fills in the period: one of its entries came before, and its refund long after the deadline counted from then."""
    case = lay(
        tmp_path / "case",
        "activity: {}\nentry: {stake: {CNY: '5'}}\ndraw: {kind: group, size: 3, winners: 1}\n"
        "awards: {refund: {on: loss, to: participant, pays: {CNY: '5'}}}",
        case="period: {from: 2022-03-03, to: 2022-04-01}",
        participant="participant_id,joined_at\nA,2022-03-01 00:00:00\nB,2022-03-01 00:00:01\nC,2022-03-01 00:00:01\n",
        activity="activity_id,initiator_id,started_at\nG1,A,2022-03-02 00:00:00\n",
        entry="entry_id,activity_id,participant_id,position,entered_at,asset,paid\n"
        "E2,G1,B,2,2022-03-15 00:00:00,CNY,5\nE3,G1,C,3,2022-03-15 00:00:01,CNY,5\n",
        outcome="entry_id,outcome\nE2,loss\nE3,win\n",
        payment="payment_id,paid_at,payee_id,asset,amount,reason,ref\n1,2022-03-15 01:00:00,B,CNY,5,refund,E2\n"
        "2,2022-03-15 01:00:00,A,CNY,5,refund,E1\n",
    )  # fmt: skip
    _, findings = audited(case)
    assert told(findings, "payout_unexpected") == {"refund": Verdict.INCONCLUSIVE}


def test_a_step_on_other_payments_changes_nothing(tmp_path: Path, audited: Auditor) -> None:
    case = lay(
        tmp_path / "case",
        "activity: {}\nentry: {stake: {CNY: '5'}}\nawards:\n"
        "  rebate: {on: entry, every: 2, to: everyone-so-far, pays: {CNY: '1'}}\n"
        "  ref: {on: entry, to: participant.referrer, pays: {CNY: '0.30'}}\n",
        participant="participant_id,referrer_id,joined_at\nA,,2022-03-01 00:00:00\nB,A,2022-03-01 00:00:01\n",
        activity="activity_id,initiator_id,started_at\nR1,A,2022-03-05 00:00:00\n",
        entry="entry_id,activity_id,participant_id,position,entered_at,asset,paid\n"
        "E1,R1,A,1,2022-03-05 00:00:01,CNY,5\nE2,R1,B,2,2022-03-05 00:00:02,CNY,5\n",
        payment="payment_id,paid_at,payee_id,asset,amount,reason,ref,step\n1,2022-03-05 01:00:00,A,CNY,1,rebate,E1,1\n"
        "2,2022-03-05 01:00:00,B,CNY,1,rebate,E2,1\n3,2022-03-05 01:00:00,A,CNY,0.30,ref,E2,1\n",
    )  # fmt: skip
    _, findings = audited(case)
    assert [one for one in findings if one.verdict is Verdict.FAIL and one.check.startswith("payout")] == []

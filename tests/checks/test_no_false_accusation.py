"""What an honest platform's export may look like: none of it may be held against the platform."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from audit.finding import Verdict
from checks.cli import main
from tests.checks.test_payouts import payout, read, write
from tests.checks.test_unknowns import write as small
from tests.conftest import FIXTURES, Auditor, failing
from tests.reference.faults import change


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new), "utf-8")


@pytest.mark.parametrize("value", ["美元", ""])
def test_an_unreadable_asset_is_a_finding_and_the_audit_goes_on(value: str, honest: Path, tmp_path: Path) -> None:
    rows = read(honest)
    rows[0]["资产"] = value
    write(honest, rows)
    assert main(["audit", str(honest), "--out", str(tmp_path / "out")]) == 1
    assert "payments.csv:" in (tmp_path / "out" / "findings.json").read_text("utf-8")


def test_days_in_a_workbook_are_midnights(honest: Path, audited: Auditor) -> None:
    import openpyxl

    rows = read(honest)
    book = openpyxl.Workbook()
    book.active.append(list(rows[0]))
    for row in rows:
        paid = datetime.fromisoformat(row["付款时间"])
        midnight = paid.replace(hour=0, minute=0, second=0) if paid.hour == 23 else paid
        book.active.append([midnight if name == "付款时间" else cell for name, cell in row.items()])
    book.save(honest / "payments.xlsx")
    edit(honest / "case.yaml", "payments.csv", "payments.xlsx")
    _, findings = audited(honest)
    assert failing(findings) == []


def test_every_table_cut_at_the_period(honest: Path, audited: Auditor) -> None:
    """Openings and payments from the 10th of March on; activities begun before it are in the export with them."""
    day = "2022-03-10"
    change("openings.csv", lambda rows: [row for row in rows if row["开盒时间"] >= day])(honest)
    write(honest, [row for row in read(honest) if row["付款时间"] >= day])
    edit(honest / "case.yaml", "from: 2022-03-01", f"from: {day}")
    _, findings = audited(honest)
    assert failing(findings) == []


@pytest.mark.parametrize("column", ["team_leader_id: 团队长, ", ", joined_at: 注册时间", "referrer_id: 推荐人, "])
def test_a_column_that_is_not_mapped_leaves_its_clauses_open(column: str, honest: Path, audited: Auditor) -> None:
    edit(honest / "case.yaml", column, "")
    _, findings = audited(honest)
    assert failing(findings) == []
    assert Verdict.INCONCLUSIVE in {one.verdict for one in findings if one.check == "payout_missing"}


def test_withdrawals_need_no_reference(honest: Path, audited: Auditor) -> None:
    rows = read(honest)
    withdrawal = dict(rows[0], 流水号="W1", 名目="提现", 关联编号="")
    write(honest, [*rows, withdrawal])
    edit(honest / "case.yaml", "种子用户: seed-user", "种子用户: seed-user\n          提现: other")
    _, findings = audited(honest)
    assert failing(findings) == []
    assert payout(findings, "payout_missing").verdict is Verdict.PASS


@pytest.mark.parametrize("value", ["3a", "３", ""])
def test_an_unreadable_position_is_one_fault(value: str, honest: Path, audited: Auditor) -> None:
    def hurt(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        rows[20]["盒号"] = value
        return rows

    change("openings.csv", hurt)(honest)
    _, findings = audited(honest)
    check = "cells_refused" if value else "values_missing"
    assert {one for one, _ in failing(findings)} == {check}


@pytest.mark.parametrize("column", ["推荐人", "团队长"])
def test_who_stands_above_is_unknown_where_the_cell_cannot_be_read(column: str, honest: Path, audited: Auditor) -> None:
    def hurt(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        return [
            {**row, column: f" {row[column]}" if row[column] and place < 40 else row[column]}
            for place, row in enumerate(rows)
        ]

    change("users.csv", hurt)(honest)
    _, findings = audited(honest)
    assert {one for one, _ in failing(findings)} == {"cells_refused"}


@pytest.mark.parametrize("case", ["blind-box", "tea-club", "group-rebate", "envelope-rain"])
def test_an_empty_export_passes_nothing(case: str, tmp_path: Path, audited: Auditor) -> None:
    """A check that looked at nothing has no result: neither a verdict nor a screen."""
    import shutil

    folder = Path(shutil.copytree(FIXTURES / case / "honest", tmp_path / "case"))
    for file in folder.glob("*.csv"):
        file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])
    _, findings = audited(folder)
    passed = {one.check for one in findings if one.verdict is Verdict.PASS}
    assert passed <= OF_THE_RULES, passed - OF_THE_RULES


def test_a_tie_without_positions_accuses_nobody(honest: Path, audited: Auditor) -> None:
    def tie(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        """The winner of A0001 in the same second as the loss before it, with an id that sorts first."""
        last = max((row for row in rows if row["活动编号"] == "A0001"), key=lambda row: int(row["盒号"]))
        before = next(row for row in rows if row["活动编号"] == "A0001" and int(row["盒号"]) == int(last["盒号"]) - 1)
        before["开盒时间"] = last["开盒时间"]
        return rows

    change("openings.csv", tie)(honest)
    edit(honest / "case.yaml", "      position: 盒号\n", "")
    _, findings = audited(honest)
    assert not [one for one in failing(findings) if one[0] == "impossible_outcome"]


SECOND = "2022-03-05T09:00:00"
WHOLE = "period: {from: 2022-01-01, to: 2022-04-01}\n"


@pytest.mark.parametrize("first", ["9", "A9", "0009"])
def test_numbers_in_ids_of_one_second_go_by_number(first: str, tmp_path: Path, audited: Auditor) -> None:
    """Nine came before ten: the first to join, to order (at half the price), and the order that made an agent."""
    rules = (
        'order: {percent: {"1": "50"}}\n'
        "ranks: {member: {bought: {kind: [package]}}, agent: {holds: member, recruits: {member: 1}}}\n"
        "awards:\n  seed: {on: registration, first: 2, to: participant, pays: {CNY: 1}}\n"
        "  welcome: {on: order, nth: 1, to: participant, pays: {CNY: 2}}\n"
        "  see: {on: order, when: {kind: [package]}, to: participant.nearest.agent, pays: {CNY: 3}}\n"
    )
    then = first.replace("09", "10").replace("9", "10")
    case = {
        "participant": f"8,,2022-03-01T09:00:00 {first},8,{SECOND} {then},8,{SECOND}",
        "purchase": f"7,8,package,5,10,,2022-03-04T09:00:00 {first},{first},package,5,10,,{SECOND} "
        f"{then},{then},package,5,10,,{SECOND} 98,8,goods,10,10,,{SECOND} 101,8,goods,10,10,,{SECOND}",
    }
    paid = [
        f"1,2022-03-01T10:00:00,8,1.00,CNY,seed,8 2,{SECOND},{first},1.00,CNY,seed,{first} 3,{SECOND},8,2.00,CNY,welcome,7",
        f"4,{SECOND},{first},2.00,CNY,welcome,{first} 5,{SECOND},{then},2.00,CNY,welcome,{then} 6,{SECOND},8,3.00,CNY,see,{then}",
    ]
    _, findings = audited(small(tmp_path / "case", rules, WHOLE, **case, payment=" ".join(paid)))
    assert failing(findings) == []
    wrong = " ".join(paid).replace(f"{first},1.00,CNY,seed,{first}", f"{then},1.00,CNY,seed,{then}")
    _, findings = audited(small(tmp_path / "wrong", rules, WHOLE, **case, payment=wrong))
    assert failing(findings) == [("payout_missing", "seed"), ("payout_unexpected", "seed")]


def test_a_guarantee_counts_pulls_of_one_second_by_number(tmp_path: Path, audited: Auditor) -> None:
    """Ten pulls at once, numbered 95 to 104: the third without the prize wins it."""
    rules = "activity: {}\nentry: {stake: {}}\ndraw: {kind: chances, prizes: {star: {chance: 1/2, guarantee: 3}}}\n"
    pulls = " ".join(f"{number},A1,U1,,{SECOND}" for number in range(95, 105))
    case = {"participant": "U1,,2022-03-01T09:00:00", "activity": "A1,2022-03-01T09:00:00,", "entry": pulls}
    for name, wins, found in (("case", (97, 100, 103), []), ("lost", (96, 100, 103), ["guarantee_not_honoured"])):
        told = " ".join(f"{n},{'win' if n in wins else 'loss'},{SECOND}" for n in range(95, 105))
        folder = small(tmp_path / name, rules, **case, outcome=told)
        edit(folder / "case.yaml", "position: position, ", "")
        _, findings = audited(folder)
        assert [check for check, _ in failing(findings)] == found


def last_day(before: str) -> str:
    """A group of two on the last day of March, the second place taken at a time."""
    return f"E1,A1,U1,1,2022-03-{before}T08:00:00 E2,A1,U2,2,2022-03-{before}T23:59:59"


@pytest.mark.parametrize(("day", "found"), [("31", []), ("20", [("impossible_outcome", "full group without an outcome")])])
def test_a_group_filled_at_the_very_end_is_decided_after_it(
    day: str, found: list[tuple[str, str]], tmp_path: Path, audited: Auditor
) -> None:
    rules = "activity: {}\nentry: {stake: {}}\ndraw: {kind: group, size: 2, winners: 1}\n"
    entries = f"{last_day(day)} E3,A2,U1,1,2022-03-05T08:00:00 E4,A2,U2,2,2022-03-05T09:00:00"
    case = {"participant": "U1,,2022-03-01T09:00:00 U2,,2022-03-01T09:00:00", "entry": entries,
            "activity": "A1,2022-03-02T09:00:00, A2,2022-03-02T09:00:00,",
            "outcome": "E3,win,2022-03-05T09:00:00 E4,loss,2022-03-05T09:00:00"}  # fmt: skip
    _, findings = audited(small(tmp_path / "case", rules, WHOLE, **case))
    assert failing(findings) == found


@pytest.mark.parametrize(
    ("day", "paid", "found"),
    [("31", "2.00", []), ("31", "11.00", ["split_differs"]), ("20", "2.00", ["split_differs"])],
)
def test_a_pot_half_paid_at_the_very_end_is_not_yet_short(
    day: str, paid: str, found: list[str], tmp_path: Path, audited: Auditor
) -> None:
    rules = (
        "activity: {}\nentry: {stake: {}}\ndraw: {kind: group, size: 2, winners: 1}\n"
        "awards: {envelope: {on: completion, to: entrants, pays: {CNY: {pot: 10, split: random, least: '0.01'}}}}\n"
    )
    case = {"participant": "U1,,2022-03-01T09:00:00 U2,,2022-03-01T09:00:00", "entry": last_day(day),
            "activity": f"A1,2022-03-{day}T07:00:00,", "outcome": "E1,win, E2,loss,",
            "payment": f"P1,2022-03-{day}T23:59:59,U1,{paid},CNY,envelope,A1"}  # fmt: skip
    _, findings = audited(small(tmp_path / "case", rules, WHOLE, **case))
    assert [check for check, _ in failing(findings)] == found


def put(folder: Path, rules: str, **tables: str) -> Path:
    """A case whose tables are written as their columns and rows, parted by blanks."""
    folder.mkdir()
    head = 'campaign: small\neffective: {from: 2022-01-01}\nassets: {CNY: {step: "0.01"}, product: {step: "1"}}\ndue: 24h\n'
    (folder / "rules.yaml").write_text(head + rules, "utf-8")
    case = f"case: small\ntimezone: Asia/Shanghai\n{WHOLE}tables:\n"
    for table, text in tables.items():
        (folder / f"{table}.csv").write_text("\n".join(text.split()).replace("T0", " 0") + "\n", "utf-8")
        columns = ", ".join(f"{name}: {name}" for name in text.split()[0].split(","))
        case += f"  {table}: {{file: {table}.csv, columns: {{{columns}}}}}\n"
    (folder / "case.yaml").write_text(case, "utf-8")
    return folder


@pytest.mark.parametrize(("refunded", "found"), [("10.00", []), ("3.00", [("deposit_misused", "deposits")])])
def test_a_deposit_that_was_paid_back_need_not_be_deducted(
    refunded: str, found: list[tuple[str, str]], tmp_path: Path, audited: Auditor
) -> None:
    orders = (
        "purchase_id,participant_id,item,kind,asset,amount,list_price,deposit_id,paid_at "
        "B1,U1,sofa,deposit,CNY,10.00,,,2022-03-05T08:00:00 B2,U1,sofa,goods,CNY,100.00,100.00,,2022-03-06T08:00:00"
    )
    back = "request_id,participant_id,kind,asset,amount,requested_at,settled_at "
    back += f"Q1,U1,refund,CNY,{refunded},2022-03-05T09:00:00,2022-03-05T09:30:00"
    people = "participant_id,joined_at U1,2022-03-01T09:00:00"
    _, findings = audited(
        put(tmp_path / "case", "order: {deposits: [deposit]}\n", participant=people, purchase=orders, request=back)
    )
    assert failing(findings) == found


@pytest.mark.parametrize(("second", "found"), [("00", []), ("01", [("randomness_not_honoured", "order in time")])])
def test_a_commitment_of_the_very_second_of_the_first_opening_is_in_time(
    second: str, found: list[tuple[str, str]], tmp_path: Path, audited: Auditor
) -> None:
    rules = "activity: {}\nentry: {stake: {}}\ndraw: {kind: boxes, boxes: 4, prizes: {product: 1}, odds: uniform}\n"
    rules += "randomness: {source: hmac}\n"
    tables = {
        "participant": "participant_id,joined_at U1,2022-03-01T09:00:00",
        "activity": "activity_id,started_at A1,2022-03-05T09:00:00",
        "entry": "entry_id,activity_id,participant_id,position,entered_at E1,A1,U1,1,2022-03-05T09:00:00",
        "outcome": "entry_id,outcome E1,loss",
        "randomness": f"activity_id,committed_at A1,2022-03-05T09:00:{second}",
    }
    _, findings = audited(put(tmp_path / "case", rules, **tables))
    assert failing(findings) == found


OF_THE_RULES = {"claim_contradicts_rules", "amount_not_declared", "clause_never_fires", "coupon_supply_grows", "losers_gain",
                "rewards_reach_up_levels"}  # fmt: skip

BAD: list[list[str]] = [["--memory", "weird"], ["--memory", "0"], ["--threads", "-1"]]


@pytest.mark.parametrize("options", BAD, ids=" ".join)
def test_options_that_cannot_be_exit_2(options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = FIXTURES / "seed-grant" / "honest"
    assert main(["audit", str(case), "--out", str(tmp_path / "out"), *options]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("seed", range(4))
def test_other_honest_platforms(seed: int, tmp_path: Path, audited: Callable[..., object]) -> None:
    import shutil

    from tests.conftest import maker

    folder = tmp_path / "blind-box" / "honest"
    folder.mkdir(parents=True)
    for file in ("rules.yaml", "case.yaml"):
        shutil.copy(FIXTURES / "blind-box" / "honest" / file, folder)
    maker().make_boxes(folder, 0, seed)
    _, findings = audited(folder)  # type: ignore[misc]
    assert failing(findings) == []


@pytest.mark.parametrize(
    ("case", "table"),
    [("blind-box", "outcome"), ("blind-box", "activity"), ("red-envelope", "outcome"), ("two-level", "purchase")],
)
def test_a_table_that_is_not_mapped_leaves_its_clauses_open(
    case: str, table: str, tmp_path: Path, audited: Auditor
) -> None:
    import shutil

    import yaml

    folder = Path(shutil.copytree(FIXTURES / case / "honest", tmp_path / "case"))
    mapping = yaml.safe_load((folder / "case.yaml").read_text("utf-8"))
    del mapping["tables"][table]
    (folder / "case.yaml").write_text(yaml.safe_dump(mapping, allow_unicode=True), "utf-8")
    _, findings = audited(folder)
    assert not [one for one in failing(findings) if one[0].startswith("payout")]
    assert Verdict.INCONCLUSIVE in {one.verdict for one in findings if one.check == "payout_unexpected"}


@pytest.mark.parametrize("unmapped", [True, False])
def test_an_order_of_unknown_kind_is_not_held_against_its_payments(
    unmapped: bool, tmp_path: Path, audited: Auditor
) -> None:
    import shutil

    folder = Path(shutil.copytree(FIXTURES / "partner-plan" / "honest", tmp_path / "case"))
    if unmapped:
        edit(folder / "case.yaml", "      kind: 类型\n", "")
    else:
        text = (folder / "orders.csv").read_bytes().decode("gb18030")
        (folder / "orders.csv").write_bytes(text.replace("goods", "", 3).encode("gb18030"))
    _, findings = audited(folder)
    assert not failing(findings)


def test_a_reader_who_leaves_changes_no_verdict(tmp_path: Path) -> None:
    import subprocess
    import sys

    case = FIXTURES / "seed-grant" / "honest"
    command = f"{sys.executable} -m checks.cli audit {case} --out {tmp_path / 'out'} | true; exit ${{PIPESTATUS[0]}}"
    assert subprocess.run(["bash", "-c", command], cwd=FIXTURES.parent, capture_output=True).returncode == 0

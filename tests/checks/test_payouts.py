"""Payments against awards at every grain the export allows."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from audit.finding import Finding, Verdict
from tests.conftest import Auditor, failing

PAYMENTS = "payments.csv"
COLUMNS = ["流水号", "付款时间", "收款人", "资产", "数额", "名目", "关联编号"]


def read(folder: Path) -> list[dict[str, str]]:
    with (folder / PAYMENTS).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(folder: Path, rows: list[dict[str, str]], drop: tuple[str, ...] = ()) -> None:
    kept = [name for name in COLUMNS if name not in drop]
    with (folder / PAYMENTS).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, kept, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    ours = {"关联编号": "ref: 关联编号", "付款时间": "paid_at: 付款时间"}
    text = (folder / "case.yaml").read_text("utf-8")
    for name in drop:
        text = text.replace(f"      {ours[name]}\n", "")
    (folder / "case.yaml").write_text(text, "utf-8")


def payout(findings: list[Finding], check: str) -> Finding:
    return next(one for one in findings if one.check == check)


@pytest.mark.parametrize("drop", [(), ("关联编号",), ("关联编号", "付款时间")], ids=["reference", "day", "payee"])
def test_honest_payments_pass_at_every_grain(drop: tuple[str, ...], honest: Path, audited: Auditor) -> None:
    write(honest, read(honest), drop)
    audit, findings = audited(honest)
    assert audit.grain == {0: "reference", 1: "day", 2: "payee"}[len(drop)]
    assert failing(findings) == []
    assert payout(findings, "payout_missing").verdict is Verdict.PASS


@pytest.mark.parametrize("drop", [(), ("关联编号",), ("关联编号", "付款时间")], ids=["reference", "day", "payee"])
def test_a_missing_award_is_priced_at_every_grain(drop: tuple[str, ...], honest: Path, audited: Auditor) -> None:
    rows = read(honest)
    gone = next(row for row in rows if row["名目"] == "发起推荐奖")
    same = [row for row in rows if row["收款人"] == gone["收款人"] and row["名目"] == gone["名目"]]
    write(honest, [row for row in rows if row is not gone], drop)
    _, findings = audited(honest)
    check = "payout_missing" if not drop or len(same) == 1 else "payout_wrong"
    found = next(one for one in findings if one.check == check and one.verdict is Verdict.FAIL)
    assert (found.subject, found.amount) == ("referrer-per-activity", {"CNY": "4.00"})
    assert {one for one, _ in failing(findings)} <= {check, "payout_late"}


def test_a_payment_of_the_next_day_is_not_early_or_late_by_day(honest: Path, audited: Auditor) -> None:
    rows = read(honest)
    for row in rows:
        day, clock = row["付款时间"].split(" ")
        if clock >= "22:00:00":
            row["付款时间"] = f"{day} 23:59:59"
    write(honest, rows, ("关联编号",))
    _, findings = audited(honest)
    assert failing(findings) == []


def test_money_in_and_other_payments_are_no_awards(honest: Path, audited: Auditor) -> None:
    rows = read(honest)
    stake = dict(rows[0], 流水号="S1", 收款人="PLATFORM", 名目="发起费", 关联编号="A0001")
    refund = dict(rows[0], 流水号="S2", 名目="提现", 关联编号="A0001")
    write(honest, [*rows, stake, refund])
    text = (
        (honest / "case.yaml")
        .read_text("utf-8")
        .replace("种子用户: seed-user", "种子用户: seed-user\n          提现: other")
    )
    (honest / "case.yaml").write_text("platform_accounts: [PLATFORM]\n" + text, "utf-8")
    _, findings = audited(honest)
    assert failing(findings) == []


@pytest.mark.parametrize(
    ("column", "cell", "fails"),
    [("数额", "l98", ("cells_refused", "payments.csv:数额")), ("名目", "", ("values_missing", "payment.reason")),
     ("关联编号", "", ("values_missing", "payment.ref"))],
)  # fmt: skip
def test_an_illegible_payment_is_neither_missing_nor_paid(
    column: str, cell: str, fails: tuple[str, str], honest: Path, audited: Auditor
) -> None:
    rows = read(honest)
    hurt = next(row for row in rows if row["名目"] == "中奖")
    hurt[column] = cell
    write(honest, rows)
    _, findings = audited(honest)
    assert failing(findings) == [fails]
    missing = [one for one in findings if one.check == "payout_missing"]
    assert {one.verdict for one in missing} == {Verdict.INCONCLUSIVE}
    assert "prize" in {one.subject for one in missing}


def test_without_the_winners_choice_the_prize_is_not_judged(honest: Path, audited: Auditor) -> None:
    text = (honest / "case.yaml").read_text("utf-8")
    line = next(line for line in text.splitlines() if "choice" in line)
    (honest / "case.yaml").write_text(text.replace(line + "\n", ""), "utf-8")
    _, findings = audited(honest)
    prize = [one for one in findings if one.check == "payout_missing" and one.subject == "prize"]
    assert [one.verdict for one in prize] == [Verdict.NOT_APPLICABLE]
    assert failing(findings) == []


def test_what_falls_due_after_the_export_is_not_missing(honest: Path, audited: Auditor) -> None:
    rows = read(honest)
    last = max(row["付款时间"] for row in rows)
    write(honest, [row for row in rows if row["付款时间"] != last])
    text = (honest / "case.yaml").read_text("utf-8").replace("2022-06-01", "2022-05-24")
    (honest / "case.yaml").write_text(text, "utf-8")
    _, findings = audited(honest)
    assert failing(findings) == []


def test_no_deadline_no_lateness(honest: Path, audited: Auditor) -> None:
    text = (honest / "rules.yaml").read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith("due:"))
    (honest / "rules.yaml").write_text(text.replace(line, ""), "utf-8")
    _, findings = audited(honest)
    assert payout(findings, "payout_late").verdict is Verdict.NOT_APPLICABLE


def test_a_deadline_of_no_time_at_all_is_a_deadline(honest: Path, audited: Auditor) -> None:
    text = (honest / "rules.yaml").read_text("utf-8").replace("due: 24h", "due: 0s")
    (honest / "rules.yaml").write_text(text, "utf-8")
    _, findings = audited(honest)
    assert len([one for one in failing(findings) if one[0] == "payout_late"]) == 7


def test_what_happened_before_the_period_is_not_accused(honest: Path, audited: Auditor) -> None:
    """A0004 began at 23:57 of the day before; its 4 + 6 were paid that night and are not in the export."""
    rows = read(honest)
    write(honest, [row for row in rows if row["付款时间"] >= "2022-03-07"])
    text = (honest / "case.yaml").read_text("utf-8").replace("from: 2022-03-01", "from: 2022-03-07")
    (honest / "case.yaml").write_text(text, "utf-8")
    _, findings = audited(honest)
    assert {check for check, _ in failing(findings)} == {"values_out_of_range"}
    assert ("values_out_of_range", "activity.started_at") not in failing(findings)


def test_awards_at_completion_are_owed_by_the_win(honest: Path, audited: Auditor) -> None:
    """The other reading of "successfully initiates": due at the win. Activities cut off are then owed nothing."""
    text = (honest / "rules.yaml").read_text("utf-8").replace("on: start", "on: completion")
    (honest / "rules.yaml").write_text(text, "utf-8")
    audit, findings = audited(honest)
    early = {clause: one for one in findings if one.check == "payout_unexpected" for clause in one.clauses}
    cut = audit.engine.value("SELECT count(*) FROM activity WHERE ended_at IS NULL")
    paid = audit.engine.value("SELECT count(*) FROM payment AS p JOIN activity AS a ON a.activity_id = p.ref "
                              "WHERE a.ended_at IS NULL AND p.reason = 'team-leader-per-activity'")  # fmt: skip
    assert cut == 8
    assert early["team-leader-per-activity"].observed == str(paid)


def test_a_payment_to_somebody_else_is_not_also_late(honest: Path, audited: Auditor) -> None:
    rows = read(honest)
    wrong = next(row for row in rows if row["名目"] == "中奖" and row["资产"] == "盲盒券")
    wrong |= {"收款人": "U00240" if wrong["收款人"] != "U00240" else "U00239", "付款时间": "2022-05-25 00:00:00"}
    write(honest, rows)
    _, findings = audited(honest)
    assert failing(findings) == [("payout_wrong", "prize")]

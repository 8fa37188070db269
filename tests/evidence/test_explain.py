"""Explain: an auditor can check every figure with a pencil, from the case file alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.case import Audit, open_audit
from audit.evidence import as_text, explain
from audit.problem import Problem
from checks.cli import main
from checks.run import Options, run_audit
from tests.conftest import FIXTURES, Auditor


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audit]:
    """Two-level distribution with second levels cut; the exports are gone before anything is explained."""
    folder = tmp_path_factory.mktemp("orders")
    case = Path(shutil.copytree(FIXTURES / "two-level" / "rigged-second-level-cut", folder / "case"))
    text = (case / "orders.csv").read_text("gb18030").splitlines()
    header, first, *rest = text
    (case / "orders.csv").write_text(
        "\n".join([header, first, "", *rest]) + "\n", "gb18030"
    )  # an empty line is no record
    run_audit(case, folder / "out", Options())
    shutil.rmtree(case)
    audit = open_audit(folder / "out")
    yield audit
    audit.engine.connection.close()


def told(audit: Audit, name: str, lang: str = "en") -> str:
    return as_text(explain(audit, name), lang)


def test_a_share_is_explained_step_by_step(orders: Audit) -> None:
    text = told(orders, "discrepancy:D00002/second-level")
    assert "Owed: 0.99 CNY to U00021." in text
    assert "Paid: 0.59 CNY to U00021." in text
    assert "0.40 CNY = |59 − 99| steps" in text
    assert "“the recruiter's recruiter gets a smaller percentage of the order”" in text
    assert 'pays: {CNY: {percent: "5", of: order, rounding: down}}' in text
    assert "from 2022-01-01" in text
    assert "orders.csv:4 · purchase_id D00002" in text  # the third line of the export is empty
    assert "Referrer of U00024: U00021 (users.csv:25)." in text
    assert "1999 × 1/20 = 99 19/20 steps" in text
    assert "payments.csv:124" in text
    assert "1999 × 1/20 = 99 19/20（最小单位）" in told(orders, "owed:D00002/second-level", "zh")


def test_every_row_of_a_finding_has_an_id_that_explains_it(orders: Audit) -> None:
    import json

    bodies = [json.loads(body) for (body,) in orders.engine.rows("SELECT body FROM finding ORDER BY number")]
    ids = [row["id"] for body in bodies if body["check"] == "payout_wrong" for row in body["rows"]]
    assert len(ids) == 117
    for name in ids[::20]:
        assert "Reckoned" in told(orders, name)


def test_a_payment_is_traced_to_what_it_settles(orders: Audit) -> None:
    assert "paid in another amount (wrong_amount), 0.40 CNY at stake" in told(orders, "paid:P000123")
    settled = orders.engine.value(
        "SELECT payment_id FROM ledger WHERE payment_id NOT IN (SELECT payment_id FROM discrepancy) ORDER BY 1"
    )
    assert "Settles what was owed" in told(orders, f"paid:{settled}")


@pytest.mark.parametrize("name", ["event:D00002", "clause:second-level", "row:purchase/D00002", "owed:D00002"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_other_kinds_have_something_to_say(orders: Audit, name: str, lang: str) -> None:
    assert "second-level" in told(orders, name, lang) or "19.99 CNY" in told(orders, name, lang)


@pytest.mark.parametrize(
    ("name", "mend"),
    [("discrepancy:D0002/second-level", "discrepancy:D00002/second-level"), ("owed:D00002/secnd-level", "owed:D00002/second-level"),
     ("payd:P000123", "paid:P000123"), ("paid:P00123", "paid:P00"), ("clause:second", "clause:second-level"),
     ("D00002", "the kinds are owed, draw, paid"), ("row:purchse/D00002", "row:purchase/D00002")],
)  # fmt: skip
def test_an_unknown_id_names_its_neighbours(orders: Audit, name: str, mend: str) -> None:
    with pytest.raises(Problem) as found:
        explain(orders, name)
    assert mend in found.value.mend


def test_the_front_door(orders: Audit, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = str(
        Path(str(orders.engine.value("SELECT path FROM duckdb_databases() WHERE database_name = 'case_file'"))).parent
    )
    assert main(["explain", folder, "owed:D00002/second-level", "--lang", "zh"]) == 0
    assert "应付：0.99 CNY → U00021" in capsys.readouterr().out
    assert main(["explain", folder, "owed:\x1b[31mX"]) == 2
    assert "\x1b" not in capsys.readouterr().err
    assert main(["explain", str(tmp_path), "owed:X"]) == 2
    assert "case.duckdb: no such file" in capsys.readouterr().err


def test_a_pot_tells_who_gets_the_odd_step(audited: Auditor) -> None:
    audit, _ = audited(FIXTURES / "red-envelope" / "rigged-odd-fen-kept")
    text = told(audit, "discrepancy:G0001/envelope")
    assert "A pot of 10.00 CNY = 1000 steps among 3: 1000 = 3 × 333 + 1." in text
    assert "this is position 1, which gets one" in text
    assert "Amount: 333 + 1 = 3.34 CNY." in text
    assert text.count("which gets none") == 2
    assert "1 of them win, all alike: 1/3" in told(audit, "draw:K00001")


def test_a_box_is_priced_by_those_opened_before(audited: Auditor, honest: Path) -> None:
    audit, _ = audited(honest)
    text = told(audit, "draw:K000006")
    assert "this is box 4, and the 3 before it lost" in text
    assert "Still closed: 24 − 3 = 21, so the chance is 1/21." in text
    assert text.count("openings.csv:") == 8  # four entries, each with its outcome
    assert "Paid 5.00 CNY, declared 5.00 CNY, difference 0.00 CNY." in told(audit, "stake:K000006")
    lost = told(audit, "owed:K000002/consolation")
    assert "K000002 on record: an entry, a win." in lost
    assert "So nothing is owed under it." in lost


def test_sums_without_references_are_added_up(audited: Auditor, honest: Path) -> None:
    case, payments = (
        (honest / "case.yaml").read_text("utf-8"),
        (honest / "payments.csv").read_text("utf-8-sig").splitlines(),
    )
    (honest / "case.yaml").write_text(case.replace("      ref: 关联编号\n", ""), "utf-8")
    lost = next(line for line in payments if "开盒返利" in line)
    (honest / "payments.csv").write_text("\n".join(line for line in payments if line != lost) + "\n", "utf-8")
    audit, findings = audited(honest)
    (name,) = {str(row["id"]) for one in findings if one.verdict == "FAIL" for row in one.rows if "id" in row}
    assert name == f"discrepancy:{lost.split(',')[2]}/initiator-per-opening"
    text = told(audit, name)
    assert "At stake: 4.50 CNY" in text
    earned, paid = text.index("What was earned"), text.index("What was paid")
    assert earned < paid
    assert text.count("which add up to") == 2


CASE = """
case: small
timezone: Asia/Shanghai
tables:
  participant: {file: people.csv, columns: {participant_id: id, joined_at: joined}}
  activity: {file: rounds.csv, columns: {activity_id: round, initiator_id: by, started_at: at, ended_at: end}}
  entry: {file: entries.csv, columns: {entry_id: id, activity_id: round, participant_id: who, position: n, entered_at: at, asset: {value: CNY}, paid: paid}}
  outcome: {file: entries.csv, columns: {entry_id: id, outcome: result, decided_at: decided}}
  payment: {file: paid.csv, columns: {payment_id: id, paid_at: at, payee_id: to, asset: asset, amount: sum, reason: why, ref: ref}}
"""  # noqa: E501
RULES = """
campaign: small
effective: {from: 2022-01-01}
assets: {CNY: {step: "0.01"}, fund: {step: "0.01"}}
activity: {started_by: initiator}
entry: {stake: {CNY: "5"}}
"""


def small(folder: Path, rules: str, results: list[tuple[str, str]]) -> Path:
    """One round of entries a minute apart, all by one person, with (result, minute of its decision)."""
    folder.mkdir()
    (folder / "case.yaml").write_text(CASE, "utf-8")
    (folder / "rules.yaml").write_text(RULES + rules, "utf-8")
    (folder / "people.csv").write_text("id,joined\n" + "".join(f"U{n},2022-02-01 00:00:00\n" for n in range(9)), "utf-8")
    (folder / "rounds.csv").write_text("round,by,at,end\nA1,U0,2022-03-01 00:00:00,2022-03-02 00:00:00\n", "utf-8")
    rows = [f"E{n},A1,U{n},{n},2022-03-01 00:0{n}:00,5,{result},2022-03-01 00:{minute}:00\n"
            for n, (result, minute) in enumerate(results, 1)]  # fmt: skip
    (folder / "entries.csv").write_text("id,round,who,n,at,paid,result,decided\n" + "".join(rows), "utf-8")
    (folder / "paid.csv").write_text("id,at,to,asset,sum,why,ref\n", "utf-8")
    return folder


def test_a_guarantee_is_counted(audited: Auditor, tmp_path: Path) -> None:
    draw = 'draw:\n  kind: chances\n  counted: activity\n  prizes:\n    gold: {chance: "0.1", guarantee: 3}\n    tin: {chance: "0.5"}\n'
    results = [("loss", "01"), ("tin", "02"), ("gold", "03"), ("loss", "04")]
    audit, _ = audited(small(tmp_path / "case", draw, results))
    third = told(audit, "draw:E3")
    assert "Entries since the last one, or a better: 2; this is number 3; it is certain at number 3." in third
    assert "On record: a win (gold), to which the declaration gives the chance 1." in third
    assert "On record: a loss (tin), to which the declaration gives the chance 1." in third
    assert "Entries since the last one, or a better: 0; this is number 1" in told(audit, "draw:E4")


def test_a_raffle_counts_its_tickets(audited: Auditor, tmp_path: Path) -> None:
    draw = "draw: {kind: raffle, every: 2}\n"
    results = [("win", "02"), ("loss", "04"), ("win", "04"), ("loss", "04")]
    audit, _ = audited(small(tmp_path / "case", draw, results))
    second = told(audit, "draw:E3")
    assert "Draw 2 of the activity, among entries up to 4; the winner is number 3." in second
    assert "Of 4 tickets 1 are out of it: 4 − 1 = 3." in second
    assert "The chance is 1/3 = 1/3." in second


def test_ladders_funds_exceptions_and_versions(audited: Auditor, tmp_path: Path) -> None:
    awards = """
awards:
  step: {on: entry, to: participant, pays: {CNY: {ladder: {"1": "5", "2-5": "8"}}}}
  fill: {on: entry, nth: 1, to: initiator, pays: {fund: "12"}}
  out: {on: entry, to: initiator, pays: {CNY: {unlock: "5", from: fund}}}
  third: {on: entry, nth: 3, to: participant, pays: {CNY: "1"}, overrides: [step]}
versions:
  - from: 2022-03-01
    says: from March the third gets two
    awards:
      third: {on: entry, nth: 3, to: participant, pays: {CNY: "2"}, overrides: [step]}
"""
    audit, _ = audited(small(tmp_path / "case", awards, [("loss", "01")] * 4))
    assert "This is number 2, which the ladder has at 2-5: 8: 8.00 CNY." in told(audit, "owed:E2/step")
    third = told(audit, "owed:E3/step")
    assert "The exception third bears on this event and takes its place." in third
    assert "So nothing is owed under it." in third
    changed = told(audit, "owed:E3/third")
    assert "Version in force: 2 of 2, from 2022-03-01" in changed
    assert "“from March the third gets two”" in changed
    assert 'pays: {CNY: "2"}' in changed
    assert "Owed: 2.00 CNY → U3" in changed
    assert "Of 200 in the fund 500 are to be released: min(500, 200) = 200, which is 2.00 CNY." in told(audit, "owed:E4/out")


def test_a_tree_is_walked_up_to_the_payee_and_every_pool_and_frozen_part_is_shown(audited: Auditor) -> None:
    audit, _ = audited(FIXTURES / "chain-2-1" / "honest")

    def last(clause: str) -> str:
        event = audit.engine.value("SELECT max(event) FROM expected_award WHERE clause = ?", [clause])
        return told(audit, f"owed:{event}/{clause}")

    ladder = last("differential")
    assert "U00083 (recruit number 1) stands under U00009." in ladder
    assert "U00009 held: member (2022-03-03 11:02:48+08:00), agent" in ladder
    assert "Condition: kind = repeat; on record: repeat." in ladder
    assert "120.00 CNY × 10 %, down = 12.00 CNY" in last("downline-income")
    assert "Fed that day 10.00 CNY, with what was carried 10.00 CNY, held by 2: 5.00 CNY each" in last("v2-pool")
    assert "Withdrawn 140.00 CNY, of which 20 % or 28.00 CNY is frozen until fund-free: 112.00 CNY." in last("withdrawal")
    assert "Everything frozen is released: 303.90 CNY (T0008) = 303.90 CNY." in last("help-fund")

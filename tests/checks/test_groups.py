"""Groups: full ones are decided, with so many winners, and share their envelope to the fen."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from audit.engine import Engine
from audit.finding import Verdict
from audit.problem import Problem
from audit.rules import read_rules
from audit.stats.envelopes import envelopes_needed
from checks.draws import log_need
from checks.draws.envelope_shares_differ import envelope_shares_differ
from tests.conftest import FIXTURES, Auditor, failing

HONEST = FIXTURES / "red-envelope" / "honest"
Rows = list[dict[str, str]]


def change(folder: Path, edit: Callable[[Rows], Rows]) -> None:
    path = folder / "entries.csv"
    reader = csv.DictReader(io.StringIO(path.read_bytes().decode("gb18030"), newline=""))
    rows = edit(list(reader))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, reader.fieldnames or ())
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(out.getvalue().encode("gb18030"))


def group_of(rows: Rows, full: bool) -> Rows:
    names = [row["团编号"] for row in rows]
    name = next(one for one in names if (names.count(one) == 3) == full)
    return [row for row in rows if row["团编号"] == name]


def second_winner(rows: Rows) -> Rows:
    next(row for row in group_of(rows, True) if row["结果"] == "未中")["结果"] = "中"
    return rows


def no_winner(rows: Rows) -> Rows:
    next(row for row in group_of(rows, True) if row["结果"] == "中")["结果"] = "未中"
    return rows


def same_place(rows: Rows) -> Rows:
    group_of(rows, True)[2]["位次"] = "2"
    return rows


def undecided(rows: Rows) -> Rows:
    for row in group_of(rows, True):
        row["结果"] = ""
    return rows


def fourth_place(rows: Rows) -> Rows:
    last = group_of(rows, True)[-1]
    return [*rows, {**last, "参团编号": "K90000", "位次": "", "结果": "未中"}]


FAULTS = {
    "wrong count of winners": (second_winner, no_winner),
    "place taken twice": (same_place,),
    "full group without an outcome": (undecided,),
    "more entries than places": (fourth_place,),
}


@pytest.mark.parametrize(("subject", "fault"), [(name, one) for name, many in FAULTS.items() for one in many])
def test_groups_that_cannot_be_are_named(
    subject: str, fault: Callable[[Rows], Rows], tmp_path: Path, audited: Auditor
) -> None:
    folder = Path(shutil.copytree(HONEST, tmp_path / "case"))
    change(folder, fault)
    _, findings = audited(folder)
    assert [one for check, one in failing(findings) if check == "impossible_outcome"] == [subject]


def test_an_extra_winner_is_owed_the_product_and_no_refund(tmp_path: Path, audited: Auditor) -> None:
    folder = Path(shutil.copytree(HONEST, tmp_path / "case"))
    change(folder, second_winner)
    _, findings = audited(folder)
    money = {
        (one.check, one.subject): dict(one.amount)
        for one in findings
        if one.verdict == "FAIL" and one.amount and one.basis != "screen"
    }
    assert money == {("payout_missing", "product"): {"product": "1"}, ("payout_unexpected", "refund"): {"CNY": "99.00"}}


def test_shares_of_an_envelope_add_up_to_the_fen(audited: Auditor) -> None:
    audit, _ = audited(HONEST)
    shares = audit.engine.rows(
        "SELECT event, sum(amount), min(amount), max(amount), count(*) FROM expected_award "
        "WHERE clause = 'envelope' GROUP BY event"
    )
    assert len(shares) == 140
    assert {row[1:] for row in shares} == {(Decimal(1000), Decimal(333), Decimal(334), 3)}


def test_a_group_that_never_fills_owes_nothing(audited: Auditor) -> None:
    audit, findings = audited(HONEST)
    short = "SELECT activity_id FROM entry GROUP BY activity_id HAVING count(*) < 3"
    assert audit.engine.value(f"SELECT count(*) FROM ({short})") == 10
    assert audit.engine.value(f"SELECT count(*) FROM award_due WHERE event IN ({short}) AND clause = 'envelope'") == 0
    assert not failing(findings)


WRONG = [
    ("to: entrants", "to: participant", "a completion has no participant"),
    ("winners: 1", "winners: 4", "more winners than places"),
    ("on: completion", "on: win", "paid on the completion of a group"),
    ('pot: "10"', 'pot: "10.005"', "not a whole number of steps"),
]


@pytest.mark.parametrize(("old", "new", "words"), WRONG)
def test_group_rules_that_do_not_fit_are_refused(old: str, new: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text((HONEST / "rules.yaml").read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(Problem) as caught:
        read_rules(path)
    assert words in str(caught.value)


def test_a_group_cut_by_the_export_accuses_nobody(tmp_path: Path, audited: Auditor) -> None:
    """Its first entry lies outside the export; it is decided all the same, and its envelope was paid."""
    folder = Path(shutil.copytree(HONEST, tmp_path / "case"))
    change(folder, lambda rows: [row for row in rows if row is not group_of(rows, True)[2]])
    _, findings = audited(folder)
    assert not [one for one in failing(findings) if one[0] in ("impossible_outcome", "payout_missing", "payout_wrong")]
    assert ("payout_unexpected", "envelope") not in failing(findings)


def test_without_places_or_times_nobody_is_accused_of_an_order(tmp_path: Path, audited: Auditor) -> None:
    folder = Path(shutil.copytree(HONEST, tmp_path / "case"))
    text = (folder / "case.yaml").read_text("utf-8")
    (folder / "case.yaml").write_text(
        text.replace("      position: 位次\n", "").replace("      entered_at: 参团时间\n", ""), "utf-8"
    )
    _, findings = audited(folder)
    assert not failing(findings)
    assert next(one for one in findings if one.check == "join_order_favoured").verdict == "INCONCLUSIVE"


def test_one_release_beyond_a_fund_is_not_held_against_those_after_it(tmp_path: Path, audited: Auditor) -> None:
    """U0021's refund goes out as a release while the fund is empty; what is won and released later is in order."""
    folder = Path(shutil.copytree(FIXTURES / "group-rebate" / "honest", tmp_path / "case"))
    path = folder / "payments.csv"
    text = path.read_bytes().decode("gb18030")
    old = "U0021,人民币,99.00,退款,K0011"
    assert text.count(old) == 1
    path.write_bytes(text.replace(old, "U0021,人民币,99.00,购物金释放,K0011").encode("gb18030"))
    _, findings = audited(folder)
    assert failing(findings) == [
        ("payout_missing", "refund"), ("payout_unexpected", "release"), ("release_above_fund", "shopping-fund"),
    ]  # fmt: skip
    (over,) = (one for one in findings if one.check == "release_above_fund" and one.verdict == "FAIL")
    assert over.amount == {"CNY": "99.00"}
    assert [(row["payee"], row["event"], row["at_stake"]) for row in over.rows] == [("U0021", "K0011", "99.00")]


def test_releases_beyond_a_fund_are_judged_by_when_the_rules_began(tmp_path: Path, audited: Auditor) -> None:
    """Whoever joined before the period had no fund where the rules begin with it; where they began earlier nobody can tell."""
    folder = Path(shutil.copytree(FIXTURES / "group-rebate" / "rigged-released-beyond-the-balance", tmp_path / "case"))
    users, rules = folder / "users.csv", folder / "rules.yaml"
    head, *rows = users.read_bytes().decode("gb18030").splitlines()
    text = "\n".join([head, *(f"{row.rpartition(',')[0]},2022-02-28 09:00:00" for row in rows)]) + "\n"
    users.write_bytes(text.encode("gb18030"))
    verdicts = []
    for began in ("2022-03-01", "2022-02-01"):
        rules.write_text(rules.read_text("utf-8").replace("from: 2022-03-01", f"from: {began}"), "utf-8")
        _, findings = audited(folder)
        verdicts += [one.verdict for one in findings if one.check == "release_above_fund"]
    assert verdicts == ["FAIL", "INCONCLUSIVE"]


def test_a_random_share_paid_to_an_outsider_is_found_where_shares_are_not_recorded(
    tmp_path: Path, audited: Auditor
) -> None:
    folder = Path(shutil.copytree(HONEST.parent / "honest-random", tmp_path / "case"))
    text = (folder / "case.yaml").read_text("utf-8")
    (folder / "case.yaml").write_text(text.replace("      asset: {value: CNY}\n      share: 红包份额\n", ""), "utf-8")
    _, findings = audited(folder)
    assert failing(findings) == []
    lines = (folder / "payments.csv").read_text("gb18030").splitlines()
    at = next(place for place, line in enumerate(lines) if ",红包," in line)
    payment, _, payee, _, amount, *_ = lines[at].split(",")
    other = next(
        cells[2] for cells in (line.split(",") for line in lines[40:]) if cells[2] != payee and cells[-1][:4] != "G001"
    )
    lines[at] = lines[at].replace(f",{payee},", f",{other},")
    (folder / "payments.csv").write_text("\n".join(lines) + "\n", "gb18030")
    _, findings = audited(folder)
    found = next(one for one in findings if one.check == "payout_unexpected" and one.verdict == "FAIL")
    assert [(row["payment_id"], row["paid_to"], row["paid"]) for row in found.rows] == [(payment, other, amount)]
    assert failing(findings) == [("payout_unexpected", "envelope")]


def test_where_everybody_wins_no_draw_depends_on_another(audited: Auditor) -> None:
    _, findings = audited(FIXTURES / "envelope-rain" / "honest")
    (found,) = [one for one in findings if one.check == "draws_depend_on_each_other"]
    assert found.verdict is Verdict.NOT_APPLICABLE


def test_an_envelope_of_too_many_steps_is_not_weighed(audited: Auditor, monkeypatch: pytest.MonkeyPatch) -> None:
    audit, findings = audited(FIXTURES / "envelope-rain" / "honest")
    assert {one.verdict for one in findings if one.check == "envelope_shares_differ"} == {Verdict.PASS}
    monkeypatch.setattr("checks.draws.envelope_shares_differ.EXACT", 1)
    (found,) = envelope_shares_differ.judge(audit)
    assert found.verdict is Verdict.INCONCLUSIVE


def test_so_many_envelopes_are_asked_for_as_their_sizes_need(
    audited: Auditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit, _ = audited(FIXTURES / "envelope-rain" / "honest")
    taken = {"size": np.array([2, 2, 3, 3, 3, 3, 3, 3]), "share": np.array([9, 1, 4, 3, 3, 2, 7, 1])}
    monkeypatch.setattr(Engine, "columns", lambda self, sql: taken)
    (found,) = envelope_shares_differ.judge(audit)
    need = log_need(audit)
    two, three = (10, 2), (10, 3)
    assert f"takes about {envelopes_needed({two: 1, three: 2}, need)}." in found.text.en
    assert envelopes_needed({three: 2}, need) < envelopes_needed({two: 1, three: 2}, need) < envelopes_needed({two: 1}, need)

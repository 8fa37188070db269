"""Faults planted in the referral tree of the honest chain: each is found and named, and the rest is replayed all the same."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.finding import Verdict
from checks.cli import main
from tests.conftest import FIXTURES, Auditor, failing

NEW = "2022-03-30 10:00:0"
FAULTS: dict[str, tuple[list[list[str]], list[tuple[str, str]], set[str]]] = {
    # rows added to users.csv; what must fail; whom the first of these findings names
    "own": ([["X1", "X1", f"{NEW}1"]], [("own_referrer", "referrals")], {"X1"}),
    "later": ([["X1", "X2", f"{NEW}1"], ["X2", "U00001", f"{NEW}2"]], [("referrer_joined_later", "referrals")], {"X1"}),
    "ring": (
        [["X1", "X2", f"{NEW}1"], ["X2", "X3", f"{NEW}2"], ["X3", "X1", f"{NEW}3"], ["X4", "X3", f"{NEW}4"]],
        [("referrers_in_a_ring", "referrals")],
        {"X1", "X2", "X3"},
    ),
    "ring of one moment": (
        [["X1", "X2", f"{NEW}1"], ["X2", "X1", f"{NEW}1"]],
        [("referrers_in_a_ring", "referrals")],
        {"X1", "X2"},
    ),
    "two referrers": (
        [["U00084", "U00002", f"{NEW}1"]],
        [("referrers_differ", "referrals"), ("ids_repeated", "participant.participant_id")],
        {"U00084"},
    ),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the honest chain, to be damaged."""
    return Path(shutil.copytree(FIXTURES / "chain-2-1" / "honest", tmp_path / "tree"))


def edit(path: Path, change: Callable[[list[list[str]]], list[list[str]]], encoding: str = "gb18030") -> None:
    with path.open(encoding=encoding, newline="") as file:
        rows = list(csv.reader(file))
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(change(rows))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_tree_is_named_and_the_rest_is_replayed(name: str, tree: Path, audited: Auditor) -> None:
    added, named, people = FAULTS[name]
    edit(tree / "users.csv", lambda rows: rows + added)
    lines = (tree / "payments.csv").read_text("utf-8").splitlines()
    lost = next(line for line in lines if "见点奖" in line)
    (tree / "payments.csv").write_text("\n".join(line for line in lines if line != lost) + "\n", "utf-8")
    _, findings = audited(tree)
    assert sorted(failing(findings)) == sorted([*named, ("payout_missing", "see-point")])
    fault = next(one for one in findings if one.check == named[0][0])
    assert {row["participant_id"] for row in fault.rows} == people
    assert all(row["source_file"] == "users.csv" and row["line"] for row in fault.rows)
    missing = next(one for one in findings if one.check == "payout_missing" and one.verdict == "FAIL")
    assert missing.amount == {"CNY": "100.00"}


def test_an_orphan_is_a_fault_only_where_the_export_cannot_have_cut_the_referrer(tree: Path, audited: Auditor) -> None:
    edit(tree / "users.csv", lambda rows: [*rows, ["X1", "nobody", f"{NEW}1"]])
    _, findings = audited(tree)
    orphan = next(one for one in findings if one.check == "referrer_unknown")
    assert (orphan.verdict, [row["participant_id"] for row in orphan.rows]) == (Verdict.INCONCLUSIVE, ["X1"])
    assert failing(findings) == []
    replace(tree / "case.yaml", "period: {from: 2022-03-01, to: 2022-04-01} # half-open\n", "")
    _, findings = audited(tree)
    orphan = next(one for one in findings if one.check == "referrer_unknown")
    assert (orphan.verdict, [row["participant_id"] for row in orphan.rows]) == (Verdict.FAIL, ["X1"])


def test_a_referrer_who_is_moved_moves_the_awards(tree: Path, audited: Auditor) -> None:
    """The recruiter's record is exchanged for a later one: the awards above are no longer owed to anybody."""
    edit(tree / "users.csv", lambda rows: [[*row[:1], "U00084", *row[2:]] if row[0] == "U00005" else row for row in rows])
    _, findings = audited(tree)
    assert ("referrer_joined_later", "referrals") in failing(findings)
    assert ("payout_unexpected", "direct") in failing(findings)


def damage_cell(column: int) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        edit(folder / "orders.csv", lambda rows: [*rows[:20], [*rows[20][:column], "?", *rows[20][column + 1 :]], *rows[21:]])

    return change


HIDDEN: dict[str, Callable[[Path], None]] = {
    "an illegible moment": damage_cell(5),
    "a control total that tells of lost orders": lambda folder: replace(
        folder / "case.yaml", "tables:", "control: {purchase: {rows: 138}}\ntables:"
    ),
    "kinds that are not mapped": lambda folder: replace(
        folder / "case.yaml", "      kind: {column: 类型, values: {礼包: package, 复购: repeat, 身份礼包: rank}}\n", ""
    ),
    "a period that begins later": lambda folder: replace(folder / "case.yaml", "from: 2022-03-01", "from: 2022-03-10"),
    "no times of registration": lambda folder: replace(folder / "case.yaml", ", joined_at: 注册时间", ""),
    "an illegible withdrawal": lambda folder: edit(
        folder / "withdrawals.csv", lambda rows: [rows[0], [*rows[1][:2], "?", rows[1][3]], *rows[2:]], "utf-8-sig"
    ),
    "no withdrawals": lambda folder: replace(
        folder / "case.yaml", (folder / "case.yaml").read_text("utf-8").split("  request:")[1].split("  payment:")[0], "SKIP"
    ),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_the_export_hides_is_held_against_nobody(name: str, tree: Path, audited: Auditor) -> None:
    """Ranks cannot be told then: clauses that need them stay open, others are judged."""
    HIDDEN[name](tree)
    if name == "no withdrawals":
        replace(tree / "case.yaml", "  request:SKIP", "")
    _, findings = audited(tree)
    accused = [one for one in failing(findings) if one[0].startswith("payout") or one[0].startswith("referr")]
    assert accused == []
    held = {one.subject: one.verdict for one in findings if one.check == "payout_missing"}
    open_ones = {name for name, verdict in held.items() if verdict is Verdict.INCONCLUSIVE}
    assert ("help-fund" if "withdrawal" in name else "see-point") in open_ones


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("to: participant.nearest.agent", "to: participant.nearest.agnet", "no rank or milestone is called 'agnet'"),
        ("    holds: v1\n", "    holds: v3\n", "this rank needs itself"),
        ("holds: agent #", "holds: v2 #", "this rank needs itself"),
        ('v1: "20", v2: "30"', 'v1: "30", v2: "20"', "each amount is more than the one of the rank below"),
        ("of: [direct, see-point], earner", "of: [direct, v1-pool], earner", "'v1-pool' is due on day-end, not on order"),
        ("to: holders.exactly.v1", "to: participant", "holders of a rank are paid on day-end"),
        ("released: withdrawal", "released: direct", "names a clause with `freeze` until this very milestone"),
        ("reaches: fund-free", "reaches: fund-fre", "no such milestone"),
        ('freeze: "20"', 'freeze: "120"', "a percentage lies above 0 and up to 100"),
        ("  recruit: member\n", "  recruit: member\n  matrix: {width: 2}\n", "not both"),
        ('"1-2": agent', '"1-200": agent', "recruits are named by number up to 100"),
        ("    recruits: {member: 2}\n", "    filled: 2\n", "levels fill in a matrix only"),
    ],
)  # fmt: skip
def test_ranks_that_do_not_fit_are_refused_with_their_line(old: str, new: str, says: str, tree: Path, tmp_path: Path,
                                                          capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    replace(tree / "rules.yaml", old, new)
    assert main(["audit", str(tree), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert "rules.yaml:" in said

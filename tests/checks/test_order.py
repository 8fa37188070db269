"""Moments of records against each other: each contradiction is listed with both its lines, and what an honest export holds is not."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from audit.finding import Finding, Verdict
from tests.conftest import Auditor, failing

BOXES = "{kind: boxes, boxes: 4, prizes: {product: 1}, odds: uniform}"
GROUP = "{kind: group, size: 4, winners: 1}"
RAFFLE = "{kind: raffle, winners: 1, among: everyone, tickets: equal}"
CHANCES = '{kind: chances, prizes: {product: {chance: "1/4"}}}'
RULES = """\
campaign: order
effective: {{from: 2022-03-01}}
assets: {{CNY: {{step: "0.01"}}, product: {{step: "1"}}}}
activity: {{}}
entry: {{stake: {{CNY: "1"}}, repeat: unlimited}}
due: 48h
draw: {draw}
awards:
  prize: {{on: win, to: participant, pays: {{CNY: "3"}}}}
"""
CASE = """\
case: order
timezone: Asia/Shanghai
period: {from: 2022-03-01, to: 2022-04-01}
tables:
  participant: {file: u.csv, columns: {participant_id: u, joined_at: j}}
  activity: {file: a.csv, columns: {activity_id: a, initiator_id: u, started_at: s, ended_at: e}}
  entry: {file: e.csv, columns: {entry_id: e, activity_id: a, position: p, participant_id: u, entered_at: t}}
  outcome: {file: e.csv, columns: {entry_id: e, outcome: o, decided_at: d}}
  purchase: {file: b.csv, columns: {purchase_id: b, participant_id: u, asset: {value: CNY}, amount: m, paid_at: t}}
  payment: {file: p.csv, columns: {payment_id: p, paid_at: t, payee_id: u, asset: {value: CNY}, amount: m, reason: r, ref: e}}
"""
START = datetime(2022, 3, 5, 12)
Tables = dict[str, list[dict[str, object]]]


def minutes(count: float) -> datetime:
    return START + timedelta(minutes=count)


def tables() -> Tables:
    """Ten honest activities of four entries, ten minutes apart; the last one wins, and all is decided five seconds later."""
    made: Tables = {"u": [], "a": [], "e": [], "p": [], "b": []}
    for number in range(4):
        made["u"].append({"u": f"U{number}", "j": minutes(-60)})
        made["b"].append({"b": f"B{number}", "u": f"U{number}", "m": "5.00", "t": minutes(number)})
    for number in range(10):
        began, ended = minutes(1000 * number), minutes(1000 * number + 40)
        made["a"].append({"a": f"A{number}", "u": "U0", "s": began, "e": ended})
        for place in range(1, 5):
            key = f"K{number}-{place}"
            made["e"].append({"e": key, "a": f"A{number}", "p": place, "u": f"U{place - 1}", "o": "win" if place == 4 else "loss",
                              "t": began + timedelta(minutes=10 * place), "d": ended + timedelta(seconds=5)})  # fmt: skip
        made["p"].append(
            {"p": f"P{number}", "t": minutes(1000 * number + 60), "u": "U3", "m": "3.00", "r": "prize", "e": key}
        )
    return made


def write(folder: Path, draw: str, made: Tables) -> Path:
    folder = folder / "case"
    folder.mkdir(parents=True)
    for name, rows in made.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    (folder / "rules.yaml").write_text(RULES.format(draw=draw), "utf-8")
    (folder / "case.yaml").write_text(CASE, "utf-8")
    return folder


def verdict(findings: list[Finding], check: str) -> Verdict:
    (found,) = {one.verdict for one in findings if one.check == check}
    return found


def set_cell(table: str, row: int, column: str, value: object) -> Callable[[Tables], None]:
    def plant(made: Tables) -> None:
        made[table][row][column] = value

    return plant


def swap_places(made: Tables) -> None:
    made["e"][0]["p"], made["e"][2]["p"] = 3, 1


FAULTS = {
    BOXES: [
        ("activity.started_at", set_cell("a", 0, "s", minutes(15)), "K0-1", "e.csv", 2, "a.csv", 2),
        ("activity.ended_at", set_cell("a", 1, "e", minutes(1035)), "K1-4", "e.csv", 9, "a.csv", 3),
        ("participant.joined_at", set_cell("u", 2, "j", "2022-03-05 12:25:00"), "B2", "b.csv", 4, "u.csv", 4),
        ("participant.joined_at", set_cell("u", 0, "j", "2099-01-01 00:00:00"), "A0", "a.csv", 2, "u.csv", 2),
        ("outcome.decided_at", set_cell("e", 8, "d", minutes(2005)), "K2-1", "e.csv", 10, "e.csv", 10),
        ("outcome.decided_at", set_cell("e", 15, "d", minutes(3040 + 2880)), "K3-4", "e.csv", 17, "a.csv", 5),
    ],
    GROUP: [
        ("outcome.decided_at", set_cell("e", 8, "d", minutes(2005)), "K2-1", "e.csv", 10, "e.csv", 10),
        ("entry.position", swap_places, "K0-2", "e.csv", 3, "e.csv", 4),
    ],
    RAFFLE: [
        ("entry.position", swap_places, "K0-2", "e.csv", 3, "e.csv", 4),
        ("entry.entered_at", set_cell("e", 7, "d", minutes(1035)), "K1-4", "e.csv", 9, "e.csv", 9),
    ],
    CHANCES: [("outcome.decided_at", set_cell("e", 8, "d", minutes(2005)), "K2-1", "e.csv", 10, "e.csv", 10)],
}  # fmt: skip


@pytest.mark.parametrize("draw", FAULTS)
def test_a_contradiction_is_listed_with_both_lines(draw: str, tmp_path: Path, audited: Auditor) -> None:
    made = tables()
    for _, plant, *_ in FAULTS[draw]:
        plant(made)
    _, findings = audited(write(tmp_path, draw, made))
    told = {one.subject: one for one in findings if one.check == "records_out_of_order" and one.verdict == "FAIL"}
    for subject, _, key, *places in FAULTS[draw]:
        rows = [row for row in told[subject].rows if key in (row.get("entry_id"), row.get("event"))]
        assert [row[name] for row in rows for name in ("source_file", "line", "other_file", "other_line")] == places
    assert set(told) - {"outcome.decided_at"} == {one[0] for one in FAULTS[draw]} - {"outcome.decided_at"}
    assert verdict(findings, "payout_missing") is not Verdict.PASS


def later(hours: float) -> Callable[[Tables], None]:
    """Each outcome is decided so long after the last entry of its activity."""

    def plant(made: Tables) -> None:
        for place, row in enumerate(made["e"]):
            row["d"] = minutes(1000 * (place // 4) + 40 + 60 * hours)

    return plant


def days_alone(made: Tables) -> None:
    """Days without an hour read as their midnight: what is of the same day may be in any order."""
    for table, column in (("u", "j"), ("a", "e"), ("e", "d"), ("b", "t")):
        for row in made[table]:
            row[column] = f"{str(row[column])[:10]} 00:00:00"
    for number in range(4):
        made["u"][number]["j"] = "2022-03-05 00:00:00"


def clocks_a_little_off(made: Tables) -> None:
    made["a"][0]["s"], made["a"][0]["e"] = minutes(10.9), minutes(39.1)
    made["e"][0]["d"] = minutes(9.1)
    made["u"][1]["j"] = minutes(1.9)


def tied(made: Tables) -> None:
    """Two places of one second, told to the millisecond by two clocks."""
    made["e"][4]["t"], made["e"][5]["t"] = (minutes(1010 + one / 100) for one in (0.4, 0.1))


def known_later(made: Tables) -> None:
    """Exported weeks after the period: people who joined since, and what was paid since."""
    made["u"].append({"u": "U9", "j": "2022-04-20 10:00:00"})
    made["p"].append({"p": "P90", "t": "2022-04-20 10:00:00", "u": "U1", "m": "1.00", "r": "other", "e": ""})


@pytest.mark.parametrize("draw", [BOXES, GROUP, RAFFLE, CHANCES])
@pytest.mark.parametrize("seconds", [True, False])
def test_an_honest_export_contradicts_nothing(draw: str, seconds: bool, tmp_path: Path, audited: Auditor) -> None:
    """With moments that clocks a little off have written, and decisions hours later where nothing forbids it; or with days alone."""
    made = tables()
    plants = [clocks_a_little_off, tied, *([later(20)] if draw != BOXES else [])] if seconds else [days_alone]
    for plant in [*plants, known_later]:
        plant(made)
    _, findings = audited(write(tmp_path, draw, made))
    assert {one for one in failing(findings) if one[0] in ("records_out_of_order", "values_out_of_range")} == set()
    assert verdict(findings, "records_out_of_order") is Verdict.PASS


def test_a_decision_after_the_period_is_out_of_range(tmp_path: Path, audited: Auditor) -> None:
    """48 hours after it the decision of an entry of the period is none of its export."""
    made = tables()
    made["e"][38]["d"], made["e"][39]["d"] = "2022-04-02 23:59:59", "2022-04-03 00:00:00"
    _, findings = audited(write(tmp_path, GROUP, made))
    (found,) = [one for one in findings if one.check == "values_out_of_range" and one.verdict == "FAIL"]
    assert (found.subject, [row["entry_id"] for row in found.rows]) == ("outcome.decided_at", ["K9-4"])
    assert verdict(findings, "payout_missing") is Verdict.INCONCLUSIVE
    longer = write(tmp_path / "longer", GROUP, made)
    rules = (longer / "rules.yaml").read_text("utf-8").replace("to: participant", "to: participant, due: 72h")
    (longer / "rules.yaml").write_text(rules, "utf-8")
    _, findings = audited(longer)
    assert verdict(findings, "values_out_of_range") is Verdict.PASS


@pytest.mark.parametrize("draw", [GROUP, RAFFLE, CHANCES])
@pytest.mark.parametrize("summed", [True, False])
def test_an_award_put_off_by_its_decision_is_not_said_to_be_paid(
    draw: str, summed: bool, tmp_path: Path, audited: Auditor
) -> None:
    """The last prize is decided days after its entry, so that its 48 hours end with April; where it is paid all is well."""
    made = tables()
    made["e"][39]["d"] = "2022-03-30 00:00:01"
    folder = write(tmp_path, draw, made)
    if summed:
        text = (folder / "case.yaml").read_text("utf-8")
        (folder / "case.yaml").write_text(text.replace(", reason: r, ref: e}", "}"), "utf-8")
    _, findings = audited(folder)
    assert verdict(findings, "payout_missing") is Verdict.PASS
    made["p"].pop()
    write(tmp_path / "later", draw, made)
    (folder / "p.csv").write_bytes((tmp_path / "later" / "case" / "p.csv").read_bytes())
    _, findings = audited(folder)
    assert verdict(findings, "payout_missing") is Verdict.INCONCLUSIVE
    assert [one for one in failing(findings) if one[0].startswith("payout")] == []


def test_a_milestone_is_reached_by_the_entry_at_its_place(tmp_path: Path, audited: Auditor) -> None:
    """The first to enter has the third place: the second place was taken after half an hour, and what it owes was paid then."""
    made = {name: rows[:4] for name, rows in tables().items()}
    made["a"] = made["a"][:1]
    for row, place in zip(made["e"], (3, 1, 2, 4), strict=True):
        row["p"] = place
    paid = [("K0-2", 1, 32), ("K0-3", 2, 32), *((f"K0-{n}", n - 1, 41) for n in range(1, 5))]
    made["p"] = [{"p": f"P{n}", "t": minutes(at), "u": f"U{who}", "m": "1.00", "r": "rebate", "e": key}
                 for n, (key, who, at) in enumerate(paid)]  # fmt: skip
    folder = write(tmp_path, RAFFLE, made)
    rules = (folder / "rules.yaml").read_text("utf-8").partition("awards:")[0].replace("due: 48h", "due: 5min")
    clause = 'awards:\n  rebate: {on: entry, every: 2, to: everyone-so-far, pays: {CNY: "1"}}\n'
    (folder / "rules.yaml").write_text(rules + clause, "utf-8")
    _, findings = audited(folder)
    assert [one for one in failing(findings) if one[0].startswith("payout")] == []

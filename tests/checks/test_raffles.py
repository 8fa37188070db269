"""Raffles: winners of one moment accuse nobody, weights that cannot be read pass nothing, the head of an export may be missing."""

from __future__ import annotations

import csv
import itertools
import json
import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from audit.finding import Finding
from audit.stats.order import drawn_order
from checks.cli import main
from tests.checks.test_unknowns import write as small
from tests.conftest import Auditor, failing

RULES = """\
campaign: tickets
effective: {{from: 2022-01-01}}
assets: {{CNY: {{step: "0.01"}}}}
activity: {{}}
entry: {{stake: {{CNY: "1"}}, repeat: unlimited}}
draw: {{kind: raffle, winners: {winners}, among: not-yet-won, tickets: {tickets}}}
"""
CASE = """\
case: tickets
timezone: Asia/Shanghai
tables:
  activity: {file: a.csv, columns: {activity_id: a, started_at: s, ended_at: e}}
  entry: {file: e.csv, columns: {entry_id: e, activity_id: a, position: p, participant_id: u, entered_at: t, weight: w}}
  outcome: {file: e.csv, columns: {entry_id: e, outcome: o, decided_at: d}}
"""
Drawn = list[dict[str, object]]


def raffle(
    folder: Path, *, weighted: bool, activities: int = 60, winners: int = 4, first: int = 1, newest: int = 1
) -> Path:
    """A day's raffle for each activity: 20 tickets, all winners drawn and recorded at one moment.

    first: entries before this position are not exported. newest: the odds of the newer half are multiplied by it.
    """
    rng, folder = random.Random(5), folder / "case"
    folder.mkdir()
    entries: Drawn = []
    began = []
    for number in range(activities):
        start = datetime(2022, 3, 1) + timedelta(days=number)
        end = start + timedelta(hours=20)
        began.append({"a": f"A{number}", "s": start, "e": end})
        mine: Drawn = [
            {"e": f"E{number}-{place}", "a": f"A{number}", "p": place, "u": f"U{number}-{place}",
             "t": start + timedelta(minutes=place), "w": rng.choice([1, 1, 2, 5, 20]) if weighted else 1, "o": "loss", "d": end}
            for place in range(1, 21)
        ]  # fmt: skip
        left = list(mine)
        for _ in range(winners):
            odds = [int(str(one["w"])) * (newest if int(str(one["p"])) > 10 else 1) for one in left]
            left.remove(won := rng.choices(left, odds)[0])
            won["o"] = "win"
        entries += mine[first - 1 :]
    write(folder, began, entries)
    tickets = "weight" if weighted else "equal"
    (folder / "rules.yaml").write_text(RULES.format(winners=winners, tickets=tickets), "utf-8")
    (folder / "case.yaml").write_text(CASE, "utf-8")
    return folder


def write(folder: Path, began: Drawn, entries: Drawn) -> None:
    for name, rows in (("a.csv", began), ("e.csv", entries)):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def told(findings: list[Finding], check: str) -> Finding:
    return next(one for one in findings if one.check == check)


@pytest.mark.parametrize("held", [(1, 5, 20), (7, 1, 1, 1)])
@pytest.mark.parametrize("left", [0, 3, 200])
def test_an_order_is_drawn_from_the_law_of_tickets_drawn_one_by_one(held: tuple[int, ...], left: int) -> None:
    """Against every order's chance, reckoned: given who won, 1/(tickets left) for each ticket drawn."""
    law = {}
    for order in itertools.permutations(range(len(held))):
        chance, tickets = 1.0, sum(held) + left
        for place in order:
            chance, tickets = chance * held[place] / tickets, tickets - held[place]
        law[order] = chance
    total, runs = sum(law.values()), 4000
    seen = Counter(tuple(drawn_order(held, left, f"{held}-{left}-{n}")) for n in range(runs))
    off = sum((seen[order] - runs * p / total) ** 2 / (runs * p / total) for order, p in law.items())
    assert off < len(law) + 5 * (2 * len(law)) ** 0.5
    assert drawn_order(held, left, "x") == drawn_order(held, left, "x")


def test_a_raffle_that_later_ones_passed_over_does_not_pass(tmp_path: Path, audited: Auditor) -> None:
    """A raffle still open is in order where it is the last; the first was never closed, and nobody drawn."""
    for name, left in (("last", "A59"), ("first", "A0")):
        (tmp_path / name).mkdir()
        folder = raffle(tmp_path / name, weighted=True)
        began, entries = ([*csv.DictReader((folder / file).open(encoding="utf-8"))] for file in ("a.csv", "e.csv"))
        write(
            folder,
            [{**one, "e": "" if one["a"] == left else one["e"]} for one in began],
            [{**one, **({"o": "", "d": ""} if one["a"] == left else {})} for one in entries],
        )
        found = told(audited(folder)[1], "impossible_outcome")
        assert found.verdict == ("PASS" if name == "last" else "INCONCLUSIVE")
    assert found.subject == "not drawn"
    assert {row["activity_id"] for row in found.rows} == {"A0"}
    assert len(found.rows) == 20


@pytest.mark.parametrize("weighted", [True, False])
def test_winners_of_one_moment_accuse_nobody(weighted: bool, tmp_path: Path, audited: Auditor) -> None:
    _, findings = audited(raffle(tmp_path, weighted=weighted, activities=150))
    found = told(findings, "tickets_favoured")
    assert found.verdict == "PASS"
    assert (found.e_value or 0) < 20


def test_the_newer_half_is_still_found_where_it_is_favoured(tmp_path: Path, audited: Auditor) -> None:
    _, findings = audited(raffle(tmp_path, weighted=True, newest=5))
    assert failing(findings) == [("tickets_favoured", "tickets")]


@pytest.mark.parametrize("weight", ["many", ""])
def test_a_weight_that_is_not_known_passes_nothing(weight: str, tmp_path: Path, audited: Auditor) -> None:
    folder = raffle(tmp_path, weighted=True)
    text = (folder / "e.csv").read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith("E7-3,"))
    cells = line.split(",")
    cells[5] = weight
    (folder / "e.csv").write_text(text.replace(line, ",".join(cells)), "utf-8")
    audit, findings = audited(folder)
    assert [one for one in failing(findings) if one[0] != "cells_refused"] == []
    unknown = audit.engine.rows("SELECT DISTINCT activity_id FROM draw_replayed WHERE chance_num IS NULL")
    assert unknown == [("A7",)]
    assert audit.engine.value("SELECT count(*) FROM draw_replayed WHERE activity_id = 'A7' AND chance_num >= 0") == 0
    for check in ("tickets_favoured", "impossible_outcome"):
        assert told(findings, check).verdict == "INCONCLUSIVE"
        assert "weight of 1 entry" in told(findings, check).text.en


def test_a_draw_whose_first_tickets_are_not_there_is_not_judged(tmp_path: Path, audited: Auditor) -> None:
    _, findings = audited(raffle(tmp_path, weighted=True, first=8))
    assert told(findings, "tickets_favoured").verdict == "INCONCLUSIVE"


def test_a_draw_of_unknown_weight_is_explained_without_a_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = raffle(tmp_path, weighted=True, activities=2)
    text = (folder / "e.csv").read_text("utf-8")
    line = next(line for line in text.splitlines() if ",win," in line)
    cells = line.split(",")
    (folder / "e.csv").write_text(text.replace(line, ",".join([*cells[:5], "", *cells[6:]])), "utf-8")
    assert main(["audit", str(folder), "--out", str(tmp_path / "out")]) in (0, 1)
    assert main(["explain", str(tmp_path / "out"), f"draw:{cells[0]}"]) in (0, 2)
    assert "Traceback" not in "".join(capsys.readouterr())


def day(whole: Path, number: int, folder: Path, first: int = 0) -> Path:
    """The raffle as exported at the end of a day: its entries from day `first` on, and the day as its period."""
    begin = datetime(2022, 3, 1)
    since, until = (begin + timedelta(days=n) for n in (number, number + 1))
    folder.mkdir()
    for name, column in (("a.csv", "s"), ("e.csv", "t")):
        rows = list(csv.DictReader((whole / name).open(encoding="utf-8")))
        write_rows = [
            row
            for row in rows
            if str(begin + timedelta(days=first if name == "e.csv" else 0)) <= row[column] < str(until)
        ]
        for row in write_rows:
            if row.get("d") and row["d"] >= str(until):
                row["d"], row["o"] = "", "loss"
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(write_rows)
    (folder / "rules.yaml").write_text((whole / "rules.yaml").read_text("utf-8"), "utf-8")
    period = f"period: {{from: {since:%Y-%m-%d}, to: {until:%Y-%m-%d}}}\ntables:"
    (folder / "case.yaml").write_text(CASE.replace("tables:", period), "utf-8")
    return folder


def take(case: Path, state: Path) -> int:
    return main(["monitor", str(case), "--state", str(state)])


def links(state: Path) -> list[dict[str, float]]:
    return list(json.loads(state.read_text("utf-8"))["links"])


def running(folder: Path, *, newest: int = 1, days: int = 12) -> Path:
    """One raffle that runs on: six tickets a day, at every third entry one is drawn among all handed out so far."""
    rng, folder = random.Random(8), folder / "whole"
    folder.mkdir()
    entries: Drawn = []
    for number in range(days * 6):
        at = datetime(2022, 3, 1) + timedelta(days=number // 6, hours=number % 6 + 1)
        entries.append({"e": f"E{number}", "a": "A", "p": number + 1, "u": f"U{number}", "t": at, "w": rng.choice([1, 2, 9]),
                        "o": "loss", "d": ""})  # fmt: skip
        if number % 3 == 2:
            left = [one for one in entries if one["o"] == "loss"]
            odds = [int(str(one["w"])) * (newest if int(str(one["p"])) > number - 2 else 1) for one in left]
            rng.choices(left, odds)[0].update(o="win", d=at)
    write(folder, [{"a": "A", "s": datetime(2022, 3, 1), "e": ""}], entries)
    rules = RULES.format(winners=1, tickets="weight").replace("kind: raffle", "kind: raffle, every: 3")
    (folder / "rules.yaml").write_text(rules, "utf-8")
    return folder


def test_a_raffle_is_watched_day_by_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tickets of earlier days are in the export, and their draws count on their own day alone."""
    whole, state = running(tmp_path), tmp_path / "state.json"
    for number in range(12):
        assert take(day(whole, number, tmp_path / f"day{number}"), state) == 0
    out = capsys.readouterr().out
    assert "No alarm" in out
    assert "not counted" not in out
    assert links(state)[-1]["log_e"] < 1
    assert len({one["log_e"] for one in links(state)}) > 6
    assert take(tmp_path / "day3", state) == 2
    assert "already taken" in capsys.readouterr().err
    again = (
        (tmp_path / "day11" / "case.yaml")
        .read_text("utf-8")
        .replace("2022-03-13", "2022-03-14")
        .replace("from: 2022-03-12", "from: 2022-03-13")
    )
    (tmp_path / "day11" / "case.yaml").write_text(again, "utf-8")
    assert take(tmp_path / "day11", state) == 2
    assert "taken before" in capsys.readouterr().err

    once = tmp_path / "once.json"
    text = (tmp_path / "day10" / "case.yaml").read_text("utf-8")
    (tmp_path / "day10" / "case.yaml").write_text(text.replace("from: 2022-03-11", "from: 2022-03-01"), "utf-8")
    assert take(tmp_path / "day10", once) == 0
    assert links(once)[-1]["log_e"] == pytest.approx(links(state)[10]["log_e"], abs=1e-9)


def test_newest_tickets_that_win_are_an_alarm_in_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, state = running(tmp_path, newest=50), tmp_path / "state.json"
    ends = [take(day(whole, number, tmp_path / f"day{number}"), state) for number in range(12)]
    assert ends[0] == 0
    assert ends[-1] == 1
    assert sorted(ends) == ends
    assert "tickets of the newest batch x" in capsys.readouterr().out


def test_equal_tickets_are_watched_too(tmp_path: Path) -> None:
    for name, newest, status in (("honest", 1, 0), ("rigged", 20, 1)):
        (tmp_path / name).mkdir()
        folder, state = raffle(tmp_path / name, weighted=False, activities=40, newest=newest), tmp_path / f"{name}.json"
        for half, (since, until) in enumerate((("2022-03-01", "2022-03-21"), ("2022-03-21", "2022-04-10"))):
            (folder / "case.yaml").write_text(
                CASE.replace("tables:", f"period: {{from: {since}, to: {until}}}\ntables:"), "utf-8"
            )
            if half:
                (folder / "e.csv").write_text((folder / "e.csv").read_text("utf-8") + "\n", "utf-8")  # exported anew
            ended = take(folder, state)
        assert ended == status


def test_draws_whose_earlier_tickets_are_not_there_are_said_not_to_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, state = running(tmp_path), tmp_path / "state.json"
    assert take(day(whole, 5, tmp_path / "day", first=5), state) == 0
    assert "Draws not counted: 2" in capsys.readouterr().out
    assert links(state)[-1]["log_e"] == pytest.approx(0.0, abs=1e-9)


WHOLE = "period: {from: 2022-01-01, to: 2022-04-01}\n"
PEOPLE = " ".join(f"U{n},,2022-01-05T09:00:00" for n in range(1, 7))
RAFFLE = (
    "activity: {{}}\nentry: {{stake: {{}}}}\ndraw: {{kind: raffle, {}}}\n"
    "awards: {{prize: {{on: win, to: participant, pays: {{CNY: 9}}}}}}\n"
)


def entered(*who: str, first: int = 1) -> str:
    """Entries of one activity, an hour apart on the 5th of March, the n-th by the n-th of these people."""
    return " ".join(f"E{n},A1,{one},{n},2022-03-05T{n:02}:00:00" for n, one in enumerate(who, first))


def test_a_win_without_its_moment_is_due_from_the_end_of_the_activity(tmp_path: Path, audited: Auditor) -> None:
    case = {"participant": PEOPLE, "activity": "A1,2022-03-01T09:00:00,2022-03-10T00:00:00", "outcome": "E3,win,",
            "entry": entered("U1", "U2", "U3", "U4")}  # fmt: skip
    for name, day, found in (("case", "10", []), ("late", "12", [("payout_late", "prize")])):
        paid = f"P1,2022-03-{day}T01:00:00,U3,9.00,CNY,prize,E3"
        _, findings = audited(small(tmp_path / name, RAFFLE.format("winners: 1"), WHOLE, payment=paid, **case))
        assert failing(findings) == found
    _, findings = audited(small(tmp_path / "every", RAFFLE.format("every: 2"), WHOLE, payment=paid, **case))
    assert failing(findings) == []
    assert told(findings, "impossible_outcome").verdict == "INCONCLUSIVE"
    (tmp_path / "every" / "outcome.csv").write_text(
        "entry_id,outcome,decided_at\nE3,win,2022-03-05 03:00:00\n", "utf-8"
    )
    _, findings = audited(tmp_path / "every")
    assert ("impossible_outcome", "won before its draw") in failing(findings)


def test_a_winner_in_one_second_with_others_at_the_bound_was_in_the_draw(tmp_path: Path, audited: Auditor) -> None:
    """Entries without numbers; the second and the third are of one second, and either may be the one that the draw is at."""
    rules, activity = RAFFLE.format("every: 2").partition("awards")[0], "A1,2022-03-01T09:00:00,"
    entries = entered("U1", "U2", "U3", "U4").replace("03:00:00", "02:00:00")
    early = [("records_out_of_order", "outcome.decided_at"), ("impossible_outcome", "won before its draw")]
    for name, won, found in (("case", "E3", []), ("early", "E4", early)):
        wins = f"E1,loss, {won},win,2022-03-05T02:00:00 E2,win,2022-03-05T05:00:00"
        folder = small(tmp_path / name, rules, WHOLE, participant=PEOPLE, activity=activity, entry=entries, outcome=wins)
        text = (folder / "case.yaml").read_text("utf-8").replace("position: position, ", "")
        (folder / "case.yaml").write_text(text, "utf-8")
        _, findings = audited(folder)
        assert failing(findings) == found


def test_no_more_can_win_than_are_left(tmp_path: Path, audited: Auditor) -> None:
    """U1 alone holds the first four tickets: nobody is left for the second draw; and three are to win where two people entered."""
    entries, wrong = entered("U1", "U1", "U1", "U1", "U2", "U2"), [("impossible_outcome", "wrong count of winners")]
    first, third = "E1,win,2022-03-05T02:00:00", "E5,win,2022-03-05T06:00:00"
    drawn = f"{first} {third}"
    ended = "E1,win,2022-03-06T00:00:00 E5,win,2022-03-06T00:00:00"
    for name, terms, wins, found in (
        ("none", "every: 2", drawn, []),
        ("some", "every: 2", first, wrong),
        ("few", "winners: 3", ended, []),
        ("fewer", "winners: 3", ended.partition(" ")[0], wrong),
    ):
        rules, activity = RAFFLE.format(terms).partition("awards")[0], "A1,2022-03-01T09:00:00,2022-03-06T00:00:00"
        _, findings = audited(
            small(tmp_path / name, rules, WHOLE, participant=PEOPLE, activity=activity, entry=entries, outcome=wins)
        )
        assert failing(findings) == found, name


@pytest.mark.parametrize(("moment", "found"), [("31T23:59:59", []), ("20T23:59:59", ["wrong count of winners"])])
def test_a_draw_due_at_the_very_end_is_made_after_it(
    moment: str, found: list[str], tmp_path: Path, audited: Auditor
) -> None:
    """No deadline is declared."""
    rules, activity = RAFFLE.format("every: 2").partition("awards")[0], "A1,2022-03-01T09:00:00,"
    entries = entered("U1", "U2", "U3") + f" E4,A1,U4,4,2022-03-{moment}"
    folder = small(tmp_path / "case", rules, WHOLE, participant=PEOPLE, activity=activity, entry=entries,
                   outcome="E1,win,2022-03-05T10:00:00")  # fmt: skip
    text = (folder / "rules.yaml").read_text("utf-8").replace("due: 24h\n", "")
    (folder / "rules.yaml").write_text(text, "utf-8")
    _, findings = audited(folder)
    assert [subject for check, subject in failing(findings) if check == "impossible_outcome"] == found


@pytest.mark.parametrize("numbered", [True, False])
def test_a_raffle_begun_before_the_period_is_not_judged_and_the_others_are(
    numbered: bool, tmp_path: Path, audited: Auditor
) -> None:
    """A1 had two entries and a draw in February; A2 began in March, and its second draw was not made."""
    rules = RAFFLE.format("every: 2").partition("awards")[0]
    began = "A1,2022-02-20T09:00:00, A2,2022-03-01T09:00:00,"
    later = entered("U1", "U2", "U3", "U4").replace("E", "F").replace("A1", "A2")
    drawn = "E2,win,2022-03-05T04:00:00 F1,win,2022-03-05T02:00:00"
    cut = entered("U3", "U4", "U5", first=3)
    for name, entries, wins, found in (
        ("case", f"{cut} {later}", f"{drawn} F2,win,2022-03-05T04:00:00", []),
        ("other", f"{cut} {later}", drawn, [("impossible_outcome", "wrong count of winners")]),
        ("head", cut.replace("E3", "E2"), drawn.partition(" ")[0], []),
    ):
        folder = small(tmp_path / name, rules, "period: {from: 2022-03-01, to: 2022-04-01}\n", participant=PEOPLE,
                       activity=began, entry=entries, outcome=wins)  # fmt: skip
        if not numbered:
            text = (folder / "case.yaml").read_text("utf-8").replace("position: position, ", "")
            (folder / "case.yaml").write_text(text, "utf-8")
        _, findings = audited(folder)
        assert [one for one in failing(findings) if one[0] != "links_broken"] == found
        if not found:
            assert told(findings, "impossible_outcome").verdict == "INCONCLUSIVE"


def test_a_prize_of_an_entry_from_before_the_period_is_not_held_against_the_platform(
    tmp_path: Path, audited: Auditor
) -> None:
    """The ticket of February wins a draw of March; the whole life of the same raffle has no such ticket."""
    case = {"participant": PEOPLE, "activity": "A1,2022-02-20T09:00:00,", "entry": entered("U3", "U4", first=3),
            "outcome": "E3,win,2022-03-05T04:00:00",
            "payment": "P1,2022-03-05T05:00:00,U3,9.00,CNY,prize,E3 P2,2022-03-05T05:00:00,U1,9.00,CNY,prize,E1"}  # fmt: skip
    for since, found in (("2022-03-01", []), ("2022-01-01", [("payout_unexpected", "prize")])):
        folder = small(tmp_path / since, RAFFLE.format("every: 2"), f"period: {{from: {since}, to: 2022-04-01}}\n", **case)
        _, findings = audited(folder)
        assert [one for one in failing(findings) if one[0].startswith("payout")] == found


@pytest.mark.parametrize(("among", "found"), [("everyone", []), ("not-yet-won", [("impossible_outcome", "won again")])])
def test_two_tickets_of_one_person_win_one_draw_where_everyone_stays_in(
    among: str, found: list[tuple[str, str]], tmp_path: Path, audited: Auditor
) -> None:
    rules = RAFFLE.format(f"every: 4, winners: 2, among: {among}").partition("awards")[0]
    audit, findings = audited(
        small(tmp_path / "case", rules, WHOLE, participant=PEOPLE, activity="A1,2022-03-01T09:00:00,",
              entry=entered("U1", "U1", "U2", "U3"), outcome="E1,win,2022-03-05T05:00:00 E2,win,2022-03-05T05:00:00")
    )  # fmt: skip
    assert failing(findings) == found
    if not found:
        assert audit.engine.rows("SELECT chance_num, chance_den FROM draw_replayed ORDER BY turn") == [(1, 4), (1, 3)]

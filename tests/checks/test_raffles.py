"""Raffles: winners of one moment accuse nobody, weights that cannot be read pass nothing, the head of an export may be missing."""

from __future__ import annotations

import csv
import itertools
import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from audit.finding import Finding
from audit.stats.order import drawn_order
from checks.cli import main
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
        assert "weight of 1 entries" in told(findings, check).text.en


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

"""A platform that announces another size of its draws is judged by the size in force, version by version."""

from __future__ import annotations

import csv
import hmac
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from audit.finding import Verdict
from tests.conftest import Auditor, failing

BEGUN, CHANGED, ROUNDS = datetime(2022, 3, 1, 8), datetime(2022, 4, 1), 300
HEAD = """\
campaign: sizes
effective: {from: 2022-03-01}
assets: {CNY: {step: "0.01"}}
activity: {}
entry: {stake: {CNY: "5"}, repeat: unlimited}
"""
DRAWS = {
    "boxes": "draw: {kind: boxes, boxes: %d, prizes: {CNY: 1}, odds: uniform}\n",
    "group": "draw: {kind: group, size: %d, winners: 1}\n",
    "raffle": "draw: {kind: raffle, every: %d}\n",
    "chances": "draw: {kind: chances, counted: participant, prizes: {star: {chance: 1/20, guarantee: %d}}}\n",
}
COLUMNS = {
    "entry": "entry_id activity_id position participant_id entered_at paid",
    "outcome": "entry_id outcome decided_at",
    "activity": "activity_id started_at ended_at",
    "randomness": "activity_id seed",
}
Rows = dict[str, list[list[object]]]


def rounds(sizes: tuple[int, int]) -> Iterator[tuple[str, datetime, str, int]]:
    """Each round: id, moment, seed, and the size then in force."""
    rng = random.Random(sizes[1])
    for number in range(2 * ROUNDS):
        late = number >= ROUNDS
        begun = (CHANGED if late else BEGUN) + timedelta(hours=2 * (number % ROUNDS), minutes=5)
        yield f"R{number:04}", begun, f"{rng.getrandbits(128):032x}", sizes[late]


def won_of(kind: str, size: int, name: str, key: str) -> dict[int, int]:
    """The places that win, each with the place at which it is decided; of the boxes, that is the one that the seed gives."""
    drawn = int(hmac.new(key.encode(), f"{name}:0".encode(), "sha256").hexdigest()[:13], 16)
    if kind != "raffle" or size == 20:
        place = 1 + drawn % size
        return {place: place if kind == "boxes" else size}
    rng, won = random.Random(key), dict[int, int]()
    for end in range(size, 21, size):
        won[rng.choice([place for place in range(1, end + 1) if place not in won])] = end
    return won


def played(kind: str, sizes: tuple[int, int]) -> Rows:
    """An honest export of both versions: boxes are opened up to the prize, groups filled, twenty tickets handed out."""
    rng, rows, misses = random.Random(1), {name: list[list[object]]() for name in COLUMNS}, dict[str, int]()
    for name, begun, key, size in rounds(sizes):
        won = won_of(kind, size, name, key) if kind != "chances" else {}
        last = {"boxes": min(won, default=0), "group": size, "raffle": 20, "chances": 5}[kind]
        times = [begun + timedelta(minutes=place) for place in range(1, last + 1)]
        for place, moment in enumerate(times, 1):
            number, who = f"E{len(rows['entry']):05}", f"U{rng.randrange(60):03}"
            if kind == "raffle":  # nobody twice: whoever has won is out, with every ticket
                who = f"{who}-{place}"
            rows["entry"].append([number, name, place, who, moment, "5"])
            outcome, decided = ("win", times[won[place] - 1]) if place in won else ("loss", times[-1])
            if kind == "chances":
                star = misses.get(who, 0) + 1 >= size or rng.random() < 1 / 20
                misses[who] = 0 if star else misses.get(who, 0) + 1
                outcome, decided = "star" if star else "loss", moment
            rows["outcome"].append([number, outcome, decided])
        rows["activity"].append([name, begun, times[-1]])
        rows["randomness"].append([name, key])
    return rows


def write(folder: Path, kind: str, sizes: tuple[int, int], *, seeded: bool) -> None:
    """The case of this export, under rules whose second version has another size."""
    folder.mkdir()
    rows, tables = played(kind, sizes), dict[str, dict[str, object]]()
    for table, columns in COLUMNS.items():
        if table != "randomness" or seeded:
            with (folder / f"{table}.csv").open("w", newline="") as file:
                csv.writer(file).writerows([columns.split(), *rows[table]])
            also: dict[str, object] = {"asset": {"value": "CNY"}} if table == "entry" else {}
            tables[table] = {"file": f"{table}.csv", "columns": {one: one for one in columns.split()} | also}
    case = {"case": "sizes", "platform": "P", "timezone": "UTC", "period": {"from": "2022-03-01", "to": "2022-05-01"}}
    (folder / "case.yaml").write_text(yaml.safe_dump({**case, "tables": tables}), "utf-8")
    before, after = (DRAWS[kind] % size for size in sizes)
    scheme = "randomness: {source: hmac}\n" if seeded else ""
    later = f"versions:\n  - from: 2022-04-01\n    says: another size\n    {after}"
    (folder / "rules.yaml").write_text(HEAD + before + scheme + later, "utf-8")


SIZES = {"group": (5, 10), "boxes": (6, 12), "raffle": (5, 10), "chances": (8, 12)}


@pytest.mark.parametrize("falls", [False, True])
@pytest.mark.parametrize(("kind", "seeded"), [*((kind, False) for kind in DRAWS), ("group", True), ("boxes", True)])
def test_another_size_is_not_held_against_the_platform(
    kind: str, seeded: bool, falls: bool, tmp_path: Path, audited: Auditor
) -> None:
    one, other = SIZES[kind]
    write(tmp_path / "case", kind, (other, one) if falls else (one, other), seeded=seeded)
    _, findings = audited(tmp_path / "case")
    assert failing(findings) == []
    passed = {one.check for one in findings if one.verdict is Verdict.PASS}
    assert "impossible_outcome" in passed
    assert ("randomness_not_honoured" in passed) is seeded


@pytest.mark.parametrize("kind", ["group", "boxes"])
def test_what_is_rigged_under_the_later_size_is_found(kind: str, tmp_path: Path, audited: Auditor) -> None:
    """Of every later round that holds it the winner is struck out; and in three rounds another place wins."""
    folder = tmp_path / "case"
    write(folder, kind, SIZES[kind], seeded=True)
    entries, outcomes = ([*csv.reader((folder / f"{one}.csv").open())] for one in ("entry", "outcome"))
    told = {number: outcome for number, outcome, _ in outcomes[1:]}
    later = [row for row in entries[1:] if row[1] >= f"R{ROUNDS:04}"]
    gone = {row[0] for row in later if told[row[0]] == "win" and row[1] < f"R{ROUNDS + 60:04}"}
    for name in (f"R{ROUNDS + 100 + place:04}" for place in range(3)):
        mine = [row[0] for row in later if row[1] == name]
        won = next(number for number in mine if told[number] == "win")
        other = next((number for number in mine if number != won), won)
        told[won], told[other] = "loss", "win"
    for file, rows in (("entry", entries), ("outcome", outcomes)):
        if file == "outcome":
            rows = [rows[0], *([number, told[number], decided] for number, _, decided in rows[1:])]
        with (folder / f"{file}.csv").open("w", newline="") as out:
            csv.writer(out).writerows([row for row in rows if row[0] not in gone])
    _, findings = audited(folder)
    assert {"entries_deleted_by_outcome", "randomness_not_honoured"} <= {check for check, _ in failing(findings)}
    if kind == "group":
        found = next(one for one in findings if one.check == "entries_deleted_by_outcome")
        assert (found.declared.en, found.observed.en) == ("6.0 wins due in this class", "60 wins in 60 chances")


@pytest.mark.parametrize("weights", [False, True])
def test_tickets_that_a_later_version_weighs(weights: bool, tmp_path: Path, audited: Auditor) -> None:
    """One draw of twenty tickets a round, each as its seed gives; where weights count and are missing it cannot be drawn again."""
    folder = tmp_path / "case"
    write(folder, "raffle", (20, 20), seeded=True)
    first, later = (folder / "rules.yaml").read_text("utf-8").replace(", every: 20", "").split("versions:")
    rules = f"{first}versions:{later.replace('kind: raffle', 'kind: raffle, tickets: weight')}"
    (folder / "rules.yaml").write_text(rules, "utf-8")
    if weights:
        head, *rows = csv.reader((folder / "entry.csv").open())
        with (folder / "entry.csv").open("w", newline="") as file:
            csv.writer(file).writerows([[*head, "weight"], *([*row, "1"] for row in rows)])
        case = (folder / "case.yaml").read_text("utf-8")
        (folder / "case.yaml").write_text(
            case.replace("      paid: paid\n", "      paid: paid\n      weight: weight\n"), "utf-8"
        )
    _, findings = audited(folder)
    (found,) = [one for one in findings if one.check == "randomness_not_honoured"]
    assert found.verdict is (Verdict.PASS if weights else Verdict.INCONCLUSIVE)
    words = "600 of 600 draws" if weights else f"{ROUNDS} draws hold an entry whose weight or box is missing"
    assert found.text.en.startswith(words)


def test_a_box_that_cannot_be_read_leaves_its_activity_open(tmp_path: Path, audited: Auditor) -> None:
    folder = tmp_path / "case"
    write(folder, "boxes", (6, 6), seeded=True)
    entries = (folder / "entry.csv").read_text().replace("E00000,R0000,1,", "E00000,R0000,first,", 1)
    (folder / "entry.csv").write_text(entries)
    _, findings = audited(folder)
    assert [check for check, _ in failing(findings)] == ["cells_refused"]
    (found,) = [one for one in findings if one.check == "randomness_not_honoured"]
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.text.en.startswith("1 draw holds an entry whose weight or box is missing")
    assert f"the other {2 * ROUNDS - 1} are as their seeds give" in found.text.en


def test_a_later_size_is_looked_at_too(tmp_path: Path, audited: Auditor) -> None:
    """Groups of five are honest; of ten, the place after the last winner's wins, which favours no place."""
    folder = tmp_path / "case"
    write(folder, "group", (5, 10), seeded=False)
    entries = [*csv.reader((folder / "entry.csv").open())][1:]
    head, *outcomes = csv.reader((folder / "outcome.csv").open())
    for row, entry in zip(outcomes, entries, strict=True):
        number = int(entry[1][1:])
        if number >= ROUNDS:
            row[1] = "win" if int(entry[2]) == 1 + number % 10 else "loss"
    with (folder / "outcome.csv").open("w", newline="") as file:
        csv.writer(file).writerows([head, *outcomes])
    _, findings = audited(folder)
    assert failing(findings) == [("draws_depend_on_each_other", "successive draws")]


def test_a_size_that_comes_back_is_judged_once(tmp_path: Path, audited: Auditor) -> None:
    folder = tmp_path / "case"
    write(folder, "group", (5, 10), seeded=False)
    again = "  - {from: 2022-04-20, says: as before, draw: {kind: group, size: 5, winners: 1}}\n"
    (folder / "rules.yaml").write_text((folder / "rules.yaml").read_text("utf-8") + again, "utf-8")
    case = (folder / "case.yaml").read_text("utf-8")
    (folder / "case.yaml").write_text(case.replace("to: '2022-05-01'", "to: '2022-04-20'"), "utf-8")
    for table, column in (("entry", 4), ("activity", 2)):
        head, *rows = csv.reader((folder / f"{table}.csv").open())
        kept = [row for row in rows if row[column] < "2022-04-19"]
        with (folder / f"{table}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([head, *kept])
    _, findings = audited(folder)
    found = [one for one in findings if one.check == "join_order_favoured"]
    assert [one.subject for one in found] == [f"places of groups of {size} with 1 winners" for size in (5, 10)]


FOUR, FIVE = 'four: {chance: "0.1", guarantee: 10}', 'five: {chance: "0.1", guarantee: 20}'


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize(("before", "after"), [(FOUR, f"{FIVE}, {FOUR}"), (f"{FIVE}, {FOUR}", FOUR)])
def test_a_better_prize_that_comes_or_goes(
    before: str, after: str, kept: bool, tmp_path: Path, audited: Auditor
) -> None:
    """It is better than the old one from its first version on, and counted from then; else a late guarantee is not kept once."""
    folder = tmp_path / "case"
    write(folder, "chances", (10, 10), seeded=False)
    draws = [f"draw: {{kind: chances, counted: participant, prizes: {{{one}}}}}" for one in (before, after)]
    rules = f"{HEAD}{draws[0]}\nversions:\n  - from: 2022-04-01\n    {draws[1]}\n"
    (folder / "rules.yaml").write_text(rules, "utf-8")
    rng, five, four, broken = random.Random(7), dict[str, int](), dict[str, int](), kept
    entries = [*csv.reader((folder / "entry.csv").open())][1:]
    told = list[list[str]]()
    for number, _, _, who, moment, _ in entries:
        late, luck = moment >= "2022-04-01", rng.random()
        here = after if late else before
        five[who] = five.get(who, 0) + 1 if FIVE in here else 0
        four[who] = four.get(who, 0) + 1
        best = FIVE in here and (luck < 0.1 or five[who] == 20)
        good = not best and (luck > 0.9 or four[who] >= 10)
        if good and late and four[who] == 10 and not broken:
            good, broken = False, True
        five[who], four[who] = 0 if best else five[who], 0 if best or good else four[who]
        told.append([number, "five" if best else "four" if good else "loss", moment])
    with (folder / "outcome.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS["outcome"].split(), *told])
    _, findings = audited(folder)
    assert failing(findings) == ([] if kept else [("guarantee_not_honoured", "guarantees")])
    if kept:
        assert "guarantee_not_honoured" in {one.check for one in findings if one.verdict is Verdict.PASS}

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
HEAD = "campaign: sizes\neffective: {from: 2022-03-01}\nassets: {CNY: {step: '0.01'}}\nactivity: {}\n"
ENTRY = "entry: {stake: {CNY: '5'}, repeat: unlimited}\n"
RULES = {
    "boxes": "draw: {kind: boxes, boxes: %d, prizes: {CNY: 1}, odds: uniform}\n",
    "group": "draw: {kind: group, size: %d, winners: 1}\n",
}
Round = tuple[str, datetime, str, int, int]


def rounds(sizes: tuple[int, int], seed: int) -> Iterator[Round]:
    """Each round: id, moment, seed, size, and the place that its seed gives (HMAC-SHA256, the first 13 digits, modulo the size)."""
    rng = random.Random(seed)
    for number in range(2 * ROUNDS):
        name, key = f"R{number:04}", f"{rng.getrandbits(128):032x}"
        late = number >= ROUNDS
        begun = (CHANGED if late else BEGUN) + timedelta(hours=2 * (number % ROUNDS), minutes=5)
        size = sizes[late]
        drawn = int(hmac.new(key.encode(), f"{name}:0".encode(), "sha256").hexdigest()[:13], 16)
        yield name, begun, key, size, 1 + drawn % size


def write(folder: Path, kind: str, sizes: tuple[int, int], *, random_seeds: bool) -> None:
    """An honest export of both versions: boxes are opened up to the prize, groups filled."""
    folder.mkdir()
    rng, entries, activities, seeds = random.Random(1), [], [], []
    for name, begun, key, size, won in rounds(sizes, sizes[1]):
        places = range(1, (won if kind == "boxes" else size) + 1)
        times = [begun + timedelta(minutes=place) for place in places]
        for place, moment in zip(places, times, strict=True):
            who = f"U{rng.randrange(60):03}"
            entries.append([f"E{len(entries):05}", name, place, who, moment, "5", "win" if place == won else "loss"])
        activities.append([name, begun, times[-1]])
        seeds.append([name, key])
    tables = {
        "entry": ("entry_id activity_id position participant_id entered_at paid outcome", entries),
        "activity": ("activity_id started_at ended_at", activities),
        "randomness": ("activity_id seed", seeds),
    }
    plans = {}
    for table, (columns, rows) in tables.items():
        with (folder / f"{table}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([columns.split(), *rows])
        plans[table] = {"file": f"{table}.csv", "columns": {one: one for one in columns.split() if one != "outcome"}}
    plans["entry"]["columns"]["asset"] = {"value": "CNY"}
    plans["outcome"] = {"file": "entry.csv", "columns": {"entry_id": "entry_id", "outcome": "outcome"}}
    if not random_seeds:
        del plans["randomness"]
    case = {"case": "sizes", "platform": "P", "timezone": "UTC", "period": {"from": "2022-03-01", "to": "2022-05-01"}}
    (folder / "case.yaml").write_text(yaml.safe_dump({**case, "tables": plans}), "utf-8")
    before, after = (RULES[kind] % size for size in sizes)
    scheme = "randomness: {source: hmac}\n" if random_seeds else ""
    later = f"versions:\n  - from: 2022-04-01\n    says: another size\n    {after}"
    (folder / "rules.yaml").write_text(HEAD + ENTRY + before + scheme + later, "utf-8")


@pytest.mark.parametrize("random_seeds", [False, True])
@pytest.mark.parametrize(
    ("kind", "sizes"), [("group", (10, 5)), ("group", (5, 10)), ("boxes", (6, 12)), ("boxes", (12, 6))]
)
def test_another_size_is_not_held_against_the_platform(
    kind: str, sizes: tuple[int, int], random_seeds: bool, tmp_path: Path, audited: Auditor
) -> None:
    write(tmp_path / "case", kind, sizes, random_seeds=random_seeds)
    _, findings = audited(tmp_path / "case")
    assert failing(findings) == []
    passed = {one.check for one in findings if one.verdict is Verdict.PASS}
    assert {"impossible_outcome", "entries_deleted_by_outcome"} <= passed
    assert ("randomness_not_honoured" in passed) is random_seeds

"""Published seeds: a draw without one, of several, or whose seed was out before it, does not pass."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from audit.finding import Finding
from tests.conftest import FIXTURES, Auditor, failing

Rows = list[dict[str, str]]


def read(path: Path) -> Rows:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def write(path: Path, rows: Rows) -> None:
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def decide(entries: Rows, name: str, place: int) -> None:
    """Make this place of a group (from 0) the winner."""
    for one in entries:
        if one["团编号"] == name:
            one["结果"] = "中" if one["位次"] == str(place + 1) else "未中"


def drawn(seed: str, name: str) -> int:
    return int(hmac.new(seed.encode(), f"{name}:0".encode(), "sha256").hexdigest()[:13], 16) % 4


def won(entries: Rows, name: str) -> int:
    return next(int(one["位次"]) - 1 for one in entries if one["团编号"] == name and one["结果"] == "中")


def rigged(entries: Rows, seeds: Rows) -> Rows:
    """Another seed for each of these groups, which gives another winner."""
    found = []
    for one in seeds:
        name = one["团编号"]
        seed = next(s for s in (f"{name}{i}" for i in range(99)) if drawn(s, name) != won(entries, name))
        decide(entries, name, drawn(seed, name))
        found.append({**one, "种子": seed, "承诺": hashlib.sha256(seed.encode()).hexdigest()})
    return found


def seeds_deleted(entries: Rows, seeds: Rows) -> Rows:
    rigged(entries, seeds[:20])
    return seeds[20:]


def seeds_exchanged(entries: Rows, seeds: Rows) -> Rows:
    return [*({**one, "承诺": ""} for one in rigged(entries, seeds[:10])), *seeds[10:]]


def moments_deleted(_: Rows, seeds: Rows) -> Rows:
    return [
        *({**one, "承诺时间": ""} for one in seeds[:10]),
        *({**one, "公布时间": ""} for one in seeds[10:20]),
        *seeds[20:],
    ]


def two_seeds(entries: Rows, seeds: Rows) -> Rows:
    return [*seeds, *rigged(entries, seeds[:10])]


def one_seed(entries: Rows, seeds: Rows, shown: Callable[[str], str]) -> Rows:
    first, found = seeds[0], []
    for one in seeds:
        decide(entries, one["团编号"], drawn(first["种子"], one["团编号"]))
        found.append(
            {**one, **{name: first[name] for name in ("种子", "承诺", "承诺时间")}, "公布时间": shown(one["公布时间"])}
        )
    return found


def shown_each_time(entries: Rows, seeds: Rows) -> Rows:
    return one_seed(entries, seeds, lambda moment: moment)


def shown_in_the_end(entries: Rows, seeds: Rows) -> Rows:
    return one_seed(
        entries, seeds, lambda _: str(max(datetime.fromisoformat(one["公布时间"]) for one in seeds) + timedelta(days=1))
    )


def never_known_when(entries: Rows, seeds: Rows) -> Rows:
    return one_seed(entries, seeds, lambda _: "")


def known_of_half(entries: Rows, seeds: Rows) -> Rows:
    """One seed for all, shown after all: but with every second draw it is not told when."""
    return [{**one, "公布时间": ""} if place % 2 else one for place, one in enumerate(shown_in_the_end(entries, seeds))]


@pytest.mark.parametrize(
    ("edit", "verdicts", "draws"),
    [
        (lambda _, seeds: seeds, "PASS PASS PASS", 0),
        (shown_in_the_end, "PASS PASS PASS", 0),
        (seeds_deleted, "INCONCLUSIVE INCONCLUSIVE INCONCLUSIVE", 20),
        (seeds_exchanged, "PASS INCONCLUSIVE PASS", 10),
        (moments_deleted, "PASS PASS INCONCLUSIVE", 20),
        (two_seeds, "INCONCLUSIVE INCONCLUSIVE PASS", 10),
        (shown_each_time, "PASS PASS FAIL", 119),
        (never_known_when, "PASS PASS INCONCLUSIVE", 120),
        (known_of_half, "PASS PASS INCONCLUSIVE", 120),
    ],
)
def test_a_draw_passes_by_a_seed_of_its_own_in_time(
    edit: Callable[[Rows, Rows], Rows], verdicts: str, draws: int, tmp_path: Path, audited: Auditor
) -> None:
    folder = Path(shutil.copytree(FIXTURES / "sealed-group" / "honest", tmp_path / "case"))
    entries, seeds = read(folder / "entries.csv"), read(folder / "seeds.csv")
    write(folder / "seeds.csv", edit(entries, seeds))
    write(folder / "entries.csv", entries)
    _, findings = audited(folder)
    found = [one for one in findings if one.check == "randomness_not_honoured"]
    assert " ".join(one.verdict for one in found) == verdicts
    named = [activities(one) for one in found if one.verdict != "PASS"]
    assert [len(one) for one in named] == [draws] * len(named)
    repeated = [("ids_repeated", "randomness.activity_id")] if edit is two_seeds else []
    assert failing(findings) == repeated + [("randomness_not_honoured", "order in time")] * ("FAIL" in verdicts)


def activities(found: Finding) -> set[object]:
    return {row["activity_id"] for row in found.rows}


def test_seeds_that_nobody_committed_to_may_be_alike(tmp_path: Path, audited: Auditor) -> None:
    folder = Path(shutil.copytree(FIXTURES / "sealed-group" / "honest", tmp_path / "case"))
    rules = (folder / "rules.yaml").read_text("utf-8").replace("  commitment: sha256\n", "")
    (folder / "rules.yaml").write_text(rules, "utf-8")
    entries, seeds = read(folder / "entries.csv"), read(folder / "seeds.csv")
    write(
        folder / "seeds.csv",
        [seeds[0], *one_seed(entries, [seeds[0], seeds[1]], lambda moment: moment)[1:], *seeds[2:]],
    )
    write(folder / "entries.csv", entries)
    _, findings = audited(folder)
    found = [one for one in findings if one.check == "randomness_not_honoured"]
    assert [(one.subject, one.verdict) for one in found] == [("draws", "PASS"), ("order in time", "INCONCLUSIVE")]
    assert activities(found[1]) == {"G0002"}

"""The running bet: exports are taken once and in order, the chain holds, and the evidence multiplies."""

from __future__ import annotations

import csv
import itertools
import json
import shutil
from pathlib import Path

import pytest

from checks.cli import main
from tests.conftest import FIXTURES

DAYS = ("2022-03-01", "2022-03-25", "2022-04-15", "2022-05-10")


def part(name: str, since: str, until: str, folder: Path) -> Path:
    """A case with the openings of some days only: activities that began before are cut as exports cut them."""
    shutil.copytree(FIXTURES / "lucky-box" / name, folder)
    for file, column in (("openings.csv", "开盒时间"), ("activities.csv", "发起时间")):
        rows = list(csv.DictReader((folder / file).open(encoding="utf-8")))
        kept = [row for row in rows if (since if file == "openings.csv" else "") <= row[column] < until]
        with (folder / file).open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, rows[0])
            writer.writeheader()
            writer.writerows(kept)
    text = (folder / "case.yaml").read_text("utf-8")
    (folder / "case.yaml").write_text(
        text.replace("from: 2022-03-01, to: 2022-05-10", f"from: {since}, to: {until}"), "utf-8"
    )
    return folder


def take(case: Path, state: Path) -> int:
    return main(["monitor", str(case), "--state", str(state)])


def last(state: Path) -> dict[str, object]:
    return dict(json.loads(state.read_text("utf-8"))["links"][-1])


def test_days_multiply_to_the_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state, whole = tmp_path / "state.json", tmp_path / "whole.json"
    for number, (since, until) in enumerate(itertools.pairwise(DAYS)):
        assert take(part("honest", since, until, tmp_path / f"day{number}"), state) == 0
    assert "No alarm" in capsys.readouterr().out
    assert take(part("honest", DAYS[0], DAYS[-1], tmp_path / "all"), whole) == 0
    assert last(state)["log_e"] == pytest.approx(last(whole)["log_e"], abs=1e-9)
    assert state.stat().st_size < 100_000

    before = state.read_bytes()
    assert take(tmp_path / "day2", state) == 2
    assert "already taken" in capsys.readouterr().err
    changed = json.loads(before)
    changed["links"][0]["log_e"] = -9.0
    state.write_text(json.dumps(changed), "utf-8")
    assert take(tmp_path / "day2", state) == 2
    assert "chain of this state is broken" in capsys.readouterr().err
    name = max(changed["totals"], key=lambda one: changed["totals"][one] or -99)
    changed = json.loads(before)
    changed["totals"][name] = 0.0
    state.write_text(json.dumps(changed), "utf-8")
    assert take(tmp_path / "day2", state) == 2


def test_an_alarm_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "state.json"
    assert take(part("rigged-odds-halved", DAYS[0], DAYS[2], tmp_path / "one"), state) == 1
    out = capsys.readouterr().out
    assert "ALARM" in out
    assert "all 0-" in out
    assert take(part("honest", DAYS[2], DAYS[3], tmp_path / "two"), state) == 1


def test_a_damaged_export_is_not_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "state.json"
    assert take(part("rigged-losing-rows-gone", DAYS[0], DAYS[-1], tmp_path / "one"), state) == 0
    assert "nothing of it was counted" in capsys.readouterr().out
    assert last(state)["log_e"] == pytest.approx(0.0, abs=1e-9)


def test_a_case_without_days_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert take(FIXTURES / "lucky-wish" / "honest", tmp_path / "state.json") == 2
    assert "period" in capsys.readouterr().err


def test_plan_says_how_much_data_a_verdict_needs(capsys: pytest.CaptureFixture[str]) -> None:
    rules = FIXTURES / "blind-box" / "honest" / "rules.yaml"
    assert main(["plan", str(rules)]) == 0
    line = next(one for one in capsys.readouterr().out.splitlines() if one.startswith("boxes 1–6 never win"))
    assert "(28)" in line
    assert "▇" in line
    assert main(["plan", str(rules), "--risk", "2"]) == 2
    assert main(["plan", str(FIXTURES / "ssq" / "rules.yaml"), "--lang", "zh"]) == 0
    assert "期" in capsys.readouterr().out

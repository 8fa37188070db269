"""A platform's repository with a promo file: green as declared, red when the odds are shortened, clear when shadowed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as Tree

import pytest

from tests.checks.test_lint import BOUNDS, DIP
from tests.conftest import ROOT

SOUND = DIP.replace('["4", "40"]', '["-14", "40"]') + BOUNDS


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "redraw_pytest", "-p", "no:cacheprovider", *arguments]
    there = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONUTF8": "1"}
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=there)


def test_a_promo_file_is_collected_and_goes_red_when_the_odds_are_shortened(tmp_path: Path) -> None:
    promo = tmp_path / "summer.promo.yaml"
    promo.write_text(SOUND, "utf-8")
    out = run(tmp_path, "--junitxml", "out.xml", "-q")
    assert out.returncode == 0, out.stdout
    names = {one.attrib["name"] for one in Tree.parse(tmp_path / "out.xml").iter("testcase")}
    assert {"reads", "bound_broken", "claim_contradicts_rules"} <= names
    promo.write_text(SOUND.replace("boxes: 10", "boxes: 12"), "utf-8")
    out = run(tmp_path, "-q")
    assert out.returncode == 1
    assert "summer.promo.yaml:" in out.stdout or "dip" in out.stdout
    assert "The odds of win is 1/12" in out.stdout
    assert "Traceback" not in out.stdout
    promo.write_text(SOUND.replace("step", "stap", 1), "utf-8")
    out = run(tmp_path, "-q")
    assert out.returncode == 1
    assert "did you mean 'step'?" in out.stdout


def test_screens_fail_where_the_platform_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "summer.promo.yaml").write_text(SOUND, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nredraw_fail_on = screen\n", "utf-8")
    out = run(tmp_path, "-q")
    assert out.returncode == 1
    assert "prize_worth_more_than_funds" in out.stdout
    assert run(tmp_path, "-q", "--redraw-fail-on", "fail").returncode == 0


def test_its_fixtures_serve_a_platforms_own_tests(tmp_path: Path) -> None:
    (tmp_path / "summer.promo.yaml").write_text(SOUND, "utf-8")
    (tmp_path / "test_summer.py").write_text(
        "def test_ours(case, findings):\n"
        "    assert not [one for one in findings('summer.promo.yaml') if one.verdict == 'FAIL' and one.basis != 'screen']\n"
        "    found = findings(case('summer.promo.yaml', size=20, fault='awards-misdirected'))\n"
        "    assert [one.check for one in found if one.verdict == 'FAIL' and one.basis != 'screen'] == ['payout_wrong']\n",
        "utf-8",
    )
    out = run(tmp_path, "-q", "test_summer.py")
    assert out.returncode == 0, out.stdout


@pytest.mark.parametrize("name", ["checks", "audit"])
def test_a_package_that_shadows_ours_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("", "utf-8")
    (tmp_path / "summer.promo.yaml").write_text(SOUND, "utf-8")
    out = run(tmp_path, "-q")
    said = " ".join((out.stdout + out.stderr).split())
    assert out.returncode not in (0, 1) or "error" in said
    assert f"`{name}` is {tmp_path / name}, not redraw's own" in said
    assert "Traceback" not in said

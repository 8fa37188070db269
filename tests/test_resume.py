"""An audit that is stopped keeps its finished steps; the same command goes on, and nothing of the result differs."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import checks.run
from audit.evidence.rerun import tables_differing
from audit.problem import Problem
from checks.cli import main
from checks.run import Options, run_audit
from tests.conftest import FIXTURES, ROOT

RIGGED = FIXTURES / "blind-box" / "first-seven-never-win"
TREE = FIXTURES / "chain" / "honest"
FILES = ("findings.json", "report.html", "discrepancies.xlsx")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an audit writes that nobody stops."""
    out = tmp_path_factory.mktemp("whole") / "out"
    run_audit(RIGGED, out, Options(quiet=True))
    return out


@contextlib.contextmanager
def watched(stop_after: int | None) -> Iterator[list[str]]:
    """The steps that a run begins, which a Ctrl-C stops as it begins the next after so many."""
    seen: list[str] = []
    kept = checks.run.show_progress

    @contextlib.contextmanager
    def show(*_: Any, **__: Any) -> Iterator[Any]:
        def tell(what: str) -> None:
            if stop_after is not None and len(seen) >= stop_after:
                signal.raise_signal(signal.SIGINT)
            seen.append(what)

        yield tell

    checks.run.show_progress = show  # type: ignore[assignment]
    try:
        yield seen
    finally:
        checks.run.show_progress = kept


def same(one: Path, other: Path) -> None:
    assert {path.name for path in one.iterdir()} == {path.name for path in other.iterdir()}
    assert tables_differing(one / "case.duckdb", other / "case.duckdb") == []
    for name in FILES:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


@pytest.mark.parametrize("steps", [0, 2, 5, 6, 10, 15, 40, 70, 100, 130])
def test_a_stopped_audit_goes_on(steps: int, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    with watched(steps) as first:
        assert main(["audit", str(RIGGED), "--out", str(out)]) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert {one.name for one in (tmp_path / "out.partial").iterdir()} <= {"case.duckdb", "case.duckdb.wal"}
    with watched(None) as second:
        assert main(["audit", str(RIGGED), "--out", str(out)]) == 1
    assert "Going on with an unfinished audit" in capsys.readouterr().err
    assert not {*first} & {*second}
    assert len(first) == steps
    assert [one.name for one in tmp_path.iterdir()] == ["out"]
    same(whole, out)


def test_stopped_again_and_again(whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for _ in range(30):
        with watched(9):
            if main(["audit", str(RIGGED), "--out", str(out), "--quiet"]) != 130:
                break
    same(whole, out)


def command(out: Path) -> list[str]:
    return [sys.executable, "-m", "checks.cli", "audit", str(RIGGED), "--out", str(out)]


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda one: one.name)
def test_a_killed_audit_goes_on(number: signal.Signals, whole: Path, tmp_path: Path) -> None:
    out, partial = tmp_path / "out", tmp_path / "out.partial"
    run = subprocess.Popen(command(out), cwd=ROOT, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while time.monotonic() < until and not (partial / "case.duckdb").exists():
        time.sleep(0.02)
    time.sleep(2.0)
    run.send_signal(number)
    _, told = run.communicate(timeout=60)
    assert "Traceback" not in told
    assert run.returncode == (-9 if number == signal.SIGKILL else 128 + number)
    assert partial.is_dir()
    again = subprocess.run(command(out), cwd=ROOT, capture_output=True, text=True)
    assert again.returncode == 1
    assert "Going on" in again.stderr
    same(whole, out)


def stopped(case: Path, out: Path, steps: int = 60) -> None:
    with watched(steps):
        assert main(["audit", str(case), "--out", str(out), "--quiet"]) == 130


@pytest.mark.parametrize("file", ["payments.csv", "rules.yaml", "case.yaml"])
def test_a_changed_input_starts_afresh(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case, out = Path(shutil.copytree(RIGGED, tmp_path / "case")), tmp_path / "out"
    stopped(case, out)
    path = case / file
    text = path.read_text("utf-8")
    path.write_text(re.sub(r"(?m)^P000009.*\n", "", text) if file.endswith("csv") else text + "\n# more\n", "utf-8")
    capsys.readouterr()
    with watched(None) as seen:
        assert main(["audit", str(case), "--out", str(out)]) == 1
    assert f"{file} has changed" in capsys.readouterr().err
    assert "users.csv → participant" in seen
    run_audit(case, tmp_path / "fresh", Options(quiet=True))
    same(tmp_path / "fresh", out)


def test_another_option_or_version_starts_afresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    stopped(RIGGED, out)
    with watched(60):
        assert main(["audit", str(RIGGED), "--out", str(out), "--exact-join", "--lang", "zh"]) == 130
    assert "从头开始" in capsys.readouterr().err
    with duckdb.connect(str(tmp_path / "out.partial" / "case.duckdb")) as db:
        db.execute("UPDATE made_with SET value = '0' WHERE name = 'duckdb'")
    assert main(["audit", str(RIGGED), "--out", str(out), "--exact-join"]) == 1
    assert "starting afresh" in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["empty", "noise", "cut", "block", "wal", "another"])
def test_a_damaged_case_file_starts_afresh(
    damage: str, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, path = tmp_path / "out", tmp_path / "out.partial" / "case.duckdb"
    stopped(RIGGED, out, 130)
    data = path.read_bytes()
    spoilt = {"empty": b"", "noise": b"\x9c" * 50_000, "cut": data[: len(data) // 2]}.get(damage, data)
    if damage == "block":
        spoilt = data[:20_000] + b"\x9c" * (len(data) - 20_000)
    path.write_bytes(spoilt)
    if damage == "wal":
        path.with_name("case.duckdb.wal").write_bytes(b"\x9c" * 5000)
    if damage == "another":
        path.unlink()
        duckdb.connect(str(path)).execute("CREATE TABLE mine (a INTEGER)").close()
    capsys.readouterr()
    assert main(["audit", str(RIGGED), "--out", str(out)]) == 1
    told = capsys.readouterr().err
    assert "starting afresh" in told
    assert "Traceback" not in told
    same(whole, out)


def test_a_problem_leaves_nothing(tmp_path: Path) -> None:
    case, out = Path(shutil.copytree(RIGGED, tmp_path / "case")), tmp_path / "out"
    stopped(case, out, 1)
    (case / "payments.csv").write_text("a\n", "utf-8")
    assert main(["audit", str(case), "--out", str(out)]) == 2
    assert [one.name for one in tmp_path.iterdir()] == ["case"]


@pytest.mark.parametrize("words", [["--memory", "lots"], ["--memory", "0GB"], ["--memory", "-1"], ["--memory", "1KB"],
                                   ["--threads", "0"], ["--threads", "1000000"]])  # fmt: skip
def test_impossible_limits_are_refused_and_cost_nothing(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    stopped(RIGGED, out, 20)
    before = sorted(one.name for one in (tmp_path / "out.partial").iterdir())
    assert main(["audit", str(RIGGED), "--out", str(out), *words]) == 2
    assert words[0] in capsys.readouterr().err
    assert sorted(one.name for one in (tmp_path / "out.partial").iterdir()) == before


@pytest.mark.parametrize("fault", [duckdb.OutOfMemoryException("Out of Memory Error: none left"), OSError(28, "No space left"), MemoryError()])
def test_what_is_finished_stays_where_memory_or_disk_ends(
    fault: Exception, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise fault

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(checks.run, "write_reports", fail)
        assert main(["audit", str(RIGGED), "--out", str(out)]) == 2
    assert "the finished steps are kept" in capsys.readouterr().err
    with watched(None) as seen:
        assert main(["audit", str(RIGGED), "--out", str(out)]) == 1
    assert seen == ["report"]
    same(whole, out)


def test_a_fault_of_redraw_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.run, "write_reports", lambda *_: 1 / 0)
    assert main(["audit", str(RIGGED), "--out", str(tmp_path / "out")]) == 2
    assert list(tmp_path.iterdir()) == []


def test_two_audits_do_not_write_into_one_folder(tmp_path: Path) -> None:
    out, partial = tmp_path / "out", tmp_path / "out.partial"
    stopped(RIGGED, out, 20)
    holder = f"import duckdb, time; db = duckdb.connect({str(partial / 'case.duckdb')!r}); print('held', flush=True); time.sleep(60)"
    other = subprocess.Popen([sys.executable, "-c", holder], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Problem, match="another audit is writing here"):
            run_audit(RIGGED, out, Options(quiet=True))
        assert (partial / "case.duckdb").exists()
    finally:
        other.kill()
        other.wait()


def test_only_what_redraw_wrote_is_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "out.partial").mkdir()
    (tmp_path / "out.partial" / "thesis.txt").write_text("years of work")
    with pytest.raises(Problem, match="did not write"):
        run_audit(RIGGED, tmp_path / "out", Options(quiet=True))
    assert (tmp_path / "out.partial" / "thesis.txt").exists()


def test_a_loop_is_whole_or_absent(tmp_path: Path) -> None:
    run_audit(TREE, tmp_path / "whole", Options(quiet=True))
    with watched(None) as seen:
        run_audit(TREE, tmp_path / "other", Options())
    with duckdb.connect(str(tmp_path / "whole" / "case.duckdb"), read_only=True) as db:
        loops = {name for (name,) in db.execute("SELECT name FROM step WHERE kind = 'loop'").fetchall()}
    for place in [place for place, name in enumerate(seen) if name in loops][:2]:
        out = tmp_path / f"out{place}"
        stopped(TREE, out, place + 1)
        main(["audit", str(TREE), "--out", str(out), "--quiet"])
        same(tmp_path / "whole", out)

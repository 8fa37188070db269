"""An audit that is stopped keeps its finished steps; the same command goes on, and nothing of the result differs."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

import checks.run
from audit.build import begin
from audit.case import read_case
from audit.engine import Loop, Step, open_engine
from audit.evidence.rerun import tables_differing
from audit.problem import Problem
from checks.cli import main
from checks.progress import Way, described
from checks.run import Options, made_here, run_audit
from checks.stop import Stopped, stoppable
from tests.conftest import FIXTURES, ROOT

CASE = FIXTURES / "seed-grant" / "honest"
BOXES = FIXTURES / "blind-box" / "first-seven-never-win"
FILES = ("findings.json", "report.html", "discrepancies.xlsx")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an audit writes that nobody stops."""
    out = tmp_path_factory.mktemp("whole") / "out"
    run_audit(CASE, out, Options(quiet=True))
    return out


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an audit leaves that is stopped among its checks."""
    out = tmp_path_factory.mktemp("left") / "out"
    stopped(CASE, out, 80)
    return out.with_name("out.partial")


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

    show.seen = seen  # type: ignore[attr-defined]
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


def stopped(case: Path, out: Path, steps: int) -> None:
    with watched(steps):
        assert main(["audit", str(case), "--out", str(out), "--quiet"]) == 130


@pytest.mark.parametrize("steps", [1, 5, 90])
def test_a_stopped_audit_goes_on(steps: int, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    with watched(steps) as first:
        assert main(["audit", str(CASE), "--out", str(out)]) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert {one.name for one in (tmp_path / "out.partial").iterdir()} <= {"case.duckdb", "case.duckdb.wal"}
    with watched(None) as second:
        assert main(["audit", str(CASE), "--out", str(out)]) in (0, 1)
    assert "Going on with an unfinished audit" in capsys.readouterr().err
    assert not {*first} & {*second}
    assert len(first) == steps
    assert [one.name for one in tmp_path.iterdir()] == ["out"]
    same(whole, out)


def test_stopped_again_and_again(tmp_path: Path) -> None:
    run_audit(BOXES, tmp_path / "whole", Options(quiet=True))
    out, runs = tmp_path / "out", 0
    with watched(40):
        while main(["audit", str(BOXES), "--out", str(out), "--quiet"]) == 130:
            runs += 1
            checks.run.show_progress.seen.clear()  # type: ignore[attr-defined]
    assert runs > 2
    same(tmp_path / "whole", out)


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda one: one.name)
def test_a_killed_audit_goes_on(number: signal.Signals, whole: Path, tmp_path: Path) -> None:
    out, partial = tmp_path / "out", tmp_path / "out.partial"
    command = [sys.executable, "-m", "checks.cli", "audit", str(CASE), "--out", str(out)]
    run = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while time.monotonic() < until and not (partial / "work").exists():
        time.sleep(0.01)
    time.sleep(0.5)
    run.send_signal(number)
    _, told = run.communicate(timeout=60)
    assert "Traceback" not in told
    assert run.returncode == (-9 if number == signal.SIGKILL else 143)
    assert partial.is_dir()
    assert main(["audit", str(CASE), "--out", str(out), "--quiet"]) in (0, 1)
    same(whole, out)


@pytest.mark.skipif(os.name == "nt", reason="no such signals")
def test_a_long_query_is_stopped_at_once(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "case.duckdb")
    engine.rows("CREATE TABLE step (name VARCHAR, kind VARCHAR, sql VARCHAR)")
    ends = "SELECT sum(hash(a.i, b.i) >> 8) AS s FROM range(1000000) AS a(i), range(1000000) AS b(i)"
    with stoppable() as stop:
        stop.connections.append(engine.connection)
        threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
        with pytest.raises((Stopped, duckdb.InterruptException, RuntimeError)):
            engine.run(Step("endless", ends, "table"))
    assert stop.came == [signal.SIGINT]
    engine.connection.close()
    engine = open_engine(tmp_path / "case.duckdb")
    assert engine.rows("FROM step") == []
    engine.connection.close()


def test_a_changed_input_starts_afresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case, out = Path(shutil.copytree(CASE, tmp_path / "case")), tmp_path / "out"
    stopped(case, out, 60)
    lines = (case / "users.csv").read_bytes().splitlines(keepends=True)
    (case / "users.csv").write_bytes(b"".join(lines[:-1]))
    with watched(None) as seen:
        assert main(["audit", str(case), "--out", str(out)]) in (0, 1)
    assert "users.csv has changed" in capsys.readouterr().err
    assert "users.csv → participant" in seen
    run_audit(case, tmp_path / "fresh", Options(quiet=True))
    same(tmp_path / "fresh", out)


def resumed(left: Path, tmp_path: Path, case: Path = CASE, options: Options | None = None) -> tuple[int, str]:
    """(finished steps that a run would find, what it says of them)."""
    said: list[str] = []
    engine = begin(read_case(case), tmp_path / "case.duckdb", made_here(options or Options()), lambda text: said.append(text.en))
    try:
        return int(engine.value("SELECT count(*) FROM step")), " ".join(said)
    finally:
        engine.connection.close()


def test_what_it_rests_on_must_be_the_same(left: Path, tmp_path: Path) -> None:
    path = tmp_path / "case.duckdb"
    shutil.copy(left / "case.duckdb", path)
    steps, said = resumed(left, tmp_path)
    assert steps > 20
    assert "Going on" in said
    for file in ("rules.yaml", "case.yaml"):
        case = Path(shutil.copytree(CASE, tmp_path / file.replace(".", "-")))
        (case / file).write_text((case / file).read_text("utf-8") + "\n# more\n", "utf-8")
        shutil.copy(left / "case.duckdb", path)
        steps, said = resumed(left, tmp_path, case)
        assert (steps, f"{file} has changed" in said) == (0, True)
    for options in (Options(exact=True), Options(in_place=True), Options(engine="local")):
        shutil.copy(left / "case.duckdb", path)
        steps, said = resumed(left, tmp_path, options=options)
        assert (steps, "an option is another" in said) == (0, True)
    assert made_here(Options(engine="local")) != made_here(Options(in_place=True))
    shutil.copy(left / "case.duckdb", path)
    with duckdb.connect(str(path)) as db:
        db.execute("UPDATE made_with SET value = '0' WHERE name = 'duckdb'")
    assert resumed(left, tmp_path)[0] == 0


@pytest.mark.parametrize("damage", ["empty", "noise", "cut", "blocks", "last", "another"])
def test_a_damaged_case_file_starts_afresh(damage: str, left: Path, tmp_path: Path) -> None:
    path = tmp_path / "case.duckdb"
    data = (left / "case.duckdb").read_bytes()
    tail = len(data) // 2 if damage == "last" else 20_000
    noise = b"\x9c"
    path.write_bytes({"empty": b"", "noise": noise * 50_000, "cut": data[: len(data) // 2]}.get(damage, data))
    if damage in ("blocks", "last"):
        path.write_bytes(data[:tail] + noise * (len(data) - tail))
    if damage == "another":
        path.unlink()
        duckdb.connect(str(path)).execute("CREATE TABLE mine (a INTEGER)").close()
    steps, said = resumed(left, tmp_path)
    assert (steps, "starting afresh" in said) == (0, True)


def test_a_torn_log_loses_only_what_it_held(left: Path, tmp_path: Path) -> None:
    shutil.copy(left / "case.duckdb", tmp_path)
    (tmp_path / "case.duckdb.wal").write_bytes(b"\x9c" * 5000)
    steps, said = resumed(left, tmp_path)
    assert steps > 20
    assert "Going on" in said


def test_a_problem_leaves_nothing(tmp_path: Path) -> None:
    case, out = Path(shutil.copytree(CASE, tmp_path / "case")), tmp_path / "out"
    stopped(case, out, 1)
    (case / "users.csv").write_text("a\n", "utf-8")
    assert main(["audit", str(case), "--out", str(out)]) == 2
    assert [one.name for one in tmp_path.iterdir()] == ["case"]


@pytest.mark.parametrize("words", [["--memory", "lots"], ["--memory", "0GB"], ["--memory=-1"], ["--memory", "1KB"],
                                   ["--threads", "0"], ["--threads", "1000000"]])  # fmt: skip
def test_impossible_limits_are_refused_and_cost_nothing(
    words: list[str], left: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(left, tmp_path / "out.partial")
    assert main(["audit", str(CASE), "--out", str(tmp_path / "out"), *words]) == 2
    assert words[0].partition("=")[0].strip("-") in capsys.readouterr().err.replace("an audit needs at least", "memory")
    assert (tmp_path / "out.partial" / "case.duckdb").exists()


@pytest.mark.parametrize(("given", "engine"), [("1GB", "570MB"), ("3 gb", "1970MB"), ("2GiB", "1373MB"), ("128MB", "128MB")])
def test_the_engine_gets_what_the_rest_of_an_audit_leaves(given: str, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*_: Any, memory: str, **__: Any) -> None:
        raise Problem(memory)

    monkeypatch.setattr(checks.run, "begin", told)
    with pytest.raises(Problem, match=f"^{engine}$"):
        run_audit(CASE, tmp_path / "out", Options(memory=given, quiet=True))


@pytest.mark.parametrize("fault", [duckdb.OutOfMemoryException("Out of Memory Error: none left"),
                                   OSError(28, "No space left on device"), MemoryError()], ids=["memory", "disk", "python"])  # fmt: skip
def test_what_is_finished_stays_where_memory_or_disk_ends(
    fault: Exception,
    whole: Path,
    left: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise fault

    out = tmp_path / "out"
    shutil.copytree(left, tmp_path / "out.partial")
    with monkeypatch.context() as patch:
        patch.setattr(checks.run, "write_reports", fail)
        assert main(["audit", str(CASE), "--out", str(out)]) == 2
    assert "the finished steps are kept" in capsys.readouterr().err
    with watched(None) as seen:
        assert main(["audit", str(CASE), "--out", str(out)]) in (0, 1)
    assert seen == ["report"]
    same(whole, out)


def test_a_fault_of_redraw_leaves_nothing(left: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.run, "write_reports", lambda *_: 1 / 0)
    shutil.copytree(left, tmp_path / "out.partial")
    assert main(["audit", str(CASE), "--out", str(tmp_path / "out")]) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="locks are told in other words")
def test_two_audits_do_not_write_into_one_folder(left: Path, tmp_path: Path) -> None:
    partial = Path(shutil.copytree(left, tmp_path / "out.partial"))
    holder = f"import duckdb, time; db = duckdb.connect({str(partial / 'case.duckdb')!r}); print('held', flush=True); time.sleep(60)"
    other = subprocess.Popen([sys.executable, "-c", holder], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Problem, match="another audit is writing here"):
            run_audit(CASE, tmp_path / "out", Options(quiet=True))
        assert (partial / "case.duckdb").exists()
    finally:
        other.kill()
        other.communicate()


def test_only_what_redraw_wrote_is_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "out.partial").mkdir()
    (tmp_path / "out.partial" / "thesis.txt").write_text("years of work")
    with pytest.raises(Problem, match="did not write"):
        run_audit(CASE, tmp_path / "out", Options(quiet=True))
    assert (tmp_path / "out.partial" / "thesis.txt").exists()


def test_a_loop_is_whole_or_absent(tmp_path: Path) -> None:
    def half(_: Any) -> dict[str, dict[str, Any]]:
        return {"first": {"a": np.arange(3)}, "second": {"wrong": np.arange(3)}}

    engine = open_engine(tmp_path / "case.duckdb")
    engine.rows("CREATE TABLE step (name VARCHAR, kind VARCHAR, sql VARCHAR)")
    with pytest.raises(duckdb.Error):
        engine.run(Loop("two tables", {}, {"first": {"a": "BIGINT"}, "second": {"a": "BIGINT"}}, half))
    assert not engine.holds("first")
    assert engine.rows("FROM step") == []
    engine.run(Step("after", "SELECT 1 AS a", "table"))
    assert engine.holds("after")
    engine.connection.close()


def test_the_time_left_is_what_this_run_shows() -> None:
    way = Way()
    way.ahead("intake", {"a": 1, "b": 3})
    way.begin("a")
    assert way.left(10.0) is None
    way.begin("b")
    assert way.left(10.0) == pytest.approx(90.0)  # a quarter of 40 of 100 parts took ten seconds
    assert described(way, "b", 10.0, "en") == "exports 2/2 · b · about 2 min left"
    assert described(way, "b", 10.0, "zh") == "导入 2/2 · b · 约剩 2 分钟"
    again = Way()
    again.ahead("intake", {"a": 1})
    again.ahead("steps", {"x": 1, "y": 1})
    again.begin("y")  # an earlier run had finished all before: nothing is known of how fast this one is
    assert again.left(10.0) is None
    again.ahead("report", {"report": 1})
    again.begin("report")
    assert described(again, "report", 35.0, "en") == "report · less than a minute left"

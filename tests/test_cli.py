"""The front door: files, exit statuses, and nothing half-written."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import duckdb
import jsonschema
import pytest

from audit.problem import Problem
from audit.report.schema import findings_schema
from audit.spark import check_master
from checks.cli import main
from tests.conftest import FIXTURES, ROOT

RIGGED = FIXTURES / "blind-box" / "first-seven-never-win"
FILES = {"case.duckdb", "findings.json", "report.html", "discrepancies.xlsx"}


@pytest.fixture(scope="module")
def audited_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one audit of the rigged blind box wrote, to be read only."""
    out = tmp_path_factory.mktemp("rigged") / "out"
    assert main(["audit", str(RIGGED), "--out", str(out)]) == 1
    return out


def test_audit_writes_the_same_four_files_each_time_and_exits_1(
    audited_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["audit", str(RIGGED), "--out", str(tmp_path / "out")]) == 1
    assert {one.name for one in (tmp_path / "out").iterdir()} == FILES
    assert [one.name for one in tmp_path.iterdir()] == ["out"]
    printed = capsys.readouterr().out
    assert "early_boxes_never_win" in printed
    assert "\x1b" not in printed
    found = json.loads((tmp_path / "out" / "findings.json").read_text("utf-8"))
    assert found["case"] == "blind-box-first-seven-never-win"
    assert {one["sha256"] for one in found["inputs"] if one["file"] == "users.csv"} == {_sha(RIGGED / "users.csv")}
    keys = {"check", "subject", "verdict", "basis", "declared", "observed", "amount", "rows", "sql", "p_value", "e_value",
            "could_have_seen", "clauses", "provisions", "text"}  # fmt: skip
    assert all(keys <= set(one) for one in found["findings"])
    jsonschema.validate(found, findings_schema())
    for file in FILES - {"case.duckdb"}:
        assert (audited_dir / file).read_bytes() == (tmp_path / "out" / file).read_bytes(), file


def test_the_readme_shows_what_is_found(audited_dir: Path) -> None:
    shown = re.findall(r"^(FAIL|PASS) +(\w+) +(\S+(?: \S+)*) {2,}(.+) …$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert len(shown) == 3
    found = json.loads((audited_dir / "findings.json").read_text("utf-8"))["findings"]
    for verdict, check, subject, said in shown:
        (text,) = [one["text"]["en"] for one in found if (one["verdict"], one["check"], one["subject"]) == (verdict, check, subject)]
        assert text.startswith(said)


def test_a_quiet_audit_says_nothing_to_its_very_end(tmp_path: Path) -> None:
    """As a process of its own: what still holds the engine when Python ends would be told of by its bindings."""
    call = [sys.executable, "-m", "checks.cli", "audit", str(RIGGED), "--out", str(tmp_path / "out"), "--quiet"]
    ended = subprocess.run(call, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "")


def _sha(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_honest_exits_0_and_screens_only_where_asked(tmp_path: Path) -> None:
    honest = str(FIXTURES / "blind-box" / "honest")
    assert main(["audit", honest, "--out", str(tmp_path / "out"), "--lang", "zh"]) == 0
    assert main(["audit", honest, "--out", str(tmp_path / "out"), "--fail-on", "screen"]) == 1


def test_every_step_and_every_finding_can_be_run_again_from_the_case_file(audited_dir: Path) -> None:
    with duckdb.connect(str(audited_dir / "case.duckdb"), read_only=True) as db:
        for (sql,) in db.execute("SELECT DISTINCT sql FROM step WHERE kind = 'loop'").fetchall():
            for read in sql.split(";")[:-1]:
                db.execute(read).fetchall()
        for name, sql in db.execute("SELECT name, sql FROM step WHERE kind <> 'loop'").fetchall():
            again = db.execute(f"SELECT count(*) FROM ({sql}\n) AS again").fetchone()
            assert again == db.execute(f"SELECT count(*) FROM {name}").fetchone(), name
        for (body,) in db.execute("SELECT body FROM finding").fetchall():
            finding = json.loads(body)
            if finding["sql"]:
                db.execute(finding["sql"]).fetchall()
        for (sql,) in db.execute("SELECT failing_sql FROM gate").fetchall():
            db.execute(sql).fetchall()


def test_an_argument_that_cannot_be_is_told_so(
    audited_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules, deep = str(RIGGED / "rules.yaml"), tmp_path / "deep.json"
    deep.write_text("[" * 100_000, "utf-8")
    for words, said in (
        (["simulate", rules, "--out", str(tmp_path / "made"), "--seed", "-1"], "--seed"),
        (["score", rules, "--seed", "-1"], "--seed"),
        (["seal", str(audited_dir), "--redact", str(tmp_path), "--out", str(tmp_path / "b.zip")], "a folder is no key"),
        (["lint", rules, "--baseline", str(deep)], "not a findings.json"),
    ):
        assert main(words) == 2, words
        told = capsys.readouterr().err
        assert said in told, told
        assert "fault of its own" not in told


def test_a_problem_exits_2_and_leaves_what_was_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = Path(shutil.copytree(FIXTURES / "seed-grant" / "honest", tmp_path / "case"))
    assert main(["audit", str(case), "--out", str(tmp_path / "out")]) == 0
    before = (tmp_path / "out" / "findings.json").read_bytes()
    text = (case / "payments.csv").read_text("utf-8")
    (case / "payments.csv").write_text(text.replace("P000007,", 'P000007,"', 1), "utf-8")
    assert main(["audit", str(case), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert "payments.csv:8:1: a quotation mark is opened and never closed" in error  # after lines of progress
    assert "Traceback" not in error
    assert (tmp_path / "out" / "findings.json").read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["case", "out"]


def test_only_its_own_folders_are_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    assert main(["audit", str(RIGGED), "--out", str(tmp_path / "mine")]) == 2
    assert main(["audit", str(RIGGED), "--out", str(RIGGED)]) == 2
    assert main(["audit", str(RIGGED), "--out", str(RIGGED.parent)]) == 2
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    assert "name a new folder" in capsys.readouterr().err


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_no_case_is_a_problem(folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(tmp_path / folder), "--out", str(tmp_path / "out")]) == 2
    assert "case.yaml: no such file" in capsys.readouterr().err


@pytest.mark.parametrize("which", ["rules", "case", "findings"])
def test_schema_is_one(which: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", which]) == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))


def test_readme_commands_are_those_of_ci_and_work() -> None:
    readme, ci = (ROOT / "README.md").read_text("utf-8"), (ROOT / ".ci" / "run").read_text("utf-8")
    blocks = [block.split("\n", 1)[1].strip() for block in readme.split("```")[1::2] if block.startswith("sh\n")]
    assert len(blocks) == 2
    assert blocks[1] in ci.splitlines()
    redraw = blocks[0].rpartition("redraw ")[2].split()
    assert redraw[0] == "audit"
    assert (ROOT / redraw[1] / "case.yaml").is_file()


def test_version_and_help() -> None:
    for flag in ("--version", "--help"):
        out = subprocess.run([sys.executable, "-m", "checks.cli", flag], capture_output=True, text=True, cwd=ROOT)
        assert out.returncode == 0
        assert out.stdout.startswith(("redraw 0.", "usage: redraw"))


def test_output_of_an_encoding_that_lacks_a_character_is_escaped() -> None:
    rules = Path(__file__).parents[1] / "fixtures" / "blind-box" / "honest" / "rules.yaml"
    ended = subprocess.run(
        [sys.executable, "-m", "checks.cli", "lint", str(rules), "--lang", "zh"],
        capture_output=True, env={**os.environ, "PYTHONIOENCODING": "cp1252"}, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert ended.returncode in (0, 1)
    assert b"\\u" in ended.stdout
    assert ended.stderr == b""


@pytest.mark.parametrize(("verb", "option", "value"), [
    ("forecast", "--price", "-5"), ("forecast", "--runs", "-1"), ("simulate", "--size", "0"), ("simulate", "--people", "0"),
])  # fmt: skip
def test_counts_that_are_too_small_are_refused(
    verb: str, option: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = str(FIXTURES / "blind-box" / "honest" / "rules.yaml")
    assert main([verb, rules, "--out", str(tmp_path / "out"), option, value]) == 2
    assert capsys.readouterr().err.startswith(f"{option} is a whole number from ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("master", "words"),
    [("foo", "no engine of this name"), ("spark://nohost", "no engine of this name"), ("spark://127.0.0.1:1", "no Spark master answers")],
)
def test_a_master_that_is_none_is_refused_before_java_starts(master: str, words: str) -> None:
    with pytest.raises(Problem, match=words):
        check_master(master)


def test_masters_that_may_be() -> None:
    for master in ("local", "local[4]", "local[*]", "yarn"):
        check_master(master)
    with socket.create_server(("127.0.0.1", 0)) as server:
        check_master(f"spark://127.0.0.1:1,127.0.0.1:{server.getsockname()[1]}")

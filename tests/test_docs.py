"""The documentation: a page for every check, and a tutorial whose every command runs and says what it claims."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from checks import every_check
from checks.cli import main
from checks.docs import HEADINGS, parts_of
from tests.conftest import ROOT

TUTORIAL = ROOT / "checks" / "pages" / "tutorial.md"


def test_every_check_has_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "--out", str(tmp_path)]) == 0
    pages = {path.stem: path.read_text("utf-8") for path in (tmp_path / "checks").glob("*.md")}
    index = (tmp_path / "index.md").read_text("utf-8")
    assert set(pages) == {check.name for check in every_check()}
    for check in every_check():
        parts = parts_of(check)
        assert all(parts.get(heading) for heading in HEADINGS), check.name
        assert parts["Blind to"] in pages[check.name]
        assert f"(checks/{check.name}.md)" in index
    links = re.findall(r"\]\(([^)#]+)\)", index)
    assert all((tmp_path / link).is_file() for link in links)
    assert "fixtures/blind-box/first-seven-never-win`: FAIL" in pages["early_boxes_never_win"]
    assert "《反不正当竞争法》" in pages["early_boxes_never_win"]


def test_the_tutorial_is_true(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    monkeypatch.chdir(tmp_path)
    ran, said = 0, ""
    for kind, body in re.findall(r"```(sh|text)\n(.*?)```", TUTORIAL.read_text("utf-8"), flags=re.DOTALL):
        if kind == "sh":
            capsys.readouterr()
            for line in body.splitlines():
                words = shlex.split(line)
                assert words[0] == "redraw"
                if "--help" in words:
                    with pytest.raises(SystemExit, match="0"):
                        main(words[1:])
                else:
                    assert main(words[1:]) in (0, 1), line
                ran += 1
            said = re.sub(r"\s+", " ", capsys.readouterr().out)
        else:
            for line in body.splitlines():
                assert re.sub(r"\s+", " ", line) in said, line
    assert ran >= 10

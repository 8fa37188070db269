"""The notebook: committed without outputs, the same as its text twin, and able to run on any case."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from checks.cli import main
from checks.notebook import notebooks
from checks.run import Options, run_audit

nbformat = pytest.importorskip("nbformat", reason="jupyter is not installed")
nbclient = pytest.importorskip("nbclient", reason="jupyter is not installed")
pytest.importorskip("ipykernel", reason="jupyter is not installed")

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "case_at_a_glance.ipynb"
LOTTERY = ROOT.parent / "shared" / "data" / "ssq"


def run(case: Path, lang: str, folder: Path) -> list[Any]:
    """The outputs of the notebook on a case file; raises where a cell does."""
    notebook = nbformat.read(NOTEBOOK, 4)
    (parameters,) = (cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    parameters.source = f"CASE = {str(case)!r}\nLANG = {lang!r}"
    client = nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.execute(cwd=str(folder))
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


ALL = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_there_are_six() -> None:
    assert [path.stem for path in ALL] == sorted(path.stem for path in notebooks())
    assert len(ALL) == 6
    assert all(path.with_suffix(".py").is_file() for path in ALL)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_they_are_committed_without_outputs(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    assert cells
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)
    assert cells[0].metadata.tags == ["parameters"]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_they_reach_no_verdict(path: Path) -> None:
    source = "".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code")
    assert not re.search(r"Verdict|Finding\(|scipy|p_value|e_value", source)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_they_equal_their_text_twins(path: Path) -> None:
    jupytext = pytest.importorskip("jupytext", reason="jupytext is not installed")
    twin = jupytext.read(path.with_suffix(".py"))
    notebook = nbformat.read(path, 4)
    assert [(cell.cell_type, cell.source) for cell in twin.cells] == [
        (cell.cell_type, cell.source) for cell in notebook.cells
    ]


def test_the_set_runs_on_an_audit_through_papermill(tmp_path: Path) -> None:
    pytest.importorskip("papermill", reason="papermill is not installed")
    out = tmp_path / "out"
    run_audit(ROOT / "fixtures" / "two-level" / "rigged-second-level-cut", out, Options(quiet=True))
    before = (out / "case.duckdb").read_bytes()
    assert main(["notebook", str(out), "--run", "--no-open", "--lang", "en"]) == 0
    assert (out / "case.duckdb").read_bytes() == before
    shown = {}
    for path in (tmp_path / "out-notebooks").glob("*.ipynb"):
        outputs = [
            output for cell in nbformat.read(path, 4).cells if cell.cell_type == "code" for output in cell.outputs
        ]
        assert not any(output.output_type == "error" for output in outputs)
        shown[path.stem] = json.dumps(outputs, ensure_ascii=False)
    assert "discrepancy:" in shown["payouts"]
    assert "Reckoned" in shown["payouts"]
    assert "<svg" in shown["money_and_people"]
    found = json.loads((out / "findings.json").read_text("utf-8"))["findings"]
    assert next(name for one in found if one["verdict"] == "FAIL" for name in one["provisions"]) in shown["the_law"]
    assert "Run again: 117 rows; the audit recorded 117." in shown["rerun_a_finding"]
    assert main(["notebook", str(out), "--no-open"]) == 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_runs_on_a_blind_box(tmp_path: Path, lang: str) -> None:
    run_audit(ROOT / "fixtures" / "blind-box" / "first-six-never-win", tmp_path / "out", Options())
    case = tmp_path / "out" / "case.duckdb"
    before = case.read_bytes()
    outputs = run(case, lang, tmp_path)
    assert case.read_bytes() == before
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 1
    shown = "".join(output.get("data", {}).get("text/html", "") for output in outputs)
    assert "early_boxes_never_win" in shown
    assert "7254.00" in shown


def test_it_runs_on_a_lottery(tmp_path: Path) -> None:
    if not LOTTERY.is_dir():
        pytest.skip("the draws of the lottery are not here")
    run_audit(ROOT / "fixtures" / "ssq", tmp_path / "out", Options(exports=LOTTERY))
    outputs = run(tmp_path / "out" / "case.duckdb", "zh", tmp_path)
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 2

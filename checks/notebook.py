"""The notebooks of an audit: copies that open its case file, run or opened in Jupyter."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from audit.problem import Problem


def notebooks() -> list[Path]:
    """The notebooks as they come with redraw, in reading order."""
    here = Path(__file__).parent
    folder = next((one for one in (here / "notebooks", here.parent / "notebooks") if one.is_dir()), None)
    if folder is None:
        raise Problem(
            "the notebooks are not installed with this redraw", mend="install it from its wheel or its folder"
        )
    order = ("case_at_a_glance", "draws", "payouts", "money_and_people", "the_law", "rerun_a_finding")
    return [folder / f"{name}.ipynb" for name in order]


def write_notebooks(case: Path, out: Path, lang: str) -> list[Path]:
    """Copies of the notebooks in `out` whose parameters name the case file and the language. Raises Problem."""
    path = (case / "case.duckdb").resolve()
    if not path.is_file():
        raise Problem("no such file", str(path), mend="name the folder that `redraw audit CASE --out DIR` wrote")
    written = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for source in notebooks():
            if (out / source.name).exists():
                raise Problem(
                    "is there already, and is not replaced", str(out / source.name), mend="name another --out"
                )
            book = json.loads(source.read_text("utf-8"))
            for cell in book["cells"]:
                if "parameters" in cell["metadata"].get("tags", []):
                    lines = "".join(cell["source"]).splitlines()
                    rest = [line for line in lines if not line.startswith(("CASE", "LANG"))]
                    cell["source"] = "\n".join([f"CASE = {str(path)!r}", f"LANG = {lang!r}", *rest])
            (out / source.name).write_text(json.dumps(book, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            written.append(out / source.name)
    except OSError as error:
        raise Problem(f"cannot be written: {error.strerror or error}", str(out)) from None
    return written


def open_notebooks(case: Path, out: Path, lang: str, *, run: bool, open_: bool) -> int:
    """Write the notebooks; run them where asked, then open Jupyter on them where asked. Raises Problem."""
    for name in [*(["papermill"] if run else []), *(["jupyterlab"] if open_ else [])]:
        if find_spec(name) is None:
            raise Problem(f"{name} is not installed", mend='pip install ".[notebook]" in the folder of redraw')
    for path in write_notebooks(case, out, lang):
        if run:
            import papermill

            papermill.execute_notebook(str(path), str(path), kernel_name="python3", progress_bar=False, cwd=str(out))
        print(path)
    if open_:
        return subprocess.call([sys.executable, "-m", "jupyter", "lab", "--ip=127.0.0.1", str(out)])
    return 0

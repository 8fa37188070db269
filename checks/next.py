"""What to do next, for somebody who types `redraw` alone."""

from __future__ import annotations

import os
from pathlib import Path

from audit.intake.sniff import KNOWN


def next_step(folder: Path) -> str:
    """What somebody who types `redraw` alone may want to do next, from what lies in the folder."""
    cases = sorted(path.parent for path in folder.glob("*/case.yaml")) + (
        [folder] if (folder / "case.yaml").is_file() else []
    )
    audits = sorted(path.parent for path in folder.glob("*/case.duckdb"))
    exports = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in KNOWN]
    lines = []
    for one in audits:
        name = os.path.relpath(one, folder)
        lines += [f"{name} holds a finished audit:", f"  redraw report {name} --lang zh --format pdf", f"  redraw explain {name} ID",
                  f"  redraw notebook {name}", f"  redraw seal {name} --out case.zip"]  # fmt: skip
    for one in cases[:3]:
        name = os.path.relpath(one, folder)
        lines += [f"{name} holds a case:", f"  redraw audit {name} --out out"]
    if exports and not cases:
        lines += ["here lie export files:", "  redraw init . --out case"]
    if not lines:
        lines = ["nothing of a case lies here. Begin with one of these:", "  redraw init EXPORTS --out case   a folder of export files",
                 "  redraw audit CASE --out out       a folder with case.yaml and rules.yaml"]  # fmt: skip
    return "\n".join([*lines, "", "redraw --help lists every verb."])

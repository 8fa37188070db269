"""Replay and reconciliation of a blind box, as ratios to a plain scan: `python tests/benchmarks/blind_box.py [OPENINGS]`.

The short way to one figure; `scale.py` runs whole audits, of other mechanisms too, beside other means.
"""

from __future__ import annotations

import json
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import exports
from measure import Marks, scan, slowest, together

from audit.build import build
from audit.case import read_case


def main(openings: int, threads: int = 2) -> None:
    """Print the ratios (JSON), then the dearest steps."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        exports.make(folder, "blind-box", openings)
        base, marks = scan(folder, exports.BOX.columns, threads), Marks()
        (folder / "out").mkdir()
        audit = build(read_case(folder), folder / "out" / "case.duckdb", Fraction(1, 4000), marks, threads=threads)
        marks("end")
        differing = audit.engine.value("SELECT count(*) FROM discrepancy")
        size = (folder / "out" / "case.duckdb").stat().st_size
    spent = marks.spent()
    places = [one.what for one in spent]
    gate, flows = places.index("gate"), places.index("owed_by_clause") + 1
    stages = [together("intake", spent[:gate]), spent[gate], together("replay+reconcile", spent[gate + 1 : flows])]
    print(json.dumps({
        "openings": openings, "differing": differing, "scan_wall": round(base.wall, 3), "scan_cpu": round(base.cpu, 3),
        "case_file_mb": size >> 20, **{f"{one.what}_peak_mb": one.peak_mb for one in stages},
        **{f"{one.what}_x_scan_wall": round(one.wall / base.wall, 2) for one in stages},
        **{f"{one.what}_x_scan_cpu": round(one.cpu / base.cpu, 2) for one in stages},
    }, indent=2))  # fmt: skip
    print(slowest(spent))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

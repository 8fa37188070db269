"""Whole audits of large exports, as ratios to a plain scan of the same columns: `python tests/benchmarks/scale.py --help`.

Each export is honest but for faults in one payment of a hundred thousand, all of which must be found, and nothing else. Every size
runs in a process of its own, so that peaks of memory do not mix; the scan is measured beside each audit. The blind box is
reconciled by SQL written by hand too, in pairs, and with `--peers` by what else could do it. Trust the ratios of CPU.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import Marks, Spent, measured, scan, slowest, together

CASES = ("blind-box", "group", "chain", "envelope")
STAGES = ("start", "intake", "gate", "replay", "reconcile", "flows", "checks", "report")
SUMS = {
    "replay + reconcile": ("replay", "reconcile"),
    "after intake": ("gate", "replay", "reconcile", "flows", "checks"),
}
FLAGS = ("profile", "exact_join", "in_place", "reconcile_only")
WITHIN = 1_000_000  # rows up to which Great Expectations judges in the process of the audit
PEERS = ("pandas", "polars", "loop", "great_expectations")


def make(name: str, rows: int, folder: Path, options: argparse.Namespace) -> None:
    """Write the export, and `planted.parquet`."""
    import duckdb
    import exports

    if name != "chain":
        exports.make(folder, name, rows)
        return
    import chain

    chain.make(folder, rows, "bush")
    chain.settle(folder, options.threads, f"{options.memory}" if rows <= 1_000_000 else "6GB")
    honest = (folder / "payment.parquet").rename(folder / "honest.parquet")
    db = duckdb.connect()
    end = db.execute(f"SELECT max(paid_at) - INTERVAL 3 DAY FROM '{honest}'").fetchall()[0][0]
    exports.pay(db, folder / "payment.parquet", f"SELECT * EXCLUDE (payment_id) FROM '{honest}'", until=str(end))
    db.execute(f"COPY planted TO '{folder / 'planted.parquet'}'")
    honest.unlink()


def columns_of(name: str) -> Any:
    """The columns of each Parquet file of a case."""
    if name == "chain":
        from chain import COLUMNS

        return COLUMNS
    from exports import SHAPES

    return SHAPES[name].columns


class _Reconciled(Exception):
    """Payments are reconciled, and no more was asked for."""


def audit(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """One audit as `redraw audit` does it, stage by stage. Raises AssertionError where a planted fault is not found."""
    marks = Marks(aloud=options.profile)
    marks("start")
    last = False

    def say(what: str) -> None:
        nonlocal last
        marks("end" if last else what)
        if last:
            raise _Reconciled
        last = options.reconcile_only and what == "owed_by_clause"

    if options.rows[0] <= WITHIN:
        import great_expectations  # noqa: F401 - seconds of import, which are no part of the gate

    from audit.build import build
    from audit.case import read_case
    from audit.engine import reopen_engine
    from audit.report import record_of, write_reports
    from checks import every_check
    from checks.run import cover_of, judge, share_of
    from checks.stop import engine_memory

    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    checks = {check.name for check in every_check()}
    case = read_case(folder)
    disk, memory = _Watched(out), engine_memory(options.memory, options.threads)
    try:
        done = build(case, out / "case.duckdb", case.file.risk / share_of(case)[0], say, memory=memory,
                     threads=options.threads, exact=options.exact_join, in_place=options.in_place)  # fmt: skip
        engine = done.engine
        findings = judge(done, marks)
        marks("report")
        for number, one in enumerate(findings, 1):
            told = json.dumps(record_of(one), ensure_ascii=False)
            cells = [number, one.check, one.subject, str(one.verdict), str(one.basis), told]
            engine.rows("INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?)", cells)
        write_reports(out, engine, findings, cover_of(done, findings), "en")
        engine.rows("CHECKPOINT case_file")
        marks("end")
    except _Reconciled:
        engine = reopen_engine(out / "case.duckdb")
    spent = marks.spent()
    names = [one.what for one in spent]
    begins = {"start": 0, "intake": 1, "gate": names.index("gate"), "replay": names.index("gate") + 1, "reconcile": names.index("ledger"),
              "flows": names.index("owed_by_clause") + 1}  # fmt: skip
    if not options.reconcile_only:
        begins |= {"checks": next(at for at, what in enumerate(names) if what in checks), "report": names.index("report")}
    ends = [*list(begins.values())[1:], len(spent)]
    stages = [together(stage, spent[begin:end]) for (stage, begin), end in zip(begins.items(), ends, strict=True) if begin < end]
    found, wanted = _faults(engine, folder)
    assert found == wanted, f"not found: {wanted - found}; found and not planted: {found - wanted}"
    rows = {
        one: engine.value(f"SELECT count(*) FROM {one}") for one in ("participant", "entry", "purchase", "payment")
    }
    engine.connection.close()
    return {"stages": [vars(one) for one in stages], "faults": sum(wanted.values()), "rows": rows, "disk_mb": disk.peak() >> 20,
            "case_file_mb": (out / "case.duckdb").stat().st_size >> 20, "slowest": slowest(spent[1:], 10)}  # fmt: skip


def _faults(engine: Any, folder: Path) -> tuple[Any, Any]:
    """What differs and what was planted, each counted: (kind, event, clause)."""
    from collections import Counter

    import duckdb

    found = Counter(engine.rows("SELECT kind, event, clause FROM discrepancy"))
    return found, Counter(duckdb.execute(f"SELECT kind, event, clause FROM '{folder / 'planted.parquet'}'").fetchall())


class _Watched:
    """The most that a folder held on disk, looked at five times a second."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._peak, self._over = folder, 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            held = 0
            for path in self._folder.rglob("*"):
                try:
                    held += path.stat().st_blocks * 512
                except OSError:  # gone meanwhile
                    continue
            self._peak = max(self._peak, held)

    def peak(self) -> int:
        """Bytes; ends the watch."""
        self._over.set()
        self._thread.join()
        return self._peak


def peer(kind: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The same work by other means. Raises AssertionError where it finds something else than what was planted."""
    import duckdb
    import peers

    of = {"missing": 1, "wrong_amount": 2, "wrong_payee": 2, "late": 1, "duplicate": 1}
    planted = duckdb.execute(f"SELECT kind FROM '{folder / 'planted.parquet'}'").fetchall()
    wanted = 0 if kind == "great_expectations" else sum(of[one] for (one,) in planted)
    work: Callable[[], int] = (
        (lambda: peers.sql(folder, options.memory, options.threads))
        if kind == "sql"
        else (lambda: getattr(peers, kind)(folder))
    )
    try:
        found, spent = measured(kind, work)
    except ImportError as error:
        return {"missing": str(error)}
    assert found == wanted, f"{kind}: {found} differ, {wanted} were planted"
    return vars(spent)


def one_size(name: str, rows: int, options: argparse.Namespace) -> dict[str, Any]:
    """Everything about one case at one size: the audits, the pairs, the peers."""
    with tempfile.TemporaryDirectory(dir=options.folder) as place:

        def child(kind: str) -> Any:
            print(f"{name} {rows:,}: {kind}", file=sys.stderr, flush=True)
            flags = [f"--{one.replace('_', '-')}" for one in FLAGS if getattr(options, one)]
            call = [sys.executable, __file__, "--child", kind, "--folder", place, "--cases", name, "--rows", str(rows),
                    "--memory", options.memory, "--threads", str(options.threads), *flags]  # fmt: skip
            told = subprocess.run(call, stdout=subprocess.PIPE, text=True, check=True).stdout
            return json.loads(told.splitlines()[-1])

        child("make")
        size = sum(one.stat().st_size for one in Path(place).glob("*.parquet"))
        pairs = []
        for _ in range(options.pairs or (3 if name == "blind-box" and rows <= 1_000_000 else 1)):
            pair = {"scan": child("scan"), "audit": child("audit")}
            if name == "blind-box":
                pair["sql"] = child("sql")
            pairs.append(pair)
            shutil.rmtree(Path(place) / "out")
        others = {kind: child(kind) for kind in PEERS} if options.peers and name == "blind-box" else {}
    return {"case": name, "asked": rows, "export_mb": size >> 20, "pairs": pairs, "peers": others}


def show(result: dict[str, Any], options: argparse.Namespace) -> None:
    """Print the table of one size: the pair in the middle by CPU after intake, with the spread of ratios over all pairs."""
    pairs = sorted(result["pairs"], key=lambda one: _cpu(one, SUMS["after intake"]) / one["scan"]["cpu"])
    pair = pairs[len(pairs) // 2]
    base, done = Spent(**pair["scan"]), pair["audit"]
    listed = ", ".join(f"{count:,} {table}" for table, count in done["rows"].items() if count)
    print(f"\n{result['case']}: {listed}; Parquet {result['export_mb']} MB, case file {done['case_file_mb']} MB, "
          f"disk at most {done['disk_mb']} MB; {done['faults']} faults planted, all found, nothing else")  # fmt: skip
    print(f"{'':22}{'wall s':>9}{'CPU s':>9}{'× scan':>8}{'× CPU':>8}{'peak MB':>9}")
    stages = {one["what"]: Spent(**one) for one in done["stages"]}
    sums = {what: [stages[one] for one in parts] for what, parts in SUMS.items() if set(parts) <= set(stages)}
    rows = [base, *stages.values(), *(together(what, parts) for what, parts in sums.items())]
    rows += [Spent(**{**pair["sql"], "what": "SQL by hand"})] if "sql" in pair else []
    rows += [Spent(**one) for one in result["peers"].values() if "wall" in one]
    for one in rows:
        print(
            f"{one.what:22}{one.wall:9.2f}{one.cpu:9.2f}{one.wall / base.wall:8.1f}{one.cpu / base.cpu:8.1f}{one.peak_mb:9d}"
        )
    for what, one in result["peers"].items():
        if "missing" in one:
            print(f"{what:22} not measured: {one['missing']}")
    if "sql" in pair:
        ratios = [_cpu(one, SUMS["replay + reconcile"]) / one["sql"]["cpu"] for one in pairs]
        print(f"replay + reconcile, CPU, as a multiple of the SQL by hand, pair by pair: {', '.join(f'{one:.2f}' for one in ratios)}"
              f" (median {statistics.median(ratios):.2f})")  # fmt: skip
    if options.profile:
        print(done["slowest"])


def _cpu(pair: dict[str, Any], stages: tuple[str, ...]) -> float:
    return float(sum(one["cpu"] for one in pair["audit"]["stages"] if one["what"] in stages))


def main() -> None:
    """Run what was asked for; print the tables, write the JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000], help="entries (of the chain plan: members)")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES)
    parser.add_argument("--json", type=Path, help="write every figure of every pair here")
    parser.add_argument("--peers", action="store_true", help="pandas, polars, a Python loop, Great Expectations too")
    parser.add_argument(
        "--profile",
        action="store_true",
        help="the ten dearest steps and checks by CPU; each as it ends, on standard error",
    )
    parser.add_argument(
        "--pairs", type=int, help="how often each size is audited (default: the blind box up to a million thrice)"
    )
    parser.add_argument("--memory", default="1GB")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--exact-join", action="store_true", help="as `redraw audit --exact-join`: no hash is trusted")
    parser.add_argument("--in-place", action="store_true", help="as `redraw audit --in-place`: Parquet is not copied")
    parser.add_argument("--reconcile-only", action="store_true", help="end where payments are reconciled")
    parser.add_argument(
        "--folder", type=Path, help="where exports are written while they are needed (default: the system's)"
    )
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        name, folder = options.cases[0], options.folder
        works: dict[str, Callable[[], Any]] = {
            "make": lambda: make(name, options.rows[0], folder, options),
            "scan": lambda: vars(scan(folder, columns_of(name), options.threads)),
            "audit": lambda: audit(folder, options),
        }
        print(json.dumps(works.get(options.child, lambda: peer(options.child, folder, options))()))
        return
    results = []
    for name in options.cases:
        for rows in options.rows:
            results.append(one_size(name, rows, options))
            show(results[-1], options)
            if options.json:
                options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()

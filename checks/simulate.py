"""`redraw simulate` writes a case that obeys its rules, or departs from them by name; `redraw score` tells which departures
the checks would catch, and with how much data."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from audit.build import build
from audit.case import read_case
from audit.finding import Basis, Finding, Verdict
from audit.problem import Problem
from audit.report.cover import Lang
from audit.rules import Rules, read_rules
from audit.simulate import Departure, departures_for, play_out, settle, write_case
from audit.simulate.world import Scenario
from checks.progress import Progress, show_progress
from checks.run import judge, share_of

SIZES = (10, 30, 100, 300, 1_000, 3_000, 10_000)


@dataclass(frozen=True)
class Scored:
    """One departure: the smallest size at which a check failed on it and the checks that did; size 0: not at any."""

    name: str
    size: int
    events: int
    checks: tuple[str, ...]


def rules_file(path: Path) -> Path:
    """RULES as given: a file, or the folder of a case."""
    return path / "rules.yaml" if path.is_dir() else path


def run_simulate(path: Path, out: Path, scenario: Scenario, fault: str | None, form: Literal["csv", "parquet"]) -> int:
    """Write a simulated case. Raises Problem."""
    rules, _ = read_rules(rules_file(path))
    make_case(rules, rules_file(path), out, scenario, departure_of(rules, fault), form)
    print(f"{out}: redraw audit {out} --out DIR")
    return 0


def departure_of(rules: Rules, name: str | None) -> Departure | None:
    """The departure of this name, None for none. Raises Problem, with the names there are."""
    known = departures_for(rules)
    if name is None or name in known:
        return known[name] if name else None
    raise Problem("no such departure for these rules", value=name, mend="one of " + ", ".join(known))


def make_case(rules: Rules, file: Path, out: Path, scenario: Scenario, fault: Departure | None = None,
              form: Literal["csv", "parquet"] = "csv") -> int:  # fmt: skip
    """Write the case, and give how many records it holds."""
    world = fault.world(rules, scenario) if fault else play_out(rules, scenario)
    engine = settle(world)
    try:
        if fault and fault.plant:
            fault.plant(engine, world)
        write_case(engine, world, file, out, form=form)
        tables = ("entry", "purchase", "drawn_number", "payment")
        return int(sum(engine.value(f"SELECT count(*) FROM {table}") for table in tables))
    finally:
        engine.connection.close()


def findings_of(folder: Path) -> list[Finding]:
    """A case's findings; nothing is kept."""
    case = read_case(folder)
    with tempfile.TemporaryDirectory() as work:
        audit = build(case, Path(work) / "case.duckdb", case.file.risk / share_of(case)[0], lambda _: None)
        try:
            return judge(audit, lambda _: None)
        finally:
            audit.engine.connection.close()


def failed(findings: Sequence[Finding]) -> tuple[str, ...]:
    """The checks that FAIL, screens and the declaration's own contradictions apart."""
    from checks import every_check

    alone = {check.name for check in every_check() if check.alone}
    names = {one.check for one in findings if one.verdict is Verdict.FAIL and one.basis is not Basis.SCREEN}
    return tuple(check.name for check in every_check() if check.name in names - alone)


def score(rules: Rules, file: Path, sizes: Sequence[int], seed: int, progress: Progress) -> Iterator[Scored]:
    """The honest twin first, at the largest size; then each departure, at growing sizes until a check fails."""
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        progress("honest")
        events = make_case(rules, file, work / "honest", Scenario(sizes[-1], seed=seed), form="parquet")
        yield Scored("honest", sizes[-1], events, failed(findings_of(work / "honest")))
        for name, departure in departures_for(rules).items():
            for size in sizes:
                progress(f"{name}, {size}")
                folder = work / f"{name}-{size}"
                events = make_case(rules, file, folder, Scenario(size, seed=seed), departure, "parquet")
                caught = failed(findings_of(folder))
                if caught:
                    yield Scored(name, size, events, caught)
                    break
            else:
                yield Scored(name, 0, events, ())


def run_score(path: Path, largest: int, seed: int, lang: Lang) -> int:
    """Print the scorecard; 0 where every departure is caught and the honest twin is clean, else 1. Raises Problem."""
    rules, _ = read_rules(rules_file(path))
    sizes = [*(size for size in SIZES if size < largest), largest]
    wrong = 0
    heads = (
        ("departure", "rounds", "records", "caught by")
        if lang == "en"
        else ("偏离", "轮数", "记录数", "由哪些检查发现")
    )
    print(f"{heads[0]:<28}  {heads[1]:>8}  {heads[2]:>9}  {heads[3]}")
    with show_progress() as progress:
        for one in score(rules, rules_file(path), sizes, seed, progress):
            honest = one.name == "honest"
            wrong += bool(one.checks) if honest else not one.checks
            missed = f"nothing, up to {largest}" if lang == "en" else f"{largest} 轮内未发现"
            clean = "clean" if lang == "en" else "无误报"
            nothing = clean if honest else missed
            size = f"{one.size:,}" if one.size else "–"
            print(f"{one.name:<28}  {size:>8}  {one.events:>9,}  {', '.join(one.checks) or nothing}", flush=True)
    return 1 if wrong else 0

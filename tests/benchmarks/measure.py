"""What every benchmark measures: wall and CPU seconds, peak memory, and the plain scan that all of them are ratios to.

CPU counts user and system time of this process and its children. Peak memory is the high-water mark of resident memory; Linux
lets it be set back, so that each stage has its own; elsewhere it is that of the whole process.
"""

from __future__ import annotations

import itertools
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
Columns = Mapping[str, Sequence[str]]  # Parquet file (without its ending) → columns


@dataclass(frozen=True)
class Spent:
    """What one section took: seconds, seconds, megabytes."""

    what: str
    wall: float
    cpu: float
    peak_mb: int


@dataclass(frozen=True)
class Marks:
    """Told what comes next, as a progress bar is; knows afterwards what each took. aloud: says so on standard error as it ends."""

    aloud: bool = False
    made: list[tuple[str, float, float, int]] = field(default_factory=list)

    def __call__(self, what: str) -> None:
        """What comes next, or the end."""
        self.made.append((what, time.perf_counter(), cpu(), peak_mb()))
        forget_peak()
        if self.aloud and len(self.made) > 1:
            print(slowest(self.spent()[-1:]), file=sys.stderr, flush=True)

    def spent(self) -> list[Spent]:
        """Every section in order; call once the end is marked."""
        return [Spent(what, end - start, ended - begun, peak)
                for (what, start, begun, _), (_, end, ended, peak) in itertools.pairwise(self.made)]  # fmt: skip


def cpu() -> float:
    """CPU seconds so far."""
    return sum(os.times()[:4])


def peak_mb() -> int:
    """The most resident memory since it was last forgotten."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) >> 10
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def forget_peak() -> None:
    """Set the high-water mark back to what is resident now, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def measured(what: str, work: Callable[[], T]) -> tuple[T, Spent]:
    """The result of some work, and what it took."""
    marks = Marks()
    marks(what)
    result = work()
    marks("end")
    return result, marks.spent()[0]


def together(what: str, parts: Iterable[Spent]) -> Spent:
    """Several sections as one."""
    parts = list(parts)
    return Spent(
        what,
        sum(one.wall for one in parts),
        sum(one.cpu for one in parts),
        max((one.peak_mb for one in parts), default=0),
    )


def slowest(spent: Iterable[Spent], many: int = 12) -> str:
    """The dearest sections by CPU, a line each."""
    dearest = sorted(spent, key=lambda one: one.cpu, reverse=True)[:many]
    return "\n".join(f"{one.cpu:9.3f} s CPU {one.wall:9.3f} s {one.peak_mb:6d} MB  {one.what}" for one in dearest)


def scan(folder: Path, columns: Columns, threads: int = 2, least: float = 1.0) -> Spent:
    """Hash every column that the audit reads, warm; repeated until it took `least` CPU seconds, and the mean of that."""
    import duckdb

    db = duckdb.connect()
    db.execute(f"SET threads = {threads}")
    parts = [f"SELECT sum(CAST(hash({', '.join(names)}) >> 8 AS HUGEINT)) FROM read_parquet('{folder / name}*.parquet')"
             for name, names in columns.items()]  # fmt: skip

    def once() -> None:
        for part in parts:
            db.execute(part).fetchall()

    once()
    forget_peak()
    rounds: list[Spent] = []
    while sum(one.cpu for one in rounds) < least:
        rounds.append(measured("scan", once)[1])
    whole, times = together("scan", rounds), len(rounds)
    return Spent("scan", whole.wall / times, whole.cpu / times, whole.peak_mb)

"""Progress on long work: a bar with the time left on a terminal, plain lines elsewhere. Always on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from audit.finding import Text

Progress = Callable[[str], None]
QUIET = 2.0  # seconds between plain lines: short work prints none
SHARES = {"intake": 40, "gate": 10, "steps": 20, "checks": 25, "report": 5}  # of an audit's time, as benchmarks go
SURE = 0.1  # the share of the work that must be done in this run before its time says anything of the rest
STAGES = {
    "intake": Text("导入", "exports"),
    "gate": Text("门检", "gate"),
    "steps": Text("步骤", "steps"),
    "checks": Text("检查", "checks"),
    "report": Text("报告", "report"),
}


@dataclass
class Way:
    """How far an audit has come: the parts of each stage with their weights, the stage it is in, what is done of it."""

    parts: dict[str, dict[str, int]] = field(default_factory=dict)
    stage: str = ""
    place: int = 0
    done: float = 0.0  # share of the whole, from 0 to 1, with what an earlier run had finished
    found: float | None = None  # the share that was done when this run began to work

    def ahead(self, stage: str, parts: Mapping[str, int]) -> None:
        """Enter a stage; every one before it is finished."""
        self.parts[stage], self.stage, self.place = dict(parts), stage, 0
        self.done = sum(SHARES[one] for one in list(SHARES)[: list(SHARES).index(stage)]) / sum(SHARES.values())

    def begin(self, what: str) -> None:
        """Begin a part of the stage; those listed before it are finished."""
        parts = self.parts.get(self.stage, {})
        if what not in parts:
            return
        before = sum(SHARES[one] for one in list(SHARES)[: list(SHARES).index(self.stage)])
        self.place = list(parts).index(what) + 1
        finished = sum(list(parts.values())[: self.place - 1]) / max(1, sum(parts.values()))
        self.done = (before + SHARES[self.stage] * finished) / sum(SHARES.values())
        if self.found is None:
            self.found = self.done

    def left(self, elapsed: float) -> float | None:
        """Seconds left, if the rest goes as what was done in this run; None where that says nothing yet."""
        mine = self.done - (self.found or 0.0)
        return elapsed * (1 - self.done) / mine if mine >= SURE else None


def described(way: Way, what: str, elapsed: float, lang: str) -> str:
    """`steps 12 of 73 · side_paid · about 3 min left`."""
    parts = way.parts.get(way.stage, {})
    told = (
        [getattr(STAGES[way.stage], lang) + (f" {way.place}/{len(parts)}" if len(parts) > 1 else "")]
        if what in parts
        else []
    )
    told += [what] if len(parts) > 1 or not told else []
    left = way.left(elapsed)
    if left is not None:
        minutes = -int(-left // 60)
        few = left < 60
        told.append(("不到 1 分钟" if few else f"约剩 {minutes} 分钟") if lang == "zh" else
                    ("less than a minute left" if few else f"about {minutes} min left"))  # fmt: skip
    return " · ".join(told)


@contextmanager
def show_progress(way: Way | None = None, lang: str = "en", *, quiet: bool = False) -> Iterator[Progress]:
    """Give a function that is told what comes next; way knows how much there is."""
    way = way or Way()
    begun = last = time.monotonic()
    if quiet:
        yield way.begin
        return
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = (
            SpinnerColumn(),
            BarColumn(pulse_style="cyan"),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
        )
        with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=None)

            def show(what: str) -> None:
                way.begin(what)
                told = escape(described(way, what, time.monotonic() - begun, lang))
                bar.update(task, description=told, total=1.0 if way.parts else None, completed=way.done)

            yield show
        return

    def line(what: str) -> None:
        nonlocal last
        way.begin(what)
        now = time.monotonic()
        if now - last >= QUIET:
            last = now
            print(f"{now - begun:6.1f} s  {described(way, what, 0.0, lang)}", file=sys.stderr, flush=True)

    yield line

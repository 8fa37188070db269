"""Progress on long work: a bar on a terminal, plain lines elsewhere. Always on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str], None]
QUIET = 2.0  # seconds between plain lines: short work prints none


@contextmanager
def show_progress() -> Iterator[Progress]:
    """Give a function that is told what comes next."""
    if sys.stderr.isatty():
        from rich.console import Console
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
            yield lambda what: bar.update(task, description=what)
        return
    begun = last = time.monotonic()

    def line(what: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= QUIET:
            last = now
            print(f"{now - begun:6.1f} s  {what}", file=sys.stderr, flush=True)

    yield line

"""Record numbers → physical lines, kept in the case file so that the exports need not be at hand.

In most files lines count up with records, and one row says it all; a row more stands wherever a quoted line break or an
empty line makes them part.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from audit.engine import Engine

Runs = tuple[tuple[int, int], ...]
MANY = 1000  # rows above which a frame is faster than single inserts


def runs_of(lines: Iterable[int]) -> tuple[int, Runs]:
    """How many records there are, and (record, line) wherever the line is not the one before plus 1."""
    record, expected, runs = 0, 0, []
    for record, line in enumerate(lines, 1):
        if line != expected:
            runs.append((record, line))
        expected = line + 1
    return record, tuple(runs)


def lines_of(runs: Sequence[tuple[int, int]], wanted: Iterable[int]) -> dict[int, int]:
    """The line of each wanted record; a record before the first run has none."""
    starts = [record for record, _ in runs]
    found = {}
    for record in wanted:
        place = bisect_right(starts, record) - 1
        if place >= 0:
            found[record] = runs[place][1] + record - runs[place][0]
    return found


def keep_runs(engine: Engine, file: str, runs: Runs) -> None:
    """Write a file's runs into the case file."""
    if len(runs) <= MANY:
        for record, line in runs:
            engine.rows("INSERT INTO line_run VALUES (?, ?, ?)", [file, record, line])
        return
    import pandas as pd

    engine.connection.register("incoming", pd.DataFrame(runs, columns=["record", "line"]))
    engine.rows("INSERT INTO line_run SELECT ?, record, line FROM incoming", [file])
    engine.connection.unregister("incoming")


def read_lines(engine: Engine, file: str, wanted: Iterable[int]) -> dict[int, int]:
    """The physical line (sheet row) of records of a file, from the case file alone."""
    return lines_of(engine.rows("SELECT record, line FROM line_run WHERE file = ? ORDER BY record", [file]), wanted)

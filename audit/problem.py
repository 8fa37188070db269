"""Where a file says something, and the one way redraw says that it could not run: where, what, and the mend."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where a declaration says something: line and column count from 1; says are the platform's own words there."""

    file: str
    line: int
    column: int
    says: str = ""

    def __str__(self) -> str:
        """`file:line:column`."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(eq=False)
class Problem(Exception):
    """An input that cannot be read. The front door prints it and exits with status 2.

    line and column count from 1, 0 where they mean nothing; value is the text as it stands in the file; more holds
    the other problems of the same input, so that all are shown at once.
    """

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    value: str = ""
    mend: str = ""
    more: tuple[Problem, ...] = ()

    def __str__(self) -> str:
        """`file:line:column: message (found 'value'). mend`, leaving out what is not known; a line a problem."""
        place = self.file
        if self.line:
            place += f":{self.line}" + (f":{self.column}" if self.column else "")
        found = f" (found {self.value!r})" if self.value else ""
        mend = f". {self.mend}" if self.mend else ""
        first = (f"{place}: " if place else "") + self.message + found + mend
        return "\n".join([first, *map(str, self.more)])


def raise_all(problems: list[Problem]) -> None:
    """Raise the first problem with the others attached; do nothing for an empty list."""
    if problems:
        first, *rest = problems
        first.more = tuple(rest)
        raise first

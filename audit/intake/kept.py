"""An unfinished case file: whether what it holds still rests on the inputs, rules and versions of today."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from audit.engine import Engine, open_engine
from audit.finding import Text
from audit.problem import Problem
from audit.rules.document import Document

UNREADABLE = Text("其中有读不出的内容", "it cannot be read whole")


def reopen(path: Path, exports: Path, made: Mapping[str, str], declared: Sequence[Document],
           *, memory: str, threads: int | None, zone: str) -> Engine | Text:  # fmt: skip
    """The unfinished case file at path, open, or why it may not be gone on with. Raises Problem where another run holds it.

    Finished work counts only where the versions and options in `made`, the declared documents and every input read so far
    are the same, byte for byte, and every block of the file can be read: that costs a scan of it.
    """
    import duckdb

    try:
        engine = open_engine(path, memory=memory, threads=threads, zone=zone)
    except duckdb.Error as error:
        if "set lock" in str(error) or "another process" in str(error):
            raise Problem(
                "another audit is writing here", str(path.parent), mend="wait for it, or name another --out"
            ) from None
        return UNREADABLE
    why: Text | None = UNREADABLE
    try:
        why = _changed(engine, exports, made, declared) or _damaged(engine)
    except duckdb.Error:
        pass
    finally:
        if why:
            engine.connection.close()
    return why or engine


def _changed(engine: Engine, exports: Path, made: Mapping[str, str], declared: Sequence[Document]) -> Text | None:
    if dict(engine.rows("SELECT name, value FROM made_with WHERE name <> 'lang'")) != dict(made):
        return Text(
            "redraw 的版本、所用软件包或选项已不同", "the version of redraw, of a package, or an option is another"
        )
    before = dict(engine.rows("SELECT file, sha256 FROM rule"))
    inputs = [
        (exports / file, file, sha256)
        for file, sha256 in engine.rows("SELECT DISTINCT file, sha256 FROM input ORDER BY ALL")
    ]
    for file, differs in [
        *((one.file, before.get(one.file) != one.sha256) for one in declared),
        *((file, _sha256(path) != sha256) for path, file, sha256 in inputs),
    ]:
        if differs:
            return Text(f"{file} 已有改动", f"{file} has changed")
    return None


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _damaged(engine: Engine) -> Text | None:
    """Read every block once: DuckDB holds each against its checksum."""
    for (table,) in engine.rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'case_file'"):
        engine.rows(f"SELECT sum(hash(t) >> 8) FROM {table} AS t")
    return None

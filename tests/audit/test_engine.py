"""The engine: what is asked twice is computed once, what is written is written each time, and memory that ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from audit.engine import Engine, Step, open_engine, scratch_engine

COUNT = "SELECT count(*) FROM bet"


def test_answers_are_kept_and_writing_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = scratch_engine()
    keeping = replace(plain, answers={})
    keeping.rows("CREATE TABLE bet (stake BIGINT)")
    for _ in range(2):
        keeping.rows("INSERT INTO bet VALUES (1)")
    assert plain.value(COUNT) == keeping.value(COUNT) == 2
    keeping.rows("INSERT INTO bet VALUES (1)")
    assert (plain.value(COUNT), keeping.value(COUNT)) == (3, 2)
    monkeypatch.setattr("audit.engine.KEPT", 2)
    every = "SELECT stake FROM bet"
    assert keeping.rows(every) == [(1,), (1,), (1,)]
    keeping.rows("INSERT INTO bet VALUES (1)")
    assert len(keeping.rows(every)) == 4, "an answer longer than KEPT is asked for again"


@dataclass(frozen=True)
class Tight:
    """A connection whose memory ends where two threads make the table `big`."""

    real: Any
    asked: list[str]

    def execute(self, sql: str, parameters: tuple[object, ...] | list[object] = ()) -> Any:
        if "big" in sql:
            self.asked.append(sql)
            if self.real.execute("SELECT current_setting('threads')").fetchall() != [(1,)]:
                raise duckdb.OutOfMemoryException("Out of Memory Error: none left")
        return self.real.execute(sql, parameters)


def told(engine: Engine) -> Engine:
    engine.rows("CREATE TABLE step (name VARCHAR, kind VARCHAR, sql VARCHAR)")
    return engine


@pytest.mark.parametrize("work", [lambda engine: engine.run(Step("big", "SELECT 1 AS a", "table")),
                                  lambda engine: engine.rows("CREATE TABLE big AS SELECT 1 AS a")])  # fmt: skip
def test_where_memory_ends_work_is_done_again_on_one_thread(work: Callable[[Engine], None], tmp_path: Path) -> None:
    plain = told(open_engine(tmp_path / "case.duckdb", threads=2))
    asked: list[str] = []
    work(replace(plain, connection=Tight(plain.connection, asked)))  # type: ignore[arg-type]
    assert len(asked) == 2
    assert plain.rows("FROM big") == [(1,)]
    assert plain.value("SELECT current_setting('threads')") == 2


@pytest.mark.parametrize("threads", [1, 2])
def test_memory_that_ends_on_one_thread_too_is_told_as_such(threads: int, tmp_path: Path) -> None:
    engine = told(open_engine(tmp_path / "case.duckdb", memory="60MB", threads=threads))
    engine.rows("SET temp_directory = ''")
    with pytest.raises(duckdb.OutOfMemoryException):
        engine.run(Step("big", "SELECT i AS a, count(*) AS many FROM range(10000000) AS t(i) GROUP BY i", "table"))
    assert not engine.holds("big")
    assert engine.rows("FROM step") == []
    assert engine.value("SELECT current_setting('threads')") == threads

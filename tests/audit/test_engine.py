"""The engine's kept answers: what is asked twice is computed once, what is written is written each time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.engine import scratch_engine

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

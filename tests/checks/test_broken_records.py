"""Records that cannot be read at all: any payment, or any entrant, may be theirs, and nobody is accused for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import FIXTURES, Auditor, failing

MONEY = {"payout_missing", "payout_unexpected", "payout_wrong"}


def broken(folder: Path, case: str, file: str, lines: dict[int, str]) -> Path:
    """An honest fixture whose records on these lines have a comma too many, or in the place of their amount this."""
    shutil.copytree(FIXTURES / case, folder)
    rows = (folder / file).read_bytes().decode("utf-8").split("\n")
    for line, amount in lines.items():
        cells = rows[line - 1].rstrip("\r").split(",")
        rows[line - 1] = ",".join([*cells[:4], amount, *cells[5:]] if amount else [*cells, "x"])
    (folder / file).write_bytes("\n".join(rows).encode())
    return folder


@pytest.mark.parametrize("referenced", [True, False])
@pytest.mark.parametrize("lines", [{9: ""}, {9: "", 2: "NaN"}])
def test_a_payment_that_cannot_be_read_may_be_the_one_that_is_missing(
    lines: dict[int, str], referenced: bool, tmp_path: Path, audited: Auditor
) -> None:
    folder = broken(tmp_path / "case", "blind-box/honest", "payments.csv", lines)
    if not referenced:
        text = (folder / "case.yaml").read_text("utf-8")
        assert "      ref: 关联编号\n" in text
        (folder / "case.yaml").write_text(text.replace("      ref: 关联编号\n", ""), "utf-8")
    _, findings = audited(folder)
    assert not MONEY & {check for check, _ in failing(findings)}


@pytest.mark.parametrize("case", ["red-envelope/honest-random", "envelope-rain/honest"])
def test_a_share_may_be_that_of_an_entrant_who_cannot_be_read(case: str, tmp_path: Path, audited: Auditor) -> None:
    _, findings = audited(broken(tmp_path / "case", case, "entries.csv", {10: ""}))
    assert not MONEY & {check for check, _ in failing(findings)}

"""Intake of CSV beside DuckDB's own typed read of the same file: `python tests/benchmarks/intake.py [PAYMENTS]`.

Both read one export of payments into a table on disk, in pairs, in one process; trust the ratios of CPU. DuckDB's typed read
checks no cell, keeps no line and hashes no file; redraw's figure is the whole of intake: encoding, SHA-256, strict casts, the
record of every row, what was refused.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import duckdb
from measure import measured

COLUMNS = {
    "流水号": "payment_id",
    "收款人": "payee_id",
    "金额": "amount",
    "名目": "reason",
    "关联单号": "ref",
    "时间": "paid_at",
}
TYPES = {"金额": "DECIMAL(18, 2)", "时间": "TIMESTAMP"}
RULES = """
campaign: payments
effective: {from: 2023-01-01}
assets: {CNY: {step: "0.01"}}
awards: {first: {on: order, to: participant.referrer, pays: {CNY: {percent: "10", of: order, rounding: down}}}}
"""


def make(folder: Path, payments: int) -> None:
    """One export of payments, as UTF-8 and as GB18030, each in a case of its own."""
    utf8, gb = folder / "utf-8", folder / "gb18030"
    for case in (utf8, gb):
        case.mkdir()
        (case / "rules.yaml").write_text(RULES, "utf-8")
        columns = {ours: theirs for theirs, ours in COLUMNS.items()}
        reason = {"column": "名目", "values": {"首次奖励": "first"}}
        table = {"file": "流水.csv", "columns": {**columns, "reason": reason, "asset": {"value": "CNY"}}}
        (case / "case.yaml").write_text(
            json.dumps({"case": "payments", "timezone": "Asia/Shanghai", "tables": {"payment": table}}), "utf-8"
        )
    duckdb.execute(f"""COPY (
        SELECT format('P{{:010d}}', i) AS "流水号", format('U{{:09d}}', hash(i, 1) % {payments // 10}) AS "收款人",
            CAST(hash(i, 2) % 100000 / 100 AS DECIMAL(18, 2)) AS "金额", '首次奖励' AS "名目",
            format('D{{:010d}}', i // 2) AS "关联单号", TIMESTAMP '2023-02-01' + i * INTERVAL 2 SECOND AS "时间"
        FROM range({payments}) AS t(i)) TO '{utf8 / "流水.csv"}' (HEADER)""")
    with (utf8 / "流水.csv").open(encoding="utf-8") as read, (gb / "流水.csv").open("w", encoding="gb18030") as write:
        write.writelines(read)


def typed(case: Path) -> int:
    """DuckDB's own read of the UTF-8 file into a table on disk."""
    place = case / "typed.duckdb"
    db = duckdb.connect(str(place))
    db.execute("SET threads = 2")
    types: Mapping[str, str] = {name: TYPES.get(name, "VARCHAR") for name in COLUMNS}
    db.execute(f"CREATE TABLE payment AS SELECT * FROM read_csv('{case / '流水.csv'}', columns = {dict(types)})")
    count = int(db.execute("SELECT count(*) FROM payment").fetchall()[0][0])
    db.close()
    place.unlink()
    return count


def ours(case: Path) -> int:
    """redraw's intake of a case, and nothing after it."""
    from audit.build import build
    from audit.case import read_case

    class GateReached(Exception):
        """Intake is over."""

    def progress(what: str) -> None:
        if what == "gate":
            raise GateReached

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "case.duckdb"
        with contextlib.suppress(GateReached):
            build(read_case(case), path, Fraction(1, 1000), progress, threads=2)
        count, refused = duckdb.connect(str(path)).execute("SELECT accepted, refused FROM input").fetchall()[0]
    assert not refused
    return int(count)


def main(payments: int, pairs: int = 3) -> None:
    """Print the ratios of each pair as JSON."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, payments)
        typed(folder / "utf-8")
        ratios: dict[str, list[float]] = {"utf-8": [], "gb18030": []}
        for _ in range(pairs):
            count, base = measured("typed read", lambda: typed(folder / "utf-8"))
            for encoding, found in ratios.items():
                loaded, spent = measured(encoding, lambda encoding=encoding: ours(folder / encoding))  # type: ignore[misc]
                assert loaded == count == payments
                found.append(round(spent.cpu / base.cpu, 2))
        print(
            json.dumps(
                {
                    "payments": payments,
                    **ratios,
                    "median": {one: statistics.median(all_) for one, all_ in ratios.items()},
                }
            )
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

"""The same audit on Spark: every finding and every discrepancy as DuckDB gives it, on one machine and on a master with workers.

A few cases that between them take every kind of step are always run; all of them with `pytest tests/test_spark.py --every-case`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

import checks.run
from audit.case import read_case
from audit.spark import HASH, Spark, shared, spark_sql, start_spark, tables_of
from checks.run import Options, run_audit
from tests.conftest import FIXTURES, ROOT

pytest.importorskip("pyspark", reason="Spark is not installed; it comes with the extra `spark`")
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("Spark needs Java 17 or later, and there is none here", allow_module_level=True)

SOME = (
    "two-level/rigged-second-level-cut",
    "red-envelope/rigged-pot-skimmed",
    "chain-2-1/rigged-difference-not-deducted",
)
EVERY = sorted(
    str(path.parent.relative_to(FIXTURES))
    for path in FIXTURES.glob("*/*/case.yaml")
    if path.parent.parent.name != "ssq"
)
QUICK = {
    "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "1", "spark.sql.adaptive.enabled": "false", "spark.driver.memory": "3g",
}  # fmt: skip


@pytest.fixture(scope="session")
def session() -> Iterator[Spark]:
    """One session on this machine, for small tables."""
    spark = start_spark("local[2]", "Asia/Shanghai", QUICK)
    yield spark
    spark.session.stop()


def written(folder: Path) -> tuple[Any, list[Any]]:
    """The findings and the discrepancies that an audit wrote."""
    case_file = duckdb.connect(str(folder / "case.duckdb"), read_only=True)
    try:
        known = case_file.execute("SELECT 1 FROM step WHERE name = 'discrepancy'").fetchall()
        rows = case_file.execute("SELECT * FROM discrepancy ORDER BY ALL").fetchall() if known else []
    finally:
        case_file.close()
    return json.loads((folder / "findings.json").read_text("utf-8")), rows


@pytest.mark.parametrize("name", SOME[:1])
def test_spark_finds_what_duckdb_finds(
    name: str, session: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(name, session, tmp_path, monkeypatch)


@pytest.mark.parametrize("name", [one for one in EVERY if one not in SOME[:1]])
def test_spark_finds_what_duckdb_finds_in_every_case(
    name: str, session: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: None
) -> None:
    compare(name, session, tmp_path, monkeypatch)


@pytest.fixture
def asked(request: pytest.FixtureRequest) -> None:
    """The longer tests are run where they are asked for."""
    if not request.config.getoption("--every-case"):
        pytest.skip("one of the longer tests: pytest tests/test_spark.py --every-case")


def compare(name: str, session: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # in the first, the larger tables that are computed stay with Spark, and sums are made in parts, as those of large exports are
    small = 200 if name == SOME[0] else session.small
    own = replace(session, session=session.session.newSession(), small=small, held=set(), far=set())
    zone = read_case(FIXTURES / name).file.timezone
    own.session.conf.set("spark.sql.session.timeZone", zone)
    monkeypatch.setattr(checks.run, "start_spark", lambda master, zone: own)
    monkeypatch.setattr(type(own.session), "stop", lambda self: None)
    run_audit(FIXTURES / name, tmp_path / "duckdb", Options(quiet=True))
    if name == SOME[0]:
        monkeypatch.setattr("audit.money.AT_ONCE", 300)
    run_audit(FIXTURES / name, tmp_path / "spark", Options(quiet=True, engine="local"))
    assert own.far, "Spark computed nothing"
    with duckdb.connect(str(tmp_path / "spark" / "case.duckdb"), read_only=True) as case_file:
        hashing = {name for name, sql in case_file.execute("SELECT name, sql FROM step").fetchall() if HASH.search(sql)}
    assert hashing.isdisjoint(own.far), "DuckDB would hash again, its own way, what Spark has hashed"
    own.session.catalog.clearCache()  # the next case has a session of its own on the same machine
    assert written(tmp_path / "spark") == written(tmp_path / "duckdb")
    assert (tmp_path / "spark" / "report.html").read_text("utf-8") == (tmp_path / "duckdb" / "report.html").read_text("utf-8")


@pytest.mark.parametrize("name", SOME)
def test_a_worker_killed_in_the_middle_changes_nothing(
    name: str, asked: None, cluster: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    master, workers = cluster
    run_audit(FIXTURES / name, tmp_path / "duckdb", Options(quiet=True))
    audit = [sys.executable, "-m", "checks.cli", "audit", str(FIXTURES / name)]
    audit += ["--out", str(tmp_path / "spark"), "--engine", master]
    run = subprocess.Popen(audit, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert run.stderr is not None
    for line in run.stderr:
        if not any(word in line for word in (b"\xe2\x86\x92", b"gate", b"spark", b"WARN", b"log4j")):  # a step is told
            break
    os.kill(workers[0].pid, signal.SIGKILL)
    assert run.wait(timeout=600) == 1
    assert written(tmp_path / "spark") == written(tmp_path / "duckdb")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A standalone master with two workers, from the installed package, on loopback."""
    import pyspark

    home = Path(pyspark.__file__).parent
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begin = [str(home / "bin" / "spark-class"), "org.apache.spark.deploy"]
    env = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1"}
    common = ["--host", "127.0.0.1", "--webui-port", "0"]
    master = f"spark://127.0.0.1:{port}"
    started = [
        subprocess.Popen(
            [begin[0], f"{begin[1]}.master.Master", *common, "--port", str(port)], env=env, stderr=subprocess.DEVNULL
        )
    ]
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        workers = [
            subprocess.Popen([begin[0], f"{begin[1]}.worker.Worker", *common, "--cores", "1", "--memory", "1g",
                              "--work-dir", str(tmp_path / f"worker{number}"), master], env=env, stderr=subprocess.DEVNULL)
            for number in (1, 2)
        ]  # fmt: skip
        started += workers
        yield master, workers
    finally:
        for one in started:
            one.kill()


def test_the_words_of_spark() -> None:
    assert spark_sql("SELECT a // 7 AS x FROM t") == (
        "SELECT CAST((CAST(a AS DECIMAL(38, 0)) - CAST(a AS DECIMAL(38, 0)) % CAST(7 AS DECIMAL(38, 0))) "
        "/ CAST(7 AS DECIMAL(38, 0)) AS DECIMAL(38, 0)) AS x FROM t"
    )
    assert "EXPLODE" not in spark_sql("SELECT value FROM range(3) AS d(value)")
    assert "'$1y$2'" in spark_sql(r"SELECT regexp_replace(a, '([0-9])x([0-9])', '\1y\2', 'g') FROM t")
    assert spark_sql("SELECT concat(a, '#', b // 2) FROM t").count("AS STRING") == 2
    assert not shared("SELECT * FROM t QUALIFY count(*) OVER (PARTITION BY a) > 1")
    assert tables_of("WITH a AS (SELECT 1) SELECT * FROM a JOIN b ON true") == {"b"}
    assert not shared("SELECT row_number() OVER () FROM t")
    assert not shared("SELECT * FROM a ASOF JOIN b ON a.x >= b.x")


def test_a_master_that_does_not_answer_is_told_plainly(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "checks.cli",
        "audit",
        str(FIXTURES / SOME[0]),
        "--out",
        str(tmp_path / "out"),
        "--engine",
        "sparc:7077",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "sparc:7077" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()

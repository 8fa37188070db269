"""Sealed cases: any changed byte is seen, the same case gives the same bundle, a redacted twin names nobody."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from audit.evidence import bundle
from checks.cli import main
from checks.run import Options, run_audit
from tests.conftest import FIXTURES

RIGGED = FIXTURES / "two-level" / "rigged-second-level-cut"


@pytest.fixture(scope="module")
def audited_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sealed") / "out"
    run_audit(RIGGED, out, Options())
    main(["report", str(out), "--lang", "zh", "--format", "pdf"])
    return out


@pytest.fixture(scope="module")
def sealed(audited_dir: Path) -> Path:
    path = audited_dir.parent / "case.zip"
    assert main(["seal", str(audited_dir), "--out", str(path), "--exports", str(RIGGED)]) == 0
    return path


def test_a_bundle_is_a_zip_that_others_read(sealed: Path) -> None:
    with zipfile.ZipFile(sealed) as one:
        assert one.testzip() is None
        names = one.namelist()
        assert names[0] == "manifest.json"
        assert {"verify.py", "ro-crate-metadata.json", "versions.json", "case/rules.yaml", "case/exports/orders.csv",
                "audit/case.duckdb", "audit/findings.json", "audit/report.html", "audit/report.zh.pdf"} <= set(names)  # fmt: skip
        manifest = json.loads(one.read("manifest.json"))
        assert [file["path"] for file in manifest["files"]] == names[1:]
        crate = json.loads(one.read("ro-crate-metadata.json"))["@graph"]
        entities = {entity["@id"]: entity for entity in crate}
        assert entities["ro-crate-metadata.json"]["about"] == {"@id": "./"}
        assert {part["@id"] for part in entities["./"]["hasPart"]} <= set(names)
        used = [value["@id"] for entity in crate for field in entity.values() if isinstance(field, list)
                for value in field if isinstance(value, dict)]  # fmt: skip
        assert set(used) <= set(entities)
        assert {"datePublished", "license", "name", "description"} <= set(entities["./"])
        assert one.read("case/exports/orders.csv") == (RIGGED / "orders.csv").read_bytes()


def test_the_same_case_gives_the_same_bundle(sealed: Path, audited_dir: Path, tmp_path: Path) -> None:
    assert main(["seal", str(audited_dir), "--out", str(tmp_path / "again.zip"), "--exports", str(RIGGED)]) == 0
    assert (tmp_path / "again.zip").read_bytes() == sealed.read_bytes()


def test_any_changed_byte_is_seen(tmp_path: Path) -> None:
    """Every single byte of a small bundle in turn, and bytes added and taken away."""
    files = []
    for name, text in (("a.txt", b"one"), ("b/c.txt", "\u76d2".encode()), ("d.txt", b"")):
        (tmp_path / name.replace("/", "-")).write_bytes(text)
        files.append((name, tmp_path / name.replace("/", "-")))
    path = tmp_path / "small.zip"
    with path.open("wb") as out:
        root = bundle.write_bundle(out, files)
    assert bundle.verify_bundle(path, root)["root"] == root
    whole = path.read_bytes()
    draws = random.Random(7)
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << draws.randrange(8)
        path.write_bytes(bytes(changed))
        with pytest.raises(bundle.Broken):
            bundle.verify_bundle(path)
    for other in (whole + b"\0", whole[:-1], b"\0" + whole, b"", whole[: len(whole) // 2]):
        path.write_bytes(other)
        with pytest.raises(bundle.Broken):
            bundle.verify_bundle(path)


def test_a_path_cannot_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    for name in ("../x", "/x", "a/../../x", "C:x", "a\\b"):
        with (tmp_path / "bad.zip").open("wb") as out:
            bundle.write_bundle(out, [(name, tmp_path / "x")])
        with pytest.raises(bundle.Broken):
            bundle.verify_bundle(tmp_path / "bad.zip", into=tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_the_root_is_that_of_rfc_6962() -> None:
    from hashlib import sha256

    a, b, c = (bundle.leaf(name, sha256(name.encode()).hexdigest()) for name in "abc")
    both = sha256(b"\1" + a + b).digest()
    assert bundle.merkle([a, b, c]) == sha256(b"\1" + both + c).hexdigest()
    assert bundle.merkle([a]) == a.hex()


def test_verify_py_needs_nothing_but_python(sealed: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(sealed) as one:
        one.extract("verify.py", tmp_path)
        root = json.loads(one.read("manifest.json"))["root"]
    command = [sys.executable, "-I", "-S", str(tmp_path / "verify.py"), str(sealed)]
    good = subprocess.run([*command, "--root", root], capture_output=True, text=True)
    assert (good.returncode, good.stderr) == (0, "")
    assert subprocess.run([*command, "--root", "00"], capture_output=True).returncode == 1
    broken = tmp_path / "broken.zip"
    data = bytearray(sealed.read_bytes())
    data[len(data) // 2] ^= 1
    broken.write_bytes(bytes(data))
    bad = subprocess.run([*command[:-1], str(broken)], capture_output=True, text=True)
    assert bad.returncode == 1
    assert bad.stderr.startswith("CHANGED: ")


def test_an_audit_runs_again_byte_for_byte(sealed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(sealed), "--rerun"]) == 0
    told = capsys.readouterr().out
    assert "equal tables  case.duckdb" in told
    assert told.count("same bytes") == 4
    assert "report.zh.pdf" in told


def test_a_sealed_export_must_be_the_one_that_was_read(
    audited_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exports = Path(shutil.copytree(RIGGED, tmp_path / "exports"))
    (exports / "users.csv").write_bytes((exports / "users.csv").read_bytes() + b"\n")
    assert main(["seal", str(audited_dir), "--out", str(tmp_path / "x.zip"), "--exports", str(exports)]) == 2
    assert "not the file that was audited" in capsys.readouterr().err
    assert not (tmp_path / "x.zip").exists()
    assert main(["seal", str(audited_dir), "--out", str(tmp_path / "x.zip")]) == 0
    assert main(["verify", str(tmp_path / "x.zip"), "--rerun"]) == 2
    assert "only the hashes of its inputs" in capsys.readouterr().err


@pytest.mark.parametrize("case", ["rigged-ring", "rigged-shills"])
def test_leads_about_people_are_published_without_what_they_rest_on(case: str, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    out, twin = tmp_path / "out", tmp_path / "twin.zip"
    main(["audit", str(FIXTURES / "tea-club" / case), "--out", str(out)])
    assert main(["seal", str(out), "--out", str(twin), "--redact", str(tmp_path / "key")]) == 0
    with zipfile.ZipFile(twin) as one:
        one.extractall(tmp_path / "twin")
    book = load_workbook(tmp_path / "twin" / "audit" / "discrepancies.xlsx")
    shown = " ".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    for path in (tmp_path / "twin").rglob("*"):
        shown += path.read_text("utf-8") if path.suffix in (".json", ".html", ".yaml") else ""
    told = (out / "findings.json").read_text("utf-8")
    files = [(FIXTURES / "tea-club" / case / name).read_text("utf-8") for name in ("identities.csv", "messages.csv")]
    cells = {cell for text in files for line in text.splitlines()[1:] for cell in line.split(",") if len(cell) > 4}
    typed = {cell for cell in cells if f'"{cell}"' in told and not cell.startswith("20")} - {
        "address",
        "device",
        "staff",
    }
    assert typed
    assert [cell for cell in sorted(typed) if cell in shown and cell != "payment-account"] == []
    assert "Tea Street" not in shown


def test_a_published_twin_names_nobody(audited_dir: Path, tmp_path: Path) -> None:
    import re

    from openpyxl import load_workbook

    twin, key = tmp_path / "twin.zip", tmp_path / "key"
    assert main(["seal", str(audited_dir), "--out", str(twin), "--redact", str(key)]) == 0
    assert key.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(twin) as one:
        one.extractall(tmp_path / "twin")
    files = {
        path.relative_to(tmp_path / "twin").as_posix(): path
        for path in (tmp_path / "twin").rglob("*")
        if path.is_file()
    }
    assert not [name for name in files if name.endswith((".csv", ".duckdb", "case.yaml"))]
    book = load_workbook(files["audit/discrepancies.xlsx"])
    cells = " ".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    pdf = (
        subprocess.run(["pdftotext", str(files["audit/report.pdf"]), "-"], capture_output=True, text=True).stdout
        if shutil.which("pdftotext")
        else ""
    )
    shown = (
        cells
        + pdf
        + "".join(files[name].read_text("utf-8") for name in files if name.endswith((".json", ".html", ".yaml")))
    )
    assert not re.search(r"\b[UDP]0\d{4,5}\b", shown)
    before = json.loads((audited_dir / "findings.json").read_text("utf-8"))["findings"]
    after = json.loads(files["audit/findings.json"].read_text("utf-8"))["findings"]
    assert [(one["check"], one["verdict"], one["amount"], one["row_count"]) for one in before] == [
        (one["check"], one["verdict"], one["amount"], one["row_count"]) for one in after
    ]
    (wrong,) = (one for one in after if one["check"] == "payout_wrong" and one["rows"])
    assert re.fullmatch(r"discrepancy:~[0-9a-f]{16}/second-level", wrong["rows"][0]["id"])
    assert wrong["rows"][0]["payee"] == wrong["rows"][0]["paid_to"]
    assert len({row["payee"] for row in wrong["rows"]}) == len(
        {row["payee"] for one in before if one["check"] == "payout_wrong" for row in one["rows"]}
    )


def test_a_pseudonym_is_an_hmac_in_sql_and_in_python() -> None:
    import hashlib
    import hmac

    import duckdb

    from audit.evidence.redact import _hidden, pseudonym

    for key in (b"k" * 16, b"long" * 40):
        wanted = "~" + hmac.new(key, "用户1".encode(), hashlib.sha256).hexdigest()[:16]
        sql = "SELECT {} FROM (SELECT {} AS id) AS one"
        assert duckdb.sql(sql.format(_hidden(key, "id"), "CAST(NULL AS VARCHAR)")).fetchall() == [(None,)]
        (found,) = duckdb.sql(sql.format(_hidden(key, "id"), "'用户1'")).fetchall()[0]
        assert found == wanted == pseudonym(key, "用户1")


def test_a_report_is_drawn_again_without_auditing(
    audited_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path.name: path.read_bytes() for path in audited_dir.iterdir()}
    for kind, name in (("html", "report.html"), ("xlsx", "discrepancies.xlsx"), ("json", "findings.json")):
        assert main(["report", str(audited_dir), "--format", kind, "--out", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_bytes() == before[name], name
    assert main(["report", str(audited_dir), "--lang", "zh"]) == 0
    assert '<html lang="zh-Hans">' in (audited_dir / "report.zh.html").read_text("utf-8")
    (audited_dir / "report.zh.html").unlink()
    assert main(["report", str(audited_dir), "--out", str(audited_dir / "case.duckdb")]) == 2
    assert main(["report", str(audited_dir), "--format", "all", "--out", str(tmp_path / "x")]) == 2
    assert {path.name: path.read_bytes() for path in audited_dir.iterdir()} == before
    pdf = before["report.zh.pdf"]
    assert pdf.startswith(b"%PDF-")
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf


def test_letters_that_the_fonts_lack_are_named() -> None:
    from audit.report.pdf import settable

    assert settable("盲盒 4.50") == "盲盒 4.50"
    assert settable("\u0645\u202e") == "‹U+0645›‹U+202E›"
    assert settable("x" * 40).count("\u200b") == 4
    assert settable("留在平台的奖励共计三百四十四元整：344.00 CNY") == "留在平台的奖励共计三百四十四元整：344.00 CNY"
    assert settable("rewards_reach_up_levels").split("\u200b") == ["rewards_", "reach_", "up_", "levels"]
    assert settable("9.2 × 10<sup>−17</sup>") == "9.2 × 10^{−17}"


def test_what_somebody_typed_is_withheld(audited_dir: Path) -> None:
    from audit.case import open_audit
    from audit.evidence.redact import redact
    from audit.finding import Finding, Text, Verdict

    audit = open_audit(audited_dir)
    try:
        row = {"author_id": "U00021", "text": "call me on 13800000000", "amount": "4.50", "note": "as U00021 said"}
        (one,) = redact(
            audit, [Finding("U00021", Verdict.FAIL, Text("甲 U00021。", "U00021 wrote."), rows=(row,))], b"k" * 16
        )
    finally:
        audit.engine.connection.close()
    assert "U00021" not in str(one)
    assert one.rows[0]["text"] == "‹withheld›"
    assert one.rows[0]["amount"] == "4.50"


def test_diff_says_what_changed_and_why(audited_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(audited_dir), str(audited_dir)]) == 0
    assert "Nothing differs" in capsys.readouterr().out
    case = Path(shutil.copytree(RIGGED, tmp_path / "case"))
    rules = (case / "rules.yaml").read_text("utf-8")
    (case / "rules.yaml").write_text(rules.replace('percent: "5"', 'percent: "4"'), "utf-8")
    run_audit(case, tmp_path / "out", Options(quiet=True))
    assert main(["diff", str(audited_dir), str(tmp_path / "out")]) == 1
    told = capsys.readouterr().out
    assert '+    pays: {CNY: {percent: "4"' in told
    assert "Inputs" not in told
    assert "payout_wrong · second-level: amount 97.63 CNY → " in told
    assert "- discrepancy:" in told
    assert main(["diff", str(audited_dir), str(tmp_path / "out"), "--lang", "zh"]) == 1
    assert "规则与案件文件" in capsys.readouterr().out

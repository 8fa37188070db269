"""Intake reads exactly or refuses: every format and encoding, every way in which a reader could change a value."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from audit.build import build
from audit.case import read_case
from audit.problem import Problem
from checks.cli import main
from tests.conftest import FIXTURES, Auditor, failing

RULES = """\
campaign: tiny
effective: {from: 2022-01-01}
assets: {CNY: {step: "0.01"}, coupon: {step: "1"}}
activity: {stake: {CNY: "30"}}
entry: {stake: {CNY: "5"}}
draw: {kind: boxes, boxes: 3, prizes: {coupon: 1}, odds: uniform}
awards:
  per-opening: {on: entry, to: initiator, pays: {CNY: "4.50"}}
"""
CASE = """\
case: tiny
timezone: Asia/Shanghai
tables:
  payment:
    file: {file}
    columns: {{payment_id: 流水号, paid_at: 时间, payee_id: 收款人, asset: 资产, amount: 金额, reason: 名目, ref: 关联}}
"""
HEADER = ["流水号", "时间", "收款人", "资产", "金额", "名目", "关联"]
ROWS = [
    ["P1", "2022-03-01 10:00:00", "U1", "CNY", "4.50", "per-opening", "K1"],
    ["P2", "2022/3/1 9:05", "王小明", "CNY", "4.5", "per-opening", "K2"],
    ["00012345678901234567", "2022-03-01T02:00:00Z", "U,3", "coupon", "99.00", "per-opening", "K3"],
]
STORED = "SELECT payment_id, CAST(epoch(paid_at) AS BIGINT), payee_id, asset, CAST(amount AS VARCHAR) FROM payment ORDER BY record"
TRUTH = [
    ("P1", 1646100000, "U1", "CNY", "450"),
    ("P2", 1646096700, "王小明", "CNY", "450"),
    ("00012345678901234567", 1646100000, "U,3", "coupon", "99"),
]


def case(folder: Path, file: str, extra: str = "") -> Path:
    (folder / "rules.yaml").write_text(RULES, "utf-8")
    (folder / "case.yaml").write_text(CASE.format(file=file) + extra, "utf-8")
    return folder


def write_csv(
    path: Path, rows: list[list[str]], encoding: str = "utf-8", end: str = "\n", header: list[str] = HEADER
) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, lineterminator=end).writerows([header, *rows])


def write_any(path: Path, rows: list[list[str]]) -> None:
    import openpyxl
    import pandas as pd

    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in [HEADER, *rows]:
            book.active.append(row)
        book.save(path)
    elif path.suffix == ".parquet":
        pd.DataFrame(rows, columns=HEADER).to_parquet(path)
    else:
        lines = [json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) for row in rows]
        path.write_text("\n".join(lines) + "\n", "utf-8")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_in_every_encoding(encoding: str, end: str, tmp_path: Path, audited: Auditor) -> None:
    write_csv(tmp_path / "p.csv", ROWS, encoding, end)
    audit, findings = audited(case(tmp_path, "p.csv"))
    assert audit.engine.rows(STORED) == TRUTH
    assert audit.engine.rows("SELECT counted, accepted, refused FROM input") == [(3, 3, 0)]
    assert not [name for name, _ in failing(findings) if name == "cells_refused"]


@pytest.mark.parametrize("footer", [0, 1])
def test_a_carriage_return_inside_a_cell_hides_no_record(footer: int, tmp_path: Path, audited: Auditor) -> None:
    rows = [[*row, "first\rsecond"] for row in ROWS]
    write_csv(tmp_path / "p.csv", rows, end="\r\n", header=[*HEADER, "备注"])
    with (tmp_path / "p.csv").open("a", newline="") as file:
        file.write("total: 3\r\n" * footer)
    audit, _ = audited(case(tmp_path, "p.csv", f"    footer: {footer}\n"))
    assert audit.engine.rows(STORED) == TRUTH
    assert audit.engine.rows("SELECT counted, accepted, refused FROM input") == [(3, 3, 0)]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_files_of_one_name_in_two_folders_are_two(
    encoding: str, tmp_path: Path, audited: Auditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.conftest.build", partial(build, in_place=True))
    for name, rows in (("a", ROWS[:1]), ("b", ROWS[1:])):
        (tmp_path / name).mkdir()
        more = [[*row, '一 "二"'] for row in rows]
        write_csv(tmp_path / name / "p.csv", more, encoding, "\r\n", [*HEADER, "备注"])
    audit, findings = audited(case(tmp_path, "[a/p.csv, b/p.csv]"))
    assert audit.engine.rows(STORED.replace("BY record", "BY source_file, record")) == TRUTH
    assert not [name for name, _ in failing(findings) if name == "ids_repeated"]


def test_a_file_stands_once(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="a file stands twice"):
        read_case(case(tmp_path, "[p.csv, ./p.csv]"))


@pytest.mark.parametrize(("end", "footer"), [("\n", 0), ("\r\n", 1)])
@pytest.mark.parametrize(("name", "lines"), [("金额", ["金额", "(元,", "含税)"]), ("关联", ["关联", "单号"]), ("备注", ["备", "注"])])
def test_a_column_name_may_hold_line_breaks(
    name: str, lines: list[str], end: str, footer: int, tmp_path: Path, audited: Auditor
) -> None:
    """As spreadsheets write headings of several lines; 备注 is a column that nobody asks for."""
    header = [end.join(lines) if one == name else one for one in [*HEADER, "备注"]]
    write_csv(tmp_path / "p.csv", [[*row, "x"] for row in ROWS], end=end, header=header)
    with (tmp_path / "p.csv").open("a", newline="") as file:
        file.write(f"total: 3{end}" * footer)
    folder = case(tmp_path, "p.csv", f"    footer: {footer}\n")
    text = (folder / "case.yaml").read_text("utf-8")
    (folder / "case.yaml").write_text(text.replace(name, json.dumps("\n".join(lines))), "utf-8")
    audit, _ = audited(folder)
    assert audit.engine.rows(STORED) == TRUTH
    assert audit.engine.rows("SELECT counted, accepted, refused FROM input") == [(3, 3, 0)]
    assert audit.lines("p.csv", [1, 3]) == {1: len(lines) + 1, 3: len(lines) + 3}


def test_a_column_name_whose_marks_are_not_closed_is_told(tmp_path: Path, audited: Auditor) -> None:
    write_csv(tmp_path / "p.csv", ROWS)
    text = (tmp_path / "p.csv").read_text("utf-8")
    (tmp_path / "p.csv").write_text(text.replace("名目", '"名目'), "utf-8")
    with pytest.raises(Problem, match="a column name are not closed") as caught:
        audited(case(tmp_path, "p.csv"))
    assert (caught.value.file, caught.value.line) == ("p.csv", 1)


def test_an_unknown_column_of_a_table_that_shares_its_file_is_told(tmp_path: Path, audited: Auditor) -> None:
    folder = tmp_path / "case"
    shutil.copytree(FIXTURES / "lucky-box" / "honest", folder)
    text = (folder / "case.yaml").read_text("utf-8")
    entry, outcome = (yaml.safe_load(text)["tables"][one] for one in ("entry", "outcome"))
    assert entry["file"] == outcome["file"]
    place = text.index("columns:", text.index("  outcome:"))
    told = text[:place] + text[place:].replace("outcome:", "prize_id: x, outcome:", 1)
    (folder / "case.yaml").write_text(told, "utf-8")
    with pytest.raises(Problem, match="outcome has no column 'prize_id'"):
        audited(folder)


def test_a_column_name_may_hold_a_quotation_mark(tmp_path: Path, audited: Auditor) -> None:
    write_csv(tmp_path / "p.csv", [[*row, ""] for row in ROWS], header=[*HEADER, "inch"])
    text = (tmp_path / "p.csv").read_text("utf-8")
    (tmp_path / "p.csv").write_text(text.replace("inch", '5" tv'), "utf-8")
    audit, _ = audited(case(tmp_path, "p.csv"))
    assert audit.engine.rows(STORED) == TRUTH


def test_parquet_may_have_a_column_of_record_numbers(tmp_path: Path, audited: Auditor) -> None:
    rows = [[*row, str(n)] for n, row in enumerate(ROWS)]
    pd.DataFrame(rows, columns=[*HEADER, "file_row_number"]).to_parquet(tmp_path / "p.parquet")
    audit, _ = audited(case(tmp_path, "p.parquet"))
    assert audit.engine.rows(STORED) == TRUTH


def test_a_zone_that_the_engine_does_not_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.case.ZoneInfo", lambda name: name)  # as where Python's own calendar has `localtime`
    folder = case(tmp_path, "p.csv")
    text = (folder / "case.yaml").read_text("utf-8")
    (folder / "case.yaml").write_text(text.replace("Asia/Shanghai", "localtime"), "utf-8")
    with pytest.raises(Problem, match="unknown time zone") as caught:
        read_case(folder)
    assert (caught.value.file, caught.value.line, caught.value.value) == ("case.yaml", 2, "localtime")


@pytest.mark.parametrize("ending", ["xlsx", "parquet", "jsonl"])
def test_other_formats(ending: str, tmp_path: Path, audited: Auditor) -> None:
    write_any(tmp_path / f"p.{ending}", ROWS)
    audit, _ = audited(case(tmp_path, f"p.{ending}"))
    assert audit.engine.rows(STORED) == TRUTH


def test_numbers_of_a_workbook_and_of_json_keep_every_digit(tmp_path: Path, audited: Auditor) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.active.append(["P1", "2022-03-01 10:00:00", 1234567890123456789, "CNY", 4.5, "per-opening", 17])
    book.save(tmp_path / "p.xlsx")
    audit, _ = audited(case(tmp_path, "p.xlsx"))
    assert audit.engine.rows("SELECT payee_id, ref, CAST(amount AS VARCHAR) FROM payment") == [(None, "17", "450")]
    assert audit.engine.rows("SELECT column_name, line FROM refused_cell") == [("payee_id", 2)]
    other = tmp_path / "json"
    other.mkdir()
    line = '{"流水号": 12345678901234567890123, "时间": "2022-03-01 10:00:00", "收款人": "U1", "资产": "coupon", '
    (other / "p.jsonl").write_text(
        line + '"金额": 12345678901234567890, "名目": "x", "关联": null}\nnot json\n', "utf-8"
    )
    audit, _ = audited(case(other, "p.jsonl"))
    stored = audit.engine.rows("SELECT payment_id, CAST(amount AS VARCHAR) FROM payment")
    assert stored == [("12345678901234567890123", "12345678901234567890")]
    assert audit.engine.rows("SELECT counted, accepted, refused FROM input") == [(2, 1, 1)]
    assert audit.engine.rows("SELECT line, value FROM refused_cell") == [(2, "not json\n")]


UNREAD = {"C2": "#N/A", "E2": "=SUM(A1:A2)", "G3": "#REF!", "F3": "=A1", "F4": "#DIV/0!"}


def workbook(path: Path, unread: dict[str, str]) -> None:
    """ROWS with cells that hold an error, or a formula that nobody has reckoned: openpyxl stores no values of formulas."""
    import openpyxl

    book = openpyxl.Workbook()
    book.create_sheet("empty", 0)
    sheet = book.create_sheet("paid")
    for row in [HEADER, *ROWS]:
        sheet.append(row)
    for place, value in unread.items():
        sheet[place] = value
    book.save(path)


def test_errors_and_formulas_without_values_are_no_empty_cells(tmp_path: Path, audited: Auditor) -> None:
    workbook(tmp_path / "p.xlsx", UNREAD)
    audit, findings = audited(case(tmp_path, "p.xlsx", "    sheet: paid\n"))
    assert audit.engine.rows("SELECT line, column_name, value FROM refused_cell ORDER BY ALL") == [
        (2, "amount", "=SUM(A1:A2)"), (2, "payee_id", "#N/A"), (3, "reason", "=A1"), (3, "ref", "#REF!"), (4, "reason", "#DIV/0!"),
    ]  # fmt: skip
    mends = dict(audit.engine.rows("SELECT value, mend FROM refused_cell"))
    assert "recalculate and save" in mends["=A1"]
    assert "the cell holds the error #REF!" in mends["#REF!"]
    assert audit.engine.rows("SELECT payee_id, amount, reason, ref FROM payment WHERE record = 1") == [
        (None, None, "per-opening", "K1")
    ]
    assert audit.engine.rows("SELECT counted, accepted, refused FROM input") == [(3, 0, 3)]
    assert {one for one, _ in failing(findings)} >= {"cells_refused"}


def test_an_error_that_case_yaml_calls_empty_is_empty(tmp_path: Path, audited: Auditor) -> None:
    workbook(tmp_path / "p.xlsx", {"G2": "#N/A"})
    audit, _ = audited(case(tmp_path, "p.xlsx", '    sheet: paid\n    empty: ["#N/A"]\n'))
    assert audit.engine.rows("SELECT ref FROM payment ORDER BY record") == [(None,), ("K2",), ("K3",)]
    assert audit.engine.rows("SELECT counted, accepted, refused FROM input") == [(3, 3, 0)]


def test_a_formula_s_stored_value_is_read_and_empty_text_is_empty(tmp_path: Path, audited: Auditor) -> None:
    workbook(tmp_path / "p.xlsx", {"E2": "=9/2", "G3": '=""'})
    change_part(tmp_path / "p.xlsx", b"<f>9/2</f><v />", b"<f>9/2</f><v>4.5</v>")
    change_part(tmp_path / "p.xlsx", b'<c r="G3"><f>""</f><v />', b'<c r="G3" t="str"><f>""</f><v></v>')
    audit, _ = audited(case(tmp_path, "p.xlsx", "    sheet: paid\n"))
    assert audit.engine.rows("SELECT CAST(amount AS VARCHAR), ref FROM payment ORDER BY record LIMIT 2") == [
        ("450", "K1"),
        ("450", None),
    ]
    assert audit.engine.rows("SELECT counted, accepted, refused FROM input") == [(3, 3, 0)]


def test_a_workbook_that_declares_entities_is_refused(tmp_path: Path, audited: Auditor) -> None:
    workbook(tmp_path / "p.xlsx", {"G2": "#N/A"})
    change_part(tmp_path / "p.xlsx", b"<worksheet", b'<!DOCTYPE worksheet [<!ENTITY a "x">]><worksheet')
    with pytest.raises(Problem, match=r"p\.xlsx: .*it declares entities"):
        audited(case(tmp_path, "p.xlsx", "    sheet: paid\n"))


def change_part(path: Path, old: bytes, new: bytes) -> None:
    """The second sheet of a workbook with other bytes."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = next(
        name for name, body in parts.items() if name.startswith("xl/worksheets/") and old in body and b"<row" in body
    )
    parts[name] = parts[name].replace(old, new, 1)
    with zipfile.ZipFile(path, "w") as book:
        for one, body in parts.items():
            book.writestr(one, body)


REFUSED = [
    ("金额", "4.505"), ("金额", "4.5O"), ("金额", "1,234.50"), ("金额", "¥4.50"), ("金额", "5e2"), ("金额", "1_000"), ("金额", "+4.50"),
    ("金额", "４.50"), ("金额", ".5"), ("金额", "4."), ("金额", "0x10"), ("金额", "NaN"),
    ("时间", "2022-03-01"), ("时间", "2022-02-30 10:00:00"), ("时间", "01/03/2022 10:00"), ("时间", "2022-03-01 25:00:00"),
    ("时间", "2022-03-01 10:00:00 CST"), ("时间", "2022-03-01 10:00:00.1234567"),
    ("时间", "9999-12-31 23:59:59"), ("时间", "1899-12-31 23:59:59"),
    ("资产", "RMB"), ("收款人", " U1"), ("收款人", "U1\u3000"), ("收款人", "1.23457E+17"), ("流水号", "6.02e+23"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "value"), REFUSED)
def test_refused_cells_are_findings_with_line_value_and_mend(
    column: str, value: str, tmp_path: Path, audited: Auditor
) -> None:
    rows = [list(row) for row in ROWS]
    rows[1][HEADER.index(column)] = value
    write_csv(tmp_path / "p.csv", rows)
    audit, findings = audited(case(tmp_path, "p.csv"))
    refused = [one for one in findings if one.check == "cells_refused"]
    assert [(one.subject, one.verdict) for one in refused] == [(f"p.csv:{column}", "FAIL")]
    (row,) = refused[0].rows
    assert (row["line"], row["record"], row["value"]) == (3, 2, value)
    assert row["mend"]
    assert audit.engine.rows("SELECT counted, accepted, refused FROM input") == [(3, 2, 1)]
    assert audit.engine.value("SELECT count(*) FROM payment") == 3


def test_awkward_csv_loses_nothing(tmp_path: Path, audited: Auditor) -> None:
    text = (
        ",".join(HEADER) + "\r\n"
        'P1,2022-03-01 10:00:00,"line\nbreak",CNY,4.50,per-opening,K1\n'
        "\r\n"
        "P2,2022-03-01 10:00:00,U2,CNY,4.50\r\n"
        'P3,2022-03-01 10:00:00,"say ""hi""",CNY,4.50,per-opening,K3\r\n'
        "P4,2022-03-01 10:00:00,U4,CNY,4.5x,per-opening,K4"
    )
    (tmp_path / "p.csv").write_bytes(text.encode())
    audit, findings = audited(case(tmp_path, "p.csv"))
    assert audit.engine.rows("SELECT payment_id, payee_id, record FROM payment ORDER BY record") == [
        ("P1", "line\nbreak", 1), ("P3", 'say "hi"', 3), ("P4", "U4", 4),
    ]  # fmt: skip
    assert audit.engine.rows("SELECT counted, accepted, refused FROM input") == [(4, 2, 2)]
    assert audit.engine.rows("SELECT column_name, record, line FROM refused_cell ORDER BY record") == [
        (None, 2, 5),
        ("amount", 4, 7),
    ]
    assert {subject for name, subject in failing(findings) if name == "cells_refused"} == {"p.csv", "p.csv:金额"}


UNREADABLE = [
    ("an unclosed quotation mark", b'a\nP1,x,"U1,CNY,4.50,r,K1\nP2,x,U2,CNY,4.50,r,K2\n', "p.csv:2:1", "never closed"),
    ("bytes of no encoding", b"a\nP1,\xff\xff\xff,U1\n", "p.csv:2:4", "these bytes are not utf-8"),
    ("an empty file", b"", "p.csv:1:1", "no header"),
]


@pytest.mark.parametrize(
    ("body", "place", "words"), [one[1:] for one in UNREADABLE], ids=[one[0] for one in UNREADABLE]
)
def test_unreadable_files_say_where(body: bytes, place: str, words: str, tmp_path: Path, audited: Auditor) -> None:
    (tmp_path / "p.csv").write_bytes(body.replace(b"a\n", ",".join(HEADER).encode() + b"\n", 1))
    with pytest.raises(Problem) as caught:
        audited(case(tmp_path, "p.csv"))
    assert str(caught.value).startswith(place)
    assert words in str(caught.value)
    assert caught.value.mend


def test_an_export_without_read_permission_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    write_csv(tmp_path / "p.csv", ROWS)
    folder, opened = case(tmp_path, "p.csv"), Path.open

    def forbidden(path: Path, *more: Any, **named: Any) -> Any:
        if path.name == "p.csv":
            raise PermissionError(13, "Permission denied")
        return opened(path, *more, **named)

    monkeypatch.setattr(Path, "open", forbidden)
    assert main(["audit", str(folder), "--out", str(tmp_path / "out"), "--quiet"]) == 2
    assert capsys.readouterr().err == "p.csv: cannot be read: Permission denied. give read permission\n"
    assert not list(tmp_path.glob("out*"))


def test_damaged_utf8_is_not_taken_for_gb18030(tmp_path: Path, audited: Auditor) -> None:
    write_csv(tmp_path / "p.csv", [[*ROWS[1][:2], "王小明李小红张三丰赵", *ROWS[1][3:]], ROWS[0]])
    body = (tmp_path / "p.csv").read_bytes()
    (tmp_path / "p.csv").write_bytes(body.replace(b"U1", b"\xe5\xa5"))
    with pytest.raises(Problem, match=r"p\.csv:3:.*not utf-8"):
        audited(case(tmp_path, "p.csv"))


WRONG_CASES = [
    ("columns: {payment_id: 流水号", "columns: {payment_id: 流水", "case.yaml:6:15", "did you mean '流水号'?"),
    ("payment:", "payments:", "case.yaml:4:3", "did you mean 'payment'?"),
    ("amount: 金额", "amonut: 金额", "case.yaml:6:", "did you mean 'amount'?"),
    ("Asia/Shanghai", "Asia/Shangai", "case.yaml:2:1", "unknown time zone"),
    ("file: p.csv", "file: q.csv", "", "no such file among the exports"),
    ("file: p.csv", "file: ../p.csv", "", "below the exports folder"),
    ("    columns:", "    skip: true\n    columns:", "case.yaml:6:5", "digits, such as"),
    ("timezone", "risk: 2\ntimezone", "case.yaml:2:1", "the risk lies between 0 and 1"),
    ("timezone", "skip: 1\ntimezone", "case.yaml:2:1", "this key belongs elsewhere"),
    ("timezone: Asia/Shanghai", "timezone:\tAsia/Shanghai\n\tperiod: x", "case.yaml:", "write spaces, no tabs"),
    ("timezone", "timezon", "case.yaml:1:1: the key 'timezone' is missing\ncase.yaml:2:1", "did you mean 'timezone'?"),
]


@pytest.mark.parametrize(("old", "new", "place", "words"), WRONG_CASES)
def test_wrong_cases_say_where(old: str, new: str, place: str, words: str, tmp_path: Path, audited: Auditor) -> None:
    write_csv(tmp_path / "p.csv", ROWS)
    folder = case(tmp_path, "p.csv")
    text = (folder / "case.yaml").read_text("utf-8")
    assert old in text
    (folder / "case.yaml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(Problem) as caught:
        audited(folder)
    assert str(caught.value).startswith(place)
    assert words in str(caught.value)


def test_local_times_that_a_clock_change_repeats_are_refused(tmp_path: Path, audited: Auditor) -> None:
    rows = [[f"P{n}", at, "U1", "CNY", "1", "r", f"K{n}"] for n, at in enumerate(
        ["2021-11-07 01:30:00", "2021-03-14 02:30:00", "2021-11-07 03:30:00", "2021-11-07 01:30:00-04:00"])]  # fmt: skip
    write_csv(tmp_path / "p.csv", rows)
    folder = case(tmp_path, "p.csv")
    text = (folder / "case.yaml").read_text("utf-8").replace("Asia/Shanghai", "America/New_York")
    (folder / "case.yaml").write_text(text, "utf-8")
    audit, _ = audited(folder)
    assert audit.engine.rows("SELECT record FROM refused_cell ORDER BY record") == [(1,), (2,)]


def test_control_totals_and_sequences(tmp_path: Path, audited: Auditor) -> None:
    write_csv(tmp_path / "p.csv", [["P1", *ROWS[0][1:]], ["P2", *ROWS[0][1:]], ["P5", *ROWS[0][1:]]])
    good = 'control: {payment: {rows: 3, sums: {CNY: "13.50"}}}\n'
    _, findings = audited(case(tmp_path, "p.csv", "    sequence: payment_id\n" + good))
    assert ("sequence_gaps", "payment.payment_id") in failing(findings)
    gap = next(one for one in findings if one.check == "sequence_gaps")
    assert (gap.observed, gap.rows[0]["first_missing"], gap.rows[0]["last_missing"]) == ("2", 3, 4)
    assert not [name for name, _ in failing(findings) if name == "control_totals_differ"]
    bad = 'control: {payment: {rows: 4, sums: {CNY: "13.51"}}}\n'
    _, findings = audited(case(tmp_path, "p.csv", bad))
    totals = [one for one in findings if one.check == "control_totals_differ"]
    assert [(one.subject, one.declared, one.observed) for one in totals] == [
        ("payment.amount", "1351", "1350"), ("payment.rows", "4", "3"),
    ]  # fmt: skip


def test_steps_that_are_no_power_of_ten_are_exact(tmp_path: Path, audited: Auditor) -> None:
    amounts = ["4.50", "4.51", "123456789012345678901234.55"]
    rows = [[f"P{n}", "2022-03-01 10:00:00", "U1", "CNY", amount, "r", "K"] for n, amount in enumerate(amounts)]
    write_csv(tmp_path / "p.csv", rows)
    folder = case(tmp_path, "p.csv")
    rules = RULES.replace('CNY: {step: "0.01"}', 'CNY: {step: "0.05"}')
    (folder / "rules.yaml").write_text(rules, "utf-8")
    audit, _ = audited(folder)
    stored = audit.engine.rows("SELECT CAST(amount AS VARCHAR) FROM payment ORDER BY record")
    assert stored == [("90",), (None,), ("2469135780246913578024691",)]


MARKED = [
    ('thousands: ","', ["1,234.50", "-1,234,567.05", "12.5", "1234", "999,000"], ["123450", "-123456705", "1250", "123400", "99900000"]),
    ('thousands: ".", decimal: ","', ["1.234,50", "4,5", "1.234", "1234,50"], ["123450", "450", "123400", "123450"]),
    ('thousands: " ", decimal: ","', ["1 234,50", "1\u00a0234\u202f567,1"], ["123450", "123456710"]),
    ('decimal: ","', ["1234,50", "4"], ["123450", "400"]),
    ('thousands: "\'"', ["1'234.50"], ["123450"]),
]  # fmt: skip
ILL = [
    ('thousands: ","', ["1,23.4", "1,2345", ",123", "1,,234", "1234,567", "1,234,56", "12,34,567", "1,234.", "1.234,50", "1,234.505"]),
    ('thousands: ".", decimal: ","', ["4.50", "1,234.50", "1.23", "1.234,", "1 234"]),
    ('decimal: ","', ["1.234,50", "4.50", "1,2,3"]),
]  # fmt: skip


def marked(folder: Path, words: str, amounts: list[str]) -> Path:
    rows = [[f"P{n}", *ROWS[0][1:4], amount, *ROWS[0][5:]] for n, amount in enumerate(amounts)]
    write_csv(folder / "p.csv", rows)
    case(folder, "p.csv")
    text = (folder / "case.yaml").read_text("utf-8")
    (folder / "case.yaml").write_text(text.replace("amount: 金额", f"amount: {{column: 金额, {words}}}"), "utf-8")
    return folder


@pytest.mark.parametrize(("words", "amounts", "steps"), MARKED)
def test_declared_marks_of_thousands_are_read(
    words: str, amounts: list[str], steps: list[str], tmp_path: Path, audited: Auditor
) -> None:
    audit, findings = audited(marked(tmp_path, words, amounts))
    assert [one for one in findings if one.check == "cells_refused" and one.verdict == "FAIL"] == []
    assert audit.engine.rows("SELECT CAST(amount AS VARCHAR) FROM payment ORDER BY record") == [(one,) for one in steps]


@pytest.mark.parametrize(("words", "amounts"), ILL)
def test_digits_grouped_otherwise_are_refused_with_their_line(
    words: str, amounts: list[str], tmp_path: Path, audited: Auditor
) -> None:
    audit, _ = audited(marked(tmp_path, words, amounts))
    refused = audit.engine.rows("SELECT line, value FROM refused_cell ORDER BY line")
    assert refused == list(enumerate(amounts, 2))
    assert audit.engine.value("SELECT count(amount) FROM payment") == 0


def test_a_refused_amount_with_marks_names_the_word_that_reads_it(tmp_path: Path, audited: Auditor) -> None:
    rows = [
        [f"P{n}", *ROWS[0][1:4], amount, *ROWS[0][5:]]
        for n, amount in enumerate(["1,234.50", "1.234,50", "4,50", "4.505"])
    ]
    write_csv(tmp_path / "p.csv", rows)
    audit, _ = audited(case(tmp_path, "p.csv"))
    mends = [mend for (mend,) in audit.engine.rows("SELECT mend FROM refused_cell ORDER BY line")]
    assert '{column: 金额, thousands: ","}' in mends[0]
    assert '{column: 金额, thousands: ".", decimal: ","}' in mends[1]
    assert '{column: 金额, decimal: ","}' in mends[2]
    assert "thousands:" not in mends[3]


@pytest.mark.parametrize(("old", "new", "words"), [
    ("amount: 金额", 'amount: {column: 金额, thousands: ",", decimal: ","}', "the same mark"),
    ("payee_id: 收款人", 'payee_id: {column: 收款人, thousands: ","}', "payee_id is no number"),
    ("amount: 金额", 'amount: {column: 金额, thousands: "x"}', "Input should be"),
])  # fmt: skip
def test_marks_where_there_can_be_none_say_where(
    old: str, new: str, words: str, tmp_path: Path, audited: Auditor
) -> None:
    write_csv(tmp_path / "p.csv", ROWS)
    folder = case(tmp_path, "p.csv")
    text = (folder / "case.yaml").read_text("utf-8")
    (folder / "case.yaml").write_text(text.replace(old, new), "utf-8")
    with pytest.raises(Problem) as caught:
        audited(folder)
    assert str(caught.value).startswith("case.yaml:6:")
    assert words in str(caught.value)


def test_a_large_export_is_judged_apart(audited: Auditor, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = "SELECT * FROM gate ORDER BY ALL"
    here = audited(FIXTURES / "seed-grant" / "honest")[0].engine.rows(judged)
    monkeypatch.setattr("audit.intake.gate.LARGE", 0)
    monkeypatch.setattr("audit.intake.gate.judge", None)
    assert audited(FIXTURES / "seed-grant" / "honest")[0].engine.rows(judged) == here != []

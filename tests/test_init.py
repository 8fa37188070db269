"""init: a folder of foreign exports becomes a case that reads, with its doubts said; nothing of the user's is replaced."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from audit.case import open_audit, read_case
from checks.cli import main
from tests.conftest import FIXTURES

ALIPAY = """#支付宝账务明细查询
#账号：[2088000000000156]
#起始日期：[2022年03月01日 00:00:00]   终止日期：[2022年03月31日 00:00:00]
#-----------------------------------------账务明细列表----------------------------------------
账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注
54632446537371\t,2012122923922029\t,3226563\t,返利,2022-03-02 21:02:06,陈晶 (k***@126.com)\t,0.00,22.74,14533.03,支付宝,转账,
54632446537372\t,2012122923922030\t,3226564\t,返利,2022-03-02 21:02:07,王一 (w***@126.com)\t,0.00,3.00,14530.03,支付宝,转账,
#----------------------------------------账务明细列表结束-------------------------------------
#支出合计：2笔，共25.74元
#导出时间：[2022年04月01日 13:19:01]
"""


@pytest.mark.parametrize("name", ["blind-box/honest", "two-level/honest", "red-envelope/honest"])
def test_columns_are_recognised(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    for path in (FIXTURES / name).glob("*.csv"):
        shutil.copy(path, exports)
    assert main(["init", str(exports), "--out", str(tmp_path / "case"), "--lang", "zh"]) == 0
    told = capsys.readouterr().out
    assert "还缺什么" in told
    wanted = yaml.safe_load((FIXTURES / name / "case.yaml").read_text("utf-8"))["tables"]
    drafted = yaml.safe_load((tmp_path / "case" / "case.yaml").read_text("utf-8"))["tables"]
    assert set(drafted) == set(wanted)
    for table, plan in wanted.items():
        columns = {ours: at.get("column") if isinstance(at, dict) else at for ours, at in plan["columns"].items()}
        found = {
            ours: at.get("column") if isinstance(at, dict) else at for ours, at in drafted[table]["columns"].items()
        }
        assert found == columns, table
    case = read_case(tmp_path / "case", exports)
    assert case.rules.effective.from_.year == 2022
    assert "问：" in (tmp_path / "case" / "case.yaml").read_text("utf-8")


def test_preamble_footer_and_protected_cells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A merchant's account flow as Alipay writes it: lines before and after, tabs behind ids, GB18030."""
    (tmp_path / "flow.csv").write_bytes(ALIPAY.replace("\n", "\r\n").encode("gb18030"))
    assert main(["init", str(tmp_path)]) == 0
    drafted = (tmp_path / "case.yaml").read_text("utf-8")
    payment = yaml.safe_load(drafted)["tables"]["payment"]
    assert (payment["skip"], payment["footer"], payment["strip"]) == (4, 3, "\t")
    assert payment["columns"]["payment_id"] == "账务流水号"
    assert payment["columns"]["payee_id"] == "对方账号"
    assert "gb18030" in drafted
    assert payment["columns"]["amount"] == "支出金额（-元）"
    assert "No table entry" in capsys.readouterr().out
    (tmp_path / "rules.yaml").write_text(
        'campaign: x\neffective: {from: 2022-01-01}\nassets: {CNY: {step: "0.01"}}\n', "utf-8"
    )
    main(["audit", str(tmp_path), "--out", str(tmp_path.parent / "flow-out")])
    audit = open_audit(tmp_path.parent / "flow-out")
    try:
        assert audit.engine.rows("SELECT counted, accepted, refused FROM input") == [(2, 2, 0)]
        assert audit.engine.rows("SELECT payment_id, amount FROM payment ORDER BY 1")[0] == ("54632446537371", 2274)
        assert audit.lines("flow.csv", [1, 2]) == {1: 6, 2: 7}
    finally:
        audit.engine.connection.close()


def test_a_heading_of_several_lines_is_read(tmp_path: Path) -> None:
    """As a spreadsheet saves it: a title above, line breaks inside the names."""
    rows = "".join(f"P{n},2022-03-01 10:00:0{n},U{n},{n}.50\r\n" for n in range(1, 6))
    text = f'活动流水\r\n流水号,"支付\n时间","收款人\n编号","金额\n(元, 含税)"\r\n{rows}'
    (tmp_path / "flow.csv").write_bytes(text.encode("gb18030"))
    assert main(["init", str(tmp_path)]) == 0
    payment = yaml.safe_load((tmp_path / "case.yaml").read_text("utf-8"))["tables"]["payment"]
    assert payment["skip"] == 1
    wanted = {"payment_id": "流水号", "paid_at": "支付\n时间", "payee_id": "收款人\n编号", "amount": "金额\n(元, 含税)"}
    assert {name: payment["columns"][name] for name in wanted} == wanted


@pytest.mark.parametrize(("cells", "wanted", "asked"), [
    (["1,234.50", "12.00"], {"thousands": ","}, False),
    (["1.234,50", "12,00"], {"thousands": ".", "decimal": ","}, False),
    (["1\u202f234", "4,50"], {"thousands": " ", "decimal": ","}, False),
    (["4,50", "12,00"], {"decimal": ","}, False),
    (["¥1,234.50", "¥3,000.00"], {"thousands": ","}, False),
    (["1,234", "2,500"], {"thousands": ","}, True),
    (["1,234.50", "1,23.4", "12.00", "3.00"], {"thousands": ","}, True),
    (["1234.50", "1.234"], {}, False),
])  # fmt: skip
def test_marks_of_thousands_are_proposed(cells: list[str], wanted: dict[str, str], asked: bool, tmp_path: Path) -> None:
    rows = [f'P{n};2022-03-01 10:00:0{n};U{n};"{cell}"' for n, cell in enumerate(cells)]
    (tmp_path / "p.csv").write_text("\n".join(["流水号;付款时间;收款人;金额", *rows, ""]), "utf-8")
    assert main(["init", str(tmp_path)]) == 0
    drafted = (tmp_path / "case.yaml").read_text("utf-8")
    found = yaml.safe_load(drafted)["tables"]["payment"]["columns"]["amount"]
    assert found == ({"column": "金额", **wanted} if wanted else "金额")
    (line,) = [line for line in drafted.splitlines() if line.strip().startswith("amount:")]
    assert ("written so?" in line) is asked


def test_words_of_outcomes_that_nobody_knows_are_asked_about(tmp_path: Path) -> None:
    rows = [f"K{n},A1,{n},U{n},2022-03-01 10:00:0{n},5,{'头彩' if n == 4 else '谢谢参与'}" for n in range(1, 5)]
    (tmp_path / "e.csv").write_text(
        "\n".join(["开盒编号,活动编号,盒号,会员ID,开盒时间,支付金额,结果", *rows, ""]), "utf-8"
    )
    assert main(["init", str(tmp_path)]) == 0
    drafted = (tmp_path / "case.yaml").read_text("utf-8")
    (line,) = [line for line in drafted.splitlines() if line.strip().startswith("outcome: {")]
    assert "QUESTION: which of 头彩 is a win" in line
    tables = yaml.safe_load(drafted)["tables"]
    assert tables["outcome"]["columns"]["outcome"]["values"] == {"谢谢参与": "loss"}
    assert tables["entry"]["columns"]["participant_id"] == "会员ID"


def test_ids_that_count_up_are_asked_about(tmp_path: Path) -> None:
    rows = [f"A{n:04d},U{n * 7 % 30},2022-03-01 10:00:00" for n in range(1, 40) if n != 17]
    (tmp_path / "a.csv").write_text("\n".join(["活动编号,发起人,发起时间", *rows, ""]), "utf-8")
    assert main(["init", str(tmp_path)]) == 0
    assert "# sequence: activity_id # QUESTION" in (tmp_path / "case.yaml").read_text("utf-8")


def test_words_for_nothing_are_nothing(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text(
        "user id,referrer,joined at\n'1,-,2022-03-01 00:00:00\n'2,'1,2022-03-01 00:00:01\n", "utf-8"
    )
    assert main(["init", str(tmp_path)]) == 0
    plan = yaml.safe_load((tmp_path / "case.yaml").read_text("utf-8"))
    assert plan["tables"]["participant"]["strip"] == "'"
    assert plan["tables"]["participant"]["empty"] == ["-"]
    main(["audit", str(tmp_path), "--out", str(tmp_path.parent / "users-out")])
    audit = open_audit(tmp_path.parent / "users-out")
    try:
        assert audit.engine.rows("SELECT participant_id, referrer_id FROM participant ORDER BY 1") == [
            ("1", None),
            ("2", "1"),
        ]
    finally:
        audit.engine.connection.close()


def test_hostile_names_make_a_file_that_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = 'user id,"a: b # {c}","=HYPERLINK(""x"")","\u202eabc",joined at\n'
    (tmp_path / "users.csv").write_text(header + "U1,x,y,z,2022-03-01 00:00:00\n", "utf-8")
    (tmp_path / "empty.csv").write_text("", "utf-8")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\xd8\x00\x00\x81")
    (tmp_path / "broken.xlsx").write_bytes(b"not a workbook")
    assert main(["init", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "not readable as a workbook" in told
    assert "empty.csv → ?" in told
    assert "Traceback" not in told
    case = read_case(tmp_path)
    assert case.file.tables["participant"].columns["participant_id"] == "user id"
    assert "\u202e" not in (tmp_path / "case.yaml").read_text("utf-8")


def test_nothing_is_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(FIXTURES / "two-level" / "honest", tmp_path / "case")
    before = (tmp_path / "case" / "case.yaml").read_bytes()
    assert main(["init", str(tmp_path / "case")]) == 2
    assert "is not replaced" in capsys.readouterr().err
    assert (tmp_path / "case" / "case.yaml").read_bytes() == before
    assert main(["init", str(tmp_path / "nowhere")]) == 2
    (tmp_path / "nothing").mkdir()
    assert main(["init", str(tmp_path / "nothing")]) == 2


def test_redraw_alone_says_what_to_do_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([]) == 0
    assert "redraw init EXPORTS --out case" in capsys.readouterr().out
    (tmp_path / "orders.csv").write_text("x\n", "utf-8")
    assert main([]) == 0
    assert "redraw init . --out case" in capsys.readouterr().out
    shutil.copytree(FIXTURES / "two-level" / "honest", tmp_path / "case")
    assert main([]) == 0
    assert "redraw audit case --out out" in capsys.readouterr().out

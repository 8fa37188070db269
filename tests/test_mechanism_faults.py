"""Faults planted in the played mechanisms: of every clause one award each not paid, short, misdirected, paid twice, late and
under a wrong clause, all in one ledger. Each is found as what it is, at its event, priced to the fen, and nothing else is.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from audit.finding import Basis
from tests.conftest import FIXTURES, Auditor
from tests.reference import blind_box
from tests.reference.verdicts import verdicts

Record = dict[str, str]
Discrepancies = Counter[tuple[str, str, str, str, str, Decimal]]
HONEST = [
    "group-rebate",
    "presale-ladder",
    "end-raffle",
    "envelope-rain",
    "community-coupons",
    "deposit",
    "rule-change",
]


def read(path: Path) -> tuple[list[Record], str]:
    data = path.read_bytes()
    encoding = "gb18030"
    for one in ("utf-8-sig", "gb18030"):
        try:
            data.decode(one)
            encoding = one
            break
        except UnicodeDecodeError:
            continue
    return list(csv.DictReader(io.StringIO(data.decode(encoding), newline=""))), encoding


def write(path: Path, rows: list[Record], encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def plant(folder: Path) -> Discrepancies:
    """Damage the ledger; what must be found: (kind, event, clause, payee, asset, at stake)."""
    case, rules = (blind_box.read_yaml(folder / f"{name}.yaml") for name in ("case", "rules"))
    columns = case["tables"]["payment"]["columns"]
    steps = {asset: Decimal(one["step"]) for asset, one in rules["assets"].items()}
    words, assets = columns["reason"]["values"], columns["asset"]["values"]
    rows, encoding = read(folder / "payments.csv")
    users, _ = read(folder / "users.csv")
    found: Discrepancies = Counter()
    gone, more = list[Record](), list[Record]()
    struck = set[tuple[str, str]]()
    for word, clause in words.items():
        mine = [row for row in rows if row["名目"] == word]
        if len(mine) < 18:
            continue
        picked = list[Record]()
        for row in mine[len(mine) // 3 :]:
            if (row["关联编号"], word) not in struck and len(picked) < 6:
                struck.add((row["关联编号"], word))
                picked.append(row)
        for kind, row in zip(
            ("missing", "wrong_amount", "wrong_payee", "duplicate", "late", "wrong clause"), picked, strict=False
        ):
            asset, amount = assets[row["资产"]], Decimal(row["数额"])
            event = row["关联编号"] + (f"#{row['第几次']}" if row.get("第几次") else "")
            at_stake = amount
            payee = row["收款人"]
            if kind == "missing":
                gone.append(row)
            elif kind == "wrong_amount":
                row["数额"] = str(amount - steps[asset]) if amount > steps[asset] else str(amount + steps[asset])
                at_stake = steps[asset]
            elif kind == "wrong_payee":
                there = {one["收款人"] for one in rows if one["关联编号"] == row["关联编号"]}
                row["收款人"] = next(one["用户编号"] for one in users if one["用户编号"] not in there)
            elif kind == "duplicate":
                more.append({**row, "流水号": f"X{row['流水号']}"})
            elif kind == "late":
                row["付款时间"] = str(datetime.fromisoformat(row["付款时间"]) + timedelta(days=3))
            else:
                row["名目"] = "车马费"
                found["unexpected", row["关联编号"], "车马费", payee, asset, amount] += 1
            found["missing" if kind == "wrong clause" else kind, event, clause, payee, asset, at_stake] += 1
    write(folder / "payments.csv", [row for row in rows if row not in gone] + more, encoding)
    return found


@pytest.mark.parametrize("mechanism", HONEST)
def test_every_fault_is_found_where_it_is_and_priced_to_the_fen(
    mechanism: str, tmp_path: Path, audited: Auditor
) -> None:
    folder = Path(shutil.copytree(FIXTURES / mechanism / "honest", tmp_path / "honest"))
    planted = plant(folder)
    assert len({kind for kind, *_ in planted}) == 6
    audit, findings = audited(folder)
    steps = {name: Decimal(asset.step) for name, asset in audit.rules.assets.items()}
    rows = audit.engine.rows(
        "SELECT kind, event, clause, coalesce(payee, paid_to), coalesce(asset, paid_asset), at_stake FROM discrepancy"
    )
    assert Counter((*what, asset, stake * steps[asset]) for *what, asset, stake in rows) == planted
    # the findings: as many as the reference has, with the same amounts, each with the line of a source file
    failed = {
        (one.check, one.subject): one for one in findings if one.verdict == "FAIL" and one.basis is not Basis.SCREEN
    }
    wanted = verdicts(folder)
    assert set(failed) == set(wanted)
    for key, amounts in wanted.items():
        assert {asset: Decimal(one) for asset, one in failed[key].amount.items()} == dict(amounts), key
        assert all(row.get("line") for row in failed[key].rows if row.get("payment_id")), key

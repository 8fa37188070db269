"""Replay of the mechanisms against a slow reference that shares no code with it, over random histories."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from audit.build import build
from audit.case import read_case
from audit.engine import Engine
from checks.payouts import coupon_misspent, deposit_misused
from tests.reference import blind_box, mechanism_histories, mechanisms

Answer = dict[str, Any]
GOODS_SOLD = "SELECT purchase_id, owed FROM order_price WHERE NOT unknown"
SEEDS = range(5)


def reference(folder: Path) -> Answer:
    """What the reference makes of a case folder."""
    rules = blind_box.read_yaml(folder / "rules.yaml")
    tables = blind_box.read_tables(folder)
    owed, unknown = mechanisms.owed(tables, rules, ZoneInfo("Asia/Shanghai"))
    found: Answer = {"owed": Counter(one[:6] for one in owed), "unknown": unknown}
    kind = rules.get("draw", {}).get("kind")
    if kind == "raffle":
        found["chances"] = mechanisms.win_chances(tables, rules)
    if kind == "chances":
        found["chances"] = {
            key: chance for key, chance in mechanisms.prize_chances(tables, rules).items() if chance is not None
        }
    if "order" in rules:
        charged = mechanisms.charges(tables, rules)
        goods = {one["purchase_id"] for one in tables["purchase"] if one["kind"] == "goods"}
        found["prices"] = {key: one.price for key, one in charged.items() if key in goods}
        found["coupons misspent"] = {key for key, one in charged.items() if not one.coupon_good}
        found["deposits misused"] = {key for key, one in charged.items() if not one.deposit_good}
    return found


def audited(folder: Path, out: Path) -> Answer:
    """What audit makes of it, amounts in units."""
    case = read_case(folder)
    engine = build(case, out / "case.duckdb", Fraction(1, 1000), lambda _: None).engine
    try:
        return answers(engine, {name: Decimal(asset.step) for name, asset in case.rules.assets.items()}, case.rules)
    finally:
        engine.connection.close()


def answers(engine: Engine, steps: dict[str, Decimal], rules: Any) -> Answer:
    awards = engine.rows("SELECT event, clause, payee, asset, amount, due_at FROM expected_award")
    found: Answer = {
        "owed": Counter((*who, asset, amount * steps[asset], due) for *who, asset, amount, due in awards),
        "unknown": set(engine.rows("SELECT event, clause FROM award_due WHERE unknown")),
    }
    kind = rules.draw.kind if rules.draw else None
    if kind == "raffle":
        rows = engine.rows("SELECT entry_id, chance_num, chance_den FROM draw_replayed")
        found["chances"] = {entry: Fraction(int(num), int(den)) for entry, num, den in rows}
    if kind == "chances":
        rows = engine.rows("SELECT entry_id, prize, chance_num, chance_den FROM draw_replayed")
        found["chances"] = {(entry, prize): Fraction(int(num), int(den)) for entry, prize, num, den in rows}
    if rules.order:
        found["prices"] = {key: price * steps["CNY"] for key, price in engine.rows(GOODS_SOLD)}
        found["coupons misspent"] = {row["purchase_id"] for row in engine.records(coupon_misspent.SQL)}
        deposit, other = (f"{one}.kind IS NOT DISTINCT FROM 'deposit'" for one in "do")
        misused = engine.records(deposit_misused.SQL.format(deposit=deposit, maybe=deposit, other=other))
        found["deposits misused"] = {row["purchase_id"] for row in misused if row["purchase_id"]}
    return found


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("play", mechanism_histories.PLAYS)
def test_random_histories_come_out_as_the_reference_says(play: str, seed: int, tmp_path: Path) -> None:
    folder, out = tmp_path / "case", tmp_path / "out"
    folder.mkdir()
    out.mkdir()
    mechanism_histories.write_history(Random(seed), folder, mechanism_histories.PLAYS[play])
    expected, found = reference(folder), audited(folder, out)
    for question, answer in expected.items():
        assert found[question] == answer, question

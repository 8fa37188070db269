"""Replay and reconciliation against a slow reference that shares no code with them, over random histories."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from audit.build import build
from audit.case import read_case
from tests.reference import blind_box, histories

Answer = dict[str, Any]


def reference(folder: Path) -> Answer:
    """What the reference makes of a case folder."""
    case, rules = blind_box.read_yaml(folder / "case.yaml"), blind_box.read_yaml(folder / "rules.yaml")
    tables = blind_box.read_tables(folder)
    zone = ZoneInfo(case["timezone"])
    since, until = (blind_box.first_moment(case["period"][end], zone) for end in ("from", "to"))
    awards, undetermined = blind_box.owed(tables, rules, zone, since)
    lost = blind_box.records_lost(tables, rules)
    known = {one.event for one in blind_box.events(tables)}
    dues = [award.get("due", rules.get("due")) for award in rules["awards"].values()]
    early = since + max(map(blind_box.span, filter(None, dues)), default=timedelta(0))
    begun_before = blind_box.first_moment(rules["effective"]["from"], zone) < since
    # what was completed may have begun before the period
    endless = [
        name for name, award in rules["awards"].items()
        if begun_before and (award["on"] == "completion" or not award.get("due", rules.get("due")))
    ]  # fmt: skip
    opened = blind_box.openings(tables)
    chances = blind_box.chances(opened, rules["draw"])
    if begun_before and tables["entry"] and "position" not in tables["entry"][0]:
        # boxes opened before the export begins would have had the first numbers: those of later ones are not known
        inside = {one["activity_id"] for one in tables["activity"] if one["started_at"] and one["started_at"] >= since}
        chances |= {one["entry_id"]: Fraction(0) for one in opened if one["activity_id"] not in inside}
    return {
        "chances": chances,
        "owed": Counter(awards),
        "undetermined": undetermined,
        "discrepancies": blind_box.discrepancies(
            awards,
            tables["payment"],
            until,
            undetermined=undetermined,
            known=known,
            lost=lost,
            early=early,
            endless=frozenset(endless),
        ),
    }


def audited(folder: Path, out: Path) -> Answer:
    """What audit makes of it, amounts in units."""
    case = read_case(folder)
    engine = build(case, out / "case.duckdb", Fraction(1, 1000), lambda _: None).engine
    steps = {name: Decimal(asset.step) for name, asset in case.rules.assets.items()}
    try:
        chances = engine.rows("SELECT entry_id, chance_num, chance_den FROM draw_replayed")
        awards = engine.rows("SELECT event, clause, payee, asset, amount, due_at FROM expected_award")
        undetermined = engine.rows("SELECT event, clause FROM award_due WHERE unknown")
        differing = engine.rows(
            "SELECT kind, event, clause, coalesce(payee, paid_to), asset, at_stake FROM discrepancy "
            "WHERE kind <> 'undetermined'"
        )
    finally:
        engine.connection.close()
    return {
        "chances": {entry: Fraction(num, den) for entry, num, den in chances},
        "owed": Counter((*who, asset, amount * steps[asset], due) for *who, asset, amount, due in awards),
        "undetermined": set(undetermined),
        "discrepancies": Counter((*what, asset, stake * steps[asset]) for *what, asset, stake in differing),
    }


@settings(deadline=None, derandomize=True, max_examples=12, phases=[Phase.generate])
@given(seed=st.integers(0, 1 << 32))
def test_random_histories_come_out_as_the_reference_says(seed: int) -> None:
    """A seed that fails is an example to keep; a history is small enough to read without being shrunk."""
    with TemporaryDirectory() as place:
        folder, out = Path(place) / "case", Path(place) / "out"
        folder.mkdir()
        out.mkdir()
        histories.write_history(Random(seed), folder)
        expected, found = reference(folder), audited(folder, out)
    for question, answer in expected.items():
        assert found[question] == answer, question

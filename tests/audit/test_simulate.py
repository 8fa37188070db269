"""Simulated exports: honest ones audit clean, by the reference too; each departure is caught by the check it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.problem import Problem
from audit.rules import read_rules
from audit.simulate import departures_for, play_out
from audit.simulate.world import Scenario, leaders, referrers
from checks.cli import main
from checks.simulate import failed, findings_of, make_case, score
from tests.conftest import FIXTURES
from tests.reference import blind_box, declarations

BOXES = FIXTURES / "blind-box" / "honest" / "rules.yaml"
NAMES = ("blind-box", "red-envelope", "two-level", "seed-grant", "partner-plan", "lucky-wish", "rule-change")
HONEST = [*(FIXTURES / name / "honest" / "rules.yaml" for name in NAMES), FIXTURES / "ssq" / "rules.yaml"]


@pytest.mark.parametrize("file", HONEST, ids=lambda path: path.parent.parent.name)
def test_an_honest_simulation_audits_clean(file: Path, tmp_path: Path) -> None:
    rules, _ = read_rules(file)
    assert make_case(rules, file, tmp_path / "case", Scenario(60, seed=3)) > 0
    assert failed(findings_of(tmp_path / "case")) == ()


@pytest.mark.parametrize("name", ["PRESALE", "GACHA", "GROUP_REBATE", "COMMUNITY", "ENVELOPE_RAIN"])
def test_every_mechanism_can_be_simulated(name: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(getattr(declarations, name), "utf-8")
    rules, _ = read_rules(file)
    assert make_case(rules, file, tmp_path / "case", Scenario(250, people=300, seed=3)) > 250
    assert failed(findings_of(tmp_path / "case")) == ()


def test_what_is_paid_is_what_the_reference_finds_owed(tmp_path: Path) -> None:
    rules, _ = read_rules(BOXES)
    make_case(rules, BOXES, tmp_path / "case", Scenario(40, seed=5))
    tables = blind_box.read_tables(tmp_path / "case")
    told = blind_box.read_yaml(BOXES)
    awards, undetermined = blind_box.owed(tables, told, blind_box.ZoneInfo("Asia/Shanghai"), None)
    assert not undetermined
    paid = sorted(
        (one["ref"], one["reason"], one["payee_id"], one["asset"], one["amount"]) for one in tables["payment"]
    )
    assert paid == sorted((one.event, one.clause, one.payee, one.asset, one.amount) for one in awards)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_same_seed_gives_the_same_files(form: str, tmp_path: Path) -> None:
    for name, seed in (("one", "4"), ("two", "4"), ("three", "5")):
        assert (
            main(
                [
                    "simulate",
                    str(BOXES),
                    "--out",
                    str(tmp_path / name),
                    "--size",
                    "30",
                    "--seed",
                    seed,
                    "--format",
                    form,
                ]
            )
            == 0
        )
    same, other = (tmp_path / "one", tmp_path / "two"), tmp_path / "three"
    names = sorted(file.name for file in same[0].iterdir())
    assert [file.read_bytes() for file in sorted(same[0].iterdir())] == [
        file.read_bytes() for file in sorted(same[1].iterdir())
    ]
    assert any((same[0] / name).read_bytes() != (other / name).read_bytes() for name in names)


def test_departures_are_caught_by_what_they_name(tmp_path: Path) -> None:
    rules, _ = read_rules(BOXES)
    for number, (name, size) in enumerate(
        [("first-boxes-never-win", 150), ("awards-a-step-short", 10), ("entries-deleted", 10)]
    ):
        departure = departures_for(rules)[name]
        make_case(rules, BOXES, tmp_path / str(number), Scenario(size, seed=2), departure)
        assert set(failed(findings_of(tmp_path / str(number)))) & set(departure.caught_by), name


def test_a_guarantee_that_is_not_kept_is_told_from_odds_that_were_cut(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(declarations.GACHA, "utf-8")
    rules, _ = read_rules(file)
    make_case(rules, file, tmp_path / "case", Scenario(150, seed=1), departures_for(rules)["guarantee-not-kept"])
    assert "guarantee_not_honoured" in failed(findings_of(tmp_path / "case"))
    halved = departures_for(rules)["best-prize-halved"].world(rules, Scenario(20_000, seed=1)).tables["entry"]["won"]
    fair = play_out(rules, Scenario(20_000, seed=1)).tables["entry"]["won"]
    assert (halved == 1).sum() < 0.9 * (fair == 1).sum()
    assert not (halved == 0)[:9].all()


def test_a_scorecard_names_the_checks_and_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = FIXTURES / "red-envelope" / "honest" / "rules.yaml"
    rules, _ = read_rules(file)
    kept = {
        name: one
        for name, one in departures_for(rules).items()
        if name in ("awards-not-paid", "first-to-join-favoured")
    }
    monkeypatch.setattr("checks.simulate.departures_for", lambda _: kept)
    card = {one.name: one for one in score(rules, file, [10, 300], 1, lambda _: None)}
    assert card["honest"].checks == ()
    assert (card["awards-not-paid"].size, card["awards-not-paid"].checks) == (10, ("payout_missing",))
    assert card["first-to-join-favoured"].size == 300
    assert card["first-to-join-favoured"].checks == ("join_order_favoured",)


def test_every_rules_file_has_departures_with_a_name_and_a_check() -> None:
    from checks import every_check

    names = {check.name for check in every_check()}
    for file in HONEST:
        rules, _ = read_rules(file)
        assert len(departures_for(rules)) >= 2
        assert all(set(one.caught_by) <= names for one in departures_for(rules).values())


def test_an_unknown_departure_lists_the_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(BOXES), "--out", str(tmp_path / "case"), "--with", "magic"]) == 2
    assert "first-boxes-never-win" in capsys.readouterr().err
    assert not (tmp_path / "case").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    rules, _ = read_rules(BOXES)
    with pytest.raises(Problem):
        make_case(rules, BOXES, tmp_path / "mine", Scenario(10))
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_leaders_head_the_chains_of_referrers() -> None:
    import numpy as np

    above = referrers(Scenario(people=500), np.random.default_rng(1))
    found = leaders(above)
    for number in range(1, 501):
        head = number
        while above[head - 1]:
            head = int(above[head - 1])
        assert found[number - 1] == (0 if head == number else head)


def test_boxes_that_are_barred_never_win() -> None:
    rules, _ = read_rules(BOXES)
    entries = play_out(rules, Scenario(400), barred=6).tables["entry"]
    assert entries["position"][entries["won"] == 1].min() == 7

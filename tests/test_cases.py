"""Every fixture, end to end: what expected.json names is found, and no other FAIL occurs."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from audit.finding import Basis, Finding, plain
from audit.report.columns import KINDED, column, value
from audit.report.show import LABELS
from audit.report.words import words
from checks.run import exit_status
from tests.conftest import FIXTURES, SHARED, Auditor, expected, failing, maker

CASES = sorted(path.parent for path in FIXTURES.glob("*/*/case.yaml"))


def name_of(folder: Path) -> str:
    return "/".join(folder.parts[-2:])


def matches(finding: object, wanted: dict[str, object]) -> bool:
    return all(
        dict(getattr(finding, key)) == value if isinstance(value, dict) else plain(getattr(finding, key), "en") == value
        for key, value in wanted.items()
    )


def unnamed(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """Columns of evidence without a word in Chinese or English, and values of the columns that have a fixed set of them."""
    found = set()
    for one in findings:
        for key, text in ((key, text) for row in one.rows for key, text in row.items()):
            labels = [column(words(lang), one.check, key, LABELS.get(key, key)) for lang in ("zh", "en")]
            if not any(labels) or (key == labels[0] and key not in ("类别", "假设")):
                found.add((one.check, key))
            ours = key in ("source", "how", "fault") or (key == "kind" and (one.check.startswith("payout_") or one.check in KINDED))
            if ours and isinstance(text, str) and value(words("zh"), one.check, key, text) == text:
                found.add((one.check, f"{key}: {text}"))
    return sorted(found)


@pytest.mark.parametrize("folder", CASES, ids=name_of)
def test_what_is_expected_is_found_and_no_more(folder: Path, audited: Auditor) -> None:
    _, findings = audited(folder)
    for wanted in expected(folder):
        assert any(matches(one, wanted) for one in findings), wanted
    named = {(one["check"], one["subject"]) for one in expected(folder) if one["verdict"] == "FAIL"}
    lit = {(one.check, one.subject) for one in findings if one.basis is Basis.SCREEN}
    contradicted = named - lit
    assert set(failing(findings)) == contradicted
    assert exit_status(findings) == (1 if contradicted else 0)
    screens = any(one.basis is Basis.SCREEN and one.verdict == "FAIL" for one in findings)
    assert exit_status(findings, screens_fail=True) == (1 if screens or contradicted else 0)
    assert unnamed(findings) == []
    if folder.name.startswith("honest"):  # a mechanism may have several honest readings
        assert not contradicted
    else:
        honest = {(one["check"], one["subject"]) for one in expected(folder.parent / "honest")}
        assert named - honest  # what was rigged is found, whether a contradiction or a lead


@pytest.mark.parametrize("mechanism", sorted({folder.parent.name for folder in CASES}))
def test_every_mechanism_has_an_honest_and_a_rigged_case(mechanism: str) -> None:
    names = {folder.name for folder in CASES if folder.parent.name == mechanism}
    assert "honest" in names
    assert len(names) > 1


def test_rigged_cases_name_one_rule_and_its_evidence(audited: Auditor) -> None:
    _, six = audited(FIXTURES / "blind-box" / "first-six-never-win")
    _, seven = audited(FIXTURES / "blind-box" / "first-seven-never-win")
    for findings, rule, other in ((six, "1–6", "1–7"), (seven, "1–7", "1–6")):
        early = next(one for one in findings if one.check == "early_boxes_never_win")
        shares = {row["rule"]: row for row in early.rows}
        assert early.basis is Basis.STATISTICAL
        assert early.e_value is not None
        assert early.e_value > 1e6
        assert [row["rule"] for row in early.rows if row["not_ruled_out"]] == [rule]
        assert float(shares[rule]["share"] or 0) > float(shares[other]["share"] or 0)


@pytest.mark.parametrize("folder", CASES, ids=name_of)
def test_exports_follow_from_their_maker(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / folder.parent.name / folder.name
    copy.mkdir(parents=True)
    for file in ("rules.yaml", "case.yaml"):
        shutil.copy(folder / file, copy)
    maker().make(copy)
    made = {file.name: file.read_bytes() for file in copy.iterdir()}
    assert made == {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.skipif(not (SHARED / "data" / "ssq").is_dir(), reason="../shared/data/ssq is not on this machine")
def test_national_lottery_as_it_is(audited: Auditor) -> None:
    audit, findings = audited(FIXTURES / "ssq", SHARED / "data" / "ssq")
    for wanted in expected(FIXTURES / "ssq"):
        assert any(matches(one, wanted) for one in findings), wanted
    assert failing(findings) == [("tier_prize_not_recorded", "tiers")]
    assert exit_status(findings) == 1
    zero = next(one for one in findings if one.check == "tier_prize_not_recorded")
    assert {row["draw_id"] for row in zero.rows} == {"2010083", "2010131", "2011116"}
    assert not any("2009066" in one.text.en + one.text.zh + str(one.rows) for one in findings if one.verdict == "FAIL")
    pools = {one.subject: one.p_value for one in findings if one.check == "numbers_favoured"}
    assert pools["red"] == pytest.approx(0.12, abs=0.005)
    assert pools["blue"] == pytest.approx(0.78, abs=0.005)
    assert audit.engine.rows("SELECT counted, accepted, refused FROM input") == [(2513, 2513, 0)] * 3
    tiers = next(one for one in findings if one.check == "tier_winners_differ")
    assert all(abs(float(str(row["z"]))) <= 1.4 for row in tiers.rows)
    published = [5.69e-8, 8.40e-7, 9.01e-6, 4.30e-4, 7.71e-3, 5.84e-2]
    assert [float(str(row["winners_per_bet"])) for row in tiers.rows] == pytest.approx(published, rel=2e-3)
    theory = [5.64e-8, 8.46e-7, 9.14e-6, 4.34e-4, 7.76e-3, 5.89e-2]
    assert [float(str(row["declared"])) for row in tiers.rows] == pytest.approx(theory, rel=2e-3)

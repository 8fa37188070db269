"""One process for all tests: Great Expectations is imported once, and each case is audited once."""

from __future__ import annotations

import gc
import importlib.util
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from audit.build import build
from audit.case import Audit, read_case
from audit.finding import FAULT, Finding
from checks.run import judge, share_of

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "fixtures"
SHARED = ROOT.parent / "shared"
Auditor = Callable[..., tuple[Audit, list[Finding]]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The longer runs are asked for."""
    parser.addoption("--every-case", action="store_true", help="run the longer tests too, and every fixture on Spark")


LONGER = (  # of what shorter tests beside them show too
    "tests/audit/test_in_place.py::test_a_column_of_no_single_values_is_no_text[copied-BLOB",
    "tests/audit/test_in_place.py::test_a_column_of_no_single_values_is_no_text[copied-MAP",
    "tests/audit/test_in_place.py::test_a_column_of_no_single_values_is_no_text[copied-STRUCT",
    "tests/audit/test_in_place.py::test_a_column_of_no_single_values_is_no_text[copied-UNION",
    "tests/audit/test_in_place.py::test_a_column_of_no_single_values_is_no_text[in place-MAP",
    "tests/audit/test_in_place.py::test_a_column_of_no_single_values_is_no_text[in place-STRUCT",
    "tests/audit/test_in_place.py::test_a_column_of_no_single_values_is_no_text[in place-UNION",
    "tests/audit/test_in_place.py::test_what_allows_no_view_is_copied",
    "tests/audit/test_told.py::test_the_audit_is_the_same[hurt1-",
    "tests/audit/test_told.py::test_the_audit_is_the_same[hurt2-envelope",
    "tests/audit/test_exact_join.py::test_the_differences_are_the_same[blind-box/honest-None",
    "tests/audit/test_exact_join.py::test_the_differences_are_the_same[blind-box/first-seven-never-win-None",
    "tests/audit/test_exact_join.py::test_the_differences_are_the_same[group-rebate",
    "tests/audit/test_exact_join.py::test_the_differences_are_the_same[red-envelope",
    "tests/audit/test_intake.py::test_a_large_export_is_judged_apart",
    "tests/audit/test_orders.py::test_random_orders_are_owed_what_the_simulator_says",
    "tests/audit/test_classes.py::test_an_envelope_of_many_steps_is_as_one_of_a_million",
    "tests/audit/test_report.py::test_nothing_makes_a_phone_scroll_sideways[chain",
    "tests/audit/test_report.py::test_nothing_makes_a_phone_scroll_sideways[blind-box",
    "tests/audit/test_report.py::test_the_same_case_gives_the_same_bytes[en]",
    "tests/audit/test_simulate.py::test_departures_are_caught_by_what_they_name",
    "tests/checks/test_lint.py::test_an_audit_speaks_the_same_formats",
    "tests/checks/test_money.py::test_money_summed_in_parts_is_the_same[partner-plan",
    "tests/checks/test_no_false_accusation.py::test_an_unreadable_asset_is_a_finding_and_the_audit_goes_on[]",
    "tests/checks/test_no_false_accusation.py::test_other_honest_platforms[1]",
    "tests/checks/test_no_false_accusation.py::test_other_honest_platforms[2]",
    "tests/checks/test_no_false_accusation.py::test_other_honest_platforms[3]",
    "tests/checks/test_order.py::test_an_award_put_off_by_its_decision_is_not_said_to_be_paid[False-{kind: raffle",
    "tests/checks/test_versions_in_force.py::test_what_was_entered_before_the_rules_ended_is_owed_when_it_is_decided[{kind: boxes",
    "tests/checks/test_versions_in_force.py::test_what_was_entered_before_the_rules_ended_is_owed_when_it_is_decided[{kind: chances",
    "tests/checks/test_versions_in_force.py::test_what_was_entered_before_the_rules_ended_is_owed_when_it_is_decided[{kind: raffle",
    "tests/checks/test_raffles.py::test_equal_tickets_are_watched_too",
    "tests/checks/test_raffles.py::test_newest_tickets_that_win_are_an_alarm_in_the_end",
    "tests/checks/test_law.py::test_every_finding_cites_a_provision_or_says_that_it_is_a_fact[zh]",
    "tests/evidence/test_seal.py::test_leads_about_people_are_published_without_what_they_rest_on",
    "tests/test_faults.py::test_an_award_gone_wrong_is_found_alone",
    "tests/test_cli.py::test_a_quiet_audit_says_nothing_to_its_very_end",
    "tests/test_notebooks.py::test_it_runs_on_a_blind_box[en]",
    "tests/test_notebooks.py::test_the_set_runs_on_an_audit_through_papermill",
    "tests/test_resume.py::test_stopped_again_and_again",
    "tests/test_resume.py::test_what_is_finished_stays_where_memory_or_disk_ends[python]",
    "tests/test_resume.py::test_a_killed_audit_goes_on[SIGTERM]",
    "tests/test_resume.py::test_a_stopped_audit_goes_on[1]",
    "tests/test_resume.py::test_a_stopped_audit_goes_on[5]",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the longer tests, and say so, unless they are asked for. Cycles are looked for as seldom as by `redraw`."""
    gc.set_threshold(1_000_000)
    if not config.getoption("--every-case"):
        for item in items:
            if item.nodeid.startswith(LONGER):
                item.add_marker(pytest.mark.skip(reason="one of the longer tests: pytest --every-case"))


@pytest.fixture
def audited(tmp_path: Path) -> Iterator[Auditor]:
    """A function that audits a case folder and gives the loaded case with its findings."""
    opened: list[Audit] = []

    def run(folder: Path, exports: Path | None = None) -> tuple[Audit, list[Finding]]:
        case = read_case(folder, exports)
        work = tmp_path / f"audit-{len(opened)}"
        work.mkdir()
        audit = build(case, work / "case.duckdb", Fraction(1, 1000) / share_of(case)[0], lambda _: None)
        opened.append(audit)
        findings = judge(audit, lambda _: None)
        assert [one.text.en for one in findings if one.subject == FAULT] == []
        return audit, findings

    yield run
    for audit in opened:
        audit.engine.connection.close()


@pytest.fixture
def honest(tmp_path: Path) -> Path:
    """A copy of the honest blind box, to be damaged."""
    return Path(shutil.copytree(FIXTURES / "blind-box" / "honest", tmp_path / "honest"))


@cache
def maker() -> Any:
    """fixtures/make.py, which shares no code with audit."""
    spec = importlib.util.spec_from_file_location("make", FIXTURES / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make"] = module  # its records look their own module up
    spec.loader.exec_module(module)
    return module


@cache
def expected(folder: Path) -> list[dict[str, Any]]:
    """The findings that a case's expected.json names."""
    return json.loads((folder / "expected.json").read_text("utf-8"))["findings"]


def failing(findings: list[Finding]) -> list[tuple[str, str]]:
    """(check, subject) of every FAIL that contradicts something, in order; screens are looked at by their own tests."""
    return [(one.check, one.subject) for one in findings if one.verdict == "FAIL" and one.basis != "screen"]

"""Faults planted in the honest blind box: each is found by the check it names, and nothing else fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audit.finding import Basis, Finding
from audit.problem import Problem
from tests.conftest import Auditor
from tests.reference.faults import ALONE, FAULTS, Fault


def said(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check, "verdict": str(finding.verdict), "subject": finding.subject, "amount": dict(finding.amount),
    }  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_is_found_and_nothing_else_fires(fault: Fault, honest: Path, audited: Auditor) -> None:
    fault.plant(honest)
    if fault.unreadable:
        with pytest.raises(Problem) as caught:
            audited(honest)
        assert caught.value.line > 1
        assert caught.value.mend
        return
    _, findings = audited(honest)
    all_said = [said(one) for one in findings]
    for wanted in fault.expect:
        assert any(wanted.items() <= one.items() for one in all_said), wanted
    failed = {(one.check, one.subject) for one in findings if one.verdict == "FAIL" and one.basis is not Basis.SCREEN}
    assert failed == {(one["check"], one["subject"]) for one in fault.expect if one["verdict"] == "FAIL"}


@pytest.mark.parametrize("fault", ALONE, ids=lambda fault: fault.name)
def test_an_award_gone_wrong_is_found_alone(fault: Fault, honest: Path, audited: Auditor) -> None:
    test_every_fault_is_found_and_nothing_else_fires(fault, honest, audited)


def test_there_are_faults_enough() -> None:
    names = [fault.name for fault in (*FAULTS, *ALONE)]
    assert len(set(names)) == len(names) >= 25

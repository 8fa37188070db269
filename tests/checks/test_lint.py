"""Declarations judged alone: mechanisms in other words and figures, whose answers were worked out by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Tree

import jsonschema
import pytest

from audit.finding import Finding
from checks.cli import main
from checks.lint import lint
from tests.conftest import FIXTURES, ROOT, SHARED

# A lucky dip of 10 jars at 8 a go; who opens a shop pays 20 and gets 6 a go: even at the 4th jar (4 × 6 = 24 ≥ 20).
DIP = """
campaign: lucky-dip
effective: {from: 2024-05-01}
assets:
  CNY: {step: "0.01"}
  token: {step: "1"}
  kettle: {step: "1", worth: {CNY: "60"}}
activity: {says: a shopkeeper pays 20, started_by: initiator, stake: {CNY: "20"}}
entry: {stake: {CNY: "8"}}
draw: {kind: boxes, boxes: 10, prizes: {kettle: 1}, odds: uniform}
due: 2d
awards:
  keeper: {says: six for the keeper each go, on: entry, to: initiator, pays: {CNY: "6"}}
  kettle: {on: win, to: participant, pays: {kettle: "1"}}
  thanks: {on: loss, to: participant, pays: {token: "3"}}
claims:
  keeper-never-loses:
    says: a keeper takes home between 4 and 40
    quantity: net
    of: initiator
    per: activity
    in: CNY
    between: ["4", "40"]
"""


def write(folder: Path, text: str, name: str = "dip.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def by_check(findings: list[Finding], check: str) -> list[Finding]:
    return [one for one in findings if one.check == check]


def line_of(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


def test_a_claim_implies_the_exclusion_that_would_make_it_true(tmp_path: Path) -> None:
    _, findings = lint(write(tmp_path, DIP))
    (claim,) = by_check(findings, "claim_contradicts_rules")
    assert claim.verdict == "FAIL"
    assert "boxes 1–3 never win" in claim.text.en
    assert "第 1–3 盒" in claim.text.zh
    assert "chance 3/10" in claim.text.en
    assert (claim.places[0].line, claim.places[0].says) == (
        line_of(DIP, "between: ["),
        "a keeper takes home between 4 and 40",
    )
    assert claim.mend


@pytest.mark.parametrize("never", range(0, 10))
def test_the_exclusion_is_the_smallest_whatever_is_claimed(never: int, tmp_path: Path) -> None:
    low = 6 * (never + 1) - 20
    _, findings = lint(write(tmp_path, DIP.replace('["4", "40"]', f'["{low}", "40"]')))
    (claim,) = by_check(findings, "claim_contradicts_rules")
    barred = {0: None, 1: "boxes 1 never", 9: "boxes 1–9 never"}.get(never, f"boxes 1–{never} never")
    assert (claim.verdict == "PASS") if barred is None else (barred in claim.text.en)


def test_what_funds_the_prize_is_compared_with_its_worth(tmp_path: Path) -> None:
    """Mean jar 5.5: in 20 + 5.5 × 8 = 64, out 5.5 × 6 = 33, left 31 for a kettle said to be worth 60."""
    _, findings = lint(write(tmp_path, DIP))
    (worth,) = by_check(findings, "prize_worth_more_than_funds")
    assert (worth.declared, worth.observed, worth.amount) == ("60.00 CNY", "31.00 CNY", {"CNY": "29.00"})
    _, findings = lint(write(tmp_path, DIP.replace('"6"}}', '"13"}}')))
    (short,) = by_check(findings, "stakes_do_not_cover_awards")
    assert short.verdict == "FAIL"  # 64 − 5.5 × 13 = −7.5 on average
    assert short.amount == {"CNY": "7.50"}


TITHE = "tithe: {on: order, to: participant.referrer, pays: {CNY: {percent: '3', of: order}}}"
OPEN = [
    (", odds: uniform", "", "odds_not_declared", "draw"),
    ("odds: uniform", "odds: undeclared", "odds_not_declared", "draw"),
    (', pays: {token: "3"}', "", "amount_not_declared", "thanks"),
    ('{token: "3"}', "{token: undeclared}", "amount_not_declared", "thanks"),
    ("  thanks:", f"  {TITHE}\n  thanks:", "rounding_not_declared", "tithe"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "check", "subject"), OPEN, ids=lambda one: str(one)[:20])
def test_what_is_left_open_is_a_finding_with_its_line(
    old: str, new: str, check: str, subject: str, tmp_path: Path
) -> None:
    assert DIP.count(old) == 1
    text = DIP.replace(old, new)
    _, findings = lint(write(tmp_path, text))
    (gap,) = by_check(findings, check)
    assert (gap.verdict, gap.subject) == ("FAIL", subject)
    assert gap.places[0].line == line_of(text, "draw:" if subject == "draw" else f"  {subject}:")
    assert all(one.verdict != "FAIL" for name in ("odds", "amount", "rounding") if f"{name}_not_declared" != check
               for one in by_check(findings, f"{name}_not_declared"))  # fmt: skip


def test_no_deadline_is_a_screen(tmp_path: Path) -> None:
    _, findings = lint(write(tmp_path, DIP.replace("due: 2d\n", "")))
    (late,) = by_check(findings, "deadline_not_declared")
    assert (late.verdict, late.basis, late.clauses) == ("FAIL", "screen", ("keeper", "kettle", "thanks"))


def test_a_clause_that_waits_for_what_cannot_be_never_fires(tmp_path: Path) -> None:
    sure = DIP.replace("odds: uniform", 'odds: {1: 1, 2-10: "0"}')
    _, findings = lint(write(tmp_path, sure))
    assert [one.subject for one in by_check(findings, "clause_never_fires") if one.verdict == "FAIL"] == ["thanks"]
    _, findings = lint(write(tmp_path, DIP))
    assert [one.verdict for one in by_check(findings, "clause_never_fires")] == ["PASS"]


def test_what_the_text_touches_of_the_law(tmp_path: Path) -> None:
    text = DIP.replace("due: 2d\nawards:", 'due: 2d\nterms: {minimum-age: from 6 years}\nawards:\n'
                       '  heads: {on: registration, to: participant.referrer, pays: {CNY: "1"}}\n'
                       '  tree: {on: entry, to: participant.referrer.referrer, pays: {CNY: "1"}}\n'
                       '  car: {on: win, to: participant, pays: {CNY: "50000.01"}}')  # fmt: skip
    _, findings = lint(write(tmp_path, text))
    lit = {one.check: one for one in findings if one.verdict == "FAIL" and one.basis == "screen"}
    assert lit["recruits_are_paid_by_head"].clauses == ("heads",)
    assert lit["downline_sales_are_paid"].clauses == ("tree",)
    assert "2 levels up" in lit["downline_sales_are_paid"].text.en
    assert lit["entry_is_bought"].clauses == ("keeper",)
    assert lit["top_prize_over_cap"].amount == {"CNY": "0.01"}
    assert lit["minors_not_excluded"].verdict == "FAIL"  # six is below eight
    assert all(
        one.provisions for one in lit.values() if one.check not in ("stakes_do_not_cover_awards", "coupon_supply_grows")
    )
    (capped,) = by_check(lint(write(tmp_path, text.replace("50000.01", "50000")))[1], "top_prize_over_cap")
    assert capped.verdict == "PASS"  # the cap itself is allowed


BOUNDS = """
bounds:
  first-jar: {quantity: odds, of: win, at-least: 1/10}
  keeper-cost: {quantity: paid, of: keeper, in: CNY, at-most: "60"}
  our-loss: {quantity: net, of: platform, in: CNY, at-least: "22", on-average: false}
"""


def test_a_platforms_own_bounds_go_red_when_the_odds_are_shortened(tmp_path: Path) -> None:
    _, findings = lint(write(tmp_path, DIP + BOUNDS))
    assert [one.verdict for one in by_check(findings, "bound_broken")] == ["PASS"] * 3  # 20 + 2 j ≥ 22, 6 × 10 = 60
    _, findings = lint(write(tmp_path, DIP.replace("boxes: 10", "boxes: 12") + BOUNDS))
    broken = {one.subject: one for one in by_check(findings, "bound_broken") if one.verdict == "FAIL"}
    assert set(broken) == {"first-jar", "keeper-cost"}
    assert "1/12" in broken["first-jar"].text.en
    assert broken["first-jar"].places[0].line == line_of(DIP + BOUNDS, "first-jar")


def test_a_bound_that_means_nothing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, DIP + BOUNDS.replace("of: keeper", "of: keepr"))
    assert main(["lint", str(path)]) == 2
    assert "did you mean 'keeper'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in FIXTURES.glob("*/honest/rules.yaml")), ids=lambda one: one.parent.name
)
def test_honest_rules_have_no_fail(folder: Path) -> None:
    _, findings = lint(folder)
    assert not [one for one in findings if one.verdict == "FAIL" and one.basis != "screen"]


# Formats


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "checks.cli", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    )


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = main(["lint", *arguments])
    return status, capsys.readouterr().out


def test_text_is_plain_when_piped_and_leads_to_the_line(tmp_path: Path) -> None:
    write(tmp_path, DIP)
    out = run("lint", "dip.yaml", cwd=tmp_path)
    assert out.returncode == 1
    assert "\x1b" not in out.stdout
    assert f"dip.yaml:{line_of(DIP, 'between: [')}:5: FAIL claim_contradicts_rules [keeper-never-loses]" in out.stdout
    assert "1–3" in out.stdout
    assert out.stdout == run("lint", "dip.yaml", cwd=tmp_path).stdout


def test_exit_statuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, sound = str(write(tmp_path, DIP)), str(write(tmp_path, DIP.replace('"4", "40"', '"-14", "40"'), "sound.yaml"))
    assert printed(capsys, path)[0] == 1
    assert printed(capsys, path, "--fail-on", "never")[0] == 0
    assert printed(capsys, sound)[0] == 0
    assert printed(capsys, sound, "--fail-on", "screen")[0] == 1
    assert printed(capsys, str(tmp_path / "none.yaml"))[0] == 2


def test_a_baseline_lets_only_what_is_new_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, known = write(tmp_path, DIP), tmp_path / "known.json"
    assert main(["lint", str(path), "--format", "json", "--out", str(known)]) == 1
    assert printed(capsys, str(path), "--baseline", str(known))[0] == 0
    write(tmp_path, "# a line more\n" + DIP)  # what moved is not new
    assert printed(capsys, str(path), "--baseline", str(known))[0] == 0
    write(tmp_path, DIP.replace('["4", "40"]', '["10", "40"]'))  # what grew worse is
    assert printed(capsys, str(path), "--baseline", str(known))[0] == 1
    known.write_text("[]", "utf-8")
    assert printed(capsys, str(path), "--baseline", str(known))[0] == 2


def test_junit_counts_what_it_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, text = printed(capsys, str(write(tmp_path, DIP)), "--format", "junit")
    suite = Tree.fromstring(text).find("testsuite")
    assert suite is not None
    assert status == 1
    cases = suite.findall("testcase")
    assert suite.attrib["tests"] == str(len(cases))
    assert [one.attrib["classname"] for one in cases if one.find("failure") is not None] == ["claim_contradicts_rules"]
    assert suite.attrib["failures"] == "1"
    assert suite.attrib["skipped"] == str(len(suite.findall("testcase/skipped")))


def test_sarif_points_into_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, DIP)
    log = json.loads(printed(capsys, str(path), "--format", "sarif")[1])
    assert_sarif(log)
    (run_,) = log["runs"]
    errors = [one for one in run_["results"] if one["level"] == "error"]
    assert [one["ruleId"] for one in errors] == ["claim_contradicts_rules"]
    region = errors[0]["locations"][0]["physicalLocation"]["region"]
    assert region["startLine"] == line_of(DIP, "between: [")


def assert_sarif(log: dict[str, Any]) -> None:
    """The parts of SARIF 2.1.0 that readers rely on, and the schema itself where it is at hand."""
    assert log["version"] == "2.1.0"
    for run_ in log["runs"]:
        rules = run_["tool"]["driver"]["rules"]
        for one in run_["results"]:
            assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
            assert one["message"]["text"]
            assert (one["kind"] == "fail") or one["level"] == "none"  # § 3.27.9, § 3.27.10
            for place in one.get("locations", []):
                assert place["physicalLocation"]["region"]["startLine"] >= 1


def test_sarif_and_junit_obey_their_schemas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schema = next((SHARED / "vectors").glob("sarif*schema*.json"), None) if SHARED.exists() else None
    if schema is None:
        pytest.skip("the schema of SARIF 2.1.0 is not in ../shared/vectors")
    log = json.loads(printed(capsys, str(write(tmp_path, DIP)), "--format", "sarif")[1])
    jsonschema.validate(log, json.loads(schema.read_text("utf-8")))


@pytest.mark.parametrize("form", ["sarif", "junit"])
def test_what_cannot_be_read_is_told_in_the_format_too(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, text = printed(capsys, str(write(tmp_path, DIP.replace("step", "stap", 1))), "--format", form)
    assert status == 2
    if form == "sarif":
        (notice,) = json.loads(text)["runs"][0]["invocations"][0]["toolExecutionNotifications"]
        assert "did you mean 'step'?" in notice["message"]["text"]
        assert notice["locations"][0]["physicalLocation"]["region"]["startLine"] == line_of(DIP, "CNY: {step")
    else:
        assert Tree.fromstring(text).find("testsuite/testcase/error") is not None


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_needs_no_network(lang: str, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert main(["lint", str(write(tmp_path, DIP)), "--format", "html", "--out", str(out), "--lang", lang]) == 1
    page = out.read_text("utf-8")
    assert "1–3" in page
    assert "src=" not in page
    assert "://" not in page


def test_an_audit_speaks_the_same_formats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case, out = str(FIXTURES / "seed-grant" / "rigged-latecomers-granted"), str(tmp_path / "out")
    assert main(["audit", case, "--out", out, "--format", "sarif"]) == 1
    log = json.loads(capsys.readouterr().out)
    assert_sarif(log)
    errors = {one["ruleId"]: one for one in log["runs"][0]["results"] if one["level"] == "error"}
    assert set(errors) == {"payout_missing", "payout_unexpected"}
    place = errors["payout_unexpected"]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"] > 1) == ("payments.csv", True)
    known = tmp_path / "known.json"
    known.write_bytes((tmp_path / "out" / "findings.json").read_bytes())
    assert main(["audit", case, "--out", out, "--format", "junit", "--baseline", str(known)]) == 0
    assert Tree.fromstring(capsys.readouterr().out).attrib["failures"] == "0"


def test_three_recruits_are_even_as_credited_and_not_as_withdrawable(tmp_path: Path) -> None:
    """200 + 200 + 200 + 100 = 700 are credited of a price of 699; 20 % of it, 140, stay frozen, and 560 can be withdrawn."""
    text = (FIXTURES / "chain-2-1" / "honest" / "rules.yaml").read_text("utf-8")
    (found,) = by_check(lint(write(tmp_path, text))[1], "recruits_do_not_break_even")
    assert (found.subject, found.verdict, found.basis) == ("three-and-even", "FAIL", "screen")
    for words in (found.text.zh, found.text.en):
        assert "700.00 ≥ 699.00" in words
        assert "560.00 < 699.00" in words
        assert "140.00" in words
        assert "fund-free" in words
    assert found.clauses == ("withdrawal",)
    (two,) = by_check(lint(write(tmp_path, text.replace("recruits: 3\n    paid", "recruits: 2\n    paid")))[1],
                      "recruits_do_not_break_even")  # fmt: skip
    assert (two.verdict, two.basis) == ("FAIL", "document")
    assert "400.00 < 699.00" in two.text.en
    free = text.replace('freeze: "20"', 'freeze: "0.1"')
    (even,) = by_check(lint(write(tmp_path, free))[1], "recruits_do_not_break_even")
    assert even.verdict == "PASS"

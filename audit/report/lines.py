"""Findings for machines that gate a build: JUnit XML, SARIF 2.1.0, and plain lines for people.

`Judged` says of each finding whether it counts against the exit status and whether a baseline already holds it, so that
every format tells the same. Nothing here reads the clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit import __version__
from audit.finding import Basis, Finding, Verdict
from audit.report.cover import Lang
from audit.report.document import record_of

REPOSITORY = "redraw"
SHOWN = {"en": {"at": "says", "mend": "mend", "known": "known", "new": "new"},
         "zh": {"at": "原文", "mend": "改法", "known": "已知", "new": "新增"}}  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """A finding, whether it counts against the exit status, and whether the baseline already holds it."""

    finding: Finding
    counts: bool
    known: bool = False


def fingerprint(record: Mapping[str, Any]) -> str:
    """What makes a finding the same one as before: all that it says, but not where it stands.

    record is one of findings.json. A finding that has grown worse is a new one.
    """
    kept = [record.get(key) for key in ("check", "subject", "verdict", "basis", "text", "amount", "clauses")]
    return hashlib.sha256(json.dumps(kept, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:24]


def word(finding: Finding) -> str:
    """The verdict as it is printed: a screen concludes nothing and is never called FAIL."""
    if finding.basis is not Basis.SCREEN:
        return str(finding.verdict)
    return {Verdict.FAIL: "SCREEN", Verdict.INCONCLUSIVE: "open", Verdict.PASS: "noted"}.get(finding.verdict, "–")


def text_lines(judged: Sequence[Judged], lang: Lang, *, passed: bool = False) -> Iterator[tuple[str, str]]:
    """(style, line) for people: what fails, what is lit and what is open, with place, the platform's words and the mend."""
    say = SHOWN[lang]
    for one in judged:
        finding = one.finding
        verdict = word(finding)
        if finding.verdict is Verdict.NOT_APPLICABLE or (
            finding.verdict is Verdict.PASS and not passed and (verdict == "PASS" or not finding.places)
        ):  # a note without a place says that there is nothing to say
            continue
        place = f"{finding.places[0]}: " if finding.places else ""
        known = f" ({say['known']})" if one.known else ""
        yield verdict, f"{place}{verdict} {finding.check} [{finding.subject}]{known}"
        yield "", f"    {getattr(finding.text, lang)}"
        if finding.places and finding.places[0].says and verdict != "noted":
            yield "quiet", f"    {say['at']}: “{finding.places[0].says}”"
        mend = finding.mend if isinstance(finding.mend, str) else getattr(finding.mend, lang)
        if mend:
            yield "quiet", f"    {say['mend']}: {mend}"


def junit(name: str, judged: Sequence[Judged], lang: Lang, problem: str = "") -> str:
    """JUnit XML: a test case for each finding; what counts is a failure, what is open or does not apply is skipped."""
    from xml.etree import ElementTree as Tree

    cases = [one for one in judged if one.finding.verdict is not Verdict.NOT_APPLICABLE]
    failures = sum(one.counts and not one.known for one in cases)
    skipped = sum(one.finding.verdict is Verdict.INCONCLUSIVE for one in cases)
    tally = {"tests": str(len(cases) + bool(problem)), "failures": str(failures), "errors": str(int(bool(problem))),
             "skipped": str(skipped)}  # fmt: skip
    top = Tree.Element("testsuites", {"name": "redraw", **tally, "time": "0"})
    suite = Tree.SubElement(top, "testsuite", {"name": name, **tally, "time": "0"})
    for one in cases:
        finding = one.finding
        names = {"classname": finding.check, "name": finding.subject or finding.check, "time": "0"}
        case = Tree.SubElement(suite, "testcase", names)
        words = _clean(getattr(finding.text, lang))
        if one.counts and not one.known:
            failure = Tree.SubElement(case, "failure", {"message": words, "type": word(finding)})
            failure.text = "\n".join(_clean(line) for _, line in text_lines([one], lang))
        elif finding.verdict is Verdict.INCONCLUSIVE:
            Tree.SubElement(case, "skipped", {"message": words})
        else:
            Tree.SubElement(case, "system-out").text = f"{word(finding)}: {words}"
    if problem:
        case = Tree.SubElement(suite, "testcase", {"classname": "redraw", "name": "reads", "time": "0"})
        Tree.SubElement(case, "error", {"message": _clean(problem), "type": "Problem"})
    Tree.indent(top)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Tree.tostring(top, encoding="unicode") + "\n"


def _clean(text: str) -> str:
    """Text that XML 1.0 can hold."""
    return "".join(one if one in "\t\n" or one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)


def sarif(
    judged: Sequence[Judged], docs: Mapping[str, str], lang: Lang, problem: Mapping[str, Any] | None = None
) -> str:
    """SARIF 2.1.0: a result for each defect, lit screen and open question; what passed is no result.

    docs maps a check to the text of its file; problem holds message, file, line and column of what could not be read.
    """
    told = [one for one in judged if word(one.finding) in ("FAIL", "SCREEN", "INCONCLUSIVE", "open")]
    names = sorted({one.finding.check for one in told})
    rules = [
        {
            "id": name,
            "shortDescription": {"text": docs.get(name, name).splitlines()[0]},
            "fullDescription": {"text": docs.get(name, name).strip()},
            "help": {"text": docs.get(name, name).strip()},
        }
        for name in names
    ]
    run: dict[str, Any] = {
        "tool": {
            "driver": {"name": REPOSITORY, "version": __version__, "semanticVersion": __version__, "rules": rules}
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": problem is None}],
        "results": [_result(one, names.index(one.finding.check), lang) for one in told],
    }
    if problem is not None:
        notice: dict[str, Any] = {"level": "error", "message": {"text": problem["message"]}}
        if problem["file"]:
            notice["locations"] = [_location(problem["file"], problem["line"], problem["column"])]
        run["invocations"][0]["toolExecutionNotifications"] = [notice]
    top = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(top, ensure_ascii=False, indent=2) + "\n"


def _result(one: Judged, rule: int, lang: Lang) -> dict[str, Any]:
    finding = one.finding
    mend = finding.mend if isinstance(finding.mend, str) else getattr(finding.mend, lang)
    level = {"FAIL": "error", "SCREEN": "warning"}.get(word(finding), "note")
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": rule,
        "kind": "fail" if finding.verdict is Verdict.FAIL else "open",
        "level": level if finding.verdict is Verdict.FAIL else "none",
        "message": {"text": getattr(finding.text, lang) + (f" [{mend}]" if mend else "")},
        "partialFingerprints": {"redraw/v1": fingerprint(record_of(finding))},
        "baselineState": "unchanged" if one.known else "new",
        "properties": {"subject": finding.subject, "provisions": list(finding.provisions)},
    }
    if finding.places:
        result["locations"] = [_location(place.file, place.line, place.column) for place in finding.places[:1]]
        result["relatedLocations"] = [_location(place.file, place.line, place.column) for place in finding.places[1:]]
    rows = [row for row in finding.rows if row.get("source_file") and isinstance(row.get("line"), int)]
    if rows and not finding.places:
        result["locations"] = [_location(str(row["source_file"]), int(row["line"] or 1), 1) for row in rows[:1]]
    return result


def _location(file: str, line: int, column: int) -> dict[str, Any]:
    region = {"startLine": max(1, line), "startColumn": max(1, column)}
    return {"physicalLocation": {"artifactLocation": {"uri": file}, "region": region}}

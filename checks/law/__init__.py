"""Provisions as dated versions. A check states a fact and names provisions; which version was in force depends on the day.

A finding "meets the textual threshold of …" or bears on a provision; it never says that anything is illegal. Levels and
persons are counted as each jurisdiction counts them, so each threshold says how (`counted`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.finding import Finding, Text

if TYPE_CHECKING:
    from audit.case import Audit

JURISDICTIONS = ("cn", "us", "eu", "uk", "jp", "kr")
FIELDS = {  # of one version; words are the statute's own, gloss is ours
    "id", "cite", "kind", "words", "gloss", "gloss_zh", "value", "levels", "unit", "bound", "counted",
    "from", "to", "not_before", "status", "source",
}  # fmt: skip


@cache
def provisions() -> dict[str, list[dict[str, Any]]]:
    """Every provision: name → its versions, oldest first; a version without an id bears the provision's name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for file in [*sorted(Path(__file__).parent.glob("??.yaml")), Path(__file__).parent / "std.yaml"]:
        for name, versions in _read(file).items():
            found[name] = [{"id": name, "kind": "law", **version} for version in versions]
    return found


@cache
def predicates() -> dict[str, dict[str, Any]]:
    """What the statutes ask that can be computed: P01 … P40, each with the checks that answer it, or why none does."""
    return _read(Path(__file__).parent / "predicates.yaml")


def _read(file: Path) -> dict[str, Any]:
    import yaml

    found: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return found


def in_force(version: dict[str, Any], first: date, last: date) -> bool:
    """Whether a version was in force on some day from first to last, both included. An undated one never is."""
    since, until = version.get("from"), version.get("to")
    return since is not None and since <= last and (until is None or first < until)


def cite(
    names: Iterable[str],
    first: date | None,
    last: date | None,
    jurisdictions: Collection[str] = JURISDICTIONS,
) -> list[dict[str, str]]:
    """What a report prints of these provisions for events from first to last.

    The versions in force then, and those whose first day nobody has confirmed, marked `undated`; of a provision that
    came later or had gone, or that belongs to another jurisdiction, nothing.
    """
    found = []
    for name in names:
        for version in _applying(name, first, last, jurisdictions):
            marks = [version["status"], *(["undated"] if version.get("from") is None else [])]
            marks += [version["kind"]] if version["kind"] != "law" else []
            said = {"words": version.get("words") or version.get("gloss_zh", ""), "gloss": version["gloss"]}
            found.append({"id": name, "version": version["id"], "cite": version["cite"],
                          "status": ", ".join(marks), "source": version["source"], **said})  # fmt: skip
    return found


def bearing(finding: Finding, first: date | None, last: date | None, jurisdictions: Collection[str]) -> Finding:
    """The finding with those of its provisions that a report may print for this case; it may be left with none."""
    kept = [name for name in finding.provisions if _applying(name, first, last, jurisdictions)]
    return replace(finding, provisions=tuple(kept))


def days(audit: Audit) -> tuple[date, date | None]:
    """The first and the last day of the events that are judged: the provisions in force then are cited."""
    period = audit.case.file.period
    if period:
        return period.from_, period.to - timedelta(days=1)
    ends = audit.engine.value("SELECT CAST(until_at AS DATE) FROM horizon")
    return audit.rules.effective.from_, ends if isinstance(ends, date) else None


def thresholds(audit: Audit, unit: str) -> list[tuple[str, dict[str, Any]]]:
    """The provisions with a number in this unit that the case is measured against: (name, version)."""
    first, last = days(audit)
    return [
        (name, version)
        for name in provisions()
        for version in _applying(name, first, last, audit.case.file.jurisdiction)
        if version.get("unit") == unit
    ]


def meets(version: dict[str, Any], value: Fraction | int) -> bool:
    """Whether a value meets a threshold, the number itself included or not as the text says."""
    limit, bound = Fraction(str(version["value"])), version["bound"]
    return value >= limit if bound == "at-least" else value > limit if bound == "more-than" else value < limit


def matrix(findings: Sequence[Finding], cited: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    """Provision × verdict: for each version that the report prints, how many findings that name it reached each verdict.

    A lit screen counts as `screen`, one that is only noted as `noted`.
    """
    rows = []
    for one in cited:
        counts: dict[str, int] = {}
        for finding in findings:
            if one["id"] in finding.provisions:
                lit = "screen" if finding.verdict == "FAIL" else "noted"
                counted = finding.basis == "screen" and finding.verdict in ("FAIL", "PASS")
                verdict = lit if counted else str(finding.verdict)
                counts[verdict] = counts.get(verdict, 0) + 1
        rows.append({**one, "counts": counts})
    return rows


def _applying(name: str, first: date | None, last: date | None, jurisdictions: Collection[str]) -> list[dict[str, Any]]:
    if name.partition("-")[0] not in jurisdictions:
        return []
    found = []
    for version in provisions()[name]:
        undated = version.get("from") is None
        too_early = undated and last is not None and last < version.get("not_before", date.min)
        if (undated and not too_early) or (first and last and in_force(version, first, last)):
            found.append(version)
    return found


def predicate_rows(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The predicates as a report prints them: id, says, the checks that answer and why what is left is not checked."""
    ran = {finding.check for finding in findings}
    return [
        {
            "id": name,
            "says": Text(one["says"]["zh"], one["says"]["en"]),
            "checks": [check for check in one.get("checks", ()) if check in ran],
            "why": Text(one["unchecked"]["zh"], one["unchecked"]["en"]) if "unchecked" in one else Text("", ""),
        }
        for name, one in predicates().items()
    ]

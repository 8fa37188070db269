"""`redraw lint`: a declaration judged alone, by the checks that need no export, in any of the formats a build reads."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from audit import __version__
from audit.finding import Basis, Finding, Text, Verdict, run
from audit.problem import Problem
from audit.report.cover import Lang
from audit.report.document import dump, record_of
from audit.report.lines import Judged, fingerprint, junit, sarif, text_lines
from audit.rules import Declared, read_declared
from checks import every_check, law

Format = Literal["text", "json", "junit", "sarif", "html"]
FailOn = Literal["fail", "screen", "never"]
STYLES = {
    "FAIL": "\x1b[1;31m",
    "SCREEN": "\x1b[33m",
    "INCONCLUSIVE": "\x1b[33m",
    "open": "\x1b[36m",
    "quiet": "\x1b[2m",
}


@dataclass(frozen=True)
class Options:
    """What the front door lets a user choose, for a declaration or for a case."""

    format: Format = "text"
    out: Path | None = None
    lang: Lang = "en"
    fail_on: FailOn = "fail"
    baseline: Path | None = None
    strict: bool = False
    jurisdiction: tuple[str, ...] = ("cn",)


def lint(path: Path, jurisdiction: tuple[str, ...] = ("cn",)) -> tuple[Declared, list[Finding]]:
    """A rules file (or the folder of a case) and what the checks that need no export say of it. Raises Problem.

    Provisions are those of the jurisdictions, as in force while the rules are.
    """
    declared = read_declared(path / "rules.yaml" if path.is_dir() else path)
    span = declared.rules.effective
    return declared, [law.bearing(one, span.from_, span.to or date.max, jurisdiction) for one in judge_alone(declared)]


def judge_alone(declared: Declared) -> list[Finding]:
    """The findings on a declaration, in the order in which a report reads; of a later version, those that are new with it."""
    found: list[Finding] = []
    for check in every_check():
        if check.alone:
            told: set[tuple[str, str, Verdict]] = set()
            for era in declared.eras():
                for one in run(check, era, {}):
                    said = (one.subject, one.text.en, one.verdict)
                    if said not in told:
                        found.append(one)
                    told.add(said)
    return found


def run_lint(path: Path, options: Options) -> int:
    """Lint, print or write in the format asked for, give the exit status."""
    file = path / "rules.yaml" if path.is_dir() else path
    try:
        known = read_baseline(options.baseline)
        declared, findings = lint(path, options.jurisdiction)
    except Problem as problem:
        if options.format in ("junit", "sarif"):
            tell(_unreadable(str(file), problem, options), options.out)
        raise
    judged = judge_all(findings, known, options.fail_on)
    tell(render(declared, judged, _at(file, findings), options), options.out)
    return status(judged, strict=options.strict)


def judge_all(findings: Sequence[Finding], known: frozenset[str], fail_on: FailOn) -> list[Judged]:
    """Each finding with whether it counts, and whether the baseline holds it."""
    return [
        Judged(
            one,
            one.verdict is Verdict.FAIL
            and fail_on != "never"
            and (one.basis is not Basis.SCREEN or fail_on == "screen"),
            bool(known) and fingerprint(record_of(one)) in known,
        )
        for one in findings
    ]


def status(judged: Sequence[Judged], *, strict: bool) -> int:
    """0 nothing that counts is new, 1 something is, 3 inconclusive where strict."""
    if any(one.counts and not one.known for one in judged):
        return 1
    open_ones = (one.finding for one in judged if one.finding.verdict is Verdict.INCONCLUSIVE and not one.known)
    return 3 if strict and any(one.basis is not Basis.SCREEN for one in open_ones) else 0


BASELINE = "a baseline is the findings.json of an earlier audit, or what `redraw lint --format json --out FILE` wrote"


def read_baseline(path: Path | None) -> frozenset[str]:
    """The fingerprints of an earlier findings.json. Raises Problem."""
    if path is None:
        return frozenset()
    try:
        found = json.loads(path.read_text("utf-8"))
        return frozenset(fingerprint(record) for record in found["findings"])
    except FileNotFoundError:
        raise Problem("no such file", str(path), mend=BASELINE) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Problem(f"not a findings.json: {error}", str(path), mend=BASELINE) from None


def _at(file: Path, findings: Sequence[Finding]) -> list[Finding]:
    """The findings with their places under the path that the user gave, so that an editor opens them."""
    from dataclasses import replace

    shown = file.as_posix()
    return [replace(one, places=tuple(replace(place, file=shown) for place in one.places)) for one in findings]


def render(declared: Declared, judged: Sequence[Judged], placed: Sequence[Finding], options: Options) -> str:
    """The whole output as text; placed are the same findings with the paths to print."""
    from dataclasses import replace

    shown = [replace(one, finding=finding) for one, finding in zip(judged, placed, strict=True)]
    if options.format == "json":
        return dump(document(declared, shown))
    if options.format == "junit":
        return junit(declared.rules.campaign, shown, options.lang)
    if options.format == "sarif":
        return sarif(shown, {check.name: check.doc for check in every_check() if check.alone}, options.lang)
    if options.format == "html":
        from audit.report.page import lint_page

        return lint_page(declared, shown, cited([one.finding for one in shown], declared), options.lang)
    return "".join(
        f"{_coloured(style, line, options)}\n"
        for style, line in [*text_lines(shown, options.lang), _summary(shown, options)]
    )


def document(declared: Declared, judged: Sequence[Judged]) -> dict[str, Any]:
    """The content of a findings.json of rules alone."""
    return {
        "redraw": __version__,
        "campaign": declared.rules.campaign,
        "inputs": [{"file": declared.document.file, "sha256": declared.document.sha256}],
        "findings": [{**record_of(one.finding), "new": one.counts and not one.known} for one in judged],
    }


def cited(findings: Sequence[Finding], declared: Declared) -> list[dict[str, Any]]:
    """The provisions that lit findings name, as in force while the rules are: an old campaign is judged by old law."""
    names = sorted({name for one in findings if one.verdict is Verdict.FAIL for name in one.provisions})
    span = declared.rules.effective
    found = law.cite(names, span.from_, span.to or date.max)
    return [{**one, "words": Text(one["words"], one["gloss"])} for one in found]


def _summary(judged: Sequence[Judged], options: Options) -> tuple[str, str]:
    wrong = sum(one.finding.verdict is Verdict.FAIL and one.finding.basis is not Basis.SCREEN for one in judged)
    lit = sum(one.finding.verdict is Verdict.FAIL and one.finding.basis is Basis.SCREEN for one in judged)
    opened = sum(one.finding.verdict is Verdict.INCONCLUSIVE for one in judged)
    known = sum(one.known and one.counts for one in judged)
    if options.lang == "zh":
        return "", f"矛盾或缺漏 {wrong} 项，提示 {lit} 项，待答 {opened} 项" + (
            f"，其中已知 {known} 项" if known else ""
        ) + "。"
    return "", f"{wrong} FAIL, {lit} screens lit, {opened} open" + (
        f"; {known} known from the baseline" if known else ""
    ) + "."


def _coloured(style: str, line: str, options: Options) -> str:
    if options.out is not None or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return line
    return f"{STYLES[style]}{line}\x1b[0m" if style in STYLES else line


def _unreadable(file: str, problem: Problem, options: Options) -> str:
    if options.format == "junit":
        return junit(file, [], options.lang, str(problem))
    place = {"message": str(problem), "file": file, "line": problem.line, "column": problem.column}
    return sarif([], {}, options.lang, place)


def tell(text: str, out: Path | None) -> None:
    """Write to a file, or print. Raises Problem."""
    if out is None:
        try:
            print(text, end="", flush=True)
        except OSError:  # nobody reads it any more; the exit status stands
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - the interpreter flushes it at its end
        return
    try:
        out.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise Problem(f"cannot be written: {error.strerror}", str(out)) from None

"""One audit, from a case folder to a folder of evidence."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Literal

from audit.case import Audit, Case, build, damage, read_case
from audit.evidence.versions import versions
from audit.finding import Basis, Finding, Text, Verdict, run
from audit.problem import Problem
from audit.report import Cover, record_of, write_reports
from audit.report.lines import Judged, junit, sarif
from checks import every_check, law, sharing
from checks.lint import FailOn, Format, judge_all, read_baseline, status, tell
from checks.progress import Progress, show_progress

OURS = re.compile(
    r"case\.duckdb|findings\.json|(report|discrepancies)(\.(zh|en))?\.(html|pdf|xlsx)|findings\.(zh|en)\.json"
)


@dataclass(frozen=True)
class Options:
    """What the front door lets a user choose."""

    exports: Path | None = None
    lang: Literal["zh", "en"] = "en"
    strict: bool = False
    fail_on: FailOn = "fail"
    memory: str = "1GB"
    threads: int | None = None
    in_place: bool = False
    engine: str = "duckdb"
    quiet: bool = False
    format: Format = "text"
    baseline: Path | None = None


def run_audit(folder: Path, out: Path, options: Options) -> int:
    """Audit a case into `out`, print the short table, give the exit status. Raises Problem; then nothing is written."""
    known = read_baseline(options.baseline)
    case = read_case(folder, options.exports)
    _check_out(out, case)
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        raise Problem(f"cannot be written: {error.strerror}", str(partial)) from None
    try:
        with show_progress() as progress:
            findings = _write(case, partial, options, progress)
        _replace(out, partial)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    judged = judge_all(findings, known, options.fail_on)
    if not options.quiet:
        _print(judged, case, out, options)
    return status(judged, strict=options.strict)


def judge(audit: Audit, progress: Progress) -> list[Finding]:
    """Every check's findings, in the order in which a report reads."""
    hurt = damage(audit)
    first, last = law.days(audit)
    found = []
    for check in every_check():
        if check.alone == "only":
            continue
        progress(check.name)
        found += [law.bearing(one, first, last, audit.case.file.jurisdiction) for one in run(check, audit, hurt)]
    return found


def share_of(case: Case) -> tuple[int, int]:
    """(how many checks share the error budget, the budget as one in so many audits)."""
    return sharing(case.rules), round(1 / case.file.risk)


def exit_status(findings: Sequence[Finding], *, strict: bool = False, screens_fail: bool = False) -> int:
    """0 no FAIL, 1 a FAIL, 3 inconclusive where strict. A screen counts only where asked."""
    counted = [finding for finding in findings if finding.basis is not Basis.SCREEN or screens_fail]
    verdicts = {finding.verdict for finding in counted}
    if Verdict.FAIL in verdicts:
        return 1
    return 3 if strict and Verdict.INCONCLUSIVE in verdicts else 0


def _write(case: Case, folder: Path, options: Options, progress: Progress) -> list[Finding]:
    tests, _ = share_of(case)
    audit = build(case, folder / "case.duckdb", case.file.risk / tests, progress,
                  memory=options.memory, threads=options.threads, in_place=options.in_place or options.engine != "duckdb",
                  master=None if options.engine == "duckdb" else options.engine)  # fmt: skip
    try:
        findings = judge(audit, progress)
        for number, finding in enumerate(findings, 1):
            body = json.dumps(record_of(finding), ensure_ascii=False)
            cells = [number, finding.check, finding.subject, str(finding.verdict), str(finding.basis), body]
            audit.engine.rows("INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?)", cells)
        progress("report")
        for made in {**versions(), "lang": options.lang}.items():
            audit.engine.rows("INSERT INTO made_with VALUES (?, ?)", list(made))
        write_reports(folder, audit.engine, findings, cover_of(audit, findings), options.lang)
        audit.engine.rows("CHECKPOINT case_file")
    finally:
        audit.engine.close()
    if list(folder.glob("*.wal")):
        raise Problem("the case file could not be written whole", str(folder), mend="is the disk full?")
    for rest in ("work", "spill"):
        shutil.rmtree(folder / rest, ignore_errors=True)
    return findings


def cover_of(audit: Audit, findings: Sequence[Finding]) -> Cover:
    """What a report says besides its findings."""
    tests, budget = share_of(audit.case)
    file, period = audit.case.file, audit.case.file.period
    names = sorted({name for finding in findings for name in finding.provisions})
    cited = law.cite(names, *law.days(audit), file.jurisdiction)
    return Cover(
        case=file.case,
        platform=file.platform,
        rules=audit.rules,
        zone=file.timezone,
        since=period.from_ if period else None,
        until=period.to if period else None,
        grain=audit.grain,
        budget=Text(
            f"本审计的统计结论误判一家诚实平台的机会合计不超过 {budget} 分之一；{tests} 项统计检查平分这一额度，无论查看多少次都成立；"
            "名单按 e-BH 法列出，所列人员平均至多 5 % 为误列。"
            "算术与文件结论不含偶然，以记录属实为前提。",
            f"The statistical verdicts of this audit together accuse at most one honest platform in {budget}; the checks that "
            f"judge by chance ({tests}) share that budget equally, and it holds however often the data are "
            "looked at; people are listed by the rule e-BH: of those listed, on average at most 5 % are innocent. "
            "Verdicts of arithmetic and of documents involve no chance; they hold if the records do.",
        ),
        provisions=[{**one, "words": Text(one["words"], one["gloss"])} for one in law.matrix(findings, cited)],
        predicates=law.predicate_rows(findings),
        lines=audit.lines,
    )


def _check_out(out: Path, case: Case) -> None:
    """Refuse to replace anything but a folder that an earlier audit wrote."""
    inside = [case.folder.resolve(), case.exports.resolve()]
    if any(one == out.resolve() or one.is_relative_to(out.resolve()) for one in inside):
        raise Problem("the folder to write holds the case itself", str(out), mend="name another folder with --out")
    if out.exists() and (not out.is_dir() or any(not OURS.fullmatch(one.name) for one in out.iterdir())):
        raise Problem("holds something that redraw did not write", str(out), mend="name a new folder with --out")


def _replace(out: Path, partial: Path) -> None:
    if out.exists():
        shutil.rmtree(out)
    partial.rename(out)


def _print(judged: Sequence[Judged], case: Case, out: Path, options: Options) -> None:
    """The findings in the format asked for; JSON and HTML are the files that the audit wrote."""
    if options.format == "text":
        _print_table([one.finding for one in judged], out, options.lang)
    elif options.format == "junit":
        tell(junit(case.file.case, judged, options.lang), None)
    elif options.format == "sarif":
        tell(sarif(judged, {check.name: check.doc for check in every_check()}, options.lang), None)
    else:
        file = "findings.json" if options.format == "json" else "report.html"
        tell((out / file).read_text("utf-8"), None)


def _print_table(findings: Sequence[Finding], out: Path, lang: Literal["zh", "en"]) -> None:
    from rich.console import Console
    from rich.table import Table

    heads = ("判定", "检查", "对象", "结论") if lang == "zh" else ("verdict", "check", "subject", "what was found")
    colours = {Verdict.FAIL: "bold red", Verdict.PASS: "green", Verdict.INCONCLUSIVE: "yellow"}
    table = Table(*heads, box=None, pad_edge=False)
    for one in findings:
        if one.verdict is Verdict.NOT_APPLICABLE:
            continue
        lit = one.basis is Basis.SCREEN
        verdict = ("SCREEN" if one.verdict is Verdict.FAIL else "noted") if lit else str(one.verdict)
        style = "" if lit else colours.get(one.verdict, "")
        table.add_row(
            f"[{style}]{verdict}[/]" if style else verdict,
            one.check,
            _plain(one.subject),
            _plain(getattr(one.text, lang)),
        )
    piped = not sys.stdout.isatty()
    shown = StringIO()
    width = 160 if piped else shutil.get_terminal_size().columns
    console = Console(file=shown, highlight=False, width=width, force_terminal=not piped, no_color=piped)
    console.print(table)
    silent = sum(one.verdict is Verdict.NOT_APPLICABLE for one in findings)
    console.print(f"{silent} 项不适用。报告：{out / 'report.html'}" if lang == "zh" else
                  f"{silent} not applicable. Report: {out / 'report.html'}", soft_wrap=True, markup=False)  # fmt: skip
    try:
        print(shown.getvalue(), end="", flush=True)
    except OSError:  # nobody reads it any more; what was written stands, and so does the exit status
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - the interpreter flushes it at its end


def _plain(text: str) -> str:
    """Text of an export, safe to print: no markup, no control characters."""
    from rich.markup import escape

    return escape("".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text))

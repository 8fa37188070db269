"""One audit, from a case folder to a folder of evidence."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Literal

from audit.build import begin, finish
from audit.case import Audit, Case, damage, read_case
from audit.engine import Engine
from audit.evidence.versions import code_of, versions
from audit.finding import Basis, Finding, Text, Verdict, run
from audit.problem import Problem
from audit.report import Cover, write_reports
from audit.report.lines import Judged, junit, sarif
from audit.spark import start_spark
from checks import every_check, judged_once, law, sharing
from checks.kept import findings_of, forget_faults, keep
from checks.lint import FailOn, Format, judge_all, read_baseline, status, tell
from checks.progress import Progress, Way, show_progress
from checks.stop import end, engine_memory, stoppable, until

OURS = re.compile(
    r"case\.duckdb|findings\.json|(report|discrepancies)(\.(zh|en))?\.(html|pdf|xlsx)|findings\.(zh|en)\.json"
)
UNFINISHED = re.compile(rf"{OURS.pattern}|case\.duckdb\..*|work|spill")

LOOKED = Text("无论查看多少次都成立", "and it holds however often the data are looked at")
LOOKED_ONCE = Text(
    "凡下注的检查无论查看多少次都成立；各奖级的中奖注数、越早越易中奖之说只按整份导出判断一次",
    "and of bets it holds however often the data are looked at; winners by tier, and claims that early entries win more, are judged "
    "once, on the whole export",
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
    exact: bool = False
    in_place: bool = False
    engine: str = "duckdb"
    quiet: bool = False
    format: Format = "text"
    baseline: Path | None = None

    @property
    def views(self) -> bool:
        """Whether Parquet is read where it lies: where the user says so, or where Spark is to read it."""
        return self.in_place or self.engine != "duckdb"


def run_audit(folder: Path, out: Path, options: Options) -> int:
    """Audit a case into `out`, print the short table, give the exit status. Raises Problem; then nothing is written.

    Where the run is stopped, or lacks memory or disk, what is finished stays in `out.partial`, and the next run goes on there.
    """
    known = read_baseline(options.baseline)
    memory = engine_memory(options.memory, options.threads)
    case = read_case(folder, options.exports)
    out = out.resolve() if out.is_symlink() else out  # a link stays, and what it leads to is replaced
    _check_out(out, case)
    partial = out.with_name(out.name + ".partial")
    _make(partial)
    way, ours = Way(), False
    with stoppable() as stop:
        try:
            with show_progress(way, options.lang, quiet=options.quiet) as show:
                progress = until(stop.came, show)
                engine = begin(case, partial / "case.duckdb", made_here(options), partial_say(options),
                               memory=memory, threads=options.threads)  # fmt: skip
                ours = True
                stop.connections.append(engine.connection)
                findings = _write(case, engine, partial, options, way, progress)
            _replace(out, partial)
        except BaseException as error:
            return end(error, stop.came, partial, options.lang, ours=ours)
    judged = judge_all(findings, known, options.fail_on)
    if not options.quiet or options.format != "text":
        _print(judged, case, out, options)
    return status(judged, strict=options.strict)


def made_here(options: Options) -> dict[str, str]:
    """What a result rests on besides its case: versions, the code itself, options that change the tables."""
    import audit

    code = code_of([Path(audit.__file__).parent, Path(__file__).parent])
    # an audit that Spark began cannot be gone on with by DuckDB: buckets are numbered by each engine's own hash
    chosen = {"exact-join": options.exact, "in-place": options.views, "spark": options.engine != "duckdb"}
    return {**versions(), "code": code, **{name: "yes" for name, so in chosen.items() if so}}


def partial_say(options: Options) -> Callable[[Text], None]:
    """Tell a reader on standard error, unless all is to be quiet."""
    return lambda text: None if options.quiet else print(getattr(text, options.lang), file=sys.stderr)


def judge(audit: Audit, progress: Progress, *, kept: bool = False) -> list[Finding]:
    """Every check's findings, in the order in which a report reads; kept: in the case file too, and not judged again."""
    hurt = damage(audit)
    first, last = law.days(audit)
    done = {name for (name,) in audit.engine.rows("SELECT DISTINCT check_name FROM finding")}
    found: list[Finding] = []
    asking = replace(audit, engine=replace(audit.engine, answers={}))  # several checks ask the same
    for check in every_check():
        if check.alone == "only":
            continue
        if check.name in done:
            found += findings_of(audit, check.name)
            continue
        progress(check.name)
        mine = [law.bearing(one, first, last, audit.case.file.jurisdiction) for one in run(check, asking, hurt)]
        if kept:
            keep(audit, mine)
        found += mine
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


def _write(case: Case, engine: Engine, folder: Path, options: Options, way: Way, progress: Progress) -> list[Finding]:
    tests, _ = share_of(case)
    spark = None if options.engine == "duckdb" else start_spark(options.engine, case.file.timezone)
    try:
        audit = finish(
            case, engine, folder / "work", case.file.risk / tests, progress, exact=options.exact, in_place=options.views,
            spark=spark, ahead=way.ahead,
        )  # fmt: skip
        forget_faults(audit)
        way.ahead("checks", {check.name: 1 for check in every_check() if check.alone != "only"})
        findings = judge(audit, progress, kept=True)
        way.ahead("report", {"report": 1})
        progress("report")
        with engine.whole():
            engine.rows("DELETE FROM made_with WHERE name = 'lang'")
            engine.rows("INSERT INTO made_with VALUES ('lang', ?)", [options.lang])
        write_reports(folder, audit.engine, findings, cover_of(audit, findings), options.lang)
        engine.rows("CHECKPOINT case_file")
    finally:
        engine.connection.close()
        if spark is not None:
            spark.session.stop()
        for rest in ("work", "spill"):
            shutil.rmtree(folder / rest, ignore_errors=True)
    if list(folder.glob("*.wal")):
        raise OSError("the case file could not be written whole")
    return findings


def cover_of(audit: Audit, findings: Sequence[Finding]) -> Cover:
    """What a report says besides its findings."""
    tests, budget = share_of(audit.case)
    file, period = audit.case.file, audit.case.file.period
    names = sorted({name for finding in findings for name in finding.provisions})
    cited = law.cite(names, *law.days(audit), file.jurisdiction)
    looked = LOOKED_ONCE if judged_once(audit.rules) else LOOKED
    return Cover(
        case=file.case,
        platform=file.platform,
        rules=audit.rules,
        zone=file.timezone,
        since=period.from_ if period else None,
        until=period.to if period else None,
        grain=audit.grain,
        budget=Text(
            f"本审计的统计结论误判一家诚实平台的机会合计不超过 {budget} 分之一；{tests} 项统计检查平分这一额度，{looked.zh}；"
            "名单按 e-BH 法列出，所列人员平均至多 5 % 为误列。"
            "算术与文件结论不含偶然，以记录属实为前提。",
            f"The statistical verdicts of this audit together accuse at most one honest platform in {budget}; the checks that "
            f"judge by chance ({tests}) share that budget equally, {looked.en}; people are listed "
            "by the rule e-BH: of those listed, on average at most 5 % are innocent. "
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


def _make(partial: Path) -> None:
    """The folder of what is not finished; what an earlier run left there stays."""
    if partial.exists() and (
        not partial.is_dir() or any(not UNFINISHED.fullmatch(one.name) for one in partial.iterdir())
    ):
        raise Problem("holds something that redraw did not write", str(partial), mend="name another folder with --out")
    try:
        partial.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(f"cannot be written: {error.strerror}", str(partial)) from None


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

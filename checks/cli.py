"""The front door: `redraw`. Calls the one function behind each verb, prints, and gives the exit status."""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path

from checks.verbs import parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; give its exit status."""
    gc.set_threshold(1_000_000)  # what is imported stays: looking through it for cycles again and again is a tenth of an audit
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a character that the terminal's encoding lacks must not end a run
            stream.reconfigure(errors="backslashreplace")
    words = sys.argv[1:] if arguments is None else list(arguments)
    given = parser().parse_args(words or ["next"])
    from audit.problem import Problem

    try:
        return int(VERBS[given.verb](given))
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 2
    except Exception as error:  # the last resort: a fault of redraw's own must not look like a verdict
        print(f"redraw stopped on a fault of its own: {type(error).__name__}: {error}", file=sys.stderr)
        print("this is no verdict; please report it with the command and the lines above", file=sys.stderr)
        return 2


def _next(given: argparse.Namespace) -> int:
    from checks.next import next_step

    print(next_step(Path()))
    return 0


def _init(given: argparse.Namespace) -> int:
    from checks.init import draft

    print(draft(given.exports, given.out or given.exports, given.lang))
    return 0


def _audit(given: argparse.Namespace) -> int:
    from checks.run import Options, run_audit

    return run_audit(
        given.case, given.out,
        Options(given.exports, given.lang, given.strict, given.fail_on, given.memory, given.threads,
                given.exact_join, given.in_place, given.engine, given.quiet, given.format, given.baseline),
    )  # fmt: skip


def _report(given: argparse.Namespace) -> int:
    from audit.problem import Problem
    from checks.report import redraw_report

    if given.format == "all" and given.out is not None:
        raise Problem("--out names one file, --format all draws four", mend="leave out one of them")
    formats = ("html", "pdf", "xlsx", "json") if given.format == "all" else (given.format,)
    for path in redraw_report(given.dir, given.lang, formats, given.out):
        print(path)
    return 0


def _explain(given: argparse.Namespace) -> int:
    from audit.case import open_audit
    from audit.evidence import as_text, explain

    audit = open_audit(given.dir)
    try:
        print(as_text(explain(audit, given.id), given.lang), end="")
    finally:
        audit.engine.connection.close()
    return 0


def _diff(given: argparse.Namespace) -> int:
    from contextlib import closing

    from audit.case import open_audit
    from audit.evidence import Explanation, as_text, diff

    one, other = open_audit(given.before), open_audit(given.after)
    with closing(one.engine.connection), closing(other.engine.connection):
        parts = diff(one, other)
    if parts:
        print(as_text(Explanation(f"{given.before} → {given.after}", tuple(parts)), given.lang), end="")
    else:
        print("没有不同。" if given.lang == "zh" else "Nothing differs.")
    return 1 if parts else 0


def _notebook(given: argparse.Namespace) -> int:
    from checks.notebook import open_notebooks

    out = given.out or given.dir.with_name(given.dir.name + "-notebooks")
    return open_notebooks(given.dir, out, given.lang, run=given.execute, open_=not given.no_open)


def _docs(given: argparse.Namespace) -> int:
    from checks.docs import write_docs

    fixtures = Path(__file__).parent.parent / "fixtures"
    print(write_docs(given.out, fixtures if fixtures.is_dir() else None)[0])
    return 0


def _seal(given: argparse.Namespace) -> int:
    from checks.seal import seal_case

    print(seal_case(given.dir, given.out, given.exports, given.redact))
    return 0


def _verify(given: argparse.Namespace) -> int:
    from checks.seal import verify_case

    same, lines = verify_case(given.bundle, given.root, given.exports, rerun=given.rerun)
    print("\n".join(lines))
    return 0 if same else 1


def _lint(given: argparse.Namespace) -> int:
    from checks.lint import Options, run_lint

    whose = tuple(given.jurisdiction or ("cn",))
    options = Options(given.format, given.out, given.lang, given.fail_on, given.baseline, given.strict, whose)
    return run_lint(given.rules, options)


def _check_least(given: argparse.Namespace, least: Mapping[str, int]) -> None:
    """Refuse counts that are too small. Raises Problem."""
    from audit.problem import Problem

    for name, bound in least.items():
        value = getattr(given, name)
        if value is not None and value < bound:
            raise Problem(f"--{name} is a whole number from {bound} on", value=str(value), mend="leave it out for its usual value")


def _forecast(given: argparse.Namespace) -> int:
    from audit.forecast.book import Plan
    from checks.forecast import Options, run_forecast

    _check_least(given, {"rounds": 0, "runs": 0, "entries": 0, "price": 0, "people": 0, "seed": 0})
    plan = Plan(given.rounds, given.runs, given.seed, given.entries, given.price)
    return run_forecast(given.rules, Options(given.format, given.out, given.lang, plan, given.people))


def _simulate(given: argparse.Namespace) -> int:
    from audit.simulate.world import Scenario
    from checks.simulate import run_simulate

    _check_least(given, {"size": 1, "people": 1, "recruits": 1, "seed": 0})
    scenario = Scenario(given.size, given.people, given.recruits, given.seed)
    return run_simulate(given.rules, given.out, scenario, given.fault, given.format)


def _score(given: argparse.Namespace) -> int:
    from checks.simulate import run_score

    _check_least(given, {"largest": 1, "seed": 0})
    return run_score(given.rules, given.largest, given.seed, given.lang)


def _plan(given: argparse.Namespace) -> int:
    from fractions import Fraction

    from audit.problem import Problem
    from checks.plan import show_plan

    try:
        risk = Fraction(given.risk)
    except (ValueError, ZeroDivisionError):
        risk = Fraction(0)
    if not 0 < risk < 1:
        raise Problem("the risk lies between 0 and 1", value=given.risk, mend="such as --risk 1/1000")
    return show_plan(given.rules, risk, given.lang)


def _monitor(given: argparse.Namespace) -> int:
    from checks.monitor import monitor

    return monitor(given.case, given.state, given.exports, given.lang)


def _schema(given: argparse.Namespace) -> int:
    if given.which == "case":
        from audit.case import case_schema as schema
    elif given.which == "findings":
        from audit.report.schema import findings_schema as schema
    else:
        from audit.rules import json_schema as schema
    print(json.dumps(schema(), indent=2, ensure_ascii=False))
    return 0


VERBS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "next": _next,
    "init": _init,
    "audit": _audit,
    "report": _report,
    "explain": _explain,
    "seal": _seal,
    "verify": _verify,
    "diff": _diff,
    "notebook": _notebook,
    "docs": _docs,
    "schema": _schema,
    "plan": _plan,
    "monitor": _monitor,
    "lint": _lint,
    "forecast": _forecast,
    "simulate": _simulate,
    "score": _score,
}


if __name__ == "__main__":
    sys.exit(main())

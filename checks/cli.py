"""The front door: `redraw`. Parses words, calls the one function behind each verb, prints, and gives the exit status."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

EXIT = """exit status: 0 no FAIL, 1 a FAIL, 2 could not run (nothing written), 3 inconclusive (with --strict)"""

IDS = """ids, made of the platform's own ids (the rows of findings.json and the workbook carry them):
  owed:EVENT/CLAUSE         what a clause owes for an event; without /CLAUSE, every clause
  draw:ENTRY                a recorded outcome and its chance (of a lottery, draw:DRAW or draw:DRAW/POOL)
  paid:PAYMENT              a payment, and what it settles
  discrepancy:EVENT/CLAUSE  a difference (PAYEE/CLAUSE where payments bear no reference)
  stake:ENTRY               what was paid to take part, and what should have been (or stake:ACTIVITY)
  event:EVENT               all that follows from an event
  clause:NAME               a clause and its totals
  row:TABLE/KEY             a record of the export"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; give its exit status."""
    given = _parser().parse_args(arguments)
    from audit.problem import Problem

    try:
        return int(given.run(given))
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; nothing was written", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 2
    except Exception as error:  # the last resort: a fault of redraw's own must not look like a verdict
        print(f"redraw stopped on a fault of its own: {type(error).__name__}: {error}", file=sys.stderr)
        print("nothing was written; please report it with the command and the lines above", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="redraw",
        description="Re-executes a platform's declared promotion rules on its exports, and shows what differs.",
        epilog=EXIT,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)

    audit = verbs.add_parser(
        "audit",
        help="audit a case: replay its rules on its exports, and report",
        description="Reads CASE/case.yaml, CASE/rules.yaml and the exports; writes DIR/case.duckdb, findings.json, "
        "report.html and discrepancies.xlsx. DIR is replaced whole, and only on success.",
        epilog=EXIT,
    )
    audit.add_argument("case", type=Path, metavar="CASE", help="folder with case.yaml and rules.yaml")
    audit.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    audit.add_argument("--exports", type=Path, metavar="FOLDER", help="where the export files lie, if not in CASE")
    audit.add_argument("--lang", choices=("en", "zh"), default="en", help="language of table, page and workbook")
    audit.add_argument("--strict", action="store_true", help="exit with 3 if a verdict is INCONCLUSIVE and none FAIL")
    audit.add_argument(
        "--fail-on", choices=("fail", "screen"), default="fail", help="screen: a lit screen counts as FAIL"
    )
    audit.add_argument("--memory", default="1GB", metavar="SIZE", help="limit of the engine (default: 1GB)")
    audit.add_argument("--threads", type=int, metavar="N", help="threads of the engine (default: all)")
    audit.set_defaults(run=_audit)

    explain = verbs.add_parser(
        "explain",
        help="explain a row of an audit: clause, version, records, each step of arithmetic",
        description="Explains an id of what an audit wrote into DIR, from DIR/case.duckdb alone.",
        epilog=IDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    explain.add_argument("dir", type=Path, metavar="DIR", help="folder that an audit wrote")
    explain.add_argument("id", metavar="ID", help="such as owed:E5/consolation")
    explain.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the explanation")
    explain.set_defaults(run=_explain)

    schema = verbs.add_parser("schema", help="print the JSON Schema that editors complete rules.yaml or case.yaml from")
    schema.add_argument("which", nargs="?", choices=("rules", "case"), default="rules")
    schema.set_defaults(run=_schema)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from audit import __version__

        print(f"redraw {__version__}")
        parser.exit()


def _audit(given: argparse.Namespace) -> int:
    from checks.run import Options, run_audit

    return run_audit(
        given.case, given.out,
        Options(given.exports, given.lang, given.strict, given.fail_on == "screen", given.memory, given.threads),
    )  # fmt: skip


def _explain(given: argparse.Namespace) -> int:
    from audit.case import open_audit
    from audit.evidence import as_text, explain

    audit = open_audit(given.dir)
    try:
        print(as_text(explain(audit, given.id), given.lang), end="")
    finally:
        audit.engine.connection.close()
    return 0


def _schema(given: argparse.Namespace) -> int:
    if given.which == "case":
        from audit.case import case_schema as schema
    else:
        from audit.rules import json_schema as schema
    print(json.dumps(schema(), indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The words of `redraw`: each verb with its arguments and its help. What answers a verb is in cli.py."""

from __future__ import annotations

import argparse
from pathlib import Path

EXIT = """exit status: 0 no FAIL, 1 a FAIL, 2 could not run (nothing written), 3 inconclusive (with --strict),
130 stopped (an audit keeps its finished steps)"""

IDS = """ids, made of the platform's own ids (the rows of findings.json and the workbook carry them):
  owed:EVENT/CLAUSE         what a clause owes for an event; without /CLAUSE, every clause
  draw:ENTRY                a recorded outcome and its chance (of a lottery, draw:DRAW or draw:DRAW/POOL)
  paid:PAYMENT              a payment, and what it settles
  discrepancy:EVENT/CLAUSE  a difference (PAYEE/CLAUSE where payments bear no reference)
  stake:ENTRY               what was paid to take part, and what should have been (or stake:ACTIVITY)
  event:EVENT               all that follows from an event
  clause:NAME               a clause and its totals
  row:TABLE/KEY             a record of the export"""


def parser() -> argparse.ArgumentParser:
    """Every verb with its words; `verb` names the function that answers."""
    front = argparse.ArgumentParser(
        prog="redraw",
        description="Re-executes a platform's declared promotion rules on its exports, and shows what differs.",
        epilog=EXIT,
    )
    front.add_argument("--version", action=_Version, nargs=0, help="print the version")
    verbs = front.add_subparsers(title="verbs", metavar="VERB", required=True)

    following = verbs.add_parser("next", help="say what to do next, from what lies here (as `redraw` alone does)")
    following.set_defaults(verb="next")

    init = verbs.add_parser(
        "init",
        help="draft a case from a folder of export files",
        description="Looks at the files (encoding, lines before the header and after the data, columns), drafts CASE/case.yaml with "
        "how sure each column is, and CASE/rules.yaml to be written; says what is missing for which check.",
    )
    init.add_argument("exports", type=Path, metavar="EXPORTS", help="folder with the export files")
    init.add_argument("--out", type=Path, metavar="CASE", help="folder to write (default: EXPORTS)")
    init.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the draft's comments")
    init.set_defaults(verb="init")

    audit = verbs.add_parser(
        "audit",
        help="audit a case: replay its rules on its exports, and report",
        description="Reads CASE/case.yaml, CASE/rules.yaml and the exports; writes DIR/case.duckdb, findings.json, "
        "report.html and discrepancies.xlsx. DIR is replaced whole, and only on success. Stopped half-way, it keeps the finished "
        "steps in DIR.partial, and the same command goes on from there.",
        epilog=EXIT,
    )
    audit.add_argument("case", type=Path, metavar="CASE", help="folder with case.yaml and rules.yaml")
    audit.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    audit.add_argument("--exports", type=Path, metavar="FOLDER", help="where the export files lie, if not in CASE")
    audit.add_argument("--lang", choices=("en", "zh"), default="en", help="language of table, page and workbook")
    audit.add_argument("--strict", action="store_true", help="exit with 3 if a verdict is INCONCLUSIVE and none FAIL")
    audit.add_argument(
        "--fail-on", choices=("fail", "screen", "never"), default="fail", help="screen: a lit screen counts as FAIL"
    )
    audit.add_argument(
        "--format", choices=("text", "json", "junit", "sarif", "html"), default="text", help="what is printed"
    )
    audit.add_argument("--baseline", type=Path, metavar="JSON", help="an earlier findings.json: only what is new fails")
    audit.add_argument(
        "--memory", default="1GB", metavar="SIZE", help="what the audit may hold (default: 1GB); it spills to disk beyond"
    )
    audit.add_argument("--threads", type=int, metavar="N", help="threads of the engine (default: all)")
    audit.add_argument("--in-place", action="store_true", help="read Parquet where it lies; nothing of it is copied")
    audit.add_argument("--engine", default="duckdb", metavar="ENGINE", help="duckdb, or a Spark master such as spark://host:7077")
    audit.add_argument(
        "--exact-join", action="store_true",
        help="find differing payments with no hash trusted: slower, for a platform that might craft collisions",
    )  # fmt: skip
    audit.add_argument("--quiet", action="store_true", help="print neither progress nor the table")
    audit.set_defaults(verb="audit")

    report = verbs.add_parser(
        "report",
        help="draw a report again, in another language or format, without auditing",
        description="Draws what an audit wrote into DIR again: DIR/report.zh.html and so on; nothing of the audit is replaced.",
    )
    report.add_argument("dir", type=Path, metavar="DIR", help="folder that an audit wrote")
    report.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the report")
    report.add_argument("--format", choices=("html", "pdf", "xlsx", "json", "all"), default="html", help="what to draw")
    report.add_argument("--out", type=Path, metavar="FILE", help="where to write it (not with --format all)")
    report.set_defaults(verb="report")

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
    explain.set_defaults(verb="explain")

    seal = verbs.add_parser(
        "seal",
        help="seal what an audit wrote into one bundle whose every changed byte is seen",
        description="Writes a zip with the case, what the audit wrote, a manifest with the Merkle root over every file, RO-Crate "
        "metadata, and a verify.py that needs nothing but Python. Prints the root: keep it, or have it time-stamped.",
    )
    seal.add_argument("dir", type=Path, metavar="DIR", help="folder that an audit wrote")
    seal.add_argument("--out", type=Path, required=True, metavar="BUNDLE", help="zip to write")
    seal.add_argument(
        "--exports", type=Path, metavar="FOLDER", help="include the inputs that lie here (else their SHA-256 alone)"
    )
    seal.add_argument(
        "--redact", type=Path, metavar="KEYFILE",
        help="seal a twin fit to be published, ids under pseudonyms keyed by this file (made if there is none)",
    )  # fmt: skip
    seal.set_defaults(verb="seal")

    verify = verbs.add_parser(
        "verify",
        help="re-hash a bundle and see any changed byte; --rerun: audit again and compare byte for byte",
        epilog="exit status: 0 whole, 1 changed or differing, 2 could not run",
    )
    verify.add_argument("bundle", type=Path, metavar="BUNDLE", help="zip that redraw sealed")
    verify.add_argument("--root", metavar="HEX", help="the Merkle root that the bundle must have")
    verify.add_argument("--rerun", action="store_true", help="audit the sealed case again and compare")
    verify.add_argument("--exports", type=Path, metavar="FOLDER", help="where the inputs lie, if not in the bundle")
    verify.set_defaults(verb="verify")

    diff = verbs.add_parser(
        "diff",
        help="what changed between two audits, and why",
        epilog="exit status: 0 nothing changed, 1 something did, 2 could not run",
    )
    diff.add_argument("before", type=Path, metavar="DIR", help="folder that an audit wrote")
    diff.add_argument("after", type=Path, metavar="DIR", help="another")
    diff.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the answer")
    diff.set_defaults(verb="diff")

    _draw_verbs(verbs)
    _rules_verbs(verbs)

    notebook = verbs.add_parser(
        "notebook",
        help="open the notebooks on an audit",
        description="Writes the six notebooks with the case file as their parameter into FOLDER, and opens Jupyter there.",
    )
    notebook.add_argument("dir", type=Path, metavar="DIR", help="folder that an audit wrote")
    notebook.add_argument("--out", type=Path, metavar="FOLDER", help="where to write them (default: DIR-notebooks)")
    notebook.add_argument("--lang", choices=("en", "zh"), default="en", help="language of what they say")
    notebook.add_argument("--run", dest="execute", action="store_true", help="run them first, through papermill")
    notebook.add_argument("--no-open", action="store_true", help="only write them")
    notebook.set_defaults(verb="notebook", execute=False)

    docs = verbs.add_parser("docs", help="write the documentation: every check, how to read a verdict, a tutorial")
    docs.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder to write Markdown into")
    docs.set_defaults(verb="docs")

    schema = verbs.add_parser("schema", help="print the JSON Schema of rules.yaml, case.yaml or findings.json")
    schema.add_argument("which", nargs="?", choices=("rules", "case", "findings"), default="rules")
    schema.set_defaults(verb="schema")
    return front


def _draw_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verbs about how much data a verdict on draws needs, and about watching for years."""
    plan = verbs.add_parser("plan", help="from rules alone: how many activities a verdict needs, with the curve")
    plan.add_argument("rules", type=Path, metavar="RULES", help="rules.yaml")
    plan.add_argument(
        "--risk", default="1/1000", metavar="R", help="chance that an honest platform is accused (default: 1/1000)"
    )
    plan.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the table")
    plan.set_defaults(verb="plan")

    watch = verbs.add_parser(
        "monitor",
        help="take one more export of a case into a running bet against its declared draw",
        description="Multiplies the bet on CASE's period into FILE, a small hash-chained JSON; an honest platform ever raises "
        "an alarm with the case's risk at most, however long one watches. Of a raffle, each export holds the entries of an "
        "activity from its beginning; each draw counts on its own day. Exit status 1: alarm.",
        epilog=EXIT,
    )
    watch.add_argument("case", type=Path, metavar="CASE", help="folder with case.yaml (with `period`) and rules.yaml")
    watch.add_argument(
        "--state", type=Path, required=True, metavar="FILE", help="the running bet; made where it is missing"
    )
    watch.add_argument("--exports", type=Path, metavar="FOLDER", help="where the export files lie, if not in CASE")
    watch.add_argument("--lang", choices=("en", "zh"), default="en", help="language of what is printed")
    watch.set_defaults(verb="monitor")


def _rules_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verbs on rules alone, before any export."""
    lint = verbs.add_parser(
        "lint",
        help="judge rules alone: what is missing, contradicts itself, or cannot pay",
        description="Runs the checks that need no export on RULES, a rules file or the folder of a case.",
        epilog=EXIT,
    )
    lint.add_argument("rules", type=Path, metavar="RULES", help="rules.yaml, *.promo.yaml, or a case's folder")
    _output(lint, ("text", "json", "junit", "sarif", "html"))
    lint.add_argument("--strict", action="store_true", help="exit with 3 if a verdict is INCONCLUSIVE and none FAIL")
    lint.add_argument(
        "--jurisdiction", action="append", choices=("cn", "us", "eu", "uk", "jp", "kr"), help="whose law (default: cn)"
    )
    lint.set_defaults(verb="lint")

    ahead = verbs.add_parser(
        "forecast",
        help="what rules imply before anybody plays: odds, money, coupons over time",
        description="Exact where it can be, simulated (seeded, with its error) where it must. FILE.html has pictures.",
    )
    ahead.add_argument("rules", type=Path, metavar="RULES", help="rules.yaml, *.promo.yaml, or a case's folder")
    ahead.add_argument(
        "--format", choices=("text", "json", "html"), default="text", help="what is printed (default: text)"
    )
    ahead.add_argument("--out", type=Path, metavar="FILE", help="write it there; .html and .json choose the format")
    ahead.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the words")
    ahead.add_argument("--rounds", type=int, default=10_000, metavar="N", help="rounds of a campaign (default: 10000)")
    ahead.add_argument("--runs", type=int, default=100, metavar="N", help="campaigns to simulate (default: 100)")
    ahead.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed, the same figures (default: 1)")
    ahead.add_argument("--entries", type=int, default=0, metavar="N", help="entries of a raffle's activity")
    ahead.add_argument("--price", type=int, default=100, metavar="N", help="what an order costs (default: 100)")
    ahead.add_argument("--people", type=int, default=2000, metavar="N", help="who may be recruited (default: 2000)")
    ahead.set_defaults(verb="forecast")

    made = verbs.add_parser(
        "simulate",
        help="write a case that obeys its rules, or departs from them by name",
        description="Writes CASE: case.yaml, rules.yaml and exports, of any size; the same seed gives the same files.",
    )
    made.add_argument("rules", type=Path, metavar="RULES", help="rules.yaml, *.promo.yaml, or a case's folder")
    made.add_argument("--out", type=Path, required=True, metavar="CASE", help="folder to write")
    made.add_argument("--size", type=int, default=1000, metavar="N", help="rounds, or orders (default: 1000)")
    made.add_argument("--people", type=int, metavar="N", help="participants (default: half of the size, at least 60)")
    made.add_argument("--recruits", type=int, metavar="N", help="everybody recruits so many (default: at random)")
    made.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed, the same files (default: 1)")
    made.add_argument("--with", dest="fault", metavar="FAULT", help="a departure by name; an unknown one lists them")
    made.add_argument("--format", choices=("csv", "parquet"), default="csv", help="of the exports (default: csv)")
    made.set_defaults(verb="simulate")

    scored = verbs.add_parser(
        "score",
        help="which departures from rules the checks catch, and with how much data",
        description="Plants each known departure in turn, at growing sizes. Exit status 1: one is not caught, or the "
        "honest twin is not clean.",
    )
    scored.add_argument("rules", type=Path, metavar="RULES", help="rules.yaml, *.promo.yaml, or a case's folder")
    scored.add_argument("--largest", type=int, default=3000, metavar="N", help="rounds at most (default: 3000)")
    scored.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed, the same figures (default: 1)")
    scored.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the words")
    scored.set_defaults(verb="score")


def _output(parser: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    parser.add_argument("--format", choices=formats, default="text", help="what is printed (default: text)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it there and print nothing")
    parser.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the words")
    parser.add_argument(
        "--fail-on",
        choices=("fail", "screen", "never"),
        default="fail",
        help="what makes exit status 1 (default: fail)",
    )
    parser.add_argument(
        "--baseline", type=Path, metavar="JSON", help="an earlier --format json: only what is new fails"
    )


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from audit import __version__

        print(f"redraw {__version__}")
        parser.exit()

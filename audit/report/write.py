"""The files of a report: findings.json, report.html, discrepancies.xlsx, report.pdf."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from audit.engine import Engine
from audit.finding import Finding
from audit.report.cover import Cover, Lang
from audit.report.document import document, dump
from audit.report.html import page
from audit.report.pdf import write_pdf
from audit.report.workbook import write_workbook

FILES = {"json": "findings.json", "html": "report.html", "xlsx": "discrepancies.xlsx", "pdf": "report.pdf"}
ALWAYS = ("json", "html", "xlsx")  # what every audit writes; a PDF is drawn where asked


def write_reports(folder: Path, engine: Engine, findings: Sequence[Finding], cover: Cover, lang: Lang,
                  formats: Sequence[str] = ALWAYS) -> None:  # fmt: skip
    """Write each format under its name into an existing folder. Raises OSError."""
    for kind in formats:
        write_report(folder / FILES[kind], kind, engine, findings, cover, lang)


def write_report(path: Path, kind: str, engine: Engine, findings: Sequence[Finding], cover: Cover, lang: Lang) -> None:
    """Write one format to a path; the JSON is the same in every language. Raises OSError."""
    if kind == "json":
        path.write_text(dump(document(engine, findings, cover)), encoding="utf-8", newline="\n")
    elif kind == "html":
        path.write_text(page(engine, findings, cover, lang), encoding="utf-8", newline="\n")
    elif kind == "xlsx":
        write_workbook(path, engine, findings, cover, lang)
    else:
        write_pdf(path, engine, findings, cover, lang)

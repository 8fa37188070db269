"""The three files of a report, into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from audit.engine import Engine
from audit.finding import Finding
from audit.report.cover import Cover, Lang
from audit.report.document import document, dump
from audit.report.html import page
from audit.report.workbook import write_workbook


def write_reports(folder: Path, engine: Engine, findings: Sequence[Finding], cover: Cover, lang: Lang) -> None:
    """Write findings.json, report.html and discrepancies.xlsx into an existing folder. Raises OSError."""
    (folder / "findings.json").write_text(dump(document(engine, findings, cover)), encoding="utf-8", newline="\n")
    (folder / "report.html").write_text(page(engine, findings, cover, lang), encoding="utf-8", newline="\n")
    write_workbook(folder / "discrepancies.xlsx", engine, findings, cover, lang)

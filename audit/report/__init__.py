"""Findings → findings.json, one self-contained HTML page, and a workbook of what differs.

The page's words are Chinese or English (`lang`); the case file and the findings are the same in both. Nothing here
reads the clock, so the same case gives the same bytes. `write_reports` is all that a front door needs.
"""

from __future__ import annotations

from audit.report.cover import Cover, Lang
from audit.report.document import document, dump, finding_of, record_of
from audit.report.html import page
from audit.report.workbook import write_workbook
from audit.report.write import FILES, write_report, write_reports

__all__ = [
    "FILES",
    "Cover",
    "Lang",
    "document",
    "dump",
    "finding_of",
    "page",
    "record_of",
    "write_report",
    "write_reports",
    "write_workbook",
]

"""Draw the report of a finished audit again, in another language or format; nothing is audited."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from audit.case import open_audit
from audit.problem import Problem
from audit.report import FILES, write_report
from checks.kept import findings_of
from checks.run import cover_of

Lang = Literal["zh", "en"]


def redraw_report(folder: Path, lang: Lang, formats: tuple[str, ...], out: Path | None) -> list[Path]:
    """Write each format beside what the audit wrote (`report.zh.html`), or to `out`; give the paths. Raises Problem."""
    audit = open_audit(folder)
    try:
        findings = findings_of(audit)
        cover = cover_of(audit, findings)
        written = []
        for kind in formats:
            stem, ending = FILES[kind].split(".")
            path = folder / f"{stem}.{lang}.{ending}" if out is None else out
            if path.resolve() == (folder / "case.duckdb").resolve():
                raise Problem("this is the case file itself", str(path), mend="name another file with --out")
            _write(
                path, partial(write_report, kind=kind, engine=audit.engine, findings=findings, cover=cover, lang=lang)
            )
            written.append(path)
    finally:
        audit.engine.connection.close()
    return written


def _write(path: Path, draw: Callable[[Path], None]) -> None:
    """Draw into a draft beside the path, then put it in place whole."""
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".redraw-") as place:
            draft = Path(place) / path.name
            draw(draft)
            os.replace(draft, path)
    except OSError as error:
        raise Problem(f"cannot be written: {error.strerror or error}", str(path)) from None

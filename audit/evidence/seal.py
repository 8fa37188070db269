"""Seal what an audit wrote into one bundle; anybody can see whether a byte of it changed, and run it again."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from audit.case import Audit, open_audit
from audit.evidence import bundle
from audit.evidence.crate import crate_of
from audit.problem import Problem

Redraw = Callable[[Audit, Path], list[str]]


def seal(folder: Path, out: Path, exports: Path | None, redact: Redraw | None = None) -> str:
    """Write the bundle of an audit's folder, with its inputs where `exports` holds them unchanged; give the Merkle root.

    redact, given the audit and a folder, writes there the files of a twin fit to be published and names them; such a
    bundle holds no inputs, no case file and no case.yaml. Raises Problem.
    """
    audit = open_audit(folder)
    try:
        if redact is None and audit.engine.value("SELECT count(*) FROM export"):
            raise Problem("this case file reads its exports where they lie, so it is no evidence without them", str(folder),
                          mend="audit again without --in-place, and seal that; its findings are the same")  # fmt: skip
        inputs = _inputs(audit)
        with tempfile.TemporaryDirectory(prefix="redraw-") as place:
            work = Path(place)
            files = list(_case_files(audit, work, whole=redact is None))
            if redact is None:
                names = sorted(one.name for one in folder.iterdir() if one.is_file())
                files += [(f"audit/{name}", folder / name) for name in names]
                files += list(_exports(inputs, exports)) if exports else []
            else:
                files += [(f"audit/{name}", work / name) for name in redact(audit, work)]
            made = dict(audit.engine.rows("SELECT name, value FROM made_with ORDER BY name"))
            told = {"made_with": made, "inputs": inputs}
            files.append(
                ("versions.json", _put(work / "versions.json", json.dumps(told, ensure_ascii=False, indent=1) + "\n"))
            )
            files.append(("verify.py", Path(bundle.__file__)))
            paths = sorted(path for path, _ in files)
            file = audit.case.file
            crate = crate_of(
                file.case, file.platform, _day(audit).isoformat(), made, inputs, paths, redacted=redact is not None
            )
            files.append(("ro-crate-metadata.json", _put(work / "ro-crate-metadata.json", crate)))
            return _write(out, files)
    finally:
        audit.engine.connection.close()


def _inputs(audit: Audit) -> list[dict[str, Any]]:
    sql = "SELECT DISTINCT file, sha256, counted AS records FROM input ORDER BY file"
    return audit.engine.records(sql)


def _case_files(audit: Audit, work: Path, *, whole: bool) -> Iterator[tuple[str, Path]]:
    """The rules, and case.yaml unless the bundle is to be published, as the case file keeps them."""
    for file, text, sha in audit.engine.rows("SELECT file, text, sha256 FROM rule ORDER BY file"):
        if whole or file != "case.yaml":
            path = _put(work / file, text)
            raw = path.read_bytes()
            import hashlib

            if hashlib.sha256(raw).hexdigest() != sha:  # a byte order mark is no part of the text
                path.write_bytes(b"\xef\xbb\xbf" + raw)
            yield f"case/{file}", path


def _exports(inputs: list[dict[str, Any]], exports: Path) -> Iterator[tuple[str, Path]]:
    for one in inputs:
        path = exports / one["file"]
        if not path.is_file():
            raise Problem(
                "no such file among the exports",
                str(path),
                mend="name their folder with --exports, or leave it out to seal their hashes",
            )
        import hashlib

        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if digest != one["sha256"]:
            raise Problem(
                "not the file that was audited",
                str(path),
                value=digest,
                mend=f"the audit read one with SHA-256 {one['sha256']}",
            )
        yield f"case/exports/{one['file']}", path


def _day(audit: Audit) -> date:
    """The last day that the export covers: the bundle's date, since no clock is read."""
    period = audit.case.file.period
    if period:
        return period.to - timedelta(days=1)
    last = audit.engine.value("SELECT CAST(until_at AS DATE) FROM horizon")
    return last if isinstance(last, date) else audit.rules.effective.from_


def _put(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def _write(out: Path, files: list[tuple[str, Path]]) -> str:
    draft = out.with_name(out.name + ".partial")
    try:
        with draft.open("wb") as stream:
            root = bundle.write_bundle(stream, files)
        os.replace(draft, out)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Problem(f"cannot be written: {error.strerror or error}", str(out)) from None
    return root

"""Sealed cases at the front door: seal, verify and run again, and what changed between two audits."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path

from audit.case import Audit, open_audit
from audit.evidence import bundle
from audit.evidence.redact import key_of, redact, twin_of
from audit.evidence.rerun import tables_differing
from audit.evidence.seal import seal
from audit.problem import Problem
from audit.report import FILES, write_reports
from checks.kept import findings_of
from checks.report import Lang, redraw_report
from checks.run import Options, cover_of, made_here, run_audit


def seal_case(folder: Path, out: Path, exports: Path | None, key_file: Path | None) -> str:
    """Seal an audit, or with a key file a twin of it fit to be published; give the root. Raises Problem."""
    if key_file is None:
        return seal(folder, out, exports)
    if exports is not None:
        raise Problem("a redacted bundle holds no exports", str(exports), mend="leave out --exports or --redact")
    return seal(folder, out, None, partial(_publishable, key=key_of(key_file)))


def _publishable(audit: Audit, work: Path, key: bytes) -> list[str]:
    twin = twin_of(audit, key, work / "twin.duckdb")
    try:
        findings = redact(audit, findings_of(audit), key)
        write_reports(work, twin, findings, cover_of(audit, findings), language_of(audit), tuple(FILES))
    finally:
        twin.connection.close()
    return sorted(FILES.values())


def language_of(audit: Audit) -> Lang:
    """The language in which an audit wrote its report."""
    return "zh" if audit.engine.value("SELECT value FROM made_with WHERE name = 'lang'") == "zh" else "en"


def verify_case(path: Path, root: str | None, exports: Path | None, *, rerun: bool) -> tuple[bool, list[str]]:
    """Whether a bundle is whole (and its audit runs again to the same bytes), and what to say of it. Raises Problem."""
    try:
        with tempfile.TemporaryDirectory(prefix="redraw-") as place:
            inside = Path(place) / "bundle"
            told = bundle.verify_bundle(path, root, inside if rerun else None)
            lines = [f"whole: {len(told['files'])} files, root {told['root']}"]
            if not rerun:
                return True, lines
            same, more = _run_again(inside, Path(place) / "again", exports)
            return same, lines + more
    except bundle.Broken as broken:
        return False, [f"CHANGED: {broken}"]
    except OSError as error:
        raise Problem(f"cannot be read: {error.strerror or error}", str(path)) from None


def _run_again(inside: Path, again: Path, exports: Path | None) -> tuple[bool, list[str]]:
    sealed = inside / "audit"
    if not (sealed / "case.duckdb").is_file():
        raise Problem("a redacted bundle cannot be run again", mend="ask its maker for the sealed case itself")
    held = inside / "case" / "exports"
    if not held.is_dir() and exports is None:
        raise Problem(
            "this bundle holds only the hashes of its inputs", mend="name the folder that holds them with --exports"
        )
    audit = open_audit(sealed)
    lang = language_of(audit)
    made = dict(audit.engine.rows("SELECT name, value FROM made_with"))
    audit.engine.connection.close()
    options = Options(exports or held, lang, exact=made.get("exact-join") == "yes",
                      in_place=made.get("in-place") == "yes", quiet=True)  # fmt: skip
    here = made_here(options)
    told = [f"made with {name} {made.get(name, 'none')}, here {here.get(name, 'none')}: bytes may differ"
            for name in sorted({*made, *here} - {"lang"}) if made.get(name) != here.get(name)]  # fmt: skip
    run_audit(inside / "case", again, options)
    same = True
    for file in sorted(one.name for one in sealed.iterdir()):
        if file == "case.duckdb":
            differing = tables_differing(sealed / file, again / file)
            verdict = "equal tables" if not differing else "tables differ: " + ", ".join(differing)
            same &= not differing
        else:
            _draw(again, file)
            equal = (again / file).is_file() and (again / file).read_bytes() == (sealed / file).read_bytes()
            verdict, same = "same bytes" if equal else "DIFFERS", same and equal
        told.append(f"{verdict:>12}  {file}")
    shutil.rmtree(again, ignore_errors=True)
    return same, told


def _draw(folder: Path, file: str) -> None:
    """Draw a report that was drawn after the audit, such as report.zh.pdf."""
    stem, _, ending = file.partition(".")
    lang, _, ending = ending.rpartition(".")
    kind = next((kind for kind, name in FILES.items() if name == f"{stem}.{ending}"), None)
    if lang and kind and not (folder / file).exists():
        redraw_report(folder, lang, (kind,), None)  # type: ignore[arg-type]

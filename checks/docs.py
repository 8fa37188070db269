"""The documentation, made from the checks themselves: what each does, why it matters, how, what it is blind to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import audit.rules
from audit.finding import Check
from audit.problem import Problem
from checks import ALL, every_check, law

HEADINGS = ("Does", "Matters", "How", "Blind to")
ROOMS = {
    "declaration": "What was declared", "records": "The records", "draws": "The draws", "payouts": "The payouts",
    "money": "Money", "people": "People", "fairness": "Groups of people",
}  # fmt: skip
PAGES = {"tutorial": "A blind box, from its export to a sealed case", "reading": "How to read a verdict",
         "rules": "How to write rules", "scaling": "How far one machine goes",
         "adding": "How to add a check, in four steps"}  # fmt: skip


def write_docs(out: Path, fixtures: Path | None = None) -> list[Path]:
    """Write every page as Markdown; fixtures names the folder of cases that pages point to. Raises Problem."""
    pages = {"index.md": _index(), "rules.md": (Path(audit.rules.__file__).parent / "README.md").read_text("utf-8")}
    for name in ("tutorial", "reading", "scaling", "adding"):
        pages[f"{name}.md"] = (Path(__file__).parent / "pages" / f"{name}.md").read_text("utf-8")
    for place, check in zip(ALL, every_check(), strict=True):
        pages[f"checks/{check.name}.md"] = "\n".join(_page(place, check, fixtures)) + "\n"
    written = []
    try:
        for name, text in pages.items():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_text(text, encoding="utf-8", newline="\n")
            written.append(out / name)
    except OSError as error:
        raise Problem(f"cannot be written: {error.strerror or error}", str(out)) from None
    return written


def parts_of(check: Check) -> dict[str, str]:
    """The defect as a sentence under `""`, and the text under each heading of a check's docstring."""
    head, *rest = re.split(rf"^({'|'.join(HEADINGS)}): ", check.doc.strip(), flags=re.MULTILINE)
    found = {"": " ".join(head.split())}
    for heading, text in zip(rest[::2], rest[1::2], strict=True):
        found[heading] = " ".join(text.split())
    return found


def _index() -> str:
    lines = ["# redraw", "", *(f"- [{title}]({name}.md)" for name, title in PAGES.items()), "", "## The checks", ""]
    for room, title in ROOMS.items():
        listed = [check for place, check in zip(ALL, every_check(), strict=True) if place.startswith(f"{room}.")]
        if listed:
            lines += [f"### {title}", "", "| check | the defect |", "| --- | --- |"]
            lines += [f"| [{check.name}](checks/{check.name}.md) | {parts_of(check)['']} |" for check in listed]
            lines.append("")
    return "\n".join(lines)


def _page(place: str, check: Check, fixtures: Path | None) -> Iterator[str]:
    parts = parts_of(check)
    yield f"# {check.name}"
    yield ""
    yield parts[""]
    for heading in HEADINGS:
        yield f"\n## {heading}\n\n{parts.get(heading, '')}"
    yield "\n## Rests on\n"
    yield ", ".join(f"`{need}`" for need in check.needs) or "Whatever the export holds."
    yield "\n## Provisions\n"
    known = law.provisions()
    for name in check.provisions:
        for version in known.get(name, []):
            days = f"from {version['from']}" if version.get("from") else "first day not confirmed"
            days += f" until before {version['to']}" if version.get("to") else ""
            yield f"- {version['cite']} ({days}; {version['status']}): {version.get('gloss', '')}"
    if not check.provisions:
        yield "None: it states a fact."
    yield "\n## Cases\n"
    yield from _cases(check.name, fixtures)
    yield f"\nSource: `checks/{place.replace('.', '/')}.py`"


def _cases(name: str, fixtures: Path | None) -> Iterator[str]:
    import json

    found = False
    for path in sorted(fixtures.glob("**/expected.json")) if fixtures else ():
        for one in json.loads(path.read_text("utf-8"))["findings"]:
            if one["check"] == name:
                found = True
                case = path.parent.relative_to(fixtures or path).as_posix()
                yield f"- `fixtures/{case}`: {one['verdict']} {one.get('subject', '')}".rstrip()
    if not found:
        yield "Under `tests/checks/`."

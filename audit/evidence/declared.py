"""What the rules declare, as they stand: the platform's words, the lines of the rules file, the version in force."""

from __future__ import annotations

from datetime import date, datetime

from audit.case import Audit
from audit.evidence.told import Part, part
from audit.finding import Text
from audit.rules.document import Path_


def quoted(audit: Audit, path: Path_) -> tuple[int, list[str]]:
    """(line, text) of the part of the rules file at a path, as it is written, without the indentation that all lines share."""
    document = audit.case.rules_document
    if path not in document.marks:
        return 0, []
    line, column = document.marks[path]
    text = document.text.splitlines()
    taken = [text[line - 1]]
    for later in text[line:]:
        if later.strip() and len(later) - len(later.lstrip()) < column:
            break
        taken.append(later)
    while taken and not taken[-1].strip():
        taken.pop()
    return line, [one[column - 1 :] for one in taken]


def clause_part(audit: Audit, clause: str, at: datetime | None) -> list[Part]:
    """The clause as declared, and since when; a reason that no clause bears says so."""
    award = audit.rules.awards.get(clause)
    if award is None:
        why = Text(f"规则中没有名为“{clause}”的条款。", f"The rules have no clause of this name: {clause!r}.")
        return part(Text("条款", "Clause"), [why])
    line, text = quoted(audit, ("awards", clause))
    says = [Text(f"平台原话：“{award.says}”", f"In the platform's words: “{award.says}”")] if award.says else []
    lines: list[Text | str] = [*says, *version(audit, at), *text]
    return part(Text(f"条款 {clause}（rules.yaml 第 {line} 行）", f"Clause {clause} (rules.yaml:{line})"), lines)


def version(audit: Audit, at: datetime | None) -> list[Text]:
    """Which version of the rules was in force at a moment."""
    span, sha = audit.rules.effective, audit.case.rules_document.sha256[:12]
    until_zh = f"，至 {span.to} 前" if span.to else ""
    until_en = f" until before {span.to}" if span.to else ""
    moment = "" if at is None else str(day(audit, at))
    inside_zh = f"；事件发生于 {moment}" if moment else ""
    inside_en = f"; the event is of {moment}" if moment else ""
    return [
        Text(
            f"适用版本：自 {span.from_} 起施行{until_zh}（rules.yaml，SHA-256 {sha}…）{inside_zh}",
            f"Version in force: from {span.from_}{until_en} (rules.yaml, SHA-256 {sha}…){inside_en}",
        )
    ]


def day(audit: Audit, at: datetime) -> date:
    """The day of a moment in the zone of the case."""
    from zoneinfo import ZoneInfo

    return at.astimezone(ZoneInfo(audit.case.file.timezone)).date()

"""What the rules declare, as they stand: the platform's words, the lines of the rules file, the version in force."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from audit.case import Audit
from audit.evidence.told import Part, part
from audit.finding import Text
from audit.rules import Award, Rules, clauses_of, eras
from audit.rules.document import Path_


def era_at(audit: Audit, at: datetime | None) -> tuple[int, Rules]:
    """The number of the version in force at a moment (0: as first published) and the rules as they then stood, whole."""
    found = list(enumerate(eras(audit.rules)))
    if at is None:
        return found[-1]
    begun = [one for one in found if one[1].effective.from_ <= day(audit, at)]
    return begun[-1] if begun else found[0]


def award_at(audit: Audit, clause: str, at: datetime | None) -> Award | None:
    """A clause as it stood at a moment; where none stood then, as it last did."""
    award = era_at(audit, judged(audit, clause, at))[1].awards.get(clause)
    return award or clauses_of(audit.rules).get(clause)


def judged(audit: Audit, clause: str, at: datetime | None) -> datetime | None:
    """The moment by whose version an event of a clause is judged: a day ends at the next midnight, and is of its own version."""
    award = clauses_of(audit.rules).get(clause)
    return at - timedelta(microseconds=1) if at and award and award.on == "day-end" else at


def quoted(audit: Audit, version: int, path: Path_) -> tuple[int, list[str]]:
    """(line, text) of what the rules file says at a path, in the last version up to this one that says it."""
    document = audit.case.rules_document
    places = [*(("versions", one, *path) for one in reversed(range(version))), path]
    found = next((one for one in places if one in document.marks), None)
    if found is None:
        return 0, []
    line, column = document.marks[found]
    text = document.text.splitlines()
    taken = [text[line - 1]]
    for later in text[line:]:
        if later.strip() and len(later) - len(later.lstrip()) < column:
            break
        taken.append(later)
    while taken and (not taken[-1].strip() or taken[-1].lstrip().startswith("#")):
        taken.pop()
    return line, [one[column - 1 :] for one in taken]


def clause_part(audit: Audit, clause: str, at: datetime | None) -> list[Part]:
    """The clause as declared, and since when; a reason that no clause bears says so."""
    award = award_at(audit, clause, at)
    if award is None:
        why = Text(f"规则中没有名为“{clause}”的条款。", f"The rules have no clause of this name: {clause!r}.")
        return part(Text("条款", "Clause"), [why])
    at = judged(audit, clause, at)
    number, _ = era_at(audit, at)
    line, text = quoted(audit, number, ("awards", clause))
    lines: list[Text | str] = [*words(award.says), *version(audit, at), *text]
    return part(Text(f"条款 {clause}（rules.yaml 第 {line} 行）", f"Clause {clause} (rules.yaml:{line})"), lines)


def section_part(audit: Audit, name: str, title: Text, says: str, at: datetime | None) -> list[Part]:
    """A top-level section of the rules (draw, entry, activity, order) as declared."""
    number, _ = era_at(audit, at)
    line, text = quoted(audit, number, (name,))
    title = Text(f"{title.zh}（rules.yaml 第 {line} 行）", f"{title.en} (rules.yaml:{line})")
    return part(title, [*words(says), *version(audit, at), *text])


def words(says: str) -> list[Text]:
    """The platform's own words, where the rules give them."""
    return [Text(f"平台原话：“{says}”", f"In the platform's words: “{says}”")] if says else []


def version(audit: Audit, at: datetime | None) -> list[Text]:
    """Which version of the rules was in force at a moment."""
    number, era = era_at(audit, at)
    span, sha = era.effective, audit.case.rules_document.sha256[:12]
    count = len(audit.rules.versions) + 1
    which_zh = f"第 {number + 1} 版（共 {count} 版），" if count > 1 else ""
    which_en = f"{number + 1} of {count}, " if count > 1 else ""
    until_zh, until_en = (f"，至 {span.to} 前", f" until before {span.to}") if span.to else ("", "")
    inside_zh, inside_en = (f"；事件发生于 {day(audit, at)}", f"; the event is of {day(audit, at)}") if at else ("", "")
    if at and span.to and day(audit, at) >= span.to:
        inside_zh += "，在其失效之后：只有此前已参与的仍按其支付"
        inside_en += ", after its end: it binds only for what was entered before"
    told = [
        Text(
            f"适用版本：{which_zh}自 {span.from_} 起施行{until_zh}（rules.yaml，SHA-256 {sha}…）{inside_zh}",
            f"Version in force: {which_en}from {span.from_}{until_en} (rules.yaml, SHA-256 {sha}…){inside_en}",
        )
    ]
    changed = audit.rules.versions[number - 1].says if number else ""
    return [*told, *words(changed)]


def day(audit: Audit, at: datetime) -> date:
    """The day of a moment in the zone of the case."""
    return at.astimezone(ZoneInfo(audit.case.file.timezone)).date()

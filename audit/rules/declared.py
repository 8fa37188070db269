"""A declaration as far as it goes: read for judging its text, where what is left open is a finding and no error.

An audit needs every term; `read_rules` refuses a file that lacks one. Here a missing key of FILLS, or the word
`undeclared` in the place of a value, is noted as a gap and filled, or the clause that cannot do without it is set aside.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from audit.problem import Place
from audit.rules.document import Document, Path_, read_document
from audit.rules.read import rules_of
from audit.rules.records import Rules, eras

UNDECLARED = "undeclared"
SHAPES = {"percent", "pot", "ladder", "unlock", "difference", "per-order", "freeze", "released"}
FILLS = {"odds": "uniform", "rounding": "down", "odd": "lowest-positions", "split": "equal"}


@dataclass(frozen=True)
class Gap:
    """A term that is not declared: the path of its key (of its clause, where the key is absent), and the key."""

    path: Path_
    key: str
    filled: str = ""


@dataclass(frozen=True)
class Declared:
    """Rules with the file they were read from: all that a check of the declaration alone may look at.

    era counts the versions that have replaced something, from 0 for the rules as first published.
    """

    rules: Rules
    document: Document
    gaps: tuple[Gap, ...] = ()
    era: int = 0

    def at(self, *path: str | int) -> Place:
        """The nearest known place of a path, with the platform's own words there; of a later version, there."""
        head = path[:2] if path[:1] == ("awards",) else path[:1]
        for number in reversed(range(self.era)):
            if ("versions", number, *head) in self.document.marks:
                return place_of(self.document, ("versions", number, *path))
        return place_of(self.document, path)

    def eras(self) -> list[Declared]:
        """The declaration as it stood in each span of time, each without versions."""
        return [replace(self, rules=rules, era=number) for number, rules in enumerate(eras(self.rules))]


def place_of(document: Document, path: Path_) -> Place:
    """Where a path stands in a rules file; says are those of the nearest record around it that has any."""
    says, here = "", document.data
    for part in (*path, None):
        if isinstance(here, dict) and isinstance(here.get("says"), str):
            says = here["says"]
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            break
    at = path
    while at and at not in document.marks:
        at = at[:-1]
    return Place(document.file, *document.marks.get(at, (1, 1)), says)


def read_declared(path: Path) -> Declared:
    """The rules of a file as far as they are declared. Raises Problem for what is wrong rather than missing."""
    document = read_document(path)
    data, gaps = copy.deepcopy(document.data), list[Gap]()
    if isinstance(data, dict):
        _fill(data, (), gaps)
        for name in [name for name, award in _awards(data).items() if _pays_nothing(award)]:
            del data["awards"][name]
            if not any(gap.path[:2] == ("awards", name) for gap in gaps):
                gaps.append(Gap(("awards", name), "pays"))
        _orphaned(data, gaps)
    rules = rules_of(replace(document, data=data))
    return Declared(rules, document, tuple(gaps))


def _orphaned(data: dict[str, Any], gaps: list[Gap]) -> None:
    """Take clauses that were set aside out of what others rest on, and set those aside that then rest on nothing."""
    gone = {gap.path[1] for gap in gaps if gap.path[:1] == ("awards",)} - _awards(data).keys()
    for name, award in list(_awards(data).items()):
        pays = award.get("pays") if isinstance(award, dict) else None
        for pay in [pay for pay in (pays.values() if isinstance(pays, dict) else ()) if isinstance(pay, dict)]:
            rests = pay.get("of") if isinstance(pay.get("of"), list) else [pay["released"]] if "released" in pay else None
            if rests is None or not gone & set(map(str, rests)):
                continue
            if left := [one for one in rests if one not in gone]:
                pay["of"] = left
            elif name in data["awards"]:
                del data["awards"][name]
                gaps.append(Gap(("awards", name), "pays"))


def _awards(data: dict[str, Any]) -> dict[str, Any]:
    found = data.get("awards")
    return found if isinstance(found, dict) else {}


def _pays_nothing(award: Any) -> bool:
    return isinstance(award, dict) and not award.get("pays") and not award.get("choice")


def _spoken(path: Path_, key: str) -> bool:
    """Whether the vocabulary itself has the word there: of what a clause pays, or unlocks."""
    return path[-1:] == ("pays",) or key == "unlock"


def _fill(here: Any, path: Path_, gaps: list[Gap]) -> None:
    """Take `undeclared` out of a value and its parts, and fill the keys that a record of its shape needs."""
    if isinstance(here, list):
        for place, item in enumerate(here):
            _fill(item, (*path, place), gaps)
    if not isinstance(here, dict):
        return
    for key in [key for key, value in here.items() if value == UNDECLARED and not _spoken(path, key)]:
        gaps.append(Gap((*path, key), key, FILLS.get(key, "")))
        if key in FILLS:
            here[key] = FILLS[key]
        else:
            del here[key]
    needed = {"odds"} if here.get("kind") == "boxes" and path == ("draw",) else set()
    needed |= {"rounding"} if "percent" in here and path[-2:-1] == ("pays",) else set()
    needed |= {"split"} if "pot" in here else set()
    needed |= {"odd"} if "pot" in here and here.get("split") != "random" else set()
    for key in sorted(needed - here.keys()):
        gaps.append(Gap(path, key, FILLS[key]))
        here[key] = FILLS[key]
    for key, value in here.items():
        _fill(value, (*path, key), gaps)
    if path and path[-1] == "pays":  # an asset whose share lost its percentage pays nothing that is known
        for asset in [
            asset for asset, pay in here.items() if isinstance(pay, dict) and not SHAPES & pay.keys()
        ]:
            del here[asset]

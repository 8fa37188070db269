"""Provisions as dated versions. A check states a fact and names provisions; which version was in force depends on the day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any


@cache
def provisions() -> dict[str, list[dict[str, Any]]]:
    """Every provision: id → its versions, in the order of the file."""
    import yaml

    found: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(Path(__file__).parent.glob("*.yaml")):
        for name, body in yaml.safe_load(file.read_text("utf-8")).items():
            found[name] = body["versions"]
    return found


def in_force(version: dict[str, Any], first: date, last: date) -> bool:
    """Whether a version was in force on some day from first to last, both included. An undated one never is."""
    since, until = version.get("from"), version.get("to")
    return since is not None and since <= last and (until is None or first < until)


def cite(names: Iterable[str], first: date | None, last: date | None) -> list[dict[str, str]]:
    """What a report prints of these provisions for events from first to last.

    The versions in force then, and those whose first day nobody has confirmed, marked `undated`; of a provision that
    came later or had gone, nothing.
    """
    found = []
    for name in names:
        for version in provisions()[name]:
            undated = version.get("from") is None
            too_early = undated and last is not None and last < version.get("not_before", date.min)
            if (undated and not too_early) or (first and last and in_force(version, first, last)):
                status = version["status"] + (", undated" if undated else "")
                said = {"words": version.get("words") or version.get("gloss_zh", ""), "gloss": version["gloss"]}
                found.append({"id": name, "cite": version["cite"], "status": status, **said})
    return found

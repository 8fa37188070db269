"""An explanation as plain records, and as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from audit.finding import Text, plain


@dataclass(frozen=True)
class Part:
    """A heading and what stands under it; numbered where the lines are steps that follow from one another."""

    title: Text
    lines: tuple[Text | str, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Explanation:
    """Everything about one id."""

    id: str
    parts: tuple[Part, ...]


def part(title: Text, lines: Iterable[Text | str], *, numbered: bool = False) -> list[Part]:
    """A part in a list, or no part where there is nothing to say."""
    told = tuple(lines)
    return [Part(title, told, numbered)] if told else []


def as_text(one: Explanation, lang: str) -> str:
    """The explanation as lines of text; nothing of an export can move the cursor or colour the screen."""
    out = [safe(one.id)]
    for each in one.parts:
        out += ["", safe(plain(each.title, lang))]
        for number, line in enumerate(each.lines, 1):
            mark = f"{number:>2}. " if each.numbered else ""
            first, *more = safe(plain(line, lang)).split("\n")
            out.append(f"  {mark}{first}")
            out += [" " * (2 + len(mark)) + rest for rest in more]
    return "\n".join(out) + "\n"


def safe(text: str) -> str:
    """Text of an export without control characters and marks that turn the direction of writing."""
    return "".join(one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}" for one in text)

"""What a check says: the finding, its verdict and its basis; and what a check is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal

from audit.problem import Place, Problem


class Verdict(StrEnum):
    """FAIL contradicts the declaration; PASS could have failed and did not; the others say why nothing is said."""

    FAIL = "FAIL"
    PASS = "PASS"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class Basis(StrEnum):
    """What a verdict rests on. A screen is a fact or a lead: it is shown first and concludes nothing."""

    ARITHMETIC = "arithmetic"
    DOCUMENT = "document"
    STATISTICAL = "statistical"
    SCREEN = "screen"


@dataclass(frozen=True)
class Text:
    """The same words in Chinese and in English."""

    zh: str
    en: str


def plain(value: str | Text, lang: str) -> str:
    """A string as it stands, a Text in the language asked for."""
    return str(getattr(value, lang)) if isinstance(value, Text) else value


def several(count: int, noun: str, plural: str = "") -> str:
    """A number of things in English: 1 tree, 2 trees; plural where it is not made by an s."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def in_percent(share: float, decimals: int = 1) -> str:
    """A share as it is written everywhere: 36.8 %. Small ones keep two digits, and only none is 0 %, only all is 100 %."""
    apart = min(abs(share), abs(round(1 - share, 12))) * 100  # sums of floats fall short of all by less
    if 0 < apart < 5 * 10**-decimals:
        decimals = (1 if share < 0.5 else 0) - math.floor(math.log10(apart))
    return f"{100 * share:.{decimals}f} %"


Row = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True)
class Finding:
    """One sentence of the report, and all that is needed to check it.

    amount maps an asset to a decimal string in its units ("4.50"). rows are the evidence; a row taken from an
    export carries source_file, record (from 1) and line (physical, from 1). sql is run on the case file and
    returns the rows. e_value is the bet's gain against the declaration (Ville 1939), p_value stands beside it.
    could_have_seen is the smallest deviation this export would have shown with 90 % power. places are where the rules
    say what this is about, the first of them first; mend is what would put it right.
    """

    subject: str
    verdict: Verdict
    text: Text
    basis: Basis = Basis.ARITHMETIC
    declared: str | Text = ""
    observed: str | Text = ""
    amount: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    sql: str = ""
    p_value: float | None = None
    e_value: float | None = None
    could_have_seen: str | Text = ""
    clauses: tuple[str, ...] = ()
    provisions: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    mend: str | Text = ""
    check: str = ""


def nothing(subject: str, zh: str, en: str) -> Finding:
    """What a screen says where it has nothing to look at."""
    return Finding(subject, Verdict.NOT_APPLICABLE, Text(zh, en), Basis.SCREEN)


@dataclass(frozen=True)
class Check:
    """A check: its name is its file's name and its id everywhere.

    needs names the canonical columns (`entry.position`) a verdict rests on; where the gate found one damaged, a
    PASS or a statistical FAIL becomes INCONCLUSIVE. statistical names the kinds of draw that a check bets on, with a space
    between; such a check spends part of the error budget, the others leave it empty. alone: it needs no export (`too`: an
    audit runs it, and so does lint; `only`: lint alone, being about the text and not about what happened).
    """

    name: str
    judge: Callable[..., Iterable[Finding]]
    needs: tuple[str, ...]
    provisions: tuple[str, ...]
    statistical: str
    alone: Literal["", "too", "only"] = ""

    @property
    def doc(self) -> str:
        """The check's own words: the docstring of its file."""
        import sys

        return sys.modules[self.judge.__module__].__doc__ or ""


def check(
    *,
    needs: tuple[str, ...] = (),
    provisions: tuple[str, ...] = (),
    statistical: str = "",
    alone: Literal["", "too", "only"] = "",
) -> Callable[[Callable[..., Iterable[Finding]]], Check]:
    """Make a Check of a function that takes an audit (alone: or a Declared) and yields findings. It registers nothing."""

    def decorate(judge: Callable[..., Iterable[Finding]]) -> Check:
        return Check(judge.__name__, judge, needs, provisions, statistical, alone)

    return decorate


FAULT = "fault of the check"


def _fault(one: Check, error: Exception) -> Finding:
    """What is said where a check stops on a fault of its own: nothing about the platform."""
    what = f"{type(error).__name__}: {error}"
    return Finding(
        FAULT,
        Verdict.INCONCLUSIVE,
        Text(
            f"检查 {one.name} 自身出错（{what}），对平台不作任何结论；请附案件反馈给我们。",
            f"The check {one.name} stopped on a fault of its own ({what}); it says nothing about the platform. Please report it.",
        ),
    )


def run(one: Check, audit: Any, damage: Mapping[str, Text]) -> list[Finding]:
    """The findings of one check, stamped with its name; damage maps a column to what the gate says of it."""
    found = []
    try:
        judged = list(one.judge(audit))
    except Problem:
        raise
    except Exception as error:  # one check's fault must not take the others' evidence away
        judged = [_fault(one, error)]
    hurt = [column for column in one.needs if column in damage]
    for finding in judged:
        finding = replace(finding, check=one.name, provisions=finding.provisions or one.provisions)
        shaken = finding.verdict is Verdict.PASS or (
            finding.verdict is Verdict.FAIL and finding.basis is Basis.STATISTICAL
        )
        if hurt and shaken:
            why = damage[hurt[0]]
            finding = replace(
                finding,
                verdict=Verdict.INCONCLUSIVE,
                text=Text(
                    f"不能下结论：所依据的 {'、'.join(hurt)} 有缺损（{why.zh}）。完好的部分显示：{finding.text.zh}",
                    f"Cannot tell: {', '.join(hurt)}, on which this rests, is damaged ({why.en}). "
                    f"What is intact says: {finding.text.en}",
                ),
            )
        found.append(finding)
    return found

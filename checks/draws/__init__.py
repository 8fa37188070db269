"""Checks of draws against their declared odds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from audit.case import Audit
from audit.finding import Finding, Text, Verdict
from audit.stats.bets import LN10, Run


def log_need(audit: Audit, subjects: int = 1) -> float:
    """The log e-value at which a bet is won: the check's part of the error budget, shared among its subjects."""
    return -math.log(audit.share / subjects)


def e_value(log_e: float) -> float:
    """A log e-value as a number, within what a float holds."""
    return math.exp(max(-700.0, min(700.0, log_e)))


def power_of_ten(log_e: float) -> str:
    """A log e-value for a reader: `2.0 × 10^14`, or a plain number where it is small; 0 where every theory is refuted."""
    if log_e < -300 * LN10:
        return "0"
    if abs(log_e) <= 3 * LN10:
        return f"{math.exp(log_e):.3g}"
    whole = math.floor(log_e / LN10)
    return f"{10 ** (log_e / LN10 - whole):.1f} × 10^{whole}"


def span(boxes: Sequence[int]) -> str:
    """Boxes 1 to k for a reader: `1` or `1–6`."""
    return f"{boxes[0]}" if len(boxes) == 1 else f"{boxes[0]}–{boxes[-1]}"


def runs(audit: Audit, version: int = 0) -> list[Run]:
    """Activities by how far they went and where they won, under one version of the draw."""
    sql = f"SELECT reached, won_at, activities FROM run_total WHERE reached >= 1 AND version = {version} ORDER BY ALL"
    return [Run(int(reached), won_at, int(count)) for reached, won_at, count in audit.engine.rows(sql)]


def cells(audit: Audit) -> list[tuple[Fraction, int, int]]:
    """(declared chance, openings with a known outcome, wins) of each chance that was taken."""
    sql = """
        SELECT chance_num, chance_den, sum(openings - unknown), sum(wins)
        FROM win_by_position WHERE chance_num > 0 GROUP BY ALL ORDER BY ALL"""
    return [(Fraction(num, den), int(taken), int(wins)) for num, den, taken, wins in audit.engine.rows(sql)]


def no_boxes(subject: str) -> Finding:
    """What a check of boxes says where there are none."""
    why = Text(
        "规则没有按序开启的盒子，或导出没有开盒记录。", "The rules declare no boxes, or the export has no openings."
    )
    return Finding(subject, Verdict.NOT_APPLICABLE, why)

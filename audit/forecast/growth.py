"""What a plan that pays early members out of later ones' money needs in order to go on; closed forms.

A complete tree, a random recruiting tree (Gastwirth 1977: whoever is recruited picks a recruiter evenly), and a scheme that
repays m times a deposit after L periods.
"""

from __future__ import annotations

from fractions import Fraction


def tree_size(branches: int, levels: int) -> int:
    """People in a complete tree; its last level holds (branches - 1)/branches of them, all but one in the limit."""
    return levels if branches == 1 else (branches**levels - 1) // (branches - 1)


def share_recouping(recruits: int) -> Fraction:
    """The share of a random recruiting tree who ever get at least so many recruits: 2^-recruits."""
    return Fraction(1, 2**recruits)


def growth_needed(multiple: float, periods: float) -> float:
    """The factor a period by which deposits must grow so that each is repaid `multiple` times after `periods`."""
    return float(multiple ** (1 / periods))


def coverage(growth: Fraction, multiple: Fraction, periods: int, last: int) -> Fraction:
    """What part of its promises a scheme covers if recruiting stops after period `last`; deposits were growth^t."""
    cash = sum(growth**t for t in range(last + 1)) - multiple * sum(growth**t for t in range(last - periods + 1))
    promised = multiple * sum(growth**t for t in range(last - periods + 1, last + 1))
    return Fraction(cash) / promised

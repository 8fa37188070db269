"""Raffles: the chance to be drawn at least once, by when one joined."""

from __future__ import annotations

from fractions import Fraction

from audit.rules import Raffle


def chance_by_batch(draw: Raffle, entries: int) -> list[Fraction]:
    """Of an activity of so many entries, one a person: the chance of each batch of entries between two draws, first batch first.

    At draw d the pool holds all entries so far, less the winners of the draws before where these are out; whoever is still
    in it is as likely as anybody. A raffle with one draw at the end has one batch.
    """
    every = draw.every or entries
    draws = entries // every if every else 0
    missed = []
    for number in range(1, draws + 1):
        pool = number * every - (draw.winners * (number - 1) if draw.among == "not-yet-won" else 0)
        missed.append(Fraction(max(0, pool - draw.winners), max(1, pool)))
    found, all_missed = [], Fraction(1)
    for chance in reversed(missed):
        all_missed *= chance
        found.append(1 - all_missed)
    return found[::-1]

"""A stream of numbers → the tickets drawn."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from audit.beacons.streams import Number

PATIENCE = 100  # numbers read for each ticket asked for, before a stream is given up


def select(stream: Iterator[Number], tickets: Sequence[int], count: int, onto: str, again: str) -> list[int]:
    """The places (from 0) of the holders drawn, in the order of drawing; tickets gives how many each holds.

    onto maps a number on the tickets: `modulo`, or `floor` of its fraction of them (in IEEE doubles, as scripts do it).
    again says what becomes of a holder already drawn: `redraw` draws once more from all tickets, `close-the-gap` takes
    their tickets out, `allow` lets them win again. No number is read beyond the last one needed; fewer than count are
    returned where the stream gives no more.
    """
    left = list(range(len(tickets)))
    ends = list(accumulate(tickets))
    found: list[int] = []
    for _ in range(PATIENCE * (count + 1)):
        number = None if len(found) == count or not ends or not ends[-1] else next(stream, None)
        if number is None:
            break
        total = ends[-1]
        ticket = number.value % total if onto == "modulo" else math.floor(number.value / number.below * total)
        place = bisect_right(ends, ticket)
        if again == "redraw" and left[place] in found:
            continue
        found.append(left[place])
        if again == "close-the-gap":
            del left[place]
            ends = list(accumulate(tickets[one] for one in left))
    return found

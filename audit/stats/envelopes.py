"""Random shares of an envelope in whole steps: the declared law, the laws that scripts use instead, and what tells them apart."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from audit.stats.bets import log_sum
from audit.stats.laws import Stratum, class_p_value, log_class_bet
from audit.stats.plan import activities

Logs = NDArray[np.float64]
Law = Callable[[ArrayLike, ArrayLike, int], Logs]
FAVOURS = (0.0, 0.5, 1.5, 2.0, 3.0, 5.0)


def even(share: ArrayLike, left: ArrayLike, people: int) -> Logs:
    """The log chance of shares of `left` steps among `people` where every way to share in steps of at least 1 is as likely.

    share, left: (E), or single numbers, as in the other laws.
    """
    share, left = np.asarray(share), np.asarray(left)
    if people == 1:
        return np.where(share == left, 0.0, -np.inf)
    ways = _log_ways(left - share - 1, people - 2) - _log_ways(left - 1, people - 1)
    return np.where((share >= 1) & (share <= left - people + 1), ways, -np.inf)


def twice_the_mean(share: ArrayLike, left: ArrayLike, people: int) -> Logs:
    """The same where each takes a random part of up to twice the mean of what is left, rounded down, at least 1."""
    share, left = np.asarray(share), np.asarray(left)
    if people == 1:
        return np.where(share == left, 0.0, -np.inf)
    reach = 2 * left / people  # a number uniform below it is rounded down
    low, high = np.where(share == 1, 0.0, share), np.minimum(share + 1.0, reach)
    room = left - people + 1
    able = (share >= 1) & (share <= room) & (high > low)
    return np.where(able, _log(high - low) - _log(np.minimum(reach, room + 1.0)), -np.inf)


def all_that_is_left(share: ArrayLike, left: ArrayLike, people: int) -> Logs:
    """The same where each takes anything that leaves one step for each of the others: the first gets most."""
    share, left = np.asarray(share), np.asarray(left)
    if people == 1:
        return np.where(share == left, 0.0, -np.inf)
    room = left - people + 1
    return np.where((share >= 1) & (share <= room), -_log(room), -np.inf)


def _log(value: NDArray[Any]) -> Logs:
    """Logs, of what is not above 0 too: nobody looks at those."""
    return np.log(np.where(value > 0, value, 1.0))


def _log_ways(things: NDArray[Any], chosen: int) -> Logs:
    """The log of how many ways there are to choose so many of them."""
    total = np.zeros(things.shape)
    for place in range(chosen):
        total += _log(things - place) - math.log(place + 1)
    return total


LAWS: dict[str, tuple[Law, float]] = {
    "twice the mean": (twice_the_mean, 0.3),
    "all that is left": (all_that_is_left, 0.2),
}


@dataclass(frozen=True)
class EnvelopeEvidence:
    """The log mixture and the log bet of each theory by name; best is the one that gained most."""

    log_e: float
    bets: dict[str, float]
    best: str
    p_value: float
    lucky: tuple[int, ...]


def log_law_bet(envelopes: Sequence[ArrayLike], law: Law) -> float:
    """The log bet that shares, in steps above the least in the order of taking, follow this law and not the even one.

    envelopes: tables of one row an envelope, or single rows; the envelopes of a table have one size.
    """
    total = 0.0
    for table in map(np.atleast_2d, envelopes):
        left = table.sum(axis=1)
        for place, share in enumerate(table.T):
            people = table.shape[1] - place
            total += float(np.sum(law(share, left, people) - even(share, left, people)))
            left = left - share
    return total


def envelope_evidence(envelopes: Sequence[ArrayLike]) -> EnvelopeEvidence:
    """Weigh the other laws, and that some place has the best luck too often.

    envelopes, as in log_law_bet, must be possible under the even law; luck is compared among those of the greatest size.
    """
    tables = [np.atleast_2d(table) for table in envelopes]
    bets = {name: log_law_bet(tables, law) for name, (law, _) in LAWS.items()}
    weights = {name: weight for name, (_, weight) in LAWS.items()}
    size = max((table.shape[1] for table in tables), default=0)
    lucky = np.zeros(size, np.int64)
    for table in tables:
        if table.shape[1] == size:
            alone = (table == table.max(axis=1, keepdims=True)).sum(axis=1) == 1
            lucky += np.bincount(table[alone].argmax(axis=1), minlength=size)
    p_value, known = 1.0, int(lucky.sum())
    for place, wins in enumerate(map(int, lucky)):
        hits = [Stratum(size, 1, 1, 1, wins), Stratum(size, 1, 1, 0, known - wins)]
        p_value = min(p_value, size * class_p_value(hits))
        for ratio in FAVOURS:
            name = f"place {place + 1} lucky x{ratio:g}"
            bets[name], weights[name] = log_class_bet(hits, ratio), 0.5 / size / len(FAVOURS)
    log_e = log_sum([math.log(weights[name]) + bet for name, bet in bets.items()])
    best = max(bets, key=lambda name: bets[name] + math.log(weights[name]))
    return EnvelopeEvidence(log_e, bets, best, p_value, tuple(map(int, lucky)))


def envelopes_needed(kinds: Mapping[tuple[int, int], int], log_need: float) -> int:
    """How many envelopes tell "twice the mean" from the even law with 90 % power, by the first ten shares of each.

    kinds: how many there are, of each number of steps and people; so many more are taken to be alike. Of many steps fewer are
    taken, and each share of as much as is left on average: what a share tells hardly depends on the size of the whole.
    """
    gain = square = 0.0
    alike = Counter[tuple[int, int]]()
    for (total, people), count in kinds.items():
        alike[min(total, max(1000, 100 * people)), people] += count
    for (total, people), count in alike.items():
        for among in range(people, max(2, people - 10), -1):  # of two, what one takes tells nothing
            left = total * among // people
            shares = np.arange(1, left - among + 2)
            q = twice_the_mean(shares, left, among)
            able = q > -np.inf
            chance, each = np.exp(q[able]), q[able] - even(shares, left, among)[able]
            mean = float(np.sum(chance * each))
            gain += count * mean
            square += count * float(np.sum(chance * (each - mean) ** 2))
    every = sum(kinds.values())
    return activities(gain / every, math.sqrt(square / every), log_need - math.log(LAWS["twice the mean"][1])) or 10**9

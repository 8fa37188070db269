"""Random shares of an envelope in whole steps: the declared law, the laws that scripts use instead, and what tells them apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audit.stats.bets import log_sum
from audit.stats.laws import Stratum, class_p_value, log_class_bet

Law = Callable[[int, int, int], float]
FAVOURS = (0.0, 0.5, 1.5, 2.0, 3.0, 5.0)


def even(share: int, left: int, people: int) -> float:
    """The log chance of a share of `left` steps among `people` where every way to share in steps of at least 1 is as likely."""
    if people == 1:
        return 0.0 if share == left else -math.inf
    ways = math.comb(left - share - 1, people - 2) if 1 <= share <= left - people + 1 else 0
    return math.log(ways) - math.log(math.comb(left - 1, people - 1)) if ways else -math.inf


def twice_the_mean(share: int, left: int, people: int) -> float:
    """The same where each takes a random part of up to twice the mean of what is left, rounded down, at least 1."""
    if people == 1:
        return 0.0 if share == left else -math.inf
    reach = 2 * left / people  # a number uniform below it is rounded down
    low, high = (0.0 if share == 1 else float(share)), min(share + 1.0, reach)
    if share < 1 or share > left - people + 1 or high <= low:
        return -math.inf
    return math.log(high - low) - math.log(min(reach, left - people + 2.0))


def all_that_is_left(share: int, left: int, people: int) -> float:
    """The same where each takes anything that leaves one step for each of the others: the first gets most."""
    if people == 1:
        return 0.0 if share == left else -math.inf
    room = left - people + 1
    return -math.log(room) if 1 <= share <= room else -math.inf


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


def log_law_bet(envelopes: Sequence[Sequence[int]], law: Law) -> float:
    """The log bet that shares, in steps above the least in the order of taking, follow this law and not the even one."""
    total = 0.0
    for shares in envelopes:
        left = sum(shares)
        for place, share in enumerate(shares):
            people = len(shares) - place
            total += law(share, left, people) - even(share, left, people)
            left -= share
    return total


def envelope_evidence(envelopes: Sequence[Sequence[int]]) -> EnvelopeEvidence:
    """Weigh the other laws, and that some place has the best luck too often; envelopes must be possible under the even law."""
    bets = {name: log_law_bet(envelopes, law) for name, (law, _) in LAWS.items()}
    weights = {name: weight for name, (_, weight) in LAWS.items()}
    size = max((len(one) for one in envelopes), default=0)
    best = [one.index(max(one)) for one in envelopes if len(one) == size and one.count(max(one)) == 1]
    lucky = tuple(best.count(place) for place in range(size))
    p_value = 1.0
    for place in range(size):
        hits = [Stratum(size, 1, 1, 1, lucky[place]), Stratum(size, 1, 1, 0, len(best) - lucky[place])]
        p_value = min(p_value, size * class_p_value(hits))
        for ratio in FAVOURS:
            name = f"place {place + 1} lucky x{ratio:g}"
            bets[name], weights[name] = log_class_bet(hits, ratio), 0.5 / size / len(FAVOURS)
    log_e = log_sum([math.log(weights[name]) + bet for name, bet in bets.items()])
    return EnvelopeEvidence(
        log_e, bets, max(bets, key=lambda name: bets[name] + math.log(weights[name])), p_value, lucky
    )


def envelopes_needed(total: int, people: int, log_need: float) -> int:
    """How many envelopes tell "twice the mean" from the even law on average, by the divergence of the first share."""
    gain = 0.0
    for share in range(1, total - people + 2):
        q = twice_the_mean(share, total, people)
        if q > -math.inf:
            gain += math.exp(q) * (q - even(share, total, people))
    return math.ceil((log_need - math.log(0.3)) / gain) if gain > 0 else 10**9

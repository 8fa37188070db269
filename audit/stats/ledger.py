"""A bet that is carried on for years: the log gain of every theory, one link of a hash chain for each day's export."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from audit.stats.bets import log_sum

VERSION = 1


@dataclass(frozen=True)
class Link:
    """One export: the days it covers (half-open), its inputs' digests, the digest of what every theory has gained by then, and
    the evidence so far.

    before is the digest of the link before it, own its own: whoever changes a past day breaks every later one.
    """

    since: str
    until: str
    inputs: tuple[str, ...]
    totals: str
    log_e: float
    before: str
    own: str = ""


def digest_of(body: Mapping[str, object]) -> str:
    """SHA-256 of a record as JSON with sorted keys and no blanks."""
    return hashlib.sha256(
        json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()


def sealed(link: Link) -> Link:
    """The link with its own digest."""
    body = {name: value for name, value in asdict(link).items() if name != "own"}
    return Link(**{**asdict(link), "inputs": link.inputs, "own": digest_of(body)})


def evidence(totals: Mapping[str, float | None], weights: Mapping[str, float]) -> float:
    """The log of the mixture over theories of all that each has gained (None: refuted); 1/a is ever reached with chance a."""
    gained = {name: -math.inf if total is None else total for name, total in totals.items()}
    return log_sum([math.log(weight) + gained[name] for name, weight in weights.items()])


def broken(links: Sequence[Link], genesis: str) -> int | None:
    """The first link (from 0) whose digest or place in the chain is wrong; None: the chain holds."""
    before = genesis
    for place, link in enumerate(links):
        if link.before != before or sealed(link).own != link.own:
            return place
        before = link.own
    return None

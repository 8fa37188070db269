"""Bit-exact re-execution of published randomness: a seed → a stream of numbers → who is drawn.

A scheme is never just "HMAC-SHA256": source of numbers, how the seed is written, the message, how many digits are taken,
how a number is mapped on the tickets, and what becomes of one drawn twice are parameters, each named here.
"""

from __future__ import annotations

from audit.beacons.commitments import commitment_of
from audit.beacons.selection import select
from audit.beacons.streams import Number, hashed, keyed, rfc3797, rfc3797_key, seedrandom

__all__ = ["Number", "commitment_of", "hashed", "keyed", "rfc3797", "rfc3797_key", "seedrandom", "select"]

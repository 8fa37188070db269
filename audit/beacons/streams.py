"""Seeds → streams of numbers."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count


@dataclass(frozen=True)
class Number:
    """A number that is uniform in 0 … below - 1."""

    value: int
    below: int


def rfc3797_key(sources: Sequence[Sequence[int]]) -> str:
    """The key of RFC 3797: each source's numbers sorted, each with a full stop, a slash at the end of each source."""
    return "".join("".join(f"{number}." for number in sorted(source)) + "/" for source in sources)


def rfc3797(key: str) -> Iterator[Number]:
    """MD5 of (i, key, i), i in two bytes from 0 (RFC 3797, section 4)."""
    for i in range(65_536):
        two = i.to_bytes(2, "big")
        yield Number(
            int.from_bytes(hashlib.md5(two + key.encode() + two, usedforsecurity=False).digest(), "big"), 1 << 128
        )


def keyed(key: bytes, message: str, digest: str, digits: int, first: int = 0) -> Iterator[Number]:
    """HMAC of a message that counts: `{n}` in it is first, first + 1, …; the first so many hexadecimal digits count."""
    for n in count(first):
        text = hmac.new(key, message.replace("{n}", str(n)).encode(), digest).hexdigest()[:digits]
        yield Number(int(text, 16), 16 ** len(text))


def hashed(message: str, digest: str, digits: int, first: int = 0) -> Iterator[Number]:
    """A plain digest of a message that counts, as `keyed` without a key (Rivest's sampler: `SEED,{n}` from 1)."""
    for n in count(first):
        text = hashlib.new(digest, message.replace("{n}", str(n)).encode()).hexdigest()[:digits]
        yield Number(int(text, 16), 16 ** len(text))


def seedrandom(seed: str) -> Iterator[Number]:
    """The numbers of the script library `seedrandom` (ARC4), of which each is below 1 with at least 52 bits."""
    key, smear = [0] * min(256, max(1, len(seed))), 0
    for place, character in enumerate(seed.encode("utf-16-le")[::2] if seed.isascii() else map(ord, seed)):
        smear ^= key[place & 255] * 19
        key[place & 255] = (smear + character) & 255
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + key[i % len(key)] + state[i]) & 255
        state[i], state[j] = state[j], state[i]
    bytes_ = _arc4(state)
    for _ in range(256):
        next(bytes_)
    while True:
        value, below = int.from_bytes(bytes(next(bytes_) for _ in range(6)), "big"), 1 << 48
        extra = 0
        while value < 1 << 52:
            value, below = (value + extra) << 8, below << 8
            extra = next(bytes_)
        while value >= 1 << 53:
            value, below, extra = value >> 1, below >> 1, extra >> 1
        yield Number(value + extra, below)


def _arc4(state: list[int]) -> Iterator[int]:
    i = j = 0
    while True:
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        yield state[(state[i] + state[j]) & 255]

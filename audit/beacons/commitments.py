"""What a seed was promised by, before it was shown."""

from __future__ import annotations

import hashlib


def commitment_of(seed: str, digest: str, encoding: str) -> str:
    """The hexadecimal digest of a seed, taken as text (UTF-8) or as the bytes that its hexadecimal digits spell.

    Raises ValueError where the seed is no hexadecimal text, or the digest unknown.
    """
    return hashlib.new(digest, bytes_of(seed, encoding)).hexdigest()


def bytes_of(seed: str, encoding: str) -> bytes:
    """A seed as bytes: `text` as UTF-8, `hex` decoded."""
    return bytes.fromhex(seed) if encoding == "hex" else seed.encode()

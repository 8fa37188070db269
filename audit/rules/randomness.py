"""How published randomness decides a draw, as a frozen record."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from audit.rules.scalars import STRICT, Whole

Digest = Literal["md5", "sha1", "sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"]


@dataclass(frozen=True, config=STRICT)
class Randomness:
    """From the seed of an activity to who is drawn; `redraw` reads seeds and commitments from the table `randomness`."""

    source: Literal["hmac", "digest", "rfc3797", "seedrandom"] = Field(
        description="hmac: keyed by the seed; digest: of a message; rfc3797: the seed is its key; seedrandom: the script library"
    )
    digest: Digest = Field(default="sha256", description="of hmac and digest")
    seed: Literal["text", "hex"] = Field(default="text", description="how the seed is taken as a key")
    message: str = Field(
        default="{activity}:{n}", description="of hmac and digest; {activity}, {seed} and the counter {n} are put in"
    )
    digits: Annotated[Whole, Field(ge=1, le=128)] = Field(default=13, description="leading hexadecimal digits that count")
    first: Literal[0, 1] = Field(default=0, description="where the counter begins")
    onto: Literal["modulo", "floor"] = Field(default="modulo", description="how a number is mapped on the tickets")
    again: Literal["redraw", "close-the-gap", "allow"] = Field(
        default="close-the-gap", description="what becomes of a ticket already drawn"
    )
    commitment: Digest | None = Field(
        default=None, description="digest by which the seed was promised; absent: none was"
    )
    committed: Literal["text", "hex"] = Field(default="text", description="how the seed is taken for its commitment")
    says: str = ""

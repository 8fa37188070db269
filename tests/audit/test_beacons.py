"""Published randomness, bit for bit: the RFC's own example, a public raffle, and what platforms printed."""

from __future__ import annotations

import csv
import json
import math
from itertools import islice

import pytest

from audit.beacons import Number, commitment_of, hashed, keyed, rfc3797, rfc3797_key, seedrandom, select
from tests.conftest import SHARED

SEVENS = SHARED / "data" / "sevens-raffle"
BLOCK = "0000000000000000000397ac86aa3e40460d66fda094179344bc457ab9c4b07c"


def test_the_example_of_rfc_3797() -> None:
    key = rfc3797_key([[9319], [2, 5, 12, 8, 10], [9, 18, 26, 34, 41, 45]])
    assert key == "9319./2.5.8.10.12./9.18.26.34.41.45./"
    drawn = select(rfc3797(key), [1] * 25, 16, "modulo", "close-the-gap")
    assert [place + 1 for place in drawn] == [17, 7, 2, 16, 25, 23, 8, 24, 19, 13, 22, 5, 18, 9, 1, 4]


@pytest.mark.skipif(not SEVENS.is_dir(), reason="../shared/data/sevens-raffle is not on this machine")
def test_sevens_round_1_in_order() -> None:
    """275 of 275 winners, then 275 of 275 tokens from the same generator."""
    tickets, tokens, result = (
        list(csv.reader((SEVENS / f"round_1_{name}.csv").open())) for name in ("tickets", "tokens", "result")
    )
    stream = seedrandom(BLOCK)
    people = select(stream, [int(row[1]) for row in tickets], 275, "floor", "redraw")
    assert [tickets[place][0] for place in people] == [row[0] for row in result]
    given = select(stream, [1] * len(tokens), 275, "floor", "redraw")
    assert [tokens[place][0] for place in given] == [row[1] for row in result]


@pytest.mark.skipif(not (SHARED / "vectors").is_dir(), reason="../shared/vectors is not on this machine")
def test_published_vectors() -> None:
    for case in json.loads((SHARED / "vectors" / "rfc3797.json").read_text())["cases"]:
        key = rfc3797_key(case["sources"])
        if "key" in case and case["key"] == key:
            drawn = select(rfc3797(key), [1] * case["pool"], len(case["selected"]), "modulo", "close-the-gap")
            assert [place + 1 for place in drawn] == case["selected"], case["name"]
    stake = json.loads((SHARED / "vectors" / "pf_stake.json").read_text())
    dice = next(game for game in stake["games"] if game["game"] == "dice")
    assert commitment_of(dice["server_seed"], "sha256", "text") == dice["server_seed_sha256"]
    for one in dice["rounds"]:
        message = f"{dice['client_seed']}:{one['nonce']}:{{n}}"
        number = next(keyed(dice["server_seed"].encode(), message, "sha256", 8))
        assert math.floor(number.value / number.below * 10001) / 100 == one["expected"]


def test_what_becomes_of_a_ticket_drawn_twice() -> None:
    stream = [Number(value, 4) for value in (1, 1, 3, 0, 2)]
    assert select(iter(stream), [1, 1, 1, 1], 3, "modulo", "redraw") == [1, 3, 0]
    assert select(iter(stream), [1, 1, 1, 1], 3, "modulo", "allow") == [1, 1, 3]
    assert select(iter(stream), [1, 1, 1, 1], 3, "modulo", "close-the-gap") == [1, 2, 3]
    assert select(iter(stream), [1, 3], 2, "floor", "close-the-gap") == [1, 0]


def test_streams_count_from_where_they_are_told() -> None:
    zero, one = islice(hashed("seed,{n}", "sha256", 16), 2)
    assert next(hashed("seed,{n}", "sha256", 16, first=1)) == one != zero
    with pytest.raises(ValueError, match="hex"):
        commitment_of("not hex", "sha256", "hex")

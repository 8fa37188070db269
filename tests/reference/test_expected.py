"""What the played cases expect, checked by the slow reference: no more and no less, to the cent, without audit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.conftest import FIXTURES, expected, maker
from tests.reference.verdicts import verdicts


@pytest.mark.parametrize("name", sorted(maker().CASES))
def test_what_a_played_case_expects_is_what_the_reference_finds(name: str) -> None:
    wanted = {(one["check"], one["subject"]): one.get("amount", {}) for one in expected(FIXTURES / name)}
    for one in maker().FACTS.get(name.partition("/")[0], []):  # leads, which no clause decides
        wanted.pop((one["check"], one["subject"]))
    found = verdicts(FIXTURES / name)
    assert set(found) == set(wanted)
    for key, amounts in found.items():
        assert amounts == {asset: Decimal(amount) for asset, amount in wanted[key].items()}

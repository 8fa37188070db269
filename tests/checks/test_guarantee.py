"""A gacha with a guarantee at 90, written from the rules' user guide alone: its example is the rules that are audited."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT, Auditor, failing
from tests.reference.mechanism_histories import SINCE, Made, write_history

Row = dict[str, Any]
PULLS, PEOPLE = 200, 3


def example() -> Row:
    """The gacha of the user guide."""
    guide = (ROOT / "audit" / "rules" / "README.md").read_text("utf-8")
    (text,) = [
        part.partition("```")[0] for part in guide.split("```yaml\n") if part.startswith("draw:\n  kind: chances")
    ]
    found: Row = yaml.load(text, Loader=yaml.BaseLoader)
    return found


def gacha(kept: bool, instead: str = "loss") -> Any:
    """Pulls with the guide's chances; where the guarantee is not kept, U1's comes one pull late, after `instead`."""

    def play(rng: Random) -> Made:
        guide = example()
        assets = {asset: {"step": "1"} for asset in ("hero", "stardust")} | {"CNY": {"step": "0.01"}}
        rules = {"campaign": "gacha", "effective": {"from": str(SINCE.date())}, "assets": assets, "due": "24h",
                 "activity": {"started_by": "initiator"}, "entry": {"stake": {"CNY": "9"}}, **guide}  # fmt: skip
        people = [{"participant_id": f"U{n}", "referrer_id": None, "joined_at": SINCE} for n in range(1, PEOPLE + 1)]
        activity = {"activity_id": "B1", "initiator_id": "U1", "started_at": SINCE, "ended_at": None}
        entries, outcomes, payments = list[Row](), list[Row](), list[Row]()
        best, good = dict.fromkeys(range(PEOPLE), 0), dict.fromkeys(range(PEOPLE), 0)
        for number in range(PULLS * PEOPLE):
            who = number % PEOPLE
            best[who] += 1
            good[who] += 1
            chance = rng.random()
            # U1 has no luck at all, so that the guarantee must come to bear
            sure = 90 if kept or who else 91
            said = "five-star" if best[who] == sure or (chance < 0.006 and who) else "loss"
            if said == "loss" and best[who] < 90 and (good[who] == 10 or chance < 0.057):
                said = "four-star"
            if best[who] == 90 and said != "five-star":
                said = instead
            best[who] = 0 if said == "five-star" else best[who]
            good[who] = 0 if said != "loss" else good[who]
            at, key = SINCE + timedelta(hours=1, minutes=number), f"K{number}"
            entries.append({"entry_id": key, "activity_id": "B1", "participant_id": f"U{who + 1}", "position": number + 1,
                            "entered_at": at, "paid": "9.00"})  # fmt: skip
            outcomes.append({"entry_id": key, "outcome": said})
            clause, asset, amount = ("hero", "hero", 1) if said == "five-star" else ("stardust", "stardust", 15)
            if said != "four-star":
                payments.append({"payment_id": f"P{number}", "paid_at": at + timedelta(minutes=9), "asset": asset,
                                 "payee_id": f"U{who + 1}", "amount": amount, "reason": clause, "ref": key})  # fmt: skip
        tables = {
            "participant": people,
            "activity": [activity],
            "entry": entries,
            "outcome": outcomes,
            "payment": payments,
        }
        return rules, tables

    return play


@pytest.mark.parametrize(("kept", "found"), [(True, []), (False, [("guarantee_not_honoured", "guarantees")])])
def test_a_guarantee_at_ninety(kept: bool, found: list[tuple[str, str]], tmp_path: Path, audited: Auditor) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    write_history(Random(90), folder, gacha(kept))
    _, findings = audited(folder)
    assert failing(findings) == found
    if not kept:
        one = next(each for each in findings if (each.check, each.subject) == found[0])
        assert {row["participant_id"] for row in one.rows} == {"U1"}
        assert one.rows[0]["entry_id"] == f"K{89 * PEOPLE}"


def test_a_lesser_prize_in_the_guaranteed_ones_place_is_said_once(tmp_path: Path, audited: Auditor) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    write_history(Random(90), folder, gacha(kept=False, instead="four-star"))
    _, findings = audited(folder)
    assert failing(findings) == [("guarantee_not_honoured", "guarantees")]

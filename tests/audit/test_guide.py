"""Every example of the guide to writing rules is read as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from audit.rules import read_rules
from tests.conftest import ROOT

BLOCKS = re.findall(r"```yaml\n(.*?)```", (ROOT / "audit" / "rules" / "README.md").read_text("utf-8"), re.DOTALL)
ASSETS = "".join(f'  {name}: {{step: "1"}}\n' for name in ("coupon", "hero", "stardust", "product", "goods"))
BOXES = "draw: {kind: boxes, boxes: 24, prizes: {product: 1}, odds: uniform}\n"
CLAUSES = """\
  direct: {on: order, to: participant.referrer, pays: {CNY: "200"}}
  initiator-per-opening: {on: entry, to: initiator, pays: {CNY: "4.50"}}
  seed-user: {on: registration, to: participant, pays: {coupon: "1"}}
"""


@pytest.mark.parametrize("block", BLOCKS[1:], ids=lambda block: block.strip().split(":")[0])
def test_an_example_is_read(block: str, tmp_path: Path) -> None:
    text = BLOCKS[0].replace("due: 24h", ASSETS + "due: 24h")
    text += 'activity: {stake: {CNY: "30"}}\nentry: {stake: {CNY: "5"}}\n'
    text += "" if "draw:" in block else BOXES
    if block.startswith("  "):  # clauses alone
        text += "awards:\n" + CLAUSES + block
    elif "awards:\n" in block and "versions" not in block:
        text += block.replace("awards:\n", "awards:\n" + CLAUSES)
    else:
        text += block + "awards:\n" + CLAUSES
    path = tmp_path / "rules.yaml"
    path.write_text(text, "utf-8")
    rules, _ = read_rules(path)
    assert rules.campaign == "spring-boxes"

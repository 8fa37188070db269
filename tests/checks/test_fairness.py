"""Who can reach what the rules promise, and who is paid: cases whose answers were counted by hand."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from audit.rules import read_rules
from checks.fairness.ranks_seldom_reached import fewest
from tests.conftest import FIXTURES, Auditor

CHAIN = FIXTURES / "chain-2-1" / "honest"


def test_the_fewest_people_each_rank_takes() -> None:
    """An agent takes two members below; a V1 three lines with a member; a V2 three V1 (1 + 3 x 4), a V3 three V2 (1 + 3 x 13)."""
    rules, _ = read_rules(CHAIN / "rules.yaml")
    assert [fewest(rules, name) for name in rules.ranks] == [1, 3, 4, 13, 40]


def test_who_reached_each_rank(tmp_path: Path, audited: Auditor) -> None:
    """Everybody who bought a package is a member; the founder paid 5000 for V3 and has no three lines with a V2; in a copy with
    thirty people V3 takes more than there are, and the export cannot tell."""
    folder = Path(shutil.copytree(CHAIN, tmp_path / "case"))
    with (folder / "orders.csv").open(encoding="gb18030", newline="") as file:
        rows = list(csv.DictReader(file))
    buyers = {row["买家"] for row in rows if row["类型"] == "礼包"}
    _, findings = audited(folder)
    ranks = {one.subject: one for one in findings if one.check == "ranks_seldom_reached"}
    assert ranks["member"].observed == f"{len(buyers)} / 84"
    assert "at least 40 people" in ranks["v3"].text.en
    assert (ranks["v3"].verdict, ranks["v3"].basis, ranks["v3"].observed) == ("FAIL", "screen", "0 / 84")
    assert (ranks["v1"].verdict, ranks["v2"].verdict) == ("PASS", "PASS")
    with (folder / "users.csv").open(encoding="gb18030", newline="") as file:
        head, *users = file.read().splitlines()
    (folder / "users.csv").write_text("\n".join([head, *users[:30]]) + "\n", "gb18030")
    _, findings = audited(folder)
    v3 = next(one for one in findings if (one.check, one.subject) == ("ranks_seldom_reached", "v3"))
    assert (v3.verdict, v3.observed) == ("INCONCLUSIVE", "0 / 30")

"""Rules that must not load, and the words of the refusal: line, column, value and mend."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest
import yaml

from audit.problem import Problem
from audit.rules import Boxes, Numbers, json_schema, read_rules
from audit.rules.odds import box_chances, box_odds
from audit.rules.units import Units
from tests.conftest import FIXTURES

HONEST = FIXTURES / "blind-box" / "honest" / "rules.yaml"
REFUSED = [
    ("an unknown key", 'pays: {CNY: "4.50"}', 'pay: {CNY: "4.50"}', "37:5", "did you mean 'pays'?"),
    ("an unknown event", "on: win", "on: won", "60:5", "did you mean 'win'?"),
    ("a bare float", 'pays: {CNY: "4.50"}', "pays: {CNY: 4.50}", "37:17", 'put it in quotes: "4.50"'),
    ("a number with an underscore", "first: 1000", "first: 1_000", "68:12", 'put it in quotes: "1_000"'),
    ("more digits than the step", '"4.50"', '"4.505"', "37:12", "not a whole number of steps of 0.01 CNY"),
    ("a negative amount", '"4.50"', '"-4.50"', "37:12", "cannot be negative"),
    ("an unknown asset", "pays: {coupon:", "pays: {coupons:", "57:12", "did you mean 'coupon'?"),
    ("odds that do not add to 1", "odds: uniform", 'odds: {1-6: "0", 7-24: 1/19}', "28:3", "add to 18/19, not to 1"),
    ("odds above 1", "odds: uniform", 'odds: {"1": 3/2}', "28:10", "odds cannot be more than 1"),
    ("ranges that overlap", "odds: uniform", "odds: {1-6: 1/12, 6-12: 1/14}", "28:21", "stand in two ranges"),
    ("a box beyond the last", "odds: uniform", "odds: {1-25: 1/25}", "28:10", "there are only 24 boxes"),
    ("an unsafe name", "  prize:", '  "prize; DROP TABLE entry":', "58:3", "not a name"),
    ("a key twice", "kind: boxes", "kind: boxes\n  kind: boxes", "26:3", "stands twice"),
    ("an alias", "odds: uniform", "odds: &a uniform\n  says: *a", "29:9", "aliases are not read"),
    (
        "a start paid to a participant",
        "to: initiator.referrer",
        "to: participant.referrer",
        "46:5",
        "a start has no participant",
    ),
    ("neither pays nor choice", 'choice: [{product: "1"}, {coupon: "198"}]', "says: nothing", None, "stands twice"),
    (
        "two options of one asset",
        '[{product: "1"}, {coupon: "198"}]',
        '[{coupon: "1"}, {coupon: "198"}]',
        "62:5",
        "two options pay",
    ),
    (
        "a share of nothing",
        'pays: {CNY: "4.50"}',
        'pays: {CNY: {percent: "5", of: order, rounding: down}}',
        "37:",
        "moves no amount",
    ),
    (
        "a share without rounding",
        'pays: {CNY: "4.50"}',
        'pays: {CNY: {percent: "5", of: order}}',
        "37:",
        "'rounding' is missing",
    ),
    ("a place of what is no order", "first: 1000", "nth: 1", "68:5", "bears on orders, entries and recruits only"),
    ("a role nobody knows", "to: initiator.referrer", "to: initiator.boss", "46:5", "not a name"),
    ("a due without a unit", "due: 24h", "due: 24", "30:1", "such as 24h"),
    ("a day that does not exist", "from: 2022-01-01", "from: 2022-02-30", "3:13", "a date is written"),
    ("a claim the wrong way round", 'between: ["-25.50", "78.00"]', 'between: ["78", "1"]', "77:5", "lower end"),
    ("no mapping at all", None, "- 1\n- 2\n", "1:1", "mapping"),
    ("true as a number of boxes", "boxes: 24", "boxes: true", "26:3", "digits, such as 24 (found 'true')"),
    ("text as a number of boxes", "boxes: 24", 'boxes: "24.0"', "26:3", "digits, such as 24 (found '24.0')"),
    ("true as a number of prizes", "{product: 1}", "{product: true}", "27:12", "written in digits"),
    ("true as a number of registrations", "first: 1000", "first: true", "68:5", "written in digits"),
    ("true as a chance", "odds: uniform", "odds: {1-23: true}", "28:", "an exact fraction such as 1/24"),
    ("broken YAML", "awards:", "awards: [", None, "not readable as YAML"),
]


@pytest.mark.parametrize(
    ("old", "new", "place", "words"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED]
)
def test_refused(old: str | None, new: str, place: str | None, words: str, tmp_path: Path) -> None:
    text = HONEST.read_text("utf-8")
    assert old is None or old in text
    path = tmp_path / "rules.yaml"
    path.write_text(new if old is None else text.replace(old, new, 1), "utf-8")
    with pytest.raises(Problem) as caught:
        read_rules(path)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"rules.yaml:{place or ''}"), str(caught.value)


def test_every_fault_is_shown_at_once(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(HONEST.read_text("utf-8").replace("pays:", "pay:").replace("on: win", "on: won"), "utf-8")
    with pytest.raises(Problem) as caught:
        read_rules(path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 7
    assert all(line.startswith("rules.yaml:") for line in lines)


def test_missing_file_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no such file"):
        read_rules(tmp_path / "rules.yaml")


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Problem, match="a folder, where a file should be"):
        read_rules(tmp_path)
    path = tmp_path / "rules.yaml"
    path.write_bytes("campaign: x\nsays: 盲盒\n".encode("gb18030"))
    with pytest.raises(Problem, match=r"rules\.yaml:2:8: these bytes are not UTF-8 .*save it as UTF-8"):
        read_rules(path)

    def forbidden(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    with pytest.raises(Problem, match=r"Permission denied\. give read permission"):
        read_rules(path)


@pytest.mark.parametrize("name", ["blind-box/honest", "blind-box/first-six-never-win", "ssq"])
def test_fixture_rules_satisfy_the_schema_that_editors_use(name: str) -> None:
    text = (FIXTURES / name / "rules.yaml").read_text("utf-8")
    data = yaml.load(text, Loader=yaml.BaseLoader)
    for pool in (data["draw"].get("pools") or {}).values():
        pool.update({key: int(value) for key, value in pool.items()})
    for tier in (data["draw"].get("tiers") or {}).values():
        tier["matches"] = [{key: int(value) for key, value in line.items()} for line in tier["matches"]]
    if "boxes" in data["draw"]:
        data["draw"] |= {"boxes": int(data["draw"]["boxes"]), "prizes": {"product": 1}}
        data["awards"]["seed-user"]["first"] = 1000
    jsonschema.validate(data, json_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data | {"awardz": {}}, json_schema())


def test_records_are_typed_and_frozen() -> None:
    rules, document = read_rules(HONEST)
    assert isinstance(rules.draw, Boxes)
    assert rules.draw.boxes == 24
    with pytest.raises(AttributeError):
        rules.campaign = "other"  # type: ignore[misc]
    assert document.marks["awards", "consolation"] == (53, 3)
    lottery, _ = read_rules(FIXTURES / "ssq" / "rules.yaml")
    assert isinstance(lottery.draw, Numbers)


def test_odds_by_range_give_the_chance_after_the_boxes_before(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(HONEST.read_text("utf-8").replace("odds: uniform", 'odds: {1-6: "0", 7-24: 1/18}'), "utf-8")
    rules, _ = read_rules(path)
    assert isinstance(rules.draw, Boxes)
    assert sum(box_odds(rules.draw)) == 1
    chances = {box: Fraction(num, den) for box, num, den in box_chances(rules.draw)}
    assert chances[6] == 0
    assert chances[7] == Fraction(1, 18)
    assert chances[24] == 1


def test_units_are_exact() -> None:
    from decimal import Decimal

    fen, nickel = Units.of("CNY", Decimal("0.01")), Units.of("CAD", Decimal("0.05"))
    assert fen.steps(Decimal("4.50")) == 450
    assert fen.show(450) == "4.50"
    assert nickel.steps(Decimal("0.15")) == 3
    assert nickel.show(3) == "0.15"
    assert Units.of("wei", Decimal(1)).show(10**30) == "1" + "0" * 30
    assert Units("wei", 18, 1).show(10**37 + 1) == "10000000000000000000.000000000000000001"
    assert Units("wei", 18, 1).steps(Decimal("10000000000000000000.000000000000000001")) == 10**37 + 1
    assert Units.of("k", Decimal(1000)).steps(Decimal(5000)) == 5

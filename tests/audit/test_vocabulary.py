"""Draws, counts, funds, exceptions and versions as written: what fits together, and the refusal of what does not."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path

import pytest

from audit.problem import Problem
from audit.rules import Rules, eras, read_rules

BASE = """\
campaign: words
effective: {from: 2022-01-01, to: 2023-01-01}
assets: {CNY: {step: "0.01"}, fund: {step: "0.01"}, gold: {step: "1"}}
activity: {}
entry: {stake: {CNY: "5"}}
"""
PULLS = (
    "draw: {kind: chances, prizes: {five: {chance: 3/500, guarantee: 90}, four: {chance: 51/1000, guarantee: 10}}}\n"
)
RAFFLE = "draw: {kind: raffle, every: 25}\n"
REFUSED = [
    ("chances above 1", 'draw: {kind: chances, prizes: {a: {chance: "0.6"}, b: {chance: "0.5"}}}', "add to 11/10, more than 1"),
    ("the worse prize sooner", "draw: {kind: chances, prizes: {a: {chance: 1/9, guarantee: 5}, b: {chance: 1/9, guarantee: 9}}}",
     "a better prize is guaranteed sooner"),
    ("a prize called win", "draw: {kind: chances, prizes: {win: {chance: 1/9}}}", "a name of its own"),
    ("a rise after the guarantee", "draw: {kind: chances, prizes: {a: {chance: 1/9, guarantee: 5, rises: {from: 6, by: 1/9}}}}",
     "the guarantee comes first"),
    ("a loss in a raffle", RAFFLE + "awards: {a: {on: loss, to: participant, pays: {CNY: 1}}}", "no draw that decides this"),
    ("an unknown prize", PULLS + "awards: {a: {on: win, when: {prize: [six]}, to: participant, pays: {CNY: 1}}}",
     "the draw declares no such prize"),
    ("everyone at no milestone", "awards: {a: {on: entry, to: everyone-so-far, pays: {CNY: 1}}}", "at a milestone of entries"),
    ("every of orders", "awards: {a: {on: order, every: 2, to: participant, pays: {CNY: 1}}}", "`every` counts the entries"),
    ("a payment of no shape", "awards: {a: {on: entry, to: participant, pays: {CNY: {sum: 1}}}}", "has one of the keys percent"),
    ("a ladder of wins", 'awards: {a: {on: recruit, to: participant, pays: {CNY: {ladder: {"1": 1}}}}}', "a ladder counts orders"),
    ("a ladder with nth", 'awards: {a: {on: entry, nth: 1, to: participant, pays: {CNY: {ladder: {"1": 1}}}}}', "says itself"),
    ("a ladder below a step", 'awards: {a: {on: entry, to: participant, pays: {CNY: {ladder: {"1": "0.001"}}}}}', "whole number of steps"),
    ("a fund that is not declared", "awards: {a: {on: entry, to: participant, pays: {CNY: {unlock: 1, from: gem}}}}", "not declared"),
    ("a fund of other steps", "awards: {a: {on: entry, to: participant, pays: {CNY: {unlock: 1, from: gold}}}}", "the same step"),
    ("a fund of itself", "awards: {a: {on: entry, to: participant, pays: {CNY: {unlock: 1, from: CNY}}}}", "into another asset"),
    ("an odd fen of nobody", "draw: {kind: group, size: 3, winners: 1}\n"
     "awards: {a: {on: completion, to: entrants, pays: {CNY: {pot: 1, split: equal}}}}", "who gets the steps"),
    ("an odd fen at random", "draw: {kind: group, size: 3, winners: 1}\n"
     "awards: {a: {on: completion, to: entrants, pays: {CNY: {pot: 1, split: random, odd: lowest-positions}}}}", "belongs to equal parts"),
    ("a discount above the price", 'order: {percent: {"1": "101"}}', "between 0 and 100"),
    ("a coupon that is not declared", 'order: {coupons: {half: "50"}}', "not declared"),
    ("a version before the first", "versions: [{from: 2021-01-01}]", "must be later than the version before"),
    ("a version after the end", "versions: [{from: 2023-01-01}]", "before the rules end"),
    ("two versions of one day", "versions: [{from: 2022-02-01}, {from: 2022-02-01}]", "must be later"),
    ("a version that ends nothing", "versions: [{from: 2022-02-01, awards: {a: null}}]", "no such clause stood before"),
    ("a version of another draw", RAFFLE + "versions: [{from: 2022-02-01, draw: {kind: group, size: 3, winners: 1}}]", "keeps the kind"),
    ("a version of other pools", "draw: {kind: numbers, pools: {red: {from: 1, to: 33, pick: 6}}}\n"
     "versions: [{from: 2022-02-01, draw: {kind: numbers, pools: {red: {from: 1, to: 35, pick: 6}}}}]", "a version keeps its pools"),
    ("prizes in another order", 'draw: {kind: chances, prizes: {a: {chance: "0.1"}, b: {chance: "0.1"}}}\n'
     'versions: [{from: 2022-02-01, draw: {kind: chances, prizes: {b: {chance: "0.1"}, c: {chance: "0.1"}}}},\n'
     '  {from: 2022-03-01, draw: {kind: chances, prizes: {c: {chance: "0.1"}, a: {chance: "0.1"}}}}]', "keeps the order of its prizes"),
    ("a fault in a version", "versions: [{from: 2022-02-01, awards: {a: {on: entry, to: participant, pays: {CNY: -1}}}}]",
     "rules.yaml:6:79: an amount cannot be negative"),
]  # fmt: skip
CLAUSES = """\
awards:
  direct: {on: order, to: participant.referrer, pays: {CNY: "200"}}
  double-week: {on: order, when: {kind: [package]}, to: participant.referrer, pays: {CNY: "400"}, overrides: [direct]}
  first-order: {on: order, nth: 1, to: participant.referrer, pays: {CNY: "300"}, overrides: [direct]}
"""


def read(tmp_path: Path, text: str) -> Rules:
    path = tmp_path / "rules.yaml"
    path.write_text(BASE + text, "utf-8")
    return read_rules(path)[0]


@pytest.mark.parametrize(("text", "words"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_refused(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        read(tmp_path, text)
    assert words in str(caught.value)
    assert str(caught.value).startswith("rules.yaml:")


@pytest.mark.parametrize("text", [PULLS, RAFFLE, ""], ids=["chances", "raffle", "neither"])
def test_what_fits_is_read(text: str, tmp_path: Path) -> None:
    assert read(tmp_path, text).campaign == "words"


def test_exceptions_that_may_meet_are_an_error_that_names_both(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="'double-week' and 'first-order' may both apply") as caught:
        read(tmp_path, CLAUSES)
    assert "rules.yaml:9" in str(caught.value)
    assert "add 'double-week' to the overrides of 'first-order'" in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        ("nth: 1,", "when: {kind: [coupon]},"),  # other kinds: they never meet
        ("overrides: [direct]}\n", "overrides: [direct, double-week]}\n"),  # or one says that it holds
    ],
)
def test_exceptions_that_never_meet_or_say_which_holds_are_read(change: tuple[str, str], tmp_path: Path) -> None:
    head, last = CLAUSES.rsplit("  first-order", 1)
    rules = read(tmp_path, head + "  first-order" + last.replace(*change))
    assert rules.awards["first-order"].overrides[0] == "direct"


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ("[nothing]", "names another clause"),
        ("[direct, double-week]", "names another clause"),
        ("[other]", "they never meet"),
    ],
)
def test_exceptions_of_nothing(overrides: str, words: str, tmp_path: Path) -> None:
    text = CLAUSES.rsplit("  first-order", 1)[0].replace("[direct]", overrides)
    with pytest.raises(Problem, match=words):
        read(tmp_path, text + "  other: {on: entry, to: participant, pays: {CNY: 1}}\n")


def test_each_version_is_the_one_before_with_what_it_names_replaced(tmp_path: Path) -> None:
    rules = read(
        tmp_path,
        PULLS
        + "awards: {a: {on: entry, to: participant, pays: {CNY: 1}}, b: {on: win, to: participant, pays: {CNY: 9}}}\n"
        "versions:\n"
        "  - {from: 2022-03-01, awards: {a: {on: entry, to: participant, pays: {CNY: 2}}}}\n"
        "  - {from: 2022-06-01, awards: {b: null}, entry: {stake: {CNY: 6}}}\n",
    )
    spans = [(era.effective.from_, era.effective.to) for era in eras(rules)]
    days = [date(2022, 1, 1), date(2022, 3, 1), date(2022, 6, 1), date(2023, 1, 1)]
    assert spans == list(itertools.pairwise(days))
    assert [sorted(era.awards) for era in eras(rules)] == [["a", "b"], ["a", "b"], ["a"]]
    assert [era.awards["a"].pays for era in eras(rules)] == [{"CNY": 1}, {"CNY": 2}, {"CNY": 2}]
    assert [era.entry.stake["CNY"] for era in eras(rules) if era.entry] == [5, 5, 6]
    assert all(era.draw == rules.draw for era in eras(rules))

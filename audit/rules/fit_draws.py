"""Whether a declared draw can be drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Protocol

from audit.problem import Problem
from audit.rules.boosts import Boost, Where
from audit.rules.document import Path_
from audit.rules.draws import Boxes, Chances, Draw, Group, Numbers
from audit.rules.records import AssetRule
from audit.rules.scalars import span_of


class Says(Protocol):
    """How a problem is said: at a path, in words, with the value and the mend."""

    def __call__(self, path: Path_, message: str, *, value: str = "", mend: str = "") -> Problem:
        """Make the problem."""


def draw_misfits(draw: Draw, assets: Mapping[str, AssetRule], problem: Says) -> Iterator[Problem]:
    """Every problem of a draw, whichever its kind."""
    if isinstance(draw, Boxes):
        yield from _box_misfits(draw, assets, problem)
    if isinstance(draw, Group) and draw.winners > draw.size:
        yield problem(("draw", "winners"), "more winners than places", value=str(draw.winners))
    if isinstance(draw, Chances):
        yield from _chance_misfits(draw, problem)
    if isinstance(draw, Numbers):
        yield from _number_misfits(draw, problem)


def boost_misfits(boosts: Sequence[Boost], draw: Draw | None, problem: Says) -> Iterator[Problem]:
    """Every problem of boosts: they bear on boxes, and each must leave something to bear on."""
    for place, boost in enumerate(boosts):
        at: Path_ = ("boosts", place)
        if not isinstance(draw, Boxes):
            yield problem(at, "only boxes have boosts", mend="chances have `rises` and `guarantee`")
        if boost.where == Where():
            yield problem((*at, "where"), "says nothing", mend="such as {hour: 20-21}")
        for name in ("spent", "collected", "won_that_day"):
            band = getattr(boost.where, name)
            if band is not None and band.from_ is not None and band.below is not None and band.below <= band.from_:
                yield problem((*at, "where", name), "nothing lies in it", mend="`below` is more than `from`")
        since, until = boost.where.since, boost.where.until
        if since is not None and until is not None and until <= since:
            yield problem((*at, "where", "until"), "must be later than `since`", value=str(until))


def _box_misfits(draw: Boxes, assets: Mapping[str, AssetRule], problem: Says) -> Iterator[Problem]:
    at: Path_ = ("draw", "odds")
    if len(draw.prizes) != 1:
        yield problem(("draw", "prizes"), "the boxes hold exactly one prize")
    for prize in draw.prizes:
        if prize not in assets:
            yield problem(("draw", "prizes", prize), "this asset is not declared", value=prize,
                          mend=f'declare what is won under `assets`, as {prize}: {{step: "1"}}')  # fmt: skip
    if draw.odds == "uniform":
        return
    total, seen = Fraction(0), set[int]()
    for text, odds in draw.odds.items():
        boxes = set(span_of(text))
        if boxes & seen:
            yield problem((*at, text), "these boxes stand in two ranges", value=text)
        if max(boxes) > draw.boxes:
            yield problem((*at, text), f"there are only {draw.boxes} boxes", value=text)
        seen |= boxes
        total += odds * len(boxes)
    if total != 1:
        yield problem(at, f"the odds of all boxes add to {total}, not to 1")


def _chance_misfits(draw: Chances, problem: Says) -> Iterator[Problem]:
    if not draw.prizes:
        yield problem(("draw", "prizes"), "the draw names no prize", mend="name the best first")
    total = sum((prize.chance for prize in draw.prizes.values()), start=Fraction(0))
    if total > 1:
        yield problem(("draw", "prizes"), f"the chances add to {total}, more than 1")
    before: int | None = None
    for name, prize in draw.prizes.items():
        at: Path_ = ("draw", "prizes", name)
        if name in ("win", "loss"):
            yield problem(at, "a prize needs a name of its own", value=name)
        if prize.rises and prize.guarantee and prize.rises.from_ > prize.guarantee:
            yield problem((*at, "rises", "from"), "the guarantee comes first", value=str(prize.rises.from_))
        if prize.guarantee and before and prize.guarantee > before:
            yield problem((*at, "guarantee"), "a better prize is guaranteed sooner", value=str(prize.guarantee),
                          mend="name the best prize first")  # fmt: skip
        before = prize.guarantee or before


def _number_misfits(draw: Numbers, problem: Says) -> Iterator[Problem]:
    for name, pool in draw.pools.items():
        if pool.to < pool.from_ or pool.pick > pool.to - pool.from_ + 1:
            yield problem(("draw", "pools", name), "fewer numbers than are picked")
    for tier, rule in draw.tiers.items():
        for place, match in enumerate(rule.matches):
            for pool_name, hits in match.items():
                at: Path_ = ("draw", "tiers", tier, "matches", place, pool_name)
                if pool_name not in draw.pools:
                    yield problem(at, "this pool is not declared", value=pool_name)
                elif hits > draw.pools[pool_name].pick:
                    yield problem(at, "more matches than numbers drawn", value=str(hits))

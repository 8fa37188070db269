"""Read and check a rules file: first its shape, then whether its parts fit one another."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from audit.problem import Problem, raise_all
from audit.rules.document import Document, Path_, read_document, read_record
from audit.rules.records import Award, Boxes, Group, Numbers, Rules, Share, Split, span_of

ENTRY_EVENTS = ("entry", "win", "loss")


@cache
def _adapter() -> TypeAdapter[Rules]:
    return TypeAdapter(Rules)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a rules file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "redraw rules",
        **_adapter().json_schema(by_alias=True),
    }


def read_rules(path: Path) -> tuple[Rules, Document]:
    """The rules of a file, and the file itself with its marks. Raises Problem."""
    document = read_document(path)
    if not isinstance(document.data, dict):
        raise document.problem((), "a rules file is a mapping of keys", mend="begin with `campaign:`")
    rules = read_record(_adapter(), document, words(json_schema()))
    raise_all(list(_misfits(rules, document)))
    return rules, document


def words(schema: Mapping[str, Any]) -> set[str]:
    """Every key that a JSON Schema knows: what a misspelt key may have meant."""
    found = set(schema.get("properties", {}))
    for record in schema.get("$defs", {}).values():
        found |= set(record.get("properties", {}))
    return found


def _misfits(rules: Rules, document: Document) -> Iterator[Problem]:
    for name, asset in rules.assets.items():
        if asset.step <= 0:
            yield document.problem(("assets", name, "step"), "a step must be more than 0", value=str(asset.step))
    for path, money in _monies(rules):
        yield from _money_misfits(rules, document, path, money)
    if isinstance(rules.draw, Boxes):
        yield from _box_misfits(rules.draw, rules, document)
    if isinstance(rules.draw, Group) and rules.draw.winners > rules.draw.size:
        yield document.problem(("draw", "winners"), "more winners than places", value=str(rules.draw.winners))
    if isinstance(rules.draw, Numbers):
        yield from _number_misfits(rules.draw, document)
    for name, award in rules.awards.items():
        at: Path_ = ("awards", name)
        if (award.pays is None) == (award.choice is None):
            yield document.problem(at, "an award has either `pays` or `choice`", value=name)
        if award.choice is not None and any(len(option) != 1 for option in award.choice):
            yield document.problem((*at, "choice"), "each option of a choice names one asset")
        if award.choice is not None and len({asset for option in award.choice for asset in option}) < len(award.choice):
            yield document.problem(
                (*at, "choice"), "two options pay the same asset", mend="the export could not tell them"
            )
        if award.on == "order" and award.to.startswith("initiator"):
            yield document.problem((*at, "to"), "an order has no initiator", value=award.to, mend="say participant")
        if award.on in ("start", "completion") and award.to.startswith("participant"):
            yield document.problem(
                (*at, "to"), f"a {award.on} has no participant", value=award.to, mend="say initiator"
            )
        if award.on == "registration" and award.to.startswith("initiator"):
            yield document.problem(
                (*at, "to"), "a registration has no initiator", value=award.to, mend="say participant"
            )
        if award.first is not None and award.on != "registration":
            yield document.problem((*at, "first"), "`first` counts registrations only", value=str(award.first))
        if award.on in ENTRY_EVENTS and rules.entry is None:
            yield document.problem((*at, "on"), "the rules declare no entry", value=award.on, mend="add `entry:`")
        yield from _order_misfits(award, document, at)
        yield from _split_misfits(award, rules, document, at)
        if award.on not in ("registration", "entry", "order") and rules.activity is None:
            yield document.problem((*at, "on"), "the rules declare no activity", value=award.on, mend="add `activity:`")
        if award.on in ("win", "loss", "completion") and not isinstance(rules.draw, Boxes | Group):
            yield document.problem((*at, "on"), "the rules declare no draw that decides this", value=award.on)
    for name, claim in rules.claims.items():
        if claim.between[0] > claim.between[1]:
            yield document.problem(("claims", name, "between"), "the lower end comes first")
        if claim.in_ not in rules.assets:
            yield document.problem(("claims", name, "in"), "this asset is not declared", value=claim.in_)
        if rules.activity is None or not isinstance(rules.draw, Boxes):
            yield document.problem(("claims", name), "a claim about an activity needs `activity` and a draw of boxes")
    if rules.effective.to is not None and rules.effective.to <= rules.effective.from_:
        yield document.problem(("effective", "to"), "must be later than `from`", value=str(rules.effective.to))


def _order_misfits(award: Award, document: Document, at: Path_) -> Iterator[Problem]:
    """What only orders can have: conditions on them, and shares of them."""
    if award.on != "order":
        for key, value in (("when", award.when), ("nth", award.nth)):
            if value is not None:
                yield document.problem((*at, key), f"`{key}` bears on orders only", mend="say on: order")
    for asset, pay in (award.pays or {}).items():
        if isinstance(pay, Share):
            if award.on != "order":
                yield document.problem((*at, "pays", asset, "of"), f"a {award.on} moves no amount", value=pay.of)
            if not 0 < pay.percent <= 100:
                place: Path_ = (*at, "pays", asset, "percent")
                yield document.problem(place, "a percentage lies above 0 and up to 100", value=str(pay.percent))


def _split_misfits(award: Award, rules: Rules, document: Document, at: Path_) -> Iterator[Problem]:
    """Everybody in a group is paid when it is complete, and a pot is shared by everybody in a group."""
    grouped = isinstance(rules.draw, Group)
    if award.to == "entrants" and not (grouped and award.on == "completion"):
        yield document.problem((*at, "to"), "entrants are paid on the completion of a group", value=award.to)
    for asset, pay in (award.pays or {}).items():
        if isinstance(pay, Split) and award.to != "entrants":
            yield document.problem((*at, "pays", asset), "a pot is shared by the entrants", mend="say to: entrants")


def _monies(rules: Rules) -> Iterator[tuple[Path_, Mapping[str, Decimal | Share | Split]]]:
    if rules.activity:
        yield ("activity", "stake"), rules.activity.stake
    if rules.entry:
        yield ("entry", "stake"), rules.entry.stake
    for name, award in rules.awards.items():
        yield ("awards", name, "pays"), award.pays or {}
        for place, option in enumerate(award.choice or ()):
            yield ("awards", name, "choice", place), option
    if isinstance(rules.draw, Numbers):
        for name, tier in rules.draw.tiers.items():
            yield ("draw", "tiers", name, "prize"), tier.prize or {}


def _money_misfits(
    rules: Rules, document: Document, path: Path_, money: Mapping[str, Decimal | Share | Split]
) -> Iterator[Problem]:
    for asset, amount in money.items():
        at = (*path, asset)
        if asset not in rules.assets:
            near = difflib.get_close_matches(asset, rules.assets, 1, 0.5)
            mend = f"did you mean {near[0]!r}?" if near else "declare it under `assets`"
            yield document.problem(at, "this asset is not declared", value=asset, mend=mend)
        elif isinstance(amount, Share):
            continue
        elif isinstance(amount, Split):
            yield from _money_misfits(rules, document, at, {asset: amount.pot})
        elif amount < 0:
            yield document.problem(at, "an amount cannot be negative", value=str(amount))
        elif rules.assets[asset].step > 0 and Fraction(amount) % Fraction(rules.assets[asset].step):
            step = rules.assets[asset].step
            yield document.problem(at, f"not a whole number of steps of {step} {asset}", value=str(amount))


def _box_misfits(draw: Boxes, rules: Rules, document: Document) -> Iterator[Problem]:
    at: Path_ = ("draw", "odds")
    if len(draw.prizes) != 1:
        yield document.problem(("draw", "prizes"), "the boxes hold exactly one prize")
    for prize in draw.prizes:
        if prize not in rules.assets:
            yield document.problem(("draw", "prizes", prize), "this asset is not declared", value=prize)
    if draw.odds == "uniform":
        return
    total, seen = Fraction(0), set[int]()
    for text, odds in draw.odds.items():
        boxes = set(span_of(text))
        if boxes & seen:
            yield document.problem((*at, text), "these boxes stand in two ranges", value=text)
        if max(boxes) > draw.boxes:
            yield document.problem((*at, text), f"there are only {draw.boxes} boxes", value=text)
        seen |= boxes
        total += odds * len(boxes)
    if total != 1:
        yield document.problem(at, f"the odds of all boxes add to {total}, not to 1")


def _number_misfits(draw: Numbers, document: Document) -> Iterator[Problem]:
    for name, pool in draw.pools.items():
        if pool.to < pool.from_ or pool.pick > pool.to - pool.from_ + 1:
            yield document.problem(("draw", "pools", name), "fewer numbers than are picked")
    for tier, rule in draw.tiers.items():
        for place, match in enumerate(rule.matches):
            for pool_name, hits in match.items():
                at: Path_ = ("draw", "tiers", tier, "matches", place, pool_name)
                if pool_name not in draw.pools:
                    yield document.problem(at, "this pool is not declared", value=pool_name)
                elif hits > draw.pools[pool_name].pick:
                    yield document.problem(at, "more matches than numbers drawn", value=str(hits))

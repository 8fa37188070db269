"""Whether the parts of a rules file fit one another, in each of its versions."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from audit.problem import Problem
from audit.rules.awards import Award, Ladder, Pay, Share, Split, Unlock
from audit.rules.document import Document, Path_
from audit.rules.draws import Boxes, Chances, Group, Numbers, Raffle
from audit.rules.exceptions import collisions
from audit.rules.fit_draws import boost_misfits, draw_misfits
from audit.rules.fit_limits import limit_misfits
from audit.rules.fit_people import people_misfits
from audit.rules.fit_ranks import ranked_misfits, standing_misfits
from audit.rules.odds import best_first
from audit.rules.ranks import DayPool, Difference
from audit.rules.records import Order, Rules, eras

ENTRY_EVENTS = ("entry", "win", "loss")


@dataclass(frozen=True)
class Era:
    """Where the words of one version stand: in the latest version that names them, else in the file's own body."""

    document: Document
    number: int

    def problem(self, path: Path_, message: str, *, value: str = "", mend: str = "") -> Problem:
        """A problem at the nearest known place of a path."""
        head = path[:2] if path[:1] == ("awards",) else path[:1]
        for place in reversed(range(self.number)):
            if ("versions", place, *head) in self.document.marks:
                path = ("versions", place, *path)
                break
        return self.document.problem(path, message, value=value, mend=mend)


def misfits(rules: Rules, document: Document) -> Iterator[Problem]:
    """Every problem of a file whose shape is right."""
    for name, asset in rules.assets.items():
        if asset.step <= 0:
            yield document.problem(("assets", name, "step"), "a step must be more than 0", value=str(asset.step))
    yield from _reported_misfits(rules, document)
    yield from _version_misfits(rules, document)
    yield from limit_misfits(rules, document.problem)
    yield from boost_misfits(rules.boosts, rules.draw, document.problem)
    if rules.randomness is not None and (
        not isinstance(rules.draw, Boxes | Group | Raffle)
        or (isinstance(rules.draw, Raffle) and rules.draw.every is not None)
    ):
        yield document.problem(("randomness",), "published randomness decides boxes, groups, and raffles drawn once")
    yield from standing_misfits(rules, document.problem)
    for number, era in enumerate(eras(rules)):
        yield from _era_misfits(era, Era(document, number))


NEEDED = {"bought-again": ("at_least",), "even-with-recruits": ("recruits", "in_"), "median-received": ("amount", "in_"),
          "earlier-wins-more": ()}  # fmt: skip


def _reported_misfits(rules: Rules, document: Document) -> Iterator[Problem]:
    """A published figure says what it needs, in a declared asset."""
    for name, one in rules.reported.items():
        for key in NEEDED[one.quantity]:
            if getattr(one, key) is None:
                word = key.rstrip("_").replace("_", "-")
                yield document.problem(("reported", name), f"{one.quantity} needs `{word}`", mend=f"add `{word}`")
        if one.in_ is not None and one.in_ not in rules.assets:
            yield document.problem(
                ("reported", name, "in"), "this asset is not declared", value=one.in_, mend="declare it under `assets`"
            )


def _version_misfits(rules: Rules, document: Document) -> Iterator[Problem]:
    """Each version begins after the one before, ends only what stood, and keeps the kind of draw."""
    if rules.effective.to is not None and rules.effective.to <= rules.effective.from_:
        yield document.problem(("effective", "to"), "must be later than `from`", value=str(rules.effective.to))
    begun, known, draw = rules.effective.from_, set(rules.awards), rules.draw
    orders = [list(draw.prizes)] if isinstance(draw, Chances) else []
    for place, version in enumerate(rules.versions):
        here: Path_ = ("versions", place)
        if version.from_ <= begun or (rules.effective.to is not None and version.from_ >= rules.effective.to):
            yield document.problem((*here, "from"), "must be later than the version before, and before the rules end",
                                   value=str(version.from_))  # fmt: skip
        for name, award in version.awards.items():
            if award is None and name not in known:
                yield document.problem((*here, "awards", name), "no such clause stood before", value=name)
        if version.draw is not None and (draw is None or version.draw.kind != draw.kind):
            yield document.problem((*here, "draw", "kind"), "a version keeps the kind of draw", value=version.draw.kind,
                                   mend="another kind is another campaign, with rules of its own")  # fmt: skip
        if isinstance(version.draw, Numbers) and isinstance(draw, Numbers) and version.draw.pools != draw.pools:
            yield document.problem((*here, "draw", "pools"), "a version keeps its pools",
                                   mend="numbers out of other pools are another campaign, with rules of its own")  # fmt: skip
        if isinstance(version.draw, Chances) and isinstance(draw, Chances):
            if version.draw.counted != draw.counted:
                yield document.problem((*here, "draw", "counted"), "a version keeps whose entries are counted",
                                       value=version.draw.counted)  # fmt: skip
            orders.append(list(version.draw.prizes))
            if len(best_first(orders)) < len({name for order in orders for name in order}):
                orders.pop()
                yield document.problem((*here, "draw", "prizes"), "a version keeps the order of its prizes")
        begun, draw = version.from_, version.draw or draw
        known = {name for name in known | set(version.awards) if version.awards.get(name, 0) is not None}


def _era_misfits(rules: Rules, era: Era) -> Iterator[Problem]:
    for path, money in _monies(rules):
        yield from _money_misfits(rules, era, path, money)
    if rules.draw is not None:
        yield from draw_misfits(rules.draw, rules.assets, era.problem)
    for name, award in rules.awards.items():
        yield from _award_misfits(name, award, rules, era)
        yield from ranked_misfits(name, award, rules, era.problem)
    yield from people_misfits(rules, era.problem)
    yield from collisions(rules, era.problem)
    yield from _order_misfits(rules.order, rules, era)
    for name, claim in rules.claims.items():
        if claim.between[0] > claim.between[1]:
            yield era.problem(("claims", name, "between"), "the lower end comes first")
        if claim.in_ not in rules.assets:
            yield era.problem(
                ("claims", name, "in"), "this asset is not declared", value=claim.in_, mend="declare it under `assets`"
            )
        if rules.activity is None or not isinstance(rules.draw, Boxes | Group):
            yield era.problem(
                ("claims", name), "a claim about an activity needs `activity` and a draw of boxes or a group"
            )
        if (claim.per == "entry") != (claim.of == "participant"):
            yield era.problem(("claims", name, "per"), "a participant's net is per entry, all others' per activity")


def _award_misfits(name: str, award: Award, rules: Rules, era: Era) -> Iterator[Problem]:
    at: Path_ = ("awards", name)
    on, who = award.on, award.to.partition(".")[0]
    if (award.pays is None) == (award.choice is None):
        yield era.problem(at, "an award has either `pays` or `choice`", value=name)
    if award.choice is not None and any(len(option) != 1 for option in award.choice):
        yield era.problem((*at, "choice"), "each option of a choice names one asset")
    if award.choice is not None and len({asset for option in award.choice for asset in option}) < len(award.choice):
        yield era.problem((*at, "choice"), "two options pay the same asset", mend="the export could not tell them")
    if on in ("order", "registration", "recruit") and who == "initiator":
        article = "an" if on == "order" else "a"
        yield era.problem((*at, "to"), f"{article} {on} has no initiator", value=award.to, mend="say participant")
    if on in ("start", "completion") and who == "participant":
        yield era.problem((*at, "to"), f"a {on} has no participant", value=award.to, mend="say initiator")
    if award.first is not None and on != "registration":
        yield era.problem((*at, "first"), "`first` counts registrations only", value=str(award.first))
    if on in ENTRY_EVENTS and rules.entry is None:
        yield era.problem((*at, "on"), "the rules declare no entry", value=on, mend="add `entry:`")
    if on in ("start", "completion") and rules.activity is None:
        yield era.problem((*at, "on"), "the rules declare no activity", value=on, mend="add `activity:`")
    if on in ("win", "loss") and isinstance(rules.draw, Boxes | Group) and rules.activity is None:
        yield era.problem((*at, "on"), "the rules declare no activity", value=on, mend="add `activity:`")
    decided = {"win": Boxes | Group | Raffle | Chances, "loss": Boxes | Group | Chances, "completion": Boxes | Group}
    if on in decided and not isinstance(rules.draw, decided[on]):
        yield era.problem((*at, "on"), "the rules declare no draw that decides this", value=on)
    yield from _count_misfits(award, era, at)
    yield from _condition_misfits(award, rules, era, at)
    for asset, pay in (award.pays or {}).items():
        yield from _pay_misfits(award, asset, pay, rules, era, at)


def _count_misfits(award: Award, era: Era, at: Path_) -> Iterator[Problem]:
    """What only counted events can have."""
    if award.nth is not None and award.on not in ("order", "entry", "recruit"):
        yield era.problem(
            (*at, "nth"), "`nth` bears on orders, entries and recruits only", mend="say on: order, or on: entry"
        )
    if award.every is not None and award.on != "entry":
        yield era.problem((*at, "every"), "`every` counts the entries of an activity", mend="say on: entry")
    if award.to.startswith("everyone") and award.every is None:
        yield era.problem((*at, "to"), "everyone is paid at a milestone of entries", value=award.to,
                          mend="say on: entry and every: how many")  # fmt: skip


def _condition_misfits(award: Award, rules: Rules, era: Era, at: Path_) -> Iterator[Problem]:
    if award.when is None:
        return
    if (award.when.item or award.when.kind) and award.on not in ("order", "day-end"):
        yield era.problem((*at, "when"), "`item` and `kind` bear on orders only", mend="say on: order")
    if award.when.prize:
        prizes = rules.draw.prizes if isinstance(rules.draw, Chances) else {}
        if award.on != "win":
            yield era.problem((*at, "when", "prize"), "only a win has a prize", mend="say on: win")
        for prize in award.when.prize:
            if prize not in prizes:
                yield era.problem((*at, "when", "prize"), "the draw declares no such prize", value=prize)


def _pay_misfits(award: Award, asset: str, pay: Pay, rules: Rules, era: Era, at: Path_) -> Iterator[Problem]:
    """What each shape of payment needs of its clause."""
    here: Path_ = (*at, "pays", asset)
    if isinstance(pay, Share):
        if award.on not in {"order": ("order",), "stake": ENTRY_EVENTS, "withdrawal": ("withdrawal",)}[pay.of]:
            article = "an" if award.on in ("entry", "order") else "a"
            yield era.problem((*here, "of"), f"{article} {award.on} moves no amount of this name", value=pay.of)
        if not 0 < pay.percent <= 100:
            yield era.problem((*here, "percent"), "a percentage lies above 0 and up to 100", value=str(pay.percent))
    if isinstance(pay, Split):
        if award.to != "entrants":
            yield era.problem(here, "a pot is shared by the entrants", mend="say to: entrants")
        if pay.split == "equal" and pay.odd is None:
            yield era.problem(
                here, "who gets the steps that do not divide is not said", mend="add odd: lowest-positions"
            )
        if (pay.split == "equal" and pay.least is not None) or (pay.split == "random" and pay.odd is not None):
            yield era.problem(here, "`odd` belongs to equal parts, `least` to random ones")
    if isinstance(pay, Ladder) and award.on not in ("order", "entry", "registration"):
        yield era.problem((*here, "ladder"), "a ladder counts orders, entries or registrations", value=award.on)
    if isinstance(pay, Ladder) and (award.nth or award.first or award.every):
        yield era.problem(
            (*here, "ladder"), "a ladder says itself which counts it pays", mend="leave `nth`, `first`, `every` out"
        )
    if isinstance(pay, Unlock):
        if pay.from_ not in rules.assets:
            yield era.problem(
                (*here, "from"), "this asset is not declared", value=pay.from_, mend="declare it under `assets`"
            )
        elif rules.assets[pay.from_].step != rules.assets.get(asset, rules.assets[pay.from_]).step:
            yield era.problem((*here, "from"), "a fund has the same step as what it turns into", value=pay.from_)
        if pay.from_ == asset:
            yield era.problem((*here, "from"), "a fund turns into another asset", value=asset)
    if award.to == "entrants" and not (isinstance(rules.draw, Group) and award.on == "completion"):
        yield era.problem((*at, "to"), "entrants are paid on the completion of a group", value=award.to)


def _order_misfits(order: Order | None, rules: Rules, era: Era) -> Iterator[Problem]:
    if order is None:
        return
    percents = [(("order", "percent", place), share) for place, share in order.percent.items()]
    percents += [(("order", "coupons", coupon), share) for coupon, share in order.coupons.items()]
    for path, share in percents:
        if not 0 <= share <= 100:
            yield era.problem(path, "a percentage lies between 0 and 100", value=str(share))
    for coupon in order.coupons:
        if coupon not in rules.assets:
            yield era.problem(
                ("order", "coupons", coupon),
                "this asset is not declared",
                value=coupon,
                mend="declare it under `assets`",
            )


def _monies(rules: Rules) -> Iterator[tuple[Path_, Mapping[str, Pay]]]:
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


def _money_misfits(rules: Rules, era: Era, path: Path_, money: Mapping[str, Pay]) -> Iterator[Problem]:
    for asset, pay in money.items():
        at = (*path, asset)
        if asset not in rules.assets:
            near = difflib.get_close_matches(asset, rules.assets, 1, 0.5)
            mend = f"did you mean {near[0]!r}?" if near else "declare it under `assets`"
            yield era.problem(at, "this asset is not declared", value=asset, mend=mend)
            continue
        step = rules.assets[asset].step
        for place, amount in _amounts(pay):
            if amount < 0:
                yield era.problem((*at, *place), "an amount cannot be negative", value=str(amount))
            elif step > 0 and Fraction(amount) % Fraction(step):
                yield era.problem((*at, *place), f"not a whole number of steps of {step} {asset}", value=str(amount))


def _amounts(pay: Pay) -> list[tuple[Path_, Decimal]]:
    """The amounts in a payment, with where they stand below its asset."""
    if isinstance(pay, Decimal):
        return [((), pay)]
    if isinstance(pay, Split):
        return [((), pay.pot), *([(("least",), pay.least)] if pay.least is not None else [])]
    if isinstance(pay, Ladder):
        return [(("ladder", place), amount) for place, amount in pay.ladder.items()]
    if isinstance(pay, Difference):
        return [(("difference", rank), amount) for rank, amount in pay.difference.items()]
    if isinstance(pay, DayPool):
        return [(("per-order",), pay.per_order)]
    if isinstance(pay, Unlock) and isinstance(pay.unlock, Decimal):
        return [(("unlock",), pay.unlock)]
    return []

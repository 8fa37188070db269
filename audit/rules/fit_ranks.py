"""Whether ranks, the tree and what is paid by them fit one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from audit.problem import Problem
from audit.rules.document import Path_
from audit.rules.ranks import DayPool, Difference, Income, PartFrozen, Rank, Released
from audit.rules.scalars import span_of

if TYPE_CHECKING:
    from audit.rules.awards import Award
    from audit.rules.records import Rules

Says = Callable[..., Problem]
SEATS = 100  # the highest number by which a recruit can be named


def standing_misfits(rules: Rules, problem: Says) -> Iterator[Problem]:
    """Every problem of the ranks and the tree themselves."""
    standings = {**rules.ranks, **rules.milestones}
    for room, ranks in (("ranks", rules.ranks), ("milestones", rules.milestones)):
        for name, rank in ranks.items():
            yield from _standing_misfits(rules, standings, rank, (room, name), problem)
    for name in rules.milestones:
        if name in rules.ranks:
            yield problem(("milestones", name), "a rank has this name", value=name)
    if len(standings) > 60:
        yield problem(("ranks",), "more than 60 ranks and milestones", value=str(len(standings)))
    tree = rules.tree
    if tree is not None:
        if tree.hand_over and tree.matrix:
            yield problem(("tree", "matrix"), "recruits are handed over, or placed in a matrix, not both")
        if tree.recruit is not None:
            yield from _unknown(tree.recruit, standings, ("tree", "recruit"), problem)
        if tree.hand_over is not None:
            yield from _unknown(tree.hand_over.to, standings, ("tree", "hand-over", "to"), problem)


def _unknown(name: str, standings: Mapping[str, Rank], at: Path_, problem: Says) -> Iterator[Problem]:
    if name not in standings:
        mend = f"one of {', '.join(standings)}" if standings else "declare it under `ranks`"
        yield problem(at, f"no rank or milestone is called {name!r}", value=name, mend=mend)


def _standing_misfits(
    rules: Rules, standings: Mapping[str, Rank], rank: Rank, at: Path_, problem: Says
) -> Iterator[Problem]:
    for key, names in (("recruits", rank.recruits), ("lines", rank.lines)):
        for name in names:
            yield from _unknown(name, standings, (*at, key, name), problem)
    for numbers, name in rank.each.items():
        yield from _unknown(name, standings, (*at, "each", numbers), problem)
        if span_of(numbers)[-1] > SEATS:
            yield problem((*at, "each", numbers), f"recruits are named by number up to {SEATS}", value=numbers)
    if rank.orders and rank.orders.under and span_of(rank.orders.under)[-1] > SEATS:
        yield problem((*at, "orders", "under"), f"recruits are named by number up to {SEATS}", value=rank.orders.under)
    if rank.filled and not (rules.tree and rules.tree.matrix):
        yield problem((*at, "filled"), "levels fill in a matrix only", mend="add `tree: {matrix: {width: 2}}`")
    if rank.holds is None:
        return
    yield from _unknown(rank.holds, standings, (*at, "holds"), problem)
    below, seen = rank.holds, {at[-1]}
    while below in standings and below not in seen:
        seen.add(below)
        below = standings[below].holds or ""
    if below in seen:
        yield problem((*at, "holds"), "this rank needs itself, so nobody can reach it", value=str(rank.holds))


def ranked_misfits(name: str, award: Award, rules: Rules, problem: Says) -> Iterator[Problem]:
    """Every problem of a clause that names ranks, or is paid by them."""
    standings = {**rules.ranks, **rules.milestones}
    at: Path_ = ("awards", name)
    to: Path_ = (*at, "to")
    who, *path = award.to.split(".")
    reaching = award.on in ("rank-reached", "milestone")
    if reaching and award.reaches is None:
        yield problem((*at, "on"), f"say which: `reaches` names the {award.on.partition('-')[0]}", value=award.on)
    if award.reaches is not None:
        if not reaching:
            yield problem((*at, "reaches"), "goes with on: rank-reached or on: milestone", value=award.reaches)
        known = rules.milestones if award.on == "milestone" else rules.ranks
        if award.reaches not in known:
            yield problem((*at, "reaches"), f"no such {award.on.partition('-')[0]}", value=award.reaches,
                          mend=f"one of {', '.join(known)}" if known else "")  # fmt: skip
    if who in ("participant", "initiator", "earner", "holders"):
        for word in path:
            if word not in ("nearest", "referrer", "team_leader", "upline", "exactly"):
                yield from _unknown(word, standings, to, problem)
    if (reaching or award.on in ("recruit", "withdrawal")) and who == "initiator":
        yield problem(to, f"a {award.on} has no initiator", value=award.to, mend="say participant")
    if (who == "holders") != (award.on == "day-end"):
        yield problem(to, "holders of a rank are paid on day-end, and on day-end nobody else", value=award.to)
    pays = list((award.pays or {}).values())
    if any(isinstance(pay, Difference | Income | DayPool | PartFrozen | Released) for pay in pays) and len(pays) > 1:
        yield problem((*at, "pays"), "such a clause pays one asset", mend="write a clause for each asset")
    kinds = {  # what only such a payment pays, on such an event
        Difference: (award.to == "participant.upline", "a difference is paid to: participant.upline"),
        Income: (who == "earner", "a percentage of income is paid to: earner.nearest.RANK or earner.referrer"),
        DayPool: (who == "holders", "a pool is shared by holders.RANK or holders.exactly.RANK"),
        PartFrozen: (award.on == "withdrawal" and award.to == "participant", "`freeze` goes with on: withdrawal, to: participant"),
        Released: (reaching and award.to == "participant", "`released` goes with on: milestone, to: participant"),
    }  # fmt: skip
    for asset, pay in (award.pays or {}).items():
        here: Path_ = (*at, "pays", asset)
        for kind, (fits, why) in kinds.items():
            if isinstance(pay, kind) and not fits:
                yield problem(here, why, value=award.to)
        if (who == "earner" and not isinstance(pay, Income)) or (
            path == ["upline"] and not isinstance(pay, Difference)
        ):
            yield problem(to, "an earner is above by `percent` of income, an upline by `difference`", value=award.to)
        if who == "holders" and not isinstance(pay, DayPool):
            yield problem(
                here, "holders of a rank share a pool", mend='say {per-order: "10", shared: equal, rest: carried}'
            )
        yield from _pay_misfits(rules, standings, award, pay, asset, here, problem)


def _pay_misfits(
    rules: Rules, standings: Mapping[str, Rank], award: Award, pay: object, asset: str, at: Path_, problem: Says
) -> Iterator[Problem]:
    if isinstance(pay, Difference):
        names, amounts = list(pay.difference), list(pay.difference.values())
        for name in names:
            yield from _unknown(name, rules.ranks, (*at, "difference", name), problem)
        for place in range(1, len(names)):
            if amounts[place] <= amounts[place - 1]:
                yield problem((*at, "difference", names[place]), "each amount is more than the one of the rank below")
            if not _above(names[place], names[place - 1], rules.ranks):
                yield problem((*at, "difference", names[place]), f"does not need {names[place - 1]!r}: then the nearer rank "
                              "is not always the lower one", mend=f"add `holds: {names[place - 1]}` to the rank")  # fmt: skip
    if isinstance(pay, Income):
        for place, name in enumerate(pay.of):
            other = rules.awards.get(name)
            here: Path_ = (*at, "of", place)
            if other is None or any(
                isinstance(one, Income) or hasattr(one, "unlock") for one in (other.pays or {}).values()
            ):
                why = "income is what another clause pays that is no percentage of income, and not out of a fund"
                yield problem(here, why, value=name)
            elif other.on != award.on or other.reaches != award.reaches:
                yield problem(here, f"{name!r} is due on {other.on}, not on {award.on}", value=name)
            elif asset not in (other.pays or {}):
                yield problem(here, f"{name!r} pays no {asset}", value=name)
        if pay.earner is not None:
            yield from _unknown(pay.earner, standings, (*at, "earner"), problem)
    if isinstance(pay, PartFrozen):
        yield from _unknown(pay.until, standings, (*at, "until"), problem)
    percent = pay.percent if isinstance(pay, Income) else pay.freeze if isinstance(pay, PartFrozen) else None
    if percent is not None and not 0 < Fraction(percent) <= 100:
        yield problem(at, "a percentage lies above 0 and up to 100", value=str(percent))
    if isinstance(pay, Released):
        froze = (rules.awards[pay.released].pays or {}).get(asset) if pay.released in rules.awards else None
        if not isinstance(froze, PartFrozen) or froze.until != award.reaches:
            yield problem(
                (*at, "released"), "names a clause with `freeze` until this very milestone", value=pay.released
            )


def _above(rank: str, below: str, known: Mapping[str, Rank]) -> bool:
    """Whether a rank cannot be held without another."""
    seen: set[str] = set()
    while rank in known and rank not in seen:
        seen.add(rank)
        rank = known[rank].holds or ""
        if rank == below:
            return True
    return False

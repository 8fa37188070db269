"""Whether bounds, costs and worths fit the rules they stand beside."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from audit.problem import Problem
from audit.rules.document import Path_
from audit.rules.draws import Chances, Numbers
from audit.rules.fit_draws import Says
from audit.rules.limits import Bound
from audit.rules.records import Rules


def limit_misfits(rules: Rules, problem: Says) -> Iterator[Problem]:
    """Every bound, cost or worth that names what the rules do not know."""
    for name, bound in rules.bounds.items():
        yield from _bound_misfits(rules, bound, problem, ("bounds", name))
    named = [(("costs", name, "pays", asset), asset) for name, cost in rules.costs.items() for asset in cost.pays]
    named += [
        (("assets", name, "worth", asset), asset) for name, rule in rules.assets.items() for asset in rule.worth or {}
    ]
    for at, asset in named:
        if asset not in rules.assets:
            yield problem(at, "this asset is not declared", value=asset, mend="declare it under `assets`")


def _bound_misfits(rules: Rules, bound: Bound, problem: Says, at: Path_) -> Iterator[Problem]:
    draw = rules.draw
    who = ("platform", "initiator", "participant")
    prizes = (
        tuple(draw.tiers)
        if isinstance(draw, Numbers)
        else (*draw.prizes, "win")
        if isinstance(draw, Chances)
        else ("win",)
    )
    known = {"odds": prizes, "net": who, "paid": ("platform", *rules.awards)}[bound.quantity]
    if bound.of not in known:
        near = difflib.get_close_matches(bound.of, known, 1, 0.5)
        mend = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(known)}"
        yield problem((*at, "of"), f"{bound.quantity} of what is not known", value=bound.of, mend=mend)
    if (bound.in_ is None) != (bound.quantity == "odds"):
        yield problem(at, "amounts have an asset, odds have none", mend="" if bound.in_ else "say in: CNY")
    elif bound.in_ is not None and bound.in_ not in rules.assets:
        yield problem((*at, "in"), "this asset is not declared", value=bound.in_, mend="declare it under `assets`")
    if bound.at_least is None and bound.at_most is None:
        yield problem(at, "a bound has at-least, at-most, or both")
    if rules.draw is None and bound.quantity != "paid":
        yield problem(at, "the rules declare no draw that this could be a bound on")

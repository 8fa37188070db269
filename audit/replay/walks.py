"""The loops over the tree, fed from tables and giving tables. Import this file only when a case has ranks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from audit.engine import Columns
from audit.problem import Problem
from audit.replay import climb as c
from audit.replay import ladders as k
from audit.replay.kernels import NEVER, Array
from audit.replay.ranked import TOO_LARGE, Plan, numbers_of
from audit.rules import Income
from audit.rules.units import share_of


def climb_ranks(plan: Plan, given: Mapping[str, Columns]) -> dict[str, Columns]:
    """Both tables of the first loop."""
    needs, tree = numbers_of(plan), plan.tree
    people, ranks, orders = len(given["nodes"]["referrer"]), len(plan.standings), len(needs["orders"])
    if max(people, len(given["events"]["node"])) >= int(NEVER):
        raise Problem("too many people or orders for one tree", mend="fewer than 2 147 483 647")
    width = tree.matrix.width if tree.matrix else 0
    firsts = max([1, *(row[2] for row in needs["each"]), *(row[3] for row in needs["orders"])])  # type: ignore[index]

    def table(name: str, columns: int) -> Array:
        return np.array(needs[name], np.int64).reshape(-1, columns)

    wanted = c.Needs(
        np.array(needs["bought"], np.int64), np.array(needs["holds"], np.int64),
        plan.number[tree.recruit] if tree.recruit else -1,
        np.array(needs["direct_of"], np.int64), np.array(needs["direct"], np.int64).reshape(ranks, -1),
        np.array(needs["line_of"], np.int64), np.array(needs["line"], np.int64).reshape(ranks, -1),
        table("each", 4), table("orders", 5), np.array(needs["filled"], np.int64), width,
    )  # fmt: skip
    known = c.Known(
        np.zeros(people, np.int64), np.zeros(people, np.int64), np.full((ranks, people), NEVER),
        np.full(people, NEVER), np.zeros(people, np.int32), np.zeros(people, np.int32),
        np.full((people, firsts), -1, np.int32), np.zeros((len(needs["direct_of"]), people), np.int32),
        np.zeros((len(needs["line_of"]), people), np.int32), np.zeros(people, np.int64),
        np.zeros((orders, people), np.int32), np.full(people, -1, np.int32),
        np.full((people if width else 0, max(1, width)), -1, np.int32), np.zeros(people if width else 0, np.int64),
        np.zeros((max(rank.filled or 0 for rank in plan.standings.values()) if width else 0, people), np.int64),
    )  # fmt: skip
    referrer = given["nodes"]["referrer"].astype(np.int32)
    events = given["events"]
    c.climb(
        referrer, events["node"].astype(np.int32), events["bits"], events["is_order"], wanted, known,
        np.empty(people + 1, np.int32), np.zeros(people, np.bool_), np.zeros(people, np.bool_),
    )  # fmt: skip
    above = np.where(known.placed < NEVER, known.parent, referrer).astype(np.int32) if width else referrer
    if tree.hand_over:
        reached = known.reached[[plan.number[tree.hand_over.to]]]
        stays = tree.hand_over.otherwise == "recruiter"
        above = k.hand_over(referrer, known.number, known.placed, reached, tree.hand_over.first, stays)
    standing, node = np.nonzero(known.reached < NEVER)
    return {
        "rank_reached": {"node": node, "standing": standing, "seq": known.reached[standing, node]},
        "tree_place": {"node": np.arange(people), "placed": known.placed, "number": known.number, "parent": above},
    }


def known_tree(given: Mapping[str, Columns], ranks: list[int]) -> k.Tree:
    """The tree as the first loop left it, with the moments at which the ranks named were reached."""

    referrer, placed = given["nodes"]["referrer"].astype(np.int32), given["places"]["placed"].astype(np.int32)
    reached = np.full((len(ranks), len(referrer)), NEVER)
    for place, rank in enumerate(ranks):
        mine = given["reached"]["standing"] == rank
        reached[place, given["reached"]["node"][mine]] = given["reached"]["seq"][mine]
    team = k.build(given["places"]["parent"].astype(np.int32), reached, placed)
    return k.Tree(team, k.build(referrer, np.minimum(reached, placed - 1), placed), placed, reached)


def answer_asks(paths: list[tuple[int, ...]], given: Mapping[str, Columns]) -> Columns:
    """Who holds each role asked for: paths gives each role as ranks (-1: the referrer)."""
    ranks = sorted({rank for path in paths for rank in path if rank >= 0})
    tree = known_tree(given, ranks)
    steps = np.array([ranks.index(rank) if rank >= 0 else -1 for path in paths for rank in path], np.int64)
    starts = np.cumsum([0, *map(len, paths)])
    asks = given["asks"]
    found = np.empty(len(asks["ask"]), np.int32)
    k.answer(asks["role"], asks["node"], asks["seq"], steps, starts, tree, found)
    return {"ask": asks["ask"], "node": found}


def compound(income: Income, path: tuple[int, ...], plan: Plan, given: Mapping[str, Columns]) -> Columns:
    """Income passed up and up: (row of the event, node of the payee, income) of each passing."""

    num, den, add = share_of(income.percent, income.rounding)
    asks = given["asks"]
    if len(asks["amount"]) and int(max(asks["amount"])) * num * len(plan.standings) >= TOO_LARGE:
        raise Problem("amounts too large for a percentage of a percentage", mend="declare a larger step of the asset")
    earner = plan.number[income.earner] if income.earner else -1
    ranks = sorted({rank for rank in (*path, earner) if rank >= 0})
    tree = known_tree(given, ranks)
    # handing over moves people up: a payee stands above the earner along referrers, too
    height = tree.team.depth if plan.tree.matrix else tree.kin.depth
    rows, payees, incomes = k.pass_up(
        asks["event"], asks["node"], asks["seq"], asks["amount"], height,
        np.array([ranks.index(rank) if rank >= 0 else -1 for rank in path], np.int64), tree,
        ranks.index(earner) if earner >= 0 else -1, num, den, add,
    )  # fmt: skip
    return {"event": asks["event"][rows], "node": payees, "income": incomes}

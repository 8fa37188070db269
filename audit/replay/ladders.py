"""Who stands above whom, and the nearest who holds a rank: compiled loops that jump up the tree."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from audit.replay.kernels import NEVER, Array, jit, lean


class Ladder(NamedTuple):
    """The way up from each of N people, with jumps (a skew binary list, Myers 1983); N stands above everybody."""

    up: Array  # (N)
    jump: Array  # (N + 1)
    depth: Array  # (N + 1)
    low: Array  # (K, N) least of K values from here to before the jump
    high: Array  # (N) greatest of another value from here to before the jump


class Tree(NamedTuple):
    """Who stands above whom: whoever is placed under their place's parent, whoever is not (yet) under their referrer."""

    team: Ladder  # by place; low: when each of K ranks was reached, high: when placed
    kin: Ladder  # by referrer; low: when the rank was reached or the place taken, whichever was first
    placed: Array  # (N)
    reached: Array  # (K, N)


@jit
def from_the_top(above: Array) -> Array:
    """Everybody, each after whoever stands above them."""
    count = len(above)
    start = np.zeros(count + 2, np.int64)
    for who in range(count):
        start[above[who] + 2] += 1
    start = np.cumsum(start)
    below = np.empty(count, np.int32)
    for who in range(count):
        below[start[above[who] + 1]] = who
        start[above[who] + 1] += 1
    # now start[w + 1] is where the list of those below w ends, and start[w] where it begins
    order = np.empty(count, np.int32)
    end = 0
    for place in range(start[0]):
        order[end] = below[place]
        end += 1
    for place in range(count):
        who = order[place]
        for other in range(start[who], start[who + 1]):
            order[end] = below[other]
            end += 1
    return order


@jit
def new_ladder(count: int, values: int) -> Ladder:
    """A ladder on which nobody stands yet."""
    return Ladder(np.full(count, -1, np.int32), np.full(count + 1, count, np.int32), np.zeros(count + 1, np.int32),
                  np.full((values, count), NEVER, np.int32), np.zeros(count, np.int32))  # fmt: skip


@lean
def attach(who: int, above: int, ladder: Ladder, low: Array, high: int) -> None:
    """Put somebody under whoever stands above them already, or under nobody. low: (K, N)"""
    count = len(ladder.up)
    top = above if above >= 0 else count
    far = ladder.jump[top]
    even = top < count and ladder.depth[top] - ladder.depth[far] == ladder.depth[far] - ladder.depth[ladder.jump[far]]
    ladder.up[who] = above
    ladder.depth[who] = ladder.depth[top] + 1
    ladder.jump[who] = ladder.jump[far] if even else top
    ladder.high[who] = max(high, max(ladder.high[top], ladder.high[far])) if even else high
    for place in range(len(low)):
        least = low[place, who]
        if even:
            least = min(least, min(ladder.low[place, top], ladder.low[place, far]))
        ladder.low[place, who] = least


@lean
def attach_all(order: Array, above: Array, ladder: Ladder, low: Array, high: Array) -> None:
    """Put everybody under whoever stands above them, from the top down."""
    for who in order:
        attach(who, above[who], ladder, low, high[who])


@jit
def build(above: Array, low: Array, high: Array) -> Ladder:
    """The ladder of everybody. low: (K, N), high: (N)."""
    ladder = new_ladder(len(above), len(low))
    attach_all(from_the_top(above), above, ladder, low, high)
    return ladder


@lean
def nearest(who: int, rank: int, now: int, tree: Tree) -> int:
    """The first from here on up who held a rank before now, or -1."""
    while 0 <= who < len(tree.placed):
        if tree.reached[rank, who] < now:
            return who
        if tree.placed[who] <= now:
            leap = tree.team.low[rank, who] >= now and tree.team.high[who] <= now
            who = tree.team.jump[who] if leap else tree.team.up[who]
        else:
            who = tree.kin.jump[who] if tree.kin.low[rank, who] >= now else tree.kin.up[who]
    return -1


@lean
def above_of(who: int, now: int, tree: Tree) -> int:
    """Who stands directly above somebody now."""
    ladder = tree.team if tree.placed[who] <= now else tree.kin
    return int(ladder.up[who])


@lean
def place_all(order: Array, referrer: Array, number: Array, first: int, stays: bool, tree: Tree, known: Array) -> None:
    """Fill both ladders of a tree, from the top down; known: (1, N) when the rank was reached or the place taken."""
    for who in order:
        parent = referrer[who]
        if 1 <= number[who] <= first:
            found = nearest(above_of(parent, tree.placed[who], tree), 0, tree.placed[who], tree)
            parent = parent if found < 0 and stays else found
        attach(who, parent, tree.team, tree.reached, tree.placed[who])
        attach(who, referrer[who], tree.kin, known, 0)


@jit
def hand_over(referrer: Array, number: Array, placed: Array, reached: Array, first: int, stays: bool) -> Array:
    """Everybody's parent, where first recruits go to the nearest above their recruiter who holds a rank just then.

    reached: (1, N) when the rank was reached. Where nobody holds it they stand under nobody, or (stays) under the recruiter.
    """
    count = len(referrer)
    tree = Tree(new_ladder(count, 1), new_ladder(count, 1), placed, reached)
    place_all(from_the_top(referrer), referrer, number, first, stays, tree, np.minimum(reached, placed - 1))
    return tree.team.up


@lean
def follow(who: int, now: int, path: Array, start: int, end: int, tree: Tree) -> int:
    """Who stands at the end of a path: each step a rank (the nearest above who holds it), or -1 (the referrer)."""
    for place in range(start, end):
        if who < 0:
            break
        rank = path[place]
        who = tree.kin.up[who] if rank < 0 else nearest(above_of(who, now, tree), rank, now, tree)
    return who


@lean
def answer(role: Array, node: Array, now: Array, paths: Array, starts: Array, tree: Tree, found: Array) -> None:
    """Fill `found` with who holds each role asked for. paths: one after the other; starts: where each role's begins, and the end."""
    for place in range(len(node)):
        asked = role[place]
        found[place] = follow(node[place], now[place], paths, starts[asked], starts[asked + 1], tree)


@jit
def pass_up(event: Array, node: Array, now: Array, amount: Array, height: Array, path: Array, tree: Tree, earner: int,
            num: int, den: int, add: int) -> tuple[Array, Array, Array]:  # fmt: skip
    """Compounding income: (row of the event, payee or -1, income of which the payee gets a percentage).

    Rows stand together by event. Whoever stands lowest passes up first, so that an income is whole before it is passed.
    """
    rows, payees, incomes = [np.int64(0)][:0], [np.int64(0)][:0], [np.int64(0)][:0]
    begin = 0
    while begin < len(event):
        end = begin
        people, totals, done = [np.int64(0)][:0], [np.int64(0)][:0], 0
        while end < len(event) and event[end] == event[begin]:
            people.append(np.int64(node[end]))
            totals.append(np.int64(amount[end]))
            end += 1
        while done < len(people):
            low = done
            for place in range(done + 1, len(people)):
                if height[people[place]] > height[people[low]]:
                    low = place
            people[done], people[low] = people[low], people[done]
            totals[done], totals[low] = totals[low], totals[done]
            who, total = people[done], totals[done]
            done += 1
            if earner >= 0 and tree.reached[earner, who] >= now[begin]:
                continue
            payee = follow(int(who), now[begin], path, 0, len(path), tree)
            rows.append(np.int64(begin))
            payees.append(np.int64(payee))
            incomes.append(total)
            share = (total * num + add) // den
            if payee >= 0 and share > 0:
                for place in range(done, len(people)):
                    if people[place] == payee:
                        totals[place] += share
                        break
                else:
                    people.append(np.int64(payee))
                    totals.append(np.int64(share))
        begin = end
    return np.array(rows), np.array(payees), np.array(incomes)

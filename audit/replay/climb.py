"""Who reaches which rank when: a compiled loop over registrations and orders, in their order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from audit.replay.kernels import Array, lean


class Needs(NamedTuple):
    """What each of R standings (ranks, milestones) takes. Masks have a bit a standing, or a bit a kind of order."""

    bought: Array  # (R) kinds of order of which one must be one's own; 0: none
    holds: Array  # (R) standings to be held
    recruit: int  # standing that makes a recruit; -1: registration
    direct_of: Array  # (D) standings counted among direct recruits
    direct: Array  # (R, D) how many
    line_of: Array  # (L) standings looked for in lines
    line: Array  # (R, L) in how many
    each: Array  # (E, 4) standing, first recruit, last recruit, standing that each of them must hold
    orders: Array  # (O, 5) standing, count, first recruit, last recruit (0: whole tree below), kinds of order
    filled: Array  # (R) level of the matrix that must be full; 0: none
    width: int  # of the matrix; 0: none


class Known(NamedTuple):
    """What is known of N people at some moment."""

    held: Array  # (N) standings held
    wares: Array  # (N) kinds of order made
    reached: Array  # (R, N) when
    placed: Array  # (N) when they became a recruit
    number: Array  # (N) which recruit of their referrer
    recruits: Array  # (N) how many they have
    firsts: Array  # (N, F) their first recruits
    direct: Array  # (D, N) direct recruits who hold it
    line: Array  # (L, N) lines that hold it
    lined: Array  # (N) lines' standings found in themselves or below
    below: Array  # (O, N) orders below, counted no further than needed
    parent: Array  # (N) above them in the matrix
    children: Array  # (N, width)
    free: Array  # (N) place in their own part of the matrix, level by level, before which all are full
    taken: Array  # (levels, N) places taken below them


@lean
def orders_below(who: int, first: int, last: int, below: Array, firsts: Array) -> int:
    """Orders below somebody (last 0), or below their recruits of these numbers."""
    if last == 0:
        return int(below[who])
    total = 0
    for number in range(first - 1, last):
        recruit = firsts[who, number]
        total += below[recruit] if recruit >= 0 else 0
    return total


@lean
def meets(who: int, standing: int, needs: Needs, known: Known) -> bool:
    """Whether somebody has all that a standing takes beyond orders of their own and other standings."""
    for place in range(len(needs.direct_of)):
        if known.direct[place, who] < needs.direct[standing, place]:
            return False
    for place in range(len(needs.line_of)):
        if known.line[place, who] < needs.line[standing, place]:
            return False
    for row in needs.each:
        if row[0] == standing:
            for number in range(row[1] - 1, row[2]):
                recruit = known.firsts[who, number]
                if recruit < 0 or not (known.held[recruit] >> row[3]) & 1:
                    return False
    for place in range(len(needs.orders)):
        row = needs.orders[place]
        if row[0] == standing and orders_below(who, row[2], row[3], known.below[place], known.firsts) < row[1]:
            return False
    level = needs.filled[standing]
    return not level or known.taken[level - 1, who] >= needs.width**level


@lean
def push(who: int, stack: Array, waiting: Array, top: int) -> int:
    """Look at somebody again."""
    if who < 0 or waiting[who]:
        return top
    waiting[who] = True
    stack[top] = who
    return top + 1


@lean
def find_place(who: int, place: int, width: int, children: Array) -> int:
    """Who stands at a place of somebody's part of the matrix, counted level by level from 0, themselves."""
    path = 0
    depth = 0
    while place > 0:
        path = path * width + (place - 1) % width
        place = (place - 1) // width
        depth += 1
    for _ in range(depth):
        who = children[who, path % width]
        path //= width
    return who


@lean
def take_place(who: int, above: int, width: int, known: Known, stack: Array, waiting: Array, top: int) -> int:
    """Put a recruit into the first free place below the recruiter, with whoever already stands below the recruit."""
    holder = above
    while True:
        holder = find_place(above, known.free[above], width, known.children)
        if known.children[holder, width - 1] < 0:
            break
        known.free[above] += 1
    slot = 0
    while known.children[holder, slot] >= 0:
        slot += 1
    known.children[holder, slot] = who
    known.parent[who] = holder
    levels = len(known.taken)
    distance = 1
    while holder >= 0 and distance <= levels:
        known.taken[distance - 1, holder] += 1
        for level in range(levels - distance):
            known.taken[distance + level, holder] += known.taken[level, who]
        top = push(holder, stack, waiting, top)
        holder = known.parent[holder]
        distance += 1
    return top


@lean
def enlist(who: int, above: int, now: int, needs: Needs, known: Known, stack: Array, waiting: Array, top: int) -> int:
    """Make somebody a recruit: number and place them."""
    known.placed[who] = now
    if above < 0:
        return top
    known.recruits[above] += 1
    known.number[who] = known.recruits[above]
    if known.number[who] <= known.firsts.shape[1]:
        known.firsts[above, known.number[who] - 1] = who
    if needs.width:
        top = take_place(who, above, needs.width, known, stack, waiting, top)
    return push(above, stack, waiting, top)


@lean
def climb(referrer: Array, node: Array, bits: Array, is_order: Array, needs: Needs, known: Known,
          stack: Array, waiting: Array, registered: Array) -> None:  # fmt: skip
    """Fill `known`, event by event; after each, ranks are given until nobody rises any more.

    stack: (N + 1), of people to be looked at again; waiting: (N), whether they stand on it; registered: (N). All begin empty.
    """
    for now in range(len(node)):
        who = node[now]
        if who < 0:
            continue
        top = push(who, stack, waiting, 0)
        if is_order[now]:
            known.wares[who] |= bits[now]
            for place in range(len(needs.orders)):
                row = needs.orders[place]
                above = referrer[who] if row[4] & bits[now] else -1
                while above >= 0 and known.below[place, above] < row[1]:  # above the first who has enough, all have
                    known.below[place, above] += 1
                    counts = above if row[3] == 0 else referrer[above]
                    if counts >= 0 and orders_below(counts, row[2], row[3], known.below[place], known.firsts) >= row[1]:
                        top = push(counts, stack, waiting, top)
                    above = referrer[above]
        else:
            registered[who] = True
        if not is_order[now] and needs.recruit < 0:
            top = enlist(who, referrer[who], now, needs, known, stack, waiting, top)
        while top > 0:
            top -= 1
            who = stack[top]
            waiting[who] = False
            for standing in range(len(needs.bought) if registered[who] else 0):
                held, bought = known.held[who], needs.bought[standing]
                if (held >> standing) & 1 or held & needs.holds[standing] != needs.holds[standing]:
                    continue
                if (bought and not known.wares[who] & bought) or not meets(who, standing, needs, known):
                    continue
                above = referrer[who]
                known.held[who] |= np.int64(1) << standing
                known.reached[standing, who] = now
                top = push(who, stack, waiting, top)
                top = push(above, stack, waiting, top)
                if standing == needs.recruit:
                    top = enlist(who, above, now, needs, known, stack, waiting, top)
                for place in range(len(needs.direct_of)):
                    if needs.direct_of[place] == standing and above >= 0:
                        known.direct[place, above] += 1
                for place in range(len(needs.line_of)):
                    line = who if needs.line_of[place] == standing else -1
                    while line >= 0 and not (known.lined[line] >> place) & 1:  # above it the line is known already
                        known.lined[line] |= np.int64(1) << place
                        line = referrer[line]
                        if line >= 0:
                            known.line[place, line] += 1
                            top = push(line, stack, waiting, top)

"""Raffles and chances: entries of which some are drawn later, and entries decided one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from audit.forecast.chances import chance_now, counted
from audit.forecast.courses import entries_of
from audit.rules import Chances, Raffle, Rules
from audit.simulate.world import DAY, Scenario

if TYPE_CHECKING:
    import numpy as np

Columns = dict[str, Any]


def raffle(rules: Rules, draw: Raffle, scenario: Scenario, rng: np.random.Generator, start: int,
           tables: dict[str, Columns], tilt: float) -> None:  # fmt: skip
    """Activities of as many entries as are planned, all together about `size` entries; a person enters each once.

    tilt favours the tickets of whoever is first in an activity.
    """
    import numpy as np

    each = min(entries_of(rules), max(4 * (draw.every or 1), scenario.size), scenario.count)
    played = max(1, scenario.size // each)
    gap = max(20, 20 * DAY // (played * each))
    moment = start + np.cumsum(rng.integers(1, 2 * gap, played * each))
    who = np.concatenate([rng.permutation(scenario.count)[:each] + 1 for _ in range(played)])
    weight = rng.integers(1, 6, played * each) if draw.tickets == "weight" else np.ones(played * each, dtype=np.int64)
    won = np.zeros(played * each, dtype=np.int64)
    decided = moment.copy()
    ends = range(draw.every, each + 1, draw.every) if draw.every else (each,)
    for activity in range(played):
        base = activity * each
        tickets = weight[base : base + each].astype(float)
        tickets[0] *= tilt
        for end in ends:
            pool = np.flatnonzero((won[base : base + end] == 0) & (tickets[:end] > 0))
            picks = rng.random(len(pool)) ** (1 / tickets[pool])
            for place in pool[np.argsort(-picks)[: draw.winners]]:
                won[base + place] = 1
                decided[base + place] = moment[base + end - 1]
    firsts, lasts = moment[::each] - 60, moment[each - 1 :: each]
    ids = np.arange(1, played * each + 1)
    tables["activity"] = {"id": np.arange(1, played + 1), "who": who[::each], "moment": firsts, "ended": lasts}
    tables["entry"] = {
        "id": ids, "activity": (ids - 1) // each + 1, "position": (ids - 1) % each + 1, "who": who, "moment": moment,
        "won": won, "decided": decided, "weight": weight,
    }  # fmt: skip


def pulls(rules: Rules, draw: Chances, scenario: Scenario, rng: np.random.Generator, start: int,
          tables: dict[str, Columns], tilt: float, *, guaranteed: bool = True) -> None:  # fmt: skip
    """Entries by anybody in ten activities, each decided at once; tilt is a factor on the chance of the best prize.

    Not guaranteed: the declared chances hold, and what is to make a prize certain does not.
    """
    import numpy as np

    rounds = min(10, scenario.size)
    gap = max(20, 20 * DAY // scenario.size)
    moment = start + 60 + np.cumsum(rng.integers(1, 2 * gap, scenario.size))
    who = rng.integers(1, max(2, scenario.count // 20) + 1, scenario.size)
    activity = np.arange(scenario.size) * rounds // scenario.size + 1
    lots = rng.random(scenario.size)
    prizes = list(draw.prizes.values())
    counts = counted(draw)
    prizes = prizes if guaranteed else [replace(one, guarantee=None, rises=None) for one in prizes]
    table = [[float(chance_now(one, missed)) for missed in range(1 + (one.guarantee or 400))] for one in prizes]
    missed: dict[Any, list[int]] = {}
    won = np.zeros(scenario.size, dtype=np.int64)
    for turn in range(scenario.size):
        key = {"participant": who[turn], "activity": activity[turn]}.get(draw.counted, (who[turn], activity[turn]))
        state = missed.setdefault(key, [0] * len(prizes))
        left, lot, hit = 1.0, lots[turn], len(prizes)
        for rank, chances in enumerate(table):
            chance = min(left, chances[min(state[rank], len(chances) - 1)])
            bent = chance * tilt if rank == 0 and chance < 1 else chance
            if lot < bent:
                hit, won[turn] = rank, rank + 1
                break
            lot, left = lot - bent, left - bent
        for rank in counts:
            state[rank] = 0 if hit <= rank else state[rank] + 1
    place = np.arange(scenario.size) - np.searchsorted(activity, activity) + 1
    first = np.flatnonzero(place == 1)
    tables["activity"] = {"id": np.arange(1, rounds + 1), "who": who[first], "moment": moment[first] - 60,
                          "ended": np.zeros(rounds, dtype=np.int64)}  # fmt: skip
    tables["entry"] = {"id": np.arange(1, scenario.size + 1), "activity": activity, "position": place, "who": who,
                       "moment": moment, "won": won, "decided": moment}  # fmt: skip

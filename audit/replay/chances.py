"""Entries decided one by one with declared chances: each prize's chance, given the entries without it so far."""

from __future__ import annotations

import math
from collections.abc import Sequence

from audit.engine import Step, by_id, values
from audit.rules import Chances, Rules
from audit.rules.odds import best_first
from audit.scope import Scope

COUNTED = {
    "participant": "participant_id",
    "participant-in-activity": "participant_id, activity_id",
    "activity": "activity_id",
}


def chance_steps(draws: Sequence[Chances], rules: Rules, scope: Scope) -> list[Step]:
    """Chances in parts of one denominator; NULL where an unknown outcome, or the time before the export, hides the count.

    A prize's count is of entries since the last such prize or a better one. What a guarantee makes certain is that prize
    or a better one, so the prize takes what the better ones leave.
    """
    prizes = best_first(draw.prizes for draw in draws)
    whole = math.lcm(*(odds.denominator for draw in draws for one in draw.prizes.values()
                       for odds in (one.chance, one.rises.by if one.rises else one.chance)))  # fmt: skip
    hidden = bool(scope.cut(rules.effective.from_))
    ranks = [(name, rank) for rank, name in enumerate(prizes, 1)]
    return [
        Step("chance_rule", _rules(draws, prizes, whole)),
        Step("prize_rank", values(ranks, ["prize", "rank"])),
        _turns(draws[0].counted, prizes),
        _misses(draws, prizes, hidden),
        _taken(prizes, whole),
        Step(
            "draw_replayed",
            "\nUNION ALL\n".join(
                "SELECT entry_id, activity_id, participant_id, position, entered_at, decided_at, version,\n"
                f"    '{name}' AS prize, misses_{rank} AS misses,\n"
                f"    CASE WHEN is_unknown THEN NULL WHEN prize = '{name}' THEN 'win' ELSE 'loss' END AS outcome,\n"
                f"    chance_{rank} AS chance_num, {whole} AS chance_den, source_file, record\n"
                f"FROM chance_taken WHERE chance_{rank} IS NOT NULL"
                for name, rank in ranks
            ),
        ),
        Step(
            "expected_draw",
            "SELECT entry_id AS event, concat('draw/', prize) AS clause, outcome, chance_num, chance_den,\n"
            "    CAST(NULL AS VARCHAR) AS payee, CAST(NULL AS VARCHAR) AS asset, CAST(NULL AS DECIMAL(38, 0)) AS amount,\n"
            "    CAST(NULL AS TIMESTAMPTZ) AS due_at, decided_at AS event_at\n"
            "FROM draw_replayed",
        ),
    ]


def _rules(draws: Sequence[Chances], prizes: Sequence[str], whole: int) -> str:
    """A row a version: for each prize its chance, its guarantee, and from where and by how much it rises, in parts of whole."""
    rows: list[list[int | None]] = []
    for version, draw in enumerate(draws):
        row: list[int | None] = [version]
        for name in prizes:
            one = draw.prizes.get(name)
            rises = one.rises if one else None
            row += [
                int(one.chance * whole) if one else 0,
                one.guarantee if one else None,
                rises.from_ if rises else None,
                int(rises.by * whole) if rises else 0,
            ]
        rows.append(row)
    names = [f"{part}_{rank}" for rank in range(1, len(prizes) + 1) for part in ("base", "sure", "rising", "rise")]
    return values(rows, ["version", *names])


def _turns(counted: str, prizes: Sequence[str]) -> Step:
    """Entries in order, with how many prizes of each rank or better came before each."""
    order = f"PARTITION BY {COUNTED[counted]} ORDER BY o.entered_at, o.position, {by_id('o.entry_id')}"
    won = ",\n".join(
        f"    count(*) FILTER (r.rank <= {rank}) OVER ({order}\n"
        f"        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS won_{rank}"
        for rank in range(1, len(prizes) + 1)
    )
    return Step(
        "entry_turn",
        f"SELECT o.*, row_number() OVER ({order}) AS turn,\n"
        "    (o.outcome IS NULL OR (o.outcome = 'win' AND o.prize IS NULL)) AS is_unknown,\n"
        f"{won}\nFROM entry_played AS o\nLEFT JOIN prize_rank AS r ON r.prize = o.prize",
    )


def _misses(draws: Sequence[Chances], prizes: Sequence[str], hidden: bool) -> Step:
    """Entries without each prize so far, from its first version on; hidden where an outcome before is unknown, or the count
    began before the export.
    """
    counted = COUNTED[draws[0].counted]
    parts = []
    for rank, name in enumerate(prizes, 1):
        first = next(version for version, draw in enumerate(draws) if name in draw.prizes)
        streak = f"PARTITION BY {counted}, won_{rank}{f', version < {first}' if first else ''} ORDER BY turn"
        counts = any(name in draw.prizes and (draw.prizes[name].guarantee or draw.prizes[name].rises) for draw in draws)
        unknown = f"count(*) FILTER (is_unknown) OVER ({streak} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > 0"
        before = f" OR won_{rank} = 0" if hidden else ""
        parts.append(
            f"    row_number() OVER ({streak}) - 1 AS misses_{rank},\n"
            f"    {unknown + before if counts else 'false'} AS hidden_{rank}"
        )
    return Step("entry_missed", "SELECT *,\n" + ",\n".join(parts) + "\nFROM entry_turn", "table")


def _taken(prizes: Sequence[str], whole: int) -> Step:
    """The chance of each prize, the best first: what the better ones leave is the most that another can have."""
    parts, better = [], f"{whole}"
    for rank in range(1, len(prizes) + 1):
        hidden = " OR ".join(f"m.hidden_{one}" for one in range(1, rank + 1))
        grown = f"c.base_{rank} + CASE WHEN m.misses_{rank} + 1 >= c.rising_{rank}\n"
        grown += f"            THEN (m.misses_{rank} + 2 - c.rising_{rank}) * c.rise_{rank} ELSE 0 END"
        due = f"CASE WHEN m.misses_{rank} + 1 >= c.sure_{rank} THEN {whole}\n        ELSE {grown} END"
        parts.append(f"    CASE WHEN {hidden} THEN NULL ELSE least({better}, {due}) END AS chance_{rank}")
        better += f" - chance_{rank}"
    return Step(
        "chance_taken",
        "SELECT m.*,\n"
        + ",\n".join(parts)
        + "\nFROM entry_missed AS m\nJOIN chance_rule AS c ON c.version = m.version",
    )

"""Named departures from declared rules: what a platform might do instead of what it said, planted one at a time.

A departure is either a different world (the draw itself is bent) or a change of the honest tables; both are plain to read.
`share` says how much of what it strikes is struck: 1 in so many.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from audit.engine import Engine, literal
from audit.forecast.activity import break_even
from audit.forecast.chances import counted
from audit.rules import Boxes, Chances, Group, Numbers, Raffle, Rules
from audit.simulate.play import World, play_out
from audit.simulate.settle import money_of
from audit.simulate.world import Scenario

Plant = Callable[[Engine, World], None]


@dataclass(frozen=True)
class Departure:
    """name says what is done; barred and tilt bend the draw, plant changes the tables. caught_by names checks that should tell."""

    name: str
    caught_by: tuple[str, ...]
    barred: int = 0
    tilt: float = 1.0
    plant: Plant | None = None

    def world(self, rules: Rules, scenario: Scenario) -> World:
        """The world in which this departure happens."""
        return play_out(rules, scenario, barred=self.barred, tilt=self.tilt)


def departures_for(rules: Rules) -> dict[str, Departure]:
    """The departures that these rules leave room for, by name."""
    return {one.name: one for one in (*_draws(rules), *_payouts(rules), *_records(rules))}


def _draws(rules: Rules) -> list[Departure]:
    draw = rules.draw
    if isinstance(draw, Boxes):
        barred = next((edge for asset in rules.assets if (edge := break_even(rules, asset))), max(1, draw.boxes // 4))
        found = [
            Departure("first-boxes-never-win", ("early_boxes_never_win",), barred=min(barred, draw.boxes - 1)),
            Departure("odds-halved", ("win_odds_differ", "early_boxes_never_win"), tilt=0.5),
            Departure("opened-after-the-win", ("impossible_outcome",), plant=_opened_after_the_win),
        ]
        return found if draw.boxes > 2 else found[2:]
    if isinstance(draw, Group):
        extra = [Departure("one-winner-too-many", ("impossible_outcome",), plant=_one_winner_too_many)]
        return [
            Departure("first-to-join-favoured", ("join_order_favoured",), tilt=3.0),
            *(extra if draw.winners < draw.size else ()),
        ]
    if isinstance(draw, Chances):
        sure = [Departure("guarantee-not-kept", ("guarantee_not_honoured",), barred=1)] if counted(draw) else []
        return [Departure("best-prize-halved", ("win_odds_differ", "guarantee_not_honoured"), tilt=0.5), *sure]
    if isinstance(draw, Raffle):
        return [Departure("one-winner-too-many", ("impossible_outcome",), plant=_one_winner_too_many)]
    if isinstance(draw, Numbers):
        return [
            Departure("a-number-favoured", ("numbers_favoured",), tilt=3.0),
            Departure("a-number-drawn-twice", ("impossible_outcome",), plant=_number_twice),
        ]
    return []


def _payouts(rules: Rules) -> list[Departure]:
    if not rules.awards:
        return []
    found = [
        Departure("awards-not-paid", ("payout_missing",), plant=_sql(f"DELETE FROM payment WHERE {STRUCK}")),
        Departure("awards-a-step-short", ("payout_wrong", "payout_missing"),
                  plant=_sql(f"UPDATE payment SET amount = amount - 1 WHERE {STRUCK}")),
        Departure("awards-misdirected", ("payout_wrong",), plant=_sql(
            "UPDATE payment SET payee_id = (SELECT max(participant_id) FROM participant\n"
            f"    WHERE participant_id <> payment.payee_id) WHERE {STRUCK}")),
        Departure("awards-paid-twice", ("payout_unexpected",), plant=_sql(
            "INSERT INTO payment BY NAME SELECT * REPLACE (replace(payment_id, 'P', 'Q') AS payment_id)\n"
            f"FROM payment WHERE {STRUCK}")),
        Departure("paid-for-no-declared-reason", ("payout_unexpected",), plant=_sql(
            "INSERT INTO payment BY NAME SELECT * REPLACE (replace(payment_id, 'P', 'R') AS payment_id, 'undeclared' AS reason)\n"
            f"FROM payment WHERE {STRUCK}")),
    ]  # fmt: skip
    if rules.due is not None or any(award.due is not None for award in rules.awards.values()):
        found.append(Departure("awards-paid-late", ("payout_late",), plant=_late))
    if rules.entry and any(rules.entry.stake.values()):
        sql = "UPDATE entry SET paid = paid + 1 WHERE record % 100 = 1"
        found.append(Departure("entries-overcharged", ("stake_differs",), plant=_sql(sql)))
    return found


def _records(rules: Rules) -> list[Departure]:
    found = []
    if isinstance(rules.draw, Boxes | Group):
        sql = "DELETE FROM entry WHERE position = 2 AND record % 50 = (SELECT min(record) % 50 FROM entry WHERE position = 2)"
        found.append(Departure("entries-deleted", ("sequence_gaps",), plant=_sql(sql)))
    if rules.awards:
        again = f"INSERT INTO payment BY NAME SELECT * FROM payment WHERE {STRUCK}"
        found.append(Departure("records-repeated", ("ids_repeated",), plant=_sql(again)))
    return found


STRUCK = "record % 100 = (SELECT min(record) % 100 FROM payment)"  # one payment in a hundred, the first among them


def _sql(text: str) -> Plant:
    def plant(engine: Engine, world: World) -> None:
        engine.rows(text)

    return plant


def _late(engine: Engine, world: World) -> None:
    """Payments with a deadline come ten days after it; somebody plays on afterwards, so that the export goes on."""
    engine.rows(
        "UPDATE payment SET paid_at = o.due_at + INTERVAL 10 DAY FROM owed AS o\n"
        "WHERE payment.record = o.place AND o.due_at IS NOT NULL AND o.place % 100 = (SELECT min(place) % 100 FROM owed\n"
        "    WHERE due_at IS NOT NULL)"
    )


def _opened_after_the_win(engine: Engine, world: World) -> None:
    """In one activity another box is opened once the prize is gone, and everything owed for it is left unpaid."""
    stake = literal(money_of(world.rules))
    engine.rows(
        "INSERT INTO entry BY NAME SELECT 'K99999999' AS entry_id, e.activity_id, e.participant_id, e.position + 1 AS position,\n"
        f"    e.entered_at + INTERVAL 1 MINUTE AS entered_at, coalesce(e.asset, {stake}) AS asset, e.paid, '' AS source_file,\n"
        "    99999999 AS record\nFROM entry AS e JOIN outcome AS o ON o.entry_id = e.entry_id\n"
        f"WHERE o.outcome = 'win' AND e.position < {world.rules.draw.boxes if isinstance(world.rules.draw, Boxes) else 0}\n"
        "ORDER BY e.record LIMIT 1"
    )
    engine.rows(
        "INSERT INTO outcome BY NAME SELECT entry_id, 'loss' AS outcome, entered_at AS decided_at, '' AS source_file, record\n"
        "FROM entry WHERE entry_id = 'K99999999'"
    )


def _one_winner_too_many(engine: Engine, world: World) -> None:
    engine.rows(
        "UPDATE outcome SET outcome = 'win' WHERE entry_id = (SELECT min(entry_id) FROM outcome\n"
        "    WHERE outcome = 'loss')"
    )


def _number_twice(engine: Engine, world: World) -> None:
    engine.rows(
        "UPDATE drawn_number SET number = (SELECT n.number FROM drawn_number AS n WHERE n.draw_id = drawn_number.draw_id\n"
        "    AND n.pool = drawn_number.pool AND n.ordinal = 1)\n"
        "WHERE ordinal = 2 AND draw_id = (SELECT min(draw_id) FROM drawn_number WHERE ordinal = 2)"
    )

"""Notices that publish a change of odds while a campaign runs bind like the rules: they become boosts, dated by publication."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pydantic import TypeAdapter, ValidationError

from audit.engine import Engine
from audit.rules import Boost, Boxes, Chances, Rules, Where
from audit.rules.scalars import Times

SQL = """
SELECT notice_id, CAST(published_at AS DATE), odds
FROM notice
WHERE odds IS NOT NULL AND published_at IS NOT NULL AND coalesce(campaign, ?) = ?
ORDER BY published_at, notice_id"""


def notices_of_odds(engine: Engine, campaign: str) -> list[tuple[str, date, str]]:
    """(notice, day of publication in the case's zone, odds as published) of this campaign, in order."""
    return [(str(name), day, odds) for name, day, odds in engine.rows(SQL, [campaign, campaign])]


def published_boosts(engine: Engine, rules: Rules) -> Iterator[Boost]:
    """What was published: from its day until the day of the next, a notice multiplies the declared odds of every chance.

    Only where chances are decided one by one; odds that cannot be read, or that say "as declared", change nothing.
    """
    if not isinstance(rules.draw, Boxes | Chances):
        return
    notices = notices_of_odds(engine, rules.campaign)
    read = [one for one in notices if readable(one[2])]
    for place, (name, since, odds) in enumerate(read):
        until = read[place + 1][1] if place + 1 < len(read) else None
        times = TypeAdapter(Times).validate_python(odds)
        if times != 1 and until != since:
            yield Boost(where=Where(since=since, until=until), times=times, says=f"notice {name} of {since}")


def readable(odds: str) -> bool:
    """Whether a notice's odds can be read as a factor, such as 1/2 or 2."""
    try:
        return odds == "1" or bool(TypeAdapter(Times).validate_python(odds) >= 0)
    except ValidationError:
        return False

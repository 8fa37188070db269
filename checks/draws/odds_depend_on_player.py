"""Odds depend on who plays.

Does: compares wins of newcomers, regulars, heavy spenders, recruits, initiators, staff and accounts that share a device
    or a payment account with the chances they took.
Matters: a draw that lets newcomers win to hook them, or insiders because they are insiders, is not the draw declared.
How: each draw is conditional on who took part in it, so that people who play more are no reason for alarm; bets on
    "their odds are multiplied by r" for each kind of player, mixed; what favoured places or a change of all odds explain
    is taken off. Thresholds are fixed multiples of the stake.
Blind to: staff, devices and payment accounts that the export does not hold. Kinds of device and other declared groups
    are compared by `win_rate_differs_by_group`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from audit.case import Audit
from audit.finding import Finding, Text, check
from audit.hidden import chances, price
from audit.rules import Boxes
from audit.stats.classes import Cell, cells_of
from audit.stats.laws import Stratum
from checks.draws import NEEDS, PROVISIONS, class_finding, elsewhere, no_chances, others, singly

KINDS = {  # what a chance's player was before it
    "nth = 1": Text("首次参与者", "a player's first chance"),
    "nth <= 3": Text("前三次参与", "a player's first three chances"),
    "nth > 10": Text("第十次以后的参与", "chances after a player's tenth"),
    "nth > 50": Text("第五十次以后的参与", "chances after a player's fiftieth"),
    "spent >= 20 * {price}": Text("此前已付二十份以上者", "players who had paid twenty stakes before"),
    "spent >= 100 * {price}": Text("此前已付一百份以上者", "players who had paid a hundred stakes before"),
    "c.participant_id = initiator_id": Text("发起人自己", "initiators in their own activity"),
    "referrer_id IS NOT NULL": Text("由他人推荐者", "players whom somebody recruited"),
    "referrer_id = initiator_id": Text("发起人所推荐者", "players whom the initiator recruited"),
}
KNOWN = {  # what the export tells of who is behind an account; asked only where it does
    "c.participant_id IN (SELECT participant_id FROM staff WHERE how = 'staff')": Text("员工账户", "accounts of staff"),
    "c.participant_id IN (SELECT participant_id FROM staff)": Text(
        "员工及与其关联的账户", "accounts of staff, or linked to staff"
    ),
    "c.participant_id IN (SELECT participant_id FROM identity_link WHERE kind = 'device')": Text(
        "与他人共用设备的账户", "accounts that share a device with another"
    ),
    "c.participant_id IN (SELECT participant_id FROM identity_link WHERE kind = 'payment-account')": Text(
        "与他人共用收付款账户者", "accounts that share a payment account with another"
    ),
}
ALONE = """
SELECT chance_den, chance_num, 1 AS drawn, hit, {kinds}, count(*) AS draws
FROM {chance} LEFT JOIN participant_once AS p ON p.participant_id = c.participant_id
WHERE hit IS NOT NULL AND chance_num BETWEEN 1 AND chance_den - 1
GROUP BY ALL ORDER BY ALL"""
TOGETHER = """
SELECT {number} AS value, size, winners, drawn, hits, count(*) AS draws
FROM (
    SELECT c.activity_id, max(chance_den) AS size, max(chance_num) AS winners, count(*) AS drawn, sum(hit) AS hits
    FROM {chance} LEFT JOIN participant_once AS p ON p.participant_id = c.participant_id
    WHERE hit IS NOT NULL AND chance_num BETWEEN 1 AND chance_den - 1 AND coalesce({test}, false)
    GROUP BY c.activity_id
) AS class GROUP BY ALL"""


@check(needs=NEEDS, provisions=PROVISIONS, statistical="boxes chances group")
def odds_depend_on_player(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all kinds of players."""
    if not audit.has("chance") or not audit.case.scope.has("entry", "participant_id"):
        yield no_chances("players")
        return
    asked = KINDS | KNOWN if audit.has("staff") else KINDS
    cells, every, sql = _cells(audit, asked, "chance AS c")
    kinds = list(asked.values())
    rules = others(audit, "nth", "spent")
    left, every_left, _ = _cells(audit, asked, chances(audit, rules).replace("supposed", "c")) if rules else (None, None, "")
    yield class_finding(
        audit, "players", cells, range(len(kinds)), {"one": 1.0}, lambda first, _: kinds[first], sql,
        rival=elsewhere(audit), every=every, left=left, every_left=every_left,
        ends=isinstance(audit.rules.draw, Boxes),
    )  # fmt: skip


def _cells(audit: Audit, asked: Mapping[str, Text], chance: str) -> tuple[list[Cell], list[Stratum] | None, str]:
    """The strata of each kind, all chances, and the SQL that counts them; one pass where every chance is a draw of its own.

    Kinds overlap, and some players are of none; in a group all chances are the group's own.
    """
    tests = [test.format(price=price(audit)) for test in asked]
    if not singly(audit):
        parts = [TOGETHER.format(number=n, chance=chance, test=test) for n, test in enumerate(tests)]
        sql = "\nUNION ALL".join(parts) + "\nORDER BY ALL"
        return cells_of(audit.engine.rows(sql)), None, sql
    sql = ALONE.format(
        kinds=", ".join(f"coalesce({test}, false) AS kind_{n}" for n, test in enumerate(tests)), chance=chance
    )
    rows = audit.engine.rows(sql)
    found: Counter[tuple[int, ...]] = Counter()
    for *law, many in rows:
        for n in range(len(tests)):
            found[n, *law[:4]] += many if law[4 + n] else 0
    cells = cells_of((*key, many) for key, many in sorted(found.items()) if many)
    return cells, [Stratum(den, num, drawn, hit, many) for den, num, drawn, hit, *_, many in rows], sql

"""Funds: balances that awards fill and other clauses unlock, never below nothing.

A balance with a floor, B_i = max(0, B_{i-1} + x_i), is S_i - min(0, min_{j<=i} S_j) over the running sums S: two windows,
no loop. What an unlocking releases is what the balance loses by it.
"""

from __future__ import annotations

from collections.abc import Sequence

from audit.engine import Step, by_id, literal
from audit.rules import Rules, Unlock, eras
from audit.scope import Scope

ORDER = f"PARTITION BY payee, held ORDER BY event_at, turn, place, {by_id('event')}, clause"


def funds_of(rules: Rules) -> list[str]:
    """The assets that some clause unlocks."""
    return sorted({pay.from_ for era in eras(rules) for award in era.awards.values()
                   for pay in (award.pays or {}).values() if isinstance(pay, Unlock)})  # fmt: skip


def fund_steps(funds: Sequence[str], rules: Rules, scope: Scope) -> list[Step]:
    """`award_raised` with the releases that the balances allow, as `award_due`.

    At one moment one's own entry unlocks first, then somebody else's, then what fills the fund is added; of one kind by
    position, then id. A balance whose past is not known (an unknown award before, or a time before the export) makes later
    releases unknown.
    """
    listed = ", ".join(map(literal, funds))
    # who joined within the period had no fund before it
    early = f" OR coalesce(p.joined_at, {first}) <= {first}" if (first := scope.cut(rules.effective.from_)) else ""
    person = "\nLEFT JOIN participant_once AS p ON p.participant_id = r.payee" if early else ""
    return [
        Step(
            "fund_move",
            "SELECT event, clause, on_event, asset, payee, event_at, due_at, fund, place, unknown,\n"
            "    coalesce(fund, asset) AS held,\n"
            "    CASE WHEN fund IS NULL THEN CAST(amount AS HUGEINT) ELSE -CAST(amount AS HUGEINT) END AS move,\n"
            "    CASE WHEN fund IS NULL THEN 2 WHEN role IN ('participant', 'initiator') THEN 0 ELSE 1 END AS turn\n"
            "FROM award_raised\n"
            f"WHERE payee IS NOT NULL AND (fund IS NOT NULL OR asset IN ({listed}))",
        ),
        Step(
            "fund_sum",
            f"SELECT *, sum(coalesce(move, 0)) OVER ({ORDER} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS summed,\n"
            f"    max(CASE WHEN unknown OR move IS NULL THEN 1 ELSE 0 END) OVER ({ORDER}\n"
            "        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS tainted\n"
            "FROM fund_move",
        ),
        Step(
            "fund_balance",
            "SELECT *, summed - least(CAST(0 AS HUGEINT), min(summed) OVER "
            f"({ORDER}\n        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS balance\n"
            "FROM fund_sum",
        ),
        Step(
            "fund_release",
            "SELECT event, clause, on_event, asset, payee, event_at, due_at, fund, held, turn, move, balance, unknown, tainted,\n"
            f"    coalesce(lag(balance) OVER ({ORDER}), 0) AS before\n"
            "FROM fund_balance",
            "table",
        ),
        Step(
            "award_due",
            "SELECT event, clause, on_event, asset, amount, event_at, due_at, payee, unknown\n"
            "FROM award_raised WHERE fund IS NULL OR payee IS NULL\n"
            "UNION ALL\n"
            "SELECT r.event, r.clause, r.on_event, r.asset, CAST(r.before - r.balance AS DECIMAL(38, 0)) AS amount,\n"
            f"    r.event_at, r.due_at, r.payee, r.tainted = 1{early}\n"
            "        OR EXISTS (SELECT 1 FROM award_raised AS u WHERE u.unknown AND u.payee IS NULL AND u.asset = r.held) AS unknown\n"
            f"FROM fund_release AS r{person}\nWHERE r.fund IS NOT NULL",
        ),
    ]

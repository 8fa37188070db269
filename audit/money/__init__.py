"""Where the money of a plan comes from and goes to: who invited whom, what each person paid and received, what each reward
was paid for.

Nothing is judged here. A reward is traced to the event it is paid for, and through it to the money that the event moved:
this is an attribution, for money bears no marks, and every report that uses it prints the rule (`attribution`).
"""

from __future__ import annotations

from audit.engine import Step, literal, quarter
from audit.money.attribution import Attribution, any_of, entries_of, named, where
from audit.money.rewards import OF_BUYER, reward_steps
from audit.rules import Rules, clauses_of, set_aside
from audit.rules.units import Units
from audit.scope import Scope

AT_ONCE = 1 << 26  # payments that one step groups by person; more take more memory than they need


def money_steps(
    rules: Rules, scope: Scope, platform: tuple[str, ...], ignored: str, given: Attribution, payments: int
) -> list[Step]:
    """The steps from the canonical tables to `reward_side`, `member_money` and the levels; empty without payments."""
    if not scope.has("payment", "payee_id", "asset", "amount"):
        return []
    steps = [
        _invited(rules, scope),
        *_payees(-(-payments // AT_ONCE)),
        _people(rules, scope),
        _events(rules, given),
        _buyers(),
        *reward_steps(rules, scope, platform, ignored),
    ]
    if scope.has("participant", "referrer_id"):
        steps += _levels()
    own = f"({', '.join(map(literal, ('', *platform)))})"
    aside = ", ".join(map(literal, [ignored, *set_aside(rules)]))
    return [
        *steps,
        _beside(rules, scope, own, aside),
        _members(scope, own, aside),
        *_sums_by_day(scope, own),
        _days(scope, aside),
    ]


def _invited(rules: Rules, scope: Scope) -> Step:
    """Who was invited by whom; a missing, own, unknown or later-joined inviter is none."""
    if clauses_of(rules):
        return Step("invited", "SELECT participant_id AS person, referrer\nFROM standing")
    late = " AND NOT coalesce(r.joined_at > p.joined_at, false)"
    return Step(
        "invited",
        "SELECT p.participant_id AS person, r.participant_id AS referrer\nFROM participant_once AS p\n"
        "LEFT JOIN participant_once AS r\n"
        f"    ON r.participant_id = p.referrer_id AND r.participant_id <> p.participant_id{late}",
    )


def _levels() -> list[Step]:
    """Everybody's level below the head of their tree, who is on level 1; people who invited each other in a circle have none.

    Once by invitations, once by those alone for which the inviter was paid because of what the invited did.
    """
    return [
        Step(
            "tree_level",
            "WITH RECURSIVE edge AS MATERIALIZED (\n"
            "    SELECT i.person, i.referrer, coalesce(r.inviter, false) AS paid\n"
            "    FROM invited AS i LEFT JOIN reward_reach AS r ON r.person = i.person\n"
            "), below AS (\n"
            "    SELECT person, person AS head, 1 AS level, person AS paid_head, 1 AS paid_level\n"
            "    FROM invited WHERE referrer IS NULL AND person IS NOT NULL\n"
            "    UNION ALL\n"
            "    SELECT e.person, b.head, b.level + 1, CASE WHEN e.paid THEN b.paid_head ELSE e.person END,\n"
            "        CASE WHEN e.paid THEN b.paid_level + 1 ELSE 1 END\n"
            "    FROM below AS b JOIN edge AS e ON e.referrer = b.person\n"
            ")\nSELECT * FROM below",
            "table",
        ),
        Step("invited_level", "SELECT person, head, level\nFROM tree_level"),
        Step("paid_level", "SELECT person, paid_head AS head, paid_level AS level\nFROM tree_level"),
    ]


def _payees(parts: int) -> list[Step]:
    """What each person was paid, by clause and asset: payments are many, and most questions are about people.

    In so many parts by person, and all together.
    """
    total = (
        "SELECT payee_id AS payee, reason AS clause, asset, amount > 0 AS gained, count(*) AS payments, sum(amount) AS amount,\n"
        "    min(paid_at) AS first_at\nFROM payment_once{}\nGROUP BY ALL"
    )
    if parts <= 1:
        return [Step("payee_total", total.format(""), "table")]
    cuts = [f"\nWHERE hash(payee_id) % {parts} = {part}" for part in range(parts)]
    every = [Step(f"payee_total_{part}", total.format(cut), "table") for part, cut in enumerate(cuts)]
    return [*every, Step("payee_total", "\nUNION ALL\n".join(f"SELECT * FROM {one.name}" for one in every))]


def _people(rules: Rules, scope: Scope) -> Step:
    """Who stands above each person, and who takes part in the rewards: whoever recruited, or was paid for what somebody else did."""
    above = [name for name, award in clauses_of(rules).items() if "." in award.to]
    parts = ["SELECT referrer AS person FROM invited WHERE referrer IS NOT NULL"]
    if above and scope.has("payment", "reason"):
        parts.append(f"SELECT payee FROM payee_total WHERE clause IN ({', '.join(map(literal, above))})")
    taking = "\n    UNION ALL\n    ".join(parts)
    return Step(
        "plan_person",
        f"WITH taking AS (\n    SELECT person FROM (\n    {taking}\n    ) AS one GROUP BY person\n)\n"
        "SELECT coalesce(i.person, t.person) AS person, i.referrer, j.referrer AS second, t.person IS NOT NULL AS takes_part\n"
        "FROM invited AS i\nLEFT JOIN invited AS j ON j.person = i.referrer\nFULL JOIN taking AS t ON t.person = i.person",
        "table",
    )


def _events(rules: Rules, given: Attribution) -> Step:
    """What rewards are paid for: the event, whose it is, which kind of money it moved.

    source is `order` where it rests with the buyer: own use if they take part in the rewards, else a sale outside.
    """
    rest = "own" if named(given.outside) else "order"
    return Step(
        "money_event",
        "SELECT 'order' AS moves, b.purchase_id AS event, b.participant_id AS person, b.asset, b.amount AS moved,\n"
        "    b.paid_at AS moment,\n"
        f"    CASE WHEN {any_of(entries_of(rules, given))} THEN 'entry' WHEN {where(given.outside)} THEN 'outside'\n"
        f"        ELSE '{rest}' END AS source, b.item, b.kind\n"
        "FROM purchase_once AS b\n"
        "UNION ALL\n"
        "SELECT 'entry', entry_id, participant_id, asset, paid, entered_at, 'stake', NULL, NULL FROM entry_once\n"
        "UNION ALL\n"
        "SELECT 'activity', activity_id, initiator_id, CAST(NULL AS VARCHAR), CAST(NULL AS DECIMAL(38, 0)), started_at, 'stake',\n"
        "    NULL, NULL\nFROM activity_once\n"
        "UNION ALL\n"
        "SELECT 'registration', participant_id, participant_id, NULL, NULL, joined_at, 'none', NULL, NULL FROM participant_once",
    )


def _buyers() -> Step:
    """What each person's orders and entries moved, by source and asset; sold says that there was something to pay."""
    return Step(
        "buyer_total",
        f"SELECT t.person, t.asset, {OF_BUYER}, t.sold, t.events, t.moved, t.first_at\n"
        "FROM (\n"
        "    SELECT person, asset, source, moved > 0 AS sold, count(*) AS events, sum(moved) AS moved, min(moment) AS first_at\n"
        "    FROM money_event WHERE moves IN ('order', 'entry') GROUP BY ALL\n"
        ") AS t\nLEFT JOIN plan_person AS p ON p.person = t.person",
        "table",
    )


def _beside(rules: Rules, scope: Scope, own: str, aside: str) -> Step:
    """Money that people move beside orders, entries and what they are paid: stakes of activities, payments of their own.

    own lists the platform's accounts; aside the reasons of payments that move what was received before (withdrawals).
    """
    zero = "CAST(0 AS DECIMAL(38, 0))"
    none = (
        f"SELECT CAST(NULL AS VARCHAR) AS person, CAST(NULL AS VARCHAR) AS asset, {zero} AS paid, {zero} AS received,\n"
    )
    parts = [f"{none}    false AS is_entry, CAST(NULL AS TIMESTAMPTZ) AS moment WHERE false"]
    for asset, steps in starting_fees(rules).items():
        parts.append(
            f"SELECT initiator_id, {literal(asset)}, CAST({steps} AS DECIMAL(38, 0)), {zero}, false, started_at FROM activity_once"
        )
    if scope.has("payment", "payer_id"):
        booked = f" AND payee_id NOT IN {own}" if scope.has("purchase") or scope.has("entry") else ""
        parts.append(
            f"SELECT payer_id, asset, amount, {zero}, payee_id IN {own}, paid_at FROM payment_once\n"
            f"WHERE payer_id NOT IN {own} AND coalesce(reason, '') NOT IN ({aside}){booked}"
        )
    return Step("money_beside", "\nUNION ALL\n".join(parts))


def starting_fees(rules: Rules) -> dict[str, int]:
    """What starting an activity costs as declared, in steps, by each asset that its entries are paid in too: exports seldom hold it."""
    stake = dict(rules.activity.stake) if rules.activity else {}
    entry = rules.entry.stake if rules.entry else {}
    return {asset: Units.of(asset, rules.assets[asset].step).steps(stake[asset]) for asset in stake if asset in entry}


def _members(scope: Scope, own: str, aside: str) -> Step:
    """What each person paid and received, by asset, and when first. Withdrawals move what was received before: left out."""
    inside = "\nWHERE person IN (SELECT participant_id FROM participant_once)" if scope.has("participant") else ""
    return Step(
        "member_money",
        "SELECT *\nFROM (\n"
        "    SELECT person, asset, sum(paid) AS paid, sum(received) AS received,\n"
        "        min(moment) FILTER (paid > 0) AS first_in, min(moment) FILTER (received > 0) AS first_out\n"
        "    FROM (\n"
        "        SELECT person, asset, moved AS paid, CAST(0 AS DECIMAL(38, 0)) AS received, first_at AS moment FROM buyer_total\n"
        "        UNION ALL\n"
        "        SELECT payee, asset, CAST(0 AS DECIMAL(38, 0)), amount, first_at FROM payee_total\n"
        f"        WHERE payee NOT IN {own} AND coalesce(clause, '') NOT IN ({aside})\n"
        "        UNION ALL\n"
        "        SELECT person, asset, paid, received, moment FROM money_beside\n"
        "    ) AS moved\n    WHERE person IS NOT NULL AND asset IS NOT NULL AND (paid <> 0 OR received <> 0)\n"
        f"    GROUP BY person, asset\n) AS summed{inside}",
        "table",
    )


def _sums_by_day(scope: Scope, own: str) -> list[Step]:
    """What orders and entries moved, and what was paid, day by day in the case's zone."""
    day = f"CAST(timezone({literal(scope.zone)}, first_at) AS DATE) AS day"
    return [
        Step(
            "moved_day",
            f"SELECT {day}, moves, asset, source, sum(moved) AS moved\nFROM (\n"
            "    SELECT min(moment) AS first_at, moves, asset, source, sum(moved) AS moved FROM money_event\n"
            f"    WHERE moves IN ('order', 'entry') AND moment IS NOT NULL GROUP BY {quarter('moment')}, moves, asset, source\n"
            ") AS moved\nGROUP BY ALL",
            "table",
        ),
        Step(
            "payment_day",
            f"SELECT {day}, clause, asset, to_people, sum(amount) AS amount\nFROM (\n"
            f"    SELECT min(paid_at) AS first_at, reason AS clause, asset, payee_id NOT IN {own} AS to_people, sum(amount) AS amount\n"
            f"    FROM payment_once WHERE paid_at IS NOT NULL GROUP BY {quarter('paid_at')}, reason, asset, payee_id NOT IN {own}\n"
            ") AS paid\nGROUP BY ALL",
            "table",
        ),
    ]


def _days(scope: Scope, aside: str) -> Step:
    """Cash in and out by day and asset, whoever paid: entry money, other income, payouts."""
    zero = "CAST(0 AS DECIMAL(38, 0))"
    return Step(
        "money_day",
        "SELECT day, asset, sum(CASE WHEN is_entry THEN paid ELSE 0 END) AS entry,\n"
        "    sum(CASE WHEN is_entry THEN 0 ELSE paid END) AS other, sum(received) AS payout\n"
        "FROM (\n"
        f"    SELECT day, asset, moved AS paid, {zero} AS received, source = 'entry' AS is_entry FROM moved_day\n"
        "    UNION ALL\n"
        f"    SELECT day, asset, {zero}, amount, false FROM payment_day WHERE to_people AND coalesce(clause, '') NOT IN ({aside})\n"
        "    UNION ALL\n"
        f"    SELECT CAST(timezone({literal(scope.zone)}, moment) AS DATE), asset, paid, received, is_entry FROM money_beside\n"
        ") AS moved\nWHERE day IS NOT NULL AND asset IS NOT NULL\nGROUP BY ALL",
        "table",
    )

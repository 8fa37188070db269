"""Where the money of a plan comes from and goes to: who invited whom, what each person paid and received, what each reward
was paid for.

Nothing is judged here. A reward is traced to the event it is paid for, and through it to the money that the event moved:
this is an attribution, for money bears no marks, and every report that uses it prints the rule (`attribution`).
"""

from __future__ import annotations

from audit.engine import Step, literal
from audit.money.attribution import Attribution, any_of, entries_of, named, set_aside, where
from audit.rules import Rules, clauses_of
from audit.rules.units import Units
from audit.scope import Scope

BESIDE = ("participant", "initiator", "entrants", "everyone-so-far", "everyone-in-the-end")  # they stand above nobody
MOVES = {"registration": "registration", "start": "activity", "completion": "activity", "entry": "entry",
         "win": "entry", "loss": "entry", "order": "order", "recruit": "registration",
         "day-end": "pool"}  # fmt: skip
EVENTS = {"registration", "activity", "entry", "order"}  # the kinds that money_event holds


def money_steps(rules: Rules, scope: Scope, platform: tuple[str, ...], ignored: str, given: Attribution) -> list[Step]:
    """The steps from the canonical tables to `reward_side`, `member_money` and the levels; empty without payments."""
    if not scope.has("payment", "payee_id", "asset", "amount"):
        return []
    steps = [_invited(rules, scope)]
    if scope.has("participant", "referrer_id"):
        steps.append(_levels("invited_level", "invited"))
    steps += [
        _payees(),
        _member(rules, scope),
        _events(rules, given),
        _buyers(),
        *_rewards(rules, scope, platform, ignored),
    ]
    if scope.has("participant", "referrer_id"):
        steps += [
            Step(
                "paid_invitation",
                "-- an invitation for which the inviter was paid because of what the invited did\n"
                "SELECT i.person, CASE WHEN r.person IS NOT NULL THEN i.referrer END AS referrer\nFROM invited AS i\n"
                "LEFT JOIN reward_reach AS r ON r.person = i.person AND r.step = 1",
                "table",
            ),
            _levels("paid_level", "paid_invitation"),
        ]
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


def _levels(name: str, edges: str) -> Step:
    """Everybody's level below the head of their tree, who is on level 1; a circle of invitations has no head and no level."""
    return Step(
        name,
        "WITH RECURSIVE below AS (\n"
        f"    SELECT person, person AS head, 1 AS level FROM {edges} WHERE referrer IS NULL AND person IS NOT NULL\n"
        "    UNION ALL\n"
        f"    SELECT e.person, b.head, b.level + 1 FROM below AS b JOIN {edges} AS e ON e.referrer = b.person\n"
        ")\nSELECT * FROM below",
        "table",
    )


def _payees() -> Step:
    """What each person was paid, by clause and asset: payments are many, and most questions are about people."""
    return Step(
        "payee_total",
        "SELECT payee_id AS payee, reason AS clause, asset, amount > 0 AS gained, count(*) AS payments, sum(amount) AS amount,\n"
        "    min(paid_at) AS first_at\nFROM payment_once\nGROUP BY ALL",
        "table",
    )


def _member(rules: Rules, scope: Scope) -> Step:
    """Who takes part in the rewards: whoever recruited somebody, or was paid for what somebody else did."""
    above = [name for name, award in clauses_of(rules).items() if "." in award.to]
    parts = ["SELECT DISTINCT referrer AS person FROM invited WHERE referrer IS NOT NULL"]
    if above and scope.has("payment", "reason"):
        parts.append(f"SELECT payee FROM payee_total WHERE clause IN ({', '.join(map(literal, above))})")
    return Step("plan_member", "\nUNION\n".join(parts), "table")


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


OF_BUYER = "CASE WHEN t.source <> 'order' THEN t.source WHEN m.person IS NULL THEN 'outside' ELSE 'own' END AS source"


def _buyers() -> Step:
    """What each person's orders and entries moved, by source and asset; sold says that there was something to pay."""
    return Step(
        "buyer_total",
        f"SELECT t.person, t.asset, {OF_BUYER}, t.sold, t.events, t.moved, t.first_at\n"
        "FROM (\n"
        "    SELECT person, asset, source, moved > 0 AS sold, count(*) AS events, sum(moved) AS moved, min(moment) AS first_at\n"
        "    FROM money_event WHERE moves IN ('order', 'entry') GROUP BY ALL\n"
        ") AS t\nLEFT JOIN plan_member AS m ON m.person = t.person",
        "table",
    )


def refunds(rules: Rules) -> list[str]:
    """The clauses that give a loser the stake back: no reward."""
    stake = dict(rules.entry.stake) if rules.entry else {}
    return [
        name for name, award in clauses_of(rules).items()
        if award.on == "loss" and award.to == "participant" and stake and dict(award.pays or {}) == stake
    ]  # fmt: skip


def _kinds(rules: Rules) -> dict[str, list[str]]:
    """The kind of event that clauses pay for → the clauses."""
    kinds: dict[str, list[str]] = {}
    for name, award in clauses_of(rules).items():
        kinds.setdefault(MOVES.get(award.on, "other"), []).append(name)
    return kinds


def _under(clauses: list[str]) -> str:
    return f"p.reason IN ({', '.join(map(literal, clauses))})"


def paid_for(rules: Rules) -> str:
    """Which event `e` of money_event a payment `p` is for, by its clause, as SQL to join on.

    Where all clauses pay for one kind of event the engine need not look at the others.
    """
    kinds = {kind: _under(names) for kind, names in _kinds(rules).items() if kind in EVENTS}
    if len(kinds) == 1:
        (kind, under), *_ = kinds.items()
        return f"e.event = CASE WHEN {under} THEN p.ref END AND e.moves = {literal(kind)}"
    cases = " ".join(f"WHEN {under} THEN {literal(kind)}" for kind, under in kinds.items())
    return f"e.event = p.ref AND e.moves = CASE {cases} END" if cases else "false"


def _rewards(rules: Rules, scope: Scope, platform: tuple[str, ...], ignored: str) -> list[Step]:
    """Rewards summed twice in one pass: `reward_total` by clause, source and step, `reward_reach` by person and step.

    A reward is of the person whose event it is paid for. step is how many invitations lie between them and whom it is paid
    to: 0 the person's own, 1 the inviter, 2 the inviter's inviter, -1 another; NULL under clauses that pay nobody for standing
    above somebody.
    """
    views = [
        Step("reward_total", "SELECT clause, asset, source, step, payments, amount\nFROM reward_side\nWHERE NOT by_person"),
        Step("reward_reach", "SELECT person, step, payments\nFROM reward_side\nWHERE by_person AND person IS NOT NULL"),
    ]
    people = f"p.payee_id NOT IN ({', '.join(map(literal, ('', *platform)))})"
    if not scope.has("payment", "reason", "ref"):
        untraced = (
            "SELECT CAST(NULL AS VARCHAR) AS clause, p.asset, 'untraced' AS source, -1 AS step, CAST(NULL AS VARCHAR) AS person,\n"
            "    false AS by_person, count(*) AS payments, sum(p.amount) AS amount\n"
            f"FROM payment_once AS p\nWHERE {people}\nGROUP BY ALL"
        )
        return [Step("reward_side", untraced, "table"), *views]
    beside = ", ".join(map(literal, ["", *(name for name, award in clauses_of(rules).items() if award.to in BESIDE)]))
    back = ", ".join(map(literal, ["", *refunds(rules)]))
    aside = ", ".join(map(literal, [ignored, *set_aside(rules)]))
    pools = _kinds(rules).get("pool")
    pool = f"WHEN {_under(pools)} THEN 'pool' " if pools else ""
    return [
        Step(
            "reward_side",
            "SELECT clause, asset, source, step, person, grouping(clause) = 1 AS by_person, count(*) AS payments,\n"
            "    sum(amount) AS amount\n"
            "FROM (\n"
            f"    SELECT p.reason AS clause, p.asset, CASE WHEN p.reason IN ({back}) THEN 'returned'\n"
            f"            {pool}ELSE coalesce(e.source, 'untraced') END AS source,\n"
            f"        CASE WHEN p.reason IN ({beside}) THEN NULL WHEN p.payee_id = e.person THEN 0\n"
            "            WHEN p.payee_id = e.referrer THEN 1 WHEN p.payee_id = e.second THEN 2 ELSE -1 END AS step,\n"
            "        e.person, p.amount\n"
            "    FROM payment_once AS p\n"
            "    LEFT JOIN (\n"
            f"        SELECT t.event, t.moves, t.person, i.referrer, j.referrer AS second, {OF_BUYER}\n"
            "        FROM money_event AS t\n"
            "        LEFT JOIN plan_member AS m ON m.person = t.person\n"
            "        LEFT JOIN invited AS i ON i.person = t.person\n"
            "        LEFT JOIN invited AS j ON j.person = i.referrer\n"
            f"    ) AS e ON {paid_for(rules)}\n"
            f"    WHERE {people} AND coalesce(p.reason, '') NOT IN ({aside})\n"
            ") AS paid\n"
            "GROUP BY GROUPING SETS ((clause, asset, source, step), (person, step))",
            "table",
        ),
        *views,
    ]


def _beside(rules: Rules, scope: Scope, own: str, aside: str) -> Step:
    """Money that people move beside orders, entries and what they are paid: stakes of activities, payments of their own.

    own lists the platform's accounts; aside the reasons of payments that move what was received before (withdrawals).
    """
    zero = "CAST(0 AS DECIMAL(38, 0))"
    none = (
        f"SELECT CAST(NULL AS VARCHAR) AS person, CAST(NULL AS VARCHAR) AS asset, {zero} AS paid, {zero} AS received,\n"
    )
    parts = [f"{none}    false AS is_entry, CAST(NULL AS TIMESTAMPTZ) AS moment WHERE false"]
    stake = dict(rules.activity.stake) if rules.activity else {}
    for asset in (asset for asset in stake if rules.entry and asset in rules.entry.stake):
        steps = Units.of(asset, rules.assets[asset].step).steps(stake[asset])
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


def _members(scope: Scope, own: str, aside: str) -> Step:
    """What each person paid and received, by asset, and when first. Withdrawals move what was received before: left out."""
    inside = "\n    AND person IN (SELECT participant_id FROM participant_once)" if scope.has("participant") else ""
    return Step(
        "member_money",
        "SELECT person, asset, sum(paid) AS paid, sum(received) AS received,\n"
        "    min(moment) FILTER (paid > 0) AS first_in, min(moment) FILTER (received > 0) AS first_out\n"
        "FROM (\n"
        "    SELECT person, asset, moved AS paid, CAST(0 AS DECIMAL(38, 0)) AS received, first_at AS moment FROM buyer_total\n"
        "    UNION ALL\n"
        "    SELECT payee, asset, CAST(0 AS DECIMAL(38, 0)), amount, first_at FROM payee_total\n"
        f"    WHERE payee NOT IN {own} AND coalesce(clause, '') NOT IN ({aside})\n"
        "    UNION ALL\n"
        "    SELECT person, asset, paid, received, moment FROM money_beside\n"
        ") AS moved\nWHERE person IS NOT NULL AND asset IS NOT NULL AND (paid <> 0 OR received <> 0)"
        f"{inside}\nGROUP BY person, asset",
        "table",
    )


def _sums_by_day(scope: Scope, own: str) -> list[Step]:
    """What orders and entries moved, and what was paid, day by day in the case's zone."""
    zone = literal(scope.zone)
    return [
        Step(
            "moved_day",
            f"SELECT CAST(timezone({zone}, moment) AS DATE) AS day, moves, asset, source, sum(moved) AS moved\n"
            "FROM money_event\nWHERE moves IN ('order', 'entry') AND moment IS NOT NULL\nGROUP BY ALL",
            "table",
        ),
        Step(
            "payment_day",
            f"SELECT CAST(timezone({zone}, paid_at) AS DATE) AS day, reason AS clause, asset, payee_id NOT IN {own} AS to_people,\n"
            "    sum(amount) AS amount\nFROM payment_once\nWHERE paid_at IS NOT NULL\nGROUP BY ALL",
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

"""Rewards: which event each is paid for, whose money that moved, and how far above its person the payee stands."""

from __future__ import annotations

from audit.engine import Step, literal
from audit.rules import Rules, clauses_of, set_aside
from audit.scope import Scope

BESIDE = ("participant", "initiator", "entrants", "everyone-so-far", "everyone-in-the-end")  # they stand above nobody
MOVES = {"registration": "registration", "start": "activity", "completion": "activity", "entry": "entry",
         "win": "entry", "loss": "entry", "order": "order", "recruit": "registration",
         "day-end": "pool"}  # fmt: skip
EVENTS = {"registration", "activity", "entry", "order"}  # the kinds that money_event holds
OF_BUYER = "CASE WHEN t.source <> 'order' THEN t.source WHEN p.takes_part THEN 'own' ELSE 'outside' END AS source"


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


def _case(clauses: list[str], then: str) -> str:
    """A branch of a CASE for payments under these clauses; none for no clauses."""
    return f"WHEN {_under(clauses)} THEN {then} " if clauses else ""


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


def reward_steps(rules: Rules, scope: Scope, platform: tuple[str, ...], ignored: str) -> list[Step]:
    """Rewards summed twice in one step: `reward_total` by clause, source and step, `reward_reach` by person.

    A reward is of the person whose event it is paid for. step is how many invitations lie between them and whom it is paid
    to: 0 the person's own, 1 the inviter, 2 the inviter's inviter, -1 another; NULL under clauses that pay nobody for standing
    above somebody. Of a person for whom somebody else was paid it is told whether the inviter was, and whether anybody past the
    inviter was.
    """
    views = [
        Step(
            "reward_total",
            "SELECT clause, asset, source, step, CAST(sum(payments) AS BIGINT) AS payments,\n"
            "    CAST(coalesce(sum(amount), 0) AS DECIMAL(38, 0)) AS amount\n"
            "FROM reward_side\nWHERE NOT by_person\nGROUP BY clause, asset, source, step",
        ),
        Step(
            "reward_reach",
            "SELECT person, bool_or(inviter) AS inviter, bool_or(past) AS past\nFROM reward_side\nWHERE by_person\nGROUP BY person",
        ),
    ]
    own = f" OR p.payee_id IN ({', '.join(map(literal, platform))})" if platform else ""
    if not scope.has("payment", "reason", "ref"):
        untraced = (
            "SELECT CAST(NULL AS VARCHAR) AS clause, p.asset, 'untraced' AS source, -1 AS step, CAST(NULL AS VARCHAR) AS person,\n"
            "    false AS by_person, count(*) AS payments, sum(p.amount) AS amount, false AS inviter, false AS past\n"
            f"FROM payment_once AS p\nWHERE NOT (p.payee_id IS NULL{own})\nGROUP BY ALL"
        )
        return [Step("reward_side", untraced, "table"), *views]
    clauses = clauses_of(rules)
    aside = _case([ignored, *set_aside(rules)], "'aside'")
    back = _case(refunds(rules), "'returned'")
    pool = _case(_kinds(rules).get("pool", []), "'pool'")
    beside = _case([name for name, award in clauses.items() if award.to in BESIDE], "NULL")

    side = Step(
        "reward_side",
        "SELECT clause, asset, source, step, person, grouping(person) = 0 AS by_person, count(*) AS payments, sum(amount) AS amount,\n"
        "    coalesce(bool_or(step = 1), false) AS inviter, coalesce(bool_or(step <> 1), false) AS past\n"
        "FROM (\n"
        "    -- what is no reward is left out after the join: a filter before it makes the engine join the wrong way round\n"
        "    SELECT clause, asset, source, step, CASE WHEN step <> 0 THEN person END AS person, amount\n"
        "    FROM (\n"
        f"        SELECT p.reason AS clause, p.asset, CASE WHEN p.payee_id IS NULL{own} THEN 'aside'\n"
        f"                {aside}{back}{pool}ELSE coalesce(e.source, 'untraced') END AS source,\n"
        f"            CASE {beside}WHEN p.payee_id = e.person THEN 0 WHEN p.payee_id = e.referrer THEN 1\n"
        "                WHEN p.payee_id = e.second THEN 2 ELSE -1 END AS step,\n"
        "            e.person, p.amount\n"
        "        FROM payment_once AS p\n"
        "        LEFT JOIN (\n"
        f"            SELECT t.event, t.moves, t.person, p.referrer, p.second, {OF_BUYER}\n"
        "            FROM money_event AS t\n"
        "            LEFT JOIN plan_person AS p ON p.person = t.person\n"
        f"        ) AS e ON {paid_for(rules)}\n"
        "    ) AS paid\n    WHERE source <> 'aside'\n"
        ") AS reward\n"
        "GROUP BY GROUPING SETS ((clause, asset, source, step), (person))\n"
        "HAVING grouping(person) = 1 OR person IS NOT NULL",
        "table",
    )
    return [side, *views]

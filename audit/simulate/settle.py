"""A world → canonical tables in an engine, and every award that the replay finds owed, paid on time."""

from __future__ import annotations

from itertools import product
from typing import Any

from audit.engine import Engine, Step, literal, scratch_engine
from audit.replay import has_awards, replay_steps
from audit.rules import Chances, Rules, Split, eras
from audit.rules.scalars import span_of
from audit.rules.units import Units
from audit.scope import Scope
from audit.simulate.attributes import attributes
from audit.simulate.play import World

ZONE = "Asia/Shanghai"
COLUMNS = {
    "participant": ("participant_id", "referrer_id", "team_leader_id", "joined_at"),
    "activity": ("activity_id", "initiator_id", "started_at", "ended_at"),
    "entry": ("entry_id", "activity_id", "participant_id", "position", "weight", "entered_at", "asset", "paid"),
    "outcome": ("entry_id", "outcome", "decided_at", "choice", "asset", "share"),
    "purchase": ("purchase_id", "participant_id", "item", "kind", "asset", "amount", "list_price", "paid_at"),
    "payment": ("payment_id", "paid_at", "payee_id", "asset", "amount", "reason", "ref", "step"),
    "draw": ("draw_id", "drawn_at"),
    "drawn_number": ("draw_id", "pool", "ordinal", "number"),
}


def settle(world: World) -> Engine:
    """An engine in memory that holds the world's tables and its payments; `owed` keeps what the replay found."""
    engine = scratch_engine(ZONE)
    for name, columns in world.tables.items():
        engine.take(f"raw_{name}", columns)
    for table in _canonical(world):
        engine.rows(f"INSERT INTO {table.name} BY NAME\n{table.sql}")
    scope = scope_of(world)
    for step in replay_steps(world.rules, scope, frozenset()):
        engine.run(step)
    pay(engine, world)
    return engine


def scope_of(world: World) -> Scope:
    """What the export will hold."""
    names = {"participant", *(name for name in world.tables if name in COLUMNS)}
    names |= {"outcome"} if "entry" in names else set()
    names |= {"payment"} if has_awards(world.rules) else set()
    return Scope({name: frozenset(columns_of(name, world.rules)) for name in COLUMNS if name in names}, ZONE)


def columns_of(table: str, rules: Rules) -> tuple[str, ...]:
    """The columns of a table that a simulated export has."""
    left_out = set() if any(award.choice for award in rules.awards.values()) else {"choice"}
    left_out |= set() if getattr(rules.draw, "tickets", "") == "weight" else {"weight"}
    left_out |= set() if rules.order else {"list_price"}
    left_out |= set() if milestones(rules) else {"step"}
    if table == "outcome" and pot_of(rules) is None:
        left_out |= {"asset", "share"}
    more = tuple(attributes(rules)) if table == "participant" else ()
    return (*(name for name in COLUMNS[table] if name not in left_out), *more)


def milestones(rules: Rules) -> bool:
    """Whether any clause pays everybody at milestones: its payments then say which."""
    return any(award.to.startswith("everyone") for era in eras(rules) for award in era.awards.values())


def pot_of(rules: Rules) -> str | None:
    """The asset of which random shares are drawn, if any is."""
    pays = (pay for award in rules.awards.values() for pay in (award.pays or {}).items())
    return next((asset for asset, pay in pays if isinstance(pay, Split) and pay.split == "random"), None)


def pay(engine: Engine, world: World) -> None:
    """Pay everything that is owed, at a moment within its deadline; the order of payment follows from the moments."""
    if not has_awards(world.rules):
        return
    engine.rows(
        "CREATE TABLE owed AS SELECT *, row_number() OVER (ORDER BY event_at, clause, event, payee, asset) AS place\n"
        "FROM expected_award"
    )
    engine.rows(
        "INSERT INTO payment BY NAME\n"
        "SELECT printf('P%08d', place) AS payment_id,\n"
        "    -- within an hour, or within the deadline where that is sooner; the moment depends on the place alone\n"
        "    event_at + (1 + (place * 7919) % greatest(1, least(3599,\n"
        "        coalesce(epoch(due_at) - epoch(event_at), 3600)::BIGINT - 1))) * INTERVAL 1 SECOND AS paid_at,\n"
        "    payee AS payee_id, asset, amount, clause AS reason,\n"
        "    split_part(event, '#', 1) AS ref, nullif(split_part(event, '#', 2), '')::BIGINT AS step,\n"
        "    '' AS source_file, place AS record\n"
        "FROM owed ORDER BY place"
    )


def _canonical(world: World) -> list[Step]:
    rules = world.rules
    known = "".join(f"{sql} AS {name}, " for name, sql in attributes(rules).items())
    found = [
        Step(
            "participant",
            "SELECT printf('U%07d', id) AS participant_id, CASE WHEN above > 0 THEN printf('U%07d', above) END AS referrer_id,\n"
            "    CASE WHEN leader > 0 THEN printf('U%07d', leader) END AS team_leader_id, to_timestamp(moment) AS joined_at,\n"
            f"    {known}'' AS source_file, id AS record\nFROM raw_participant",
        )
    ]
    if "activity" in world.tables:
        found.append(
            Step(
                "activity",
                "SELECT printf('A%07d', id) AS activity_id, printf('U%07d', who) AS initiator_id, to_timestamp(moment) AS started_at,\n"
                "    CASE WHEN ended > 0 THEN to_timestamp(ended) END AS ended_at, '' AS source_file, id AS record\nFROM raw_activity",
            )
        )
    if "entry" in world.tables:
        asset, steps = _stake(rules)
        weight = "weight" if "weight" in world.tables["entry"] else "NULL"
        found.append(
            Step(
                "entry",
                "SELECT printf('K%08d', id) AS entry_id, printf('A%07d', activity) AS activity_id,\n"
                f"    printf('U%07d', who) AS participant_id, position, {weight} AS weight, to_timestamp(moment) AS entered_at,\n"
                f"    {literal(asset)} AS asset, {steps} AS paid, '' AS source_file, id AS record\nFROM raw_entry",
            )
        )
        found.append(_outcomes(rules))
    if "purchase" in world.tables:
        found.append(_purchases(rules))
    if "draw" in world.tables:
        found.append(Step("draw", "SELECT printf('D%06d', id) AS draw_id, to_timestamp(moment) AS drawn_at, '' AS source_file,\n"
                                  "    id AS record\nFROM raw_draw"))  # fmt: skip
        pools = " ".join(f"WHEN {place} THEN {literal(name)}" for place, name in enumerate(_pools(rules)))
        found.append(
            Step("drawn_number", f"SELECT printf('D%06d', draw) AS draw_id, CASE pool {pools} END AS pool, ordinal, number,\n"
                                 "    '' AS source_file, row_number() OVER () AS record\nFROM raw_drawn_number")
        )  # fmt: skip
    return found


def _outcomes(rules: Rules) -> Step:
    """Each decided entry; winners choose among the options in turn."""
    options = [asset for award in rules.awards.values() for option in award.choice or () for asset in option]
    picks = " ".join(f"WHEN {place} THEN {literal(asset)}" for place, asset in enumerate(options))
    choice = (
        f"CASE WHEN won = 1 THEN CASE (id * 7919 + activity) % {len(options)} {picks} END END" if options else "NULL"
    )
    names = list(rules.draw.prizes) if isinstance(rules.draw, Chances) else ["win"]
    won = " ".join(f"WHEN {place} THEN {literal(name)}" for place, name in enumerate(names, 1))
    asset = pot_of(rules)
    share = f"{literal(asset)} AS asset, nullif(share, -1) AS share, " if asset else ""
    return Step(
        "outcome",
        f"SELECT printf('K%08d', id) AS entry_id, CASE won {won} WHEN 0 THEN 'loss' END AS outcome,\n"
        f"    CASE WHEN won >= 0 THEN to_timestamp(decided) END AS decided_at, {choice} AS choice, {share}\n"
        "    '' AS source_file, id AS record\nFROM raw_entry",
    )


def _purchases(rules: Rules) -> Step:
    """Orders of the items and kinds that clauses name, each at some price."""
    pairs: dict[tuple[str, str], None] = {}
    for award in rules.awards.values():
        when = award.when
        pairs |= dict.fromkeys(
            product((when.item if when else None) or ("goods",), (when.kind if when else None) or ("goods",))
        )
    items, kinds = (
        " ".join(f"WHEN {place} THEN {literal(pair[part])}" for place, pair in enumerate(pairs)) for part in (0, 1)
    )
    asset = money_of(rules)
    steps = rules.order.percent if rules.order else {}
    factor = {"down": 0, "half-up": 50, "up": 99}[rules.order.rounding if rules.order else "down"]
    nth = "row_number() OVER (PARTITION BY who ORDER BY moment, id)"
    ladder = " ".join(
        f"WHEN {nth} BETWEEN {span_of(turns)[0]} AND {span_of(turns)[-1]}\n"
        f"        THEN CAST((CAST(cents AS HUGEINT) * {percent} + {factor}) // 100 AS BIGINT)"
        for turns, percent in steps.items()
        if percent == int(percent)
    )
    price = f"CASE {ladder} ELSE cents END" if ladder else "cents"
    return Step(
        "purchase",
        f"SELECT printf('B%08d', id) AS purchase_id, printf('U%07d', who) AS participant_id, cents AS list_price,\n"
        f"    CASE kind % {len(pairs)} {items} END AS item, CASE kind % {len(pairs)} {kinds} END AS kind,\n"
        f"    {literal(asset)} AS asset, {price} AS amount, to_timestamp(moment) AS paid_at, '' AS source_file, id AS record\n"
        "FROM raw_purchase",
    )


def money_of(rules: Rules) -> str:
    """The asset that orders are paid with: the first whose step is less than one, else the first."""
    return next((name for name, asset in rules.assets.items() if asset.step < 1), next(iter(rules.assets)))


def _stake(rules: Rules) -> tuple[str, int]:
    stake: Any = next(iter(rules.entry.stake.items()), None) if rules.entry else None
    if stake is None:
        return money_of(rules), 0
    name, amount = stake
    return name, Units.of(name, rules.assets[name].step).steps(amount)


def _pools(rules: Rules) -> list[str]:
    return list(getattr(rules.draw, "pools", {}))

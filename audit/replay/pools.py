"""Money held for later: pools shared at day's end by the holders of a rank, and withdrawals of which a part is frozen."""

from __future__ import annotations

from audit.engine import Step, literal
from audit.replay.ranked import Plan, base_of, key_of, matches, within
from audit.rules import DayPool, PartFrozen, Released
from audit.rules.ranks import Bought
from audit.rules.units import Units, share_of
from audit.scope import Scope


def pool_steps(plan: Plan, scope: Scope, nobody: str) -> list[Step]:
    """Pools: what orders fed, who held the rank exactly when the day ended, and what each of them gets."""
    day = f"CAST(timezone({literal(scope.zone)}, {{}}) AS DATE)"
    begin = f"least(min(e.event_at), {scope.moment(scope.since)})"
    fed: list[str] = []
    holders: dict[str, str] = {}  # by clause: a version does not change who shares
    keys: list[str] = []
    for name, award, era in plan.clauses:
        for asset, pay in (award.pays or {}).items():
            if not isinstance(pay, DayPool):
                continue
            steps = Units.of(asset, plan.rules.assets[asset].step).steps(pay.per_order)
            kind = Bought(award.when.item, award.when.kind) if award.when else None
            fed.append(
                f"SELECT {literal(name)} AS clause, {day.format('e.event_at')} AS day, CAST({steps} AS HUGEINT) AS fed\n"
                f"FROM event_order AS e\nWHERE {matches(kind, 'e')} AND {within(era, scope, 'e')}"
            )
            rank, exactly = award.to.rpartition(".")[2], ".exactly." in award.to
            above = ", ".join(map(literal, plan.above(rank))) if exactly and plan.above(rank) else "NULL"
            holders[name] = (
                f"SELECT {literal(name)} AS clause, r.participant_id, {day.format('r.reached_at')} AS from_day,\n"
                f"    {day.format('min(u.reached_at)')} AS to_day\n"
                "FROM standing_reached AS r\n"
                f"LEFT JOIN standing_reached AS u ON u.participant_id = r.participant_id AND u.standing IN ({above})\n"
                f"WHERE r.standing = {literal(rank)}\nGROUP BY r.participant_id, r.reached_at"
            )
            keys.append(f"({literal(name)}, {literal(key_of(name, award))}, {literal(asset)})")
    if not fed:
        return []
    return [
        Step("pool_fed", "\nUNION ALL\n".join(fed)),
        Step(
            "pool_holder",
            "-- holds the rank, and none above it, when the days from from_day until before to_day end\n"
            "SELECT *\nFROM (\n"
            + "\nUNION ALL\n".join(holders.values())
            + "\n) AS h\nWHERE to_day IS NULL OR from_day < to_day",
            "table",
        ),
        Step(
            "pool_change",
            "SELECT clause, day, fed, 0 AS holders FROM pool_fed\nUNION ALL\n"
            "SELECT clause, from_day, 0, 1 FROM pool_holder\nUNION ALL\n"
            "SELECT clause, to_day, 0, -1 FROM pool_holder WHERE to_day IS NOT NULL\nUNION ALL\n"
            "-- days begin with the first order, whether it fed a pool or not\n"
            f"SELECT k.clause, {day.format(begin)}, 0, 0 FROM event_order AS e\n"
            f"CROSS JOIN (VALUES {', '.join(dict.fromkeys(keys))}) AS k(clause, on_event, asset)\nGROUP BY k.clause",
        ),
        Step(
            "pool_input",
            "-- every day that ended before the export did, from the first order on\n"
            "SELECT c.clause, c.day, row_number() OVER (PARTITION BY c.clause ORDER BY c.day) AS number,\n"
            "    coalesce(sum(p.fed), 0) AS fed,\n"
            "    sum(coalesce(sum(p.holders), 0)) OVER (PARTITION BY c.clause ORDER BY c.day) AS holders\n"
            "FROM (\n    SELECT clause, CAST(midnight AS DATE) AS day\n    FROM (\n"
            "        SELECT clause, unnest(generate_series(CAST(first_day AS TIMESTAMP),\n"
            f"            CAST({day.format('h.until_at')} - 1 AS TIMESTAMP), INTERVAL 1 DAY)) AS midnight\n"
            "        FROM (SELECT clause, min(day) AS first_day FROM pool_change GROUP BY clause) AS f CROSS JOIN horizon AS h\n"
            "    ) AS listed\n) AS c\n"
            "LEFT JOIN pool_change AS p ON p.clause = c.clause AND p.day = c.day\n"
            "GROUP BY c.clause, c.day",
            "table",
        ),
        Step(
            "pool_day",
            "-- what does not divide, or all where nobody holds the rank, is in the pot of the next day\n"
            "WITH RECURSIVE run AS (\n"
            "    SELECT clause, day, number, fed, holders, CAST(fed AS HUGEINT) AS pot FROM pool_input WHERE number = 1\n"
            "    UNION ALL\n"
            "    SELECT i.clause, i.day, i.number, i.fed, i.holders,\n"
            "        CAST(i.fed + CASE WHEN r.holders > 0 THEN r.pot % r.holders ELSE r.pot END AS HUGEINT)\n"
            "    FROM run AS r JOIN pool_input AS i ON i.clause = r.clause AND i.number = r.number + 1\n"
            ")\n"
            "SELECT clause, day, fed, pot, holders, CASE WHEN holders > 0 THEN pot // CAST(holders AS HUGEINT) ELSE 0 END AS share\n"
            "FROM run",
            "table",
        ),
        Step(
            "event_pool",
            "SELECT CAST(d.day AS VARCHAR) AS event, k.on_event,\n"
            f"    timezone({literal(scope.zone)}, CAST(d.day + 1 AS TIMESTAMP)) AS event_at,\n"
            "    h.participant_id AS participant, NULL, NULL AS choice, NULL AS place, b.from_at IS NOT NULL AS unseen,\n"
            "    NULL AS item, NULL AS kind, k.asset AS base_asset, CAST(d.share AS DECIMAL(38, 0)) AS base,\n"
            f"{nobody}\n"
            "FROM pool_day AS d\nCROSS JOIN tree_doubt AS b\n"
            f"JOIN (VALUES {', '.join(dict.fromkeys(keys))}) AS k(clause, on_event, asset) ON k.clause = d.clause\n"
            "LEFT JOIN pool_holder AS h ON h.clause = d.clause AND h.from_day <= d.day AND coalesce(d.day < h.to_day, true)\n"
            "WHERE d.share > 0 OR b.from_at IS NOT NULL",
        ),
    ]


LOST = (
    "EXISTS (SELECT 1 FROM refused_cell WHERE table_name = 'request')\n"
    "        OR EXISTS (SELECT 1 FROM event_withdrawal AS w WHERE w.participant IS NULL OR w.event_at IS NULL OR w.base IS NULL)"
)


def withdrawal_steps(plan: Plan, scope: Scope, nobody: str) -> list[Step]:
    """Withdrawals less what is frozen, and what is released when the condition is met."""
    frozen, paid, released = [], [], []
    for name, award, era in plan.clauses:
        for asset, pay in (award.pays or {}).items():
            if isinstance(pay, PartFrozen):
                num, den, add = share_of(pay.freeze, pay.rounding)
                frozen.append(
                    f"SELECT {literal(name)} AS clause, e.event, e.participant, e.event_at, e.base_asset, e.base, e.unseen,\n"
                    "    CASE WHEN r.reached_at < e.event_at THEN 0\n"
                    f"        ELSE (CAST(e.base AS HUGEINT) * {num} + {add}) // {den} END AS frozen\n"
                    "FROM event_withdrawal AS e\n"
                    "LEFT JOIN standing_reached AS r\n"
                    f"    ON r.participant_id = e.participant AND r.standing = {literal(pay.until)}\n"
                    f"WHERE coalesce(e.base_asset = {literal(asset)}, true) AND {within(era, scope, 'e')}"
                )
                paid.append(
                    f"SELECT f.event, {literal(key_of(name, award))} AS on_event, f.event_at, f.participant, NULL,\n"
                    "    NULL AS choice, NULL AS place,\n"
                    "    f.unseen OR f.participant IS NULL OR coalesce(f.event_at >= d.from_at, false) AS unseen,\n"
                    "    NULL AS item, NULL AS kind, f.base_asset, CAST(f.base - f.frozen AS DECIMAL(38, 0)) AS base,\n"
                    f"{nobody}\nFROM withdrawal_frozen AS f CROSS JOIN tree_doubt AS d\nWHERE f.clause = {literal(name)}"
                )
            if isinstance(pay, Released):
                released.append(
                    f"SELECT e.event, {literal(key_of(name, award))} AS on_event, e.event_at, e.participant, NULL,\n"
                    f"    NULL AS choice, NULL AS place, e.unseen OR {LOST} AS unseen, NULL AS item, NULL AS kind,\n"
                    f"    {literal(asset)} AS base_asset, CAST(coalesce(sum(f.frozen), 0) AS DECIMAL(38, 0)) AS base,\n"
                    f"{nobody}\nFROM event_reached AS e\n"
                    f"LEFT JOIN withdrawal_frozen AS f ON f.participant = e.participant AND f.clause = {literal(pay.released)}\n"
                    f"    AND f.event_at <= e.event_at\nWHERE e.on_event = {literal(base_of(award))}\n"
                    "GROUP BY e.event, e.on_event, e.event_at, e.participant, e.unseen"
                )
    if not frozen:
        return []
    return [
        Step("withdrawal_frozen", "\nUNION ALL\n".join(frozen), "table"),
        Step("event_frozen", "\nUNION ALL\n".join(dict.fromkeys([*paid, *released]))),
    ]

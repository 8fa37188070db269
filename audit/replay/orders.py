"""Orders → what each should have cost: its list price by the ladder or the coupon, less the deposit that it names.

And each coupon spent, with the one it takes: the oldest that has not expired.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.engine import Step, by_id, literal, values
from audit.rules import Order, Rules, eras, parts_by_time
from audit.rules.scalars import span_of
from audit.rules.units import share_of
from audit.scope import Scope


def order_steps(rules: Rules, scope: Scope) -> list[Step]:
    """`order_price` where the export holds list prices, `coupon_use` where it holds coupons and payments."""
    orders = [(era.effective.from_, era.order) for era in eras(rules) if era.order is not None]
    if not orders or not scope.has("purchase", "participant_id", "paid_at"):
        return []
    steps = []
    if scope.has("purchase", "list_price", "amount"):
        steps += _price_steps(rules, scope)
    spent = {coupon for _, order in orders for coupon in order.coupons}
    if spent and scope.has("purchase", "coupon") and scope.has("payment", "payee_id", "asset", "amount", "paid_at"):
        steps += _coupon_steps(rules, scope, sorted(spent))
    return steps


def is_deposit(rules: Rules, scope: Scope, order: str, *, lenient: bool = False) -> str:
    """Whether an order was a deposit by the version of its moment, as SQL.

    lenient: so is one that may have been, its moment unknown or the rules not in force, under the nearest version.
    """
    stood = parts_by_time(rules, lambda era: era.order.deposits if era.order else ())
    tests = []
    for place, (kinds, span) in enumerate(stood):
        since = None if lenient and place == 0 else span.from_
        until = None if lenient and place == len(stood) - 1 else span.to
        if kinds:
            in_force = scope.within(f"{order}.paid_at", since, until, alone=lenient or len(stood) == 1)
            tests.append(f"{order}.kind IN ({', '.join(map(literal, kinds))}) AND {in_force}")
    return f"coalesce({' OR '.join(tests)}, false)" if tests else "false"


def _price_steps(rules: Rules, scope: Scope) -> list[Step]:
    """One row for each order that has a declared price; those before the period's first order may be hidden."""
    ladder, coupons, counting = [], [], []
    for era in eras(rules):
        if era.order is None:
            continue
        span = [scope.moment(era.effective.from_), scope.moment(era.effective.to)]
        counting.append([*span, str(era.order.coupon_orders_count).lower()])
        ladder += [[*span, str(first), str(last), *share] for first, last, share in _steps_of(era.order)]
        coupons += [
            [*span, literal(coupon), *map(str, share_of(percent, era.order.rounding))]
            for coupon, percent in era.order.coupons.items()
        ]
    deposit = is_deposit(rules, scope, "b", lenient=True)
    in_force = "b.paid_at >= {0}.from_at AND ({0}.to_at IS NULL OR b.paid_at < {0}.to_at)"
    hidden = str(bool(scope.cut(rules.effective.from_))).lower()
    counted = (
        "count(*) FILTER (b.coupon IS NULL OR n.counts) OVER (\n"
        f"        PARTITION BY b.participant_id ORDER BY b.paid_at, {by_id('b.purchase_id')}\n"
        "        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    )
    return [
        Step("order_era", _listed(counting, ["from_at", "to_at", "counts"]), "table"),
        Step("price_step", _listed(ladder, ["from_at", "to_at", "first", "last", "num", "den", "add"]), "table"),
        Step("price_coupon", _listed(coupons, ["from_at", "to_at", "coupon", "num", "den", "add"]), "table"),
        Step(
            "order_blurred",
            "-- orders that cannot be read: which of a person's orders is the n-th, or what it cost, is then not known\n"
            "SELECT participant_id FROM purchase_once\n"
            "WHERE participant_id IS NULL OR paid_at IS NULL\n"
            "    OR regexp_matches(coalesce(refused, ''), '(^|,)(kind|coupon|deposit_id)(,|$)')\n"
            "UNION ALL\n"
            "SELECT NULL FROM refused_cell WHERE table_name = 'purchase' AND column_name IS NULL",
            "table",
        ),
        Step(
            "order_counted",
            "-- the n-th order of a participant, deposits apart\n"
            f"SELECT b.*, {counted} AS place\n"
            f"FROM purchase_once AS b\nJOIN order_era AS n ON {in_force.format('n')}\nWHERE NOT {deposit}",
        ),
        Step(
            "order_price",
            "SELECT b.purchase_id, b.participant_id, b.item, b.kind, b.asset, b.list_price, b.place, b.coupon, b.deposit_id,\n"
            "    d.amount AS deposit, b.amount AS paid, b.paid_at,\n"
            "    CAST((CAST(b.list_price AS HUGEINT) * coalesce(c.num, s.num, 1) + coalesce(c.add, s.add, 0))\n"
            "        // coalesce(c.den, s.den, 1) - coalesce(d.amount, 0) AS DECIMAL(38, 0)) AS owed,\n"
            "    -- the ladder's step is not known where earlier orders may be hidden, nor the price without its parts\n"
            f"    b.list_price IS NULL OR b.amount IS NULL OR ({hidden} AND b.coupon IS NULL)\n"
            "        OR EXISTS (SELECT 1 FROM order_blurred AS x WHERE coalesce(x.participant_id, b.participant_id) = b.participant_id)\n"
            "        OR b.participant_id IS NULL OR (b.coupon IS NOT NULL AND c.num IS NULL)\n"
            "        OR (b.deposit_id IS NOT NULL AND d.amount IS NULL) AS unknown,\n"
            "    b.source_file, b.record\n"
            "FROM order_counted AS b\n"
            f"LEFT JOIN price_step AS s ON {in_force.format('s')} AND b.place BETWEEN s.first AND s.last\n"
            f"LEFT JOIN price_coupon AS c ON {in_force.format('c')} AND c.coupon = b.coupon\n"
            "LEFT JOIN purchase_once AS d ON d.purchase_id = b.deposit_id",
            "table",
        ),
    ]


def _steps_of(order: Order) -> Iterator[tuple[int, int, list[str]]]:
    for counts, percent in order.percent.items():
        span = span_of(counts)
        yield span[0], span[-1], list(map(str, share_of(percent, order.rounding)))


def _listed(rows: list[list[str]], names: list[str]) -> str:
    """A SELECT over rows of SQL literals; without rows, one that holds none."""
    kinds = {"from_at": "TIMESTAMPTZ", "to_at": "TIMESTAMPTZ", "coupon": "VARCHAR", "counts": "BOOLEAN"}
    casts = ", ".join(f"CAST({name} AS {kinds.get(name, 'HUGEINT')}) AS {name}" for name in names)
    body = ",\n    ".join("(" + ", ".join(row) + ")" for row in rows or [["NULL"] * len(names)])
    return f"SELECT {casts}\nFROM (VALUES\n    {body}\n) AS listed({', '.join(names)})" + (
        "" if rows else "\nWHERE false"
    )


def _coupon_steps(rules: Rules, scope: Scope, coupons: list[str]) -> list[Step]:
    """Coupons as a queue: the n-th use takes the oldest that is neither spent nor expired.

    With G coupons granted by then, E of them expired, it takes number max(before + 1, E + 1), which is n + the greatest of
    E - n + 1 so far; it is good where that is at most G.
    """
    lives = [(coupon, rules.assets[coupon].valid) for coupon in coupons]
    seconds = values(
        [(name, int(life.total_seconds()) if life else None) for name, life in lives], ["coupon", "seconds"]
    )
    order = f"PARTITION BY participant_id, coupon ORDER BY moment, turn, {by_id('purchase_id')}, source_file, record"
    so_far = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    hidden = str(bool(scope.cut(rules.effective.from_))).lower()
    return [
        Step("coupon_life", f"SELECT coupon, CAST(seconds AS BIGINT) AS seconds FROM ({seconds}) AS lives"),
        Step(
            "coupon_move",
            "SELECT p.payee_id AS participant_id, p.asset AS coupon, p.paid_at AS moment, 0 AS turn, p.amount AS units,\n"
            "    CAST(NULL AS VARCHAR) AS purchase_id, p.source_file, p.record\n"
            "FROM payment_once AS p JOIN coupon_life AS l ON l.coupon = p.asset\n"
            "UNION ALL\n"
            "SELECT participant_id, coupon, paid_at, 1, CAST(1 AS DECIMAL(38, 0)), purchase_id, source_file, record\n"
            "FROM purchase_once WHERE coupon IS NOT NULL\n"
            "UNION ALL\n"
            "-- a coupon is good to the last moment of its life\n"
            "SELECT p.payee_id, p.asset, p.paid_at + l.seconds * INTERVAL 1 SECOND, 2, p.amount, NULL, p.source_file, p.record\n"
            "FROM payment_once AS p JOIN coupon_life AS l ON l.coupon = p.asset\nWHERE l.seconds IS NOT NULL",
        ),
        Step(
            "coupon_count",
            f"SELECT *, sum(CASE WHEN turn = 0 THEN units ELSE 0 END) OVER ({order} {so_far}) AS granted,\n"
            f"    sum(CASE WHEN turn = 2 THEN units ELSE 0 END) OVER ({order} {so_far}) AS expired,\n"
            f"    count(*) FILTER (turn = 1) OVER ({order} {so_far}) AS used\n"
            "FROM coupon_move",
        ),
        Step(
            "coupon_use",
            "SELECT participant_id, coupon, moment, purchase_id, source_file, record, granted, expired, used,\n"
            f"    used + max(expired - used + 1) OVER ({order} {so_far}) AS taken,\n"
            f"    {hidden} OR moment IS NULL OR EXISTS (SELECT 1 FROM refused_cell AS r\n"
            "            WHERE r.table_name = 'payment' AND r.column_name IS NULL)\n"
            "        OR EXISTS (SELECT 1 FROM payment_once AS p\n"
            "            WHERE (p.payee_id IS NULL OR p.asset IS NULL OR p.amount IS NULL OR p.paid_at IS NULL)\n"
            "            AND coalesce(p.payee_id, u.participant_id) = u.participant_id\n"
            "            AND coalesce(p.asset, u.coupon) = u.coupon) AS unknown\n"
            "FROM coupon_count AS u\nWHERE turn = 1",
            "table",
        ),
    ]

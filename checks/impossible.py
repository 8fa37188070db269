"""What each kind of draw makes impossible, and what an export leaves open: words, and the SQL that lists the rows."""

from __future__ import annotations

from collections.abc import Mapping

from audit.case import Audit
from audit.engine import literal, values
from audit.finding import Text
from audit.replay.draws import draws_of
from audit.rules import Boxes, Numbers, Raffle, time_allowed

Kinds = Mapping[str, tuple[Text, str]]
BOX = (
    "SELECT entry_id, activity_id, position, outcome, entered_at, source_file, record\nFROM ({}) AS opened\nWHERE {} "
    "ORDER BY activity_id, position, entry_id"
)
BOXES = """
    SELECT d.entry_id, d.activity_id, d.position, d.outcome, d.entered_at, d.source_file, d.record, d.chance_num, d.chance_den,
        coalesce(w.position < d.position, false) AS is_after, c.position IS NOT NULL AS is_box,
        coalesce(lag(d.position) OVER boxes = d.position OR lead(d.position) OVER boxes = d.position, false) AS is_twice,
        coalesce(d.entered_at < max(d.entered_at) OVER (boxes ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS is_early
    FROM draw_replayed AS d
    LEFT JOIN first_win AS w ON w.activity_id = d.activity_id
    LEFT JOIN box_chance AS c ON c.version = d.version AND c.position = d.position
    WHERE d.position IS NOT NULL
    WINDOW boxes AS (PARTITION BY d.activity_id ORDER BY d.position, d.entered_at)
"""
KNOWN = "NOT EXISTS (SELECT 1 FROM raffle_unknown AS u WHERE u.activity_id = d.activity_id)"


def boxes(audit: Audit) -> Kinds:
    """The kinds that happened: all are counted in one pass."""
    kinds = {
        "win after the win": (
            Text("活动已中奖后又中奖", "a second win in an activity"),
            "is_after AND outcome = 'win'",
        ),
        "opening after the win": (
            Text("活动已中奖后仍开盒", "boxes opened after the win"),
            "is_after AND outcome IS DISTINCT FROM 'win'",
        ),
        "box that does not exist": (Text("不存在的盒号", "boxes that do not exist"), "NOT is_box"),
        "last box without a win": (
            Text("必中的盒子没有中奖", "boxes that had to win and did not"),
            "chance_num = chance_den AND outcome = 'loss'",
        ),
        "win without a chance": (
            Text("声明概率为零的盒子中奖", "wins in boxes whose declared chance is zero"),
            "chance_num = 0 AND outcome = 'win' AND is_box AND NOT is_after",
        ),
        "box opened twice": (Text("同一个盒子开了两次", "boxes opened twice"), "is_twice"),
    }
    if audit.case.scope.has("entry", "position"):
        kinds["opened out of order"] = (Text("未按盒号顺序开启", "boxes opened out of order"), "is_early")
    counts = ", ".join(f"count(*) FILTER ({test})" for _, test in kinds.values())
    found = audit.engine.rows(f"SELECT {counts} FROM ({BOXES}) AS opened")[0]
    happened = [name for name, many in zip(kinds, found, strict=True) if many]
    return {name: (kinds[name][0], BOX.format(BOXES, kinds[name][1])) for name in happened}


def _allowed(audit: Audit) -> str:
    return f"INTERVAL {int(time_allowed(audit.rules).total_seconds())} SECOND"


def groups(audit: Audit) -> Kinds:
    """Of groups: winners against the size in force, and places that are taken twice or are none."""
    joined = "entry_played AS o JOIN group_state AS g ON g.activity_id = o.activity_id WHERE "
    entries = "SELECT o.entry_id, o.activity_id, o.position, o.outcome, o.entered_at, o.source_file, o.record\nFROM {} ORDER BY ALL"
    kinds = {
        "wrong count of winners": (
            Text("满员的组中奖人数与声明不符", "entries of full groups with another number of winners than declared"),
            f"{joined} g.is_full AND g.undecided = 0 AND g.winners <> g.winners_due",
        ),
        "full group without an outcome": (
            Text("已满员的组没有结果", "entries of full groups without an outcome"),
            f"{joined} g.is_full AND o.outcome IS NULL\n"
            f"    AND g.filled_at + {_allowed(audit)} < (SELECT until_at FROM horizon) AND NOT EXISTS (\n"
            "    SELECT 1 FROM refused_cell AS c WHERE c.table_name = 'outcome')",
        ),
        "place that does not exist": (
            Text("位次超出组的名额", "places that the group does not have"),
            f"{joined} o.position NOT BETWEEN 1 AND g.size",
        ),
        "place taken twice": (
            Text("同一位次被占两次", "places taken twice"),
            f"{joined} NOT g.is_ordered AND o.position IN (SELECT t.position FROM entry_played AS t\n"
            "    WHERE t.activity_id = o.activity_id AND t.entry_id <> o.entry_id)",
        ),
        "more entries than places": (
            Text("一组的参与超过名额", "entries of groups with more entries than places"),
            f"{joined} g.places > g.size",
        ),
    }
    return {name: (words, entries.format(source)) for name, (words, source) in kinds.items()}


def raffles(audit: Audit) -> Kinds:
    """Of raffles: wins before their draw, wins of who is out, and draws with another number of winners."""
    won = (
        "SELECT entry_id, activity_id, participant_id, draw, position, bound, decided_at, source_file, record\n"
        f"FROM draw_replayed AS d WHERE {KNOWN} AND ({{}}) ORDER BY ALL"
    )
    counted = (
        "WITH differing AS (\n"
        "    SELECT d.activity_id, d.draw, d.bound, d.due_at, d.winners AS declared, count(w.entry_id) AS winners\n"
        "    FROM raffle_due AS d\n    CROSS JOIN horizon AS h\n"
        "    LEFT JOIN raffle_win AS w ON w.activity_id = d.activity_id AND w.draw = d.draw\n"
        f"    WHERE {KNOWN}\n"
        "    GROUP BY d.activity_id, d.draw, d.bound, d.due_at, d.winners, h.until_at\n"
        f"    HAVING count(w.entry_id) > d.winners OR (count(w.entry_id) < d.winners AND d.due_at + {_allowed(audit)} < h.until_at\n"
        "        AND NOT EXISTS (SELECT 1 FROM refused_cell AS c WHERE c.table_name = 'outcome'))\n"
        "), left_over AS (\n"
        "    -- how many could win at most: people who have not, or tickets, where everyone stays in\n"
        "    SELECT s.activity_id, s.draw, count(DISTINCT CASE WHEN r.winners_leave THEN t.participant_id ELSE t.entry_id END) AS most\n"
        "    FROM differing AS s\n"
        "    JOIN ticket AS t ON t.activity_id = s.activity_id AND t.position <= s.bound AND t.tickets > 0\n"
        "    JOIN raffle_rule AS r ON r.version = t.version\n"
        "    LEFT JOIN raffle_person AS n ON n.activity_id = t.activity_id AND n.participant_id = t.participant_id\n"
        "    WHERE n.draw IS NULL OR n.draw >= s.draw\n"
        "    GROUP BY s.activity_id, s.draw\n"
        ")\n"
        "SELECT s.activity_id, s.draw, s.due_at, least(s.declared, coalesce(l.most, 0)) AS declared, s.winners,\n"
        "    min(e.source_file) AS source_file, min(e.record) AS record\n"
        "FROM differing AS s\n"
        "LEFT JOIN left_over AS l ON l.activity_id = s.activity_id AND l.draw = s.draw\n"
        "LEFT JOIN entry_played AS e ON e.activity_id = s.activity_id AND e.position = s.bound\n"
        "WHERE s.winners > s.declared OR s.winners < coalesce(l.most, 0)\n"
        "GROUP BY s.activity_id, s.draw, s.due_at, s.declared, l.most, s.winners\nORDER BY ALL"
    )
    return {
        "won before its draw": (
            Text(
                "尚未到开奖时点即中奖，或当时不在奖池内",
                "wins before a draw was due, or of tickets that were not in it",
            ),
            won.format("bound IS NULL OR position > bound"),
        ),
        "won again": (
            Text("已中奖者再次中奖", "wins of people who had won before and were out"),
            won.format("chance_num = 0 AND bound IS NOT NULL AND position <= bound"),
        ),
        "wrong count of winners": (
            Text("应开的抽奖没有开出或人数不符", "draws with too many or too few winners, or none"),
            counted,
        ),
    }


def chances() -> Kinds:
    """Of entries with a chance each: wins that had none."""
    taken = (
        "SELECT entry_id, activity_id, participant_id, prize AS won, misses, outcome, decided_at, source_file, record\n"
        "FROM draw_replayed AS d WHERE {} ORDER BY ALL"
    )
    # a lesser prize where a better one was certain is said once, by `guarantee_not_honoured`
    missed = "SELECT 1 FROM chance AS c WHERE c.entry_id = d.entry_id AND c.chance_num = c.chance_den AND c.hit = 0"
    return {
        "win without a chance": (
            Text("概率为零而中奖", "wins whose chance was zero"),
            taken.format(f"chance_num = 0 AND outcome = 'win' AND NOT EXISTS ({missed})"),
        ),
    }


def numbers(audit: Audit) -> Kinds:
    """Of number lotteries: numbers against their pools, and winners of tiers that are none."""
    drawn = "SELECT draw_id, pool, ordinal, number, source_file, record FROM number_replayed WHERE {} ORDER BY ALL"
    counted = (
        "SELECT n.draw_id, n.pool, count(number) AS numbers, p.pick, min(source_file) AS source_file, min(record) AS record\n"
        "FROM number_replayed AS n JOIN pool AS p ON p.pool = n.pool\n"
        "GROUP BY n.draw_id, n.pool, p.pick HAVING count(number) <> p.pick ORDER BY ALL"
    )
    tiers = ", ".join(map(literal, sorted({tier for draw in _lotteries(audit) for tier in draw.tiers})))
    undeclared = {
        "tier that is not declared": (
            Text("未声明的奖级有人中奖", "winners in tiers that are not declared"),
            "SELECT draw_id, tier, winners, asset, prize, source_file, record FROM tier_total\n"
            f"WHERE winners > 0 AND tier NOT IN ({tiers}) ORDER BY ALL",
        )
    }
    return {
        "number without a chance": (
            Text("号码不在奖池内，或同期重复", "numbers outside their pool or drawn twice"),
            drawn.format("chance_num = 0 AND number IS NOT NULL"),
        ),
        "wrong count of numbers": (Text("号码个数不符", "draws with too many or too few numbers"), counted),
        **(undeclared if tiers else {}),
    }


def _lotteries(audit: Audit) -> list[Numbers]:
    return [draw for _, draw in draws_of(audit.rules) if isinstance(draw, Numbers)]


def left_open(audit: Audit) -> Kinds:
    """What the export leaves open: a lost record and a thing that ought not to be look alike."""
    scope, draw = audit.case.scope, audit.rules.draw
    found: dict[str, tuple[Text, str]] = {}
    if isinstance(draw, Boxes) and scope.has("activity", "ended_at"):
        within = f" AND a.ended_at >= {scope.moment(scope.since)}" if scope.since else ""
        within += f" AND a.ended_at < {scope.moment(scope.until)}" if scope.until else ""
        found["ended without a win"] = (
            Text("已结束而没有中奖记录的活动", "activities that ended without a recorded win"),
            "SELECT a.activity_id, a.initiator_id, a.started_at, a.ended_at, r.last_position, a.source_file, a.record\n"
            "FROM activity_once AS a LEFT JOIN activity_run AS r ON r.activity_id = a.activity_id\n"
            f"WHERE coalesce(r.wins, 0) = 0 AND r.unknown_at IS NULL AND a.ended_at IS NOT NULL{within}\n"
            "ORDER BY a.activity_id",
        )
    if isinstance(draw, Raffle) and scope.has("activity", "started_at", "ended_at"):
        found["not drawn"] = (
            Text(
                "抽奖未开而其后开始的抽奖已开，等待开奖的参与",
                "entries of raffles that were never drawn, though later ones were",
            ),
            "SELECT e.entry_id, e.activity_id, e.participant_id, e.entered_at, e.source_file, e.record\n"
            "FROM entry_played AS e\n"
            "JOIN raffle_rule AS r ON r.version = e.version AND r.every IS NULL\n"
            "JOIN (\n"
            "    SELECT activity_id, max(entered_at) AS last_at FROM entry_played\n"
            "    GROUP BY activity_id HAVING count(*) FILTER (outcome = 'win') = 0\n"
            ") AS w ON w.activity_id = e.activity_id\n"
            "LEFT JOIN activity_once AS a ON a.activity_id = e.activity_id\n"
            "WHERE a.ended_at IS NULL\n"
            "    AND w.last_at < (SELECT max(started_at) FROM activity_once WHERE ended_at IS NOT NULL)\n"
            "ORDER BY e.activity_id, e.entered_at, e.entry_id",
        )
    if isinstance(draw, Numbers) and scope.has("draw", "drawn_at"):
        held = f" AND d.drawn_at < {scope.moment(scope.until)}" if scope.until else ""
        lacking = (
            "SELECT d.draw_id, d.drawn_at, k.{0}, d.source_file, d.record\n"
            "FROM draw AS d CROSS JOIN {1} AS k\n"
            "WHERE d.draw_id IS NOT NULL" + held + " AND NOT EXISTS (\n"
            "    SELECT 1 FROM {2} AS n WHERE n.draw_id = d.draw_id AND n.{0} = k.{0})\nORDER BY d.draw_id, k.{0}"
        )
        found["draw without numbers"] = (
            Text("有期次没有某个奖池的号码", "draws without any number of a pool"),
            lacking.format("pool", "pool", "drawn_number"),
        )
        tiers = set.intersection(*(set(one.tiers) for one in _lotteries(audit)))
        if tiers and scope.has("tier_total", "winners"):
            found["draw without a tier's total"] = (
                Text("有期次没有某个奖级的汇总", "draws without the total of a declared tier"),
                lacking.format("tier", f"({values([(one,) for one in sorted(tiers)], ['tier'])})", "tier_total"),
            )
    return found

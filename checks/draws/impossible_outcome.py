"""Something happened that the declared rules make impossible.

Does: lists outcomes of chance zero, certain ones that failed to come, and openings out of order.
Matters: one such row needs no statistics; either the rules are not these or the record is not true.
How: a win or an opening after the win, a box that does not exist, the last box without a win, one box opened twice,
    boxes opened against their order in time; a group with too many or too few winners, or a place taken twice; a
    number outside its pool, drawn twice, too many or too few.
Blind to: what is merely unlikely; a group decided before it was full, which a lost entry looks like.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from audit.case import Audit, evidence
from audit.finding import Finding, Text, Verdict, check
from audit.rules import Boxes, Group, Numbers

BOX = "SELECT entry_id, activity_id, position, outcome, entered_at, source_file, record\nFROM {} ORDER BY activity_id, position, entry_id"
AFTER = "draw_replayed AS d WHERE EXISTS (SELECT 1 FROM first_win AS w WHERE w.activity_id = d.activity_id AND w.position < d.position)"


@check(
    needs=(
        "entry.entry_id",
        "entry.activity_id",
        "entry.position",
        "entry.entered_at",
        "outcome.outcome",
        "drawn_number.number",
    ),
    provisions=("cn-prize-sales", "cn-truthful-information"),
)
def impossible_outcome(audit: Audit) -> Iterator[Finding]:
    """Yield a FAIL for each kind of impossible row, else one PASS."""
    draw = audit.rules.draw
    if isinstance(draw, Boxes) and audit.has("draw_replayed"):
        kinds = _boxes(draw, audit.case.scope.has("entry", "position"))
    elif isinstance(draw, Group) and audit.has("group_state"):
        kinds = _groups(draw)
    elif isinstance(draw, Numbers) and audit.has("number_replayed"):
        kinds = _numbers()
    else:
        yield Finding("draws", Verdict.NOT_APPLICABLE, Text("没有可重放的抽取。", "There is no draw to replay."))
        return
    played = "number_replayed" if isinstance(draw, Numbers) else "entry_played"
    if not audit.engine.value(f"SELECT count(*) FROM {played}"):
        yield Finding("draws", Verdict.NOT_APPLICABLE, Text("导出没有一次抽取。", "The export holds no draw."))
        return
    clean = True
    for name, (words, sql) in kinds.items():
        rows = evidence(audit, sql)
        if rows:
            clean = False
            yield Finding(name, Verdict.FAIL, Text(f"{words.zh}：{len(rows)} 条。", f"{words.en}: {len(rows)}."),
                          observed=str(len(rows)), rows=rows, sql=sql)  # fmt: skip
    if clean:
        yield Finding("draws", Verdict.PASS, Text("没有发生规则上不可能的事。", "Nothing happened that the rules make impossible."),
                      observed="0")  # fmt: skip


def _boxes(draw: Boxes, positioned: bool) -> Mapping[str, tuple[Text, str]]:
    last = draw.boxes
    twice = (
        "(SELECT *, count(*) OVER (PARTITION BY activity_id, position) AS times FROM entry_played WHERE position IS NOT NULL) "
        "AS o WHERE times > 1"
    )
    disorder = (
        "(SELECT *, max(entered_at) OVER (PARTITION BY activity_id ORDER BY position "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM entry_played WHERE position IS NOT NULL) AS o "
        "WHERE entered_at < before"
    )
    zero = "draw_replayed WHERE chance_num = 0 AND outcome = 'win' AND position BETWEEN 1 AND " + str(last)
    kinds = {
        "win after the win": (
            Text("活动已中奖后又中奖", "a second win in an activity"),
            f"{AFTER} AND d.outcome = 'win'",
        ),
        "opening after the win": (
            Text("活动已中奖后仍开盒", "boxes opened after the win"),
            f"{AFTER} AND d.outcome IS DISTINCT FROM 'win'",
        ),
        "box that does not exist": (
            Text(f"盒号不在 1–{last} 之内", f"boxes outside 1–{last}"),
            f"entry_played WHERE position NOT BETWEEN 1 AND {last}",
        ),
        "last box without a win": (
            Text("必中的盒子没有中奖", "boxes that had to win and did not"),
            "draw_replayed WHERE chance_num = chance_den AND outcome = 'loss'",
        ),
        "win without a chance": (
            Text("声明概率为零的盒子中奖", "wins in boxes whose declared chance is zero"),
            f"{zero} AND entry_id NOT IN (SELECT entry_id FROM {AFTER})",
        ),
        "box opened twice": (Text("同一个盒子开了两次", "boxes opened twice"), twice),
    }
    if positioned:
        kinds["opened out of order"] = (Text("未按盒号顺序开启", "boxes opened out of order"), disorder)
    return {name: (words, BOX.format(source)) for name, (words, source) in kinds.items()}


def _groups(draw: Group) -> Mapping[str, tuple[Text, str]]:
    joined = "entry_played AS o JOIN group_state AS g ON g.activity_id = o.activity_id WHERE "
    entries = "SELECT o.entry_id, o.activity_id, o.position, o.outcome, o.entered_at, o.source_file, o.record\nFROM {} ORDER BY ALL"
    kinds = {
        "wrong count of winners": (
            Text(
                f"满员的组中奖人数不是 {draw.winners}", f"entries of full groups whose winners are not {draw.winners}"
            ),
            f"{joined} g.is_full AND g.undecided = 0 AND g.winners <> {draw.winners}",
        ),
        "full group without an outcome": (
            Text("已满员的组没有结果", "entries of full groups without an outcome"),
            f"{joined} g.is_full AND o.outcome IS NULL AND NOT EXISTS (\n"
            "    SELECT 1 FROM refused_cell AS c WHERE c.table_name = 'outcome')",
        ),
        "place that does not exist": (
            Text(f"位次不在 1–{draw.size} 之内", f"places outside 1–{draw.size}"),
            f"{joined} o.position NOT BETWEEN 1 AND {draw.size}",
        ),
        "place taken twice": (
            Text("同一位次被占两次", "places taken twice"),
            f"{joined} o.position IN (SELECT t.position FROM entry_played AS t\n"
            "    WHERE t.activity_id = o.activity_id AND t.entry_id <> o.entry_id)",
        ),
        "more entries than places": (
            Text(f"一组超过 {draw.size} 个名额", f"entries of groups with more than {draw.size} places"),
            f"{joined} g.places > {draw.size}",
        ),
    }
    return {name: (words, entries.format(source)) for name, (words, source) in kinds.items()}


def _numbers() -> Mapping[str, tuple[Text, str]]:
    drawn = "SELECT draw_id, pool, ordinal, number, source_file, record FROM number_replayed WHERE {} ORDER BY ALL"
    counted = (
        "SELECT n.draw_id, n.pool, count(number) AS numbers, p.pick, min(source_file) AS source_file, min(record) AS record\n"
        "FROM number_replayed AS n JOIN pool AS p ON p.pool = n.pool\n"
        "GROUP BY n.draw_id, n.pool, p.pick HAVING count(number) <> p.pick ORDER BY ALL"
    )
    return {
        "number without a chance": (
            Text("号码不在奖池内，或同期重复", "numbers outside their pool or drawn twice"),
            drawn.format("chance_num = 0 AND number IS NOT NULL"),
        ),
        "wrong count of numbers": (Text("号码个数不符", "draws with too many or too few numbers"), counted),
    }

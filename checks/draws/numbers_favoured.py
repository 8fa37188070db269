"""Some numbers of a lottery are drawn more often than others.

Does: compares how often each number of a pool was drawn.
Matters: who knows which balls are heavy wins at the expense of all who do not.
How: a bet that follows the counts so far, ball by ball among those left, in an order fixed by a hash; chi-square with the
    correction for balls that exclude each other stands beside it.
Blind to: one rigged draw among thousands, and forged winning tickets: they leave the numbers as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from audit.case import Audit
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.rules import Numbers
from audit.stats.bets import log_number_bet
from audit.stats.exact import number_p_value
from audit.stats.power import smallest_favour
from checks.draws import e_value, log_need, power_of_ten

NEEDS = ("draw.draw_id", "drawn_number.draw_id", "drawn_number.pool", "drawn_number.ordinal", "drawn_number.number")
SQL = """
SELECT pool, number, count(*) AS times
FROM number_replayed WHERE chance_num > 0 GROUP BY pool, number ORDER BY pool, number"""
ORDERED = """
SELECT draw_id, number FROM number_replayed
WHERE pool = ? AND chance_num > 0
-- results are often published in ascending order: the bet needs one that tells nothing of the numbers
ORDER BY drawn_at, draw_id, sha256(concat(draw_id, '/', number)), ordinal"""


@check(needs=NEEDS, provisions=("cn-truthful-information",), statistical="numbers")
def numbers_favoured(audit: Audit) -> Iterator[Finding]:
    """Yield a finding for each pool."""
    draw = audit.rules.draw
    if not isinstance(draw, Numbers) or not audit.has("number_replayed"):
        why = Text("规则没有数字抽取，或导出没有开奖号码。", "The rules draw no numbers, or the export has none.")
        yield Finding("pools", Verdict.NOT_APPLICABLE, why)
        return
    need = log_need(audit, len(draw.pools))
    for name, pool in draw.pools.items():
        drawn = [
            [number for _, number in balls]
            for _, balls in groupby(audit.engine.rows(ORDERED, [name]), lambda row: row[0])
        ]
        numbers = range(pool.from_, pool.to + 1)
        counts = Counter(number for balls in drawn for number in balls)
        log_e = log_number_bet(drawn, numbers)
        p_value = number_p_value({number: counts[number] for number in numbers}, len(drawn), pool.pick)
        shown = smallest_favour(len(numbers), pool.pick, len(drawn), need)
        verdict = Verdict.FAIL if log_e >= need else Verdict.PASS if shown else Verdict.INCONCLUSIVE
        most, least = max(numbers, key=lambda one: counts[one]), min(numbers, key=lambda one: counts[one])
        mean = len(drawn) * pool.pick / len(numbers)
        zh = f"{name}：{len(drawn)} 期，每号应出 {mean:.1f} 次；最多 {most} 号 {counts[most]} 次，最少 {least} 号 {counts[least]} 次"
        en = f"{name}: {len(drawn)} draws, {mean:.1f} expected a number; most {most} ({counts[most]}), least {least} ({counts[least]})"
        close = {
            Verdict.FAIL: Text(f"。证据为等概率的 {power_of_ten(log_e)} 倍。", f". {power_of_ten(log_e)} to 1 against equal chances."),
            Verdict.PASS: Text(f"，与等概率相符（p = {p_value:.2f}）；若有一号的权重为 {shown} 倍，会显示出来。",
                               f", as equal chances would give (p = {p_value:.2f}); one number weighted {shown} times would have shown."),
            Verdict.INCONCLUSIVE: Text("。期数太少，不能下结论。", ". Too few draws to tell."),
        }[verdict]  # fmt: skip
        yield Finding(
            name,
            verdict,
            Text(zh + close.zh, en + close.en),
            Basis.STATISTICAL,
            declared=Text(f"{len(numbers)} 取 {pool.pick}，机会均等", f"{pool.pick} of {len(numbers)}, equally likely"),
            observed=Text(
                f"每号 {counts[least]} 至 {counts[most]} 次", f"{counts[least]} to {counts[most]} times each"
            ),
            rows=tuple({"pool": name, "number": number, "times": counts[number]} for number in numbers),
            sql=SQL,
            p_value=p_value,
            e_value=e_value(log_e),
            could_have_seen=Text(f"某一号码权重 ×{shown:g}", f"one number weighted x{shown:g}") if shown else "",
        )

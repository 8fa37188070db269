"""Checks of who is behind the accounts. All are leads: they concern people, conclude nothing, and name what to look at."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from audit.case import Audit
from audit.engine import values
from audit.finding import Finding, nothing
from audit.stats.laws import Stratum, hit_law, log_class_bet
from checks.draws import power_of_ten

PRESET = ("cn-prize-sales", "cn-promo-2020-preset-winners", "us-16cfr465")
FAKE = (
    "cn-false-promotion", "cn-ecl-2018-art17", "cn-online-trade-2021-art14", "cn-sham-prize-sales", "cn-crpl-impl-2024-art9",
    "cn-algo-2022-art14", "cn-spc-online-2022-art9", "cn-minors-online-2024-art45", "us-16cfr465", "uk-unfair-practices",
)  # fmt: skip
SAID = """
SELECT m.group_id, m.author_id, m.sent_at, m.source_file, m.record,
    regexp_replace(lower(m.text), '[^\\p{L}]', '', 'g') AS words
FROM message AS m
WHERE m.author_id NOT IN (
    SELECT participant_id FROM purchase WHERE participant_id IS NOT NULL
    UNION SELECT participant_id FROM entry WHERE participant_id IS NOT NULL
    UNION SELECT payer_id FROM payment WHERE payer_id IS NOT NULL)"""
PARTS = 10**12  # logs of bets are summed in whole parts of 1: a sum of floats would differ from run to run
FACTORS = (1.5, 2, 3, 5, 10, 30, 100)  # how much likelier a favoured group might win; the bets are mixed evenly
DRAWN = """
SELECT subject, draw_key, any_value(chance_num) AS w, any_value(chance_den) AS n, count(*) AS a, count(*) FILTER (won) AS x
FROM ({entries}) AS entries GROUP BY subject, draw_key"""


def gains(audit: Audit, entries: str, least: float = 0.0) -> list[tuple[str, int, int, float, float]]:
    """(subject, entries, wins, wins due, e-value) of each subject of `entries` with at least this e-value, the largest first.

    entries is SQL over `entry_chance` with a column `subject`. In each draw the subject holds a of n places, of which w win;
    a bet that its odds are k times those of the others gains k^x C(n, w) / sum_j C(a, j) C(n - a, w - j) k^j, the ratio of
    Fisher's noncentral to the plain hypergeometric chance; the product over draws is an e-value (Ville 1939).
    """
    drawn = DRAWN.format(entries=entries)
    patterns = audit.engine.rows(f"SELECT DISTINCT n, w, a, x FROM ({drawn}) AS drawn ORDER BY ALL")
    if not patterns:
        return []
    bets = [f"sum(p.bet_{place})" for place in range(len(FACTORS))]
    mixed = " + ".join(f"exp(greatest(-700, least(700, {bet} / {PARTS})))" for bet in bets)
    return audit.engine.rows(f"""
        SELECT d.subject, CAST(sum(d.a) AS BIGINT), CAST(sum(d.x) AS BIGINT),
            sum(CAST(d.a * d.w AS HUGEINT) * {PARTS} // d.n) / {PARTS}, ({mixed}) / {len(FACTORS)} AS e
        FROM ({drawn}) AS d JOIN ({weighed(patterns, FACTORS)}) AS p
            ON p.size = d.n AND p.winners = d.w AND p.drawn = d.a AND p.hits = d.x
        GROUP BY d.subject HAVING e >= {least} ORDER BY e DESC, d.subject""")


def weighed(laws: Iterable[Sequence[int]], ratios: Sequence[float]) -> str:
    """Each (size, winners, drawn, hits) with the log of what it adds to a bet on each ratio, as SQL: `bet_0`, `bet_1` …

    In whole PARTS, so that sums are exact. More winners recorded than places are a fault of the records, no evidence: 0.
    """

    def bet(law: Sequence[int], ratio: float) -> int:
        size, winners, drawn, hits = law
        able = any(hits == hit for hit, _ in hit_law(size, winners, drawn))
        return round(log_class_bet([Stratum(size, winners, drawn, hits)], ratio) * PARTS) if able else 0

    rows = [[*law, *(bet(law, ratio) for ratio in ratios)] for law in (tuple(map(int, one)) for one in laws)]
    return values(rows, ["size", "winners", "drawn", "hits", *(f"bet_{place}" for place in range(len(ratios)))])


def need(audit: Audit, subjects: int = 1) -> float:
    """The e-value at which a lead is worth a line: the case's risk, shared among the subjects looked at."""
    return max(1, subjects) / float(audit.case.file.risk)


def shown(e_value: float) -> str:
    """An e-value for a reader."""
    return power_of_ten(math.log(e_value))


def no_messages(audit: Audit) -> Finding | None:
    """Why nothing can be said of messages, or None."""
    scope = audit.case.scope
    bought = scope.has("purchase", "participant_id") or scope.has("entry", "participant_id")
    told = scope.has("message", "author_id", "text", "sent_at") and bought
    if told and audit.engine.value("SELECT count(*) FROM message"):
        return None
    return nothing(
        "messages",
        "导出没有群消息，或没有可对照的购买。",
        "The export holds no messages, or no purchases to compare with.",
    )

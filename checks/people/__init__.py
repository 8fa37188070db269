"""Checks of who is behind the accounts. All are leads: they concern people, conclude nothing, and name what to look at."""

from __future__ import annotations

import math

from audit.case import Audit
from audit.finding import Finding, nothing

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
PARTS = 10**12
FACTORS = (1.5, 2, 3, 5, 10, 30, 100)  # how much likelier a favoured group might win; the bets are mixed evenly
DRAWN = """
SELECT subject, draw_key, any_value(chance_num) AS w, any_value(chance_den) AS n, count(*) AS a, count(*) FILTER (won) AS x
FROM ({entries}) AS entries GROUP BY subject, draw_key"""


def gains(audit: Audit, entries: str, least: float = 0.0) -> list[tuple[str, int, int, float, float]]:
    """(subject, entries, wins, wins due, e-value) of each subject of `entries` with at least this e-value, the largest first.

    entries is SQL over `entry_chance` with a column `subject`. In each draw the subject holds a of n places, of which w win;
    a bet that its odds are k times those of the others gains k^x C(n, w) / sum_j C(a, j) C(n - a, w - j) k^j, the ratio of
    Fisher's noncentral to the plain hypergeometric chance; the product over draws is an e-value (Ville 1939). Logs are summed
    in whole parts of 10^-12: a sum of floats would differ from run to run.
    """
    drawn = DRAWN.format(entries=entries)
    patterns = audit.engine.rows(f"SELECT DISTINCT n, w, a, x FROM ({drawn}) AS drawn ORDER BY ALL")
    if not patterns:
        return []
    names = [f"g{place}" for place in range(len(FACTORS))]
    table = ", ".join(
        f"({n}, {w}, {a}, {x}, "
        + ", ".join(f"CAST({round(gain(n, w, a, x, k) * PARTS)} AS HUGEINT)" for k in FACTORS)
        + ")"
        for n, w, a, x in patterns
    )
    mixed = " + ".join(f"exp(greatest(-700, least(700, sum(p.{name}) / {PARTS})))" for name in names)
    return audit.engine.rows(f"""
        SELECT d.subject, CAST(sum(d.a) AS BIGINT), CAST(sum(d.x) AS BIGINT),
            sum(CAST(d.a * d.w AS HUGEINT) * {PARTS} // d.n) / {PARTS}, ({mixed}) / {len(FACTORS)} AS e
        FROM ({drawn}) AS d JOIN (VALUES {table}) AS p(n, w, a, x, {", ".join(names)})
            ON p.n = d.n AND p.w = d.w AND p.a = d.a AND p.x = d.x
        GROUP BY d.subject HAVING e >= {least} ORDER BY e DESC, d.subject""")


def gain(n: int, w: int, a: int, x: int, factor: float) -> float:
    """The log of what one draw adds to the bet."""
    low, high = max(0, a + w - n), min(a, w)
    if not low <= x <= high:
        return 0.0  # more winners recorded than places: a fault of the records, no evidence of favour
    ways = math.log(sum(math.comb(a, j) * math.comb(n - a, w - j) * factor**j for j in range(low, high + 1)))
    return x * math.log(factor) + math.log(math.comb(n, w)) - ways


def need(audit: Audit, subjects: int = 1) -> float:
    """The e-value at which a lead is worth a line: the case's risk, shared among the subjects looked at."""
    return max(1, subjects) / float(audit.case.file.risk)


def shown(e_value: float) -> str:
    """An e-value for a reader."""
    return f"{e_value:.3g}" if e_value < 1e6 else f"10^{math.floor(math.log10(e_value))}"


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

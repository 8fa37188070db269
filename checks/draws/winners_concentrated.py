"""Wins gather in a few hands beyond the entries made.

Does: compares each person's wins, and those of everybody whom one person recruited, with the chances they took.
Matters: shills win with the customers' money, and every genuine chance is worth less than was paid for it.
How: conditional on who took part in each draw; a bet for each person and cluster on "their odds are multiplied", half
    of the weight on persons and half on clusters, shared equally. Who is listed follows e-BH at 5 % (Wang and Ramdas).
Blind to: many shills who each win once; people known only by device or address.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.hidden import chances
from audit.stats.bets import LN10, log_sum
from audit.stats.laws import Stratum
from audit.stats.people import e_bh, favoured, least_favour
from checks.draws import NEEDS, PROVISIONS, e_value, elsewhere, log_need, no_chances, others, power_of_ten

LISTED = 0.05
PEOPLE = "SELECT count(DISTINCT participant_id), count(DISTINCT referrer_id) FROM participant_once"
ENTERED = "SELECT count(DISTINCT participant_id), 0 FROM chance"


@check(needs=(*NEEDS, "entry.participant_id"), provisions=PROVISIONS, statistical="boxes chances group")
def winners_concentrated(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all people and clusters."""
    if not audit.has("chance") or not audit.case.scope.has("entry", "participant_id"):
        yield no_chances("people")
        return
    chance = chances(audit, others(audit)).replace("supposed", "c") if others(audit) else "chance AS c"
    sql = (
        _sql(chance, "c.participant_id", "person")
        + "\nUNION ALL"
        + _sql(chance, "p.referrer_id", "recruited by")
        + "\nORDER BY ALL"
    )
    strata: dict[tuple[str, str], list[Stratum]] = {}
    for kind, name, *numbers in audit.engine.rows(sql):
        strata.setdefault((kind, name), []).append(Stratum(*map(int, numbers)))
    registered = audit.case.scope.has("participant")
    people, heads = audit.engine.rows(PEOPLE if registered else ENTERED)[0]
    if not people or not strata:
        yield no_chances("people")
        return
    members = {"person": max(1, people), "recruited by": max(1, heads)}
    found, need = favoured(strata), log_need(audit)
    log_e = log_sum([one.log_bet - math.log(2 * members[one.kind]) for one in found]) - max(0.0, elsewhere(audit))
    failed = log_e >= need
    listed = found[: e_bh([one.log_bet for one in found], sum(members.values()), LISTED)]
    most = max(
        (own for (kind, _), own in strata.items() if kind == "person"),
        key=lambda own: sum(s.count for s in own),
        default=[],
    )
    shown = least_favour(most, 2 * people, need)
    verdict = Verdict.FAIL if failed else Verdict.PASS if shown else Verdict.INCONCLUSIVE
    top = found[0] if found else None
    zh = (
        f"{people} 人中，{top.name} 最为突出：{top.chances} 次机会应中 {top.due:.1f} 次，实中 {top.hits} 次"
        if top
        else f"{people} 人中无人中奖两次以上"
    )
    en = (f"Of {people} people {top.name} stands out most: {top.chances} chances, {top.due:.1f} wins due, {top.hits} came"
          if top else f"None of {people} people won twice")  # fmt: skip
    tail = Text(f"。证据为声明规则的 {power_of_ten(log_e)} 倍；列出 {len(listed)} 个，其中平均至多 5 % 无辜。",
                f". The evidence is {power_of_ten(log_e)} to 1; {len(listed)} listed, of whom on average at most 5 % are innocent.") \
        if failed else Text("，不足为异。", ", which chance explains.")  # fmt: skip
    yield Finding(
        "people",
        verdict,
        Text(zh + tail.zh, en + tail.en),
        Basis.STATISTICAL,
        declared=Text("中奖与参与次数相称", "wins in proportion to entries"),
        observed=Text(f"列出 {len(listed)} 个", f"{len(listed)} listed"),
        rows=tuple({"kind": one.kind, "name": one.name, "chances": one.chances, "due": round(one.due, 3), "wins": one.hits,
                    "log10_evidence": round(one.log_bet / LN10, 6), "p_value": one.p_value} for one in listed),
        sql=sql,
        p_value=min(1.0, min((one.p_value * 2 * members[one.kind] for one in found), default=1.0)),
        e_value=e_value(log_e),
        could_have_seen=Text(f"参与最多者的赔率 ×{shown:g}", f"odds x{shown:g} for whoever took most chances") if shown else "",
    )  # fmt: skip


def _sql(chance: str, who: str, kind: str) -> str:
    """Strata of everybody with two wins or more; fewer add next to nothing to the bet, and leaving them out is safe."""
    return f"""
SELECT '{kind}' AS kind, name, size, winners, drawn, hits, count(*) AS draws
FROM (
    SELECT {who} AS name, draw, max(chance_den) AS size, max(chance_num) AS winners, count(*) AS drawn, sum(hit) AS hits,
        sum(sum(hit)) OVER (PARTITION BY {who}) AS wins
    FROM {chance} LEFT JOIN participant_once AS p ON p.participant_id = c.participant_id
    WHERE hit IS NOT NULL AND chance_num BETWEEN 1 AND chance_den - 1 AND {who} IS NOT NULL
    GROUP BY {who}, draw
) AS own WHERE wins > 1 GROUP BY ALL"""

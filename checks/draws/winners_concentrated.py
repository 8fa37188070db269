"""Wins gather in a few hands beyond the entries made.

Does: compares each person's wins, and those of everybody whom one person recruited, with the chances they took.
Matters: shills win with the customers' money, and every genuine chance is worth less than was paid for it.
How: conditional on who took part in each draw; a bet for each person and cluster on "their odds are multiplied", half
    of the weight on persons and half on clusters, shared equally; only the best bets are weighed, which is safe. Who is
    listed follows e-BH at 5 % (Wang and Ramdas).
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
from audit.stats.people import FAVOURS, e_bh, favoured, least_favour
from checks.draws import NEEDS, PROVISIONS, e_value, elsewhere, log_need, no_chances, others, power_of_ten, singly
from checks.people import PARTS, weighed

LISTED = 0.05
SHOWN = 20  # people who are weighed though nothing speaks against them
MOST = 10_000  # people who are weighed one by one
PEOPLE = "SELECT count(DISTINCT participant_id), count(DISTINCT referrer_id) FROM participant_once"
ENTERED = "SELECT count(DISTINCT participant_id), 0 FROM chance"
BEST = """
WITH ranked AS (
    SELECT kind, name, best, row_number() OVER (ORDER BY best DESC, kind, name) AS place
    FROM (
        SELECT t.kind, t.name, greatest({bets}) AS best
        FROM ({lucky}
        ) AS t JOIN ({laws}
        ) AS l ON l.size = t.size AND l.winners = t.winners AND l.drawn = t.drawn AND l.hits = t.hits
        GROUP BY t.kind, t.name HAVING sum(t.hits) > 1 ORDER BY best DESC, t.kind, t.name LIMIT {most}
    ) AS bets
), weighed AS (
    -- the listed, by e-BH on the best bet of each, and some more
    SELECT greatest({shown}, coalesce(max(CASE WHEN best / {parts} >= ln({odds} / place) THEN place END), 0)) AS places FROM ranked
)
SELECT t.kind, t.name, t.size, t.winners, t.drawn, t.hits, count(*) AS draws
FROM ({taken}
) AS t JOIN ranked AS r ON r.kind = t.kind AND r.name = t.name CROSS JOIN weighed AS w
WHERE r.place <= w.places
GROUP BY ALL ORDER BY ALL"""
BUSIEST = """
SELECT size, winners, drawn, hits, count(*) FROM ({taken}
) AS t WHERE name = (SELECT name FROM ({taken}
) AS own GROUP BY name ORDER BY sum(drawn) DESC, name LIMIT 1)
GROUP BY ALL ORDER BY ALL"""


@check(needs=(*NEEDS, "entry.participant_id"), provisions=PROVISIONS, statistical="boxes chances group")
def winners_concentrated(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all people and clusters."""
    if not audit.has("chance") or not audit.case.scope.has("entry", "participant_id"):
        yield no_chances("people")
        return
    chance = chances(audit, others(audit)).replace("supposed", "c") if others(audit) else "chance AS c"
    alone = singly(audit)
    own = _taken(chance, "person", alone)
    taken = f"{own}\nUNION ALL{_taken(chance, 'recruited by', alone)}"
    # drawn alone, whoever is recruited has no other laws
    laws = audit.engine.rows(f"SELECT DISTINCT size, winners, drawn, hits FROM ({own if alone else taken}\n) AS t ORDER BY ALL")
    registered = audit.case.scope.has("participant")
    people, heads = audit.engine.rows(PEOPLE if registered else ENTERED)[0]
    if not people or not laws:
        yield no_chances("people")
        return
    members = {"person": max(1, people), "recruited by": max(1, heads)}
    # those with less than two wins, or with lesser bets, add next to nothing to the mixture, and leaving them out is safe
    sql = BEST.format(
        bets=", ".join(f"sum(bet_{place})" for place in range(len(FAVOURS))),
        lucky="\nUNION ALL".join(_taken(chance, kind, alone, lucky=True) for kind in members), taken=taken,
        laws=weighed(laws, FAVOURS), most=MOST, shown=SHOWN, parts=PARTS, odds=sum(members.values()) / LISTED,
    )  # fmt: skip
    strata: dict[tuple[str, str], list[Stratum]] = {}
    for kind, name, *numbers in audit.engine.rows(sql):
        strata.setdefault((kind, name), []).append(Stratum(*map(int, numbers)))
    found, need = favoured(strata), log_need(audit)
    log_e = log_sum([one.log_bet - math.log(2 * members[one.kind]) for one in found]) - max(0.0, elsewhere(audit))
    failed = log_e >= need
    listed = found[: e_bh([one.log_bet for one in found], sum(members.values()), LISTED)]
    most = [Stratum(*map(int, numbers)) for numbers in audit.engine.rows(BUSIEST.format(taken=own))]
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
        could_have_seen=Text(f"参与最多者的胜算 ×{shown:g}", f"odds x{shown:g} for whoever took most chances") if shown else "",
    )  # fmt: skip


def _taken(chance: str, kind: str, alone: bool, *, lucky: bool = False) -> str:
    """What each person, or those whom one person recruited, had in each draw; alone: every chance is a draw of its own.

    lucky: of those alone who won more than once.
    """
    who, people = ("c.participant_id", "") if kind == "person" else (
        "p.referrer_id", "\nJOIN participant_once AS p ON p.participant_id = c.participant_id")  # fmt: skip
    one = "chance_den AS size, chance_num AS winners, 1 AS drawn, hit AS hits"
    many = "max(chance_den) AS size, max(chance_num) AS winners, count(*) AS drawn, sum(hit) AS hits"
    wins = f"SELECT {who} FROM chance AS c{people} WHERE hit = 1 GROUP BY {who} HAVING count(*) > 1"
    return f"""
SELECT '{kind}' AS kind, {who} AS name, {one if alone else many}
FROM {chance}{people}
WHERE hit IS NOT NULL AND chance_num BETWEEN 1 AND chance_den - 1 AND {who} IS NOT NULL{f" AND {who} IN ({wins})" if lucky else ""}
{"" if alone else f"GROUP BY {who}, c.activity_id"}"""

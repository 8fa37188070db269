"""Random shares of an envelope do not follow the declared law.

Does: compares the parts that people took, in the order in which they took them, with "every way to share is as likely".
Matters: a script that gives the first or the last more turns speed, or knowing the platform, into money.
How: the exact law in whole steps, share by share given what was left; bets on the laws that scripts use instead (up to twice
    the mean, anything that is left) and on a place that has the best luck too often, mixed.
Blind to: envelopes of two, where twice the mean is the declared law itself; who took part at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from audit.case import Audit
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.rules import Award, Group, Split, clauses_by_time, parts_by_time
from audit.stats.bets import LN10
from audit.stats.envelopes import envelope_evidence, envelopes_needed
from checks.draws import PROVISIONS, e_value, log_need, no_chances, power_of_ten

SQL = """
SELECT g.size, o.activity_id, o.position, o.share
FROM entry_played AS o JOIN group_state AS g ON g.activity_id = o.activity_id
WHERE g.is_ordered AND {in_force} AND g.activity_id IN (
    SELECT activity_id FROM entry_played GROUP BY activity_id
    HAVING count(share) = count(*) AND sum(share) = {pot} AND min(share) >= {least})
ORDER BY o.activity_id, o.position"""
EXACT = 1 << 53  # steps up to which whole numbers stay whole in the laws
NAMES = {"twice the mean": Text("二倍均值法", "each takes up to twice the mean of what is left"),
         "all that is left": Text("在余额内任取", "each takes anything that is left")}  # fmt: skip


@check(needs=("outcome.share", "entry.position"), provisions=PROVISIONS, statistical="group")
def envelope_shares_differ(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on the shares of each randomly shared pot."""
    pots = dict.fromkeys((name, asset) for name, award, _ in clauses_by_time(audit.rules) for asset in _drawn(award))
    if (
        not isinstance(audit.rules.draw, Group)
        or not pots
        or not audit.case.scope.has("outcome", "share")
        or not audit.has("group_state")
    ):
        yield no_chances("shares")
        return
    for name, asset in pots:
        yield _judged(audit, name, asset, log_need(audit, len(pots)))


def _drawn(award: Award | None) -> dict[str, Split]:
    """What a clause shares at random, by asset."""
    pays = (award.pays if award else None) or {}
    return {asset: pay for asset, pay in pays.items() if isinstance(pay, Split) and pay.split == "random"}


def _judged(audit: Audit, name: str, asset: str, need: float) -> Finding:
    """The envelopes of one clause, each by the pot and the least that stood when its group was full."""
    stood = parts_by_time(audit.rules, lambda era: _drawn(era.awards.get(name)).get(asset))
    tables: list[NDArray[np.int64]] = []
    asked: list[str] = []
    for pay, span in stood:
        if pay is None:
            continue
        units = audit.units(asset)
        pot, least = units.steps(pay.pot), units.steps(pay.least) if pay.least is not None else 1
        in_force = audit.case.scope.within("g.filled_at", span.from_, span.to, alone=len(stood) == 1)
        sql = SQL.format(pot=pot, least=least, in_force=in_force)
        asked.append(sql)
        if pot > EXACT:
            why = Text("红包的最小单位太多，无法按声明的分法计算。",
                       "An envelope has too many steps for its declared law to be worked out.")  # fmt: skip
            return Finding(name, Verdict.INCONCLUSIVE, why, sql=sql)
        taken = audit.engine.columns(
            f"SELECT size, CAST(share - {least} + 1 AS BIGINT) AS share\nFROM ({sql}) AS taken\n"
            "ORDER BY size, activity_id, position"
        )
        tables += [taken["share"][taken["size"] == size].reshape(-1, size) for size in np.unique(taken["size"])]
    sql = ";\n".join(asked)
    if not tables:
        return Finding(
            name, Verdict.INCONCLUSIVE, Text("没有完整记录的红包。", "No envelope is recorded whole."), sql=sql
        )
    found, envelopes, kinds = envelope_evidence(tables), sum(map(len, tables)), Counter[tuple[int, int]]()
    for table in tables:
        kinds[int(table[0].sum()), table.shape[1]] += len(table)
    wanted = envelopes_needed(kinds, need)
    failed, able = found.log_e >= need, envelopes >= wanted
    verdict = Verdict.FAIL if failed else Verdict.PASS if able else Verdict.INCONCLUSIVE
    best = _told(found.best)
    tally = ", ".join(f"{place}: {count}" for place, count in enumerate(found.lucky, 1))
    zh = f"{envelopes} 个红包，各位次手气最佳次数 {tally}"
    en = f"{envelopes} envelopes; best luck by place {tally}"
    close = {
        Verdict.FAIL: Text(f"。最合数据的说法：{best.zh}，证据为声明规则的 {power_of_ten(found.log_e)} 倍。",
                           f". What fits best: {best.en}; {power_of_ten(found.log_e)} to 1 against the declared law."),
        Verdict.PASS: Text("，与每种分法机会均等相符。", ", as equally likely ways to share would give."),
        Verdict.INCONCLUSIVE: Text(f"；要看出二倍均值法约需 {wanted} 个。", f"; to show twice the mean takes about {wanted}."),
    }[verdict]  # fmt: skip
    return Finding(
        name,
        verdict,
        Text(zh + close.zh, en + close.en),
        Basis.STATISTICAL,
        declared=Text("每种分法机会均等", "every way to share is equally likely"),
        observed=tally,
        rows=tuple(
            {"theory": _told(name).en, "假设": _told(name).zh, "log10_evidence": round(bet / LN10, 6) if bet > -1e300 else None}
            for name, bet in found.bets.items()
        ),
        sql=sql,
        p_value=min(1.0, found.p_value),
        e_value=e_value(found.log_e),
        could_have_seen=Text(f"二倍均值法（约需 {wanted} 个）", f"twice the mean (takes about {wanted})")
        if able
        else "",
    )


def _told(theory: str) -> Text:
    """A theory in words: a law of shares, or a place whose share is the greatest too often."""
    if theory in NAMES:
        return NAMES[theory]
    _, place, _, ratio = theory.split()
    times = ratio.removeprefix("x")
    return Text(f"第 {place} 位手气最佳，胜算为 {times} 倍", f"place {place} has the best luck at {times} times the odds")

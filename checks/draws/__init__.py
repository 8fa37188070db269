"""Checks of draws against their declared odds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby

from audit.case import Audit
from audit.finding import Basis, Finding, Text, Verdict, in_percent
from audit.hidden import FAMILIES, Hidden, cells_by, edges_of, explained
from audit.replay.draws import draws_of
from audit.rules import Boxes, Chances, Group, Rules, eras
from audit.stats.bets import LN10, Run, log_number_bet, log_single_bet
from audit.stats.classes import Cell, ClassBet, ClassEvidence, class_evidence
from audit.stats.laws import Stratum, best_constant

NEEDS = (
    "entry.entry_id",
    "entry.activity_id",
    "entry.position",
    "entry.entered_at",
    "outcome.entry_id",
    "outcome.outcome",
)
PROVISIONS = ("cn-prize-sales", "cn-blind-box-odds", "cn-truthful-information")


CELLS = """
SELECT chance_num, chance_den, count(*) AS taken, sum(hit) AS wins
FROM chance WHERE hit IS NOT NULL AND chance_num > 0 GROUP BY ALL ORDER BY ALL"""


def log_need(audit: Audit, subjects: int = 1) -> float:
    """The log e-value at which a bet is won: the check's part of the error budget, shared among its subjects."""
    return -math.log(audit.share / subjects)


def e_value(log_e: float) -> float:
    """A log e-value as a number, within what a float holds."""
    return math.exp(max(-700.0, min(700.0, log_e)))


def power_of_ten(log_e: float) -> str:
    """A log e-value for a reader: `2.0 × 10^14`, or a plain number where it is small; 0 where every theory is refuted."""
    if log_e < -300 * LN10:
        return "0"
    if abs(log_e) <= 3 * LN10:
        return f"{math.exp(log_e):.3g}"
    digits, whole = f"{10 ** (log_e / LN10 % 1):.1e}".split("e")
    return f"{digits} × 10^{math.floor(log_e / LN10) + int(whole)}"


def span(boxes: Sequence[int]) -> str:
    """Boxes 1 to k for a reader: `1` or `1–6`."""
    return f"{boxes[0]}" if len(boxes) == 1 else f"{boxes[0]}–{boxes[-1]}"


def runs(audit: Audit, version: int = 0) -> list[Run]:
    """Activities by how far they went and where they won, under one version of the draw."""
    sql = f"SELECT reached, won_at, activities FROM run_total WHERE reached >= 1 AND version = {version} ORDER BY ALL"
    return [Run(int(reached), won_at, int(count)) for reached, won_at, count in audit.engine.rows(sql)]


def cells(audit: Audit) -> list[tuple[Fraction, int, int]]:
    """(declared chance, openings with a known outcome, wins) of each chance that was taken."""
    return [(Fraction(num, den), int(taken), int(wins)) for num, den, taken, wins in audit.engine.rows(CELLS)]


def no_boxes(subject: str) -> Finding:
    """What a check of boxes says where there are none."""
    why = Text(
        "规则没有按序开启的盒子，或导出没有开盒记录。", "The rules declare no boxes, or the export has no openings."
    )
    return Finding(subject, Verdict.NOT_APPLICABLE, why)


def singly(audit: Audit) -> bool:
    """Whether chances are decided one by one, so that they may be compared by hour, day or money."""
    return isinstance(audit.rules.draw, Boxes | Chances) and audit.has("chance")


def steady(audit: Audit) -> bool:
    """Whether one list of odds holds for all boxes at all times: no boosts, no version that changes the draw."""
    return not audit.rules.boosts and all(era.draw == audit.rules.draw for era in eras(audit.rules))


PLACES = """
SELECT o.activity_id, o.position
FROM entry_played AS o JOIN group_state AS g ON g.activity_id = o.activity_id
WHERE g.is_ordered AND g.undecided = 0 AND g.size = {size} AND g.winners_due = {winners} AND g.winners = {winners}
    AND o.outcome = 'win'
ORDER BY g.filled_at, o.activity_id, sha256(o.entry_id)"""


@dataclass(frozen=True)
class Places:
    """What full groups that are told in order say of their places: wins by place, groups, and the log bet that some are favoured."""

    wins: Mapping[int, int]
    groups: int
    log_bet: float


def places_won(audit: Audit, draw: Group) -> Places:
    """The winning places of all groups of this kind. Where each has one winner they are counted; else read as they filled."""
    sql, places = PLACES.format(size=draw.size, winners=draw.winners), range(1, draw.size + 1)
    if draw.winners == 1:
        counted = audit.engine.rows(
            f"SELECT position, count(*) FROM ({sql}) AS won GROUP BY position ORDER BY position"
        )
        wins = dict.fromkeys(places, 0) | {int(place): int(count) for place, count in counted}
        return Places(wins, sum(wins.values()), log_single_bet(wins))
    rows = audit.engine.rows(sql)
    won = [[int(place) for _, place in group] for _, group in groupby(rows, lambda row: row[0])]
    counts = Counter(place for group in won for place in group)
    return Places({place: counts[place] for place in places}, len(won), log_number_bet(won, places))


def groups_of(rules: Rules) -> list[Group]:
    """The groups that were declared at any time in which somebody loses, each size with its winners once."""
    found = {(draw.size, draw.winners): draw for _, draw in draws_of(rules) if isinstance(draw, Group)}
    return [draw for draw in found.values() if draw.winners < draw.size]


def places_favoured(audit: Audit) -> float:
    """What "some places are favoured" gains: such places also win twice running, and whoever holds them wins more."""
    return sum(places_won(audit, draw).log_bet for draw in groups_of(audit.rules))


def others(audit: Audit, *own: str) -> list[Hidden]:
    """The hidden rules that explain the export and look at something else than this check does."""
    if not singly(audit):
        return []
    return [one for one in explained(audit, log_need(audit)) if one.covariate not in own]


def flow(data: Mapping[str, object]) -> str:
    """A rule on one line of YAML."""
    import yaml

    return str(
        yaml.safe_dump(dict(data), default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False)
    ).strip()


def elsewhere(audit: Audit) -> float:
    """What the simplest rival explanation of a difference between people gains: favoured places, or all odds changed."""
    if isinstance(audit.rules.draw, Group):
        return places_favoured(audit)
    cells, _ = cells_by(audit, "0")
    return best_constant(one for cell in cells for one in cell.strata)


def no_chances(subject: str) -> Finding:
    """What a check of single chances says where there are none, or where the export lacks what it looks at."""
    why = Text(
        "规则没有逐次决定的机会，或导出没有本检查所看的列。",
        "The rules declare no chances taken one by one, or the export lacks the column that this check looks at.",
    )
    return Finding(subject, Verdict.NOT_APPLICABLE, why)


Words = Callable[[int, int], Text]


def class_finding(
    audit: Audit,
    subject: str,
    cells: Sequence[Cell],
    edges: Sequence[int],
    families: Mapping[str, float],
    words: Words,
    sql: str,
    *,
    rival: float | None = None,
    every: Sequence[Stratum] | None = None,
    left: Sequence[Cell] | None = None,
    every_left: Sequence[Stratum] | None = None,
    ends: bool = False,
) -> Finding:
    """What a check of classes says: whether odds differ from the declared for some values of what was known before.

    edges are the lowest values of the bins, known before the data; words names a class for a reader; rival is what a simpler
    explanation gains, left the chances as other hidden rules would have them: what those explain is not said twice; rival,
    every and ends as in class_evidence. FAIL where the bet is won; PASS where odds changed in the class that holds half of what was
    due would have shown.
    """
    need = log_need(audit)
    found = class_evidence(cells, edges, families, need, rival, every, ends=ends)
    rest = class_evidence(left, edges, families, need, rival, every_left, ends=ends) if left is not None else found
    if found is not None and rest is not None:
        found = replace(rest, log_e=min(found.log_e, rest.log_e), gained=max(found.gained, rest.gained))
    if found is None:
        why = Text("导出中没有可供比较的机会。", "The export holds no chances to compare.")
        return Finding(subject, Verdict.INCONCLUSIVE, why, Basis.STATISTICAL, sql=sql)
    shown = rest if rest is not None else found
    could = could_have_seen(found, words)
    verdict = Verdict.FAIL if found.log_e >= need else Verdict.PASS if could else Verdict.INCONCLUSIVE
    return Finding(
        subject,
        verdict,
        _class_words(verdict, found, words, could),
        Basis.STATISTICAL,
        declared=Text(f"该类机会应中 {found.due:.1f} 次", f"{found.due:.1f} wins due in this class"),
        observed=Text(f"{found.chances} 次机会中 {found.hits} 次", f"{found.hits} wins in {found.chances} chances"),
        rows=tuple(class_row(one, words, shown) for one in sorted(shown.alike, key=lambda one: -one.score)[:20]),
        sql=sql,
        p_value=found.p_value,
        e_value=e_value(found.log_e),
        could_have_seen=could or "",
    )


def covariate_finding(
    audit: Audit,
    subject: str,
    covariate: str,
    words: Words,
    rival: float | None = None,
    families: Mapping[str, float] | None = None,
) -> Finding:
    """class_finding on one covariate of audit.hidden, with what other hidden rules explain taken off."""
    cells, sql = cells_by(audit, covariate)
    rules = others(audit, covariate)
    left = cells_by(audit, covariate, rules)[0] if rules else None
    every = [one for cell in cells for one in cell.strata]
    every_left = [one for cell in left or () for one in cell.strata]
    if rival is not None:
        rival = max(rival, best_constant(every))
    edges, families = edges_of(audit, covariate), families or FAMILIES[covariate]
    return class_finding(audit, subject, cells, edges, families, words, sql, rival=rival, every=every,
                         left=left, every_left=every_left, ends=isinstance(audit.rules.draw, Boxes))  # fmt: skip


def class_row(one: ClassBet, words: Words, found: ClassEvidence) -> dict[str, str | float]:
    """One theory that the data do not tell from the best, for a finding's rows."""
    name = words(one.first, one.last)
    share = math.exp(one.score - found.gained) if found.gained > -math.inf else 0.0
    return {"class": name.en, "类别": name.zh, "odds_times": one.ratio, "log10_evidence": round(one.log_bet / LN10, 9),
            "share": round(share, 6)}  # fmt: skip


def could_have_seen(found: ClassEvidence, words: Words) -> Text | None:
    """The smallest change of odds in the typical class that would have shown; None: not even total exclusion."""
    shown = [one for one in (found.below, found.above) if one is not None]
    if not shown:
        return None
    name = words(*found.typical)
    return Text(
        f"{name.zh}的胜算 ×" + " 或 ×".join(f"{one:g}" for one in shown),
        f"odds x{' or x'.join(f'{one:g}' for one in shown)} for {name.en}",
    )


def _class_words(verdict: Verdict, found: ClassEvidence, words: Words, could: Text | None) -> Text:
    name, best = words(found.best.first, found.best.last), found.best
    if verdict is Verdict.FAIL:
        classes = {(one.first, one.last) for one in found.alike}
        due, came = (in_percent(wins / max(1, found.tries)) for wins in (found.due, found.hits))
        zh = (
            "从不中奖"
            if best.ratio == 0
            else f"的胜算（中与不中之比）约为声明的 {best.ratio:g} 倍（中奖概率：声明 {due}，实际 {came}）"
        )
        en = (
            "never wins"
            if best.ratio == 0
            else f"has about {best.ratio:g} times the declared odds of winning to not winning (as a chance {came}, declared {due})"
        )
        more_zh = f"；数据尚不能与另外 {len(classes) - 1} 种相近的划分区分" if len(classes) > 1 else ""
        more_en = (
            f"; the data do not tell this from {len(classes) - 1} neighbouring classes" if len(classes) > 1 else ""
        )
        return Text(
            f"{name.zh}{zh}：{found.chances} 次机会应中 {found.due:.1f} 次，实中 {found.hits} 次{more_zh}。"
            f"除去总体的变化后，证据为声明规则的 {power_of_ten(found.log_e)} 倍。",
            f"{name.en[0].upper()}{name.en[1:]}: {en}; {found.chances} chances, {found.due:.1f} wins due, {found.hits} came{more_en}. "
            f"Beyond what differs everywhere, the evidence is {power_of_ten(found.log_e)} to 1 against the declared odds.",
        )
    if could and found.gained >= found.log_e + LN10:
        rest = power_of_ten(found.log_e)
        return Text(
            f"胜算与声明不同，但不因此而异：除去总体的变化后，证据为 {rest} 倍；若{could.zh}，这份导出会显示出来。",
            f"Odds differ from the declared, but not by this: beyond what differs everywhere the evidence is {rest} to 1; "
            f"{could.en} would have shown.",
        )
    if could:
        return Text(
            f"未见异常（反对声明的证据为 {power_of_ten(found.log_e)} 倍）；若{could.zh}，这份导出会显示出来。",
            f"Nothing shows (evidence against the declaration {power_of_ten(found.log_e)} to 1); {could.en} would have shown.",
        )
    return Text(
        f"数据太少：即使{name.zh}从不中奖也看不出（反对声明的证据为 {power_of_ten(found.log_e)} 倍）。",
        f"Too few data to show even a class that never wins (evidence against the declaration {power_of_ten(found.log_e)} to 1).",
    )

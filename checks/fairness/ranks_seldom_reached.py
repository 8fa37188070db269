"""A rank is promised and paid, and nobody reaches it.

Does: says what each rank asks (purchases, recruits, lines, and the fewest people it takes), and how many of the export reached it,
    how many of them under 18, and which declared group reaches it less often.
Matters: a plan shows its highest rank to all and lets few reach it; what a rank takes says who can.
How: requirements added up through the ranks that they name; ranks as the replay reached them. Lit where a clause pays the
    rank, the export holds people enough for it and nobody reached it; groups by the first rank that recruits are needed for,
    among those who joined in one month.
Blind to: ranks reached before the export begins or after it ends; requirements that no export holds.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.engine import literal
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from audit.rules import Rules, clauses_of
from checks.fairness import compare
from checks.money import percent

REACHED = """
SELECT count(DISTINCT s.participant_id), count(DISTINCT s.participant_id) FILTER ({minor})
FROM standing_reached AS s JOIN participant_once AS p ON p.participant_id = s.participant_id WHERE s.standing = {rank}"""
TRIALS = """
SELECT CAST(date_trunc('month', timezone({zone}, p.joined_at)) AS DATE) AS stratum, p.participant_id AS person, p.joined_at AS moment,
    s.participant_id IS NOT NULL AS hit
FROM participant_once AS p LEFT JOIN (SELECT DISTINCT participant_id FROM standing_reached WHERE standing = {rank}) AS s
    ON s.participant_id = p.participant_id WHERE p.joined_at IS NOT NULL"""


@check(needs=("participant.joined_at",), provisions=("cn-anti-pyramid-2005-art7-1", "cn-truthful-information"))
def ranks_seldom_reached(audit: Audit) -> Iterator[Finding]:
    """Yield a screen for each rank, and for each grouping one on the first rank that takes recruits."""
    rules = audit.rules
    if not rules.ranks or not audit.has("standing_reached"):
        yield nothing("ranks", "规则没有级别。", "The rules have no ranks.")
        return
    people = int(audit.engine.value("SELECT count(*) FROM participant_once"))
    if not people:
        yield nothing("ranks", "导出中没有人。", "The export holds no people.")
        return
    unsure = audit.engine.value("SELECT from_at IS NOT NULL FROM tree_doubt")
    aged = audit.case.scope.has("participant", "age")
    for name in rules.ranks:
        sql = REACHED.format(minor="p.age < 18" if aged else "false", rank=literal(name))
        reached, minors = audit.engine.rows(sql)[0]
        asks, least = asked(rules, name), fewest(rules, name)
        paid = tuple(clause for clause, one in clauses_of(rules).items() if one.to.endswith(f".{name}"))
        missing = bool(paid) and not reached
        verdict = Verdict.PASS if not missing else Verdict.INCONCLUSIVE if people < least or unsure else Verdict.FAIL
        zh_young, en_young = (f"，其中未满 18 岁 {minors} 人", f", {minors} of them under 18") if aged else ("", "")
        yield Finding(
            name,
            verdict,
            Text(
                f"{name} 要求：{asks.zh}；连同本人至少 {least} 人。导出的 {people} 人中达到 {reached} 人"
                f"（{percent(reached, people)}）{zh_young}。",
                f"{name} takes {asks.en}: at least {least} people with the holder. Of {people} in the export {reached} reached it "
                f"({percent(reached, people)}){en_young}.",
            ),
            Basis.SCREEN,
            observed=f"{reached} / {people}",
            clauses=paid,
            sql=sql,
        )
    first = next((name for name, rank in rules.ranks.items() if rank.recruits or rank.lines or rank.each), None)
    if first:
        trials = TRIALS.format(zone=literal(audit.case.file.timezone), rank=literal(first))
        yield from compare(audit, trials, Text(f"达到 {first}", f"Reaching {first}"))


def fewest(rules: Rules, name: str) -> int:
    """The fewest people whom a rank takes, its holder included: a lower bound, for requirements may share people."""
    rank = {**rules.ranks, **rules.milestones}[name]
    below = [fewest(rules, other) * count for needs in (rank.recruits, rank.lines) for other, count in needs.items()]
    for span, other in rank.each.items():
        low, _, high = span.partition("-")
        below.append(fewest(rules, other) * (int(high or low) - int(low) + 1))
    held = fewest(rules, rank.holds) if rank.holds else 1
    return max(held, 1 + max(below, default=0))


def asked(rules: Rules, name: str) -> Text:
    """What a rank takes, with what the ranks to be held before take, in words."""
    rank = {**rules.ranks, **rules.milestones}[name]
    zh, en = [], []
    if rank.holds:
        zh, en = [f"先为 {rank.holds}"], [f"being {rank.holds}"]
    if rank.bought:
        goods = ", ".join([*(rank.bought.item or ()), *(rank.bought.kind or ())])
        zh, en = [*zh, f"购买 {goods}"], [*en, f"a purchase of {goods}"]
    for other, count in rank.recruits.items():
        zh, en = [*zh, f"直推 {count} 名 {other}"], [*en, f"{count} direct recruits who are {other}"]
    for other, count in rank.lines.items():
        zh, en = [*zh, f"{count} 条线各有 {other}"], [*en, f"{count} lines that each hold a {other}"]
    for span, other in rank.each.items():
        zh, en = [*zh, f"第 {span} 名直推均为 {other}"], [*en, f"recruits {span} all being {other}"]
    if rank.orders:
        zh, en = [*zh, f"下线订单 {rank.orders.count} 笔"], [*en, f"{rank.orders.count} orders below"]
    if rank.filled:
        zh, en = [*zh, f"下方第 {rank.filled} 层满员"], [*en, f"level {rank.filled} below being full"]
    return Text("、".join(zh) or "注册", ", ".join(en) or "registration")

"""The report in a few sentences, for readers outside the field: declared, happened, how sure, not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audit.engine import Engine
from audit.finding import Basis, Finding, Verdict
from audit.report.cover import Cover, Lang, has
from audit.report.show import bound, grouped, listed, quantity, split
from audit.report.words import words
from audit.rules import Boxes, Chances, Group, Numbers, Raffle

NAMED = 6  # contradicted findings named in the summary; the rest are counted


def brief(engine: Engine, findings: Sequence[Finding], cover: Cover, lang: Lang) -> list[dict[str, Any]]:
    """Four questions with their answers: [{"ask", "say": [sentence …], "links": [(number, sentence) …]}]."""
    say = words(lang)
    place = 0 if lang == "zh" else 1
    judged = [(number, one) for number, one in enumerate(findings, 1) if one.basis is not Basis.SCREEN]
    failed = [(number, one) for number, one in judged if one.verdict is Verdict.FAIL]
    links = [(number, split(getattr(one.text, lang))[0]) for number, one in failed[:NAMED]]
    return [
        {"ask": say["asked_declared"], "say": [both[place] for both in declared(cover)], "links": []},
        {
            "ask": say["asked_happened"],
            "say": [both[place] for both in happened(engine, cover, len(failed), len(judged))],
            "links": links,
        },
        {
            "ask": say["asked_sure"],
            "say": [both[place] for both in sure(cover, [f for _, f in failed])],
            "links": [],
        },
        {
            "ask": say["asked_unseen"],
            "say": [both[place] for both in unseen(engine, cover, [one for _, one in judged])],
            "links": [],
        },
    ]


def declared(cover: Cover) -> list[tuple[str, str]]:
    """The declaration in words, each sentence (zh, en)."""
    rules = cover.rules
    if rules is None:
        return [("没有给出公布的规则。", "No declaration was given.")]
    found = []
    if rules.entry and rules.entry.stake:
        stake = [f"{grouped(str(amount))} {asset}" for asset, amount in rules.entry.stake.items()]
        found.append((f"每参加一次支付 {' + '.join(stake)}。", f"Each entry costs {' and '.join(stake)}."))
    draw = rules.draw
    if isinstance(draw, Boxes) and draw.odds == "uniform":
        found.append(
            (
                f"{draw.boxes} 个盒中有一个藏有奖品，每个盒子的机会相同，都是 1/{draw.boxes}。",
                f"One of {draw.boxes} boxes holds the prize, and each box is as likely as any other: 1 in {draw.boxes}.",
            )
        )
    elif isinstance(draw, Boxes):
        odds = listed([f"{boxes}: {chance}" for boxes, chance in dict(draw.odds).items()], "en")  # type: ignore[arg-type]
        found.append(
            (
                f"各盒藏有奖品的公布概率：{odds}。",
                f"The declared chance of each box to hold the prize: {odds}.",
            )
        )
    elif isinstance(draw, Group):
        found.append(
            (
                f"每 {draw.size} 人满一组，其中 {draw.winners} 人中奖，机会均等。",
                f"{draw.size} places make a group; {draw.winners} of them win, each place as likely as any other.",
            )
        )
    elif isinstance(draw, Raffle):
        when_zh = f"每满 {draw.every} 次参与抽取" if draw.every else "活动结束时抽取"
        when = f"At every {draw.every} entries of an activity" if draw.every else "When an activity ends,"
        among_zh = "从尚未中奖的参与者中" if draw.among == "not-yet-won" else "从全部参与者中"
        among = " who have not won yet" if draw.among == "not-yet-won" else ""
        found.append(
            (
                f"{when_zh} {draw.winners} 个中奖者，{among_zh}。",
                f"{when} {draw.winners} of those who entered{among} are drawn.",
            )
        )
    elif isinstance(draw, Chances):
        chances = [
            f"{name}: {one.chance}" + (f" (≤ {one.guarantee})" if one.guarantee else "")
            for name, one in draw.prizes.items()
        ]
        found.append(
            (
                f"每次参与的公布概率（括号内为保底次数）：{listed(chances, 'zh')}。",
                f"The declared chance of each entry (in brackets: the entry by which it is certain): {listed(chances, 'en')}.",
            )
        )
    elif isinstance(draw, Numbers):
        for name, pool in draw.pools.items():
            found.append(
                (
                    f"{name}：从 {pool.from_} 到 {pool.to} 中不放回地开出 {pool.pick} 个号码，剩下的号码机会相同。",
                    f"{name}: {pool.pick} of the numbers {pool.from_} to {pool.to} are drawn without replacement, "
                    "those left being equally likely.",
                )
            )
    if rules.awards:
        count = len(rules.awards)
        found.append((f"另有 {count} 项条款规定谁应得多少。", f"Clauses that say who is owed how much: {count}."))
    day = rules.effective.from_.isoformat()
    found.append((f"自 {day} 起施行。", f"In force from {day}."))
    if rules.source and rules.source.document:
        where = listed([part for part in (rules.source.document, rules.source.section) if part], "en")
        found.append((f"出处：{where}。", f"Read in: {where}."))
    return found


def happened(engine: Engine, cover: Cover, failed: int, judged: int) -> list[tuple[str, str]]:
    """What the records show, each sentence (zh, en)."""
    found = []
    if has(engine, "win_by_position"):
        rows = engine.rows("SELECT chance_num, chance_den, openings - unknown, wins FROM win_by_position")
        openings, wins = sum(row[2] for row in rows), sum(row[3] for row in rows)
        due = sum(row[2] * row[0] / row[1] for row in sorted(rows))
        found.append(
            (
                f"记录了 {openings:,} 次开盒，{wins:,} 次中奖；按公布的概率，这些开盒应有约 {due:,.1f} 次中奖。",
                f"On record are {openings:,} openings and {wins:,} wins; the declared chances of these very openings "
                f"give about {due:,.1f} wins.",
            )
        )
    if has(engine, "number_replayed"):
        draws = engine.value("SELECT count(DISTINCT draw_id) FROM number_replayed")
        found.append((f"记录了 {draws:,} 期开奖。", f"Draws on record: {draws:,}."))
    if has(engine, "owed_by_clause"):
        owed, paid = engine.rows("SELECT coalesce(sum(owed_rows), 0), coalesce(sum(paid_rows), 0) FROM owed_by_clause")[
            0
        ]
        found.append(
            (
                f"按规则重算应有 {int(owed):,} 笔给付，记录有 {int(paid):,} 笔付款。",
                f"Payments the rules give: {int(owed):,}; payments on record: {int(paid):,}.",
            )
        )
    if has(engine, "discrepancy"):
        count = engine.value("SELECT count(*) FROM discrepancy")
        found.append(
            (f"逐笔对照，有 {count:,} 处差异。", f"Compared, they differ: {count:,} discrepancies.") if count else
            ("逐笔对照，没有差异。", "Compared, they agree everywhere.")
        )  # fmt: skip
    found.append(
        (
            f"{judged} 项裁决中，{failed} 项为“不符”：",
            f"Contradictions found: {failed}, in {judged} verdicts.",
        )
        if failed
        else (
            f"{judged} 项裁决中没有“不符”。",
            f"Contradictions found: none, in {judged} verdicts.",
        )
    )
    return found


def sure(cover: Cover, failed: Sequence[Finding]) -> list[tuple[str, str]]:
    """How firm the contradictions are, each sentence (zh, en)."""
    from markupsafe import Markup

    found: list[tuple[str, str]] = []
    exact = sum(1 for one in failed if one.basis is not Basis.STATISTICAL)
    if exact:
        found.append(
            (
                f"其中 {exact} 项由逐笔计算或文本本身得出，不涉及概率：只要记录属实，结论就成立。",
                f"Resting on arithmetic or on the documents themselves, with no chance involved: {exact} of them. "
                "They hold if the records do.",
            )
        )
    weights = [one.e_value for one in failed if one.basis is Basis.STATISTICAL and one.e_value is not None]
    limit = bound(max(weights, default=None))
    if limit is not None:
        found.append(
            (
                Markup("统计方面最强的一项：若公布属实，出现这样强的反面证据的概率至多为 {}。").format(quantity(limit)),
                Markup(
                    "The strongest that rests on statistics: were the declaration true, evidence this strong against "
                    "it would arise with probability at most {}."
                ).format(quantity(limit)),
            )
        )
    if cover.budget.zh or cover.budget.en:
        found.append((cover.budget.zh, cover.budget.en))
    return found or [("没有需要衡量的抵触。", "There is no contradiction to weigh.")]


GRAINS = {
    "reference": ("付款按单号逐笔对照。", "Payments were compared one by one, by their reference."),
    "day": ("付款无单号，只能按收款人、资产和日期对照。", "Payments bear no reference: they were compared by payee, asset and day."),
    "payee": (
        "付款无单号和日期，只能按收款人和资产对照。",
        "Payments bear neither reference nor day: they were compared by payee and asset.",
    ),
    "none": ("没有可对照的付款记录。", "There were no payments to compare."),
}  # fmt: skip


def unseen(engine: Engine, cover: Cover, judged: Sequence[Finding]) -> list[tuple[str, str]]:
    """What this audit is blind to, each sentence (zh, en)."""
    found = [GRAINS.get(cover.grain, GRAINS["none"])]
    refused = engine.value("SELECT count(*) FROM refused_cell")
    if refused:
        found.append((f"{refused:,} 个单元格无法读取。", f"Cells that could not be read: {refused:,}."))
    if has(engine, "win_by_position"):
        unknown = engine.value("SELECT coalesce(sum(unknown), 0) FROM win_by_position")
        if unknown:
            found.append(
                (
                    f"{int(unknown):,} 次开盒没有结果记录。",
                    f"Openings without a recorded outcome: {int(unknown):,}.",
                )
            )
    if has(engine, "award_total"):
        lost = engine.value("SELECT coalesce(sum(awards), 0) FROM award_total WHERE standing = 'unknown'")
        if lost:
            found.append(
                (
                    f"{int(lost):,} 项给付，导出不足以判断应付给谁或付什么。",
                    f"Awards of which the export does not tell what is owed, or to whom: {int(lost):,}.",
                )
            )
    count = sum(1 for one in judged if one.verdict is Verdict.INCONCLUSIVE)
    if count:
        found.append((f"{count} 项检查不能下结论。", f"Checks that cannot tell: {count}."))
    count = sum(1 for one in judged if one.verdict is Verdict.NOT_APPLICABLE)
    if count:
        found.append((f"{count} 项检查在本案不适用。", f"Checks that do not apply to this case: {count}."))
    found.append(
        (
            "只看得到导出里有的东西：从未写入的记录看不到；“通过”只排除所注明大小以上的偏离。",
            "Only what the export holds can be seen: records never written cannot; and a PASS excludes only "
            "deviations of the size it states.",
        )
    )
    return found

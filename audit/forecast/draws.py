"""The odds of each kind of draw as exhibits."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from audit.exhibit import Exhibit
from audit.finding import Text
from audit.forecast.activity import show
from audit.forecast.chances import long_run, waits
from audit.forecast.courses import entries_of
from audit.forecast.measure import odds_of
from audit.forecast.raffles import chance_by_batch
from audit.rules import Boxes, Chances, Group, Numbers, Raffle, Rules

CHANCE = Text("概率", "chance")


def odds_exhibits(rules: Rules, entries: int = 0) -> Iterator[Exhibit]:
    """The odds that the rules declare, exact. entries: of one activity of a raffle; 0: as the clauses' counts suggest."""
    draw = rules.draw
    rows: list[tuple[str, ...]] = []
    head: tuple[Text, ...] = ()
    if isinstance(draw, Boxes):
        left = Fraction(1)
        for one in odds_of(rules, "win"):
            given = one.least / left if left else Fraction(0)
            rows.append((one.name, str(one.least), str(given), show(left, 4)))
            left -= one.least
        head = (
            Text("盒", "box"),
            CHANCE,
            Text("轮到时的概率", "chance once it is reached"),
            Text("轮到的概率", "chance to be reached"),
        )
    elif isinstance(draw, Group):
        rows = [(str(draw.size), str(draw.winners), str(Fraction(draw.winners, draw.size)))]
        head = (Text("人数", "places"), Text("中奖人数", "winners"), CHANCE)
    elif isinstance(draw, Numbers):
        rows = [
            (tier, str(one.least), f"{float(one.least):.3e}") for tier in draw.tiers for one in odds_of(rules, tier)
        ]
        head = (Text("奖级", "tier"), CHANCE, Text("小数", "decimal"))
    if rows:
        yield Exhibit("odds", Text("中奖概率", "The odds"), head, tuple(rows), Text("精确值。", "Exact."))
    if isinstance(draw, Raffle):
        yield _batches(draw, entries or entries_of(rules))
    if isinstance(draw, Chances):
        yield from _pulls(draw)


def _batches(draw: Raffle, entries: int) -> Exhibit:
    """The chance to be drawn at all, by when one joined; of tickets that all count the same."""
    chances = chance_by_batch(draw, entries)
    every = draw.every or entries
    rows = tuple(
        (str(place), f"{every * (place - 1) + 1}–{every * place}", f"{float(one):.6f}")
        for place, one in enumerate(chances, 1)
    )
    total = every * sum(chances, Fraction(0))
    tickets = Text("每份参与机会相同。", "Each entry is one ticket.")
    if draw.tickets == "weight":
        tickets = Text(
            "票数不等时，此为票数相同者的机会。", "Where tickets differ, this is the chance with equal tickets."
        )
    note = Text(
        f"{entries} 人参与，{len(chances)} 次抽取；所有人的机会合计为 {show(total)} 次中奖。{tickets.zh}",
        f"{entries} entries, {len(chances)} draws; over all entries the chances add to {show(total)} wins. {tickets.en}",
    )
    head = (Text("批次", "batch"), Text("参与次序", "entries"), Text("至少中一次的概率", "chance to win"))
    bars = tuple((str(place), float(one)) for place, one in enumerate(chances, 1))
    bands = tuple((place, one, one, one) for place, one in ((float(label), value) for label, value in bars))
    return Exhibit("batches", Text("中奖机会，按参与先后", "The chance to win, by when one joined"), head, rows, note,
                   bars if len(bars) <= 120 else (), () if len(bars) <= 120 else bands, axis=(head[0], head[2]))  # fmt: skip


def _pulls(draw: Chances) -> Iterator[Exhibit]:
    rates = long_run(draw)
    rows = []
    for name, one in draw.prizes.items():
        sure = str(one.guarantee) if one.guarantee else "–"
        rows.append(
            (name, str(one.chance), sure, f"{float(rates[name]):.6f}", show(1 / rates[name]) if rates[name] else "–")
        )
    head = (Text("奖品", "prize"), Text("基础概率", "base chance"), Text("保底", "certain at"),
            Text("长期概率", "long-run chance"), Text("平均抽数", "entries a prize, on average"))  # fmt: skip
    note = Text(
        "精确值（更新过程）；保底计入长期概率。", "Exact (a renewal process); guarantees count in the long run."
    )
    yield Exhibit("odds", Text("中奖概率", "The odds"), head, tuple(rows), note)
    for name, one in draw.prizes.items():
        if one.guarantee or one.rises:
            found = waits(draw, name)
            bars = tuple((str(turn), float(chance)) for turn, chance in enumerate(found, 1))
            shown = tuple((turn, f"{chance:.6f}") for turn, chance in bars)
            axis = (Text("第几抽", "entry"), CHANCE)
            yield Exhibit(f"wait-{name}", Text(f"首次抽中 {name}（或更好）", f"The first {name} or better"),
                          axis, shown, Text("精确值。", "Exact."), bars, axis=axis)  # fmt: skip

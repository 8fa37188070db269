"""How much: each step of an award's arithmetic, to be followed with a pencil."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from audit.case import Audit
from audit.engine import by_id
from audit.evidence.inputs import Record, money
from audit.evidence.ranked import KINDS, ranked_steps
from audit.finding import Text
from audit.rules import Award, Ladder, Share, Split, Unlock
from audit.rules.scalars import span_of

MOVES = 12  # movements of a fund that are listed before the one explained
ROUNDED = {
    "down": Text("舍去不足一个最小单位的部分", "a fraction of a step is dropped"),
    "half-up": Text("四舍五入到最小单位", "half a step and more is rounded up"),
    "up": Text("不足一个最小单位的进为一个", "a fraction of a step counts as a whole one"),
}


def amount_steps(audit: Audit, award: Award | None, event: Record, row: Record) -> list[Text]:
    """The arithmetic of the amount of an award, a row of `award_due`."""
    asset, steps = row["asset"], row["amount"]
    pay = _pay(award, asset)
    if pay == "undeclared" or (isinstance(pay, Unlock) and pay.unlock == "undeclared"):
        return [
            Text(
                "数额从未公布（undeclared），无从计算。",
                "The amount was never published (undeclared): there is nothing to reckon.",
            )
        ]
    if award is None or steps is None:
        return [Text("数额不知。", "The amount is not known.")]
    result = money(audit, asset, steps)
    if isinstance(pay, KINDS):
        return ranked_steps(audit, pay, event, row)
    if isinstance(pay, Share):
        return _share(audit, pay, event, asset, result)
    if isinstance(pay, Split):
        return _split(audit, pay, event, asset, result)
    if isinstance(pay, Ladder):
        return _ladder(pay, event, result)
    if isinstance(pay, Unlock):
        return _unlock(audit, pay, row, result)
    told = [Text(f"数额：条款定为 {result}。", f"Amount: the clause sets {result}.")]
    if award.choice is not None:
        options = ", ".join(f"{value} {name}" for option in award.choice for name, value in option.items())
        picked = event.get("choice")
        told.insert(
            0,
            Text(
                f"可选：{options}；记录的选择：{picked or '（无）'}。",
                f"Choice of {options}; on record: {picked or '(none)'}.",
            ),
        )
    return told


def _pay(award: Award | None, asset: str) -> Any:
    """What a clause pays in an asset; of an unlocking, the asset may be what the fund becomes."""
    if award is None:
        return None
    return next((option[asset] for option in award.choice or () if asset in option), (award.pays or {}).get(asset))


def _ladder(pay: Ladder, event: Record, result: str) -> list[Text]:
    place = event.get("place")
    found = next((f"{counts}: {amount}" for counts, amount in pay.ladder.items() if place in span_of(counts)), "–")
    return [
        Text(
            f"这是第 {place} 个，适用阶梯 {found}：{result}。",
            f"This is number {place}, which the ladder has at {found}: {result}.",
        )
    ]


def _unlock(audit: Audit, pay: Unlock, row: Record, result: str) -> list[Text]:
    """The balance of a fund before, what was to be released, and what it allowed; with the movements before."""
    order = f"event_at, turn, {by_id('event')}, clause"
    moves = audit.engine.records(
        f"SELECT * FROM fund_release WHERE payee = ? AND held = ? AND event_at <= ? ORDER BY {order}",
        [row["payee"], pay.from_, row["event_at"]],
    )
    own = [place for place, one in enumerate(moves) if (one["event"], one["clause"]) == (row["event"], row["clause"])]
    if not own:
        return [Text(f"从 {pay.from_} 中释放：{result}。", f"Released from {pay.from_}: {result}.")]
    earlier, mine = moves[: own[0]], moves[own[0]]
    told = [
        f"{one['event']} {one['clause']} {int(one['before'])} {_signed(one['move'])} → {int(one['balance'])}"
        for one in earlier[-MOVES:]
    ]
    head = Text(
        f"基金 {pay.from_} 此前的变动（{len(earlier)} 笔，列最近 {len(told)} 笔，最小单位）：{'；'.join(told)}。",
        f"The fund {pay.from_} before ({len(earlier)} movements, the last {len(told)} here, in steps): {'; '.join(told)}.",
    )
    before, asked = int(mine["before"]), -int(mine["move"] or 0)
    took = before - int(mine["balance"])
    return [
        *([head] if told else []),
        Text(f"余额 {before}，应释放 {asked}，不超过余额：min({asked}, {before}) = {took}，即 {result}。",
             f"Of {before} in the fund {asked} are to be released: min({asked}, {before}) = {took}, which is {result}."),
    ]  # fmt: skip


def _signed(move: int | None) -> str:
    return "?" if move is None else f"+ {move}" if move >= 0 else f"− {-move}"


def _share(audit: Audit, pay: Share, event: Record, asset: str, result: str) -> list[Text]:
    if event.get("base") is None:
        return [Text("基数没有记录，数额不知。", "The base is not on record, so the amount is not known.")]
    units = audit.units(asset)
    base, part = int(event["base"]), Fraction(pay.percent) / 100
    exact = base * part
    whole = f"{money(audit, asset, base)} = {base} × {Decimal(units.step).scaleb(-units.decimals):f}"
    rounded = ROUNDED[pay.rounding]
    return [
        Text(f"基数：{whole}。", f"Base: {whole}."),
        Text(
            f"乘以 {pay.percent} % = {part}：{base} × {part} = {_mixed(exact)}（最小单位）。",
            f"Times {pay.percent} % = {part}: {base} × {part} = {_mixed(exact)} steps.",
        ),
        Text(f"取整（{pay.rounding}，{rounded.zh}）：{result}。", f"Rounded ({pay.rounding}: {rounded.en}): {result}."),
    ]


def _split(audit: Audit, pay: Split, event: Record, asset: str, result: str) -> list[Text]:
    pot = audit.units(asset).steps(pay.pot)
    whole = money(audit, asset, pot)
    if pay.split == "random":
        return [
            Text(
                f"随机分 {whole}：导出所记的份额为 {result}。",
                f"Random parts of {whole}: the export has this share at {result}.",
            )
        ]
    if event.get("base") is None or event.get("place") is None:
        return [Text("不知有几个位置，数额不知。", "How many places there are is not known, so the amount is not.")]
    places, place = int(event["base"]), int(event["place"])
    each, odd = divmod(pot, places)
    extra = place <= odd if pay.odd == "lowest-positions" else place > places - odd
    ends_zh, ends_en = ("最前", "lowest") if pay.odd == "lowest-positions" else ("最后", "highest")
    return [
        Text(f"共分 {whole} = {pot} 个最小单位，{places} 人等分：{pot} = {places} × {each} + {odd}。",
             f"A pot of {whole} = {pot} steps among {places}: {pot} = {places} × {each} + {odd}."),
        Text(f"除不尽的 {odd} 个归位置{ends_zh}的 {odd} 人各一个（odd: {pay.odd}）；此处为第 {place} 位，"
             + ("得一个。" if extra else "不得。"),
             f"The {odd} that do not divide go one each to the {odd} {ends_en} positions (odd: {pay.odd}); this is position {place}, "
             + ("which gets one." if extra else "which gets none.")),
        Text(f"数额：{each}{' + 1' if extra else ''} = {result}。", f"Amount: {each}{' + 1' if extra else ''} = {result}."),
    ]  # fmt: skip


def _mixed(value: Fraction) -> str:
    """A fraction as a whole number with its rest: `416 5/8`."""
    whole, rest = divmod(value.numerator, value.denominator)
    return f"{whole} {rest}/{value.denominator}" if rest else str(whole)

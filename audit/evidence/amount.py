"""How much: each step of an award's arithmetic, to be followed with a pencil."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from audit.case import Audit
from audit.evidence.inputs import Record, money
from audit.finding import Text
from audit.rules import Award, Group, Share, Split

ROUNDED = {
    "down": Text("舍去不足一个最小单位的部分", "a fraction of a step is dropped"),
    "half-up": Text("四舍五入到最小单位", "half a step and more is rounded up"),
    "up": Text("不足一个最小单位的进为一个", "a fraction of a step counts as a whole one"),
}


def amount_steps(audit: Audit, award: Award | None, event: Record, asset: str, steps: int | None) -> list[Text]:
    """The arithmetic of one amount of an asset; steps is what the replay made of it."""
    if award is None or steps is None:
        return []
    chosen = award.choice is not None
    pay: Any = next((option[asset] for option in award.choice or () if asset in option), (award.pays or {}).get(asset))
    result = money(audit, asset, steps)
    if isinstance(pay, Share):
        return _share(audit, pay, event, asset, result)
    if isinstance(pay, Split):
        return _split(audit, pay, event, asset, result)
    if isinstance(pay, Decimal):
        told = [Text(f"数额：条款定为 {result}。", f"Amount: the clause sets {result}.")]
        if chosen:
            options = ", ".join(f"{value} {name}" for option in award.choice or () for name, value in option.items())
            picked = event.get("choice")
            told.insert(
                0,
                Text(
                    f"可选：{options}；记录的选择：{picked or '（无）'}。",
                    f"Choice of {options}; on record: {picked or '(none)'}.",
                ),
            )
        return told
    return [Text(f"数额：按条款算得 {result}。", f"Amount: the clause gives {result}.")]


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
    places = audit.rules.draw.size if isinstance(audit.rules.draw, Group) else 1
    pot = audit.units(asset).steps(pay.pot)
    each, odd = divmod(pot, places)
    place = event.get("place")
    extra = place is not None and place <= odd
    return [
        Text(
            f"共分 {money(audit, asset, pot)} = {pot} 个最小单位，{places} 人等分：{pot} = {places} × {each} + {odd}。",
            f"A pot of {money(audit, asset, pot)} = {pot} steps among {places}: {pot} = {places} × {each} + {odd}.",
        ),
        Text(
            f"除不尽的 {odd} 个归位置最前的 {odd} 人各一个（odd: {pay.odd}）；此处为第 {place} 位，"
            + ("得一个。" if extra else "不得。"),
            f"The {odd} that do not divide go one each to the {odd} lowest positions (odd: {pay.odd}); this is position {place}, "
            + ("which gets one." if extra else "which gets none."),
        ),
        Text(
            f"数额：{each}{' + 1' if extra else ''} = {result}。",
            f"Amount: {each}{' + 1' if extra else ''} = {result}.",
        ),
    ]


def _mixed(value: Fraction) -> str:
    """A fraction as a whole number with its rest: `416 5/8`."""
    whole, rest = divmod(value.numerator, value.denominator)
    return f"{whole} {rest}/{value.denominator}" if rest else str(whole)

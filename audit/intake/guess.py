"""Which file is which table, and which column is which: guesses from names and values, each with its confidence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from audit.intake.cells import marks_of, written
from audit.intake.sniff import Look

SURE, LIKELY = 0.75, 0.5  # at or above: mapped without a word; mapped, and to be looked at
NEEDED = {  # without these a file is not this table
    "participant": ("participant_id", "joined_at"), "activity": ("activity_id", "initiator_id"),
    "entry": ("entry_id", "participant_id", "entered_at"), "outcome": ("entry_id", "outcome"),
    "purchase": ("purchase_id", "participant_id", "amount"), "payment": ("payment_id", "payee_id", "amount"),
    "draw": ("draw_id", "drawn_at"),
}  # fmt: skip
MEANT = {
    "win": ("中奖", "已中奖", "恭喜中奖", "获奖", "中", "是", "win", "won", "yes", "true", "1"),
    "loss": ("未中", "未中奖", "谢谢参与", "没中", "不中", "否", "loss", "lost", "lose", "no", "false", "0"),
}
ASSETS = {"CNY": ("人民币", "元", "rmb", "现金", "余额", "cny", "￥", "¥"), "coupon": ("盲盒券", "券", "优惠券", "coupon", "代金券"),
          "product": ("产品", "商品", "实物", "product", "goods")}  # fmt: skip
TIME = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}[ T]\d{1,2}:\d{2}.*")
DAY = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}( 00:00:00)?")
UNIX = re.compile(r"1\d{9}(\d{3})?")
AMOUNT = re.compile(r"-?\d{1,28}(\.\d{1,18})?")
WHOLE = re.compile(r"\d{1,9}")
WRAPPED = "`\t'\" ="
MONIES = ("paid", "amount", "sales")
MONEY = "¥￥元"
NOTHING = ("-", "/", "--", "—", "无", "NULL", "null", "\\N", "None")


@dataclass(frozen=True)
class Guess:
    """A canonical column of a file: the platform's name for it, and how sure that is, from 0 to 1.

    thousands and decimal are the marks of its numbers; unsure: they might mean something else (1,234 alone). unknown are the
    words of an outcome that are nowhere said to be a win or a loss.
    """

    column: str
    name: str
    confidence: float
    as_: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    thousands: str = ""
    decimal: str = "."
    unsure: bool = False
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filled:
    """A file as one table: strip and empty say what in its cells is no part of them."""

    table: str
    look: Look
    columns: tuple[Guess, ...]
    strip: str
    empty: tuple[str, ...]

    @property
    def confidence(self) -> float:
        """How sure it is that the file is this table: the mean over what the table needs."""
        found = {one.column: one.confidence for one in self.columns}
        return sum(found.get(name, 0.0) for name in NEEDED[self.table]) / len(NEEDED[self.table])


@cache
def names() -> dict[str, dict[str, list[str]]]:
    """Table → column → the names that platforms use for it."""
    import yaml

    found: dict[str, dict[str, list[str]]] = yaml.safe_load((Path(__file__).parent / "names.yaml").read_text("utf-8"))
    return found


def tables_of(look: Look) -> list[Filled]:
    """What a file most likely is: one table, and the outcomes of its entries where it holds them. Empty: nothing known."""
    tried = [_as_table(look, table) for table in names() if table != "outcome"]
    best = max(tried, key=lambda one: one.confidence * (1 + 0.05 * len(one.columns)), default=None)
    outcome = _as_table(look, "outcome")
    if best is None or best.confidence < LIKELY:
        return [outcome] if outcome.confidence >= LIKELY else []
    if best.table != "entry" or outcome.confidence < LIKELY:
        return [best]
    taken = {one.name for one in best.columns}
    own = tuple(one for one in outcome.columns if one.column == "entry_id" or one.name not in taken)
    return [best, replace(outcome, columns=own)]


def _as_table(look: Look, table: str) -> Filled:
    strip, empty = _wrapping(look)
    scores = []
    for column, words in names()[table].items():
        for place, name in enumerate(look.names):
            named = _named(name, words)
            if named:
                bare = [_bare(row[place], strip, empty) for row in look.rows if place < len(row)]
                fit = _fits(column, [one for one in bare if one])
                scores.append((round(named * fit, 3), column, place))
    taken: dict[str, Guess] = {}
    used: set[int] = set()
    for score, column, place in sorted(scores, key=lambda one: (-one[0], list(names()[table]).index(one[1]), one[2])):
        if column not in taken and place not in used and score >= 0.3:
            bare = [_bare(row[place], strip, empty) for row in look.rows if place < len(row)]
            thousands, decimal, sure = _marks(column, bare)
            score = round(score * sure, 3)
            as_, values, strange = _written(column, bare), _values(column, bare), _unknown(column, bare)
            taken[column] = Guess(column, look.names[place], score, as_, values, thousands, decimal, sure < 1, strange)
            used.add(place)
    return Filled(table, look, tuple(taken[column] for column in names()[table] if column in taken), strip, empty)


def _named(name: str, words: Sequence[str]) -> float:
    """How well a column's name fits the words for it."""
    bare = re.sub(r"[（(\[].*?[)）\]]|[\s_\-:：]", "", name).lower()
    best = 0.0
    for rank, word in enumerate(words):
        wanted = re.sub(r"[\s_]", "", word)
        if not bare:
            continue
        if bare == wanted:
            best = max(best, 1.0 - 0.01 * rank)
        elif len(wanted) > 1 and (wanted in bare or (len(bare) > 1 and bare in wanted)):
            best = max(best, 0.7 * min(len(wanted), len(bare)) / max(len(wanted), len(bare)) + 0.2)
        elif not wanted.isascii() or len(wanted) > 3:
            near = difflib.SequenceMatcher(None, bare, wanted).ratio()
            best = max(best, 0.75 * near if near > 0.7 else 0)
    return best


def _fits(column: str, cells: list[str]) -> float:
    """How well values fit a column's kind; no values say nothing."""
    if not cells:
        return 0.9

    def share(*patterns: re.Pattern[str]) -> float:
        return sum(any(one.fullmatch(cell) for one in patterns) for cell in cells) / len(cells)

    if column.endswith("_at"):
        return max(0.1, share(TIME, DAY, UNIX))
    if column in MONIES:
        return max(0.1, sum(bool(AMOUNT.fullmatch(cell) or marks_of(cell)) for cell in cells) / len(cells))
    if column == "position":
        return max(0.1, share(WHOLE))
    if column.endswith("_id") or column == "ref":
        return 0.3 if share(TIME, DAY) > 0.5 or share(re.compile(r"-?\d+\.\d+")) > 0.5 else 1.0
    if column in ("outcome", "asset", "kind", "reason", "choice"):
        return 1.0 if len(set(cells)) <= max(30, len(cells) // 20) else 0.4
    return 1.0


def _written(column: str, cells: list[str]) -> str:
    if column.endswith("_at"):
        some = [one for one in cells if one]
        if some and all(UNIX.fullmatch(one) for one in some):
            return "unix-milliseconds" if all(len(one) == 13 for one in some) else "unix-seconds"
        if some and all(DAY.fullmatch(one) for one in some):
            return "day"
    return ""


def _marks(column: str, cells: list[str]) -> tuple[str, str, float]:
    """The marks of thousands and of decimals in a column of amounts, and how sure that is: the share of cells so written.

    Where every mark might be either (1,234 and nothing else), it is less sure.
    """
    found = {cell: marks for cell in cells if (marks := marks_of(cell))} if column in MONIES else {}
    if not found:
        return "", ".", 1.0
    pairs = {(one, two) for one, _ in found.values() for _, two in found.values() if one != two}
    read = {pair: [bool(re.fullmatch(written(*pair), cell)) for cell in cells] for pair in pairs}
    best = max(sorted(pairs), key=lambda pair: (sum(read[pair]), pair[1] == "."))
    other = [bool(re.fullmatch(written("", best[0]), cell)) for cell in cells] if best[0] in (",", ".") else [False]
    return *best, sum(read[best]) / len(cells) * (0.8 if all(other) else 1)


def _values(column: str, cells: list[str]) -> dict[str, str]:
    """The platform's words and ours, where they are few and plain."""
    listed = {"outcome": MEANT, "asset": ASSETS, "choice": ASSETS}.get(column)
    if listed is None:
        return {}
    found = {}
    for word in sorted({one for one in cells if one})[:20]:
        ours = next((ours for ours, theirs in listed.items() if word.lower() in theirs), "")
        if ours and ours != word:
            found[word] = ours
    return found


def _unknown(column: str, cells: list[str]) -> tuple[str, ...]:
    """The words of outcomes that are neither ours nor known, where they are few."""
    meant = {"win", "loss", *sum(MEANT.values(), ())}
    words = sorted({one for one in cells if one and one.lower() not in meant}) if column == "outcome" else []
    return tuple(words) if len(words) <= 20 else ()


def _wrapping(look: Look) -> tuple[str, tuple[str, ...]]:
    """Characters that protect cells from spreadsheets, signs of currency, and words for an empty cell."""
    cells = [cell for row in look.rows[:300] for cell in row if cell]
    ends = {character for cell in cells for character in (cell[0], cell[-1])}
    strip = "".join(one for one in WRAPPED + MONEY if one in ends and _wraps(one, cells))
    bare = {cell.strip(strip) for cell in cells}
    return strip, tuple(word for word in NOTHING if word in bare)


def _wraps(character: str, cells: list[str]) -> bool:
    """Whether a character at the end of cells protects a value: an id, an amount."""
    wrapped = [cell for cell in cells if cell[0] == character or cell[-1] == character]
    plain = sum(
        bool(re.fullmatch(r"[\w.\-:/ ]+", bare) or marks_of(bare))
        for cell in wrapped
        for bare in [cell.strip(WRAPPED + MONEY)]
    )
    return (
        bool(wrapped)
        and plain > len(wrapped) / 2
        and (character != "元" or any(AMOUNT.fullmatch(one.strip(WRAPPED + MONEY)) for one in wrapped))
    )


def _bare(cell: str, strip: str, empty: tuple[str, ...]) -> str:
    cell = cell.strip(strip)
    return "" if cell in empty else cell

"""Values as a reader sees them: money in units, small numbers as powers of ten, a row with its source."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from audit.report.columns import column, value
from audit.report.cover import Cover, Lang

if TYPE_CHECKING:
    from markupsafe import Markup

SOURCE = ("source_file", "record", "line")
MONEY = ("owed", "paid", "at_stake", "amount", "sales", "prize", "stake")
LABELS = {"record": "record_no", "line": "line_no"}  # whose plain names are sentences with a gap
SENTENCE = re.compile(r"^(.{8,}?(?:[。！？]|[.!?](?=\s+\S)))\s*(.+)$", re.DOTALL)


def quantity(value: float | None) -> Markup:
    """A number to three significant digits; very small and very large ones as a power of ten."""
    from markupsafe import Markup, escape

    if value is None or math.isnan(value):
        return Markup("–")
    if math.isinf(value):
        return Markup("∞")
    if value == 0 or 0.001 <= abs(value) < 1_000_000:
        digits = 0 if abs(value) >= 100 else 3
        return escape(f"{value:,.{digits}f}" if digits == 0 else f"{value:.3g}")
    mantissa, power = f"{value:.1e}".split("e")
    return Markup(f"{mantissa} × 10<sup>{int(power):d}</sup>".replace("-", "−"))


def bound(e_value: float | None) -> float | None:
    """How probable so large an e-value is at most, were the declaration true: 1/e. None where that says nothing."""
    return 1 / e_value if e_value is not None and e_value > 1 else None


def money(cover: Cover, asset: str | None, steps: int | Decimal) -> str:
    """Whole steps in units, thousands apart."""
    return grouped(cover.units(asset).show(steps))


def grouped(amount: str) -> str:
    """A decimal string with its thousands apart; anything else as it stands."""
    return f"{Decimal(amount):,f}" if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", amount) else amount


def split(text: str) -> tuple[str, str]:
    """The first sentence, and the rest."""
    found = SENTENCE.match(text.strip())
    return (found[1], found[2]) if found else (text.strip(), "")


def table_of(rows: Sequence[Mapping[str, Any]], cover: Cover, say: Mapping[str, str], check: str = "") -> dict[str, Any]:
    """Rows of a check as a table: head is a list of (label, whether numbers), body a list of cells.

    Values stand as the check gave them (amounts in units); the source of a row comes last, in one column.
    """
    sourced = any(row.get("source_file") for row in rows)
    names = [name for name in dict.fromkeys(key for row in rows for key in row) if not sourced or name not in SOURCE]
    called = {name: column(say, check, name, LABELS.get(name, name)) for name in names}
    names = [name for name in names if called[name]]
    body = []
    for row in rows:
        told = {name: value(say, check, name, it) if isinstance(it, str) else it for name, it in row.items()}
        cells = [cell(name, told, cover) for name in names]
        if sourced:
            cells.append({"text": source(row, say), "number": False})
        body.append(cells)
    labels = [called[name] for name in names] + ([say["source"]] if sourced else [])
    head = []
    for place, label in enumerate(labels):
        stack = [row[place] for row in body]
        number = all(one["number"] is not False for one in stack) and any(one["number"] for one in stack)
        head.append((label, number))
        for one in stack:
            one["number"] = number
    return {"head": head, "body": body}


def cell(name: str, row: Mapping[str, Any], cover: Cover) -> dict[str, Any]:
    """One cell of evidence; number is None where there is nothing to be one."""
    value = row.get(name)
    if value is None:
        return {"text": "–", "number": None}
    if isinstance(value, bool):
        return {"text": "✓" if value else "×", "number": False}
    if isinstance(value, float):
        return {"text": quantity(value), "number": True}
    if isinstance(value, datetime):
        return {"text": cover.moment(value) if value.tzinfo else str(value), "number": False}
    if name in MONEY:
        return {"text": grouped(str(value)), "number": True}
    return {"text": str(value), "number": isinstance(value, (int, Decimal))}


def source(row: Mapping[str, Any], say: Mapping[str, str]) -> str:
    """Source file, record and line of a row, as far as they are known."""
    parts = [str(row["source_file"])] if row.get("source_file") else []
    parts += [say[name].format(row[name]) for name in ("record", "line") if row.get(name) is not None]
    return say["comma"].join(parts)


def listed(items: Sequence[str], lang: Lang) -> str:
    """Items in one line, in the manner of the language."""
    return ("、" if lang == "zh" else ", ").join(items)

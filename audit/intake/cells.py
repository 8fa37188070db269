"""Strict casts: a cell is read exactly, or it is refused.

DuckDB's own casts round 4.505 to 4.51, 17.6 to 18, and drop a time zone, so every cell is checked against a pattern
first. A cast is an SQL expression over the cell's text that is NULL where the cell is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from audit.engine import literal
from audit.intake.mapping import Column
from audit.intake.unread import MARK, unread_mend
from audit.intake.zones import Zone, moment, only_moment
from audit.rules.units import Units

BLANK = literal(" \t\r\n\u00a0\u3000\ufeff")
WIDEST = 28  # digits of an amount in steps: sums of any export then fit into 38, and percentages of up to nine digits
YEAR = "(19|20|21)[0-9]{2}"  # a time beyond names no moment of a campaign, and with a deadline added may be none at all
YEARS = "of the years 1900 to 2199"
UNIX_END = 7258118400  # 2200-01-01, in seconds
MOMENT = f"{YEAR}[-/][0-9]{{1,2}}[-/][0-9]{{1,2}}[ T][0-9]{{1,2}}:[0-9]{{2}}(:[0-9]{{2}}([.][0-9]{{1,6}})?)?"
OFFSET = " ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
ASCII_ID = "[!-*,-~]+"  # printable ASCII but + and blanks: an id of these is no number that lost its digits
DAY = f"{YEAR}[-/][0-9]{{1,2}}[-/][0-9]{{1,2}}"
SPACES = " \u00a0\u2009\u202f"  # a declared space is any of those that spreadsheets write between digits
MARKS = (
    (",", "."),
    ("", ","),
    (".", ","),
    (" ", "."),
    (" ", ","),
    ("'", "."),
    ("’", "."),
    ("，", "."),
)  # thousands, decimals


@dataclass(frozen=True)
class Cast:
    """text is the cell as text, value its exact value or NULL; mend tells a reader what would be read.

    bare: a number, read as plain digits because case.yaml declares no mark for its thousands or decimals.
    zone: a moment, read in it where it has no offset.
    """

    text: str
    value: str
    mend: str
    bare: bool = False
    zone: str = ""


def cast(kind: str, name: str, text: str, source: Column, zone: Zone, choices: Sequence[str], asset: Cast | None,
         units: Sequence[Units]) -> Cast:  # fmt: skip
    """The cast of a canonical column of SQL type kind; choices are the words allowed, where they are few."""
    if source.values:
        words = " ".join(f"WHEN {literal(theirs)} THEN {literal(ours)}" for theirs, ours in source.values.items())
        text = f"CASE {text} {words} ELSE {text} END"
    if choices:
        listed = ", ".join(map(literal, choices))
        return Cast(text, f"CASE WHEN {text} IN ({listed}) THEN {text} END", f"one of {', '.join(choices)}, or map it")
    if kind == "BIGINT" or kind.startswith("DECIMAL"):
        digits = unmarked(text, source) if marked(source) else text
        read = _whole(digits) if kind == "BIGINT" else _amount(digits, asset, units)
        if not marked(source):
            return Cast(text, read.value, read.mend, bare=True)
        groups = f"digits in threes parted by {source.thousands!r}" if source.thousands else "digits without a mark"
        return Cast(
            text, read.value, f"{groups}, and {source.decimal!r} before the decimals, as case.yaml says: {read.mend}"
        )
    if kind.startswith("TIMESTAMP"):
        return _moment(text, source, zone)
    if name.endswith("_id") or name == "ref":
        number = "[0-9]([.][0-9]+)?[eE][+][0-9]+"
        whole = f"trim({text}, {BLANK}) = {text} AND NOT regexp_full_match({text}, '{number}')"
        return Cast(text, f"CASE WHEN regexp_full_match({text}, '{ASCII_ID}') THEN {text} WHEN {whole} THEN {text} END",
                    "an id as text, without spaces around it; a number like 1.2E+17 has lost its digits: "
                    "export the column as text")  # fmt: skip
    return Cast(text, text, "")


def _when(text: str, pattern: str, value: str) -> str:
    return f"CASE WHEN regexp_full_match({text}, '{pattern}') THEN {value} END"


def marked(source: Column) -> bool:
    """Whether case.yaml declares how the numbers of a column are written."""
    return source.thousands is not None or source.decimal != "."


def unmarked(text: str, source: Column) -> str:
    """A number as plain digits with a decimal point; NULL where its marks do not stand where they were declared."""
    marks = source.thousands or ""
    plain = f"translate({text}, {literal(source.decimal + (SPACES if marks == ' ' else marks))}, '.')"
    return f"CASE WHEN regexp_full_match({text}, {literal(written(marks, source.decimal))}) THEN {plain} END"


def written(thousands: str, decimal: str) -> str:
    """The pattern of a number with these marks; its thousands may also stand without one."""
    grouped = f"[0-9]{{1,3}}([{SPACES if thousands == ' ' else thousands}][0-9]{{3}})+|" if thousands else ""
    return f"-?({grouped}[0-9]+)([{decimal}][0-9]+)?"


def marks_of(number: str) -> tuple[str, str] | None:
    """How a number with marks is written: its mark of thousands ("" for none) and of decimals; None: as plain digits, or not at all.

    1,234 may be either: it is taken for thousands, as money has no three decimals. 1.234 is a plain decimal.
    """
    if re.fullmatch(r"-?\d+([.]\d+)?", number):
        return None
    fitting = (pair for pair in MARKS if re.fullmatch(written(*pair), number))
    return next(fitting, None)


def mend_of(read: Cast, value: str, column: str) -> str:
    """What to do about a refused cell; where a number has marks that could be declared, how to declare them.

    Of a local time of a day on which clocks change: that it occurs twice or never.
    """
    if value.startswith(MARK):
        return unread_mend(value)
    if changed := _changed(read.zone, value.strip()):
        return changed
    marks = marks_of(value.strip()) if read.bare else None
    if marks is None:
        return read.mend
    words = [f'thousands: "{marks[0]}"'] if marks[0] else []
    words += [f'decimal: "{marks[1]}"'] if marks[1] != "." else []
    return f"write {{column: {column}, {', '.join(words)}}} in case.yaml if the marks mean that; as it is, {read.mend}"


def _changed(zone: str, value: str) -> str:
    """What is to be said of a local time that clocks show twice or never; empty for any other cell."""
    if not zone or not re.fullmatch(MOMENT, value):
        return ""
    year, month, day, hour, minute = map(int, re.split("[-/ T:]", value)[:5])
    try:
        first = datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone))
    except (ValueError, KeyError):  # no such day; a zone that only the engine knows
        return ""
    before, after = first.utcoffset(), first.replace(fold=1).utcoffset()
    if before is None or after is None or before == after:
        return ""
    times = "occurs twice" if before > after else "does not occur"
    return f"this local time {times} in {zone}, where clocks change: export an offset with it"


def _whole(text: str) -> Cast:
    return Cast(text, _when(text, "-?[0-9]{1,18}", f"CAST({text} AS BIGINT)"), "a whole number, digits only")


def _amount(text: str, asset: Cast | None, units: Sequence[Units]) -> Cast:
    def steps(one: Units) -> str:
        if one.decimals:
            point = f"([.][0-9]{{1,{one.decimals}}}0*)?"
            fraction = f"rpad(left(split_part({text}, '.', 2), {one.decimals}), {one.decimals}, '0')"
            number = f"CAST(concat(split_part({text}, '.', 1), {fraction}) AS DECIMAL(38, 0))"
        else:
            point, number = "([.]0+)?", f"CAST(split_part({text}, '.', 1) AS DECIMAL(38, 0))"
        if one.step != 1:
            whole = f"CAST({number} AS HUGEINT)"  # DuckDB 2 divides a DECIMAL by // into a DOUBLE
            number = f"CASE WHEN {whole} % {one.step} = 0 THEN CAST({whole} // {one.step} AS DECIMAL(38, 0)) END"
        return _when(text, f"-?[0-9]{{1,{max(1, WIDEST - one.decimals)}}}{point}", number)

    if asset is None:
        return Cast(text, "NULL", "an amount needs an `asset` column, or one value for it, in case.yaml")
    cases = " ".join(f"WHEN {literal(one.asset)} THEN {steps(one)}" for one in units)
    smallest = ", ".join(f"{Decimal(one.step).scaleb(-one.decimals):f} {one.asset}" for one in units)
    said = f"whole steps of {smallest}, {WIDEST} digits at most"
    return Cast(text, f"CASE {asset.value} {cases} END",
                f"a plain decimal such as 4.50: no thousands mark, no sign of currency, {said}")  # fmt: skip


def _moment(text: str, source: Column, zone: Zone) -> Cast:
    dashed = f"replace({text}, '/', '-')"
    if source.as_ == "day":
        local = _when(text, f"{DAY}( 00:00:00)?", f"TRY_CAST({dashed} AS TIMESTAMP)")
        return Cast(text, moment(zone, local), f"a day such as 2022-03-01, {YEARS}")
    if source.as_ in ("unix-seconds", "unix-milliseconds"):
        digits, end, make = ("12", UNIX_END, "to_timestamp(CAST({} AS BIGINT))")
        if source.as_ == "unix-milliseconds":
            digits, end, make = ("15", UNIX_END * 1000, "make_timestamptz(CAST({} AS BIGINT) * 1000)")
        value = f"CASE WHEN CAST({text} AS BIGINT) < {end} THEN {make.format(text)} END"
        return Cast(text, _when(text, f"[0-9]{{1,{digits}}}", value), f"a whole number of {source.as_}, {YEARS}")
    local = f"coalesce(TRY_CAST({text} AS TIMESTAMP), TRY_CAST({dashed} AS TIMESTAMP))"
    absolute = f"TRY_CAST({dashed} AS TIMESTAMPTZ)"
    return Cast(
        text,
        f"CASE WHEN regexp_full_match({text}, '{MOMENT}') THEN {only_moment(zone, local)} "
        f"WHEN regexp_full_match({text}, '{MOMENT}{OFFSET}') THEN {absolute} END",
        f"a time such as 2022-03-01 09:30:00 (read in {zone.name}) or 2022-03-01T09:30:00+08:00, {YEARS}",
        zone=zone.name,
    )

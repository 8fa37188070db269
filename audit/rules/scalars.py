"""The values of a rules file: amounts are quoted decimals in units of their asset, odds exact fractions, spans of time like `24h`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema

STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
AMOUNT = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
ODDS = re.compile(r"([0-9]{1,18})(?:/([0-9]{1,18})|\.([0-9]{1,18}))?")
SPAN = re.compile(r"([0-9]{1,6})(s|min|h|d)")
RANGE = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")
UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def _amount(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and AMOUNT.fullmatch(value):
        return Decimal(value)
    raise ValueError('an amount is a quoted decimal without marks between its thousands, such as "4.50" or "1288.00"')


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
        return int(value)
    raise ValueError("a whole number is written in digits, such as 24")


def _odds(value: Any) -> Fraction:
    if isinstance(value, Fraction):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value in (0, 1):
        return Fraction(value)
    match = ODDS.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[2] == "0" * len(match[2] or "x"):
        raise ValueError('odds are an exact fraction such as 1/24, or a quoted decimal such as "0.006"')
    odds = Fraction(value)
    if odds > 1:
        raise ValueError("odds cannot be more than 1")
    return odds


def _times(value: Any) -> Fraction:
    if isinstance(value, Fraction):
        return value
    match = ODDS.fullmatch(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else None
    if match is None or match[2] == "0" * len(match[2] or "x"):
        raise ValueError(
            'a multiple is a whole number, an exact fraction such as 1/2, or a quoted decimal such as "0.5"'
        )
    return Fraction(str(value))


def _span(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a span of time is a whole number with s, min, h or d, such as 24h")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def _date(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) else "")
    except (TypeError, ValueError):
        raise ValueError("a date is written 2022-01-31") from None


def _range(value: Any) -> str:
    match = RANGE.fullmatch(str(value)) if isinstance(value, str | int) else None
    if match is None or int(match[1]) < 1 or (match[2] and int(match[2]) < int(match[1])):
        raise ValueError("a range is written 7 or 7-24")
    return str(value)


def span_of(text: str) -> range:
    """The whole numbers of a range such as `7` or `7-24`."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,59}$")]
Asset = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,19}$")]
Amount = Annotated[
    Decimal, BeforeValidator(_amount), WithJsonSchema({"type": ["string", "integer"], "pattern": AMOUNT.pattern})
]
Whole = Annotated[int, BeforeValidator(_whole)]
Odds = Annotated[Fraction, BeforeValidator(_odds), WithJsonSchema({"type": "string", "pattern": ODDS.pattern})]
Times = Annotated[
    Fraction, BeforeValidator(_times), WithJsonSchema({"type": ["string", "integer"], "pattern": ODDS.pattern})
]
Hours = Annotated[str, StringConstraints(pattern=r"^([01]?[0-9]|2[0-3])(-([01]?[0-9]|2[0-3]))?$")]
Span = Annotated[timedelta, BeforeValidator(_span), WithJsonSchema({"type": "string", "pattern": SPAN.pattern})]
Day = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
Range = Annotated[
    str, BeforeValidator(_range), WithJsonSchema({"type": ["string", "integer"], "pattern": RANGE.pattern})
]
Money = Mapping[Asset, Amount]

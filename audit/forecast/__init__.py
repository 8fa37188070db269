"""The rules alone, before any export: what they imply, exactly."""

from __future__ import annotations

from audit.forecast.activity import Outcome, break_even, minted_and_burnt, net_by_box, show, show_odds
from audit.forecast.courses import Course, courses
from audit.forecast.flows import Flow, flows, net
from audit.forecast.measure import Case, distribution, ends, mean, odds_of, paid_by
from audit.forecast.readings import Reading, other_readings

__all__ = [
    "Case",
    "Course",
    "Flow",
    "Outcome",
    "Reading",
    "break_even",
    "courses",
    "distribution",
    "ends",
    "flows",
    "mean",
    "minted_and_burnt",
    "net",
    "net_by_box",
    "odds_of",
    "other_readings",
    "paid_by",
    "show",
    "show_odds",
]

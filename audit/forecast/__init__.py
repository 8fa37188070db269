"""The rules alone, before any export: what they imply, exactly."""

from __future__ import annotations

from audit.forecast.activity import Outcome, break_even, minted_and_burnt, net_by_box, show

__all__ = ["Outcome", "break_even", "minted_and_burnt", "net_by_box", "show"]

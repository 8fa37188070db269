"""Exports that obey declared rules, of any size and seed; and named departures from them, planted one at a time.

What happens is drawn with NumPy, and what is owed for it is worked out by the replay itself: so whatever the rules can
say, an honest export of it can be made. `fixtures/make.py` is another simulator that shares no code with this one.
"""

from __future__ import annotations

from audit.simulate.departures import Departure, departures_for
from audit.simulate.export import write_case
from audit.simulate.play import World, play_out
from audit.simulate.settle import settle

__all__ = ["Departure", "World", "departures_for", "play_out", "settle", "write_case"]

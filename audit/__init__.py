"""What should have happened: declared rules, re-executed on a platform's exports, compared to the cent.

No law, no accusation and no threshold lives here; those are in `checks`, which imports this package and is
never imported by it.
"""

__version__ = "0.1.0"

"""What recruiting so many people brings by the rules, as it is credited and as it can be withdrawn at once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction

from audit.rules import PartFrozen, Rules
from audit.simulate.growth import world_of
from audit.simulate.settle import money_of, settle
from audit.simulate.world import Scenario

ROUNDED = {"down": ROUND_DOWN, "up": ROUND_UP, "half-up": ROUND_HALF_UP}


@dataclass(frozen=True)
class Recruited:
    """One member after their recruits, amounts in units: what was credited, and what of it a clause keeps back until when."""

    credited: Fraction
    frozen: Fraction
    by: tuple[str, ...]
    until: tuple[str, ...]

    @property
    def withdrawable(self) -> Fraction:
        """What the member can take out if they withdraw everything at once."""
        return self.credited - self.frozen


def recruited(rules: Rules, price: Decimal, recruits: int) -> Recruited:
    """The member buys once at this price; each recruit does the same and recruits nobody. Exact: the replay itself says."""
    import numpy as np

    above = np.concatenate([[0], np.ones(recruits, dtype=np.int64)])
    engine = settle(world_of(rules, price, Scenario(recruits + 1, recruits + 1), above))
    asset = money_of(rules)
    step = Decimal(rules.assets[asset].step)
    try:
        sql = "SELECT coalesce(sum(amount), 0) FROM owed WHERE payee = 'U0000001' AND asset = ?"
        credited = int(engine.rows(sql, [asset])[0][0])
        known = engine.rows("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'standing_reached'")[0][0]
        standings = (
            engine.rows("SELECT standing FROM standing_reached WHERE participant_id = 'U0000001'") if known else []
        )
    finally:
        engine.connection.close()
    held = {standing for (standing,) in standings}
    keeping = {
        name: pay
        for name, award in rules.awards.items()
        for paid_in, pay in (award.pays or {}).items()
        if paid_in == asset and isinstance(pay, PartFrozen) and pay.until not in held
    }
    frozen = sum(
        (int((credited * pay.freeze / 100).quantize(Decimal(1), ROUNDED[pay.rounding])) for pay in keeping.values()), 0
    )
    until = tuple(dict.fromkeys(pay.until for pay in keeping.values()))
    return Recruited(credited * Fraction(step), frozen * Fraction(step), tuple(keeping), until)

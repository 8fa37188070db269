"""Outcomes that stand in the records of their entries: kept beside them, so that nothing has to join them by id again.

`entry` and `outcome` are then views of `entry_told`, with the columns they always have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from audit.engine import Engine
from audit.intake.mapping import TableMap
from audit.scope import TOLD

OTHERWISE = {"asset": "outcome_asset", "refused": "outcome_refused"}  # what entries have under the same name


def told_together(tables: Mapping[str, TableMap]) -> bool:
    """Whether each record of the entries tells its outcome too."""
    if not {"entry", "outcome"} <= set(tables):
        return False
    entry, outcome = (replace(tables[one], columns={}, sequence=None) for one in ("entry", "outcome"))
    ids = [tables[one].rows()[0].get("entry_id") for one in ("entry", "outcome")]
    return entry == outcome and not entry.each and ids[0] is not None and ids[0] == ids[1]


def lay_told(engine: Engine, entry: Mapping[str, str], outcome: Mapping[str, str]) -> None:
    """Make the empty table of both, and the views; entry and outcome: column → SQL type, without what intake fills itself."""
    kinds = {**entry, "source_file": "VARCHAR", "record": "BIGINT", "refused": "VARCHAR"}
    shown = {"entry": list(kinds), "outcome": [*outcome, "source_file", "record", "refused"]}
    for name, kind in {**outcome, "refused": "VARCHAR"}.items():
        if name != "entry_id":
            kinds[OTHERWISE.get(name, name)] = kind
    kept = {name: f"{kind} USING COMPRESSION fsst" if name.endswith("_id") else kind for name, kind in kinds.items()}
    theirs = [f"{OTHERWISE[name]} AS {name}" if name in OTHERWISE else name for name in shown["outcome"]]
    engine.rows("DROP TABLE entry")
    engine.rows("DROP TABLE outcome")
    engine.rows(f"CREATE TABLE {TOLD} ({', '.join(f'{name} {kind}' for name, kind in kept.items())})")
    engine.rows(f"CREATE VIEW entry AS SELECT {', '.join(shown['entry'])} FROM {TOLD}")
    engine.rows(f"CREATE VIEW outcome AS SELECT {', '.join(theirs)} FROM {TOLD}")

"""The findings as one JSON document: fixed order, fixed digits, no clock."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from numbers import Integral
from typing import Any

from audit.engine import Engine
from audit.finding import Basis, Finding, Text, Verdict, plain
from audit.problem import Place
from audit.report.cover import Cover

SPOKEN = ("declared", "observed", "could_have_seen", "mend")  # in English where one language must do; `zh` has the other
NO_PROVISION = "no provision: a fact"
ROWS = 10_000  # evidence rows of one finding that stand in the JSON; row_count says how many there are


def document(engine: Engine, findings: Sequence[Finding], cover: Cover) -> dict[str, Any]:
    """The content of findings.json: plain strings, numbers, lists and mappings."""
    return {
        "redraw": cover.version,
        "case": cover.case,
        "platform": cover.platform,
        "summary": counts(findings),
        "inputs": inputs(engine),
        "budget": {"zh": cover.budget.zh, "en": cover.budget.en},
        "grain": cover.grain,
        "findings": [{**record_of(finding), "law": law_of(finding, cover)} for finding in findings],
        "provisions": [_in_both(one) for one in cover.provisions],
        "predicates": [_in_both(one) for one in cover.predicates],
    }


def law_of(finding: Finding, cover: Cover) -> list[str]:
    """The versions that a finding bears on, each with its status, or the words that say there is none."""
    cited = [one for one in cover.provisions if one["id"] in finding.provisions]
    return [f"{plain(one['cite'], 'en')} ({plain(one.get('status', ''), 'en')})" for one in cited] or [NO_PROVISION]


def _in_both(one: Mapping[str, Any]) -> dict[str, Any]:
    return {key: {"zh": value.zh, "en": value.en} if isinstance(value, Text) else value for key, value in one.items()}


def dump(content: Mapping[str, Any]) -> str:
    """The document as text: two spaces, keys in the order given, one newline at the end."""
    return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def counts(findings: Sequence[Finding]) -> dict[str, dict[str, int]]:
    """How many findings reached each verdict; screens conclude nothing and are counted apart."""
    tally = {kind: dict.fromkeys(map(str, Verdict), 0) for kind in ("verdicts", "screens")}
    for finding in findings:
        tally["screens" if finding.basis is Basis.SCREEN else "verdicts"][str(finding.verdict)] += 1
    return tally


def inputs(engine: Engine) -> list[dict[str, Any]]:
    """Every file as it was read, once for each table it fills; rows = accepted + refused."""
    rows = engine.records(
        "SELECT file, table_name AS \"table\", sha256, encoding, counted AS rows, accepted, refused, unread\n"
        "FROM input ORDER BY file, table_name"
    )  # fmt: skip
    return [{**row, "unread": [name for name in (row["unread"] or "").split(",") if name]} for row in rows]


def record_of(finding: Finding, limit: int = ROWS) -> dict[str, Any]:
    """One finding as plain data, with at most limit of its rows."""
    return {
        "check": finding.check,
        "subject": finding.subject,
        "verdict": str(finding.verdict),
        "basis": str(finding.basis),
        "declared": plain(finding.declared, "en"),
        "observed": plain(finding.observed, "en"),
        "amount": dict(finding.amount),
        "rows": [{key: _cell(value) for key, value in row.items()} for row in finding.rows[:limit]],
        "row_count": len(finding.rows),
        "sql": finding.sql,
        "p_value": _cell(finding.p_value),
        "e_value": _cell(finding.e_value),
        "could_have_seen": plain(finding.could_have_seen, "en"),
        "mend": plain(finding.mend, "en"),
        "places": [asdict(place) for place in finding.places],
        "zh": {name: plain(getattr(finding, name), "zh") for name in SPOKEN},
        "clauses": list(finding.clauses),
        "provisions": list(finding.provisions),
        "text": {"zh": finding.text.zh, "en": finding.text.en},
    }


def finding_of(record: Mapping[str, Any]) -> Finding:
    """A finding from its plain data; rows beyond the limit it was written with are gone."""
    return Finding(
        subject=record["subject"],
        verdict=Verdict(record["verdict"]),
        text=Text(record["text"]["zh"], record["text"]["en"]),
        basis=Basis(record["basis"]),
        **{name: _spoken(record["zh"].get(name, ""), record.get(name, "")) for name in SPOKEN},
        amount=record["amount"],
        rows=tuple(record["rows"]),
        sql=record["sql"],
        p_value=None if record["p_value"] is None else float(record["p_value"]),
        e_value=None if record["e_value"] is None else float(record["e_value"]),
        clauses=tuple(record["clauses"]),
        provisions=tuple(record["provisions"]),
        places=tuple(Place(**place) for place in record.get("places", ())),
        check=record["check"],
    )


def _spoken(zh: str, en: str) -> str | Text:
    return en if zh == en else Text(zh, en)


def _cell(value: Any) -> str | int | float | bool | None:
    """A value JSON can hold: floats to 12 significant digits, infinity as the word, exact decimals as strings."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return float(f"{value:.12g}") if math.isfinite(value) else str(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)

"""The JSON Schema of findings.json: what other programs may rely on."""

from __future__ import annotations

from typing import Any

from audit.finding import Basis, Verdict


def findings_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of findings.json. A key may be added in a later version, none is taken away or changes its meaning."""
    text, both = {"type": "string"}, {"$ref": "#/$defs/both"}
    cell = {"type": ["string", "integer", "number", "boolean", "null"]}
    count = {"type": "integer", "minimum": 0}
    number = {"anyOf": [{"type": "number"}, {"const": "inf"}, {"type": "null"}]}
    tally = _record({str(one): count for one in Verdict})
    finding = {
        "check": _said(text, "name of the check: its file, its documentation, its id everywhere"),
        "subject": _said(text, "what is judged: a clause, a column, a range of boxes"),
        "verdict": {"enum": [str(one) for one in Verdict]},
        "basis": _said({"enum": [str(one) for one in Basis]}, "a screen concludes nothing, whatever its verdict"),
        "declared": text,
        "observed": text,
        "amount": _said({"type": "object", "additionalProperties": {"$ref": "#/$defs/amount"}}, "asset → money at stake, in units"),
        "rows": _said({"type": "array", "items": {"type": "object", "additionalProperties": cell}},
                      "evidence, at most 10 000 rows; source_file, record and line lead to the export, id to `redraw explain`"),
        "row_count": _said(count, "how many rows there are"),
        "sql": _said(text, "returns the rows, run on case.duckdb"),
        "p_value": number,
        "e_value": _said(number, "the bet's gain against the declaration (Ville 1939)"),
        "could_have_seen": _said(text, "the smallest deviation that this export would have shown"),
        "zh": _record({"declared": text, "observed": text, "could_have_seen": text}),
        "clauses": {"type": "array", "items": text},
        "provisions": {"type": "array", "items": text},
        "text": both,
        "law": _said({"type": "array", "items": text}, "the versions of provisions that it bears on, with their status"),
    }  # fmt: skip
    source = {
        "file": text, "table": text, "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "encoding": {"type": ["string", "null"]}, "rows": _said(count, "accepted + refused"), "accepted": count, "refused": count,
        "unread": _said({"type": "array", "items": text}, "columns that no mapping reads"),
    }  # fmt: skip
    whole = {
        "redraw": _said(text, "version"),
        "case": text,
        "platform": text,
        "summary": _record({"verdicts": tally, "screens": tally}),
        "inputs": {"type": "array", "items": _record(source)},
        "budget": both,
        "grain": {"enum": ["reference", "day", "payee", "none"]},
        "findings": {"type": "array", "items": _record(finding)},
        "provisions": _said({"type": "array", "items": {"type": "object"}}, "what the findings cite, version by version"),
        "predicates": _said({"type": "array", "items": {"type": "object"}}, "questions of law and the checks that answer them"),
    }
    amount = {
        "type": "string",
        "pattern": r"^-?[0-9]+(\.[0-9]+)?$",
        "description": "an exact decimal in units of its asset",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "redraw findings",
        **_record(whole),
        "$defs": {"both": _record({"zh": text, "en": text}), "amount": amount},
    }


def _record(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields)}


def _said(schema: dict[str, Any], words: str) -> dict[str, Any]:
    return {**schema, "description": words}

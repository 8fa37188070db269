"""Read and check a rules file: first its shape, then whether its parts fit one another."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from audit.problem import raise_all
from audit.rules.document import Document, read_document, read_record
from audit.rules.fit import misfits
from audit.rules.records import Rules


@cache
def _adapter() -> TypeAdapter[Rules]:
    return TypeAdapter(Rules)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a rules file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "redraw rules",
        **_adapter().json_schema(by_alias=True),
    }


def read_rules(path: Path) -> tuple[Rules, Document]:
    """The rules of a file, and the file itself with its marks. Raises Problem."""
    document = read_document(path)
    return rules_of(document), document


def rules_of(document: Document) -> Rules:
    """The rules of a document. Raises Problem."""
    if not isinstance(document.data, dict):
        raise document.problem((), "a rules file is a mapping of keys", mend="begin with `campaign:`")
    rules = read_record(_adapter(), document, lambda: words(json_schema()))
    raise_all(list({str(one): one for one in misfits(rules, document)}.values()))
    return rules


def words(schema: Mapping[str, Any]) -> set[str]:
    """Every key that a JSON Schema knows: what a misspelt key may have meant."""
    found = set(schema.get("properties", {}))
    for record in schema.get("$defs", {}).values():
        found |= set(record.get("properties", {}))
    return found

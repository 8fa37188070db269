"""A twin of a case file fit to be published: the same figures, with every id under a keyed pseudonym.

A pseudonym is the first 64 bits of HMAC-SHA256 under a key that its holder keeps: the same id has the same pseudonym under the
same key, and without the key nobody can try out whose it is (RFC 2104).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from audit.case import Audit
from audit.engine import Engine, literal, open_engine
from audit.finding import Finding, Row, Text
from audit.intake.gate import REQUIRED
from audit.scope import TOLD

KEPT = frozenset({  # columns of text that name nobody; every other is an id, or may hold one
    "asset", "paid_asset", "kind", "on_event", "role", "outcome", "choice", "source_file", "file", "table_name", "column_name",
    "source_column", "encoding", "sha256", "unread", "mend", "expectation", "expected", "observed", "sql", "pool", "tier",
    "standing", "refused", "failing_sql", "clause", "check_name", "verdict", "basis",
})  # fmt: skip
OURS = frozenset(
    {"step", "rule", "asset", "gate", "input", "line_run", "made_with", "clause"}
)  # tables with no word of a person
TYPED = frozenset({"text", "message", "excerpt", "name", "address", "value"})  # what somebody typed: withheld from rows
WITHHELD = "‹withheld›"
IDLIKE = re.compile(r".*_id|event|ref|payee|payer|paid_to|participant|initiator|head|winner|account|value")
LONG = 5  # digits from which a bare number in a sentence is taken for an id, where it is one
TOKEN = re.compile(r"[^\s,;:，。；：“”\"'()（）/]+")
COPIED = (
    "participant_once",
    "activity_once",
    "entry_once",
    "entry_played",
    "expected_draw",
    "number_replayed",
    "purchase_once",
    "ledger",
    "award_total",
    "paid_total",
    "pool",
)


def pseudonym(key: bytes, value: str) -> str:
    """The name under which an id is published."""
    return "~" + hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:16]


def twin_of(audit: Audit, key: bytes, path: Path) -> Engine:
    """A new case file with what reports read, its ids under pseudonyms; raw text that could not be read is left out."""
    zone = audit.case.file.timezone
    twin = open_engine(path, zone=zone)
    source = audit.engine.value("SELECT path FROM duckdb_databases() WHERE database_name = 'case_file'")
    twin.rows(f"ATTACH {literal(str(source))} AS original (READ_ONLY)")
    twin.rows("CREATE TEMP TABLE declared AS SELECT unnest(?) AS clause", [[*audit.rules.awards, ""]])
    sql = (
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = 'original' ORDER BY ALL"
    )
    columns: dict[str, dict[str, str]] = {}
    for table, column, kind in twin.rows(sql.replace("ORDER BY ALL", "ORDER BY table_name, column_index")):
        columns.setdefault(table, {})[column] = kind
    tables = {name for (name,) in twin.rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'original'")}
    raw = {*REQUIRED, TOLD, "finding", "made_with"}
    for table in sorted((tables | set(COPIED)) & set(columns) - raw):
        parts = ", ".join(_column(key, table, name, kind) for name, kind in columns[table].items())
        twin.rows("USE original")
        rows = f"SELECT {parts} FROM original.main.{table}"
        twin.rows(f"CREATE TABLE case_file.main.{table} AS {rows}")
        twin.rows("USE case_file")
    twin.rows("DETACH original")
    return twin


def _column(key: bytes, table: str, name: str, kind: str) -> str:
    if kind != "VARCHAR" or table in OURS:
        return name
    if (table, name) == ("refused_cell", "value"):
        return f"CAST(NULL AS VARCHAR) AS {name}"
    hidden = _hidden(key, name)
    if name in ("clause", "reason"):  # a payment may give as its reason whatever somebody typed
        return f"CASE WHEN {name} IS NULL OR {name} IN (SELECT clause FROM temp.declared) THEN {name} ELSE {hidden} END AS {name}"
    return name if name in KEPT else f"{hidden} AS {name}"


def _hidden(key: bytes, name: str) -> str:
    """HMAC-SHA256 in SQL, so that a hundred million rows pass through no Python."""
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner, outer = (f"unhex('{bytes(one ^ pad for one in block).hex()}')" for pad in (0x36, 0x5C))
    return f"CASE WHEN {name} IS NOT NULL THEN concat('~', left(sha256({outer} || unhex(sha256({inner} || encode({name})))), 16)) END"


def known_ids(audit: Audit, words: Iterable[str]) -> frozenset[str]:
    """Which of some words are ids, or other words of people, in the records."""
    parts = []
    sql = "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'case_file' AND data_type = 'VARCHAR'"
    for table, column in sorted(audit.engine.rows(sql)):
        if table in REQUIRED and column not in KEPT:
            parts.append(f"SELECT {column} AS word FROM {table}")
    asked = sorted({*words})
    union = " UNION ALL ".join(parts)
    sql = f"SELECT DISTINCT word FROM ({union}) AS held WHERE word IN (SELECT unnest(?))"
    declared = set(audit.rules.awards) | set(audit.rules.assets)
    return frozenset(word for (word,) in audit.engine.rows(sql, [asked]) if word not in declared)


def redact(audit: Audit, findings: Iterable[Finding], key: bytes) -> list[Finding]:
    """The findings with every id under its pseudonym, in rows, in sentences and in SQL."""
    listed = list(findings)
    words: set[str] = set()
    for one in listed:
        for text in _texts(one):
            words |= {text, *TOKEN.findall(text)}
        for row in one.rows:
            words |= {value for value in row.values() if isinstance(value, str)}
            words |= {part for value in row.values() if isinstance(value, str) for part in TOKEN.findall(value)}
    ids = known_ids(audit, words)
    return [_redacted(one, ids, key) for one in listed]


def _texts(one: Finding) -> list[str]:
    found = [one.subject, one.text.zh, one.text.en, one.sql]
    for value in (one.declared, one.observed, one.could_have_seen):
        found += [value.zh, value.en] if isinstance(value, Text) else [value]
    return found


def _redacted(one: Finding, ids: frozenset[str], key: bytes) -> Finding:
    def plain(text: str) -> str:
        if text in ids and not (text.isdigit() and len(text) < LONG):
            return pseudonym(key, text)
        return TOKEN.sub(lambda found: word(found[0]), text)

    def word(token: str) -> str:
        known = token in ids and not (token.isdigit() and len(token) < LONG)
        return pseudonym(key, token) if known else token

    def both(value: str | Text) -> str | Text:
        return Text(plain(value.zh), plain(value.en)) if isinstance(value, Text) else plain(value)

    text = Text(plain(one.text.zh), plain(one.text.en))
    if one.check == "cells_refused" and one.rows:  # its sentence quotes what somebody typed
        text = Text(
            "有单元格无法精确读取；原文不公开。", "Cells cannot be read exactly; what stands in them is withheld."
        )
    return replace(
        one,
        subject=plain(one.subject),
        text=text,
        declared=both(one.declared),
        observed=both(one.observed),
        could_have_seen=both(one.could_have_seen),
        sql=plain(one.sql),
        rows=tuple(_row(row, plain, key, raw=one.check == "cells_refused") for row in one.rows),
    )


def _row(row: Row, plain: Callable[[str], str], key: bytes, *, raw: bool) -> Row:
    told: dict[str, str | int | float | bool | None] = {}
    for name, value in row.items():
        if not isinstance(value, str) or name in KEPT - {"clause"}:
            told[name] = value
        elif name in TYPED or (raw and name == "value"):
            told[name] = WITHHELD
        elif name == "id":
            told[name] = _composed(value, key)
        else:
            told[name] = pseudonym(key, value) if IDLIKE.fullmatch(name) else plain(value)
    return told


def _composed(value: str, key: bytes) -> str:
    """`discrepancy:E5/clause` with its event under a pseudonym."""
    kind, _, rest = value.partition(":")
    own, slash, clause = rest.rpartition("/")
    return f"{kind}:{pseudonym(key, own or rest)}{slash}{clause if own else ''}"


def key_of(path: Path) -> bytes:
    """The key in a file; made and written there, readable by its owner alone, where there is none. Raises Problem."""
    import os
    import secrets

    from audit.problem import Problem

    if path.is_dir():
        raise Problem("a folder is no key", str(path), mend="name a file; one that does not exist is made")
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
    key = path.read_bytes().strip()
    if len(key) < 16:
        raise Problem(
            "a key has at least 16 characters", str(path), mend="name a file that does not exist: one is made"
        )
    return key

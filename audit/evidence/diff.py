"""What changed between two audits, and why: inputs, declared rules, versions, then findings."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from audit.case import Audit
from audit.evidence.told import Part, part
from audit.finding import Text

SAMPLE = 5  # rows named of those that came or went


def diff(one: Audit, other: Audit) -> list[Part]:
    """The differences, causes first; nothing where the audits say the same of the same."""
    causes = [
        *part(Text("输入文件", "Inputs"), _named(_inputs(one), _inputs(other))),
        *part(Text("规则与案件文件", "Rules and case file"), _texts(one, other)),
        *part(Text("软件版本", "Versions"), _named(_versions(one), _versions(other))),
    ]
    found = list(_findings(one, other))
    if found and not causes:
        why = Text(
            "输入、规则、版本都相同，结论却不同：请报告此事。",
            "Inputs, rules and versions are the same, and yet the findings differ: please report it.",
        )
        causes = part(Text("原因", "Why"), [why])
    return [*causes, *part(Text("发现", "Findings"), found)]


def _inputs(audit: Audit) -> dict[str, str]:
    sql = "SELECT file, any_value(sha256), any_value(counted), string_agg(DISTINCT table_name, ', ' ORDER BY table_name)\nFROM input GROUP BY file ORDER BY file"  # noqa: E501
    return {
        f"{file} ({tables})": f"{counted} records, SHA-256 {sha[:12]}…"
        for file, sha, counted, tables in audit.engine.rows(sql)
    }


def _versions(audit: Audit) -> dict[str, str]:
    return dict(audit.engine.rows("SELECT name, value FROM made_with ORDER BY name"))


def _named(left: Mapping[str, str], right: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*left, *right}):
        if left.get(name) != right.get(name):
            yield f"{name}: {left.get(name, '–')} → {right.get(name, '–')}"


def _texts(one: Audit, other: Audit) -> Iterator[str]:
    sides = [dict(audit.engine.rows("SELECT file, text FROM rule ORDER BY file")) for audit in (one, other)]
    for file in sorted({*sides[0], *sides[1]}):
        before, after = (side.get(file, "").splitlines() for side in sides)
        if before != after:
            yield file + "\n" + "\n".join(list(difflib.unified_diff(before, after, lineterm="", n=1))[2:])


def _findings(one: Audit, other: Audit) -> Iterator[Text]:
    left, right = _bodies(one), _bodies(other)
    for key in [*left, *(key for key in right if key not in left)]:
        name = f"{key[0]} · {key[1]}" if key[1] else key[0]
        before, after = left.get(key), right.get(key)
        if before is None or after is None:
            kept = before or after or {}
            zh, en = ("只见于后者", "only in the second") if before is None else ("只见于前者", "only in the first")
            yield Text(
                f"{kept['verdict']}  {name}：{zh}。{kept['text']['zh']}",
                f"{kept['verdict']}  {name}: {en}. {kept['text']['en']}",
            )
            continue
        if before == after:
            continue
        verdict = (
            before["verdict"] if before["verdict"] == after["verdict"] else f"{before['verdict']} → {after['verdict']}"
        )
        changes = []
        for field, label in (
            ("amount", Text("数额", "amount")),
            ("row_count", Text("行数", "rows")),
            ("e_value", Text("e 值", "e-value")),
        ):
            if before[field] != after[field]:
                change = f"{_short(before[field])} → {_short(after[field])}"
                changes.append(Text(f"{label.zh} {change}", f"{label.en} {change}"))
        rows = _rows(before, after)
        told = ("\n" + rows) if rows else ""
        yield Text(
            f"{verdict}  {name}：{'；'.join(one.zh for one in changes) or after['text']['zh']}{told}",
            f"{verdict}  {name}: {'; '.join(one.en for one in changes) or after['text']['en']}{told}",
        )


def _bodies(audit: Audit) -> dict[tuple[str, str, int], dict[str, Any]]:
    """Findings by check and subject, and their turn where a check says two things of one subject."""
    found: dict[tuple[str, str, int], dict[str, Any]] = {}
    for (body,) in audit.engine.rows("SELECT body FROM finding ORDER BY number"):
        one = json.loads(body)
        turn = sum(key[:2] == (one["check"], one["subject"]) for key in found)
        found[one["check"], one["subject"], turn] = one
    return found


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{amount} {asset}" for asset, amount in value.items()) or "–"
    return "–" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)


def _rows(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Rows of evidence that came and went, by id where they have one; where a row stands in its file is no difference."""
    sides = []
    for one in (before, after):
        rows = [{name: value for name, value in row.items() if name not in ("record", "line")} for row in one["rows"]]
        sides.append({json.dumps(row, ensure_ascii=False): str(row.get("id") or "") for row in rows})
    told = []
    for sign, mine, theirs in (("-", sides[0], sides[1]), ("+", sides[1], sides[0])):
        gone = [name or row for row, name in mine.items() if row not in theirs]
        told += [f"{sign} {row[:160]}" for row in gone[:SAMPLE]]
        told += [f"{sign} … {len(gone) - SAMPLE}"] if len(gone) > SAMPLE else []
    return "\n".join(told)

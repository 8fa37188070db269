"""Why a row is as it is: the clause in the platform's words, the version in force, the records, each step of arithmetic.

An id is `kind:key`, made of the platform's own ids, so it is the same in every run.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable

from audit.case import Audit
from audit.evidence.award import award_parts
from audit.evidence.chance import draw_parts
from audit.evidence.compared import discrepancy_parts, payment_parts, stake_parts
from audit.evidence.declared import award_at, clause_part
from audit.evidence.inputs import keyed, listed, money, records
from audit.evidence.told import Explanation, Part, part, safe
from audit.finding import Text
from audit.problem import Problem
from audit.scope import KEYS


def explain(audit: Audit, name: str) -> Explanation:
    """Everything about an id; several rows under one id are all explained. Raises Problem for an id that names nothing."""
    kind, colon, key = name.partition(":")
    tellers: dict[str, Callable[[Audit, str], list[Part]]] = {
        "owed": _owed,
        "draw": draw_parts,
        "paid": payment_parts,
        "discrepancy": discrepancy_parts,
        "stake": stake_parts,
        "event": _event,
        "clause": _clause,
        "row": _row,
    }
    if not colon or kind not in tellers:
        near = difflib.get_close_matches(kind, tellers, 1, 0.5) if colon else []
        mend = f"did you mean {near[0]}:{key}?" if near else f"an id is kind:key; the kinds are {', '.join(tellers)}"
        raise Problem("not an id that can be explained", value=safe(name), mend=mend)
    parts = tellers[kind](audit, key)
    if not parts:
        near = _near(audit, kind, key)
        mend = "did you mean " + " or ".join(f"{kind}:{one}" for one in near) + "?" if near else ""
        raise Problem(f"this audit holds no such {kind}", value=safe(name), mend=safe(mend))
    return Explanation(name, tuple(parts))


def _owed(audit: Audit, key: str) -> list[Part]:
    event, slash, clause = key.rpartition("/")
    known = slash and audit.has("award_due") and award_at(audit, clause, None)
    if known and (keyed(audit, event) or clause in _clauses(audit, event)):  # a day's end has no record of its own
        return award_parts(audit, event, clause)
    return [one for clause in _clauses(audit, key) for one in award_parts(audit, key, clause)]


def _clauses(audit: Audit, event: str) -> list[str]:
    sql = "SELECT DISTINCT clause FROM award_due WHERE event = ? ORDER BY clause"
    return [name for (name,) in audit.engine.rows(sql, [event])] if audit.has("award_due") else []


def _event(audit: Audit, key: str) -> list[Part]:
    found = [*stake_parts(audit, key), *draw_parts(audit, key), *_owed(audit, key)]
    return found or part(Text("导出中的记录", "On record"), listed(audit, keyed(audit, key)))


def _clause(audit: Audit, key: str) -> list[Part]:
    if award_at(audit, key, None) is None:
        return []
    lines: list[Text | str] = []
    if audit.has("owed_by_clause"):
        sql = "SELECT asset, owed, owed_rows, paid, paid_rows FROM owed_by_clause WHERE clause = ? ORDER BY asset"
        for asset, owed, owed_rows, paid, paid_rows in audit.engine.rows(sql, [key]):
            more = money(audit, asset, paid - owed)
            due, got = money(audit, asset, owed), money(audit, asset, paid)
            lines.append(
                Text(
                    f"应付 {due}（{owed_rows} 笔），实付 {got}（{paid_rows} 笔），差额 {more}。",
                    f"Owed {due} ({owed_rows} awards), paid {got} ({paid_rows} payments), difference {more}.",
                )
            )
    return [*clause_part(audit, key, None), *part(Text("总数", "Totals"), lines)]


def _row(audit: Audit, key: str) -> list[Part]:
    table, _, own = key.partition("/")
    column = {**KEYS, "draw": "draw_id"}.get(table)
    found = [(table, one) for one in records(audit, table, column, own)] if column else []
    return part(Text("导出中的记录", "On record"), listed(audit, found))


def _near(audit: Audit, kind: str, key: str) -> list[str]:
    """Ids of the same kind that are spelt most nearly like a key."""
    if kind == "clause":
        return difflib.get_close_matches(key, audit.rules.awards, 2, 0.5)
    if kind == "discrepancy" and audit.has("discrepancy"):
        from audit.reconcile import DISCREPANCY_KEY

        sql = f"SELECT DISTINCT {DISCREPANCY_KEY} AS key FROM discrepancy"
        return _nearest(audit, sql, key)
    if kind == "row":
        table, _, own = key.partition("/")
        near = [table] if table in KEYS else difflib.get_close_matches(table, KEYS, 1, 0.5)
        return [
            f"{one}/{own_}" for one in near for own_ in _nearest(audit, f"SELECT {KEYS[one]} AS key FROM {one}", own)
        ]
    tables = {"paid": ["payment"], "draw": ["entry", "draw"], "stake": ["entry", "activity"]}.get(kind, list(KEYS))
    event, slash, clause = key.rpartition("/")
    union = " UNION ALL ".join(
        f"SELECT {dict(KEYS, draw='draw_id')[one]} AS key FROM {one}"
        for one in tables
        if one != "payment" or kind == "paid"
    )
    if kind != "owed" or not slash:
        return _nearest(audit, union, key)
    found = []
    for one in _nearest(audit, union, event):
        borne = _clauses(audit, one)
        close = difflib.get_close_matches(clause, borne, 1, 0.5)
        found += [f"{one}/{name}" for name in close or borne[:1]]
    return found


def _nearest(audit: Audit, sql: str, key: str) -> list[str]:
    rows = audit.engine.rows(
        f"SELECT DISTINCT key, levenshtein(key, ?) AS far FROM ({sql}) AS known\n"
        "WHERE key IS NOT NULL ORDER BY far, key LIMIT 2",
        [key],
    )
    return [str(found) for found, _ in rows]

"""Accounts that talk the most and never buy.

Does: lists those who wrote ten messages or more and never bought, entered or paid anything.
Matters: praise by people who never bought is not praise by customers.
How: authors of the message export against buyers, entrants and payers.
Blind to: hosts and helpers, who talk for a living and openly; purchases made under another account.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Basis, Finding, Text, Verdict, check, several
from checks.money import percent
from checks.people import FAKE, SAID, no_messages

SQL = f"""
SELECT author_id, count(*) AS messages, min(source_file) AS source_file, min(record) AS record
FROM ({SAID}) AS said GROUP BY author_id HAVING count(*) >= 10 ORDER BY messages DESC, author_id"""


@check(provisions=FAKE)
def posts_but_never_buys(audit: Audit) -> Iterator[Finding]:
    """Yield one lead; it is only noted, for hosts do the same."""
    if silent := no_messages(audit):
        yield silent
        return
    rows = evidence(audit, SQL)
    total = int(audit.engine.value("SELECT count(*) FROM message"))
    wrote = sum(int(row["messages"] or 0) for row in rows)
    yield Finding(
        "messages",
        Verdict.PASS,
        Text(
            f"{len(rows)} 个账户发言十条以上而从未购买，占全部消息 {percent(wrote, total)}；其中可能有公开的主持人。",
            f"{several(len(rows), 'account')} wrote ten messages or more and never bought: "
            f"{percent(wrote, total)} of all messages. Open hosts may be "
            "among them.",
        ),
        Basis.SCREEN,
        observed=str(len(rows)),
        rows=rows,
        sql=SQL,
    )

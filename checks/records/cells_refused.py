"""Cells of the export cannot be read exactly.

Does: lists every cell that intake refused, one finding a file and column, and every record that could not be read.
Matters: a reader that rounds 4.505 to 4.51 or drops a time zone makes figures that nobody declared or paid.
How: every cell is text until a strict pattern admits it; nothing is rounded, truncated or dropped.
Blind to: a cell that is readable and wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit, evidence
from audit.finding import Finding, Text, Verdict, check

CELLS = """
SELECT file AS source_file, table_name, column_name, source_column, record, line, value, mend
FROM refused_cell
WHERE file = '{file}' AND coalesce(source_column, '') = '{column}'
ORDER BY record, column_name"""


@check()
def cells_refused(audit: Audit) -> Iterator[Finding]:
    """Yield a FAIL for each file and column with a refused cell, else a PASS with the count of records."""
    groups = audit.engine.rows(
        "SELECT file, coalesce(source_column, ''), count(DISTINCT record) FROM refused_cell GROUP BY ALL ORDER BY ALL"
    )
    for file, column, count in groups:
        sql = CELLS.format(file=file.replace("'", "''"), column=column.replace("'", "''"))
        rows = evidence(audit, sql)
        first = rows[0]
        subject = f"{file}:{column}" if column else file
        yield Finding(
            subject,
            Verdict.FAIL,
            Text(
                f"{subject} 有 {count} 处无法精确读取，例如第 {first['line']} 行的“{first['value']}”；应为：{first['mend']}。",
                f"{subject}: {count} cannot be read exactly, such as {first['value']!r} on line {first['line']}; "
                f"what would be read: {first['mend']}.",
            ),
            observed=str(count),
            rows=rows,
            sql=sql,
        )
    counted = audit.engine.value("SELECT coalesce(sum(counted), 0) FROM input")
    if not counted:
        yield Finding("all files", Verdict.NOT_APPLICABLE, Text("导出没有一条记录。", "The export holds no record."))
    elif not groups:
        yield Finding(
            "all files",
            Verdict.PASS,
            Text(
                f"{counted} 条记录逐格精确读取，无一拒收。", f"All {counted} records were read exactly, cell by cell."
            ),
            observed="0",
        )

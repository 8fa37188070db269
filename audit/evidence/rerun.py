"""Two case files, compared: equal where every table holds the same rows."""

from __future__ import annotations

from pathlib import Path

from audit.engine import literal


def tables_differing(one: Path, other: Path) -> list[str]:
    """Tables that do not hold the same rows in both case files, in any order; a missing table differs. Views follow from them."""
    import duckdb

    connection = duckdb.connect()
    try:
        for name, path in (("a", one), ("b", other)):
            connection.execute(f"ATTACH {literal(str(path))} AS {name} (READ_ONLY)").fetchall()
        sides = []
        for name in ("a", "b"):
            sql = "SELECT table_name FROM duckdb_tables() WHERE database_name = ?"
            sides.append({table for (table,) in connection.execute(sql, [name]).fetchall()})
        found = sorted(sides[0] ^ sides[1])
        for table in sorted(sides[0] & sides[1]):
            columns = "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ? AND table_name = ? ORDER BY ALL"
            if len({tuple(connection.execute(columns, [name, table]).fetchall()) for name in "ab"}) > 1:
                found.append(table)
                continue
            rows = "SELECT count(*) FROM (SELECT * FROM {}.main.{} EXCEPT ALL SELECT * FROM {}.main.{}) AS rest"
            counts = [connection.execute(rows.format(x, table, y, table)).fetchall()[0][0] for x, y in ("ab", "ba")]
            if any(counts):
                found.append(table)
        return found
    finally:
        connection.close()

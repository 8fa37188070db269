"""What the notebooks share: a case file opened read-only, its rows shown with the SQL that gave them, its pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.case import AMOUNTS, Audit, open_audit
from audit.evidence.explain import explain
from audit.evidence.told import as_text
from audit.report.cover import Cover, Lang, has
from audit.report.figures import figures

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Book:
    """An audit opened read-only for a notebook, in one language. It shows and concludes nothing."""

    audit: Audit
    lang: Lang

    def say(self, zh: str, en: str) -> None:
        """A sentence in the language of the notebook."""
        from IPython.display import Markdown, display

        display(Markdown(zh if self.lang == "zh" else en))

    def has(self, *relations: str) -> bool:
        """Whether the case has these relations; says so where it has not."""
        missing = [name for name in relations if not has(self.audit.engine, name)]
        if missing:
            self.say(f"*本案没有 `{'`、`'.join(missing)}`。*", f"*This case has no `{'`, `'.join(missing)}`.*")
        return not missing

    def show(self, sql: str, *, rows: int = 20) -> None:
        """A query and its first rows: amounts in units, everything exact and as text."""
        from IPython.display import Code, display

        display(Code(sql, language="sql"))
        found = self.audit.engine.records(f"SELECT * FROM (\n{sql}\n) AS shown LIMIT {rows}")
        display(self.table(found))
        count = self.audit.engine.value(f"SELECT count(*) FROM (\n{sql}\n) AS counted")
        if count > rows:
            self.say(f"共 {count:,} 行，列前 {rows} 行。", f"{count:,} rows, the first {rows} shown.")

    def table(self, records: Sequence[dict[str, Any]]) -> pd.DataFrame:
        """Records as a frame of text; an amount with its asset in units. No amount passes through a float."""
        import pandas as pd

        rows = [{name: self._cell(name, value, row) for name, value in row.items()} for row in records]
        return pd.DataFrame(rows, dtype=str)

    def _cell(self, name: str, value: Any, row: dict[str, Any]) -> str:
        if value is None:
            return ""
        asset = row.get("paid_asset" if name == "paid" else "asset") or row.get("asset")
        return self.audit.units(str(asset)).show(value) if name in AMOUNTS and asset else str(value)

    def findings(self, *rooms: str) -> list[dict[str, Any]]:
        """The findings as the audit left them, of some checks (the beginnings of their names), or all."""
        bodies = [json.loads(body) for (body,) in self.audit.engine.rows("SELECT body FROM finding ORDER BY number")]
        return [one for one in bodies if not rooms or one["check"].startswith(rooms)]

    def verdicts(self, *rooms: str) -> None:
        """The verdicts that the audit reached, in its own words."""
        from IPython.display import display

        names = ("verdict", "basis", "check", "subject")
        found = [one for one in self.findings(*rooms) if one["verdict"] != "NOT_APPLICABLE"]
        display(self.table([{**{name: one[name] for name in names}, "text": one["text"][self.lang]} for one in found]))

    def pictures(self, *names: str) -> None:
        """The pictures of the report by name, as far as the case allows them."""
        from IPython.display import SVG, Markdown, display

        file, period = self.audit.case.file, self.audit.case.file.period
        cover = Cover(file.case, rules=self.audit.rules, zone=file.timezone, since=period.from_ if period else None)
        found = [one for one in figures(self.audit.engine, cover, self.lang) if one["name"] in names]
        for one in found:
            display(Markdown(f"**{one['title']}**"))
            display(SVG(one["svg"].replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)))
            display(Markdown(one["note"]))
        if not found:
            self.say("*本案没有可画的内容。*", "*There is nothing to draw in this case.*")

    def explain(self, name: str) -> None:
        """An id of the evidence, explained step by step."""
        print(as_text(explain(self.audit, name), self.lang))

    def close(self) -> None:
        """Let go of the case file."""
        self.audit.engine.connection.close()


def open_book(path: str, lang: str) -> Book:
    """The case file at path (or in the folder at path), read-only. Raises Problem."""
    folder = Path(path)
    return Book(open_audit(folder.parent if folder.suffix == ".duckdb" else folder), "zh" if lang == "zh" else "en")

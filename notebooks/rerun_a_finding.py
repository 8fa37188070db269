# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 亲手重做一项发现 · Re-running a finding by hand
#
# 选一项发现，重跑它的 SQL，再从头看每一步。
#
# Choose a finding, run its SQL again, and follow each step from the start.

# %% tags=["parameters"]
CASE = "out/case.duckdb"
LANG = "zh"  # zh 或 or en
FINDING = 0  # 发现的编号 or the number of a finding; 0: the first that is contradicted

# %%
# ruff: noqa: D100, E402
from audit.evidence.notebook import open_book

book = open_book(CASE, LANG)

# %% [markdown]
# ## 这项发现 · The finding
#
# 编号从 1 起；0 表示第一项不符（没有则第一项）。
#
# Numbers count from 1; 0 takes the first contradiction, or else the first finding.

# %%
from IPython.display import Code, display

found = book.findings()
failing = [number for number, one in enumerate(found, 1) if one["verdict"] == "FAIL" and one["sql"]]
number = FINDING or (failing[0] if failing else 1)
finding = found[number - 1]
book.say(
    f"**{number}. {finding['check']} · {finding['subject']} · {finding['verdict']}**",
    f"**{number}. {finding['check']} · {finding['subject']} · {finding['verdict']}**",
)
book.say(finding["text"]["zh"], finding["text"]["en"])

# %% [markdown]
# ## 它的 SQL 与各行 · Its SQL and rows
#
# 在案件文件上原样重跑。
#
# Run as it stands on the case file.

# %%
if finding["sql"]:
    book.show(finding["sql"])
    again = book.audit.engine.value(f"SELECT count(*) FROM (\n{finding['sql']}\n) AS again")
    book.say(
        f"重跑得 {again} 行；审计记录 {finding['row_count']} 行。",
        f"Run again: {again} rows; the audit recorded {finding['row_count']}.",
    )

# %% [markdown]
# ## 逐步 · Step by step
#
# 从规范表到结论的每个关系及其 SQL。
#
# Every relation from the canonical tables on, with its SQL.

# %%
for name, kind, sql in book.audit.engine.rows("SELECT name, kind, sql FROM step"):
    if name in finding["sql"]:
        book.say(f"**{name}** ({kind})", f"**{name}** ({kind})")
        display(Code(sql, language="sql"))

# %% [markdown]
# ## 一行的说明 · One row explained
#
# 带编号的第一行。
#
# The first row that bears an id.

# %%
ids = [row["id"] for row in finding["rows"] if row.get("id")]
if ids:
    book.explain(str(ids[0]))

# %%
book.close()

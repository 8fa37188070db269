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
# # 案件一览 · A case at a glance
#
# 打开一次审计留下的案件文件（只读），看它用了哪些文件、得出哪些裁决、数字从何而来。本页不作任何裁决。
#
# Opens the case file that an audit left behind, read-only: which files it used, which verdicts it reached, where the
# numbers come from. Nothing is judged here.

# %% tags=["parameters"]
CASE = "out/case.duckdb"
LANG = "zh"  # zh 或 or en

# %%
import json
from decimal import Decimal, getcontext
from fractions import Fraction

import duckdb
import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import Code, Markdown, display
from matplotlib import font_manager
from pylopdf_fonts_zh_cn import sans_path

# ruff: noqa: D100, E402
getcontext().prec = 80  # amounts are whole steps of up to 38 digits
font_manager.fontManager.addfont(sans_path())
plt.rcParams.update({"font.family": "Noto Sans SC", "axes.spines.top": False, "axes.spines.right": False})
pd.set_option("display.max_colwidth", 160)
pd.set_option("display.max_rows", 500)
case = duckdb.connect(CASE, read_only=True)
relations = {name for (name,) in case.execute("SELECT table_name FROM information_schema.tables").fetchall()}


def table(sql):
    """The rows of a query as text, as DuckDB gives them: no amount passes through a float."""
    found = case.execute(sql)
    names = [column[0] for column in found.description]
    return pd.DataFrame(
        [["" if cell is None else str(cell) for cell in row] for row in found.fetchall()], columns=names
    )


def say(zh, en):
    """The words of the language asked for."""
    return zh if LANG == "zh" else en


def absent(name):
    """Say that this case has no such relation."""
    display(Markdown(say(f"*本案没有 `{name}`。*", f"*This case has no `{name}`.*")))


# %% [markdown]
# ## 所用文件 · Inputs
#
# SHA-256 是文件的指纹；读取 + 退回 = 总数。SHA-256 is a file's fingerprint; accepted + refused = counted.

# %%
table("SELECT file, table_name, counted, accepted, refused, encoding, unread, sha256 FROM input ORDER BY ALL")

# %% [markdown]
# ## 裁决 · Verdicts
#
# 依据为 screen 的是提示，不是裁决。What has the basis `screen` is a fact or a lead, not a verdict.

# %%
bodies = [json.loads(body) for (body,) in case.execute("SELECT body FROM finding ORDER BY number").fetchall()]
pd.DataFrame(
    [[one["verdict"], one["basis"], one["check"], one["subject"], one["text"][LANG]] for one in bodies],
    columns=["verdict", "basis", "check", "subject", "text"],
    index=pd.RangeIndex(1, len(bodies) + 1),
)

# %% [markdown]
# ## 中奖与公布概率 · Wins against the declared odds
#
# 柱为记录的中奖次数，黑线为公布概率之和。Bars are wins on record, black lines the sum of the declared chances.

# %%
if "win_by_position" in relations:
    query = "SELECT position, chance_num, chance_den, openings - unknown, wins FROM win_by_position ORDER BY ALL"
    seen, due = {}, {}
    for position, over, under, openings, wins in case.execute(query).fetchall():
        seen[position] = seen.get(position, 0) + wins
        due[position] = due.get(position, 0) + openings * Fraction(over, under)
    _, axes = plt.subplots(figsize=(9, 3.4), layout="constrained")
    axes.bar(list(seen), list(seen.values()), 0.6, color="#35587f")
    for position, sum_ in due.items():
        axes.hlines(float(sum_), position - 0.42, position + 0.42, color="black")
    axes.set(xlabel=say("盒号", "box"), ylabel=say("中奖次数", "wins"))
    plt.show()
elif "number_replayed" in relations:
    query = (
        "SELECT number, count(*) FROM number_replayed WHERE pool = ? AND chance_num > 0 GROUP BY number ORDER BY number"
    )
    draws = "SELECT count(DISTINCT draw_id) FROM number_replayed WHERE pool = ?"
    for pool, lowest, highest, pick in case.execute("SELECT * FROM pool ORDER BY pool").fetchall():
        times = dict(case.execute(query, [pool]).fetchall())
        (count,) = case.execute(draws, [pool]).fetchone()
        _, axes = plt.subplots(figsize=(9, 3.4), layout="constrained")
        axes.plot(list(times), list(times.values()), "o", color="#35587f")
        axes.axhline(float(count * Fraction(pick, highest - lowest + 1)), color="black")
        axes.set(xlabel=say(f"号码（{pool}）", f"number ({pool})"), ylabel=say("开出次数", "times drawn"))
        plt.show()
else:
    absent("win_by_position")

# %% [markdown]
# ## 应付与实付 · Owed and paid, by clause
#
# 数额以单位计（元、券）。Amounts are in units (yuan, coupons).

# %%
if "owed_by_clause" in relations:
    units = {name: Decimal(step).scaleb(-decimals) for name, decimals, step in case.execute("FROM asset").fetchall()}
    rows = case.execute("SELECT clause, asset, owed, paid FROM owed_by_clause ORDER BY ALL").fetchall()
    totals = pd.DataFrame(
        [
            [clause or "", asset, *(sum_ * units.get(asset, 1) for sum_ in (owed or 0, paid or 0))]
            for clause, asset, owed, paid in rows
        ],
        columns=["clause", "asset", "owed", "paid"],
    )
    totals["paid - owed"] = totals["paid"] - totals["owed"]
    display(totals)
else:
    absent("owed_by_clause")

# %%
if "discrepancy" in relations:
    display(table("SELECT kind, clause, count(*) AS rows FROM discrepancy GROUP BY ALL ORDER BY ALL"))
    display(table("FROM discrepancy ORDER BY ALL LIMIT 20"))
else:
    absent("discrepancy")

# %% [markdown]
# ## 每一步的 SQL · The SQL of every step
#
# 从规范表到结论，每一步都是一个有名字的关系。From the canonical tables on, each step is one named relation.

# %%
for name, kind, sql in case.execute("SELECT name, kind, sql FROM step").fetchall():
    display(Markdown(f"**{name}** ({kind})"))
    display(Code(sql, language="sql"))

# %%
case.close()

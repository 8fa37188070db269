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
# # 抽取 · The draws
#
# 公布的概率与记录的结果。裁决由审计作出，此处只展示。
#
# Declared odds beside recorded outcomes. The audit reached the verdicts; nothing is judged here.

# %% tags=["parameters"]
CASE = "out/case.duckdb"
LANG = "zh"  # zh 或 or en

# %%
# ruff: noqa: D100, E402
from audit.evidence.notebook import open_book

book = open_book(CASE, LANG)

# %% [markdown]
# ## 裁决 · Verdicts
#
# 审计对抽取得出的裁决。
#
# What the audit found about the draws.

# %%
book.verdicts(
    "impossible_outcome", "early_boxes", "win_odds", "join_order", "numbers_", "tier_winners", "boxes_", "odds_"
)

# %% [markdown]
# ## 图 · Pictures
#
# 柱或点为记录，黑线为公布，灰区为公布属实时的 95% 范围。
#
# Bars or dots are on record, black lines declared, grey the 95 % range of the declaration.

# %%
book.pictures("boxes", "numbers", "odds-over-time", "cohorts")

# %% [markdown]
# ## 每次抽取的概率 · The chance of each outcome
#
# `expected_draw` 的每一行是一次记录的结果和它在此前记录之下的概率。
#
# Each row of `expected_draw` is a recorded outcome with its chance, given what was recorded before.

# %%
if book.has("expected_draw"):
    book.show(
        "SELECT event, clause, outcome, chance_num, chance_den, event_at FROM expected_draw ORDER BY event_at, event, clause"
    )

# %% [markdown]
# ## 按盒 · By box
#
# 每盒的次数、中奖、概率。
#
# Openings, wins and chances, box by box.

# %%
if book.has("win_by_position"):
    book.show("SELECT * FROM win_by_position ORDER BY position, chance_num, chance_den", rows=40)

# %% [markdown]
# ## 一次抽取的说明 · One draw explained
#
# 第一行的逐步计算。
#
# The first row, step by step.

# %%
if book.has("expected_draw"):
    first = book.audit.engine.value("SELECT event FROM expected_draw ORDER BY event_at, event LIMIT 1")
    if first is not None:
        book.explain(f"draw:{first}")

# %%
book.close()

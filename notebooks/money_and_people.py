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
# # 钱与人 · Money and people
#
# 钱从哪里来、到谁那里去；推荐的层级。只陈述事实。
#
# Where money comes from and goes to; how deep referrals go. Facts only.

# %% tags=["parameters"]
CASE = "out/case.duckdb"
LANG = "zh"  # zh 或 or en

# %%
# ruff: noqa: D100, E402
from audit.evidence.notebook import open_book

book = open_book(CASE, LANG)

# %% [markdown]
# ## 裁决与提示 · Verdicts and screens
#
# 依据为 screen 的是提示，不是裁决。
#
# What has the basis `screen` is a fact or a lead, not a verdict.

# %%
import checks

ROOMS = tuple(name.rpartition(".")[2] for name in checks.ALL if name.startswith(("money.", "people.", "fairness.")))
book.verdicts(*ROOMS)

# %% [markdown]
# ## 收支与分布 · Where it came from, who received it
#
# 收到的减去各条款付出的；收款人之间的分布。
#
# What came in less what each clause paid; how it was spread.

# %%
book.pictures("waterfall", "lorenz")

# %%
if book.has("ledger"):
    book.show(
        "SELECT payee, asset, count(*) AS payments, sum(amount) AS amount\n"
        "FROM ledger WHERE amount IS NOT NULL GROUP BY payee, asset ORDER BY asset, amount DESC, payee"
    )

# %% [markdown]
# ## 推荐 · Referral
#
# 各层人数；直接推荐最多的人。
#
# People by level; who recruited most.

# %%
book.pictures("levels")

# %%
if book.has("standing"):
    book.show(
        "SELECT referrer, count(*) AS recruited FROM standing WHERE referrer IS NOT NULL\n"
        "GROUP BY referrer ORDER BY recruited DESC, referrer"
    )

# %%
book.close()

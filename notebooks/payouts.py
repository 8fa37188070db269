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
# # 应付与实付 · The payouts
#
# 按规则应付的、记录已付的，及逐笔差异。
#
# What the rules give, what was paid, and every difference.

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
# 审计对付款得出的裁决。What the audit found about payments.

# %%
book.verdicts("payout", "stake", "tier_prize", "award", "price", "fund", "deposit", "coupon", "share")

# %% [markdown]
# ## 按条款 · By clause
#
# 数额以单位计。
#
# Amounts are in units.

# %%
if book.has("owed_by_clause"):
    book.show("SELECT clause, asset, owed_rows, owed, paid_rows, paid FROM owed_by_clause ORDER BY clause, asset")

# %%
book.pictures("waterfall")

# %% [markdown]
# ## 差异 · Differences
#
# 每类差异的笔数和涉及数额，然后逐笔。
#
# How many of each kind and what is at stake, then one by one.

# %%
if book.has("discrepancy"):
    book.show(
        "SELECT kind, clause, asset, count(*) AS rows, sum(at_stake) AS at_stake\n"
        "FROM discrepancy GROUP BY ALL ORDER BY ALL"
    )
    book.show(
        "SELECT kind, event, clause, payee, asset, owed, paid_to, paid_asset, paid, at_stake, payment_id, source_file, record\n"
        "FROM discrepancy ORDER BY ALL"
    )

# %% [markdown]
# ## 一处差异的说明 · One difference explained
#
# 第一处差异的条款、记录和逐步计算。
#
# The first difference: clause, records, each step of arithmetic.

# %%
from audit.reconcile import DISCREPANCY_KEY

if book.has("discrepancy"):
    key = book.audit.engine.value(f"SELECT min({DISCREPANCY_KEY}) FROM discrepancy")
    if key is not None:
        book.explain(f"discrepancy:{key}")

# %%
book.close()

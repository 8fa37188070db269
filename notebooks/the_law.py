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
# # 法条 · The law
#
# 各项发现所涉的规定，及其在案件期间的版本。是否违反由有权机关认定。
#
# The provisions that findings name, and their versions. Whether one is infringed is for the competent authority.

# %% tags=["parameters"]
CASE = "out/case.duckdb"
LANG = "zh"  # zh 或 or en

# %%
# ruff: noqa: D100, E402
from audit.evidence.notebook import open_book

book = open_book(CASE, LANG)

# %% [markdown]
# ## 发现与规定 · Findings and provisions
#
# 只列不符、提示和不能下结论的发现。
#
# Contradictions, lit screens and what cannot be told.

# %%
from IPython.display import display

named = [one for one in book.findings() if one["provisions"] and one["verdict"] in ("FAIL", "INCONCLUSIVE")]
display(
    book.table(
        [
            {"verdict": one["verdict"], "basis": one["basis"], "check": one["check"], "subject": one["subject"],
             "provisions": ", ".join(one["provisions"]), "text": one["text"][LANG]}
            for one in named
        ]
    )
)  # fmt: skip

# %% [markdown]
# ## 规定的版本 · Versions of the provisions
#
# 有起止日的，按事件日期适用；未核实起始日的从不说它已生效。
#
# A dated version applies by the day of the event; one whose first day is not confirmed is never said to be in force.

# %%
from checks import law

versions = law.provisions()
rows = []
for name in sorted({name for one in named for name in one["provisions"]}):
    for version in versions[name]:
        words = version.get("words") or version.get("gloss_zh") or ""
        rows.append(
            {"id": name, "cite": version["cite"], "from": version.get("from", ""), "to": version.get("to", ""),
             "status": version["status"], "words": words if LANG == "zh" else version["gloss"]}
        )  # fmt: skip
display(book.table(rows))

# %% [markdown]
# ## 案件期间 · The period of the case
#
# 期间之外的版本不适用。
#
# Versions outside it do not apply.

# %%
book.show("SELECT until_at FROM horizon")
book.say(
    f"规则自 {book.audit.rules.effective.from_} 起施行。",
    f"The rules are in force from {book.audit.rules.effective.from_}.",
)

# %%
book.close()

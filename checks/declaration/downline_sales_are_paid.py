"""Those above are paid on what those below pay.

Does: names the clauses that pay referrers, team leaders or holders of a rank on what people under them pay, and over how many levels.
Matters: pay on the sales of a downline, even over two levels, is what rules on pyramid selling look at.
How: from the text alone: clauses whose recipient stands above the one who pays; not those on a registration or a recruit.
Blind to: how many levels there really are; that needs an export.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Declaration
from audit.finding import Basis, Finding, Text, Verdict, check
from checks.declaration import reach


@check(alone="only", provisions=("cn-anti-pyramid-2005-art7-3", "cn-anti-pyramid-2005-art2"))
def downline_sales_are_paid(declared: Declaration) -> Iterator[Finding]:
    """Yield a screen that names the clauses and the levels they reach."""
    awards = declared.rules.awards
    found = tuple(name for name, one in awards.items() if "." in one.to and one.on not in ("registration", "recruit"))
    if not found:
        why = Text("没有按下级付款向上级付酬的条款。", "No clause pays anybody above on what those below pay.")
        yield Finding("downline", Verdict.NOT_APPLICABLE, why, Basis.SCREEN)
        return
    to = reach({name: awards[name] for name in found})
    yield Finding(
        "downline",
        Verdict.FAIL,
        Text(
            f"以下级的付款为依据向{to.zh}付酬（{'、'.join(found)}）：触及“团队计酬”的文字要件之一。",
            f"Pay on what those below pay goes to {to.en} ({', '.join(found)}): one element of the textual threshold for team pay.",
        ),
        Basis.SCREEN,
        observed=to,
        clauses=found,
        places=tuple(declared.at("awards", name) for name in found),
        mend=Text("只按本人的直接销售付酬", "pay on a person's own sales only"),
    )

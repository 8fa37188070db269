"""Terms that a prize promotion must publish are missing from the rules.

Does: lists what rules on prize sales ask for beforehand and the rules file neither declares nor quotes.
Matters: prizes, odds, times and ways of redeeming them are to be public before anybody pays.
How: odds, prizes and deadlines are read from the clauses; all other terms from `terms`, where the platform's words stand.
Blind to: terms published elsewhere: so what is missing here is an open question, not a fault.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Declaration
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.rules import Rules

ASKED = {  # term: (Chinese, English), in the order of the Interim Provisions on Regulating Promotional Acts, article 13
    "organiser": ("主办方", "organiser"),
    "contact": ("联系方式", "contact"),
    "conditions": ("参与条件", "conditions of taking part"),
    "draw-time": ("开奖时间", "time of the draw"),
    "redemption": ("兑奖方式", "way of redeeming"),
    "delivery": ("奖品交付方式", "delivery of prizes"),
    "forfeit": ("弃奖条件", "when a prize is forfeited"),
}
COUPONS = {
    "voucher-use": ("券的使用范围", "what coupons may be used for"),
    "voucher-validity": ("券的有效期限", "how long coupons are valid"),
}


@check(alone="only", provisions=("cn-promo-2020-art13", "cn-promo-2020-art14", "cn-blind-box-odds"))
def prize_terms_not_disclosed(declared: Declaration) -> Iterator[Finding]:
    """Yield one open question with everything that is missing."""
    rules = declared.rules
    if rules.draw is None:
        yield Finding(
            "terms", Verdict.NOT_APPLICABLE, Text("规则没有抽奖。", "The rules declare no draw."), Basis.SCREEN
        )
        return
    asked = {**ASKED, **(COUPONS if _coupons(rules) else {})}
    missing = [words for term, words in asked.items() if term not in rules.terms]
    if any(gap.key == "odds" for gap in declared.gaps):
        missing.append(("抽取概率", "odds"))
    if any(award.due is None and rules.due is None for award in rules.awards.values()):
        missing.append(("兑奖时间", "time of redeeming"))
    if rules.effective.to is None:
        missing.append(("截止日期", "closing date"))
    zh, en = "、".join(one for one, _ in missing), ", ".join(one for _, one in missing)
    text = Text("应事先公布的事项均已载明。", "All that is to be published beforehand is there.")
    if missing:
        text = Text(
            f"规则文件未载明：{zh}。若别处已公布，请抄入 terms。",
            f"The rules file does not say: {en}. Where published elsewhere, quote it under `terms`.",
        )
    yield Finding(
        "terms",
        Verdict.INCONCLUSIVE if missing else Verdict.PASS,
        text,
        Basis.SCREEN,
        observed=Text(zh, en),
        places=(declared.at("terms") if rules.terms else declared.at("draw"),),
        mend=Text("在 terms 下写明", "add it under `terms`") if missing else "",
    )


def _coupons(rules: Rules) -> bool:
    return any("coupon" in asset.lower() or "voucher" in asset.lower() for asset in rules.assets)

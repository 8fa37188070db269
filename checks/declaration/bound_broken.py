"""The clauses break a bound that the platform set itself.

Does: holds odds, payouts and what is left to the platform to the bounds written beside the rules.
Matters: whoever shortens the odds or raises an award in one line sees at once, before launch, what it does to the whole.
How: exact enumeration of the declared draw; the worst outcome counts, or the mean where the bound is on the average.
Blind to: rounds that nobody finishes, and campaigns as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from audit.case import Declaration
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.forecast import Case, distribution, ends, mean, odds_of, paid_by, show
from audit.rules import Rules
from audit.rules.limits import Bound


@check(alone="too")
def bound_broken(declared: Declaration) -> Iterator[Finding]:
    """Yield a finding for each bound."""
    rules = declared.rules
    if not rules.bounds:
        yield Finding(
            "bounds", Verdict.NOT_APPLICABLE, Text("规则没有自设限度。", "The rules set no bounds of their own.")
        )
    for name, bound in rules.bounds.items():
        cases = _cases(rules, bound)
        least, most = mean(cases) if bound.on_average else ends(cases)
        broken = _key(bound, least, most)
        seen = _both(least, most, bound)
        limit = " ".join(
            f"{word} {_one(Fraction(value), bound)}"
            for word, value in (("at least", bound.at_least), ("at most", bound.at_most))
            if value is not None
        )
        limit_zh = limit.replace("at least", "不低于").replace("at most", "不高于")
        verb = Text("超出自设限度" if broken else "在自设限度之内", "breaks" if broken else "keeps")
        yield Finding(
            name,
            Verdict.FAIL if broken else Verdict.PASS,
            Text(
                f"{bound.of} 的 {bound.quantity} 为 {seen.zh}，{verb.zh}（{limit_zh}）。",
                f"The {bound.quantity} of {bound.of} is {seen.en}: that {verb.en} the bound of {limit}.",
            ),
            Basis.ARITHMETIC,
            declared=bound.says or Text(limit_zh, limit),
            observed=seen,
            places=(declared.at("bounds", name, broken or "quantity"),),
            mend=Text("修改条款，或重设限度", "mend the clauses, or set another bound") if broken else "",
        )


def _cases(rules: Rules, bound: Bound) -> list[Case]:
    if bound.quantity == "odds":
        return odds_of(rules, bound.of)
    if bound.quantity == "paid":
        return paid_by(rules, bound.of, bound.in_ or "")
    return distribution(rules, bound.of, bound.in_ or "")


def _key(bound: Bound, least: Fraction, most: Fraction) -> str:
    """The key of the limit that is broken, as it stands in the file; empty where none is."""
    low, high = (None if one is None else Fraction(one) for one in (bound.at_least, bound.at_most))
    return "at-least" if low is not None and least < low else "at-most" if high is not None and most > high else ""


def _one(value: Fraction | Decimal, bound: Bound) -> str:
    return f"{show(Fraction(value))} {bound.in_}" if bound.in_ else str(value)


def _both(least: Fraction, most: Fraction, bound: Bound) -> Text:
    if least == most:
        return Text(_one(least, bound), _one(least, bound))
    return Text(f"{_one(least, bound)} 至 {_one(most, bound)}", f"{_one(least, bound)} to {_one(most, bound)}")

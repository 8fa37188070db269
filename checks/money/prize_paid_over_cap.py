"""A prize was paid that is larger than a statute allows.

Does: takes the largest sum of money that one entry can win, declared and paid.
Matters: draws for the sake of sales have a cap; several chances of one ticket count together.
How: awards on a win, all clauses together, and the largest sum paid for one winning entry; the cap is read from the provision.
Blind to: goods, rights of use and discounts, whose market price no export holds; state lotteries, which are no prize sales.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from audit.case import Audit, evidence
from audit.engine import literal
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from audit.rules import Numbers, clauses_of
from checks.money import measured, traced

SQL = """
SELECT p.ref AS entry_id, p.payee_id, p.asset, sum(p.amount) AS amount, min(p.source_file) AS source_file, min(p.record) AS record
FROM payment_once AS p WHERE p.reason IN ({clauses}) AND p.asset IN ({assets})
GROUP BY p.ref, p.payee_id, p.asset ORDER BY amount DESC, entry_id LIMIT 20"""


@check(provisions=("cn-prize-cap", "cn-promo-2020-art17", "cn-promo-2020-art18", "jp-keihyo-kensho-2"))
def prize_paid_over_cap(audit: Audit) -> Iterator[Finding]:
    """Yield a screen for each kind of money that can be won."""
    draw = audit.rules.draw
    wins = {
        name: award
        for name, award in clauses_of(audit.rules).items()
        if award.on == "win" and award.to == "participant"
    }
    money: dict[str, Decimal] = {}
    for award in wins.values():
        for option in [award.pays] if award.pays is not None else list(award.choice or ()):
            for asset, pay in option.items():
                if isinstance(pay, Decimal) and asset in ("CNY", "JPY"):
                    money[asset] = money.get(asset, Decimal(0)) + pay
    if draw is None or isinstance(draw, Numbers) or not money:
        yield nothing(
            "top prize",
            "规则没有现金奖（实物价值不在导出中）。",
            "No prize in money is declared; the worth of goods is not in an export.",
        )
        return
    for asset, declared in sorted(money.items()):
        names = ", ".join(map(literal, wins))
        sql = SQL.format(clauses=names, assets=literal(asset))
        rows = evidence(audit, sql) if traced(audit) else ()
        paid = max((Decimal(str(row["amount"])) for row in rows), default=Decimal(0))
        met, words = measured(audit, f"{asset}-top-prize", Fraction(max(declared, paid)))
        yield Finding(
            f"top prize in {asset}",
            Verdict.FAIL if met else Verdict.PASS,
            Text(
                f"一次中奖最高声明 {declared} {asset}，实付最高 {paid}。{words.zh}",
                f"One win is declared to pay up to {declared} {asset}; the most paid was {paid}.{words.en}",
            ),
            Basis.SCREEN,
            declared=f"{declared} {asset}",
            observed=f"{paid} {asset}",
            rows=rows[:1] if met else (),
            sql=sql,
            clauses=tuple(wins),
        )

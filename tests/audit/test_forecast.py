"""What the declared blind box implies: the golden figures, worked by hand from the document."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from audit.forecast import break_even, minted_and_burnt, net_by_box, show
from audit.rules import read_rules
from tests.conftest import FIXTURES

HONEST = FIXTURES / "blind-box" / "honest" / "rules.yaml"


def test_the_initiator_nets_minus_25_50_to_78_and_26_25_on_average() -> None:
    rules, _ = read_rules(HONEST)
    outcomes = net_by_box(rules, "initiator", "CNY")
    assert (show(outcomes[0].net), show(outcomes[-1].net)) == ("-25.50", "78.00")
    assert sum(one.chance * one.net for one in outcomes) == Fraction("26.25")
    assert sum(one.chance for one in outcomes if one.net < 0) == Fraction(6, 24)
    assert outcomes[6].net == Fraction("1.5")
    assert break_even(rules, "CNY") == 6


def test_each_hidden_rule_has_its_own_figures(tmp_path: Path) -> None:
    golden = {"1-6": ("0", "7-24", "1/18", "39.75", "1.50"), "1-7": ("0", "8-24", "1/17", "42.00", "6.00")}
    for barred, (zero, left, odds, mean, lowest) in golden.items():
        path = tmp_path / "rules.yaml"
        text = HONEST.read_text("utf-8").replace("odds: uniform", f'odds: {{{barred}: "{zero}", {left}: {odds}}}')
        path.write_text(text, "utf-8")
        rules, _ = read_rules(path)
        possible = [one for one in net_by_box(rules, "initiator", "CNY") if one.chance]
        assert show(sum((one.chance * one.net for one in possible), Fraction(0))) == mean
        assert show(possible[0].net) == lowest
        assert all(one.net > 0 for one in possible)


def test_a_fair_activity_mints_1138_5_coupons_and_burns_69() -> None:
    rules, _ = read_rules(HONEST)
    least, most, burnt = minted_and_burnt(rules, "coupon")
    assert (least, most, burnt) == (Fraction("1138.5"), Fraction("1336.5"), 69)

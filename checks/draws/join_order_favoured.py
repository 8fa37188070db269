"""Where one stands in a group decides whether one wins.

Does: compares how often each position of full groups won.
Matters: whoever knows that the first, or the last, to join wins can take that place with an account of their own.
How: a bet that follows the winners so far, place by place among those left, in an order fixed by a hash of the ids and so
    free of the places; chi-square with the correction for winners who exclude each other stands beside it.
Blind to: winners chosen by who they are, whatever their place.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Basis, Finding, Text, Verdict, check
from audit.rules import Group
from audit.stats.exact import number_p_value
from audit.stats.power import smallest_favour
from checks.draws import PLACES, e_value, groups_of, log_need, places_won, power_of_ten

NEEDS = ("entry.entry_id", "entry.activity_id", "entry.position", "outcome.entry_id", "outcome.outcome")


@check(needs=NEEDS, provisions=("cn-prize-sales", "cn-truthful-information"), statistical="group")
def join_order_favoured(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on the places of all full groups."""
    draws = groups_of(audit.rules)
    if not draws or not audit.has("group_state"):
        why = Text("规则没有成组抽取，或导出没有参与记录。", "The rules draw no groups, or the export has no entries.")
        yield Finding("places", Verdict.NOT_APPLICABLE, why)
        return
    for draw in draws:
        subject = "places" if len(draws) == 1 else f"places of groups of {draw.size} with {draw.winners} winners"
        yield _judged(audit, draw, subject, log_need(audit, len(draws)))


def _judged(audit: Audit, draw: Group, subject: str, need: float) -> Finding:
    sql, won = PLACES.format(size=draw.size, winners=draw.winners), places_won(audit, draw)
    log_e = won.log_bet
    p_value = number_p_value(won.wins, won.groups, draw.winners)
    shown = smallest_favour(draw.size, draw.winners, won.groups, need)
    verdict = Verdict.FAIL if log_e >= need else Verdict.PASS if shown else Verdict.INCONCLUSIVE
    due = won.groups * draw.winners / draw.size
    tally = ", ".join(f"{place}: {count}" for place, count in won.wins.items())
    zh = f"{won.groups} 个满员的组，各位次中奖次数 {tally}，每位应为 {due:.1f}"
    en = f"{won.groups} full groups; wins by place {tally}; {due:.1f} due to each"
    close = {
        Verdict.FAIL: Text(f"。证据为机会均等的 {power_of_ten(log_e)} 倍。", f". {power_of_ten(log_e)} to 1 against equal chances."),
        Verdict.PASS: Text(f"，与机会均等相符；若有一位的权重为 {shown} 倍，会显示出来。",
                           f", as equal chances would give; one place weighted {shown} times would have shown."),
        Verdict.INCONCLUSIVE: Text("。组数太少，不能下结论。", ". Too few groups to tell."),
    }[verdict]  # fmt: skip
    return Finding(
        subject,
        verdict,
        Text(zh + close.zh, en + close.en),
        Basis.STATISTICAL,
        declared=Text(
            f"{draw.size} 人中 {draw.winners} 人中奖，机会均等", f"{draw.winners} of {draw.size}, equally likely"
        ),
        observed=tally,
        rows=tuple({"place": place, "wins": count} for place, count in won.wins.items()),
        sql=sql,
        p_value=p_value,
        e_value=e_value(log_e),
        could_have_seen=Text(f"某一位次权重 ×{shown:g}", f"one place weighted x{shown:g}") if shown else "",
    )

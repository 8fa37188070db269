"""Entries win more or less often than declared.

Does: compares all wins with the chances that were declared for them, opening by opening.
Matters: odds that are quietly halved look like bad luck to everyone who plays.
How: a bet on "every chance is multiplied in odds by one factor", mixed over twelve factors; the chance of each opening is
    conditional on the boxes opened before it, so it stays valid when people stop early or an activity is cut off.
Blind to: changes that leave the overall rate as declared: see `early_boxes_never_win`.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Audit
from audit.finding import Basis, Finding, Text, Verdict, check, in_percent
from audit.hidden import as_yaml, log_gain
from audit.rules import Boxes
from audit.stats.bets import log_tilt_bet
from audit.stats.exact import binomial_interval
from audit.stats.power import smallest_tilt
from checks.draws import CELLS, cells, e_value, flow, log_need, no_chances, others, power_of_ten, singly

NEEDS = ("entry.entry_id", "entry.activity_id", "entry.position", "outcome.entry_id", "outcome.outcome")
SQL = CELLS


@check(
    needs=NEEDS,
    provisions=("cn-prize-sales", "cn-blind-box-odds", "cn-truthful-information"),
    statistical="boxes chances",
)
def win_odds_differ(audit: Audit) -> Iterator[Finding]:
    """Yield one finding on all openings."""
    if not singly(audit):
        yield no_chances("all openings")
        return
    taken, need = cells(audit), log_need(audit)
    open_cells = [cell for cell in taken if 0 < cell[0] < 1]
    openings = sum(count for _, count, _ in open_cells)
    wins = sum(won for _, _, won in open_cells)
    due = sum((chance * count for chance, count, _ in open_cells), start=open_cells[0][0] * 0 if open_cells else 0)
    log_e = log_tilt_bet(taken)
    below, above = smallest_tilt(taken, need, ends=isinstance(audit.rules.draw, Boxes))
    failed = log_e >= need
    verdict = Verdict.FAIL if failed else Verdict.PASS if below is not None else Verdict.INCONCLUSIVE
    shown = [f"{ratio:g}" for ratio in (below, above) if ratio is not None]
    low, high = binomial_interval(wins, openings)
    could = f"odds x{' or x'.join(shown)}" if shown else ""
    each, least, most = (in_percent(share, 2) for share in (float(due) / max(1, openings), low, high))
    zh = f"{openings} 次未定的开启中，按声明应中 {float(due):.1f} 次（每次 {each}），实中 {wins} 次（每次 {least}–{most}，95 %）"
    en = f"Of {openings} openings that could go either way, {float(due):.1f} were due to win as declared ({each} an opening) and "
    en += f"{wins} did ({least} to {most} an opening, 95 %)"
    close = {
        Verdict.FAIL: Text(
            f"，证据为声明的 {power_of_ten(log_e)} 倍。", f": {power_of_ten(log_e)} to 1 against the declared odds."
        ),
        Verdict.PASS: Text(
            f"；若胜算变为声明的 {below} 倍，这份导出会显示出来。",
            f"; odds of {below} times the declared would have shown.",
        ),
        Verdict.INCONCLUSIVE: Text(
            f"；数据太少，胜算变小看不出，只有变为声明的 {shown[0]} 倍以上才会显示出来。",
            f"; too few to show smaller odds, only those of {shown[0]} times the declared and more.",
        )
        if shown
        else Text("；数据太少，即使胜算大为不同也看不出。", "; too few to show even a large difference in odds."),
    }[verdict]
    why = _outside(audit, openings, low, high) if openings and not failed and not low <= due / openings <= high else Text("", "")
    yield Finding(
        "all openings",
        verdict,
        Text(zh + close.zh + why.zh, en + close.en + why.en),
        Basis.STATISTICAL,
        declared=Text(f"应中 {float(due):.4f} 次", f"{float(due):.4f} wins due"),
        observed=Text(f"{openings} 次开启中奖 {wins} 次", f"{wins} wins in {openings} openings"),
        sql=SQL,
        p_value=min(1.0, 1 / e_value(log_e)),
        e_value=e_value(log_e),
        could_have_seen=Text(could.replace("odds x", "胜算 ×").replace(" or x", " 或 ×"), could),
    )


def _outside(audit: Audit, openings: int, low: float, high: float) -> Text:
    """Why nothing is said although what was due lies outside the interval: a hidden rule gives it, or the verdict asks for more."""
    rules = others(audit, "all")
    ruled = log_gain(audit, rules, "true")[3] if rules else 0.0
    if rules and low <= ruled / openings <= high:
        names = " + ".join(f"`{flow(as_yaml(audit, one))}`" for one in rules)
        return Text(
            f"应中的概率在此区间之外：并非全部机会的胜算都变了，而是隐藏规则 {names} 所致，按它应中 {ruled:.1f} 次"
            "（见 hidden_rule_at_work）。",
            f" What was due lies outside that interval: not because all odds differ, but by the hidden rule {names}, under which "
            f"{ruled:.1f} were due (see hidden_rule_at_work).",
        )
    return Text(
        "应中的概率在此区间之外：诚实的平台每二十次也会有一次，裁决要求更强的证据。",
        " What was due lies outside that interval, as it does once in twenty times on an honest platform: a verdict asks for more.",
    )

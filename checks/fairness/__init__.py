"""Checks of who is treated worse: groups compared within the same activity, item and day, or clause and week. All are screens.

A group is what the export declares of participants (age band, gender, occupation, region, channel, device), new or old
where case.yaml says how long one is new, and whom the rules say the promotion is made for (`audience`). Small groups are
reported as "cannot tell", never dropped, and never listed apart. A screen passes where of two groups at least it would have shown that
they fare worse: that all others fare no worse says nothing of the few beside them.

Beside the odds ratio stands demographic parity, of the groups that can be told: the rates by group as they are, highest less lowest
and lowest over highest; and the same of rates like with like (what a group had over what was due to it in its strata, times the rate
of all). It is a description and lights nothing: groups that play other games differ in it with nobody treated worse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from audit.case import Audit
from audit.finding import Basis, Finding, Row, Text, Verdict, in_percent, nothing
from audit.replay.eligible import inside
from audit.rules.people import GROUPS
from audit.stats.strata import Stratum, exact_p, expected, like_rates, odds_ratio, parity, rates, shown_ratio

SMALL = 10  # people; smaller groups are put together and never shown apart
CONDITIONS = ("cn-pipl-2021-art24", "cn-algo-2022-art21", "cn-crpl-impl-2024-art9", "cn-platform-price-2026")
CELLS = """
WITH trial AS ({trials}),
grouped AS (SELECT t.stratum, t.person, t.{told}, {group} AS group_name FROM trial AS t JOIN participant_once AS p
    ON p.participant_id = t.person WHERE t.{told} IS NOT NULL),
tallied AS (SELECT stratum, group_name, {told}, count(*) AS times, min(person) AS low, max(person) AS high
    FROM grouped GROUP BY ALL),
counted AS (SELECT t.stratum, t.group_name, sum(t.times) AS a, coalesce(sum(t.times) FILTER ({hit}), 0) AS x, min(t.low) AS low,
    max(t.high) AS high FROM tallied AS t{middle} GROUP BY ALL),
sized AS (SELECT group_name, count(*) AS people FROM (SELECT DISTINCT group_name, person FROM {people}) AS one GROUP BY group_name),
cell AS (SELECT g.stratum, CASE WHEN s.people < {small} THEN '(small)' ELSE coalesce(g.group_name, '(none)') END AS group_name,
    sum(g.a) AS a, sum(g.x) AS x
    FROM counted AS g JOIN sized AS s ON s.group_name IS NOT DISTINCT FROM g.group_name GROUP BY ALL),
total AS (SELECT stratum, sum(a) AS n, sum(x) AS w FROM cell GROUP BY stratum)
SELECT c.group_name, t.n, t.w, c.a, c.x, count(*) AS times FROM cell AS c JOIN total AS t ON t.stratum = c.stratum
GROUP BY ALL ORDER BY ALL"""
MIDDLE = """
    JOIN (SELECT stratum, min({told}) AS {told} FROM (
        SELECT stratum, {told}, sum(times) OVER (PARTITION BY stratum ORDER BY {told}) AS up_to,
            sum(times) OVER (PARTITION BY stratum) AS n FROM tallied
    ) AS sorted WHERE 2 * up_to >= n GROUP BY stratum) AS m ON m.stratum = t.stratum"""
ALL_PEOPLE = "grouped"
SOME_PEOPLE = "(SELECT group_name, low AS person FROM counted UNION SELECT group_name, high FROM counted) AS ends"


def groups(audit: Audit) -> dict[str, str]:
    """The groupings that a case declares: name → SQL expression over participant `p` and trial `t`."""
    found = {name: f"p.{name}" for name in GROUPS if audit.case.scope.has("participant", name)}
    span = audit.case.file.new_for
    if span is not None and audit.case.scope.has("participant", "joined_at"):
        seconds = int(span.total_seconds())
        found["tenure"] = f"CASE WHEN t.moment < p.joined_at + {seconds} * INTERVAL 1 SECOND THEN 'new' ELSE 'old' END"
    if audit.rules.audience is not None:
        test = inside(audit.rules.audience, "t.moment", audit.case.file.timezone)
        found["audience"] = f"CASE {test} WHEN true THEN 'meant' WHEN false THEN 'others' END"
    return found


def compare(audit: Audit, trials: str, what: Text, good: bool = True, above: str = "") -> Iterator[Finding]:
    """Compare each declared group with everybody else in the same strata; a finding for each grouping.

    trials is SQL giving (stratum, person, moment, hit); or, instead of hit, a column `above` of which a hit is to lie above
    the middle of its stratum. good says that a hit is what one hopes for. Lit where a group's exact p-value survives having
    looked at all groups of the case at its risk.
    """
    groupings = groups(audit)
    tables = {}
    for name, group in groupings.items():
        tables[name] = _cells(audit, trials, group, above)
    looked = sum(len({row[0] for row in rows}) for _, rows in tables.values())
    level = float(audit.case.file.risk) / max(1, looked)
    for name, (sql, rows) in tables.items():
        yield _one(name, sql, rows, what, good, level)


def _cells(audit: Audit, trials: str, group: str, above: str) -> tuple[str, list[tuple[str, int, int, int, int, int]]]:
    """The cells of one grouping, and their SQL. Who stands first and last in each cell mostly shows that no group is small."""
    middle = MIDDLE.format(told=above) if above else ""
    told = {"told": above or "hit", "middle": middle, "hit": f"t.{above} > m.{above}" if above else "t.hit"}
    whole, quick = (CELLS.format(trials=trials, group=group, small=SMALL, people=people, **told)
                    for people in (ALL_PEOPLE, SOME_PEOPLE))  # fmt: skip
    rows = audit.engine.rows(quick)
    return whole, audit.engine.rows(whole) if any(name == "(small)" for name, *_ in rows) else rows


def _one(
    name: str, sql: str, rows: list[tuple[str, int, int, int, int, int]], what: Text, good: bool, level: float
) -> Finding:
    told: list[Row] = []
    worse, unsure, shown = [], [], dict[str, float]()
    p_least = 1.0
    cells = _by_group(rows)
    plain, alike = rates(cells), like_rates(cells)
    for group, strata in cells.items():
        tries, hits = sum(s[2] * s[4] for s in strata), sum(s[3] * s[4] for s in strata)
        live = [s for s in strata if 0 < s[1] < s[0] and s[2] < s[0]]
        least = shown_ratio(live, level, below=good) if live else None
        ratio, low, high = odds_ratio(live) if live else (1.0, 0.0, float("inf"))
        p_value = exact_p(live) if live else 1.0
        cell: dict[str, str | int] = {"group": group, "tries": tries, "hits": hits, "due": f"{expected(strata):.2f}",
                "rate": f"{float(plain[group]):.4f}", "like_rate": f"{alike[group]:.4f}" if group in alike else "",
                "odds_ratio": f"{ratio:.3f}", "from": _end(low, 3), "to": _end(high, 3), "p_value": f"{p_value:.3g}"}  # fmt: skip
        if group == "(small)" or (p_value > level and (least is None or not 0.1 <= least <= 10)):
            unsure.append(group)
            told.append({**cell, "odds_ratio": "cannot tell", "from": "", "to": "", "p_value": ""})
            continue
        if least is not None:
            shown[group] = least
        told.append(cell)
        p_least = min(p_least, p_value)
        if p_value <= level:
            worse.append((group, ratio, low, high, (ratio < 1) == good))
    lit = bool(worse)
    tried = sum(int(str(row["tries"])) for row in told)
    if told and (even := sum(int(str(row["hits"])) for row in told)) in (0, tried):
        all_zh, all_en = ("无一发生", "it never happened") if not even else ("每次都是", "it always happened")
        several = sum(row["group"] != "(small)" for row in told) > 1
        so_zh, so_en = ("人群之间没有差别", "so no group differs") if several else ("没有两个够大的人群可比", "and no two groups are large "
                                                                            "enough to be compared")  # fmt: skip
        text = Text(f"{what.zh}：{tried} 次中{all_zh}，{so_zh}（按 {name}）。",
                    f"{what.en}: in {tried} trials {all_en}, {so_en} (by {name}).")  # fmt: skip
        verdict = Verdict.PASS if several else Verdict.INCONCLUSIVE
        return Finding(name, verdict, text, Basis.SCREEN, rows=tuple(told), sql=sql)
    verdict = Verdict.FAIL if lit else Verdict.PASS if len(shown) > 1 else Verdict.INCONCLUSIVE
    zh = "；".join(
        f"{g}：优势比 {r:.2f}（95% 区间 {_end(lo)}–{_end(hi)}），{'较不利' if bad else '较有利'}"
        for g, r, lo, hi, bad in worse
    )
    en = "; ".join(
        f"{g}: odds ratio {r:.2f} (95 % interval {_end(lo)} to {_end(hi)}), {'worse' if bad else 'better'} off"
        for g, r, lo, hi, bad in worse
    )
    furthest = (min if good else max)(shown.values(), default=1.0)
    of_zh, of_en = (f"仅就 {min(shown)}，", f"of {min(shown)} alone ") if len(shown) == 1 else ("", "")
    least_zh = f"{of_zh}优势比 {furthest:.2f} {'以下' if good else '以上'}的差别会显示出来" if shown else "样本太小，看不出差别"
    least_en = f"{of_en}a ratio of {furthest:.2f} would have shown" if shown else "there is too little to see any difference"
    small_zh = f"不能判断的小组：{'、'.join(unsure)}。" if unsure else ""
    small_en = f" Cannot tell for: {', '.join(unsure)}." if unsure else ""
    even_zh, even_en = _parity({g: one for g, one in plain.items() if g not in unsure},
                               {g: one for g, one in alike.items() if g not in unsure})  # fmt: skip
    close = Text(f"{zh}。差别是否合理由人判断。" if lit else f"未见差别；{least_zh}。", f"{en}. Whether there is good reason is "
                                                                      f"for people to judge."
                 if lit else f"no difference seen; {least_en}.")  # fmt: skip
    return Finding(
        name,
        verdict,
        Text(
            f"{what.zh}，按 {name} 在同等条件内比较：{close.zh}{even_zh}{small_zh}",
            f"{what.en}, by {name}, like with like: {close.en}{even_en}{small_en}",
        ),
        Basis.SCREEN,
        observed=", ".join(f"{g} {r:.2f}" for g, r, *_ in worse),
        rows=tuple(told),
        sql=sql,
        p_value=p_least,
        could_have_seen=Text(f"优势比 {furthest:.2f}", f"odds ratio {furthest:.2f}") if shown else "",
    )


def _end(ratio: float, decimals: int = 2) -> str:
    """An end of an interval of ratios; one that is not 0 is not told as 0."""
    return f"{ratio:.{decimals}f}" if ratio == 0 or ratio >= 10 ** (1 - decimals) else f"{ratio:.2g}"


def _by_group(rows: list[tuple[str, int, int, int, int, int]]) -> dict[str, list[Stratum]]:
    found: dict[str, list[Stratum]] = {}
    for group, n, w, a, x, times in rows:
        found.setdefault(group, []).append((int(n), int(w), int(a), int(x), int(times)))
    return dict(sorted(found.items()))


def _parity(plain: Mapping[str, Fraction], alike: Mapping[str, float]) -> tuple[str, str]:
    """Demographic parity of the groups that can be told, as it stands and like with like, in words; nothing for fewer than two."""
    one, same = parity(plain), parity(alike)
    if one is None:
        return "", ""
    low, high = (in_percent(float(plain[name]), 2) for name in (one.lowest, one.highest))
    ratio, like = (f"{each.ratio:.3f}" if each and each.ratio is not None else "–" for each in (one, same))
    like_zh, like_en = (f"；同等条件内差 {same.difference:.4f}、比 {like}", f"; like with like {same.difference:.4f} and {like}"
                        ) if same else ("", "")  # fmt: skip
    zh = f"比率由 {low}（{one.lowest}）至 {high}（{one.highest}）：人口统计均等差 {one.difference:.4f}、比 {ratio}{like_zh}。"
    en = (f" Rates run from {low} ({one.lowest}) to {high} ({one.highest}): demographic-parity difference {one.difference:.4f}, "
          f"ratio {ratio}{like_en}.")  # fmt: skip
    return zh, en


def no_groups(audit: Audit, subject: str) -> Finding | None:
    """Why nothing can be compared, where no group is declared."""
    if groups(audit):
        return None
    return nothing(subject, "导出没有声明任何人群（年龄段、性别、地区、渠道、设备等）。",
                   "The export declares no groups (age band, gender, region, channel, device …).")  # fmt: skip

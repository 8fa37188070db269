"""Checks of draws on small made exports: found where planted, silent where honest, and honest about too little data."""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from audit.finding import Finding, Verdict, plain
from checks.draws.draws_depend_on_each_other import BOXES
from tests.conftest import FIXTURES, Auditor, failing

RULES = """\
campaign: boxes
effective: {from: 2022-01-01}
assets: {CNY: {step: "0.01"}, toy: {step: "1"}}
activity: {stake: {CNY: "30"}}
entry: {stake: {CNY: "5"}}
draw: {kind: boxes, boxes: 24, prizes: {toy: 1}, odds: uniform}
awards:
  income: {on: entry, to: initiator, pays: {CNY: "4.50"}}
"""
CASE = """\
case: boxes
timezone: Asia/Shanghai
tables:
  activity: {file: a.csv, columns: {activity_id: a, initiator_id: u, started_at: t}}
  entry: {file: e.csv, columns: {entry_id: e, activity_id: a, participant_id: u, position: n, entered_at: t}}
  outcome: {file: e.csv, columns: {entry_id: e, outcome: o}}
"""
Game = Sequence[tuple[int, str]]  # (box, outcome) in order


def write(folder: Path, games: Sequence[Game], rules: str = RULES) -> Path:
    (folder / "rules.yaml").write_text(rules, "utf-8")
    (folder / "case.yaml").write_text(CASE, "utf-8")
    with (folder / "a.csv").open("w", newline="") as out:
        csv.writer(out).writerows(
            [["a", "u", "t"], *([f"A{g}", "U1", "2022-03-01 08:00:00"] for g in range(len(games)))]
        )
    with (folder / "e.csv").open("w", newline="") as out:
        rows = [
            [f"K{g}-{n}", f"A{g}", "U2", box, f"2022-03-01 09:{n:02d}:00", outcome]
            for g, game in enumerate(games)
            for n, (box, outcome) in enumerate(game)
        ]
        csv.writer(out).writerows([["e", "a", "u", "n", "t", "o"], *rows])
    return folder


def play(winner: int, reached: int | None = None) -> Game:
    last = winner if reached is None else min(reached, winner)
    return [(box, "win" if box == winner else "loss") for box in range(1, last + 1)]


def finding(findings: list[Finding], check: str) -> Finding:
    return next(one for one in findings if one.check == check)


def test_an_early_win_refutes_the_prefix(tmp_path: Path, audited: Auditor) -> None:
    games = [play(8 + n % 17) for n in range(100)] + [play(1)]
    _, findings = audited(write(tmp_path, games))
    early = finding(findings, "early_boxes_never_win")
    assert early.verdict is Verdict.PASS
    assert early.e_value == pytest.approx(0, abs=1e-300)
    assert plain(early.could_have_seen, "en") == "boxes 1–3 never win"


def test_few_activities_cannot_tell_and_say_how_many_could(tmp_path: Path, audited: Auditor) -> None:
    _, findings = audited(write(tmp_path, [play(9), play(20), play(13)]))
    early, rate = finding(findings, "early_boxes_never_win"), finding(findings, "win_odds_differ")
    assert early.verdict is Verdict.INCONCLUSIVE
    assert "takes 37 that are not cut off, to tell it from its neighbour about 53" in early.text.en
    assert rate.verdict is Verdict.INCONCLUSIVE


def test_evidence_is_the_closed_form(tmp_path: Path, audited: Auditor) -> None:
    """60 activities that passed box 6, 10 cut off after box 3: 60 log(24/18) + 10 log(24/21)."""
    import math

    games = [play(7 + n % 18) for n in range(60)] + [play(24, 3) for _ in range(10)]
    _, findings = audited(write(tmp_path, games))
    early = finding(findings, "early_boxes_never_win")
    row = next(row for row in early.rows if row["rule"] == "1–6")
    assert row["log10_evidence"] == pytest.approx(60 * math.log10(24 / 18) + 10 * math.log10(24 / 21), abs=1e-9)
    assert early.verdict is Verdict.FAIL


def test_odds_cut_in_half_are_found(tmp_path: Path, audited: Auditor) -> None:
    rng = random.Random(5)
    games = []
    for _ in range(300):
        winner = next(box for box in range(1, 25) if box == 24 or rng.random() < 0.5 / (25 - box))
        games.append(play(winner))
    _, findings = audited(write(tmp_path, games))
    assert ("win_odds_differ", "all openings") in failing(findings)


IMPOSSIBLE: list[tuple[str, Callable[[], Game]]] = [
    ("win after the win", lambda: [*play(3), (4, "win")]),
    ("opening after the win", lambda: [*play(3), (4, "loss")]),
    ("box that does not exist", lambda: [*play(3), (25, "loss")]),
    ("last box without a win", lambda: [(box, "loss") for box in range(1, 25)]),
    ("box opened twice", lambda: [(1, "loss"), (2, "loss"), (2, "win")]),
    ("opened out of order", lambda: [(2, "loss"), (1, "loss"), (3, "win")]),
]


@pytest.mark.parametrize(("subject", "game"), IMPOSSIBLE, ids=[one[0] for one in IMPOSSIBLE])
def test_impossible_rows_are_named(subject: str, game: Callable[[], Game], tmp_path: Path, audited: Auditor) -> None:
    _, findings = audited(write(tmp_path, [play(5), game()]))
    found = [one for check, one in failing(findings) if check == "impossible_outcome"]
    assert subject in found
    assert set(found) <= {subject, "opening after the win"}
    one = next(one for one in findings if one.subject == subject)
    assert all(row["source_file"] == "e.csv" and isinstance(row["line"], int) and row["line"] > 6 for row in one.rows)


def test_two_openers_in_one_second_are_no_fault(tmp_path: Path, audited: Auditor) -> None:
    folder = write(tmp_path, [play(5)])
    text = (folder / "e.csv").read_text()
    (folder / "e.csv").write_text(text.replace("09:01", "09:02"))
    _, findings = audited(folder)
    assert finding(findings, "impossible_outcome").verdict is Verdict.PASS


def test_a_win_in_a_barred_box_contradicts_declared_odds(tmp_path: Path, audited: Auditor) -> None:
    rules = RULES.replace("odds: uniform", 'odds: {1-6: "0", 7-24: 1/18}')
    _, findings = audited(write(tmp_path, [play(5), play(7)], rules))
    assert ("impossible_outcome", "win without a chance") in failing(findings)


def test_a_declared_exclusion_is_not_accused(tmp_path: Path, audited: Auditor) -> None:
    rules = RULES.replace("odds: uniform", 'odds: {1-6: "0", 7-24: 1/18}')
    _, findings = audited(write(tmp_path, [play(7 + n % 18) for n in range(180)], rules))
    assert failing(findings) == []
    assert finding(findings, "early_boxes_never_win").verdict is Verdict.PASS


def test_a_gap_makes_draws_inconclusive_and_is_itself_found(tmp_path: Path, audited: Auditor) -> None:
    games: list[Game] = [play(8 + n % 17) for n in range(100)]
    games[4] = [one for one in games[4] if one[0] != 2]
    _, findings = audited(write(tmp_path, games))
    assert ("sequence_gaps", "entry.position") in failing(findings)
    early = finding(findings, "early_boxes_never_win")
    assert early.verdict is Verdict.INCONCLUSIVE
    assert "entry.position" in early.text.en
    assert "10^" in early.text.en


def test_without_positions_boxes_go_by_time(tmp_path: Path, audited: Auditor) -> None:
    folder = write(tmp_path, [play(8 + n % 17) for n in range(100)])
    (folder / "case.yaml").write_text(CASE.replace(", position: n", ""), "utf-8")
    _, findings = audited(folder)
    assert plain(finding(findings, "early_boxes_never_win").observed, "en") == "1–7 never win"


def test_activities_that_are_not_told_to_have_ended_pass_nothing(tmp_path: Path, audited: Auditor) -> None:
    """The honest box says how many activities it looked at; with every end left out there is none to look at."""
    folder = Path(shutil.copytree(FIXTURES / "lucky-box" / "honest", tmp_path / "case"))
    with (folder / "activities.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ended = finding(audited(folder)[1], "entries_deleted_by_outcome")
    assert ended.verdict == "PASS"
    assert ended.text.en.startswith(f"{sum(bool(row['结束时间']) for row in rows)} activities were looked at")
    with (folder / "activities.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows({**row, "结束时间": ""} for row in rows)
    assert finding(audited(folder)[1], "entries_deleted_by_outcome").verdict == "INCONCLUSIVE"


def test_odds_that_could_only_show_by_rising_are_told_so(tmp_path: Path, audited: Auditor) -> None:
    """Of 4000 entries at 1 in 1000 that none is a win says little; twenty times the odds would have shown."""
    rules = RULES.replace("{kind: boxes, boxes: 24, prizes: {toy: 1}, odds: uniform}", '{kind: chances, prizes: {toy: {chance: "1/1000"}}}')
    games = [[(1 + n % 20, "toy" if n in (5, 900, 1700, 3100) else "loss") for n in range(g * 20, g * 20 + 20)] for g in range(200)]
    odds = finding(audited(write(tmp_path, games, rules))[1], "win_odds_differ")
    assert odds.verdict == "INCONCLUSIVE"
    assert "too few to show smaller odds, only those of" in odds.text.en
    assert plain(odds.could_have_seen, "en").startswith("odds x")


def lost_days(folder: Path, lost: Callable[[datetime, str], bool]) -> Path:
    """4000 honest activities of a month, each with its end; entries that are lost are not in the export."""
    rng, activities, entries = random.Random(1), [["a", "u", "t", "z"]], [["e", "a", "u", "n", "t", "o"]]
    for game in range(4000):
        winner, start = rng.randrange(1, 25), datetime(2022, 3, 1) + timedelta(minutes=rng.randrange(60 * 24 * 30))
        at = start
        for box in range(1, winner + 1):
            at += timedelta(minutes=1 + rng.expovariate(1 / 120))
            outcome = "win" if box == winner else "loss"
            if not lost(at, outcome):
                entries.append([f"K{game}-{box}", f"A{game}", "U2", str(box), f"{at:%F %T}", outcome])
        activities.append([f"A{game}", "U1", f"{start:%F %T}", f"{at:%F %T}"])
    write(folder, [])
    (folder / "case.yaml").write_text(CASE.replace("started_at: t}", "started_at: t, ended_at: z}"), "utf-8")
    for name, rows in (("a.csv", activities), ("e.csv", entries)):
        with (folder / name).open("w", newline="") as out:
            csv.writer(out).writerows(rows)
    return folder


def test_lost_days_are_not_entries_struck_out(tmp_path: Path, audited: Auditor) -> None:
    """Of an activity whose end lies in lost days the win is missed, and its losses cannot be counted."""
    lost = lost_days(tmp_path, lambda at, _: at.day in (5, 6, 12, 13, 19, 20, 26, 27))
    assert finding(audited(lost)[1], "entries_deleted_by_outcome").verdict == "PASS"


def test_losses_struck_out_are_found_beside_lost_days(tmp_path: Path, audited: Auditor) -> None:
    rng = random.Random(2)
    lost = lost_days(tmp_path, lambda at, outcome: at.day in (5, 6) or (outcome == "loss" and rng.random() < 0.05))
    assert finding(audited(lost)[1], "entries_deleted_by_outcome").verdict == "FAIL"


@pytest.mark.parametrize("payments", [True, False], ids=["payments struck out too", "payments left"])
def test_activities_struck_out_whole_are_found_by_their_numbers_or_their_payments(
    payments: bool, honest: Path, audited: Auditor
) -> None:
    """Two activities with all their openings: a gap where ids are declared to count up, awards for nothing where payments stay."""
    gone = {"A0050", "A0051"}
    with (honest / "openings.csv").open(encoding="gb18030", newline="") as file:
        gone |= {row["开盒编号"] for row in csv.DictReader(file) if row["活动编号"] in gone}
    files = [("activities.csv", "utf-8-sig", "活动编号"), ("openings.csv", "gb18030", "开盒编号")]
    for name, encoding, column in [*files, *([("payments.csv", "utf-8", "关联编号")] if payments else [])]:
        with (honest / name).open(encoding=encoding, newline="") as file:
            rows = list(csv.DictReader(file))
        with (honest / name).open("w", encoding=encoding, newline="") as file:
            out = csv.DictWriter(file, list(rows[0]))
            out.writeheader()
            out.writerows(row for row in rows if row[column] not in gone)
    text = (honest / "case.yaml").read_text("utf-8").split("control:")[0]
    (honest / "case.yaml").write_text(text, "utf-8")
    if not payments:
        found = failing(audited(honest)[1])
        assert {check for check, _ in found} == {"payout_unexpected"}
        return
    (honest / "case.yaml").write_text(
        text.replace("    file: activities.csv\n", "    file: activities.csv\n    sequence: activity_id\n"), "utf-8"
    )
    _, findings = audited(honest)
    assert failing(findings) == [("sequence_gaps", "activity.activity_id")]
    gap = finding(findings, "sequence_gaps")
    assert (gap.rows[0]["first_missing"], gap.rows[0]["last_missing"]) == (50, 51)
    for check in ("early_boxes_never_win", "win_odds_differ", "payout_missing"):
        assert finding(findings, check).verdict is Verdict.INCONCLUSIVE


def test_boxes_that_ended_without_a_win_do_not_pass(honest: Path, audited: Auditor) -> None:
    """Four winning openings are struck out."""
    _, findings = audited(honest)
    assert [one.verdict for one in findings if one.check == "impossible_outcome"] == ["PASS"]
    path = honest / "openings.csv"
    reader = csv.DictReader(path.read_text("gb18030").splitlines())
    rows = list(reader)
    gone = [row for row in rows if row["结果"] == "中奖"][:4]
    with path.open("w", newline="", encoding="gb18030") as file:
        writer = csv.DictWriter(file, reader.fieldnames or ())
        writer.writeheader()
        writer.writerows(row for row in rows if row not in gone)
    _, findings = audited(honest)
    (found,) = [one for one in findings if one.check == "impossible_outcome"]
    assert (found.subject, found.verdict) == ("ended without a win", "INCONCLUSIVE")
    activity = next(name for name, text in gone[0].items() if text.startswith("A"))
    assert {row["activity_id"] for row in found.rows} == {row[activity] for row in gone}


@pytest.mark.parametrize(
    ("began", "ended", "found"),
    [("03-02", "03-04", "INCONCLUSIVE"), ("02-20", "02-27", "PASS"), ("03-20", "04-03", "PASS")],
)
def test_boxes_that_ended_outside_the_period_may_have_won_there(
    began: str, ended: str, found: str, tmp_path: Path, audited: Auditor
) -> None:
    """One activity is whole; of the other the export of March holds a box or none."""
    within = f"E9,B,1,U,2022-{began} 10:00:00,loss\n" if began > "03" else ""
    tables = {
        "participant": "participant_id,joined_at\nU,2022-02-01 00:00:00\n",
        "activity": "activity_id,started_at,ended_at\nA,2022-03-02 08:00:00,2022-03-02 12:00:00\n"
        f"B,2022-{began} 08:00:00,2022-{ended} 08:00:00\n",
        "entry": "entry_id,activity_id,position,participant_id,entered_at,outcome\n"
        f"E1,A,1,U,2022-03-02 09:00:00,loss\nE2,A,2,U,2022-03-02 12:00:00,win\n{within}",
    }
    case = "case: small\ntimezone: Asia/Shanghai\nperiod: {from: 2022-03-01, to: 2022-04-01}\ntables:\n"
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text, "utf-8")
        columns = ", ".join(f"{one}: {one}" for one in text.split("\n")[0].split(",") if one != "outcome")
        case += f"  {name}: {{file: {name}.csv, columns: {{{columns}}}}}\n"
    case += "  outcome: {file: entry.csv, columns: {entry_id: entry_id, outcome: outcome}}\n"
    (tmp_path / "case.yaml").write_text(case, "utf-8")
    (tmp_path / "rules.yaml").write_text(
        "campaign: small\neffective: {from: 2022-01-01}\nassets: {product: {step: '1'}}\nactivity: {}\nentry: {stake: {}}\n"
        "draw: {kind: boxes, boxes: 4, prizes: {product: 1}, odds: uniform}\n", "utf-8"
    )  # fmt: skip
    _, findings = audited(tmp_path)
    assert [str(one.verdict) for one in findings if one.check == "impossible_outcome"] == [found]


def lottery(folder: Path, spoil: Callable[[list[list[object]], list[list[object]]], None]) -> Path:
    """Forty draws of three red numbers and a blue one, with the totals of two tiers; spoil changes numbers and totals."""
    rng, folder = random.Random(3), folder / "case"
    folder.mkdir()
    numbers: list[list[object]] = []
    totals: list[list[object]] = []
    for name in (f"N{n}" for n in range(40)):
        numbers += [[name, "red", place, n] for place, n in enumerate(rng.sample(range(1, 11), 3), 1)]
        numbers += [[name, "blue", 1, rng.randrange(1, 6)]]
        totals += [[name, "first", 0, "500"], [name, "second", 2, "100"]]
    spoil(numbers, totals)
    draws = [[f"N{n}", f"2022-03-{n // 2 + 1:02d} {8 + 12 * (n % 2):02d}:00:00", "2000.00"] for n in range(40)]
    for file, head, rows in (("d", "d t s", draws), ("n", "d p k n", numbers), ("t", "d t w p", totals)):
        with (folder / f"{file}.csv").open("w", newline="") as out:
            csv.writer(out).writerows([head.split(), *rows])
    (folder / "rules.yaml").write_text(
        'campaign: lottery\neffective: {from: 2022-03-01}\nassets: {CNY: {step: "0.01"}}\nentry: {stake: {CNY: "2"}}\n'
        "draw:\n  kind: numbers\n  pools: {red: {from: 1, to: 10, pick: 3}, blue: {from: 1, to: 5, pick: 1}}\n"
        '  tiers: {first: {matches: [{red: 3, blue: 1}], prize: {CNY: "500"}}, second: {matches: [{red: 3, blue: 0}]}}\n'
    )
    (folder / "case.yaml").write_text(
        "case: lottery\ntimezone: Asia/Shanghai\nperiod: {from: 2022-03-01, to: 2022-03-20}\ntables:\n"
        "  draw: {file: d.csv, columns: {draw_id: d, drawn_at: t, asset: {value: CNY}, sales: s}}\n"
        "  drawn_number: {file: n.csv, columns: {draw_id: d, pool: p, ordinal: k, number: n}}\n"
        "  tier_total: {file: t.csv, columns: {draw_id: d, tier: t, winners: w, asset: {value: CNY}, prize: p}}\n"
    )
    return folder


def test_a_lottery_without_its_numbers_or_totals_does_not_pass(tmp_path: Path, audited: Auditor) -> None:
    def spoil(numbers: list[list[object]], totals: list[list[object]]) -> None:
        numbers[:] = [row for row in numbers if row[0] not in ("N7", "N39") and row[:2] != ["N8", "blue"]]
        totals[:] = [row for row in totals if row[0] not in ("N9", "N39")]
        totals.append(["N10", "staff", 50, "10000"])

    for name, edit in (("honest", lambda *_: None), ("spoiled", spoil)):
        (tmp_path / name).mkdir()
        _, findings = audited(lottery(tmp_path / name, edit))
        found = {one.subject: one for one in findings if one.check == "impossible_outcome"}
        if name == "honest":
            assert {subject: one.verdict for subject, one in found.items()} == {"draws": "PASS"}
    assert {subject: (one.verdict, len(one.rows)) for subject, one in found.items()} == {
        "tier that is not declared": ("FAIL", 1),
        "draw without numbers": ("INCONCLUSIVE", 3),  # N39 was drawn after the period
        "draw without a tier's total": ("INCONCLUSIVE", 2),
    }


def test_what_a_hidden_rule_explains_is_told_where_it_shows(audited: Auditor) -> None:
    """The interval of all openings lies below what was due, and passes: the rule that explains it stands beside it."""
    _, findings = audited(FIXTURES / "blind-box" / "first-seven-never-win")
    told = {one.check: one for one in findings}
    whole = told["win_odds_differ"]
    assert whole.verdict == "PASS"
    assert "(8.05 % an opening)" in whole.text.en
    assert f"by the hidden rule `{told['hidden_rule_at_work'].rows[0]['rule']}`" in whole.text.en
    shares = [float(str(row["share"])) for row in told["odds_depend_on_hour"].rows]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.001


def test_an_honest_rate_needs_no_explanation(audited: Auditor) -> None:
    _, findings = audited(FIXTURES / "blind-box" / "honest")
    (whole,) = (one for one in findings if one.check == "win_odds_differ")
    assert "outside that interval" not in whole.text.en


def test_odds_are_told_as_a_chance_too(audited: Auditor) -> None:
    """Ten times the odds of one in twenty are not ten times the wins."""
    _, findings = audited(FIXTURES / "open-raffle" / "rigged-newest-win")
    (found,) = (one for one in findings if one.check == "tickets_favoured")
    assert "about 10 times the declared odds of winning to not winning (as a chance 25.3 %, declared 5.0 %)" in found.text.en
    assert "胜算" in found.text.zh
    assert "赔率" not in found.text.zh


def test_of_wins_at_one_moment_the_highest_place_was_the_last() -> None:
    """Places 3 and 7 win at one moment, in either order of the records; the next activity's place 9 is two beyond 7."""
    for first, second in ((3, 7), (7, 3)):
        db = duckdb.connect()
        db.execute("CREATE TABLE activity_once AS SELECT 'C' AS activity_id, TIMESTAMP '2022-03-02' AS started_at")
        db.execute(f"""
            CREATE TABLE first_win AS SELECT * FROM (VALUES ('A', {first}, TIMESTAMP '2022-03-01'), ('B', {second}, TIMESTAMP '2022-03-01'),
                ('C', 9, TIMESTAMP '2022-03-03')) AS won(activity_id, position, decided_at)""")
        db.execute("CREATE TABLE chance AS SELECT 'C' AS activity_id, 9 AS position, 1 AS chance_num, 16 AS chance_den, 1 AS hit")
        assert db.execute(BOXES.format(size=24, chance="chance")).fetchall() == [(2, 16, 1, 1, 1, 1)]

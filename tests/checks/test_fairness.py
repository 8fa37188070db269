"""Who can reach what the rules promise, and who is paid: cases whose answers were counted by hand."""

from __future__ import annotations

import csv
import random
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from audit.finding import Text
from audit.rules import read_rules
from checks.fairness import _one, compare
from checks.fairness.ranks_seldom_reached import fewest
from tests.conftest import FIXTURES, Auditor

TEA = FIXTURES / "tea-club" / "honest"
CHAIN = FIXTURES / "chain-2-1" / "honest"


def test_the_fewest_people_each_rank_takes() -> None:
    """An agent takes two members below; a V1 three lines with a member; a V2 three V1 (1 + 3 x 4), a V3 three V2 (1 + 3 x 13)."""
    rules, _ = read_rules(CHAIN / "rules.yaml")
    assert [fewest(rules, name) for name in rules.ranks] == [1, 3, 4, 13, 40]


def test_who_reached_each_rank(tmp_path: Path, audited: Auditor) -> None:
    """Everybody who bought a package is a member; the founder paid 5000 for V3 and has no three lines with a V2; in a copy with
    thirty people V3 takes more than there are, and the export cannot tell."""
    folder = Path(shutil.copytree(CHAIN, tmp_path / "case"))
    with (folder / "orders.csv").open(encoding="gb18030", newline="") as file:
        rows = list(csv.DictReader(file))
    buyers = {row["买家"] for row in rows if row["类型"] == "礼包"}
    _, findings = audited(folder)
    ranks = {one.subject: one for one in findings if one.check == "ranks_seldom_reached"}
    assert ranks["member"].observed == f"{len(buyers)} / 84"
    assert "at least 40 people" in ranks["v3"].text.en
    assert (ranks["v3"].verdict, ranks["v3"].basis, ranks["v3"].observed) == ("FAIL", "screen", "0 / 84")
    assert (ranks["v1"].verdict, ranks["v2"].verdict) == ("PASS", "PASS")
    with (folder / "users.csv").open(encoding="gb18030", newline="") as file:
        head, *users = file.read().splitlines()
    (folder / "users.csv").write_text("\n".join([head, *users[:30]]) + "\n", "gb18030")
    _, findings = audited(folder)
    v3 = next(one for one in findings if (one.check, one.subject) == ("ranks_seldom_reached", "v3"))
    assert (v3.verdict, v3.observed) == ("INCONCLUSIVE", "0 / 30")


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(folder: Path, name: str, rows: list[dict[str, str]]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)


@pytest.mark.parametrize("only", ["west", ""])
def test_a_region_that_is_not_paid_is_named(only: str, tmp_path: Path, audited: Auditor) -> None:
    """Every fourth consolation is left out: of the west's alone, which is named; of everybody's alike, which is silent."""
    folder = Path(shutil.copytree(TEA, tmp_path / "case"))
    region = {row["编号"]: row["地区"] for row in table(folder, "users")}
    rows = table(folder, "payments")
    due = [row for row in rows if row["名目"] == "consolation" and only in region[row["收款人"]]]
    gone = {row["流水号"] for row in due[::4]}
    write(folder, "payments", [row for row in rows if row["流水号"] not in gone])
    _, findings = audited(folder)
    lit = {one.subject: one for one in findings if one.check == "awards_unpaid_by_group" and one.verdict == "FAIL"}
    assert set(lit) == ({"region"} if only else set())
    if only:
        (west,) = (row for row in lit["region"].rows if row["group"] == "west")
        people = {row["收款人"] for row in rows if row["流水号"] in gone}
        assert 0 < int(str(west["hits"])) <= len(people)  # one award of each person is looked at
        assert "west: odds ratio" in lit["region"].text.en
    assert sum(one.check == "payout_missing" and one.verdict == "FAIL" for one in findings) == 1


@pytest.mark.parametrize(
    ("declared", "paid", "lit"), [(50000, 50000, False), (50000, 50001, True), (50001, 50001, True)]
)
def test_the_cap_of_a_prize_leaves_its_own_amount_out(declared: int, paid: int, lit: bool, tmp_path: Path,
                                                      audited: Auditor) -> None:  # fmt: skip
    """The Anti-Unfair Competition Law: not more than 50,000 yuan. One prize of all is paid with the amount in question."""
    folder = Path(shutil.copytree(TEA, tmp_path / "case"))
    rules = (folder / "rules.yaml").read_text("utf-8")
    (folder / "rules.yaml").write_text(rules.replace('{product: "1"}', f'{{CNY: "{declared}"}}'), "utf-8")
    rows = table(folder, "payments")
    prizes = [row for row in rows if row["名目"] == "prize"]
    for row in prizes:
        row["资产"], row["数额"] = "CNY", str(declared)
    prizes[7]["数额"] = str(paid)
    write(folder, "payments", rows)
    _, findings = audited(folder)
    (cap,) = (one for one in findings if one.check == "prize_paid_over_cap")
    assert (cap.verdict, cap.subject) == ("FAIL" if lit else "PASS", "top prize in CNY")
    assert cap.observed == f"{paid}.00 CNY"
    largest = prizes[7]["关联编号"] if paid > declared else min(row["关联编号"] for row in prizes)
    assert [row["entry_id"] for row in cap.rows] == ([largest] if lit else [])


def test_one_group_alone_does_not_show_that_groups_are_treated_alike(tmp_path: Path, audited: Auditor) -> None:
    """What happened to nobody: of several regions no group differs; where all live in the west there is none to compare."""
    folder = Path(shutil.copytree(TEA, tmp_path / "case"))
    people = (folder / "users.csv").read_text("utf-8")
    trials = "SELECT 1 AS stratum, participant_id AS person, joined_at AS moment, false AS hit FROM participant_once"
    for regions, verdict in (("several", "PASS"), ("one", "INCONCLUSIVE")):
        for region in ("east", "middle"):
            people = people.replace(f",{region},", ",west,") if regions == "one" else people
        (folder / "users.csv").write_text(people, "utf-8")
        audit, _ = audited(folder)
        found = {one.subject: one for one in compare(audit, trials, Text("", "It"))}
        assert found["region"].verdict == verdict
        assert ("no group differs" in found["region"].text.en) == (verdict == "PASS")
        assert found["device"].verdict == "PASS"


def test_every_minute_is_counted_and_only_buyers_have_ages(tmp_path: Path, audited: Auditor) -> None:
    """A thousand and one goods each sold at two prices in one minute; two orders across the turn of a minute are none."""
    folder = Path(shutil.copytree(TEA, tmp_path / "case"))
    users, orders, entries = table(folder, "users"), table(folder, "orders"), table(folder, "entries")
    first = orders[0]
    for n in range(1002):
        for place, buyer in enumerate(("U0001", "U0002")):
            at = "2024-09-05 10:00:59" if n < 1001 or place else "2024-09-05 10:01:00"
            orders.append({**first, "订单号": f"Z{n}-{place}", "买家": buyer, "商品": f"Z{n}", "金额": f"{place + 1}.00", "付款时间": at})
    write(folder, "orders", orders)
    write(folder, "users", [*users, {**users[0], "编号": "U9998"}])
    _, findings = audited(folder)
    (price,) = (one for one in findings if one.check == "same_minute_prices_differ")
    assert (price.verdict, price.observed, len(price.rows)) == ("FAIL", "1001", 1000)
    (ages,) = (one for one in findings if one.check == "minors_among_buyers")
    bought = {row["买家"] for row in orders} | {row["参团人"] for row in entries}
    aged = sum(bool(row["年龄"]) and row["编号"] in bought for row in users)
    assert f"(of {aged} whose age is recorded)" in ages.text.en


def test_demographic_parity_stands_beside_the_odds_ratio(audited: Auditor) -> None:
    """Counted by hand from entries.csv and users.csv: wins of entries, by region."""
    folder = FIXTURES / "tea-club" / "rigged-unequal"
    with (folder / "users.csv").open(encoding="utf-8", newline="") as file:
        region = {row["编号"]: row["地区"] for row in csv.DictReader(file)}
    with (folder / "entries.csv").open(encoding="utf-8", newline="") as file:
        entries = [(region[row["参团人"]], row["结果"] == "win") for row in csv.DictReader(file)]
    rates = {one: sum(won for at, won in entries if at == one) / sum(at == one for at, _ in entries) for one in set(region.values())}
    _, findings = audited(folder)
    found = next(one for one in findings if one.check == "win_rate_differs_by_group" and one.subject == "region")
    low, high = min(rates.values()), max(rates.values())
    assert f"demographic-parity difference {high - low:.4f}, ratio {low / high:.3f}; like with like" in found.text.en
    assert f"人口统计均等差 {high - low:.4f}、比 {low / high:.3f}" in found.text.zh
    assert {row["group"]: row["rate"] for row in found.rows} == {name: f"{rate:.4f}" for name, rate in rates.items()}


def test_rates_of_rare_prizes_are_not_told_as_none() -> None:
    rows = [("east", 20_000, 1, 10_000, 0, 1), ("east", 20_000, 4, 10_000, 2, 1)]
    rows += [("west", 20_000, 1, 10_000, 1, 1), ("west", 20_000, 4, 10_000, 2, 1)]
    text = _one("region", "", [row for row in rows for _ in range(20)], Text("中奖", "Winning"), True, 0.05).text
    assert "from 0.010 % (east) to 0.015 % (west)" in text.en
    assert "由 0.010 %（east）至 0.015 %（west）" in text.zh


@pytest.mark.parametrize(("regions", "goods", "verdict"), [("several", "shared", "PASS"), ("one", "shared", "INCONCLUSIVE"),
                                                           ("several", "single", "INCONCLUSIVE"), ("several", "dearer by day", "PASS"),
                                                           ("by day", "dearer by day", "INCONCLUSIVE")])  # fmt: skip
def test_one_price_for_all_is_shown_only_where_groups_bought_the_same(
    regions: str, goods: str, verdict: str, tmp_path: Path, audited: Auditor
) -> None:
    """Everything has one price: of several regions none paid more; of one region, or of goods sold once, nothing can be told.

    Nor can it where the price changes by the day, and no two regions bought on one.
    """
    folder = Path(shutil.copytree(TEA, tmp_path / "case"))
    orders = table(folder, "orders")
    prices = {day: f"{9 + n}.90" if goods == "dearer by day" else "9.90"
              for n, day in enumerate(sorted({row["付款时间"][:10] for row in orders}))}  # fmt: skip
    priced = [{**row, "商品": f"Z{n}" if goods == "single" else "Z", "金额": prices[row["付款时间"][:10]]} for n, row in enumerate(orders)]
    write(folder, "orders", priced)
    if regions == "one":
        write(folder, "users", [{**row, "地区": "west"} for row in table(folder, "users")])
    if regions == "by day":
        where = {row["编号"]: "west" if row["地区"] == "west" else "east" for row in table(folder, "users")}
        write(folder, "users", [{**row, "地区": where[row["编号"]]} for row in table(folder, "users")])
        write(folder, "orders", [row for row in priced if (where[row["买家"]] == "west") == (row["付款时间"][9] in "02468")])
    _, findings = audited(folder)
    found = {one.subject: one for one in findings if one.check == "price_differs_by_group"}
    assert found["region"].verdict == verdict


BOOSTED = """\
campaign: boxes
effective: {from: 2022-01-01}
assets: {CNY: {step: "0.01"}, toy: {step: "1"}}
activity: {stake: {CNY: "30"}}
entry: {stake: {CNY: "5"}}
draw: {kind: boxes, boxes: 24, prizes: {toy: 1}, odds: uniform}
boosts: [{where: {hour: 20-21}, times: 3}]
"""
TOLD = """\
case: boxes
timezone: Asia/Shanghai
tables:
  participant: {file: p.csv, columns: {participant_id: p, occupation: g}}
  activity: {file: a.csv, columns: {activity_id: a, initiator_id: u, started_at: t}}
  entry: {file: e.csv, columns: {entry_id: e, activity_id: a, participant_id: u, position: n, entered_at: t}}
  outcome: {file: e.csv, columns: {entry_id: e, outcome: o}}
"""


def test_a_declared_happy_hour_treats_nobody_unequally(tmp_path: Path, audited: Auditor) -> None:
    """Students play at night, when by the rules everybody wins three times as often: a box at night is not like one by day."""
    rng = random.Random(1)
    people = [["p", "g"], ["U1", ""], *([f"P{n}", "student" if n < 100 else "worker"] for n in range(200))]
    activities, entries = [["a", "u", "t"]], [["e", "a", "u", "n", "t", "o"]]
    for game in range(800):
        activities.append([f"A{game}", "U1", "2022-03-01 08:00:00"])
        night = game % 2
        for box in range(1, 25):
            odds = 1 / (25 - box)
            won = rng.random() < (3 * odds / (1 - odds + 3 * odds) if night else odds)
            who = rng.randrange(200) if rng.random() < 0.2 else rng.randrange(100) + 100 * (1 - night)
            at = f"2022-03-{1 + game % 28:02d} {20 if night else 9:02d}:{box:02d}:00"
            entries.append([f"K{game}-{box}", f"A{game}", f"P{who}", str(box), at, "win" if won else "loss"])
            if won:
                break
    for name, rows in (("p.csv", people), ("a.csv", activities), ("e.csv", entries)):
        with (tmp_path / name).open("w", newline="") as out:
            csv.writer(out).writerows(rows)
    (tmp_path / "rules.yaml").write_text(BOOSTED, "utf-8")
    (tmp_path / "case.yaml").write_text(TOLD, "utf-8")
    _, findings = audited(tmp_path)
    found = {one.check: one for one in findings if one.check in ("win_odds_differ", "win_rate_differs_by_group")}
    assert found["win_odds_differ"].verdict == "PASS"
    assert found["win_rate_differs_by_group"].verdict == "PASS"


PAID = """\
campaign: pay
effective: {from: 2022-01-01}
assets: {CNY: {step: "0.01"}}
entry: {stake: {CNY: "5"}}
awards:
  back: {on: entry, to: participant, pays: {CNY: "1.00"}}
"""
PAID_TOLD = """\
case: pay
timezone: Asia/Shanghai
tables:
  participant: {file: p.csv, columns: {participant_id: p, gender: g}}
  entry: {file: e.csv, columns: {entry_id: e, participant_id: u, entered_at: t, asset: {value: CNY}, paid: m}}
  payment: {file: m.csv, columns: {payment_id: i, paid_at: t, payee_id: u, asset: {value: CNY}, amount: m, reason: {value: back}, ref: r}}
"""


def paid(folder: Path, seed: int, slow: bool, unequal: bool) -> Path:
    """Three hundred people with twenty entries each; of some, every award is left unpaid, or paid ten hours later than others'."""
    rng, begin = random.Random(seed), datetime(2022, 3, 7)
    people, entries, payments = [["p", "g"]], [["e", "u", "t", "m"]], [["i", "t", "u", "m", "r"]]
    for person in range(300):
        gender = rng.choice("fm")
        bad = rng.random() < (0.3 if slow else 0.05)
        if unequal:
            bad = rng.random() < (0.7 if gender == "f" else 0.1)
        people.append([f"P{person}", gender])
        for entry in range(20):
            at = begin + timedelta(minutes=rng.randrange(60 * 24 * 28))
            entries.append([f"E{person}-{entry}", f"P{person}", str(at), "5.00"])
            if slow or not bad:
                then = at + timedelta(minutes=rng.randrange(60) + (600 if slow and bad else 0))
                payments.append([f"Y{person}-{entry}", str(then), f"P{person}", "1.00", f"E{person}-{entry}"])
    for name, rows in (("p.csv", people), ("e.csv", entries), ("m.csv", payments)):
        with (folder / name).open("w", newline="") as out:
            csv.writer(out).writerows(rows)
    (folder / "rules.yaml").write_text(PAID, "utf-8")
    (folder / "case.yaml").write_text(PAID_TOLD, "utf-8")
    return folder


@pytest.mark.parametrize(("check", "slow", "seed"), [("awards_unpaid_by_group", False, 7), ("payments_slower_by_group", True, 5)])
def test_accounts_that_are_never_paid_are_no_evidence_of_twenty(
    check: str, slow: bool, seed: int, tmp_path: Path, audited: Auditor
) -> None:
    """Whom it befalls has nothing to do with gender: whoever is not paid once is not paid twenty times."""
    verdict = {one.check: one.verdict for one in audited(paid(tmp_path, seed, slow, unequal=False))[1]}
    assert verdict[check] in ("PASS", "INCONCLUSIVE")


@pytest.mark.parametrize(("check", "slow"), [("awards_unpaid_by_group", False), ("payments_slower_by_group", True)])
def test_accounts_paid_by_gender_are_seen(check: str, slow: bool, tmp_path: Path, audited: Auditor) -> None:
    verdict = {one.check: one.verdict for one in audited(paid(tmp_path, 1, slow, unequal=True))[1]}
    assert verdict[check] == "FAIL"

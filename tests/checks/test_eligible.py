"""Whom rules are open to: what the words say, who is outside, and that nobody is accused of an age that cannot be told."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from audit.evidence.eligible import said
from audit.evidence.explain import explain
from audit.finding import Finding
from audit.problem import Problem
from audit.replay.eligible import inside
from audit.rules import People, read_rules
from audit.rules.people import Ages, Values, apart
from audit.simulate.world import Scenario
from checks.lint import lint
from checks.simulate import make_case
from tests.conftest import FIXTURES, Auditor, failing

CLUB = FIXTURES / "silver-club"
YEAR = timedelta(days=365)


def of(findings: list[Finding], check: str) -> dict[str, Finding]:
    return {one.subject: one for one in findings if one.check == check}


def copied(name: str, folder: Path) -> Path:
    return Path(shutil.copytree(CLUB / name, folder / "case"))


def edit(path: Path, old: str, new: str, encoding: str = "utf-8") -> None:
    text = path.read_bytes().decode(encoding)
    assert old in text
    path.write_bytes(text.replace(old, new).encode(encoding))


def lines_of(folder: Path) -> list[str]:
    return (folder / "users.csv").read_bytes().decode("gb18030").splitlines()


def write(folder: Path, lines: list[str]) -> None:
    (folder / "users.csv").write_bytes("".join(f"{line}\r\n" for line in lines).encode("gb18030"))


def test_orders_of_minors_are_listed_with_their_lines_and_amounts(audited: Auditor) -> None:
    _, findings = audited(CLUB / "rigged-minors-enrolled")
    found = of(findings, "outsiders_took_part")
    orders, awards = found["orders"], found["awards"]
    young = {
        line.split(",")[0] for line in lines_of(CLUB / "rigged-minors-enrolled")[1:] if int(line.split(",")[3]) < 18
    }
    assert len(young) == 8
    assert {row["participant_id"] for row in orders.rows} == young
    bought = [
        line.split(",") for line in (CLUB / "rigged-minors-enrolled" / "orders.csv").read_text("utf-8-sig").splitlines()
    ]
    mine = [cells for cells in bought if cells[1] in young]
    assert orders.amount == {"CNY": f"{sum(float(cells[4]) for cells in mine):.2f}"}
    assert [row["event"] for row in orders.rows] == [cells[0] for cells in mine]
    assert all(bought[int(str(row["line"])) - 1][0] == row["event"] for row in orders.rows)
    assert {str(row["reason"]) for row in awards.rows} == {"welcome", "guide-bonus"}
    assert all(row["payee_id"] in young and row["line"] for row in awards.rows)
    assert "cn-civil-code-art19-20" in orders.provisions


def test_who_has_no_age_is_never_outside(audited: Auditor, tmp_path: Path) -> None:
    folder = copied("rigged-minors-enrolled", tmp_path)
    head, *lines = lines_of(folder)
    write(folder, [head, *[",".join([*cells[:3], "", cells[4]]) for cells in (line.split(",") for line in lines)]])
    _, findings = audited(folder)
    orders = of(findings, "outsiders_took_part")["orders"]
    assert (orders.verdict, orders.rows) == ("INCONCLUSIVE", ())
    assert "Of 193 more the export cannot tell" in orders.text.en
    assert ("outsiders_took_part", "awards") not in failing(findings)


def test_one_condition_that_fails_is_enough(audited: Auditor, tmp_path: Path) -> None:
    """Without ages an islander is outside all the same; everybody else cannot be told."""
    folder = copied("honest", tmp_path)
    edit(folder / "case.yaml", ", age: 年龄", "")
    edit(folder / "users.csv", "coast", "islands", "gb18030")
    _, findings = audited(folder)
    orders = of(findings, "outsiders_took_part")["orders"]
    coast = {line.split(",")[0] for line in lines_of(CLUB / "honest") if line.endswith("coast")}
    assert orders.verdict == "FAIL"
    assert {row["participant_id"] for row in orders.rows} <= coast
    assert len(orders.rows) == sum(
        line.split(",")[1] in coast for line in (CLUB / "honest" / "orders.csv").read_text("utf-8-sig").splitlines()
    )


def test_a_version_that_opens_the_campaign_opens_it_from_its_day_on(audited: Auditor, tmp_path: Path) -> None:
    folder = copied("rigged-minors-enrolled", tmp_path)
    with (folder / "rules.yaml").open("a", encoding="utf-8") as file:
        file.write("versions:\n  - {from: 2022-03-20, eligible: {age: {from: 11}}}\n")
    _, findings = audited(folder)
    rows = of(findings, "outsiders_took_part")["orders"].rows
    assert rows
    assert all(str(row["moment"]) < "2022-03-20" for row in rows)


def test_a_clause_for_some_is_owed_to_them_alone(audited: Auditor, tmp_path: Path) -> None:
    """A region that the export lacks leaves the clause open: nothing of it is missing, and nothing is unexpected."""
    _, findings = audited(CLUB / "rigged-welcome-for-all")
    (unexpected,) = (one for one in findings if one.check == "payout_unexpected" and one.verdict == "FAIL")
    assert (unexpected.subject, unexpected.amount, len(unexpected.rows)) == ("welcome", {"CNY": "100.00"}, 10)
    folder = copied("rigged-welcome-for-all", tmp_path)
    edit(folder / "rules.yaml", "eligible: {new: 7d}", "eligible: {gender: [f]}")
    _, findings = audited(folder)
    assert not failing(findings)
    told = {one.check: one.verdict for one in findings if one.subject == "welcome"}
    assert told["payout_unexpected"] == told["payout_missing"] == "INCONCLUSIVE"


def test_entries_wins_and_staff(audited: Auditor, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FIXTURES / "tea-club" / "rigged-ring", tmp_path / "case"))
    with (folder / "rules.yaml").open("a", encoding="utf-8") as file:
        file.write("eligible: {staff: false, says: employees may not take part}\n")
    audit, findings = audited(folder)
    found = of(findings, "outsiders_took_part")
    entries = found["entries"]
    staff = {name for (name,) in audit.engine.rows("SELECT participant_id FROM identity WHERE kind = 'staff'")}
    assert {row["participant_id"] for row in entries.rows} <= staff
    assert (len(entries.rows), {row["outcome"] for row in entries.rows}) == (3, {"win"})
    assert "3 of which won" in entries.text.en
    assert entries.amount == {"CNY": "30.00"}
    assert found["starts"].verdict == "PASS"
    edit(
        folder / "case.yaml",
        "  identity: {file: identities.csv, columns: {participant_id: 编号, kind: 类型, value: 内容}}\n",
        "",
    )
    _, findings = audited(folder)
    assert of(findings, "outsiders_took_part")["entries"].verdict == "INCONCLUSIVE"


def test_whom_it_is_made_for_is_a_group_like_others(audited: Auditor) -> None:
    _, findings = audited(CLUB / "honest")
    assert not failing(findings)
    groups = {one.subject: one for one in findings if one.check == "ranks_seldom_reached"}
    assert {str(row["group"]) for row in groups["audience"].rows} == {"meant", "others"}


def test_an_age_on_joining_tells_a_later_age_to_within_a_year() -> None:
    """Against birthdays drawn at random: what is said is true of every one of them."""
    rng = random.Random(5)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    test = inside(People(age=Ages(**{"from": 18, "below": 21})), "t.moment", "UTC")
    people = []
    for _ in range(1500):
        born = date(2000, 1, 1) + timedelta(days=rng.randrange(3000))
        joined = born + timedelta(days=rng.randrange(14 * 365, 23 * 365))
        moment = joined + timedelta(days=rng.choice([0, 1, rng.randrange(1500)]))
        age, then = (one.year - born.year - ((one.month, one.day) < (born.month, born.day)) for one in (joined, moment))
        people.append((joined, age, moment, 18 <= then < 21))
    rows = ", ".join(f"({at}, DATE '{joined}', {age}, DATE '{moment}')" for at, (joined, age, moment, _) in enumerate(people))
    connection.execute(
        "CREATE TABLE given AS SELECT number, joined_at::TIMESTAMPTZ AS joined_at, age::BIGINT AS age, moment::TIMESTAMPTZ AS moment\n"
        f"FROM (VALUES {rows}) AS listed(number, joined_at, age, moment)"
    )
    said = connection.execute(f"SELECT {test} FROM given AS p JOIN given AS t USING (number) ORDER BY number").fetchall()
    for (told,), one in zip(said, people, strict=True):
        assert told in (None, one[-1]), one
    assert sum(told is not None for (told,) in said) > 900
    for age, days, wanted in (
        (17, 0, False),
        (17, 1, None),
        (17, 366, True),
        (16, 360, False),
        (16, 366, None),
        (20, 1, None),
        (21, 0, False),
    ):
        at = datetime(2022, 3, 1, tzinfo=UTC)
        rows = connection.execute(f"SELECT {test} FROM (SELECT ?::TIMESTAMPTZ AS joined_at, ?::BIGINT AS age) AS p, "
                                  "(SELECT ?::TIMESTAMPTZ AS moment) AS t", [at, age, at + timedelta(days=days)]).fetchall()  # fmt: skip
        assert rows == [(wanted,)], (age, days)


WRONG = [
    ("eligible: {}", "at least one condition"), ("eligible: {age: {}}", "`from`, `below`, or both"),
    ("eligible: {age: {from: 18, below: 18}}", "`below` must be more"), ("eligible: {region: east}", "a list of its values"),
    ("eligible: {region: []}", "a list of its values"), ("eligible: {regoin: [a]}", "did you mean 'region'?"),
    ("eligible: {staff: true}", "should be False"), ("audience: {says: everybody}", "at least one condition"),
    ('awards: {a: {on: day-end, to: holders.m, eligible: {new: 7d}, pays: {CNY: {per-order: "1", shared: equal, rest: carried}}}}',
     "shared by everybody"),
    ("awards: {a: {on: order, to: participant, pays: {CNY: 1}}, "
     "b: {on: order, to: participant, eligible: {new: 7d}, overrides: [a], pays: {CNY: 2}}}", "an exception"),
]  # fmt: skip
BASE = (
    'campaign: words\neffective: {from: 2022-01-01}\nassets: {CNY: {step: "0.01"}}\nranks: {m: {bought: {kind: [p]}}}\n'
)


@pytest.mark.parametrize(("text", "words"), WRONG, ids=[text[:30] for text, _ in WRONG])
def test_groups_that_do_not_fit_are_refused(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(BASE + text + "\n", "utf-8")
    with pytest.raises(Problem) as caught:
        read_rules(path)
    assert words in str(caught.value)


def test_lint_says_whom_the_rules_treat_differently(tmp_path: Path) -> None:
    _, findings = lint(CLUB / "honest")
    told = of(findings, "terms_differ_by_group")
    assert {name: str(one.verdict) for name, one in told.items()} == {
        "campaign": "FAIL",
        "welcome": "PASS",
        "audience": "PASS",
    }
    assert told["campaign"].text.en == ("The campaign is open only to people aged 18 or over, region other than islands. "
                                        "That needs a reason that can be shown.")  # fmt: skip
    assert told["campaign"].declared == "adults only; we do not deliver to the islands"
    assert {"cn-pipl-2021-art24", "cn-civil-code-art19-20"} <= set(told["campaign"].provisions)
    assert told["audience"].basis == "screen"
    path = tmp_path / "rules.yaml"
    path.write_text(
        (CLUB / "honest" / "rules.yaml").read_text("utf-8").replace("age: {from: 60}", "age: {below: 16}"), "utf-8"
    )
    _, findings = lint(path)
    made_for = [one for one in findings if one.check == "terms_differ_by_group" and one.subject == "audience"]
    assert [(str(one.verdict), str(one.basis)) for one in made_for] == [("FAIL", "screen"), ("FAIL", "document")]
    assert "nobody is both" in made_for[1].text.en
    path.write_text(BASE, "utf-8")
    _, findings = lint(path)
    assert of(findings, "terms_differ_by_group")["groups"].verdict == "NOT_APPLICABLE"


def test_the_lowest_age_of_eligible_is_a_minimum_age(tmp_path: Path) -> None:
    rules = (FIXTURES / "tea-club" / "honest" / "rules.yaml").read_text("utf-8")
    path = tmp_path / "rules.yaml"
    for more, verdict in (
        ("", "INCONCLUSIVE"),
        ("eligible: {age: {from: 18}}", "PASS"),
        ("eligible: {age: {from: 7}}", "FAIL"),
    ):
        path.write_text(f"{rules}\n{more}\n", "utf-8")
        _, findings = lint(path)
        assert of(findings, "minors_not_excluded")["minors"].verdict == verdict


def test_groups_in_words_and_apart() -> None:
    north, others = People(region=Values(("north",))), People(region=Values(("north",), inside=False))
    assert apart(north, others)
    assert not apart(others, others)
    assert not apart(north, People(region=Values(("north", "east"))))
    assert apart(People(age=Ages(below=18)), People(age=Ages(**{"from": 18})))
    assert not apart(People(age=Ages(below=19)), People(age=Ages(**{"from": 18})))
    assert said(People(new=timedelta(days=7), staff=False)).zh == "注册未满 7 日、非员工"


def test_a_simulated_export_keeps_to_whom_it_is_open(tmp_path: Path, audited: Auditor) -> None:
    path = CLUB / "honest" / "rules.yaml"
    rules, _ = read_rules(path)
    make_case(rules, path, tmp_path / "case", Scenario(size=300))
    _, findings = audited(tmp_path / "case")
    assert (str(of(findings, "outsiders_took_part")["orders"].verdict), failing(findings)) == ("PASS", [])
    assert {one.verdict for one in findings if one.check == "payout_missing"} == {"PASS"}
    rules = read_rules(path)[0]
    with pytest.raises(Problem, match="newcomers"):
        make_case(replace(rules, eligible=People(new=YEAR)), path, tmp_path / "no", Scenario(size=10))


def test_explain_says_why_somebody_is_owed_nothing(audited: Auditor) -> None:
    audit, findings = audited(CLUB / "rigged-welcome-for-all")
    (unexpected,) = (one for one in findings if one.check == "payout_unexpected" and one.verdict == "FAIL")
    row = unexpected.rows[0]
    told = str(explain(audit, f"owed:{row['event']}/welcome"))
    assert (
        f"The clause pays only people joined less than 7 days before: {row['paid_to']} is not, and is owed nothing"
        in told
    )
    paid = audit.engine.value("SELECT min(event) FROM expected_award WHERE clause = 'welcome'")
    assert "is one of them (users.csv:" in str(explain(audit, f"owed:{paid}/welcome"))

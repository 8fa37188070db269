"""Who is behind the accounts, and what was published: odds that differ by either, found where planted, silent where honest."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from audit.finding import Text, Verdict
from audit.hidden import chances
from audit.stats.laws import Stratum
from audit.stats.people import e_bh, favoured
from checks.draws import others
from checks.draws.odds_depend_on_player import odds_depend_on_player
from checks.run import cover_of
from tests.checks.test_draws import finding
from tests.conftest import FIXTURES, Auditor, failing, maker

BY_STAFF = ("U005", "U023", "U041", "U066")
BY_DEVICE = ("U002", "U013", "U030", "U051", "U072")
IDENTITY = "  identity: {file: identities.csv, columns: {participant_id: 账户, kind: 种类, value: 值}}\n"


def played(folder: Path, times: Callable[[Any], float]) -> Path:
    """The honest lucky-box, played again with these odds."""
    shutil.copytree(FIXTURES / "lucky-box" / "honest", folder)
    draws = maker().sibling("draws")
    draws.make_boxes(folder, times, draws.whole, [])
    return folder


def add(folder: Path, table: str, file: str, lines: list[str]) -> Path:
    (folder / file).write_text("\n".join(lines) + "\n", "utf-8")
    with (folder / "case.yaml").open("a", encoding="utf-8") as out:
        out.write(table)
    return folder


def identities(folder: Path) -> Path:
    staff = [f"{user},staff,工号{user}" for user in BY_STAFF]
    shared = [f"{user},device,phone-{number // 3}" for number, user in enumerate(BY_DEVICE)]
    alone = [f"U{n:03d},device,own-{n}" for n in range(1, 81) if f"U{n:03d}" not in BY_DEVICE]
    return add(folder, IDENTITY, "identities.csv", ["账户,种类,值", *staff, *shared, *alone])


@pytest.mark.parametrize(
    ("favoured", "words"), [(BY_STAFF, "ccounts of staff"), (BY_DEVICE, "hare a device with another")]
)
def test_odds_that_depend_on_who_is_behind_an_account(
    favoured: tuple[str, ...], words: str, tmp_path: Path, audited: Auditor
) -> None:
    _, findings = audited(identities(played(tmp_path / "case", lambda s: 12 if s.user in favoured else 1)))
    one = finding(findings, "odds_depend_on_player")
    assert one.verdict is Verdict.FAIL
    assert words in one.text.en


def test_staff_and_shared_devices_with_the_declared_odds_are_silent(tmp_path: Path, audited: Auditor) -> None:
    audit, findings = audited(identities(played(tmp_path / "case", lambda s: 1)))
    assert failing(findings) == []
    budget = cover_of(audit, findings).budget
    assert "one honest platform in 1000" in budget.en
    assert "e-BH" in budget.en
    assert "e-BH" in budget.zh
    assert finding(findings, "odds_depend_on_player").verdict is Verdict.PASS


def test_of_a_kind_that_everybody_is_of_nothing_could_have_shown(audited: Auditor, monkeypatch: pytest.MonkeyPatch) -> None:
    audit, _ = audited(FIXTURES / "lucky-box" / "honest")
    monkeypatch.setattr("checks.draws.odds_depend_on_player.KINDS", dict.fromkeys(("nth > 0", "spent >= 0"), Text("人人", "everybody")))
    (found,) = odds_depend_on_player.judge(audit)
    assert (found.verdict, found.could_have_seen) == (Verdict.INCONCLUSIVE, "")


def test_who_is_listed_is_who_would_be_if_everybody_were_weighed(
    tmp_path: Path, audited: Auditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("checks.draws.winners_concentrated.SHOWN", 1)
    better = {f"U{n:03d}" for n in range(1, 81) if n % 8 in (1, 3, 6)}
    audit, findings = audited(played(tmp_path / "case", lambda s: 30 if s.user in better else 1))
    strata: dict[tuple[str, str], list[Stratum]] = {}
    taken = f"SELECT participant_id, chance_num, chance_den, hit FROM {chances(audit, others(audit))} ORDER BY ALL"
    for person, num, den, hit in audit.engine.rows(taken):
        if hit is not None and 0 < num < den:
            strata.setdefault(("person", person), []).append(Stratum(int(den), int(num), 1, int(hit)))
    every = favoured({who: own for who, own in strata.items() if sum(one.hits for one in own) > 1})
    many = e_bh([one.log_bet for one in every], len(strata) + 1, 0.05)  # nobody is told to have recruited anybody
    assert many > 5
    told = [(row["name"], row["chances"], row["wins"]) for row in finding(findings, "winners_concentrated").rows]
    assert told == [(one.name, one.chances, one.hits) for one in every[:many]]


NOTICE = "  notice: {file: notices.csv, columns: {notice_id: 公告, published_at: 时间, campaign: 活动, text: 内容, odds: 赔率倍数}}\n"
CUT = datetime(2022, 4, 5)


def noticed(folder: Path, lines: list[str]) -> Path:
    played(folder, lambda s: 0.15 if s.at >= CUT else 1)
    return add(folder, NOTICE, "notices.csv", ["公告,时间,活动,内容,赔率倍数", *lines])


def test_a_change_that_a_notice_published_is_no_alarm(tmp_path: Path, audited: Auditor) -> None:
    _, findings = audited(noticed(tmp_path / "case", ["N7,2022-04-05 00:00:00,lucky-box,即日起赔率调整,3/20"]))
    assert failing(findings) == []
    assert "N7 (2022-04-05, x3/20)" in finding(findings, "odds_changed_unannounced").text.en


@pytest.mark.parametrize(
    "line",
    [
        "N7,2022-05-01 09:00:00,lucky-box,四月五日起赔率调整,3/20",
        "N7,2022-04-05 00:00:00,another-campaign,即日起赔率调整,3/20",
        "N7,2022-04-05 00:00:00,lucky-box,即日起赔率调整,3/2",
    ],
    ids=["published afterwards", "of another campaign", "of another change"],
)
def test_a_change_that_no_notice_published_is_an_alarm(line: str, tmp_path: Path, audited: Auditor) -> None:
    _, findings = audited(noticed(tmp_path / "case", [line]))
    one = finding(findings, "odds_changed_unannounced")
    assert one.verdict is Verdict.FAIL
    assert ("N7" in one.text.en) == ("another-campaign" not in line)


def test_odds_that_cannot_be_read_change_nothing_and_are_named(tmp_path: Path, audited: Auditor) -> None:
    _, findings = audited(noticed(tmp_path / "case", ["N7,2022-04-05 00:00:00,lucky-box,赔率调整,更低"]))
    one = finding(findings, "odds_changed_unannounced")
    assert one.verdict is Verdict.FAIL
    assert "not readable" in one.text.en

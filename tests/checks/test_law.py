"""Provisions: dated, sourced, chosen by day and jurisdiction; what nobody has verified reaches no report."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from audit.finding import Basis, Finding, Text, Verdict
from checks import every_check, law
from checks.cli import main
from tests.conftest import FIXTURES, SHARED

UNVERIFIED = (
    "cn-spc-spp-mps-2013-37-prior15", "cn-blindbox-2023-retention", "cn-gbt-37964", "eu-ucpd-annex1-23bc", "eu-dfa", "std-gli-11",
    "std-iso-17025", "cn-promo-2020-art16", "cn-promo-2020-art19", "cn-case-huasheng-2019",
)  # fmt: skip
DAY = date(2024, 9, 1)


def versions() -> list[tuple[str, dict[str, object]]]:
    return [(name, version) for name, found in law.provisions().items() for version in found]


def test_there_are_a_hundred_dated_provisions_each_with_its_source() -> None:
    assert sum("from" in version for _, version in versions()) >= 100
    for name, version in versions():
        assert set(version) <= law.FIELDS, name
        assert version["cite"], name
        assert version["gloss"], name
        assert version["source"], name
        assert version["status"] in ("verified", "quoted"), name
        assert version.get("words") or version.get("gloss_zh"), f"{name} says nothing in Chinese"
        assert ("value" in version) == ("unit" in version) == ("bound" in version), name
        assert version.get("bound", "at-least") in ("at-least", "more-than", "less-than"), name
        assert name.partition("-")[0] in (*law.JURISDICTIONS, "std"), name


def test_what_nobody_verified_is_nowhere() -> None:
    ids = {str(version["id"]) for _, version in versions()} | set(law.provisions())
    assert not ids & set(UNVERIFIED)
    numbered = {
        "cn-promo-2020-preset-winners",
        "cn-promo-2020-archive",
        "cn-blindbox-2023-no-manipulation",
        "cn-prepaid-card-2012",
    }
    for name in numbered:  # their article numbers are not confirmed
        assert all("条" not in str(version["cite"]) for version in law.provisions()[name])
    for name in (
        "cn-spc-spp-mps-2013-37-s1",
        "cn-blindbox-2023-art2",
        "eu-ucpd-annex1-14",
        "jp-mugen-2",
        "cn-crpl-2013-art20",
    ):
        assert not any("from" in v for n, v in versions() if name in (n, v["id"]))  # their first day is not


@pytest.mark.skipif(not (SHARED / "design" / "statutes.md").is_file(), reason="../shared/design is not on this machine")
def test_ids_and_status_agree_with_the_catalogue() -> None:
    page = (SHARED / "design" / "statutes.md").read_text("utf-8")
    rows = {m[1]: m[0] for m in re.finditer(r"^\| ((?:cn|us|eu|uk|jp|kr|std)-[a-z0-9-]+) \|.*$", page, re.M)}
    own = re.compile(
        r"cn-aucl-2019-art10-\w+|cn-promo-2020-(preset-winners|archive)|cn-case-huasheng|eu-(be|nl)-lootbox-\d+"
    )
    for name, version in versions():
        if own.fullmatch(str(version["id"])):
            continue
        assert version["id"] in rows, name
        status = rows[str(version["id"])].rsplit("|", 2)[1]
        if version["status"] == "verified":
            assert re.search(r"VERIFIED(?!-Q)", status.replace("UNVERIFIED", "")), name
        if (since := version.get("from")) and since.month != 1 and str(since) not in rows[str(version["id"])]:  # type: ignore[attr-defined]
            month = since - timedelta(days=1)  # type: ignore[operator]  # the page gives a month: it binds from its end on
            assert since.day == 1, name  # type: ignore[attr-defined]
            assert any(f"{month:{form}}" in rows[str(version["id"])] for form in ("%Y-%m", "%b %Y")), name


def test_thresholds_take_the_number_in_or_leave_it_out() -> None:
    at_least, more, less = (
        next(v for n, v in versions() if v.get("bound") == bound) for bound in ("at-least", "more-than", "less-than")
    )
    for version, below, at, above in (
        (at_least, False, True, True),
        (more, False, False, True),
        (less, True, False, False),
    ):
        number = int(str(version["value"]))
        assert [law.meets(version, number + step) for step in (-1, 0, 1)] == [below, at, above]
    cap = law.provisions()["cn-prize-cap"][0]
    assert [law.meets(cap, value) for value in (50_000, 50_001)] == [False, True]


def test_the_version_of_the_day_and_of_the_jurisdiction() -> None:
    before, after = date(2025, 10, 14), date(2025, 10, 15)
    assert [one["version"] for one in law.cite(["cn-prize-sales"], before, before)] == ["cn-aucl-2019-art10-sham"]
    assert [one["version"] for one in law.cite(["cn-prize-sales"], after, after)] == ["cn-aucl-2025-art11-3"]
    assert [one["version"] for one in law.cite(["uk-unfair-practices"], date(2025, 4, 5), date(2025, 4, 5))] == [
        "uk-cprs-2008-sch1"
    ]
    assert law.cite(["kr-dts-20-3"], DAY, DAY) == []
    assert law.cite(["us-koscot-1975"], DAY, DAY, ("cn",)) == []
    finding = Finding(
        "x", Verdict.PASS, Text("", ""), Basis.SCREEN, provisions=("us-koscot-1975", "cn-anti-pyramid-2005-art2")
    )
    assert law.bearing(finding, DAY, DAY, ("cn",)).provisions == ("cn-anti-pyramid-2005-art2",)
    assert law.bearing(finding, DAY, DAY, ("jp",)).provisions == ()


def test_every_predicate_is_answered_or_says_why_not() -> None:
    names = {check.name for check in every_check()}
    assert list(law.predicates()) == [f"P{number:02d}" for number in range(1, 41)]
    for name, one in law.predicates().items():
        assert set(one.get("checks", ())) <= names, name
        assert one.get("checks") or (one["unchecked"]["zh"] and one["unchecked"]["en"]), name
        assert set(one["provisions"]) <= set(law.provisions()), name


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_finding_cites_a_provision_or_says_that_it_is_a_fact(lang: str, tmp_path: Path) -> None:
    main(["audit", str(FIXTURES / "tea-club" / "rigged-ring"), "--out", str(tmp_path / "out"), "--lang", lang])
    found = json.loads((tmp_path / "out" / "findings.json").read_text("utf-8"))
    for finding in found["findings"]:
        assert finding["law"], finding["check"]
        assert (finding["law"] == ["no provision: a fact"]) == (not finding["provisions"])
    assert {one["id"] for one in found["provisions"]} == {
        name for one in found["findings"] for name in one["provisions"]
    }
    assert all(sum(one["counts"].values()) for one in found["provisions"])
    assert len(found["predicates"]) == 40
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert re.search('id="[A-Za-z-]+-law"', page)
    assert ("谎称有奖或者故意让内定人员中奖" in page) or lang == "en"
    assert "illegal" not in page.replace("never says", "")

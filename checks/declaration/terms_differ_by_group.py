"""The rules are not the same for everybody.

Does: says whom the campaign and each clause leave out, whose odds differ, and whom the promotion is made for; and where one shuts
    out what another is for.
Matters: terms that depend on who one is need a reason that can be shown; what is made for minors needs their guardians.
How: `eligible`, `audience`, and boosts by what a person has spent or how often they played, of every version. Lit where people are
    told apart by region, gender, occupation, age band, channel, device or spending, or where minors are meant. A lowest age,
    staff kept out and a welcome for newcomers are noted. An audience or a clause for people to whom the campaign is closed
    contradicts it.
Blind to: whether there is good reason; terms kept outside these rules; how the platform knows an age or a region.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.case import Declaration
from audit.evidence.eligible import said
from audit.finding import Basis, Finding, Text, Verdict, check, nothing
from audit.rules import People
from audit.rules.people import GROUPS, apart, named

TREATED = ("cn-pipl-2021-art24", "cn-algo-2022-art21", "cn-crpl-impl-2024-art9", "cn-platform-price-2026")
MINORS = (
    "cn-civil-code-art19-20",
    "cn-blindbox-2023-minors",
    "cn-minors-2020-art59",
    "cn-minors-2020-art74",
    "kr-dts-15-2",
)
ADULT = 18


@check(alone="only", provisions=(*TREATED, *MINORS))
def terms_differ_by_group(declared: Declaration) -> Iterator[Finding]:
    """Yield a screen for each group that the rules name, and a FAIL where a group is meant to whom the campaign is closed."""
    rules = declared.rules
    groups: list[tuple[str, People | None, tuple[str, ...], Text]] = [
        ("campaign", rules.eligible, ("eligible",), Text("活动只对以下人群开放", "The campaign is open only to people"))
    ]
    groups += [(name, one.eligible, ("awards", name, "eligible"), Text("该条款只付给以下人群", "The clause pays only people"))
               for name, one in rules.awards.items()]  # fmt: skip
    groups += [
        (
            "audience",
            rules.audience,
            ("audience",),
            Text("活动称其面向以下人群", "The promotion says that it is made for people"),
        )
    ]
    shown = [one for one in groups if one[1] is not None]
    for subject, people, path, what in shown:
        assert people is not None
        yield _told(declared, subject, people, path, what)
        if rules.eligible is not None and apart(people, rules.eligible):
            yield Finding(
                subject,
                Verdict.FAIL,
                Text(f"面向或付给{said(people).zh}的人，而活动只对{said(rules.eligible).zh}的人开放：没有人同时符合。",
                     f"For people {said(people).en}, while the campaign is open only to people {said(rules.eligible).en}: "
                     f"nobody is both."),
                Basis.DOCUMENT,
                clauses=(subject,) if subject in rules.awards else (),
                places=(declared.at(*path), declared.at("eligible")),
                mend=Text("修改其中之一", "change one of the two"),
            )  # fmt: skip
    for place, boost in enumerate(rules.boosts):
        if boost.where.spent or boost.where.nth:
            by = (
                Text("已花费金额", "what a person has spent")
                if boost.where.spent
                else Text("参加次数", "how often a person played")
            )
            yield Finding(f"boost {place + 1}", Verdict.FAIL if boost.where.spent else Verdict.PASS,
                          Text(f"概率因{by.zh}而异。", f"The odds depend on {by.en}."), Basis.SCREEN, provisions=TREATED,
                          places=(declared.at("boosts", place),))  # fmt: skip
            shown.append(groups[0])
    if not shown:
        yield nothing("groups", "规则对所有人相同。", "The rules are the same for everybody.")


def _told(declared: Declaration, subject: str, people: People, path: tuple[str, ...], what: Text) -> Finding:
    """Whom one group lets in, and why that is lit."""
    grounds = [name for name in named(people) if name in GROUPS]
    young = subject == "audience" and people.age is not None and (people.age.from_ or 0) < ADULT
    zh = "须有可说明的理由。" if grounds else "包括未成年人：须征得监护人同意。" if young else ""
    en = (
        " That needs a reason that can be shown."
        if grounds
        else " Minors among them need their guardian's consent."
        if young
        else ""
    )
    aged = MINORS if people.age is not None else ()
    return Finding(
        subject,
        Verdict.FAIL if grounds or young else Verdict.PASS,
        Text(f"{what.zh}：{said(people).zh}。{zh}", f"{what.en} {said(people).en}.{en}"),
        Basis.SCREEN,
        declared=people.says,
        clauses=(subject,) if subject in declared.rules.awards else (),
        provisions=(*(TREATED if grounds or people.new else ()), *aged) or TREATED[:1],
        places=(declared.at(*path),),
    )

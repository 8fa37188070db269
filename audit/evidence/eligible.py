"""Groups that rules name, in words, and whether somebody who would be owed an award belongs to its clause's."""

from __future__ import annotations

from datetime import datetime

from audit.case import Audit
from audit.evidence.inputs import cells, records, source
from audit.finding import Text
from audit.replay.eligible import inside
from audit.rules import Award, People
from audit.rules.people import GROUPS, Values

NAMES = {
    "age_band": Text("年龄段", "age band"), "gender": Text("性别", "gender"), "occupation": Text("职业", "occupation"),
    "region": Text("地区", "region"), "channel": Text("渠道", "channel"), "device": Text("设备", "device"),
}  # fmt: skip


def said(people: People) -> Text:
    """A group for a reader: `aged 18 or over, region other than north`."""
    zh, en = [], []
    if people.age and people.age.from_ is not None:
        zh, en = [f"年满 {people.age.from_} 岁"], [f"aged {people.age.from_} or over"]
    if people.age and people.age.below is not None:
        zh, en = [*zh, f"未满 {people.age.below} 岁"], [*en, f"under {people.age.below}"]
    for name in GROUPS:
        values: Values | None = getattr(people, name)
        if values is not None:
            zh.append(f"{NAMES[name].zh}{'为' if values.inside else '不为'}{'、'.join(values.names)}")
            en.append(f"{NAMES[name].en} {'' if values.inside else 'other than '}{' or '.join(values.names)}")
    if people.new is not None:
        days, rest = divmod(int(people.new.total_seconds()), 86400)
        zh.append(f"注册未满 {days} 日" if not rest else f"注册未满 {people.new}")
        en.append(f"joined less than {days} days before" if not rest else f"joined less than {people.new} before")
    if people.staff is not None:
        zh, en = [*zh, "非员工"], [*en, "not staff"]
    return Text("、".join(zh), ", ".join(en))


def open_steps(audit: Audit, award: Award | None, person: str | None, at: datetime | None) -> list[Text]:
    """To whom the clause is open, and whether this person was one of them then; nothing where it is open to all."""
    if award is None or award.eligible is None or person is None:
        return []
    test = inside(award.eligible, "t.moment", audit.case.file.timezone)
    sql = f"SELECT {test} FROM (SELECT CAST(? AS TIMESTAMPTZ) AS moment) AS t LEFT JOIN participant_once AS p ON p.participant_id = ?"
    held = audit.engine.value(sql, [at, person])
    zh, en = {True: ("属于", "is one of them"), False: ("不属于，不欠此人", "is not, and is owed nothing")}.get(
        held, ("导出不足以判断是否属于", "may or may not be: the export cannot tell"))  # fmt: skip
    names = ("participant_id", "joined_at", "age", *GROUPS)
    read = "; ".join(
        f"{source(audit, one).en} · {cells(audit, one, names)}"
        for one in records(audit, "participant", "participant_id", person)
    )
    people = said(award.eligible)
    return [Text(f"条款只付给{people.zh}的人：{person} {zh}（{read or '无记录'}）。",
                 f"The clause pays only people {people.en}: {person} {en} ({read or 'no record'}).")]  # fmt: skip

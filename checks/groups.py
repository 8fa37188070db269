"""Groups that rules name, in words; and whether two of them can have anybody in common."""

from __future__ import annotations

from audit.finding import Text
from audit.rules import People
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


def apart(one: People, other: People) -> bool:
    """Whether nobody can belong to both groups, by their ages or by one of the groups that they name."""
    ages = [people.age for people in (one, other) if people.age]
    lows = [age.from_ for age in ages if age.from_ is not None]
    highs = [age.below for age in ages if age.below is not None]
    if lows and highs and max(lows) >= min(highs):
        return True
    for name in GROUPS:
        first, second = getattr(one, name), getattr(other, name)
        if first is None or second is None or not (first.inside or second.inside):
            continue
        listed, rest = (first, second) if first.inside else (second, first)
        if not any((value in rest.names) == rest.inside for value in listed.names):
            return True
    return False

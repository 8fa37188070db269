"""Which orders buy entry and which are sales outside, as case.yaml says or the ranks imply: as SQL, and in words."""

from __future__ import annotations

from dataclasses import field

from pydantic.dataclasses import dataclass

from audit.engine import literal
from audit.finding import Text
from audit.rules import Rules
from audit.rules.awards import Condition
from audit.rules.scalars import STRICT


@dataclass(frozen=True, config=STRICT)
class Attribution:
    """Which orders are what. Absent: no order buys entry; an order is own use if its buyer takes part in the rewards."""

    entry: Condition = field(default_factory=Condition)
    outside: Condition = field(default_factory=Condition)


def entries_of(rules: Rules, given: Attribution) -> list[Condition]:
    """The orders that buy entry: as case.yaml says, else those whose purchase a declared rank asks for."""
    if named(given.entry):
        return [given.entry]
    bought = [rank.bought for rank in rules.ranks.values() if rank.bought]
    return [Condition(item=one.item, kind=one.kind) for one in bought]


def attribution(rules: Rules, given: Attribution) -> Text:
    """The rule in words, to be printed beside every figure that rests on it."""
    bought = [words for one in entries_of(rules, given) if (words := named(one))]
    parts = [
        Text("、".join(one.zh for one in bought), ", ".join(one.en for one in bought)) if bought else None,
        named(given.outside),
    ]
    entry = parts[0] or Text("没有声明任何订单为入门费", "no order is declared to buy entry")
    outside = parts[1] or Text(
        "买家既未发展他人、也未因他人得奖的订单", "orders by people who recruited nobody and were paid for nobody"
    )
    return Text(
        f"归集规则：每笔奖励归于它所对应的事件，再归于该事件带来的钱。入门费＝{entry.zh}；对外销售＝{outside.zh}；"
        "其余订单＝自用；参加和（按声明）发起活动所付＝参与费；注册等不带来钱的事件，以及超出该类收入的部分＝平台自有资金。"
        "钱不分彼此，这只是一种归集。",
        f"Attribution: a reward is traced to the event it is paid for, and so to the money that event moved. Entry = {entry.en}; "
        f"outside sales = {outside.en}; every other order = own use; what is paid to take part in an activity, and as declared to "
        "start one, = stakes; events that move no money, and what exceeds the money of its class = the platform's own. Money is "
        "fungible: this is a rule.",
    )


def named(condition: Condition) -> Text | None:
    """The orders of a condition, in words."""
    words = [*(condition.item or ()), *(condition.kind or ())]
    return Text("、".join(words), ", ".join(words)) if words else None


def any_of(conditions: list[Condition]) -> str:
    """One of some conditions on an order `b`, as SQL; of none, none holds."""
    return " OR ".join(f"({where(one)})" for one in conditions) or "false"


def where(condition: Condition) -> str:
    """A condition on an order `b` as SQL; an empty one holds for none."""
    parts = [
        f"b.{column} IN ({', '.join(map(literal, words))})"
        for column, words in (("item", condition.item), ("kind", condition.kind))
        if words
    ]
    return "coalesce(" + " AND ".join(parts) + ", false)" if parts else "false"

"""Plans that pay recruiters, as they grow and stop growing: everybody buys once on joining, and the replay says who is paid.

Scenarios, no predictions: everybody recruits the same number until there are enough people, or each newcomer joins under
somebody at random. What a plan pays to those who joined last, when nobody joins any more, is where it ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from audit.exhibit import Exhibit
from audit.finding import Text
from audit.forecast.activity import show
from audit.rules import Rules
from audit.rules.units import Units
from audit.simulate.play import World
from audit.simulate.settle import money_of, settle
from audit.simulate.world import DAY, Scenario, leaders, referrers

BRANCHES = (2, 3, 5)
MOST = 40  # recruits of one person that are tried for the break-even


@dataclass(frozen=True)
class Grown:
    """A plan after everybody of a scenario has joined and bought once, amounts in units.

    levels: (level, people, mean net, how many are in loss); account: (people so far, the platform's money in less out).
    """

    name: str
    people: int
    levels: tuple[tuple[int, int, Fraction, int], ...]
    account: tuple[tuple[int, Fraction], ...]
    paid_out: Fraction
    taken_in: Fraction

    @property
    def losing(self) -> Fraction:
        """The share of people whose awards do not cover what they paid."""
        return Fraction(sum(level[3] for level in self.levels), self.people)


def pays_upwards(rules: Rules) -> bool:
    """Whether orders pay people above those who order."""
    return any(award.on == "order" and award.to != "participant" for award in rules.awards.values())


def growth(rules: Rules, price: int, people: int, seed: int) -> tuple[Exhibit, ...]:
    """The exhibits of a plan that pays recruiters, at a price in units; none where it does not."""
    if not pays_upwards(rules):
        return ()
    grown = [grow(rules, price, Scenario(people, people, branch, seed)) for branch in BRANCHES]
    chance = grow(rules, price, Scenario(people, people, None, seed))
    return (_break_even(rules, price), _scenarios([*grown, chance], price), *_levels(grown[0]), _account(grown[0]))


def grow(rules: Rules, price: int, scenario: Scenario) -> Grown:
    """Let a scenario's people join, one every minute, each buying once; then add up by level."""
    import numpy as np

    above = referrers(scenario, np.random.default_rng(scenario.seed))
    level = np.ones(len(above), dtype=np.int64)
    for number, recruiter in enumerate(above):
        if recruiter:
            level[number] = level[recruiter - 1] + 1
    engine = settle(world_of(rules, price, scenario, above))
    asset = money_of(rules)
    step = Fraction(rules.assets[asset].step)
    try:
        engine.take("level", {"number": np.arange(1, len(above) + 1), "level": level})
        engine.rows(
            "CREATE VIEW net AS SELECT p.number, p.level, coalesce(e.amount, 0) - coalesce(b.amount, 0) AS net FROM level AS p\n"
            "LEFT JOIN (SELECT payee, sum(amount) AS amount FROM owed WHERE asset = $asset GROUP BY payee) AS e\n"
            "    ON e.payee = printf('U%07d', p.number)\n"
            "LEFT JOIN (SELECT participant_id, sum(amount) AS amount FROM purchase GROUP BY ALL) AS b\n"
            "    ON b.participant_id = printf('U%07d', p.number)".replace("$asset", f"'{asset}'")
        )
        levels = engine.rows(
            "SELECT level, count(*), sum(net), count(*) FILTER (net < 0) FROM net GROUP BY level ORDER BY level"
        )
        moves = engine.rows(
            "SELECT moment, sum(amount) FROM (SELECT paid_at AS moment, amount FROM purchase\n"
            f"    UNION ALL SELECT event_at, -amount FROM owed WHERE asset = '{asset}') AS moved GROUP BY moment ORDER BY moment"
        )
        taken, paid = engine.rows(
            f"SELECT (SELECT sum(amount) FROM purchase), (SELECT coalesce(sum(amount), 0) FROM owed WHERE asset = '{asset}')"
        )[0]
    finally:
        engine.connection.close()
    running, account = Fraction(0), []
    for place, (_, amount) in enumerate(moves, 1):
        running += int(amount) * step
        account.append((place, running))
    every = max(1, len(account) // 60)
    kept = tuple(one for one in account if one[0] % every == 0 or one is account[-1])
    found = tuple(
        (int(one), int(count), Fraction(int(net)) * step / count, int(lost)) for one, count, net, lost in levels
    )
    name = str(scenario.recruits) if scenario.recruits is not None else ""
    return Grown(name, len(above), found, kept, int(paid) * step, int(taken) * step)


def break_even_recruits(rules: Rules, price: int, most: int = MOST) -> list[Fraction]:
    """What one member is paid, less the price, after 0, 1, 2, … recruits who buy once and recruit nobody themselves."""
    import numpy as np

    above = np.concatenate([[0], np.ones(most, dtype=np.int64)])
    engine = settle(world_of(rules, price, Scenario(most + 1, most + 1), above))
    asset = money_of(rules)
    step = Fraction(rules.assets[asset].step)
    try:
        rows = engine.rows(
            "SELECT b.paid_at, coalesce(sum(o.amount), 0) FROM purchase AS b\n"
            "LEFT JOIN owed AS o ON o.event_at = b.paid_at AND o.payee = 'U0000001' AND o.asset = ?\n"
            "GROUP BY b.paid_at ORDER BY b.paid_at",
            [asset],
        )
    finally:
        engine.connection.close()
    found, running = [], Fraction(-price)
    for _, amount in rows:
        running += int(amount) * step
        found.append(running)
    return found


def world_of(rules: Rules, price: int | Decimal, scenario: Scenario, above: object) -> World:
    """Everybody of a scenario joins under the number in `above` (0: nobody), a minute apart, and buys once at the price."""
    import numpy as np

    referrer = np.asarray(above, dtype=np.int64)
    day = rules.effective.from_
    begin = int(datetime(day.year, day.month, day.day, 1, tzinfo=UTC).timestamp()) + DAY
    number = np.arange(1, len(referrer) + 1)
    asset = money_of(rules)
    cents = Units.of(asset, rules.assets[asset].step).steps(Decimal(price))
    zero = np.zeros(len(referrer), dtype=np.int64)
    return World(
        rules,
        scenario,
        begin,
        {
            "participant": {
                "id": number,
                "above": referrer,
                "leader": leaders(referrer),
                "moment": begin + 60 * number,
            },
            "purchase": {
                "id": number,
                "who": number,
                "moment": begin + 60 * number + 30,
                "kind": zero,
                "cents": zero + cents,
            },
        },
    )


def _break_even(rules: Rules, price: int) -> Exhibit:
    nets = break_even_recruits(rules, price)
    even = next((place for place, net in enumerate(nets) if net >= 0), None)
    kept = nets[: (even or 9) + 2]
    rows = tuple((str(place), show(net + price), show(net)) for place, net in enumerate(kept))
    head = (Text("直推人数", "recruits"), Text("累计奖励", "awards so far"), Text("净得", "net of the price"))
    told = Text(f"推荐 {even} 人回本。", f"Even with {even} recruits.") if even is not None else Text(
        f"推荐 {MOST} 人仍未回本。", f"Not even with {MOST} recruits.")  # fmt: skip
    note = Text(
        f"价格 {price}。{told.zh}每位下线各买一次，不再推荐他人；按入账计，不扣冻结。",
        f"At a price of {price}. {told.en} Each recruit buys once and recruits nobody; as credited, before anything is frozen.",
    )
    return Exhibit("break-even", Text("回本所需人数", "Recruits needed to break even"), head, rows, note)


def _scenarios(grown: Sequence[Grown], price: int) -> Exhibit:
    rows = tuple(
        (one.name or "random", f"{one.people:,}", str(len(one.levels)), f"{float(one.losing):.2%}",
         f"{float(one.paid_out / one.taken_in):.2%}", show(one.taken_in - one.paid_out))
        for one in grown
    )  # fmt: skip
    head = (
        Text("每人推荐", "each recruits"), Text("总人数", "people"), Text("层数", "levels"),
        Text("亏损者比例", "in loss at the end"), Text("付给推荐人", "paid to recruiters"),
        Text("平台所余", "left to the platform"),
    )  # fmt: skip
    note = Text(
        f"情景，不是预测：每人加入时各买一次，价格 {price}；人数用尽即停。random：随机加入某人之下。由重放逐笔计算。",
        f"Scenarios, no predictions: everybody buys once on joining, at {price}, until nobody is left to join; random: each joins "
        "under somebody at random. Every award is worked out by the replay.",
    )
    return Exhibit("growth", Text("扩张与停止", "Growth, and its end"), head, rows, note)


def _levels(grown: Grown) -> tuple[Exhibit, ...]:
    rows = tuple(
        (str(level), f"{people:,}", f"{people / grown.people:.2%}", show(net), f"{lost / people:.2%}")
        for level, people, net, lost in grown.levels
    )
    head = (Text("层", "level"), Text("人数", "people"), Text("占比", "share of all"), Text("平均净得", "mean net"),
            Text("亏损比例", "in loss"))  # fmt: skip
    bars = tuple((str(level), float(net)) for level, _, net, _ in grown.levels)
    title = Text(f"各层净得，每人推荐 {grown.name} 人", f"Net by level, each recruiting {grown.name}")
    note = Text("最后加入的人没有下线。", "Those who joined last have nobody below.")
    return (Exhibit("growth-levels", title, head, rows, note, bars, axis=(head[0], head[3])),)


def _account(grown: Grown) -> Exhibit:
    """The platform's money as people join; when they stop, nothing more comes in."""
    bands = tuple((float(place), float(value), float(value), float(value)) for place, value in grown.account)
    marks = grown.account[:: max(1, len(grown.account) // 8)]
    rows = tuple((f"{place:,}", show(value)) for place, value in marks)
    head = (Text("人数", "people"), Text("平台所余", "left to the platform"))
    note = Text("人数用尽之后再无收入。", "Once nobody is left to join, nothing more comes in.")
    title = Text("平台账目随人数变化", "The platform's account as people join")
    return Exhibit("growth-account", title, head, rows, note, bands=bands, axis=head)

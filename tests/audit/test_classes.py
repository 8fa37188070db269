"""Bets on classes, people, envelopes: fair by enumeration, sharp where planted, named in words that read back."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from fractions import Fraction

import pytest
from pydantic import TypeAdapter

from audit.replay.known import boosted
from audit.rules import Boost
from audit.stats.bets import log_sum
from audit.stats.classes import (
    RATIOS,
    Cell,
    ClassEvidence,
    binned,
    class_bets,
    class_evidence,
    equal_parts,
    places_of,
    spans,
)
from audit.stats.envelopes import (
    LAWS,
    all_that_is_left,
    envelope_evidence,
    envelopes_needed,
    even,
    log_law_bet,
    twice_the_mean,
)
from audit.stats.laws import Stratum, best_constant, class_p_value, highest, hit_law, log_class_bet, log_mean, tilted
from audit.stats.ledger import Link, broken, evidence, sealed
from audit.stats.people import e_bh, favoured, least_favour
from audit.stats.plan import activities, of_ratio
from audit.stats.power import smallest_ratio

FAMILIES = {"below": 0.3, "from": 0.2, "one": 0.2, "around the clock": 0.2, "late": 0.05, "every second": 0.05}


def outcomes(shapes: Sequence[tuple[int, int, int]]) -> list[tuple[float, list[Stratum]]]:
    """Every outcome of these draws (size, winners, drawn) with its chance."""
    laws = [hit_law(*shape) for shape in shapes]
    found = []
    for hits in itertools.product(*laws):
        strata = [Stratum(*shape, hit) for shape, (hit, _) in zip(shapes, hits, strict=True)]
        found.append((math.prod(p for _, p in hits), strata))
    return found


SHAPES = ((6, 1, 1), (4, 2, 2), (25, 1, 5), (1000, 6, 1), (5, 5, 2))


def test_class_bets_are_fair_by_enumeration() -> None:
    total = math.fsum(
        chance
        * math.exp(
            log_sum(
                [one.score for one in class_bets([Cell(n, (s,)) for n, s in enumerate(strata)], range(5), FAMILIES)]
            )
        )
        for chance, strata in outcomes(SHAPES)
    )
    assert abs(total - 1) < 1e-12


@pytest.mark.parametrize("ratio", [0.25, 3.0])
def test_what_a_constant_change_explains_is_no_dependence(ratio: float) -> None:
    """Universal inference: under odds all multiplied alike, the mean of the remaining gain is at most 1."""
    total = 0.0
    for _, strata in outcomes(SHAPES[:4]):
        true = 1.0
        for one in strata:
            law = hit_law(one.size, one.winners, one.drawn)
            norm = sum(p * ratio**hit for hit, p in law)
            true *= dict(law)[one.hits] * ratio**one.hits / norm
        found = class_evidence(
            [Cell(n, (s,)) for n, s in enumerate(strata)], range(4), {"below": 0.5, "from": 0.5}, 7.0
        )
        assert found is not None
        total += true * math.exp(found.log_e)
    assert total <= 1 + 1e-9


def test_exact_p_values_have_their_size() -> None:
    found = [(chance, class_p_value(strata)) for chance, strata in outcomes(SHAPES[:4])]
    assert math.isclose(sum(chance for chance, _ in found), 1)
    for level in {p for _, p in found}:
        assert sum(chance for chance, p in found if p <= level) <= level + 1e-12


def test_weights_add_to_one_and_families_hold_what_they_say() -> None:
    bets = class_bets([Cell(0, (Stratum(6, 1, 1, 0),))], range(24), FAMILIES)
    assert math.isclose(sum(one.weight for one in bets), 1)
    assert len({(one.family, one.first, one.last) for one in bets}) * len(RATIOS) == len(bets)
    assert spans(4, "below") == [(0, 0), (0, 1), (0, 2)]
    assert spans(4, "around the clock")[-1] == (3, 1)
    assert [list(places_of(a, b, 5)) for a, b in spans(5, "every second")] == [[0, 2, 4], [1, 3]]
    assert equal_parts(1, 6) == [1, 2, 3, 4, 5, 6]
    assert equal_parts(0, 99, 4) == [0, 25, 50, 75]


def test_power_is_what_simulation_finds() -> None:
    inside, outside = [Stratum(20, 1, 1, 0, 400)], [Stratum(20, 1, 1, 0, 400)]
    below, above = smallest_ratio(inside, outside, math.log(1000))
    assert below is None or below <= 0.125
    assert above == 5.0
    rng, shown = random.Random(1), 0
    for _ in range(300):
        hits = [sum(rng.random() < p for _ in range(400)) for p in (5 / 24, 1 / 20)]
        strata = [[Stratum(20, 1, 1, 1, h), Stratum(20, 1, 1, 0, 400 - h)] for h in hits]
        shown += log_class_bet(strata[0], 5.0) - best_constant([*strata[0], *strata[1]]) >= math.log(1000)
    assert shown >= 0.85 * 300


@pytest.mark.parametrize("ratio", ["below", "above"])
def test_of_kinds_that_overlap_the_one_stated_leaves_chances_outside_and_is_found(ratio: str) -> None:
    """Nobody plays more than three times: of the first three chances a change could not be told from one of all odds."""
    need, rng = math.log(5000), random.Random(4)

    def played(times: float) -> tuple[list[Cell], list[Stratum]]:
        first = sum(rng.random() < times / (times + 9) for _ in range(1500))
        later = sum(rng.random() < 1 / 10 for _ in range(1500))
        kinds = [[Stratum(10, 1, 1, 1, hits), Stratum(10, 1, 1, 0, 1500 - hits)] for hits in (first, later)]
        return [Cell(0, tuple(kinds[0])), Cell(1, (*kinds[0], *kinds[1]))], [*kinds[0], *kinds[1]]

    def weighed(times: float) -> ClassEvidence:
        cells, every = played(times)
        found = class_evidence(cells, range(9), {"one": 1.0}, need, best_constant(every), every)
        assert found is not None
        return found

    honest = weighed(1.0)
    assert honest.typical == (0, 0)
    stated = getattr(honest, ratio)
    assert stated is not None
    assert sum(weighed(stated).log_e >= need for _ in range(60)) >= 51


def test_plan_agrees_with_the_bet() -> None:
    assert activities(0.5, 0.0, 5.0) == 10
    assert activities(0.0, 1.0, 5.0) is None
    needed = of_ratio([(6, 1, 1, 1.0)], 3.0, 1.0, math.log(1000))
    assert needed is not None
    rng = random.Random(2)
    won = [sum(rng.random() < 3 / 8 for _ in range(needed)) for _ in range(400)]
    gains = [log_class_bet([Stratum(6, 1, 1, 1, h), Stratum(6, 1, 1, 0, needed - h)], 3.0) for h in won]
    assert sum(gain >= math.log(1000) for gain in gains) >= 0.85 * 400


def test_one_who_wins_too_often_among_many() -> None:
    people = {("person", f"U{n}"): [Stratum(25, 1, 1, 1, 2), Stratum(25, 1, 1, 0, 48)] for n in range(50)}
    people["person", "shill"] = [Stratum(25, 1, 1, 1, 20), Stratum(25, 1, 1, 0, 30)]
    found = favoured(people)
    assert found[0].name == "shill"
    assert found[0].log_bet > math.log(1e6)
    assert e_bh([one.log_bet for one in found], 51, 0.05) == 1
    assert e_bh([0.0, -1.0], 51, 0.05) == 0
    assert least_favour(people["person", "U0"], 50, math.log(1000)) is not None
    assert least_favour([Stratum(25, 1, 1, 0, 3)], 50, math.log(1000)) is None


def test_chances_of_a_bin_are_counted_together() -> None:
    """What is bet on bins of many values is bet on bins counted as one; a bin keeps its greatest value."""
    rng, edges = random.Random(5), (0, 3, 10)
    cells = [
        Cell(value, tuple(Stratum(size, 1, 1, hit, rng.randrange(1, 40)) for size in (20, 24) for hit in (0, 1)))
        for value in range(40)
    ]
    together = binned(cells, edges)
    assert [(one.value, len(one.strata)) for one in together] == [(2, 4), (9, 4), (39, 4)]
    for old, new in zip(class_bets(cells, edges, FAMILIES), class_bets(together, edges, FAMILIES), strict=True):
        assert (old.first, old.last, old.ratio, old.weight) == (new.first, new.last, new.ratio, new.weight)
        if 0 <= old.first <= old.last:
            own = [one for cell in cells if old.first <= cell.value <= old.last for one in cell.strata]
            assert new.log_bet == pytest.approx(log_class_bet(own, old.ratio), rel=1e-9)


@pytest.mark.parametrize("odd", [0, 1])
def test_every_second_bin_is_told_as_it_was_bet_on(odd: int) -> None:
    """Ten bins of one box each, the last of them wide: boxes 2, 4, 6, 8, 10 to 19 (or 1, 3, 5, 7, 9) win three times as often."""
    edges = range(1, 11)
    favoured_boxes = set(range(-1, 10, 2)) if odd else {2, 4, 6, 8, *range(10, 20)}
    cells = [
        Cell(box, (Stratum(20, 1, 1, 1, hits), Stratum(20, 1, 1, 0, 2000 - hits)))
        for box in (-1, *range(1, 20))
        for hits in [270 if box in favoured_boxes else 100]
    ]
    found = class_evidence(cells, edges, {"every second": 0.9, "all": 0.1}, 5.0)
    assert found is not None
    assert (found.best.first, found.best.ratio) == (-1 if odd else -2, 3.0)
    many = len(favoured_boxes)  # a value below the first bin is in the first bin
    assert (found.chances, found.hits) == (2000 * many, 270 * many)
    assert found.due == pytest.approx(100 * many)


@pytest.mark.parametrize(("pot", "people"), [(12, 3), (9, 4), (30, 2)])
def test_laws_of_envelopes_add_to_one_and_bets_on_them_are_fair(pot: int, people: int) -> None:
    for law in (even, twice_the_mean, all_that_is_left):
        assert math.isclose(sum(math.exp(law(share, pot, people)) for share in range(pot + 1)), 1)
    ways = [parts for parts in itertools.product(range(1, pot), repeat=people) if sum(parts) == pot]
    for law, _ in LAWS.values():
        assert sum(math.exp(log_law_bet([parts], law)) for parts in ways) / len(ways) <= 1 + 1e-9
    assert sum(math.exp(envelope_evidence([parts]).log_e) for parts in ways) / len(ways) <= 1 + 1e-9


def test_envelopes_are_weighed_together_as_one_by_one() -> None:
    rng = random.Random(7)
    sizes = {people: [_near_the_mean(rng, 200, people) for _ in range(40)] for people in (2, 5)}
    sizes[5].append([30, 30, 50, 50, 40])  # nobody alone has the best luck
    rows = [row for table in sizes.values() for row in table]
    for law, _ in LAWS.values():
        assert math.isfinite(log_law_bet(rows, law))
        assert log_law_bet(list(sizes.values()), law) == pytest.approx(
            sum(log_law_bet([row], law) for row in rows), rel=1e-12
        )
    together, alone = envelope_evidence(list(sizes.values())), envelope_evidence(rows)
    assert together.lucky == alone.lucky
    assert together.log_e == pytest.approx(alone.log_e, rel=1e-12)
    largest = [row for row in sizes[5] if row.count(max(row)) == 1]
    assert together.lucky == tuple(sum(row.index(max(row)) == place for row in largest) for place in range(5))


def _near_the_mean(rng: random.Random, left: int, people: int) -> list[int]:
    """Shares that every law allows."""
    parts = []
    for more in range(people, 1, -1):
        parts.append(rng.randrange(1, 3 * left // (2 * more)))
        left -= parts[-1]
    return [*parts, left]


def test_an_envelope_of_many_steps_is_as_one_of_fewer() -> None:
    need = math.log(1e5)
    assert envelopes_needed({(10**12, 3): 1}, need) == envelopes_needed({(10**6, 3): 1}, need)
    gain = square = 0.0
    for left, people in ((3000, 4), (2250, 3)):  # what is left to four, and on average to three of them
        laws = [(twice_the_mean(share, left, people), even(share, left, people)) for share in range(1, left)]
        mean = math.fsum(math.exp(q) * (q - p) for q, p in laws if q > -math.inf)
        gain += mean
        square += math.fsum(math.exp(q) * (q - p - mean) ** 2 for q, p in laws if q > -math.inf)
    assert envelopes_needed({(3000, 4): 1}, need) == activities(gain, math.sqrt(square), need - math.log(0.3))


@pytest.mark.parametrize("sizes", [(3,), (3, 2), (5, 3), (8,)])
def test_so_many_envelopes_show_twice_the_mean_nine_times_in_ten(sizes: tuple[int, ...]) -> None:
    need, rng = math.log(5000), random.Random(len(sizes) + sizes[0])
    wanted = envelopes_needed({(1000, people): 1 for people in sizes}, need)
    found = 0
    for _ in range(100):
        tables = [[_doubled(rng, 1000, people) for _ in range(math.ceil(wanted / len(sizes)))] for people in sizes]
        found += envelope_evidence(tables).log_e >= need
    assert found >= 85


def _doubled(rng: random.Random, left: int, people: int) -> list[int]:
    """Each takes up to twice the mean of what is left, at least 1."""
    parts: list[int] = []
    for more in range(people, 1, -1):
        parts.append(max(1, int(rng.random() * 2 * left / more)))
        left -= parts[-1]
    return [*parts, left]


def test_continuous_constants_of_the_doubled_mean() -> None:
    """Best luck of the first of three: 3 ln(4/3) - 1/2; the divergence from the even law."""
    rng, first, runs = random.Random(3), 0, 20_000
    for _ in range(runs):
        a = rng.random() * 2 / 3
        b = rng.random() * (1 - a)
        first += a > max(b, 1 - a - b)
    assert first / runs == pytest.approx(3 * math.log(4 / 3) - 0.5, abs=0.012)
    pot, gain = 3000, 0.0
    for a in range(1, pot - 1):
        q = twice_the_mean(a, pot, 3)
        gain += math.exp(q) * (q - even(a, pot, 3)) if q > -math.inf else 0.0
    assert gain == pytest.approx(1.5 * (2 / 3 - math.log(3) / 3) - math.log(4 / 3), abs=2e-3)


def test_a_chain_shows_every_change() -> None:
    one = sealed(Link("2022-01-01", "2022-01-02", ("aa",), "t1", 0.5, "genesis"))
    two = sealed(Link("2022-01-02", "2022-01-03", ("bb",), "t2", 0.7, one.own))
    assert broken([one, two], "genesis") is None
    assert broken([one, two], "other") == 0
    assert broken([two], "genesis") == 0
    assert broken([one, Link(**{**two.__dict__, "log_e": 0.0})], "genesis") == 1
    assert evidence({"a": 1.0, "b": None}, {"a": 0.5, "b": 0.5}) == pytest.approx(1 + math.log(0.5))


def test_boosts_multiply_odds_exactly() -> None:
    import duckdb

    boost = TypeAdapter(Boost).validate_python({"where": {"hour": "22-5", "spent": {"from": "10"}}, "times": "1/3"})
    sql = boosted("chance_known", [boost], Fraction(1, 100))
    columns = "entry_id, part, activity_id, participant_id, initiator_id, position, misses, taken_at, paid, hit"
    known = "hour, day, nth, spent, collected, won_that_day, half, chance_num, chance_den"
    db = duckdb.connect()
    rows = [(23, 1000, 1, 4), (23, 999, 1, 4), (12, 1000, 1, 4), (0, 5000, 4, 4), (5, 1000, 0, 4)]
    body = ", ".join(
        f"('e', 1, 'a', 'p', 'i', 1, NULL, NULL, 0, 0, {h}, 0, 1, {s}, 0, 0, 1, {n}, {d})" for h, s, n, d in rows
    )
    db.execute(f"CREATE TABLE chance_known AS SELECT * FROM (VALUES {body}) AS t({columns}, {known})")
    found = db.execute(f"SELECT chance_num, chance_den FROM ({sql})").fetchall()
    assert [Fraction(num, den) for num, den in found] == [Fraction(1, 10), Fraction(1, 4), Fraction(1, 4), 1, 0]


@pytest.mark.parametrize(("size", "winners", "drawn"), [(300, 120, 150), (1000, 600, 900)])
@pytest.mark.parametrize("ratio", [0.01, 0.5, 30.0, 100.0])
def test_draws_of_hundreds_of_hits_are_weighed_exactly(size: int, winners: int, drawn: int, ratio: float) -> None:
    """Such powers of a ratio are more than a float holds; whole fractions hold them."""
    ways = [(hit, math.comb(drawn, hit) * math.comb(size - drawn, winners - hit))
            for hit in range(max(0, winners + drawn - size), min(winners, drawn) + 1)]  # fmt: skip
    exact = sum(count * Fraction(ratio) ** hit for hit, count in ways) / math.comb(size, winners)
    log = math.log(exact.numerator) - math.log(exact.denominator)
    law, hits = hit_law(size, winners, drawn), winners * drawn // size
    assert log_mean(law, ratio) == pytest.approx(log, rel=1e-9)
    stratum = Stratum(size, winners, drawn, hits, 3)
    assert log_class_bet([stratum], ratio) == pytest.approx(3 * (hits * math.log(ratio) - log), rel=1e-9)
    likely = sum(hit * count * Fraction(ratio) ** hit for hit, count in ways) / sum(count * Fraction(ratio) ** hit for hit, count in ways)
    assert sum(hit * p for hit, p in tilted(law, ratio)) == pytest.approx(float(likely), rel=1e-9)
    assert highest([(law, 1.0, float(likely))])[0] == pytest.approx(math.log(ratio), abs=1e-6)


@pytest.mark.parametrize(("count", "den", "hits"), [(20_001, 10_000, 10), (30_000, 100_000, 4), (10**8, 10**9, 3), (50_000, 1000, 90)])
def test_p_values_of_rare_prizes_are_exact_among_many_chances(count: int, den: int, hits: int) -> None:
    from scipy.stats import binom

    strata = [Stratum(den, 1, 1, 0, count - hits), Stratum(den, 1, 1, 1, hits)]
    law = binom(count, 1 / den)
    assert class_p_value(strata) == pytest.approx(2 * min(law.cdf(hits), law.sf(hits - 1)), rel=1e-6)


@pytest.mark.parametrize(("count", "den"), [(30_000, 10), (60_000, 12), (3_000_000, 1000), (30_000, 2)])
@pytest.mark.parametrize("errors", [-10, -6, -3, -1, -0.2, -0.05, 0.05, 0.2, 1, 3, 5, 8, 12])
def test_p_values_far_out_are_right_where_hits_are_many(count: int, den: int, errors: float) -> None:
    from scipy.stats import binom

    law = binom(count, 1 / den)
    hits = round(law.mean() + errors * law.std())
    seen = class_p_value([Stratum(den, 1, 1, 0, count - hits), Stratum(den, 1, 1, 1, hits)])
    assert seen == pytest.approx(min(1, 2 * min(law.cdf(hits), law.sf(hits - 1))), rel=5e-3, abs=0)


@pytest.mark.parametrize("off", [-600, -60, 0, 60, 300, 900])
def test_p_values_far_out_agree_with_those_that_are_convolved(off: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve thousand groups of 50, ten of them a class's and ten winning, beside nine thousand draws of one from seven."""
    hits = 9000 // 7 + off
    strata = [Stratum(50, 10, 10, 2, 12_000), Stratum(7, 1, 1, 1, hits), Stratum(7, 1, 1, 0, 9000 - hits)]
    seen = class_p_value(strata)
    monkeypatch.setattr("audit.stats.laws.EXACT", 10**9)
    assert seen == pytest.approx(class_p_value(strata), rel=5e-3, abs=0)


def test_p_values_of_several_laws_are_exact_among_many_chances() -> None:
    """Thirty thousand chances of 1 in 5000 and twenty thousand groups of two of ten that hold one prize of 2000."""
    from scipy.stats import binom

    singles = [Stratum(5000, 1, 1, 0, 30_000 - 12), Stratum(5000, 1, 1, 1, 12)]
    strata = [*singles, Stratum(2000, 1, 2, 0, 20_000 - 30), Stratum(2000, 1, 2, 1, 30)]
    one, other = binom.pmf(range(400), 30_000, 1 / 5000), binom.pmf(range(400), 20_000, 1 / 1000)
    upper = 1 - sum(one[first] * other[:42 - first].sum() for first in range(42))
    assert class_p_value(strata) == pytest.approx(2 * upper, rel=1e-6)

"""`redraw monitor CASE --state FILE`: each day's export is multiplied in; one error budget lasts for years."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from audit import __version__
from audit.build import build
from audit.case import Audit, Case, damage, read_case
from audit.finding import several
from audit.hidden import cells_by
from audit.problem import Problem
from audit.rules import Boxes, Chances, Group, Numbers, Raffle, eras
from audit.stats.bets import LN10
from audit.stats.classes import Cell, cells_of, class_bets, equal_parts
from audit.stats.ledger import VERSION, Link, broken, digest_of, evidence, sealed
from checks.draws.tickets_favoured import HANDED, KINDS, ticket_cells

RATIOS = (0.0, 0.25, 0.5, 0.7, 1.5, 2.0, 3.0, 10.0)
FAMILIES: Mapping[str, Mapping[str, float]] = {
    "all": {"all": 1.0}, "position": {"below": 0.5, "from": 0.3, "one": 0.2}, "misses": {"from": 0.6, "below": 0.4},
    "hour": {"around the clock": 1.0}, "place": {"one": 1.0}, "number": {"one": 1.0},
    "tickets": {"all": 1.0},
}  # fmt: skip
NEEDED = (
    "entry.entry_id",
    "entry.activity_id",
    "entry.position",
    "entry.entered_at",
    "outcome.outcome",
    "drawn_number.number",
)
NEEDED_OF_RAFFLES = ("entry.weight", "entry.participant_id", "outcome.decided_at")
DRAWS = ("entry", "outcome", "draw", "drawn_number")  # a file of these holds draws, and counts once
PLACES = """
SELECT o.position, g.size, g.winners_due, 1, CAST(o.outcome = 'win' AS INTEGER), count(*)
FROM entry_played AS o JOIN group_state AS g ON g.activity_id = o.activity_id
WHERE g.is_ordered AND g.undecided = 0 AND g.winners = g.winners_due AND CAST(g.filled_at AS DATE) >= DATE '{since}'
    AND CAST(g.filled_at AS DATE) < DATE '{until}'
GROUP BY ALL ORDER BY ALL"""
DECIDED = "CAST(w.decided_at AS DATE) >= DATE '{since}' AND CAST(w.decided_at AS DATE) < DATE '{until}'"
NUMBERS = """
SELECT n.number, {size}, {pick}, 1, CAST(d.number IS NOT NULL AS INTEGER), count(*)
FROM range({low}, {high} + 1) AS n(number)
CROSS JOIN (SELECT DISTINCT draw_id FROM number_replayed WHERE pool = '{pool}' AND chance_num > 0
    AND CAST(drawn_at AS DATE) >= DATE '{since}' AND CAST(drawn_at AS DATE) < DATE '{until}') AS held
LEFT JOIN number_replayed AS d ON d.draw_id = held.draw_id AND d.pool = '{pool}' AND d.number = n.number AND d.chance_num > 0
GROUP BY ALL ORDER BY ALL"""


def monitor(folder: Path, state: Path, exports: Path | None, lang: Literal["zh", "en"]) -> int:
    """Take one export into the state; print where the bet stands; 1 where it is won, else 0. Raises Problem."""
    case = read_case(folder, exports)
    if case.file.period is None:
        raise case.document.problem((), "monitoring needs to know which days an export covers", mend="add `period:`")
    kept = _read(state) if state.exists() else _begin(case)
    since, until = case.file.period.from_, case.file.period.to
    links = [Link(**{**one, "inputs": tuple(one["inputs"])}) for one in kept["links"]]
    place = broken(links, kept["genesis"])
    if place is not None or (links and links[-1].totals != digest_of(kept["totals"])):
        raise Problem("the chain of this state is broken: it was changed after it was written", str(state))
    if links and since.isoformat() < links[-1].until:
        raise Problem(
            f"days up to {links[-1].until} are already taken", str(state), mend="give each export once, in order"
        )
    with tempfile.TemporaryDirectory() as name:
        audit = build(_whole(case), Path(name) / "case.duckdb", Fraction(1), lambda _: None)
        try:
            raffle = isinstance(case.rules.draw, Raffle)
            hurt = [column for column in (*NEEDED, *(NEEDED_OF_RAFFLES if raffle else ())) if column in damage(audit)]
            gains = {} if hurt else dict(_gains(audit, since, until))
            unseen = _unseen(audit, since, until) if raffle else 0
            inputs = tuple(sha for (sha,) in audit.engine.rows("SELECT DISTINCT sha256 FROM input ORDER BY sha256"))
            holding = f"SELECT sha256 FROM input WHERE table_name IN {DRAWS}"
            drawn = {sha for (sha,) in audit.engine.rows(holding)}
        finally:
            audit.engine.connection.close()
    if drawn & {sha for link in links for sha in link.inputs}:
        raise Problem("one of these files was taken before", str(folder), mend="give each export once")
    weights = kept["weights"]
    if gains and set(gains) != set(weights):
        raise Problem(
            "the rules now declare another draw than this state was begun for", str(state), mend="begin a new state"
        )
    totals = {name: _plus(kept["totals"][name], gains.get(name, 0.0)) for name in weights}
    log_e = evidence(totals, weights)
    before = links[-1].own if links else kept["genesis"]
    link = sealed(Link(since.isoformat(), until.isoformat(), inputs, digest_of(totals), log_e, before))
    kept = {**kept, "totals": totals, "links": [*(asdict(one) for one in links), asdict(link)]}
    _write(state, kept)
    most = max((one.log_e for one in [*links, link]), default=0.0)
    return _say(most, log_e, kept, hurt, unseen, lang)


def _whole(case: Case) -> Case:
    """A draw of a raffle holds tickets of earlier days, so its export goes back to where its activities began: that is no fault."""
    return replace(case, file=replace(case.file, period=None)) if isinstance(case.rules.draw, Raffle) else case


def _unseen(audit: Audit, since: date, until: date) -> int:
    """Draws due on these days that are not judged: not all of their tickets are in the export, or the weights are not known."""
    sql = f"""
        SELECT count(*) FROM raffle_due AS w
        LEFT JOIN ({HANDED}) AS b ON b.activity_id = w.activity_id AND b.position = w.bound
        WHERE {DECIDED.replace("decided_at", "due_at")} AND (b.entries IS DISTINCT FROM w.bound OR EXISTS (
            SELECT 1 FROM ticket AS t WHERE t.activity_id = w.activity_id AND t.position <= w.bound AND t.tickets IS NULL))"""
    return int(audit.engine.value(sql.format(since=since, until=until)) or 0) if audit.has("raffle_due") else 0


def _say(most: float, log_e: float, kept: Mapping[str, Any], hurt: list[str], unseen: int, lang: str) -> int:
    risk = Fraction(kept["risk"])
    won = most >= -math.log(risk)
    best = max(kept["weights"], key=lambda name: -math.inf if kept["totals"][name] is None else kept["totals"][name])
    kind = next((one for one in KINDS.values() if best.startswith(f"{one.en} x")), None)
    best = best.replace(kind.en, kind.zh) if kind and lang == "zh" else best
    if lang == "zh":
        print(f"已累计 {len(kept['links'])} 份导出：反对声明的证据为 10^{log_e / LN10:.2f} 倍（最高 10^{most / LN10:.2f}）；"
              f"达到 {float(1 / risk):,.0f} 倍即告警，诚实平台一生至多有 {risk} 的机会达到。获益最多的说法：{best}。")  # fmt: skip
        print("告警。" if won else "未告警。")
    else:
        print(f"{several(len(kept['links']), 'export')} so far: the evidence against the declaration is 10^{log_e / LN10:.2f} to 1 "
              f"(highest 10^{most / LN10:.2f}); {float(1 / risk):,.0f} to 1 is an alarm, which an honest platform ever "
              f"reaches with chance {risk} at most. The theory that gained most: {best}.")  # fmt: skip
        print("ALARM." if won else "No alarm.")
    if hurt:
        print(f"本次导出有缺损（{'、'.join(hurt)}），没有计入。" if lang == "zh" else
               f"This export is damaged ({', '.join(hurt)}): nothing of it was counted.")  # fmt: skip
    if unseen:
        print(f"有 {unseen} 次开奖没有计入：它们的票不全在导出中，或权重不明；请从活动开始起导出参与记录。" if lang == "zh" else
              f"Draws not counted: {unseen}. Not all of their tickets are in this export, or their weights are not known: "
              "export the entries of an activity from its beginning on.")  # fmt: skip
    return 1 if won else 0


def _begin(case: Case) -> dict[str, Any]:
    """A state before any export: the book of theories with its weights is frozen here."""
    weights = {name: weight for name, _, weight in _book(case, {})}
    if not weights:
        raise case.rules_document.problem(("draw",), "the rules declare no draw that can be monitored")
    body = {"redraw": __version__, "version": VERSION, "case": case.file.case, "rules": case.rules_document.sha256,
            "risk": str(case.file.risk), "weights": weights}  # fmt: skip
    return {**body, "genesis": digest_of(body), "totals": dict.fromkeys(weights, 0.0), "links": []}


def _book(case: Case, cells: Mapping[str, list[Cell]]) -> Iterator[tuple[str, float, float]]:
    """(theory, log bet, weight): known before any data from the rules alone, so that the book cannot follow them."""
    draws = [era.draw for era in eras(case.rules)]
    draw = case.rules.draw
    looks: dict[str, tuple[str, list[int]]] = {}
    if isinstance(draw, Boxes):
        boxes = max(one.boxes for one in draws if isinstance(one, Boxes))
        looks = {
            "all": ("all", [0]),
            "position": ("position", equal_parts(1, boxes, 24)),
            "hour": ("hour", list(range(0, 24, 3))),
        }
    elif isinstance(draw, Chances):
        longest = max(
            (p.guarantee or 0 for one in draws if isinstance(one, Chances) for p in one.prizes.values()), default=0
        )
        looks = {
            "all": ("all", [0]),
            "misses": ("misses", equal_parts(0, (longest or 100) - 1, 24)),
            "hour": ("hour", list(range(0, 24, 3))),
        }
    elif isinstance(draw, Group):
        looks = {"place": ("place", list(range(1, min(draw.size, 200) + 1)))}
    elif isinstance(draw, Numbers):
        looks = {
            f"number {name}": ("number", list(range(pool.from_, pool.to + 1))) for name, pool in draw.pools.items()
        }
    elif isinstance(draw, Raffle):
        looks = {kind.en: ("tickets", [0]) for kind in KINDS.values()}
    for look, (family, edges) in looks.items():
        for one in class_bets(cells.get(look, []), edges, FAMILIES[family], RATIOS):
            last = "" if one.last >= edges[-1] else str(one.last)
            which = "" if family == "tickets" else f" {one.first}-{last} ({one.family})"
            yield f"{look}{which} x{one.ratio:g}", one.log_bet, one.weight / len(looks)


def _gains(audit: Audit, since: date, until: date) -> Iterator[tuple[str, float]]:
    """What each theory gained on these days."""
    days = {"since": since, "until": until}
    within = f"CAST(taken_at AS DATE) >= DATE '{days['since']}' AND CAST(taken_at AS DATE) < DATE '{days['until']}'"
    draw, cells = audit.rules.draw, dict[str, list[Cell]]()
    if isinstance(draw, Boxes | Chances) and audit.has("chance"):
        looks = ("all", "position", "hour") if isinstance(draw, Boxes) else ("all", "misses", "hour")
        cells = {look: cells_by(audit, look, (), within)[0] for look in looks}
    elif isinstance(draw, Group) and audit.has("group_state"):
        cells = {"place": cells_of(audit.engine.rows(PLACES.format(**days)))}
    elif isinstance(draw, Numbers) and audit.has("number_replayed"):
        for name, pool in draw.pools.items():
            sql = NUMBERS.format(
                pool=name, low=pool.from_, high=pool.to, size=pool.to - pool.from_ + 1, pick=pool.pick, **days
            )
            cells[f"number {name}"] = cells_of(audit.engine.rows(sql))
    elif isinstance(draw, Raffle) and audit.has("draw_replayed"):
        counted, _ = ticket_cells(audit, draw, DECIDED.format(**days))
        cells = {kind.en: [Cell(0, one.strata)] for kind, one in zip(KINDS.values(), counted, strict=True)}
    for theory, log_bet, _ in _book(audit.case, cells):
        yield theory, log_bet


def _plus(before: float | None, gain: float) -> float | None:
    """A sum of logs for JSON: None is minus infinity, a theory that was refuted."""
    return None if before is None or gain == -math.inf else before + gain


def _read(path: Path) -> dict[str, Any]:
    try:
        kept = json.loads(path.read_text("utf-8"))
        if kept["version"] != VERSION or not {"weights", "totals", "links", "genesis", "risk"} <= set(kept):
            raise ValueError("another version")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Problem(
            f"this state cannot be read: {error}", str(path), mend="begin a new one, or restore a copy"
        ) from None
    body = {name: kept[name] for name in ("redraw", "version", "case", "rules", "risk", "weights")}
    if digest_of(body) != kept["genesis"]:
        raise Problem("the chain of this state is broken: its beginning was changed", str(path))
    return dict(kept)


def _write(path: Path, kept: Mapping[str, Any]) -> None:
    """Whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(json.dumps(kept, ensure_ascii=False, indent=1, allow_nan=False) + "\n", "utf-8")
        os.replace(partial, path)
    except OSError as error:
        raise Problem(f"cannot be written: {error.strerror}", str(path)) from None

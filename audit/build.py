"""From a case to its case file: loaded, passed through the gate, replayed and reconciled, one finished step after the other."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from audit.case import Audit, Case
from audit.engine import Engine, Loop, Step, open_engine, seal_off
from audit.finding import Text, several
from audit.intake import Intake, lay_out, load
from audit.intake.gate import Demands, pass_gate
from audit.intake.kept import reopen
from audit.intake.order import Terms
from audit.intake.zones import Zone, zone_of
from audit.money import money_steps
from audit.people import people_steps
from audit.reconcile import Moments, Shown, division_of, grain_of, reconcile_steps
from audit.replay import has_awards, played, replay_steps, taken_steps
from audit.replay.notices import published_boosts
from audit.rules import Award, Boxes, Chances, Group, Raffle, Released, clauses_by_time, eras, time_allowed
from audit.scope import TOLD
from audit.spark import Spark

EVENT_TABLES = {  # the tables without which an event cannot be seen
    "registration": ("participant",),
    "start": ("activity",),
    "entry": ("entry",),
    "win": ("entry", "outcome"),
    "loss": ("entry", "outcome"),
    "completion": ("activity", "entry", "outcome"),
    "order": ("purchase",),
    "recruit": ("participant",),
    "rank-reached": ("participant",),
    "milestone": ("participant",),
    "day-end": ("purchase",),
    "withdrawal": ("request",),
}
IGNORED = "other"  # the word for a payment's reason that is no award: a withdrawal, a refund


def build(case: Case, path: Path, share: Fraction, progress: Callable[[str], None], *, memory: str = "1GB",
          threads: int | None = None, exact: bool = False, in_place: bool = False) -> Audit:  # fmt: skip
    """Load, replay and reconcile a case into a new case file at path. Raises Problem."""
    engine = begin(case, path, {}, memory=memory, threads=threads)
    try:
        return finish(case, engine, path.parent / "work", share, progress, exact=exact, in_place=in_place)
    except BaseException:
        engine.connection.close()
        raise


def begin(case: Case, path: Path, made: Mapping[str, str], say: Callable[[Text], None] = lambda _: None, *,
          memory: str = "1GB", threads: int | None = None) -> Engine:  # fmt: skip
    """A case file to write at path: the unfinished one that lies there, where it still holds, else a new one.

    made is what a result rests on besides the case (versions, options), and stays in the case file; say is told what
    becomes of the unfinished one. Raises Problem where another audit is writing it.
    """
    declared, zone = (case.document, case.rules_document), case.file.timezone
    if path.exists():
        kept = reopen(path, case.exports, made, declared, memory=memory, threads=threads, zone=zone)
        if isinstance(kept, Engine):
            count = kept.value("SELECT (SELECT count(*) FROM input) + (SELECT count(*) FROM step)")
            say(Text(f"接着上次未完成的审计继续：已完成 {count} 步。",
                     f"Going on with an unfinished audit: {several(count, 'step is', 'steps are')} finished."))  # fmt: skip
            return kept
        say(Text(f"上次未完成的审计不能接着用（{kept.zh}），从头开始。",
                 f"An unfinished audit cannot be gone on with ({kept.en}): starting afresh."))  # fmt: skip
        for one in path.parent.glob(f"{path.name}*"):
            one.unlink()
    engine = open_engine(path, memory=memory, threads=threads, zone=zone)
    try:
        lay_out(engine, case.units, made, declared)
    except BaseException:
        engine.connection.close()
        raise
    return engine


def finish(case: Case, engine: Engine, work: Path, share: Fraction, progress: Callable[[str], None], *,
           exact: bool = False, in_place: bool = False, spark: Spark | None = None,
           ahead: Callable[[str, Mapping[str, int]], None] = lambda *_: None) -> Audit:  # fmt: skip
    """Load, replay and reconcile a case into its case file; what is finished there is left as it is. Raises Problem.

    work is a folder for copies; exact compares payments without hashes; in_place reads Parquet where it lies; spark is
    the session that computes, where one machine is too small; ahead is told the parts of each stage, with
    their weights, before it begins.
    """
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    files = [(table, file) for table, plan in case.file.tables.items() for file in plan.files]
    ahead("intake", {f"{file} → {table}": _size(case.exports / file) for table, file in files})
    load(engine, _intake(case, zone_of(engine, case.file.timezone), in_place), work, progress)
    engine.rows("CHECKPOINT case_file")  # the last rows of each table are still to be compressed, which is no step's cost
    engine.rows("SET disabled_compression_methods = 'dictionary'")  # steps hold ids: trying it costs a tenth of them
    if spark is not None:
        spark.take(engine.connection, list(case.file.tables), work)
        engine = replace(engine, spark=spark)
    seal_off(engine)
    ahead("gate", {"gate": 1})
    if not engine.holds("event_damage"):
        progress("gate")
        with engine.whole():
            pass_gate(engine, case.scope, _demands(case))
    boosts = (*case.rules.boosts, *published_boosts(engine, case.rules))
    case = replace(case, rules=replace(case.rules, boosts=boosts))
    done = {name for (name,) in engine.rows("SELECT name FROM step")}
    steps = _steps(case, engine, exact=exact)
    ahead("steps", {step.name: int(isinstance(step, Loop) or step.kind == "table") for step in steps})
    for step in steps:
        if step.name not in done:
            progress(step.name)
            engine.run(step)
    return Audit(case, engine, share)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _steps(case: Case, engine: Engine, *, exact: bool) -> list[Step | Loop]:
    """Every step after the gate, in order."""
    repeated = frozenset(table for (table,) in engine.rows("SELECT DISTINCT table_name FROM repeated_record"))
    told = engine.holds(TOLD) and not repeated & {"entry", "outcome"}
    told = told and not engine.value(f"SELECT count(*) FROM {TOLD} WHERE entry_id IS NULL")
    payments = engine.value("SELECT count(*) FROM payment")
    replayed = replay_steps(case.rules, replace(case.scope, told=told), repeated)
    return [
        *replayed,
        *_reconcile(case, replayed, engine, exact=exact),
        *money_steps(case.rules, case.scope, case.file.platform_accounts, IGNORED, case.file.attribution, payments),
        *people_steps(case.rules, case.scope),
        *taken_steps(case.rules, case.scope),
    ]


def _reconcile(case: Case, steps: Sequence[Step | Loop], engine: Engine, *, exact: bool) -> list[Step]:
    if not has_awards(case.rules):
        return []
    made = {step.name for step in steps}
    division = None
    if grain_of(case.scope) == "reference":
        crowded = {name: None for name, award, _ in clauses_by_time(case.rules) if award.on == "day-end"}
        division = division_of(engine, tuple(crowded), exact=exact, stepped=case.scope.has("payment", "step"))
    completion = {"boxes": "first_win.decided_at", "group": "group_state.filled_at"}
    replayed = played(case.rules, case.scope)
    decided = completion.get(case.rules.draw.kind) if case.rules.draw and replayed else None
    shown = _shown(case, replayed=replayed)
    others = tuple(sorted(made & {"event_reached", "event_pool", "event_withdrawal"}))
    return reconcile_steps(
        case.scope, case.file.platform_accounts, (IGNORED,),
        moments=Moments(replayed, decided, replayed and bool(shown.stepped), others, "decided_late" in made), shown=shown,
        division=division, replayed=steps,
    )  # fmt: skip


def _shown(case: Case, *, replayed: bool) -> Shown:
    """What the export can show of each clause. A period may begin between an entry and what comes of it."""
    awards = [(name, award) for era in eras(case.rules) for name, award in era.awards.items()]
    tables = {name: _tables(award) for name, award in awards}
    held = {name: need <= set(case.scope.columns) and (replayed or "entry" not in need) for name, need in tables.items()}
    late = {"completion", "win", "loss"} if isinstance(case.rules.draw, Group | Raffle) else {"completion"}
    stepped = {name: None for name, award in awards if award.to.startswith("everyone")}
    ongoing = {name: None for name, award in awards if name in stepped or award.on in late}
    cut = case.scope.cut(case.rules.effective.from_)
    return Shown(tables, tuple(name for name in tables if not held[name]), tuple(ongoing) if cut else (), tuple(stepped))


def _tables(award: Award) -> set[str]:
    """The tables without which an award's events, or what it releases, cannot be seen."""
    released = any(isinstance(pay, Released) for pay in (award.pays or {}).values())
    return {*EVENT_TABLES[award.on], *(["request"] if released else [])}


def _intake(case: Case, zone: Zone, in_place: bool) -> Intake:
    rules = case.rules
    assets = tuple(rules.assets)
    awards = [award for era in eras(rules) for award in era.awards.values()]
    chosen = {asset for award in awards for option in award.choice or () for asset in option}
    tables = ("entry", "outcome", "purchase", "payment", "request", "draw", "tier_total")
    choices = {(table, "asset"): assets for table in tables}
    prizes = [name for era in eras(rules) if isinstance(era.draw, Chances) for name in era.draw.prizes]
    choices["outcome", "outcome"] = ("win", "loss", *dict.fromkeys(prizes))
    choices["purchase", "coupon"] = assets
    if chosen:
        choices["outcome", "choice"] = tuple(sorted(chosen))
    return Intake(case.exports, case.file.tables, case.document, zone, case.units, choices, in_place)


def _demands(case: Case) -> Demands:
    sequences = {table: plan.sequence for table, plan in case.file.tables.items() if plan.sequence}
    draw = case.rules.draw
    draws = [era.draw for era in eras(case.rules)]
    boxes = [one.boxes if isinstance(one, Boxes) else one.size for one in draws if isinstance(one, Boxes | Group)]
    places = max(boxes) if boxes else None
    undecided = isinstance(draw, Group | Raffle) or draw is None
    terms = Terms(_kind(case), int(time_allowed(case.rules).total_seconds()))
    return Demands(
        case.file.control, sequences, case.file.platform_accounts, IGNORED, places, undecided, case.units, terms
    )


def _kind(case: Case) -> str:
    """The kind of the declared draw; a raffle drawn when its activity ends, in every version, by a name of its own."""
    draws = [era.draw for era in eras(case.rules) if era.draw is not None]
    at_end = all(isinstance(one, Raffle) and one.every is None for one in draws)
    return "" if not draws else "end-raffle" if at_end else draws[0].kind

"""Tests of a platform's own promotion rules, under pytest: `*.promo.yaml` files are collected and judged as `redraw lint` does.

This module stands apart from `audit` and `checks` because those are common words: where a project has a package of that
name of its own, only a module that nobody else has can say so. Nothing heavy is imported until a rules file is judged.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HOME = Path(__file__).resolve().parent
SUFFIX = ".promo.yaml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--redraw-fail-on screen`, or redraw_fail_on in the ini file."""
    group = parser.getgroup("redraw")
    group.addoption("--redraw-fail-on", choices=("fail", "screen"), help="what makes a rules file fail (default: fail)")
    parser.addini("redraw_fail_on", "what makes a rules file fail: fail or screen", default="fail")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect `*.promo.yaml`."""
    return PromoFile.from_parent(parent, path=file_path) if file_path.name.endswith(SUFFIX) else None


def ours(name: str) -> Any:
    """A module of redraw's own. Raises UsageError where a package of another project has its name."""
    for top in ("audit", "checks"):
        there = importlib.util.find_spec(top)
        places = [Path(one).resolve() for one in (there.submodule_search_locations or [] if there else [])]
        if HOME / top not in places:
            seen = f"is {places[0]}" if places else "is no package"
            raise pytest.UsageError(
                f"redraw cannot run: `{top}` {seen}, not redraw's own {HOME / top}. Something else of that name shadows it: "
                "run `pytest` rather than `python -m pytest`, take the folder off sys.path (pythonpath, "
                "--import-mode=importlib), or give redraw an environment of its own (pipx)."
            )
    return importlib.import_module(name)


class PromoFile(pytest.File):
    """One rules file: that it reads is one test, and every check that applies to it another."""

    def collect(self) -> Iterator[pytest.Item]:
        """An item for each check that has something to say; one that fails where the file cannot be read."""
        lint, problem = ours("checks.lint"), ours("audit.problem")
        try:
            _, findings = lint.lint(self.path)
        except problem.Problem as refused:
            yield PromoItem.from_parent(self, name="reads", told=[], refused=str(refused))
            return
        fail_on = self.config.getoption("--redraw-fail-on") or self.config.getini("redraw_fail_on")
        by_check: dict[str, list[Any]] = {"reads": []}
        for judged in lint.judge_all(findings, frozenset(), fail_on):
            by_check.setdefault(judged.finding.check, []).append(judged)
        for check, told in by_check.items():
            if check == "reads" or any(one.finding.verdict != "NOT_APPLICABLE" for one in told):
                yield PromoItem.from_parent(self, name=check, told=told, refused="")


class PromoItem(pytest.Item):
    """What one check says of one rules file."""

    def __init__(self, *, told: list[Any], refused: str, **rest: Any) -> None:
        """told are the check's findings, each with whether it counts; refused is why the file could not be read."""
        super().__init__(**rest)
        self.told, self.refused = told, refused

    def runtest(self) -> None:
        """Fail where a finding counts."""
        wrong = [one for one in self.told if one.counts]
        if self.refused or wrong:
            lines = ours("audit.report.lines").text_lines(wrong, "en")
            raise Broken(self.refused or "\n".join(line for _, line in lines))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The findings as `redraw lint` prints them, without a traceback."""
        return str(excinfo.value) if isinstance(excinfo.value, Broken) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The file, and the line of the first finding that counts."""
        places = [place for one in self.told if one.counts for place in one.finding.places]
        return self.path, places[0].line - 1 if places else 0, f"{self.path.name}: {self.name}"


class Broken(Exception):
    """A rules file that does not hold."""


@pytest.fixture(scope="session")
def case(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """case(rules, size=…, seed=…, fault=…): a simulated case of these rules as a folder, honest but for the fault."""

    def make(rules: str | Path, *, size: int = 200, seed: int = 1, fault: str | None = None) -> Path:
        simulate, world = ours("checks.simulate"), ours("audit.simulate.world")
        file = simulate.rules_file(Path(rules))
        read, _ = ours("audit.rules").read_rules(file)
        out = tmp_path_factory.mktemp("redraw") / "case"
        departure = simulate.departure_of(read, fault)
        simulate.make_case(read, file, out, world.Scenario(size, seed=seed), departure)
        return out

    return make


@pytest.fixture(scope="session")
def findings() -> Callable[[str | Path], list[Any]]:
    """findings(path): of a case's folder all findings of an audit, of a rules file those that need no export."""

    def judge(path: str | Path) -> list[Any]:
        if (Path(path) / "case.yaml").is_file():
            return list(ours("checks.simulate").findings_of(Path(path)))
        return list(ours("checks.lint").lint(Path(path))[1])

    return judge

"""The upstreams, the application on each of them, and the sum of what the trials found."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.sandbox.faults import KINDS
from app.sandbox.server import Sandbox
from tests.faults.trial import Bench, Tally
from tests.operations.world import built_world

FIGURES = ("cases", "pages", "lost", "doubled", "errors", "other")
ROW = "| {fault} | {cases:,} | {lost} | {doubled} | {other} | {pages:,} | {errors} |"
HEADS = (
    "| fault | cases | changes lost | doubled | other problems | pages | of them 500 |",
    "|---|---:|---:|---:|---:|---:|---:|",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the full product out unless `-m` speaks of it."""
    if "faults" in (config.option.markexpr or ""):
        return
    product = [item for item in items if item.get_closest_marker("faults")]
    if product:
        config.hook.pytest_deselected(items=product)
        items[:] = [item for item in items if not item.get_closest_marker("faults")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many cases there were, and what went wrong, by fault and over all processes of the run: the README's table."""
    if "faults" not in (terminalreporter.config.option.markexpr or ""):
        return
    found = [
        dict(report.user_properties)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "teardown" and any(n == "fault" for n, _ in report.user_properties)
    ]
    if found:
        terminalreporter.section("faults")
        terminalreporter.write_line("\n".join([*HEADS, *_rows(found)]))


def _rows(found: list[dict[str, Any]]) -> Iterator[str]:
    """A row of the table for each fault, and one for all of them."""
    for fault in [*KINDS, "all"]:
        mine = [row for row in found if fault in (row["fault"], "all")]
        yield ROW.format(fault=fault, **{name: sum(row[name] for row in mine) for name in FIGURES})


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Counts the cases of a test, which fails when one of them went wrong."""
    tally = Tally()
    yield tally
    given = request.node.callspec.params
    request.node.user_properties.append(("fault", next(v for v in given.values() if v in KINDS)))
    for name in FIGURES:
        number = getattr(tally, name)
        request.node.user_properties.append((name, number if isinstance(number, int) else len(number)))


@pytest.fixture(scope="session")
def faulty_upstreams() -> Iterator[Sandbox]:
    """One sandbox with all upstreams."""
    sandbox = Sandbox()
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="session")
def bench_of(
    faulty_upstreams: Sandbox, empty_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Bench]]:
    """`bench_of(slug)`: the application, joined to that upstream; made once, each trial begins anew."""
    benches: dict[str, Bench] = {}
    with contextlib.ExitStack() as stack:

        def bench(slug: str) -> Bench:
            if slug not in benches:
                folder = tmp_path_factory.mktemp(slug)
                world = built_world(folder, empty_database, faulty_upstreams, slug)
                benches[slug] = Bench(stack.enter_context(world))
            return benches[slug]

        yield bench

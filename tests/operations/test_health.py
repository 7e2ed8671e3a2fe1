"""The examiner and the schedule's share of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.actor import system_actor
from app.core.errors import NotSupported, Unreachable
from app.core.health import HealthQuery
from app.core.model import Reading, Route, Verdict
from app.core.text import msg
from app.operations.health import summary
from app.operations.health_work import HealthSweep, counted
from app.wiring import now
from tests.operations.world import World

HOME = "nordwind.example"
ADMIN = system_actor()


@pytest.fixture
def known(world: World) -> World:
    """The same, with its domains read."""
    world.wired.sync.run(world.connection())
    return world


def sweep(world: World, hours: float = 24, later: timedelta = timedelta()) -> HealthSweep:
    wired = world.wired
    clock = lambda: now() + later  # noqa: E731
    return HealthSweep(wired.connections, wired.inventory, wired.health, wired.examiner, clock, hours)


def row(world: World, name: str = HOME):  # type: ignore[no-untyped-def]
    return world.wired.inventory.get(ADMIN, world.connection().key, name)


def test_the_schedule_takes_a_few_domains_at_a_time_until_all_had_their_turn(known: World) -> None:
    domains = len(known.wired.health.due(now(), [known.connection().key], 1000))
    assert sweep(known, hours=24)() == 1  # of so few domains one in a minute is more than enough
    assert sweep(known, hours=0.05)() > 1
    left = len(known.wired.health.due(now() - timedelta(days=1), [known.connection().key], 1000))
    assert left < domains - 1


def test_what_was_checked_is_not_due_again_before_its_time(known: World) -> None:
    checked = sweep(known)
    assert checked() == 1
    first = known.wired.health.page(ADMIN, HealthQuery(size=500)).rows[0].domain
    due = [
        name for _, name in known.wired.health.due(now() - timedelta(hours=24), [known.connection().key], 999)
    ]
    assert first not in due
    later = [
        name for _, name in known.wired.health.due(now() + timedelta(hours=25), [known.connection().key], 999)
    ]
    assert later[-1] == first


def test_zero_hours_switches_it_off(known: World) -> None:
    assert sweep(known, hours=0)() == 0
    assert known.wired.health.page(ADMIN, HealthQuery()).total == 0


def test_a_fault_of_ours_with_one_domain_does_not_stand_in_the_way(
    known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr(known.wired.examiner, "examine", broken)
    assert sweep(known)() == 1
    [found] = known.wired.health.page(ADMIN, HealthQuery()).rows
    assert found.reading.verdict is Verdict.UNKNOWN and "error inside Gatehouse" in str(found.reading.found)


def test_a_check_that_raises_an_error_of_ours_is_unknown(
    known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> Reading:
        raise Unreachable(msg("No way."))

    monkeypatch.setattr(known.wired.checks, "spf_record", unreachable)
    readings = known.wired.examiner.examine(known.connection(), row(known), 10, run=False)
    by_check = {reading.check: reading for reading in readings}
    assert by_check["spf"].verdict is Verdict.UNKNOWN and str(by_check["spf"].found) == "No way."
    assert all(reading.seen_at is not None for reading in readings)


def test_time_that_is_over_is_unknown(known: World, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setattr(known.wired.checks, "dmarc_record", lambda *_: time.sleep(3))
    readings = known.wired.examiner.examine(known.connection(), row(known), 1, run=False)
    dmarc = next(reading for reading in readings if reading.check == "dmarc")
    assert dmarc.verdict is Verdict.UNKNOWN and "within 1 seconds" in str(dmarc.found)


def test_what_the_upstream_does_not_offer_is_refused_with_its_reason(known: World) -> None:
    with pytest.raises(NotSupported):
        known.wired.examiner.take_failures(known.connection())
    with pytest.raises(NotSupported):
        known.wired.examiner.take_report(known.connection(), HOME, 5)


def step(check: str, verdict: Verdict, text: str = "x") -> Reading:
    return Reading(check, verdict, msg(text), source="SMTP", seen_at=now())


def test_a_conversation_in_two_readings() -> None:
    route = Route("mx.example.org", 26)
    steps = [
        step("connect", Verdict.PASS, "connected"),
        step("certificate", Verdict.WARN, "old"),
        step("recipient", Verdict.PASS, "accepted"),
    ]
    first, second = summary(route, steps)
    assert (first.check, first.verdict, str(first.found)) == ("route", Verdict.PASS, "connected; accepted")
    assert (second.check, second.verdict, second.subject) == (
        "certificate",
        Verdict.WARN,
        "mx.example.org:26",
    )
    [only] = summary(route, [step("connect", Verdict.FAIL, "closed")])
    assert (only.check, only.verdict) == ("route", Verdict.FAIL)
    assert str(counted([first, second, only])) == "1 failing, 1 warnings, 0 unknown, 1 passed"

"""What is due is started once; what was lost is found again."""

import sqlite3
from datetime import timedelta

import pytest

from app.core.actor import system_actor
from app.core.capabilities import Capability
from app.core.ports import JobState
from app.core.text import msg
from app.operations.gather import Gather
from app.operations.probing import Prober
from app.operations.queue import NudgingQueue
from app.operations.schedule import Schedule, SyncJobs
from app.wiring import now
from tests.operations.world import MX, wait_until


class Nudges(list):
    """A queue that remembers what it was told."""

    def nudge(self, job_id):
        self.append(job_id)


@pytest.fixture
def nudges():
    return Nudges()


@pytest.fixture
def schedule(world, nudges):
    """Makes schedules: `schedule(later=timedelta(...), minutes=15)`."""

    def make(later=timedelta(0), minutes=15):
        wired = world.wired
        clock = lambda: now() + later  # noqa: E731
        sync_jobs = SyncJobs(wired.jobs, nudges, wired.pool)
        prober = Prober(wired.store, wired.pool, Gather(), clock, 5.0)
        return Schedule(
            wired.jobs,
            nudges,
            wired.connections,
            wired.store,
            wired.inventory,
            world.late_settler(),
            sync_jobs,
            prober,
            clock,
            minutes,
        )

    return make


def syncs(world):
    return [job for job in world.wired.jobs.page(system_actor()) if job.kind == "sync"]


def test_the_first_tick_reads_every_connection_that_lists_domains(world, nudges, schedule):
    world.connect("other")
    world.connect("off", enabled=False)
    schedule().tick()
    assert sorted(job.params["key"] for job in syncs(world)) == ["other", "prod"]
    assert sorted(nudges) == sorted(job.id for job in syncs(world))


def test_a_sync_that_is_not_due_is_not_started(world, schedule):
    world.wired.sync.run(world.connection())
    schedule(timedelta(minutes=14)).tick()
    assert syncs(world) == []
    schedule(timedelta(minutes=16)).tick()
    assert len(syncs(world)) == 1


def test_a_failed_sync_waits_its_turn_too(world, schedule):
    world.faults({"fault": "html", "calls": "api_list_domains"})
    schedule().tick()
    world.wired.worker.work(syncs(world)[0].id)
    schedule(timedelta(minutes=14)).tick()
    assert len(syncs(world)) == 1
    schedule(timedelta(minutes=16)).tick()
    assert len(syncs(world)) == 2


def test_zero_minutes_mean_never(world, schedule):
    schedule(minutes=0).tick()
    assert syncs(world) == []


def test_two_ticks_start_one_sync_and_nudge_it_twice(world, nudges, schedule):
    schedule().tick()
    schedule().tick()
    assert len(syncs(world)) == 1 and nudges == [syncs(world)[0].id] * 2


def test_a_sync_is_not_started_beside_another_of_the_same_connection(world, nudges):
    jobs = SyncJobs(world.wired.jobs, nudges, world.wired.pool)
    first = jobs.start(world.actor, world.connection())
    assert jobs.start(system_actor(), world.connection()) == first and nudges == [first]
    world.wired.worker.work(first)
    assert jobs.start(world.actor, world.connection()) != first


def test_what_lists_no_domains_is_not_read(world, nudges, monkeypatch):
    card = world.wired.cards["spamexperts"]
    without = card.cut({Capability.DOMAINS_READ: msg("no")})
    monkeypatch.setattr(world.wired.pool, "card", lambda _connection: without)
    jobs = SyncJobs(world.wired.jobs, nudges, world.wired.pool)
    assert jobs.start(world.actor, world.connection()) is None and nudges == []


def test_a_nudge_that_was_lost_is_given_again(world, nudges, schedule):
    job_id = world.job(world.wish("domain.add", domain="a.example", routes=[MX]))
    schedule(minutes=0).tick()
    assert nudges == [job_id]
    world.wired.worker.work(job_id)
    schedule(minutes=0).tick()
    assert nudges == [job_id]


def test_a_job_whose_worker_died_is_found_when_the_lease_is_over(world, nudges, schedule):
    job_id = world.job(world.wish("domain.add", domain="a.example", routes=[MX]))
    world.wired.jobs.claim(job_id, 1, 1.0)
    schedule().nudge_lost_jobs()
    assert nudges == []
    wait_until(lambda: schedule().nudge_lost_jobs() or nudges == [job_id])
    assert world.wired.worker.work(job_id) is JobState.DONE
    assert world.item_states(job_id) == ["done"]


def test_open_changes_are_settled(world, schedule):
    world.faults({"fault": "hangup", "calls": "api_add_*", "count": 1})
    world.do("domain.add", "k", domain="a.example", routes=[MX])
    schedule(minutes=0).tick()
    assert world.states("k") == ["done"]


def test_connections_are_tested_now_and_then(world, schedule):
    world.connect("dead", base_url="http://127.0.0.1:1")
    world.connect("off", enabled=False)
    schedule(minutes=0).tick()
    probes = world.wired.store.probes()
    assert set(probes) == {"prod", "dead"} and probes["prod"].ok and not probes["dead"].ok
    assert probes["prod"].found.version and "refuses connections" in str(probes["dead"].problem)
    tested = world.log.count()
    schedule(timedelta(minutes=4), minutes=0).tick()
    assert world.log.count() == tested
    schedule(timedelta(minutes=6), minutes=0).tick()
    assert world.log.count() > tested


# --- the queue ----------------------------------------------------------------------------------------------------


def test_a_queue_that_is_down_costs_no_more_than_time(caplog):
    def send(_job_id):
        raise sqlite3.OperationalError("database is locked")

    NudgingQueue(send, (sqlite3.Error,)).nudge(7)
    assert "did not take job 7 (OperationalError)" in caplog.text


def test_an_error_of_ours_in_the_queue_is_not_hidden():
    def send(_job_id):
        raise TypeError

    with pytest.raises(TypeError):
        NudgingQueue(send, (sqlite3.Error,)).nudge(7)


def test_a_queue_that_is_up_is_told():
    told = []
    NudgingQueue(told.append, ()).nudge(7)
    assert told == [7]

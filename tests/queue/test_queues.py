"""What holds for each queue beside the work itself: it may be down, be used by many at once, and be written to by others."""

from __future__ import annotations

import logging
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from huey.serializer import SignedSerializer

from app import wiring
from app.core.ports import JobState
from config import Config
from tests.databases import bare_database
from tests.net.servers import free_port
from tests.operations.world import wait_until
from tests.queue.site import PATIENCE, POSTGRESQL, REDIS, THREADS, Site, settings
from tests.services import need_postgres


def dead_queue(site: Site) -> wiring.Wired:
    """The same installation as a dashboard has it while the server of its queue is down."""
    url = str(site.environ["GATEHOUSE_QUEUE_URL"])
    scheme = url.partition(":")[0]
    dead = {"GATEHOUSE_QUEUE_URL": f"{scheme}://127.0.0.1:{free_port()}/0"}
    return wiring.build(Config.from_env(site.environ | dead))


@pytest.mark.parametrize("site", [POSTGRESQL, REDIS], indirect=True)
def test_while_the_queue_is_down_jobs_are_kept_and_the_sweep_finds_them(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    wired = dead_queue(site)
    connection = site.connect("down")
    with caplog.at_level(logging.WARNING):
        job_id = wired.sync_jobs.start(site.actor, connection)
    wired.database.dispose()
    assert f"the queue did not take job {job_id}" in caplog.text
    assert job_id is not None and site.get_job(job_id).state is JobState.QUEUED
    site.worker_process()
    site.wired.schedule.nudge_lost_jobs()
    site.wait_for_job(job_id)


def test_several_ticks_at_once_start_one_sync(site: Site) -> None:
    site.worker_process()
    site.connect("ticked")
    tick(site, 4)
    wait_until(lambda: "ticked" in site.wired.inventory.sync_states(site.actor), PATIENCE)
    tick(site, 2)
    wait_until(lambda: site.wired.huey.pending_count() == 0, PATIENCE)
    wait_until(lambda: site.wired.jobs.active("sync", "ticked") is None, PATIENCE)
    syncs = site.wired.jobs.page(site.actor, kind="sync", size=500)
    assert [job.params["key"] for job in syncs].count("ticked") == 1


def test_long_jobs_do_not_keep_the_schedule_waiting(site: Site) -> None:
    site.worker_process()
    site.gate.pass_only(0)
    jobs = [site.bulk(1) for _ in range(wiring.JOBS_AT_ONCE + 3)]
    for job_id in jobs:
        site.nudge(job_id)
    wait_until(lambda: site.gate.waiting == wiring.JOBS_AT_ONCE, PATIENCE)
    site.connect("late")
    tick(site)
    wait_until(lambda: "late" in site.wired.store.probes(), PATIENCE)
    assert [site.get_job(job_id).state for job_id in jobs].count(JobState.QUEUED) == 3
    site.gate.open()
    for job_id in jobs:
        site.wait_for_job(job_id)
        assert len(site.additions(job_id)) == 1


def test_messages_that_others_put_into_the_queue_are_not_executed(site: Site) -> None:
    worker, trap = site.worker_process(), site.folder / "executed"
    bomb = pickle.dumps(Bomb(trap), protocol=4)
    foreign = SignedSerializer(secret="another secret of this length!!", salt="gatehouse-queue")
    for message in (bomb, foreign._sign(bomb), bomb + b":" + b"0" * 40):
        site.wired.huey.storage.enqueue(message)
    wait_until(lambda: worker.output().count("Error reading from queue") >= 3, PATIENCE)
    job_id = site.bulk(1)
    site.nudge(job_id)
    site.wait_for_job(job_id)
    assert not trap.exists()


def test_our_own_messages_would_have_been(tmp_path: Path) -> None:
    serializer = SignedSerializer(secret="a secret", salt="gatehouse-queue")
    serializer.deserialize(serializer._sign(pickle.dumps(Bomb(tmp_path / "executed"), protocol=4)))
    assert (tmp_path / "executed").exists()


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.mkdir, (self._folder,)


def tick(site: Site, times: int = 1) -> None:
    """What the worker's clock puts into the queue each minute."""
    [task] = site.wired.huey._registry.periodic_tasks
    for _ in range(times):
        site.wired.huey.enqueue(type(task)())


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_new_queue_can_be_prepared_by_several_at_once(kind: str, tmp_path: Path) -> None:
    if kind == "postgresql":
        need_postgres()
    queue = bare_database(tmp_path, kind)
    config = Config.from_env(settings(tmp_path, QUEUE_URL=queue))

    def begin(_: int) -> int:
        huey = wiring.queue(config)
        wiring.prepare_queue(huey)
        wiring.register_tasks(huey, print, print)(7)
        size = huey.pending_count()
        huey.storage.close()
        return size

    with ThreadPoolExecutor(8) as pool:
        assert max(pool.map(begin, range(8))) == 8


def test_a_page_does_not_wait_long_for_a_queue_that_has_gone(tmp_path: Path) -> None:
    postgres = wiring.queue(Config.from_env(settings(tmp_path, QUEUE_URL="postgres://127.0.0.1/x"))).storage
    assert postgres.connection_params["connect_timeout"] <= 5
    assert postgres.connection_params["tcp_user_timeout"] <= 10_000
    redis = wiring.queue(Config.from_env(settings(tmp_path, QUEUE_URL="redis://127.0.0.1/0"))).storage
    options = redis.pool.connection_kwargs
    assert options["socket_connect_timeout"] <= 5
    assert redis.read_timeout < options["socket_timeout"] <= 10


@pytest.mark.parametrize("site", [POSTGRESQL], indirect=True)
def test_two_workers_share_a_job(site: Site) -> None:
    site.worker_process()
    second = site.start_worker()
    site.gate.pass_only(0)
    job_id = site.bulk(100)

    def both_are_at_work() -> bool:
        site.nudge(job_id)
        return site.gate.waiting == 2 * THREADS

    wait_until(both_are_at_work, PATIENCE)
    site.gate.open()
    site.wait_for_job(job_id)
    assert len(site.additions(job_id)) == len(set(site.additions(job_id))) == 100
    second.terminate()
    assert second.ended() == 0

"""A worker as a process, over each queue: what is nudged is done, and signals lose nothing and double nothing."""

from __future__ import annotations

from collections import Counter

from app.core.model import DomainStatus
from app.core.ports import JobState
from tests.operations.world import wait_until
from tests.queue.site import PATIENCE, THREADS, Site


def once_each(site: Site, job_id: int) -> bool:
    """Whether every domain of the job was sent exactly once, and is there."""
    wanted = {item.subject for item in site.items(job_id)}
    return Counter(site.additions(job_id)) == Counter(wanted) and wanted <= set(site.domains())


def test_a_sync_that_another_process_asks_for_is_done(site: Site) -> None:
    site.worker_process()
    job_id = site.wired.sync_jobs.start(site.actor, site.connection())
    assert job_id is not None
    site.wait_for_job(job_id)
    row = site.row("nordwind.example")
    assert row is not None and row.status is DomainStatus.ACTIVE


def test_sigterm_finishes_what_is_being_sent_and_the_next_worker_does_the_rest(site: Site) -> None:
    worker, job_id = site.worker_process(), site.bulk(200)
    site.gate.pass_only(40)
    site.nudge(job_id)
    wait_until(lambda: site.gate.waiting == THREADS, PATIENCE)
    worker.terminate()
    worker.wait_for("Received SIGTERM")
    site.gate.open()
    assert worker.ended() == 0, worker.output()
    assert len(site.additions(job_id)) == 40 + THREADS
    counts = site.get_job(job_id).counts
    assert (counts["done"], counts["queued"], counts["running"]) == (40 + THREADS, 160 - THREADS, 0)
    site.start_worker()
    site.wait_for_job(job_id)
    assert once_each(site, job_id)


def test_after_kill_9_the_next_worker_goes_on_when_the_lease_is_over(site: Site) -> None:
    worker, job_id = site.worker_process(), site.bulk(200)
    site.gate.pass_only(40)
    site.nudge(job_id)
    wait_until(lambda: site.gate.waiting == THREADS, PATIENCE)
    worker.kill()
    site.gate.open()
    site.start_worker()
    wait_until(lambda: site.get_job(job_id).counts["queued"] == 0, PATIENCE)
    wait_until(lambda: all(item.attempts == 1 for item in site.items(job_id)), PATIENCE)
    left = site.get_job(job_id)
    assert left.state is JobState.RUNNING and left.counts["running"] >= THREADS
    site.let_leases_run_out(job_id)
    site.sweep_until_done(job_id)
    assert once_each(site, job_id)
    assert {item.attempts for item in site.items(job_id)} == {1, 2}

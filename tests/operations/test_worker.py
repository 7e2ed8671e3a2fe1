"""Items of a job are claimed, worked on in parallel, and finished once, whatever happens to the worker."""

import threading
import time

import pytest

from app.core.errors import NotFound
from app.core.ports import ItemState, JobState, NewItem
from app.core.text import msg
from app.operations.worker import Slots
from tests.operations.world import wait_until


@pytest.fixture
def job(world):
    """Makes a job with so many items; returns its id."""

    def make(count, **options):
        items = (NewItem(f"thing {n}", {"command": "count", "n": n}) for n in range(1, count + 1))
        return world.wired.jobs.create(world.actor, "test", msg("Count"), items, **options)

    return make


class Counting:
    """A handler that remembers which items it got."""

    def __init__(self, answer=(ItemState.DONE, None)):
        self.seen, self.answer, self.threads = [], answer, set()

    def __call__(self, _job, item, _control):
        self.seen.append(item.no)
        self.threads.add(threading.get_ident())
        return self.answer


def test_every_item_is_done_once(world, job):
    count, ended = Counting(), []
    job_id = job(100)
    assert world.worker({"*": count}, threads=16, after=ended.append).work(job_id) is JobState.DONE
    assert sorted(count.seen) == list(range(1, 101))
    assert world.get_job(job_id).counts["done"] == 100 and world.get_job(job_id).finished_items == 100
    assert [job.id for job in ended] == [job_id]


def test_sixteen_threads_work_at_once(world, job):
    meet = threading.Barrier(16)

    def handler(_job, _item, _control):
        meet.wait(20)
        return ItemState.DONE, None

    assert world.worker({"*": handler}, threads=16).work(job(32)) is JobState.DONE


def test_several_workers_share_a_job_and_none_does_what_another_did(world, job):
    count = Counting()
    job_id = job(200)
    start = threading.Barrier(4)

    def work():
        start.wait()
        world.worker({"*": count}, threads=4).work(job_id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(count.seen) == list(range(1, 201))
    assert world.get_job(job_id).state is JobState.DONE


def test_the_handler_is_found_by_the_command(world, job):
    named, others = Counting(), Counting()
    job_id = world.wired.jobs.create(
        world.actor, "test", msg("x"), [NewItem("a", {"command": "named"}), NewItem("b", {"command": "else"})]
    )
    world.worker({"named": named, "*": others}).work(job_id)
    assert (named.seen, others.seen) == ([1], [2])


@pytest.mark.parametrize(
    ("states", "end"),
    [
        ([ItemState.DONE, ItemState.DONE], JobState.DONE),
        ([ItemState.DONE, ItemState.SKIPPED], JobState.DONE),
        ([ItemState.DONE, ItemState.FAILED], JobState.PARTIAL),
        ([ItemState.DONE, ItemState.UNKNOWN], JobState.PARTIAL),
        ([ItemState.FAILED, ItemState.FAILED], JobState.FAILED),
    ],
)
def test_the_state_of_a_job_is_made_of_those_of_its_items(world, job, states, end):
    job_id = job(2)
    assert world.worker({"*": lambda _j, item, _c: (states[item.no - 1], None)}).work(job_id) is end
    assert world.item_states(job_id) == [state.value for state in states]


def test_an_error_ends_its_item_alone(world, job, caplog):
    def handler(_job, item, _control):
        if item.no == 1:
            raise NotFound(msg("It is gone."))
        if item.no == 2:
            raise ZeroDivisionError
        return ItemState.DONE, None

    job_id = job(3)
    assert world.worker({"*": handler}).work(job_id) is JobState.PARTIAL
    texts = [str(item.result) if item.result else "" for item in world.items(job_id)]
    assert texts == ["It is gone.", "An error inside Gatehouse; the log of the worker has the details.", ""]
    assert world.item_states(job_id) == ["failed", "failed", "done"]
    assert "ZeroDivisionError" in caplog.text


def test_a_job_that_is_gone(world):
    assert world.worker({}).work(4711) is None


def test_a_long_item_tells_how_far_it_is_and_keeps_its_lease(world, job):
    job_id, seen = job(1), []

    def handler(_job, _item, control):
        control.progress(3, 9)
        seen.append((world.get_job(job_id).progress, world.get_job(job_id).progress_total))
        time.sleep(0.5)
        seen.append(world.wired.jobs.claim(job_id, 5, 1.0))
        return ItemState.DONE, None

    world.worker({"*": handler}, lease_seconds=0.2).work(job_id)
    assert seen == [(3, 9), []]
    assert world.items(job_id)[0].attempts == 1


def test_a_long_item_keeps_its_lease_while_others_come_and_go(world, job):
    job_id, count = job(120), Counting()

    def handler(its_job, item, control):
        if item.no == 1:
            wait_until(lambda: len(count.seen) >= 100)
        else:
            time.sleep(0.01)  # more than a lease for all of them
        return count(its_job, item, control)

    world.worker({"*": handler}, threads=2, lease_seconds=0.2).work(job_id)
    assert world.items(job_id)[0].attempts == 1 and count.seen.count(1) == 1


# --- stop, resume, retry ------------------------------------------------------------------------------------------


def test_a_stopped_job_finishes_what_it_began_and_goes_on_later(world, job):
    job_id, count = job(40), Counting()

    def handler(its_job, item, control):
        if item.no == 1:
            world.wired.jobs.request_stop(job_id)
            assert control.stopping()
        return count(its_job, item, control)

    worker = world.worker({"*": handler}, threads=2)
    assert worker.work(job_id) is JobState.STOPPED
    done = len(count.seen)
    assert 1 <= done < 40 and world.item_states(job_id).count("queued") == 40 - done
    assert worker.work(job_id) is JobState.STOPPED and len(count.seen) == done
    assert world.wired.jobs.resume(job_id)
    assert world.worker({"*": count}).work(job_id) is JobState.DONE
    assert sorted(count.seen) == list(range(1, 41))


def test_a_held_job_waits_for_a_person(world, job):
    job_id, count = job(2, held=True), Counting()
    world.worker({"*": count}).work(job_id)
    assert count.seen == []
    world.wired.jobs.resume(job_id)
    assert world.worker({"*": count}).work(job_id) is JobState.DONE


def test_what_failed_is_tried_again_on_demand(world, job):
    job_id = job(4)
    broken = world.worker({"*": lambda _j, i, _c: (ItemState.FAILED if i.no % 2 else ItemState.DONE, None)})
    assert broken.work(job_id) is JobState.PARTIAL
    assert world.wired.jobs.retry(job_id, [ItemState.FAILED]) == 2
    count = Counting()
    assert world.worker({"*": count}).work(job_id) is JobState.DONE
    assert sorted(count.seen) == [1, 3] and world.items(job_id)[0].attempts == 2


def test_a_worker_that_shuts_down_gives_back_what_it_has_not_begun(world, job):
    job_id, ended = job(40), []

    def handler(_job, item, control):
        worker.shut_down()
        assert control.stopping()
        return ItemState.DONE, None

    worker = world.worker({"*": handler}, threads=2, after=ended.append)
    state = worker.work(job_id)
    assert not state.ended and ended == []
    states = world.item_states(job_id)
    assert 1 <= states.count("done") <= 2 and states.count("running") == 0
    assert {item.attempts for item in world.items(job_id) if item.state is ItemState.QUEUED} == {0}
    assert job_id in world.wired.jobs.unfinished()
    assert world.worker({"*": Counting()}).work(job_id) is JobState.DONE


def test_a_job_that_has_ended_is_left_alone(world, job):
    job_id, ended = job(2), []
    worker = world.worker({"*": Counting()}, after=ended.append)
    assert [worker.work(job_id), worker.work(job_id)] == [JobState.DONE, JobState.DONE]
    assert len(ended) == 1


# --- several jobs in one process ----------------------------------------------------------------------------------


class Held:
    """Work that goes on until it may end."""

    def __init__(self):
        self.begun, self.nudged, self._may_end = [], [], threading.Event()
        self.slots = Slots(self._work, self.nudged.append, at_once=2)

    def _work(self, job_id):
        self.begun.append(job_id)
        assert self._may_end.wait(20)

    def nudge(self, *job_ids):
        """Each nudge comes in a thread of its own; returns those that are at work."""
        threads = [threading.Thread(target=self.slots, args=(job_id,)) for job_id in job_ids]
        for thread in threads:
            thread.start()
        return threads

    def end(self, threads):
        self._may_end.set()
        for thread in threads:
            thread.join()


def test_a_job_that_is_at_work_is_not_begun_a_second_time_but_nudged_afterwards():
    held = Held()
    threads = held.nudge(1)
    wait_until(lambda: held.begun == [1])
    held.slots(1)
    assert held.begun == [1] and held.nudged == []
    held.end(threads)
    assert held.nudged == [1]


def test_more_jobs_than_may_be_at_work_at_once_are_turned_away_until_one_ends():
    held = Held()
    threads = held.nudge(1, 2)
    wait_until(lambda: sorted(held.begun) == [1, 2])
    for job_id in (3, 4, 3):
        held.slots(job_id)
    assert sorted(held.begun) == [1, 2] and held.nudged == []
    held.end(threads)
    assert held.nudged == [3, 4]
    held.slots(3)
    assert held.begun[2:] == [3]


def test_a_job_whose_work_fails_leaves_its_slot():
    def fail(_job_id):
        raise ZeroDivisionError

    slots = Slots(fail, lambda _: None, at_once=1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            slots(1)


# --- leases -------------------------------------------------------------------------------------------------------


def test_what_a_dead_worker_claimed_is_taken_up_when_its_lease_is_over(world, job):
    job_id, count = job(3), Counting()
    dead = world.wired.jobs.claim(job_id, 2, 0.3)
    assert [item.no for item in dead] == [1, 2]
    worker = world.worker({"*": count})
    assert worker.work(job_id) is JobState.RUNNING and count.seen == [3]
    wait_until(lambda: job_id in world.wired.jobs.unfinished())
    assert worker.work(job_id) is JobState.DONE
    assert sorted(count.seen) == [1, 2, 3]
    assert [item.attempts for item in world.items(job_id)] == [2, 2, 1]


def test_a_worker_that_only_seemed_dead_does_not_overwrite_the_result(world, job):
    job_id = job(1)
    [item] = world.wired.jobs.claim(job_id, 1, 0.0)
    wait_until(lambda: world.worker({"*": Counting()}).work(job_id) is JobState.DONE)
    world.wired.jobs.finish([(item.id, ItemState.FAILED, msg("late"))])
    assert world.item_states(job_id) == ["done"] and world.get_job(job_id).counts["done"] == 1

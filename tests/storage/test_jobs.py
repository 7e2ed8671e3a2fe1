from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from app.core.ports import ItemState, JobState, NewItem
from app.core.secret import MASK
from app.core.text import msg
from app.storage.jobs import SqlJobs
from app.storage.tables import job_items
from app.storage.tables import jobs as job_table
from app.storage.vault import Vault
from tests.storage.people import ADMIN, OTHER_ADMIN, connection, within

DONE, FAILED, UNKNOWN, SKIPPED = ItemState.DONE, ItemState.FAILED, ItemState.UNKNOWN, ItemState.SKIPPED


@pytest.fixture
def jobs(database, vault, clock):
    return SqlJobs(database, vault, clock)


def create(jobs, count=3, actor=ADMIN, kind="bulk", **more):
    items = (
        NewItem(f"d{n}.example", {"command": "x", "domain": f"d{n}.example"}) for n in range(1, count + 1)
    )
    return jobs.create(actor, kind, msg("Add {n} domains", n=count), items, **more)


def counts(jobs, job_id):
    return {state: n for state, n in jobs.get(ADMIN, job_id).counts.items() if n}


def finish_all(jobs, job_id, *states):
    items = jobs.claim(job_id, len(states), 60)
    jobs.finish([(item.id, state, msg("said")) for item, state in zip(items, states, strict=True)])
    return items


# --- creating ---


def test_a_job_comes_back_as_it_was_made(jobs, clock):
    job_id = create(jobs, params={"key": "prod", "connections": ["prod"]})
    job = jobs.get(ADMIN, job_id)
    assert (job.kind, str(job.title), job.actor) == ("bulk", "Add 3 domains", ADMIN)
    assert (job.state, job.total, job.created_at) == (JobState.QUEUED, 3, clock.now)
    assert job.params == {"key": "prod", "connections": ["prod"]}
    assert counts(jobs, job_id) == {"queued": 3}
    assert [(i.no, i.subject, i.state) for i in jobs.items(job_id)] == [
        (n, f"d{n}.example", ItemState.QUEUED) for n in (1, 2, 3)
    ]


def test_thousands_of_items_are_taken_in_batches(jobs):
    taken = []

    def items():
        for n in range(1201):
            taken.append(n)
            yield NewItem(f"{n}", {"command": "x"})
            if n == 1000:
                assert jobs.get(ADMIN, jobs.active("bulk", "")).total == 1000

    job_id = jobs.create(ADMIN, "bulk", msg("many"), items())
    assert jobs.get(ADMIN, job_id).total == len(taken) == 1201
    assert [i.no for i in jobs.items(job_id, after_no=1198)] == [1199, 1200, 1201]


def test_the_same_request_is_one_job(jobs):
    job_id = create(jobs, request_key="k")
    assert create(jobs, request_key="k") == job_id
    assert create(jobs, actor=OTHER_ADMIN, request_key="k") != job_id
    assert create(jobs) != create(jobs)


def test_of_sixteen_threads_with_one_request_all_get_one_job(jobs):
    with ThreadPoolExecutor(16) as pool:
        made = set(pool.map(lambda _: create(jobs, request_key="k"), range(16)))
    assert len(made) == 1
    assert jobs.get(ADMIN, made.pop()).total == 3


def test_of_sixteen_threads_one_makes_the_job_that_is_to_be_alone(jobs):
    def make(_):
        return create(jobs, kind="sync", params={"key": "prod"}, alone=True)

    with ThreadPoolExecutor(16) as pool:
        [job_id] = set(pool.map(make, range(16)))
    assert jobs.get(ADMIN, job_id).total == 3
    others = [
        create(jobs, kind="sync", params={"key": "other"}, alone=True),
        create(jobs, kind="bulk", params={"key": "prod"}, alone=True),
    ]
    finish_all(jobs, job_id, DONE, DONE, DONE)
    jobs.close_if_finished(job_id)
    assert len({job_id, *others, make(1)}) == 4


def test_items_that_fail_to_come_leave_no_job(jobs, database):
    def broken():
        yield NewItem("a", {"command": "x"})
        raise LookupError("row 2")

    with pytest.raises(LookupError):
        jobs.create(ADMIN, "bulk", msg("x"), broken(), request_key="k")
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(job_table)) == 0
        assert session.scalar(select(func.count()).select_from(job_items)) == 0


def test_no_worker_sees_a_job_before_it_is_whole(jobs):
    def items():
        for n in range(501):
            yield NewItem(f"{n}", {"command": "x"})
        half = jobs.active("bulk", "")
        assert jobs.unfinished() == []
        assert jobs.claim(half, 5, 60) == []
        assert jobs.get(ADMIN, half).state is JobState.QUEUED

    job_id = jobs.create(ADMIN, "bulk", msg("x"), items())
    assert jobs.unfinished() == [job_id]


def test_a_job_whose_making_was_broken_off_is_taken_away(jobs, database, clock):
    job_id = create(jobs)
    with database.unit_of_work() as session:
        session.execute(update(job_table).values(state="creating"))
    assert jobs.unfinished() == []
    assert jobs.get(ADMIN, job_id) is not None
    clock.pass_by(hours=2)
    assert jobs.unfinished() == []
    assert jobs.get(ADMIN, job_id) is None


def test_a_held_job_waits_until_somebody_resumes_it(jobs):
    job_id = create(jobs, held=True)
    assert jobs.get(ADMIN, job_id).state is JobState.STOPPED
    assert (jobs.unfinished(), jobs.claim(job_id, 5, 60), jobs.count_running(ADMIN)) == ([], [], 0)
    assert jobs.resume(job_id)
    assert len(jobs.claim(job_id, 5, 60)) == 3


def test_an_item_can_have_ended_before_the_job_begins(jobs):
    items = [NewItem("1", {"command": "x"}), NewItem("2", {}, SKIPPED, msg("Row 2: no such domain."))]
    job_id = jobs.create(ADMIN, "import", msg("x"), items)
    assert counts(jobs, job_id) == {"queued": 1, "skipped": 1}
    assert [i.no for i in jobs.claim(job_id, 5, 60)] == [1]
    assert str(jobs.items(job_id, states=[SKIPPED])[0].result) == "Row 2: no such domain."


# --- secrets ---


def test_marked_secrets_are_encrypted_and_come_back_to_the_worker_only(jobs, database):
    command = {"command": "x", "options": {"password": {"$secret": "geheim"}, "n": [1, {"$secret": "auch"}]}}
    job_id = jobs.create(ADMIN, "bulk", msg("x"), [NewItem("a", command)])
    with database.session() as session:
        stored = str(session.execute(select(job_items)).all())
    assert "geheim" not in stored
    assert "auch" not in stored
    assert jobs.items(job_id)[0].command["options"] == {
        "password": {"$secret": MASK},
        "n": [1, {"$secret": MASK}],
    }
    assert jobs.claim(job_id, 1, 60)[0].command == command


def test_an_item_whose_secret_cannot_be_read_fails_alone(jobs, database, clock, tmp_path):
    items = [NewItem("a", {"pw": {"$secret": "x"}}), NewItem("b", {"command": "x"})]
    job_id = jobs.create(ADMIN, "bulk", msg("x"), items)
    other = SqlJobs(database, Vault.open(tmp_path / "other.key"), clock)
    assert [item.subject for item in other.claim(job_id, 5, 60)] == ["b"]
    failed = jobs.items(job_id, states=[FAILED])
    assert [item.subject for item in failed] == ["a"]
    assert "encryption key" in str(failed[0].result)


# --- claiming ---


def test_items_are_claimed_in_order_and_once(jobs, clock):
    job_id = create(jobs, 5)
    first = jobs.claim(job_id, 2, 60)
    second = jobs.claim(job_id, 10, 60)
    assert [i.no for i in first] == [1, 2]
    assert [i.no for i in second] == [3, 4, 5]
    assert jobs.claim(job_id, 10, 60) == []
    assert {(i.state, i.attempts, i.started_at) for i in first} == {(ItemState.RUNNING, 1, clock.now)}
    assert first[0].command == {"command": "x", "domain": "d1.example"}
    assert counts(jobs, job_id) == {"running": 5}
    job = jobs.get(ADMIN, job_id)
    assert (job.state, job.started_at) == (JobState.RUNNING, clock.now)


def test_a_lease_that_is_over_is_taken_up_again(jobs, clock):
    job_id = create(jobs, 3)
    jobs.claim(job_id, 2, 60)
    clock.pass_by(seconds=59)
    assert [i.no for i in jobs.claim(job_id, 1, 60)] == [3]
    clock.pass_by(seconds=2)
    again = jobs.claim(job_id, 5, 60)
    assert [(i.no, i.attempts) for i in again] == [(1, 2), (2, 2)]
    assert counts(jobs, job_id) == {"running": 3}


def test_a_lease_can_be_extended(jobs, clock):
    job_id = create(jobs, 1)
    item = jobs.claim(job_id, 1, 60)[0]
    clock.pass_by(seconds=50)
    jobs.extend([item.id], 60)
    clock.pass_by(seconds=50)
    assert jobs.claim(job_id, 1, 60) == []


def test_eight_workers_take_each_item_once(jobs):
    job_id = create(jobs, 200)

    def work(_):
        mine = []
        while items := jobs.claim(job_id, 7, 60):
            mine += [item.id for item in items]
            jobs.finish([(item.id, DONE, None) for item in items])
        return mine

    with ThreadPoolExecutor(8) as pool:
        taken = Counter(item for mine in pool.map(work, range(8)) for item in mine)
    assert len(taken) == 200
    assert set(taken.values()) == {1}
    assert counts(jobs, job_id) == {"done": 200}
    assert jobs.close_if_finished(job_id) is JobState.DONE


# --- ending items ---


def test_items_end_with_a_result(jobs, clock):
    job_id = create(jobs, 4)
    clock.pass_by(seconds=5)
    finish_all(jobs, job_id, DONE, FAILED, UNKNOWN, SKIPPED)
    assert counts(jobs, job_id) == {"done": 1, "failed": 1, "unknown": 1, "skipped": 1}
    item = jobs.items(job_id, states=[FAILED])[0]
    assert (str(item.result), item.ended_at) == ("said", clock.now)
    assert jobs.get(ADMIN, job_id).finished_items == 4


def test_an_item_ends_once(jobs):
    job_id = create(jobs, 1)
    item = finish_all(jobs, job_id, DONE)[0]
    jobs.finish([(item.id, FAILED, msg("late"))])
    jobs.release([item.id])
    assert counts(jobs, job_id) == {"done": 1}


def test_results_of_several_jobs_in_one_go(jobs):
    one, two = create(jobs, 1), create(jobs, 2)
    items = [*jobs.claim(one, 5, 60), *jobs.claim(two, 5, 60)]
    jobs.finish([(item.id, DONE, None) for item in items])
    assert (counts(jobs, one), counts(jobs, two)) == ({"done": 1}, {"done": 2})


def test_a_released_item_was_not_begun(jobs):
    job_id = create(jobs, 2)
    items = jobs.claim(job_id, 2, 60)
    jobs.release([items[0].id])
    assert counts(jobs, job_id) == {"queued": 1, "running": 1}
    again = jobs.claim(job_id, 2, 60)
    assert [(i.no, i.attempts) for i in again] == [(1, 1)]


def test_progress_of_an_item_is_that_of_a_job_with_no_other(jobs):
    one, many = create(jobs, 1), create(jobs, 2)
    jobs.progress(jobs.claim(one, 1, 60)[0].id, 300, 1000)
    jobs.progress(jobs.claim(many, 1, 60)[0].id, 5, None)
    job = jobs.get(ADMIN, one)
    assert (job.progress, job.progress_total) == (300, 1000)
    assert jobs.get(ADMIN, many).progress == 0
    assert [i.progress for i in jobs.items(many)] == [5, 0]


# --- the end of a job ---


@pytest.mark.parametrize(
    ("states", "end"),
    [
        ((DONE, DONE), JobState.DONE),
        ((DONE, SKIPPED), JobState.DONE),
        ((SKIPPED, SKIPPED), JobState.DONE),
        ((DONE, FAILED), JobState.PARTIAL),
        ((SKIPPED, UNKNOWN), JobState.PARTIAL),
        ((FAILED, FAILED), JobState.FAILED),
        ((UNKNOWN, FAILED), JobState.FAILED),
    ],
)
def test_final_states(jobs, clock, states, end):
    job_id = create(jobs, 2)
    finish_all(jobs, job_id, *states)
    clock.pass_by(seconds=1)
    assert jobs.close_if_finished(job_id) is end
    ended_at = clock.now
    clock.pass_by(seconds=1)
    assert jobs.close_if_finished(job_id) is end
    job = jobs.get(ADMIN, job_id)
    assert (job.state, job.ended_at) == (end, ended_at)


def test_a_job_with_work_left_goes_on(jobs):
    job_id = create(jobs, 2)
    finish_all(jobs, job_id, DONE)
    assert jobs.close_if_finished(job_id) is JobState.RUNNING
    jobs.claim(job_id, 1, 60)
    assert jobs.close_if_finished(job_id) is JobState.RUNNING


def test_a_job_without_items_is_done(jobs):
    job_id = create(jobs, 0)
    assert jobs.unfinished() == [job_id]
    assert jobs.close_if_finished(job_id) is JobState.DONE


def test_a_job_that_is_gone_counts_as_stopped(jobs):
    assert jobs.close_if_finished(99) is JobState.STOPPED
    assert jobs.claim(99, 1, 60) == []


# --- stop, resume, retry ---


def test_stopping_lets_running_items_finish(jobs):
    job_id = create(jobs, 3)
    items = jobs.claim(job_id, 1, 60)
    assert jobs.request_stop(job_id)
    assert jobs.get(ADMIN, job_id).state is JobState.STOPPING
    assert jobs.claim(job_id, 5, 60) == []
    assert jobs.close_if_finished(job_id) is JobState.STOPPING
    jobs.finish([(items[0].id, DONE, None)])
    assert jobs.close_if_finished(job_id) is JobState.STOPPED
    assert jobs.unfinished() == []
    assert not jobs.request_stop(job_id)


def test_a_job_at_which_nobody_works_is_stopped_at_once(jobs, clock):
    job_id = create(jobs)
    assert jobs.request_stop(job_id)
    job = jobs.get(ADMIN, job_id)
    assert (job.state, job.ended_at) == (JobState.STOPPED, clock.now)


def test_a_stopping_job_whose_worker_died_is_stopped_by_the_sweep(jobs, clock):
    job_id = create(jobs, 2)
    jobs.claim(job_id, 1, 60)
    jobs.request_stop(job_id)
    assert jobs.unfinished() == []
    clock.pass_by(seconds=61)
    assert jobs.unfinished() == [job_id]
    assert jobs.close_if_finished(job_id) is JobState.STOPPED
    assert counts(jobs, job_id) == {"queued": 2}
    jobs.resume(job_id)
    assert [i.attempts for i in jobs.claim(job_id, 2, 60)] == [2, 1]


def test_a_stopped_job_goes_on(jobs):
    job_id = create(jobs)
    assert not jobs.resume(job_id)
    jobs.request_stop(job_id)
    assert jobs.resume(job_id)
    job = jobs.get(ADMIN, job_id)
    assert (job.state, job.ended_at) == (JobState.QUEUED, None)
    assert len(jobs.claim(job_id, 5, 60)) == 3


def test_failed_items_are_tried_again(jobs):
    job_id = create(jobs, 4)
    finish_all(jobs, job_id, DONE, FAILED, UNKNOWN, SKIPPED)
    jobs.close_if_finished(job_id)
    assert jobs.retry(job_id, (FAILED, UNKNOWN)) == 2
    assert counts(jobs, job_id) == {"queued": 2, "done": 1, "skipped": 1}
    job = jobs.get(ADMIN, job_id)
    assert (job.state, job.ended_at) == (JobState.QUEUED, None)
    assert [(i.no, i.attempts, i.result) for i in jobs.claim(job_id, 5, 60)] == [(2, 2, None), (3, 2, None)]


def test_nothing_to_retry_changes_nothing(jobs):
    job_id = create(jobs, 1)
    finish_all(jobs, job_id, DONE)
    jobs.close_if_finished(job_id)
    assert jobs.retry(job_id, (FAILED,)) == 0
    assert jobs.get(ADMIN, job_id).state is JobState.DONE


def test_what_is_queued_or_running_cannot_be_retried(jobs):
    job_id = create(jobs, 2)
    jobs.claim(job_id, 1, 60)
    assert jobs.retry(job_id, (ItemState.QUEUED, ItemState.RUNNING)) == 0
    assert counts(jobs, job_id) == {"queued": 1, "running": 1}


# --- looking ---


def test_unfinished_are_those_with_something_to_do_now(jobs, clock):
    fresh, busy, ended = create(jobs), create(jobs, 1), create(jobs, 1)
    jobs.claim(busy, 1, 60)
    finish_all(jobs, ended, DONE)
    jobs.close_if_finished(ended)
    assert jobs.unfinished() == [fresh]
    clock.pass_by(seconds=61)
    assert jobs.unfinished() == [fresh, busy]


def test_a_job_that_only_lacks_its_end_is_unfinished(jobs):
    job_id = create(jobs, 1)
    finish_all(jobs, job_id, DONE)
    assert jobs.unfinished() == [job_id]


def test_active_finds_the_unfinished_job_of_a_key(jobs):
    assert jobs.active("sync", "prod") is None
    job_id = create(jobs, 1, kind="sync", params={"key": "prod"})
    assert jobs.active("sync", "prod") == job_id
    assert jobs.active("sync", "test") is None
    assert jobs.active("bulk", "prod") is None
    finish_all(jobs, job_id, FAILED)
    jobs.close_if_finished(job_id)
    assert jobs.active("sync", "prod") is None


def test_who_acts_everywhere_sees_all_jobs_others_their_own(jobs):
    cut = within(connection("prod"))
    mine, theirs = create(jobs, actor=cut), create(jobs, kind="sync")
    assert [j.id for j in jobs.page(ADMIN)] == [theirs, mine]
    assert [j.id for j in jobs.page(cut)] == [mine]
    assert jobs.get(cut, theirs) is None
    assert jobs.get(replace(cut, user_id=10), mine) is None
    assert (jobs.count_running(ADMIN), jobs.count_running(cut)) == (2, 1)


def test_pages_of_jobs(jobs):
    ids = [create(jobs, 0, kind=kind) for kind in ("bulk", "sync", "bulk", "bulk")][::-1]
    assert [j.id for j in jobs.page(ADMIN, size=2)] == ids[:2]
    assert [j.id for j in jobs.page(ADMIN, size=2, before_id=ids[1])] == ids[2:]
    assert [j.id for j in jobs.page(ADMIN, kind="sync")] == [ids[2]]


def test_ended_jobs_are_not_counted_as_running(jobs):
    job_id = create(jobs, 1)
    finish_all(jobs, job_id, DONE)
    jobs.close_if_finished(job_id)
    assert jobs.count_running(ADMIN) == 0


def test_sixteen_threads_of_every_kind_keep_the_counts_right(jobs, database):
    job_id = create(jobs, 120)

    def work(thread):
        for _ in range(6):
            items = jobs.claim(job_id, 3, 60)
            if thread % 4 == 0:
                jobs.release([item.id for item in items])
            else:
                jobs.finish([(i.id, FAILED if i.no % 3 else DONE, None) for i in items])
            if thread % 5 == 0:
                jobs.retry(job_id, (FAILED,))
            jobs.close_if_finished(job_id)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    with database.session() as session:
        truth = session.execute(select(job_items.c.state, func.count()).group_by(job_items.c.state)).all()
    assert counts(jobs, job_id) == {row[0]: row[1] for row in truth}

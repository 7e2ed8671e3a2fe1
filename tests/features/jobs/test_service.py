"""Jobs: who sees them, who steers them, what stop, resume and retry say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.core.actor import Actor, Right, Role
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.ports import ItemState, JobState
from app.features.bulk.service import BulkService, Selection
from app.features.domains.service import DomainService
from app.features.jobs.service import JobService
from tests.features.world import ADMIN, HOME, ONLY_NORDWIND, ONLY_TWIN, SE, TWIN, World, actor

WERFT = "nordwind-werft.example"


def bulk(world: World, who: Actor = ADMIN, *names: str, key: str = "k") -> int:
    """A job that sets the routes of these domains."""
    service, _ = world.service(BulkService)
    selection = Selection(tuple((SE, name) for name in names or (HOME, WERFT)))
    values = {"routes": "mail.hosting.example"}
    planned = service.preview(who, "set_routes", selection, values)
    return service.start(
        who, "set_routes", selection, values, request_key=key, confirmed=planned.checksum, typed=planned.typed
    )


def sync(world: World, key: str = SE, who: Actor = ADMIN) -> int:
    return world.service(DomainService)[0].refresh(who, key)[0]


@pytest.mark.parametrize(
    "wish",
    [
        lambda s, a, n: s.page(a),
        lambda s, a, n: s.get(a, n),
        lambda s, a, n: s.detail(a, n),
        lambda s, a, n: list(s.all_items(a, n)),
        lambda s, a, n: s.stop(a, n),
        lambda s, a, n: s.resume(a, n),
        lambda s, a, n: s.retry(a, n),
    ],
)
def test_without_the_right_nothing_works(
    world: World, wish: Callable[[JobService, Actor, int], object]
) -> None:
    job = bulk(world)
    service, _ = world.service(JobService)
    with pytest.raises(Forbidden):
        wish(service, Actor(None, "n", Role.ADMIN, only_rights=frozenset(Right) - {Right.VIEW_JOBS}), job)
    assert world.wired.jobs.get(ADMIN, job).state is JobState.QUEUED


def test_who_may_look_may_not_steer(world: World) -> None:
    service, _ = world.service(JobService)
    for job in (bulk(world), sync(world)):
        assert service.get(actor(Role.AUDITOR), job).id == job
        for steer in (service.stop, service.resume, service.retry):
            with pytest.raises(Forbidden, match="look at this job but not steer"):
                steer(actor(Role.AUDITOR), job)


def test_jobs_are_seen_by_who_made_them_and_who_acts_everywhere(world: World) -> None:
    service, _ = world.service(JobService)
    narrow, other = actor(scopes=ONLY_NORDWIND, name="a"), actor(scopes=ONLY_NORDWIND, name="b")
    mine = bulk(world, narrow)
    theirs = bulk(world, ADMIN, WERFT)
    assert [job.id for job in service.page(narrow)[0]] == [mine]
    assert [job.id for job in service.page(ADMIN)[0]] == [theirs, mine]
    for wish in (service.get, service.detail, service.stop, service.resume, service.retry):
        with pytest.raises(NotFound):
            wish(other, mine)
    assert world.wired.jobs.count_running(other) == 0


def test_a_sync_is_seen_by_who_sees_all_of_its_connection(world: World) -> None:
    service, _ = world.service(JobService)
    twin, se = sync(world, TWIN), sync(world, SE)
    assert [job.id for job in service.page(actor(scopes=ONLY_TWIN))[0]] == [twin]
    assert service.get(actor(scopes=ONLY_TWIN), twin)
    for who in (actor(scopes=ONLY_TWIN), actor(scopes=ONLY_NORDWIND)):
        with pytest.raises(NotFound):
            service.get(who, se)
    assert world.wired.jobs.count_running(actor(scopes=ONLY_TWIN)) == 1


def test_what_follows_a_large_job_tells_nothing_of_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.wiring.READ_BACK_AT_MOST", 1)
    service, _ = world.service(JobService)
    narrow = actor(scopes=ONLY_NORDWIND)
    job = bulk(world, narrow)
    world.work(job)
    assert len(world.wired.jobs.unfinished()) == 1
    world.work()
    assert [seen.id for seen in service.page(narrow)[0]] == [job]
    assert len(service.page(ADMIN)[0]) == 2


def test_a_page_and_the_way_to_the_next(world: World) -> None:
    made = [bulk(world, ADMIN, HOME, key=str(n)) for n in range(5)]
    service, _ = world.service(JobService)
    rows, next_id = service.page(ADMIN, size=2)
    more, _ = service.page(ADMIN, size=3, before_id=next_id)
    assert [job.id for job in [*rows, *more]] == made[::-1]
    assert service.page(ADMIN, kind="sync") == ([], None)
    assert len(service.page(ADMIN, kind="bulk")[0]) == 5


def test_items_come_in_pages_and_by_state(world: World) -> None:
    job = bulk(world, ADMIN, *list(world.cluster)[:5])
    world.fault("429", "api_set_destination", count=1, retry_after="60")
    world.work(job)
    service, _ = world.service(JobService)
    first = service.detail(ADMIN, job, size=2)
    second = service.detail(ADMIN, job, size=10, after_no=first.next_no or 0)
    assert [item.no for item in [*first.items, *second.items]] == [1, 2, 3, 4, 5]
    assert second.next_no is None
    [failed] = service.detail(ADMIN, job, states=(ItemState.FAILED,)).items
    assert "takes no more calls" in str(failed.result)
    assert len(list(service.all_items(ADMIN, job))) == 5


def test_stop_resume_and_retry_where_they_make_sense(world: World) -> None:
    service, reports = world.service(JobService)
    job = bulk(world)
    with pytest.raises(Conflict, match="Only a stopped job"):
        service.resume(ADMIN, job)
    with pytest.raises(Conflict, match="Nothing in this job failed"):
        service.retry(ADMIN, job)
    service.stop(ADMIN, job)
    assert world.wired.jobs.get(ADMIN, job).state is JobState.STOPPED
    service.resume(ADMIN, job)
    assert world.work(job) == [JobState.DONE]
    with pytest.raises(Conflict, match="ended already"):
        service.stop(ADMIN, job)
    assert len(reports) == 2


def test_a_resumed_job_acts_with_the_rights_of_who_made_it(world: World) -> None:
    """The person may have lost the domain meanwhile: each item is planned with the stored scope, so it is refused."""
    narrow = actor(scopes=ONLY_NORDWIND)
    job = bulk(world, narrow)
    world.work(job)
    assert {change.actor_name for change in world.changes()} == {"x"}
    assert {change.job_id for change in world.changes()} == {job}

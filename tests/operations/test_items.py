"""What the items of jobs do: the same work as a click, once, also when the worker dies in the middle of it."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace

import pytest

from app.core.actor import Role, Scope, ScopeKind
from app.core.model import DomainStatus
from app.core.ports import ChangeQuery, ItemState, JobState, NewItem, SyncStatus
from app.core.text import msg
from app.operations.items import SyncItem
from tests.operations.world import MX, wait_until

NEW, OLD = "new.example", "nordwind.example"
ADD = "api_add_incoming_domain"


def adds(world, count):
    return [world.wish("domain.add", domain=f"bulk{n}.example", routes=[MX]) for n in range(count)]


def one_item(world, command, kind="bulk", actor=None):
    item = NewItem("it", command)
    return world.wired.jobs.create(actor or world.actor, kind, msg("One thing"), [item])


def work(world, job_id):
    return world.wired.worker.work(job_id)


def texts(world, job_id):
    return [str(item.result) if item.result else "" for item in world.items(job_id)]


# --- commands -----------------------------------------------------------------------------------------------------


def test_sixteen_threads_do_everything_once(world):
    job_id = world.job(*adds(world, 48))
    assert work(world, job_id) is JobState.DONE
    assert world.log.count(ADD) == 48 and {f"bulk{n}.example" for n in range(48)} <= set(world.domains())
    changes = world.wired.journal.page(world.actor, ChangeQuery(job_id=job_id, size=100))
    assert len(changes) == 48 and {c.state.value for c in changes} == {"done"}
    assert {c.item_id for c in changes} == {item.id for item in world.items(job_id)}
    assert world.row("bulk7.example").routes


def test_what_is_so_already_is_skipped(world):
    world.do("domain.add", domain="bulk0.example", routes=[MX])
    job_id = world.job(*adds(world, 2))
    assert work(world, job_id) is JobState.DONE
    assert world.item_states(job_id) == ["skipped", "done"]
    assert texts(world, job_id)[0] == "Already so; nothing was sent."


def test_what_upstream_refuses_fails_with_its_words(world):
    wish = world.wish("domain.add", domain=NEW, routes=[{"host": "node1.filtering.example"}])
    job_id = world.job(wish, world.wish("domain.remove", domain="gone.example"))
    assert work(world, job_id) is JobState.FAILED
    refused, absent = texts(world, job_id)
    assert "cannot be a destination" in refused and "is not on this server" in absent


def test_what_was_done_in_part_says_so(world):
    wish = world.wish("domain.add", domain=NEW, routes=[MX], aliases=["one.example", "nordwind.test"])
    job_id = world.job(wish)
    work(world, job_id)
    assert "2 of 3 steps done, then:" in texts(world, job_id)[0]


def test_rights_and_scope_are_looked_at_when_the_item_runs(world):
    support = replace(world.actor, role=Role.SUPPORT, user_id=9)
    elsewhere = replace(world.actor, scopes=(Scope(ScopeKind.DOMAIN, "*.mine.example"),), user_id=10)
    wish = world.wish("domain.remove", domain=OLD).to_json()
    for actor in (support, elsewhere):
        assert work(world, one_item(world, wish, actor=actor)) is JobState.FAILED
    assert OLD in world.domains() and world.log.count() == 0


@pytest.mark.parametrize(
    "command",
    [{"command": "domain.explode"}, {"command": "domain.add", "connection": "prod", "domain": "a b"}, {}],
)
def test_an_item_that_cannot_be_read_fails(world, command):
    job_id = one_item(world, command)
    assert work(world, job_id) is JobState.FAILED and texts(world, job_id) != [""]


def test_an_item_that_was_bad_from_the_start_fails_as_it_did(world):
    problem = msg("Row 3: {text} is no domain.", text="a b")
    job_id = one_item(world, {"problem": problem.to_json()})
    assert work(world, job_id) is JobState.FAILED
    assert texts(world, job_id) == ["Row 3: a b is no domain."]


def test_an_unknown_outcome_is_looked_up_before_another_try(world):
    world.faults({"fault": "hangup", "calls": ADD})
    job_id = world.job(*adds(world, 3))
    assert work(world, job_id) is JobState.FAILED
    assert world.item_states(job_id) == ["unknown"] * 3
    world.faults()
    world.reconnect()
    world.wired.jobs.retry(job_id, [ItemState.UNKNOWN])
    assert work(world, job_id) is JobState.DONE
    assert world.item_states(job_id) == ["skipped"] * 3 and world.log.count(ADD) == 3
    assert Counter(world.states()) == {"done": 3}


def test_while_nobody_can_look_nothing_is_sent_again(world):
    world.faults({"fault": "hangup", "calls": ADD, "count": 1})
    job_id = world.job(*adds(world, 1))
    work(world, job_id)
    world.faults({"fault": "html", "calls": ["api_list_domains", "api_get_*"]})
    world.wired.jobs.retry(job_id, [ItemState.UNKNOWN])
    work(world, job_id)
    assert world.item_states(job_id) == ["unknown"] and "looked up again" in texts(world, job_id)[0]
    assert world.log.count(ADD) == 1 and world.states() == ["unknown"]


def test_what_surely_did_not_happen_is_sent_by_the_next_try(world):
    world.faults({"fault": "refuse", "calls": ADD, "count": 1})
    job_id = world.job(*adds(world, 1))
    work(world, job_id)
    assert world.item_states(job_id) == ["unknown"] and "bulk0.example" not in world.domains()
    world.wired.jobs.retry(job_id, [ItemState.UNKNOWN])
    assert work(world, job_id) is JobState.DONE
    assert world.states() == ["unreachable", "done"]


def test_a_worker_killed_in_the_middle_of_a_write_sends_it_once(world, tmp_path):
    world.faults({"fault": "delay", "calls": ADD, "when": "after", "seconds": 20, "count": 1})
    job_id = world.job(*adds(world, 2))
    url = world.wired.database.url.render_as_string(hide_password=False)
    arguments = [sys.executable, "-m", "tests.operations.dying_worker", str(tmp_path), url, str(job_id)]
    process = subprocess.Popen(arguments, env={**os.environ, "PYTHONPATH": "."})
    try:
        wait_until(lambda: "bulk0.example" in world.domains(), 20)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert world.states() == ["intended"] and world.item_states(job_id)[0] == "running"
    world.faults()
    wait_until(lambda: work(world, job_id) is JobState.DONE)
    assert world.item_states(job_id) == ["skipped", "done"] and world.states() == ["done", "done"]
    assert world.log.count(ADD) == 2


def test_an_item_whose_worker_died_before_it_sent_anything_is_done_by_the_next(world):
    job_id = world.job(*adds(world, 1))
    world.wired.jobs.claim(job_id, 1, 0.0)
    wait_until(lambda: work(world, job_id) is JobState.DONE)
    assert world.item_states(job_id) == ["done"] and world.log.count(ADD) == 1


# --- after a large job --------------------------------------------------------------------------------------------


def test_a_large_job_reads_the_list_once_at_its_end(world):
    job_id = world.job(*adds(world, 51), params={"connections": ["prod"]})
    assert work(world, job_id) is JobState.DONE
    assert world.row("bulk7.example") is None
    sync = world.wired.jobs.active("sync", "prod")
    assert sync is not None and work(world, sync) is JobState.DONE
    assert world.row("bulk7.example").routes


def test_a_small_job_reads_each_domain_and_no_list(world):
    work(world, world.job(*adds(world, 2), params={"connections": ["prod"]}))
    assert world.wired.jobs.active("sync", "prod") is None and world.row("bulk1.example")


# --- syncs, single rows, settings ---------------------------------------------------------------------------------


def test_a_sync_item_fills_the_inventory(world):
    job_id = world.wired.sync_jobs.start(world.actor, world.connection())
    assert work(world, job_id) is JobState.DONE
    assert f"{len(world.domains())} domains read" in texts(world, job_id)[0]
    assert world.get_job(job_id).progress == len(world.domains())


def test_a_sync_item_of_an_upstream_that_is_down_fails(world):
    world.faults({"fault": "html"})
    job_id = world.wired.sync_jobs.start(world.actor, world.connection())
    assert work(world, job_id) is JobState.FAILED and "web page" in texts(world, job_id)[0]


def test_a_sync_that_somebody_stops_is_skipped(world):
    world.sandbox.seed(1201, ["spamexperts"])
    job_id = world.wired.sync_jobs.start(world.actor, world.connection())
    world.faults({"fault": "delay", "calls": "api_list_domains", "when": "before", "seconds": 0.3})
    working = threading.Thread(target=work, args=(world, job_id))
    working.start()
    wait_until(lambda: world.log.count("api_list_domains") == 1)
    world.wired.jobs.request_stop(job_id)
    working.join()
    assert "Stopped after 500 domains" in texts(world, job_id)[0]
    assert world.item_states(job_id) == ["skipped"]
    assert world.wired.inventory.sync_states(world.actor)["prod"].status is SyncStatus.FAILED


def test_a_sync_that_breaks_off_because_the_worker_stops_is_done_by_the_next(world):
    world.sandbox.seed(1201, ["spamexperts"])
    job_id = world.wired.sync_jobs.start(world.actor, world.connection())
    world.faults({"fault": "delay", "calls": "api_list_domains", "when": "before", "seconds": 0.3})
    sync = {"sync": SyncItem(world.wired.connections, world.wired.sync, world.wired.beside)}
    stopped = world.worker(sync)
    working = threading.Thread(target=stopped.work, args=(job_id,))
    working.start()
    wait_until(lambda: world.log.count("api_list_domains") == 1)
    stopped.shut_down()
    working.join()
    assert world.item_states(job_id) == ["queued"] and world.items(job_id)[0].attempts == 0
    assert world.worker(sync).work(job_id) is JobState.DONE
    assert texts(world, job_id) == ["1201 domains read, 0 newly missing."]


def test_a_refresh_item_reads_one_domain(world):
    command = {"command": "refresh", "connection": "prod", "domain": OLD}
    assert work(world, one_item(world, command)) is JobState.DONE
    assert world.row(OLD).status is DomainStatus.ACTIVE
    world.faults({"fault": "html"})
    assert work(world, one_item(world, command)) is JobState.FAILED and world.row(OLD).stale


def test_a_reading_item_keeps_the_value_and_says_whose_it_is(world):
    command = {"command": "read_setting", "connection": "prod", "domain": OLD, "name": "quarantine_days"}
    world.do("settings.set", domain=OLD, name="quarantine_days", value="9")
    own = one_item(world, command)
    assert work(world, own) is JobState.DONE and texts(world, own) == ["its own value: 9"]
    world.do("settings.set", domain=OLD, name="quarantine_days", value=None)
    inherited = one_item(world, command)
    assert work(world, inherited) is JobState.DONE and texts(world, inherited) == ["inherited"]
    world.faults({"fault": "html"})
    assert work(world, one_item(world, command)) is JobState.FAILED


def test_a_reading_item_of_a_setting_that_is_not_there_fails(world, monkeypatch):
    command = {"command": "read_setting", "connection": "prod", "domain": OLD, "name": "no_such"}
    monkeypatch.setattr(type(world.driver()), "read_settings", lambda *_: [])
    job_id = one_item(world, command)
    assert work(world, job_id) is JobState.FAILED and "has no setting “no_such”" in texts(world, job_id)[0]


@pytest.mark.parametrize("name", ["sync", "refresh", "read_setting"])
def test_items_of_a_connection_that_is_gone_or_out_of_scope_fail(world, name):
    elsewhere = replace(world.actor, scopes=(Scope(ScopeKind.CONNECTION, "other"),), user_id=10)
    command = {"command": name, "connection": "prod", "domain": OLD, "name": "quarantine_days"}
    for job_id in (
        one_item(world, command, actor=elsewhere),
        one_item(world, {**command, "connection": "gone"}),
    ):
        assert work(world, job_id) is JobState.FAILED and texts(world, job_id) == ["The connection is gone."]
    assert world.log.count() == 0

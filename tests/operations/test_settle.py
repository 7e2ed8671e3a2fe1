"""What became of a change that nobody knows the outcome of is looked up, and only what the look tells is written."""

import pytest

from app.core.plan import Seen, State
from app.providers.spamexperts.fields import FIELDS
from app.wiring import now
from tests.operations.world import MX

NEW, OLD = "new.example", "nordwind.example"


def intend(world, command, key="k"):
    """A change whose process dies after the journal's row and before its answer; returns the step."""
    [step] = world.driver().plan(command)
    world.wired.journal.intend(world.actor, "prod", step, request_key=key, step_no=0, command_sum="sum")
    return step


COMMANDS = [
    ("domain.add", {"domain": NEW, "routes": [MX]}),
    ("domain.remove", {"domain": OLD}),
    ("routes.set", {"domain": OLD, "routes": [MX]}),
    ("aliases.add", {"domain": OLD, "aliases": ["one.example"]}),
    ("aliases.remove", {"domain": OLD, "aliases": ["nordwind.test"]}),
    ("settings.set", {"domain": OLD, "name": "quarantine_days", "value": "9"}),
    ("settings.set", {"name": "quarantine_days", "value": "9"}),
]


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize(("command", "fields"), COMMANDS)
def test_a_crash_between_intention_and_answer_is_settled(world, command, fields, sent):
    step = intend(world, world.wish(command, **fields))
    if sent:
        world.driver().apply(step)
    assert world.late_settler().sweep() == 1
    [change] = world.changes("k")
    assert change.state is (State.DONE if sent else State.UNREACHABLE)
    assert change.settled_by == "worker" and change.closed_at is not None
    seen = world.driver().observe(change.step).seen
    assert seen is (Seen.DONE if sent else Seen.NOT_DONE)
    assert world.late_settler().sweep() == 0


def test_the_row_of_the_inventory_follows_what_was_found(world):
    step = intend(world, world.wish("domain.add", domain=NEW, routes=[MX]))
    world.driver().apply(step)
    assert world.row(NEW) is None
    world.late_settler().sweep()
    assert world.row(NEW).routes


def test_what_may_still_be_on_its_way_is_left_alone(world):
    intend(world, world.wish("domain.add", domain=NEW, routes=[MX]))
    assert world.wired.settler.sweep() == 0
    assert world.states("k") == ["intended"]


def test_something_else_is_there_now_so_a_person_must_look(world):
    step = intend(world, world.wish("routes.set", domain=OLD, routes=[MX]))
    world.driver().apply(step)
    world.do("routes.set", domain=OLD, routes=[{"host": "third.example"}])
    assert world.late_settler().sweep() == 0
    [change] = world.changes("k")
    assert change.state is State.UNKNOWN and "neither the state before" in str(change.problem)
    assert change.now == {"routes": [{"host": "third.example", "port": 25}]}


def test_what_cannot_be_read_stays_unknown(world):
    name = next(field.name for field in FIELDS if not field.readable)
    intend(world, world.wish("settings.set", domain=OLD, name=name, value="10"))
    assert world.late_settler().sweep() == 0
    [change] = world.changes("k")
    assert change.state is State.UNKNOWN and "cannot tell" in str(change.problem)


@pytest.mark.parametrize("fault", ["refuse", "html", "5xx", "malformed", "truncated", "reset", "429"])
def test_while_nobody_can_look_the_outcome_stays_unknown(world, fault):
    step = intend(world, world.wish("domain.add", domain=NEW, routes=[MX]))
    world.driver().apply(step)
    world.faults({"fault": fault})
    assert world.late_settler().sweep() == 0
    assert world.states("k") == ["unknown"]
    world.faults()
    connection = world.reconnect()
    assert world.wired.settler.settle(connection, world.changes("k")[0]) is State.DONE
    assert world.states("k") == ["done"]


def test_a_look_that_could_not_tell_is_not_repeated_at_once(world):
    intend(world, world.wish("domain.add", domain=NEW, routes=[MX]))
    world.faults({"fault": "html"})
    world.late_settler().sweep()
    looks = world.log.count()
    world.late_settler().sweep()
    assert world.log.count() == looks


def test_a_connection_that_is_switched_off_is_not_asked(world):
    intend(world, world.wish("domain.add", domain=NEW, routes=[MX]))
    world.connect(enabled=False)
    asked = world.log.count()
    assert world.late_settler().sweep() == 0 and world.log.count() == asked
    assert "switched off" in str(world.changes("k")[0].problem)


def test_a_change_whose_connection_is_gone_waits_for_a_person(world):
    intend(world, world.wish("domain.add", domain=NEW, routes=[MX]))
    world.wired.store.remove("prod")
    assert world.late_settler().sweep() == 0
    assert "connection is gone" in str(world.changes("k")[0].problem)


def test_who_was_faster_wins(world):
    """The late answer of the process that sent it, and a look by the worker."""
    step = intend(world, world.wish("domain.add", domain=NEW, routes=[MX]))
    [change] = world.changes("k")
    world.driver().apply(step)
    world.late_settler().sweep()
    world.wired.journal.close(change.id, State.UNREACHABLE)
    assert world.states("k") == ["done"]
    assert not world.wired.journal.settle(change.id, State.REJECTED, by="Ada")


def test_all_of_a_request_is_settled_on_demand(world):
    world.faults({"fault": "hangup", "calls": "api_add_*"})
    world.do("domain.add", "k", domain=NEW, routes=[MX], aliases=["one.example"])
    assert world.states("k") == ["unknown", "skipped"]
    assert world.wired.settler.settle_request(world.actor, world.connection(), "k")
    assert world.states("k") == ["done", "skipped"]
    assert world.wired.settler.settle_request(world.actor, world.connection(), "no such request")


def test_a_request_that_cannot_be_settled_on_demand(world):
    intend(world, world.wish("domain.add", domain=NEW, routes=[MX]))
    world.faults({"fault": "html"})
    assert not world.wired.settler.settle_request(world.actor, world.connection(), "k")


def test_a_sweep_takes_no_more_than_it_is_told(world):
    for number in range(5):
        intend(world, world.wish("domain.add", domain=f"d{number}.example", routes=[MX]), f"k{number}")
    assert world.late_settler().sweep(limit=3) == 3
    assert world.late_settler().sweep() == 2
    assert world.wired.journal.unsettled(now()) == []

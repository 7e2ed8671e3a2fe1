"""Every step is journalled before it is sent, sent once, and told truthfully."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from app.core.errors import Conflict, NotFound, OutcomeUnknown, Rejected, Unreachable
from app.core.plan import State, checksum
from app.net.calls import collect
from app.operations.runner import Runner, Ticket
from tests.operations.world import MX, wait_until

NEW, OLD = "new.example", "nordwind.example"
ADD = "api_add_incoming_domain"


def add(world, domain=NEW, **fields):
    return world.wish("domain.add", domain=domain, routes=[MX], **fields)


def in_thread(call):
    thread = threading.Thread(target=call)
    thread.start()
    return thread


# --- one step -----------------------------------------------------------------------------------------------------


def test_a_change_is_journalled_with_what_was_sent_and_what_came(world):
    [outcome] = world.do(add(world), "k").outcomes
    [change] = world.changes("k")
    assert (outcome.state, outcome.change_id) == (State.DONE, change.id)
    assert (change.actor_name, change.door, change.connection, change.steps) == ("Ada", "web", "prod", 1)
    assert change.step.domain == NEW and change.step.after == {"routes": [MX]}
    assert [call["call"] for call in change.calls] == [ADD]
    assert change.closed_at is not None and change.ms > 0


def test_the_row_is_there_before_the_request_arrives(world):
    world.faults({"fault": "delay", "calls": ADD, "when": "before", "seconds": 0.4})
    sending = in_thread(lambda: world.do(add(world), "k"))
    wait_until(lambda: world.log.count(ADD) == 1)
    assert NEW not in world.domains() and world.states("k") == ["intended"]
    assert world.wired.journal.count_open(world.actor) == 1
    sending.join()
    assert world.states("k") == ["done"]


@pytest.mark.parametrize("fault", ["hangup", "reset", "truncated", "malformed", "html", "5xx"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_that_does_not_come_is_unknown_until_a_look_settles_it(world, fault, when):
    if (fault, when) == ("hangup", "before"):
        fault = "refuse"
    world.faults({"fault": fault, "calls": ADD, "when": when})
    execution = world.do(add(world), "k")
    assert isinstance(execution.error, OutcomeUnknown) and world.states("k") == ["unknown"]
    world.faults()
    assert world.late_settler().sweep() == 1
    assert world.states("k") == ["done" if when == "after" else "unreachable"]
    assert (NEW in world.domains()) is (when == "after")
    assert world.log.count(ADD) == 1


def test_a_port_on_which_nobody_listens_is_unreachable_and_nothing_was_sent(world):
    steps = world.driver().plan(add(world))
    dead = world.connect("dead", base_url="http://127.0.0.1:1")
    runner = Runner(world.wired.journal, collect)
    run = runner.run(world.actor, "dead", world.wired.pool.driver(dead), steps, Ticket("k", "sum"))
    assert run.outcomes[0].state is State.UNREACHABLE and isinstance(run.error, Unreachable)
    assert run.nothing_done and world.log.count(ADD) == 0


def test_what_upstream_refuses_is_rejected_in_its_words(world):
    execution = world.do("domain.add", "k", domain=NEW, routes=[{"host": "node1.filtering.example"}])
    assert isinstance(execution.error, Rejected) and "cannot be a destination" in execution.error.words
    assert world.states("k") == ["rejected"]
    with pytest.raises(Rejected):
        execution.raise_if_nothing_done()


def test_already_there_is_done_when_it_is_what_was_wished(world):
    """Somebody else does the same between our plan and our request."""
    steps = world.driver().plan(add(world))
    world.do(add(world), "theirs")
    run = Runner(world.wired.journal, collect).run(
        world.actor, "prod", world.driver(), steps, Ticket("k", "sum")
    )
    assert run.error is None and world.states("k") == ["done"]


def test_already_there_is_a_conflict_when_it_is_something_else(world):
    steps = world.driver().plan(add(world))
    world.do("domain.add", domain=NEW, routes=[{"host": "other.example"}])
    run = Runner(world.wired.journal, collect).run(
        world.actor, "prod", world.driver(), steps, Ticket("k", "sum")
    )
    assert isinstance(run.error, Conflict) and world.states("k") == ["rejected"]
    assert run.error.now["routes"] == [{"host": "other.example", "port": 25}]


def test_already_there_stays_a_refusal_when_nobody_can_look(world):
    steps = world.driver().plan(add(world))
    world.do(add(world))
    world.faults({"fault": "5xx", "calls": ["api_list_domains", "api_get_destination"]})
    run = Runner(world.wired.journal, collect).run(
        world.actor, "prod", world.driver(), steps, Ticket("k", "sum")
    )
    assert isinstance(run.error, Rejected) and world.states("k") == ["rejected"]


def test_removing_what_somebody_removed_meanwhile_is_done(world):
    steps = world.driver().plan(world.wish("domain.remove", domain=OLD))
    world.do("domain.remove", domain=OLD)
    run = Runner(world.wired.journal, collect).run(
        world.actor, "prod", world.driver(), steps, Ticket("k", "sum")
    )
    assert run.error is None and world.states("k") == ["done"]


def test_an_error_of_ours_leaves_the_row_open_and_the_truth_to_a_look(world, monkeypatch):
    """The request was sent, and then our own code fails."""
    driver = world.driver()
    apply = type(driver).apply

    def failing(self, step):
        apply(self, step)
        raise ZeroDivisionError

    monkeypatch.setattr(type(driver), "apply", failing)
    with pytest.raises(ZeroDivisionError):
        world.do(add(world), "k")
    assert world.states("k") == ["intended"]
    assert world.late_settler().sweep() == 1 and world.states("k") == ["done"]


# --- several steps ------------------------------------------------------------------------------------------------


def test_after_a_refusal_the_rest_is_skipped_and_finished_by_planning_again(world):
    taken = "nordwind.test"  # an alias of another domain
    wish = add(world, aliases=["one.example", taken, "three.example"])
    execution = world.do(wish, "k")
    assert world.states("k") == ["done", "done", "rejected", "skipped"]
    assert [o.state.value for o in execution.outcomes] == world.states("k")
    assert [c.steps for c in world.changes("k")] == [4] * 4
    assert not execution.run.nothing_done and isinstance(execution.error, Conflict)
    execution.raise_if_nothing_done()
    assert world.domains()[NEW]["aliases"] == ["one.example"]

    world.do("aliases.remove", domain=OLD, aliases=[taken])
    again = world.do(wish, "again")
    assert again.error is None and world.states("again") == ["done", "done"]
    assert world.domains()[NEW]["aliases"] == ["one.example", taken, "three.example"]
    assert world.log.count(ADD) == 1


def test_after_an_unknown_outcome_the_rest_is_skipped(world):
    world.faults({"fault": "hangup", "calls": ADD})
    execution = world.do(add(world, aliases=["one.example"]), "k")
    assert [o.state.value for o in execution.outcomes] == ["unknown", "skipped"]
    assert world.log.count("api_add_domain_alias") == 0
    world.faults()
    world.late_settler().sweep()
    assert world.states("k") == ["done", "skipped"]


# --- the same request again ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "fields", "call"),
    [
        ("domain.add", {"domain": NEW, "routes": [MX]}, ADD),
        ("domain.remove", {"domain": OLD}, "api_remove_domain"),
        ("routes.set", {"domain": OLD, "routes": [MX]}, "api_set_destination"),
        ("aliases.add", {"domain": OLD, "aliases": ["one.example", "two.example"]}, "api_add_domain_alias"),
    ],
)
@pytest.mark.parametrize("slow", [False, True])
def test_the_same_request_several_times_at_once_is_one_change(world, command, fields, call, slow):
    if slow:
        world.faults({"fault": "delay", "calls": call, "when": "before", "seconds": 0.2, "count": 1})
    wish = world.wish(command, **fields)
    start = threading.Barrier(4)

    def click(_):
        start.wait()
        return world.do(wish, "k")

    with ThreadPoolExecutor(4) as pool:
        executions = list(pool.map(click, range(4)))
    steps = 2 if command == "aliases.add" else 1
    assert world.log.count(call) == steps and world.states() == ["done"] * steps
    for execution in executions:
        assert execution.error is None
        assert [o.state for o in execution.outcomes] == [State.DONE] * steps
        assert [o.change_id for o in execution.outcomes] == [c.id for c in world.changes("k")]
    assert sum(execution.run.repeated for execution in executions) == 3


def test_the_same_request_later_tells_what_came_of_it_then(world):
    first = world.do("domain.remove", "k", domain=OLD)
    second = world.do("domain.remove", "k", domain=OLD)
    assert second.run.repeated and second.error is None
    assert [o.change_id for o in second.outcomes] == [o.change_id for o in first.outcomes]
    assert world.log.count("api_remove_domain") == 1
    with pytest.raises(NotFound):
        world.do("domain.remove", "another", domain=OLD)


@pytest.mark.parametrize(
    ("fault", "state", "kind"),
    [({"fault": "hangup"}, "unknown", OutcomeUnknown), ({"fault": "429"}, "unreachable", Unreachable)],
)
def test_the_same_request_after_a_failure_is_not_sent_again(world, fault, state, kind):
    world.faults({**fault, "calls": ADD, "count": 1})
    world.do(add(world), "k")
    again = world.do(add(world), "k")
    assert isinstance(again.error, kind) and again.run.repeated and world.states("k") == [state]
    assert world.log.count(ADD) == 1


def test_a_key_of_one_person_is_not_that_of_another(world):
    other = replace(world.actor, user_id=8, name="Bob")
    world.do(add(world), "k")
    assert world.do(add(world), "k", actor=other).outcomes == ()
    world.do(world.wish("domain.remove", domain=NEW), "k", actor=other)
    assert world.states("k") == ["done"] and len(world.changes("k", other)) == 1


def test_a_key_that_was_used_for_something_else_is_refused(world):
    world.do(add(world), "k")
    with pytest.raises(Conflict, match="already used for another change"):
        world.do(add(world, "else.example"), "k")
    assert "else.example" not in world.domains()


def test_a_request_that_broke_off_between_two_steps_does_not_pass_for_a_finished_one(world):
    wish = add(world, aliases=["one.example"])
    steps = world.driver().plan(wish)
    ticket = Ticket("k", checksum([wish.to_json()]))
    change = world.wired.journal.intend(
        world.actor, "prod", steps[0], request_key="k", step_no=0, command_sum=ticket.command_sum, steps=2
    )
    world.wired.journal.close(change, State.DONE)
    run = Runner(world.wired.journal, collect, sleep=lambda _: None).earlier(world.actor, ticket)
    assert isinstance(run.error, OutcomeUnknown) and "still being sent" in str(run.error)

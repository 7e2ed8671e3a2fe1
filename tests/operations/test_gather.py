"""Several reads side by side under one deadline."""

import threading

import pytest

from app.core.deadline import deadline_in, remaining
from app.core.errors import Malformed, Unreachable
from app.core.text import msg
from app.operations.gather import Gather

OLD = "nordwind.example"


def test_answers_and_problems_stand_side_by_side():
    def broken():
        raise Malformed(msg("It is no list."))

    gathered = Gather()({"good": lambda: 7, "bad": broken}, 5)
    assert gathered.items == {"good": 7}
    assert str(gathered.problems["bad"]) == "It is no list."


def test_they_run_at_the_same_time():
    meet = threading.Barrier(4)
    gathered = Gather()({str(n): lambda: meet.wait(10) for n in range(4)}, 20)
    assert sorted(gathered.items.values()) == [0, 1, 2, 3] and not gathered.problems


def test_no_calls():
    assert Gather()({}, 1).items == {}


def test_one_that_is_late_is_a_problem_and_the_others_are_there():
    release = threading.Event()
    gather = Gather()
    gathered = gather({"late": lambda: release.wait(10), "quick": lambda: 1}, 0.2)
    release.set()
    assert gathered.items == {"quick": 1}
    assert isinstance(gathered.problems["late"], Unreachable) and "0.2 seconds" in str(
        gathered.problems["late"]
    )
    assert gather({"next": lambda: 2}, 5).items == {"next": 2}


def test_one_that_finds_no_thread_in_time_is_a_problem():
    release, begun = threading.Event(), []
    gathered = Gather(threads=1)({"first": lambda: release.wait(10), "second": lambda: begun.append(1)}, 0.1)
    release.set()
    assert set(gathered.problems) == {"first", "second"} and begun == []


def test_an_error_of_ours_is_raised():
    with pytest.raises(ZeroDivisionError):
        Gather()({"ours": lambda: 1 // 0}, 5)


def test_each_call_knows_the_deadline():
    gathered = Gather()({"left": remaining}, 5)
    assert 4 < gathered.items["left"] <= 5
    assert remaining() is None


def test_an_earlier_deadline_of_the_caller_holds():
    with deadline_in(1):
        assert Gather()({"left": remaining}, 5).items["left"] <= 1


def test_a_silent_upstream_costs_the_deadline_and_no_more(world):
    """The thread is free again soon after: the transport keeps to the same deadline."""
    world.faults({"fault": "delay", "calls": "api_list_domains", "when": "before", "seconds": 3})
    driver, gather = world.driver(), Gather(threads=1)
    gathered = gather({"domain": lambda: driver.read_domain(OLD)}, 0.3)
    assert isinstance(gathered.problems["domain"], Unreachable)
    assert gather({"next": lambda: 2}, 2).items == {"next": 2}

"""One sentence about what came of a command."""

from app.core.plan import Applied, Tone
from app.core.text import msg
from app.operations.reports import report_of
from tests.operations.world import MX

NEW, OLD = "new.example", "nordwind.example"
DONE = msg("Added {domain}.", domain=NEW)


def test_one_step_that_was_done_can_be_undone(world):
    execution = world.do("domain.add", domain=NEW, routes=[MX])
    report = report_of(execution, DONE)
    assert str(report.text) == "Added new.example." and report.tone is Tone.OK and report.done
    assert [(link.action, link.params["id"]) for link in report.links] == [
        ("change.undo", execution.outcomes[0].change_id)
    ]


def test_several_steps_are_undone_one_by_one_so_there_is_no_link(world):
    report = report_of(world.do("domain.add", domain=NEW, routes=[MX], aliases=["one.example"]), DONE)
    assert report.done and report.links == ()


def test_nothing_to_do(world):
    world.do("domain.add", domain=NEW, routes=[MX])
    report = report_of(world.do("domain.add", domain=NEW, routes=[MX]), DONE)
    assert "already as you wish" in str(report.text) and report.tone is Tone.OK and report.links == ()


def test_what_was_done_in_part_names_the_rest_and_the_way_on(world):
    execution = world.do("domain.add", domain=NEW, routes=[MX], aliases=["one.example", "nordwind.test"])
    report = report_of(execution, DONE)
    assert report.tone is Tone.PARTIAL and not report.done
    assert str(report.text).startswith("2 of 3 steps were done; then: It is already there, but not as wished")
    assert [(link.action, link.params["id"]) for link in report.links] == [
        ("change.show", execution.outcomes[0].change_id)
    ]


def test_an_unknown_outcome_says_that_nobody_knows(world):
    world.faults({"fault": "hangup", "calls": "api_add_*"})
    report = report_of(world.do("domain.add", domain=NEW, routes=[MX]), DONE)
    assert report.tone is Tone.PARTIAL and "Nobody knows yet" in str(report.text)


def test_what_upstream_adds_is_passed_on(world, monkeypatch):
    monkeypatch.setattr(type(world.driver()), "apply", lambda *_: Applied(warnings=("No MX points here.",)))
    report = report_of(world.do("domain.add", domain=NEW, routes=[MX]), DONE)
    assert str(report.text) == "Added new.example. The upstream adds: No MX points here."

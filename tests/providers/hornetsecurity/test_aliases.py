"""Alias domains: added in one call, removed one by one."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.errors import AlreadyThere, NotFound, NotThere, OutcomeUnknown, Rejected
from app.core.plan import Applied, Seen, Verb
from app.sandbox.server import Sandbox
from tests.providers.conftest import Bench
from tests.providers.hornetsecurity.conftest import FIND, FIRST, SECOND, again, applied, site, undone, wish
from tests.providers.hornetsecurity.panels import panel

ADD, REMOVE = "PUT /domains/", "DELETE /domains/{domain_id}/"
INFO = "GET /domains/{domain_id}/deletion_info/"
OLD, A, B = "hansen-kontor.example", "a.example", "b.example"


def aliases_of(bench: Bench, domain: str = FIRST) -> tuple[str, ...]:
    return bench.driver.read_domain(domain).aliases


# --- adding ---


def test_add_several_in_one_call(either: Bench) -> None:
    [step] = either.driver.plan(wish("aliases.add", aliases=[A, OLD, B, A]))
    assert (step.verb, step.subject) == (Verb.ALIAS_ADD, f"{FIRST}: {A}, {B}")
    assert (step.before, step.after) == ({"aliases": [OLD]}, {"aliases": [OLD, A, B]})
    assert either.driver.observe(again(step)).seen is Seen.NOT_DONE
    either.records.clear()
    assert either.driver.apply(again(step)) == Applied()
    assert either.called() == [ADD]
    assert either.driver.observe(again(step)).seen is Seen.DONE
    assert aliases_of(either) == (OLD, A, B)
    undone(either, [step])
    assert aliases_of(either) == (OLD,)


def test_what_planning_costs(bench: Bench) -> None:
    bench.driver.plan(wish("aliases.add", aliases=[A]))
    assert bench.called() == FIND


def test_they_are_all_there(bench: Bench) -> None:
    assert bench.driver.plan(wish("aliases.add", aliases=[OLD])) == []


def test_one_that_another_customer_has(bench: Bench) -> None:
    [step] = bench.driver.plan(wish("aliases.add", aliases=[SECOND]))
    with pytest.raises(AlreadyThere):
        bench.driver.apply(step)
    assert bench.driver.observe(step).seen is Seen.NOT_DONE


def test_some_that_another_customer_has_are_skipped_and_named(bench: Bench) -> None:
    [step] = bench.driver.plan(wish("aliases.add", aliases=[A, SECOND]))
    assert bench.driver.apply(step).warnings == (f"{SECOND} was skipped: it is in the panel already.",)
    assert aliases_of(bench) == (OLD, A)
    assert bench.driver.observe(step).seen is Seen.DIFFERS


def test_none_of_several_was_added(bench: Bench) -> None:
    [step] = bench.driver.plan(wish("aliases.add", aliases=[SECOND, "ostergaard.example"]))
    with pytest.raises(AlreadyThere, match="none added"):
        bench.driver.apply(step)


def test_added_by_somebody_else_meanwhile(bench: Bench) -> None:
    [step] = bench.driver.plan(wish("aliases.add", aliases=[A]))
    applied(bench, wish("aliases.add", aliases=[A]))
    with pytest.raises(AlreadyThere):
        bench.driver.apply(step)
    assert bench.driver.observe(step).seen is Seen.DONE


def test_one_forbidden_name_spoils_all(bench: Bench) -> None:
    [step] = bench.driver.plan(wish("aliases.add", aliases=[A, "gmail.com"]))
    with pytest.raises(Rejected, match="forbidden"):
        bench.driver.apply(step)
    assert aliases_of(bench) == (OLD,)


def test_a_panel_that_only_says_yes() -> None:
    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if call == "GET /object/":
            return 200, {"object_id": 7, "name": FIRST, "type": "customer"}
        if call == "GET /domains/":
            return 200, {"domains": [], "has_more_elements": False}
        assert (call, query, body) == (ADD, {"object_id": "7"}, {"domains": [A, B]})
        return 201, None

    with panel(answers) as (bench, _):
        assert len(applied(bench, wish("aliases.add", aliases=[A, B]))) == 1


# --- removing ---


def test_remove(either: Bench) -> None:
    applied(either, wish("aliases.add", aliases=[A, B]))
    first, second = either.driver.plan(wish("aliases.remove", aliases=[B, "nowhere.example", OLD]))
    assert (first.verb, first.subject) == (Verb.ALIAS_REMOVE, f"{FIRST}: {B}")
    assert first.before == {"aliases": [OLD, A, B]} and first.after == {"aliases": [OLD, A]}
    assert second.after == {"aliases": [A]}
    for step in (first, second):
        assert either.driver.observe(again(step)).seen is Seen.NOT_DONE
        either.driver.apply(again(step))
        assert either.driver.observe(again(step)).seen is Seen.DONE
    assert aliases_of(either) == (A,)
    undone(either, [first, second])
    assert set(aliases_of(either)) == {A, OLD, B}


def test_what_removing_costs(bench: Bench) -> None:
    [step] = bench.driver.plan(wish("aliases.remove", aliases=[OLD]))
    assert bench.called() == [*FIND, INFO]
    bench.records.clear()
    bench.driver.apply(step)
    assert bench.called() == [REMOVE]


def test_what_goes_with_it_is_named_before(bench: Bench, sandbox: Sandbox) -> None:
    tables = site(sandbox)
    customer = tables.directory.object_named(FIRST)
    for name in ("jane", "jim"):
        tables.directory.add_mailbox(customer, f"{name}@{OLD}", 0)
    [step] = bench.driver.plan(wish("aliases.remove", aliases=[OLD]))
    lost = [str(text) for text in step.lost]
    assert lost[0] == f"2 mailboxes in {OLD} with their mail."
    assert "addresses in it" in lost[1]


def test_what_goes_with_it_may_not_be_told() -> None:
    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if call == "GET /object/":
            return 200, {"object_id": 7, "name": FIRST, "type": "customer"}
        if call == "GET /domains/":
            rows = [{"id": 1, "domain": OLD, "type": "alias"}, {"id": 2, "domain": A, "type": "alias"}]
            return 200, {"domains": rows, "has_more_elements": False}
        return (403, None) if "/1/" in call else (200, {"mailboxes_to_delete": 0, "mailboxes_to_move": 4})

    with panel(answers) as (bench, _):
        first, second = bench.driver.plan(wish("aliases.remove", aliases=[OLD, A]))
    assert "does not tell" in str(first.lost[-1])
    assert "4 mailboxes move to the primary domain" in str(second.lost[-1])


def test_none_of_them_is_there(bench: Bench) -> None:
    assert bench.driver.plan(wish("aliases.remove", aliases=[A, SECOND])) == []


def test_the_primary_domain_is_no_alias(bench: Bench) -> None:
    assert bench.driver.plan(wish("aliases.remove", SECOND, aliases=[FIRST])) == []


def test_removed_by_somebody_else_meanwhile(bench: Bench) -> None:
    [step] = bench.driver.plan(wish("aliases.remove", aliases=[OLD]))
    applied(bench, wish("aliases.remove", aliases=[OLD]))
    with pytest.raises(NotThere):
        bench.driver.apply(step)
    assert bench.driver.observe(step).seen is Seen.DONE


def test_the_domain_is_not_there(bench: Bench) -> None:
    for command in ("aliases.add", "aliases.remove"):
        with pytest.raises(NotFound):
            bench.driver.plan(wish(command, "nowhere.example", aliases=[A]))


def test_the_domain_is_gone(bench: Bench) -> None:
    [step] = bench.driver.plan(wish("aliases.add", SECOND, aliases=[A]))
    applied(bench, wish("domain.remove", SECOND))
    assert bench.driver.observe(step).seen is Seen.DIFFERS


@pytest.mark.parametrize(("command", "call"), [("aliases.add", ADD), ("aliases.remove", REMOVE)])
def test_a_write_that_breaks_is_unknown_and_then_seen(
    bench: Bench, fault: Any, command: str, call: str
) -> None:
    [step] = bench.driver.plan(wish(command, aliases=[A if command == "aliases.add" else OLD]))
    fault("hangup", call)
    with pytest.raises(OutcomeUnknown):
        bench.driver.apply(step)
    fault("delay", seconds=0)
    assert bench.called().count(call) == 1
    assert bench.driver.observe(step).seen is Seen.DONE

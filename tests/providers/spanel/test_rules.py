"""Sender lists: they belong to accounts, and the removing call names no list (SPanel contract sheet, 5.2 and quirk 10)."""

from __future__ import annotations

from typing import Any

from app.core.commands import AddRules, EditRule, RemoveRules, from_json
from app.core.plan import Verb
from app.providers.spanel.driver import SPanelDriver
from tests.providers.spanel.conftest import ADDON, MAIN, Calls, again, wish

ALLOW = {"action": "allow", "pattern": "both.example"}
BLOCK = {"action": "block", "pattern": "both.example"}


def carry_out(driver: SPanelDriver, command: Any) -> list[Any]:
    steps = [again(step) for step in driver.plan(command)]
    for step in steps:
        driver.apply(step)
    return steps


def lists(driver: SPanelDriver, domain: str = ADDON) -> set[tuple[str, str]]:
    return {(rule.action.value, rule.pattern) for rule in driver.read_rules(domain).rules}


def test_a_rule_holds_for_every_domain_of_the_account(driver: SPanelDriver) -> None:
    carry_out(driver, wish(AddRules, ADDON, rules=[ALLOW]))
    assert ("allow", "both.example") in lists(driver, MAIN)


def test_a_sender_that_goes_from_one_list_stays_on_the_other(driver: SPanelDriver) -> None:
    carry_out(driver, wish(AddRules, ADDON, rules=[ALLOW, BLOCK]))
    before = lists(driver)
    steps = carry_out(driver, wish(RemoveRules, ADDON, rules=[ALLOW]))
    assert [step.verb for step in steps] == [Verb.RULE_REMOVE, Verb.RULE_ADD]
    assert lists(driver) == before - {("allow", "both.example")}
    for step in reversed(steps):
        for command in step.inverse or []:
            carry_out(driver, from_json(command))
    assert lists(driver) == before


def test_both_lists_lose_a_sender_by_one_call(driver: SPanelDriver, calls: Calls) -> None:
    carry_out(driver, wish(AddRules, ADDON, rules=[ALLOW, BLOCK]))
    calls()
    carry_out(driver, wish(RemoveRules, ADDON, rules=[ALLOW, BLOCK]))
    assert calls().count("email/removespamassassinsender") == 1


def test_a_sender_changes_the_list(driver: SPanelDriver) -> None:
    carry_out(driver, wish(AddRules, ADDON, rules=[ALLOW]))
    carry_out(driver, wish(EditRule, ADDON, old=ALLOW, new=BLOCK))
    assert {rule for rule in lists(driver) if rule[1] == "both.example"} == {("block", "both.example")}


def test_what_cannot_be_entered_here_is_shown_and_removed_without_a_way_back(
    driver: SPanelDriver, sandbox: Any
) -> None:
    senders = sandbox.upstreams["spanel"].state.table("senders")
    senders["hafencafe"] = [*senders["hafencafe"], {"type": "blacklist_from", "sender": "*@pills.example"}]
    rule = {"action": "block", "pattern": "*@pills.example"}
    [step] = carry_out(driver, wish(RemoveRules, ADDON, rules=[rule]))
    assert step.inverse is None and "*@pills.example" in str(step.lost[0])
    assert ("block", "*@pills.example") not in lists(driver)

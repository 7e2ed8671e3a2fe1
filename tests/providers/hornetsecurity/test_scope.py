"""What is closed to a user, and a sign-in that died, are said as such: never as "not found"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core.errors import BadCredentials
from app.core.messages import MailKey, MailQuery, MailSource, pack
from app.core.resources import DOMAIN, ResourceAt, ResourceQuery
from app.core.statistics import StatisticsQuery
from app.providers.hornetsecurity.card import CARD
from app.sandbox.server import Sandbox
from tests.providers.conftest import Bench
from tests.providers.hornetsecurity.conftest import FIRST, SECOND, Connect, again, site, wish

NOW = datetime.now(UTC)


def reads(domain: str) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Every read of what belongs to a domain."""
    at = ResourceAt(domain)
    for kind in CARD.resources:
        if kind.parent == DOMAIN and kind.single:
            yield kind.name, lambda driver, name=kind.name: driver.read_resource(name, at, "")
        elif kind.parent == DOMAIN:
            yield kind.name, lambda driver, name=kind.name: driver.list_resources(name, at, ResourceQuery())
    key = MailKey(MailSource.LOG, domain, pack({"id": "unknown"}))
    yield "rules", lambda driver: driver.read_rules(domain)
    yield "settings", lambda driver: driver.read_settings(domain)
    yield "messages", lambda driver: driver.search_log(MailQuery(MailSource.LOG, domain))
    yield "message", lambda driver: driver.read_mail(key)
    query = StatisticsQuery(NOW - timedelta(days=1), NOW, domain)
    yield "statistics", lambda driver: driver.read_statistics(query)


@pytest.mark.parametrize("name", [name for name, _ in reads(SECOND)])
def test_what_lies_outside_the_scope_is_not_called_missing(
    name: str, connect: Connect, sandbox: Sandbox
) -> None:
    token = sandbox.upstreams["hornetsecurity"].credentials()["limited_token"]
    with pytest.raises(BadCredentials):
        dict(reads(SECOND))[name](connect(api_token=token).driver)


@pytest.mark.parametrize("name", ["mailboxes", "branding", "rules", "messages", "statistics"])
def test_a_revoked_token_is_not_called_missing(name: str, bench: Bench, sandbox: Sandbox) -> None:
    read = dict(reads(FIRST))[name]
    read(bench.driver)
    site(sandbox).access_tokens.table.clear()
    with pytest.raises(BadCredentials):
        read(bench.driver)


def test_a_session_that_dies_between_the_steps_of_a_job_is_renewed(
    signed_in: Bench, sandbox: Sandbox
) -> None:
    rules = [{"action": "block", "pattern": f"bulk{n}.example"} for n in range(3)]
    steps = signed_in.driver.plan(wish("rules.add", rules=rules))
    for step in steps:
        site(sandbox).table("login_tokens").clear()
        signed_in.driver.apply(again(step))
    found = {rule.pattern for rule in signed_in.driver.read_rules(FIRST).rules}
    assert {rule["pattern"] for rule in rules} <= found


def test_an_added_entry_is_moved_from_the_other_list_and_back(bench: Bench) -> None:
    """The panel takes the opposite entry away; undo brings it back."""
    [step] = bench.driver.plan(
        wish("rules.add", rules=[{"action": "allow", "pattern": "seo-rank-first.example"}])
    )
    assert [rule["action"] for rule in step.before["rules"]] == ["block"]
    bench.driver.apply(again(step))
    now = {rule.pattern: rule.action.value for rule in bench.driver.read_rules(FIRST).rules}
    assert now["seo-rank-first.example"] == "allow"
    assert step.inverse[0]["rules"][0]["action"] == "block"

"""The decision paths on the page, from what the imitated upstreams hold: who wins, what is our reading, where it leads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.actor import system_actor
from app.core.commands import AddRules, parse
from app.core.ports import DomainQuery
from app.features.rules.service import RuleService
from app.providers import registry
from app.sandbox.server import Sandbox
from tests.conftest import close_app, make_app, make_config
from tests.features.page import Page, see
from tests.features.world import ADMIN, World

SLUGS = ("hornetsecurity", "spanel", "spamexperts", "cleanmail")
SENDER = "the@deadguys.fr"


@pytest.fixture(scope="module")
def upstreams() -> Iterator[Sandbox]:
    """One sandbox for these tests."""
    sandbox = Sandbox(slugs=SLUGS)
    sandbox.start()
    yield sandbox
    sandbox.stop()


def _declared(sandbox: Sandbox, kind: str) -> dict[str, Any]:
    wanted = {setting.name for setting in registry.cards()[kind].settings}
    known = sandbox.upstreams[kind].credentials()
    return {
        "key": kind,
        "kind": kind,
        "name": kind.title(),
        "base_url": sandbox.https(kind),
        "values": {name: value for name, value in known.items() if name in wanted},
        "tls": "ca_file",
        "ca_file": str(sandbox.ca_path),
        "per_second": 10000,
        "parallel": 16,
    }


@pytest.fixture
def world(tmp_path: Path, empty_database: str, upstreams: Sandbox) -> Iterator[World]:
    """The application on four upstreams whose orders of precedence differ."""
    upstreams.reset()
    file = tmp_path / "connections.json"
    file.write_text(json.dumps({"connection": [_declared(upstreams, kind) for kind in SLUGS]}))
    app = make_app(make_config(tmp_path, empty_database, CONNECTIONS_FILE=str(file), PAGE_DEADLINE="8"))
    wired = app.extensions["gatehouse"]
    for connection in wired.connections.visible(system_actor()):
        wired.sync.run(connection)
        wired.prober.test([connection])
    yield World(app, upstreams, tmp_path)
    close_app(app)


def add(world: World, key: str, domain: str, action: str, mailbox: str = "", pattern: str = SENDER) -> None:
    rule = {"action": action, "pattern": pattern, **({"mailbox": mailbox} if mailbox else {})}
    wish = parse(AddRules, {"connection": key, "domain": domain, "rules": [rule]})
    with world.app.app_context():
        world.service(RuleService)[0].change(ADMIN, wish, f"{action}{mailbox}{pattern}")


def path(world: World, key: str, domain: str, to: str, **more: str) -> Page:
    asked = "".join(f"&{name}={value}" for name, value in more.items())
    url = f"/lookup/answer?connection={key}&domain={domain}&to={to}&from={SENDER}&days=30{asked}"
    return see(world.sign_in("support"), url)


def titles(page: Page, *wanted: str) -> list[str]:
    """Those of the wanted texts that the page has, in its order."""
    return sorted((text for text in wanted if text in page.text), key=page.text.index)


HS, SP = "hornetsecurity", "spanel"


def test_hornetsecurity_the_users_entry_wins_and_its_documents_say_so(world: World) -> None:
    domain, box = hornetsecurity_box(world)
    assert "No rule names the sender" in path(world, HS, domain, box).text
    add(world, HS, domain, "block")
    page = path(world, HS, domain, box)
    assert "Blocked by a rule of the domain" in page.text and "ends here" in page.text
    assert "our reading" not in page.text.partition("In quarantine")[0]
    assert f"/rules/{HS}/{domain}" in page.links
    add(world, HS, domain, "allow", box)
    page = path(world, HS, domain, box)
    over, wins = (
        "Blocked by a rule of the domain, which a stronger one overrides",
        "Allowed by a rule of the mailbox, which wins",
    )
    assert titles(page, wins, over) == [over, wins] and "ends here" not in page.text
    assert any(link.startswith(f"/rules/{HS}/{domain}?mailbox=") for link in page.links)
    add(world, HS, domain, "block", box)
    moved = path(world, HS, domain, box).text
    assert "Blocked by a rule of the mailbox, which wins" in moved, "a value stands in one of a user's lists"


def test_hornetsecurity_a_customers_allow_does_not_beat_a_users_deny(world: World) -> None:
    domain, box = hornetsecurity_box(world)
    add(world, HS, domain, "allow")
    add(world, HS, domain, "block", box)
    page = path(world, HS, domain, box)
    assert "Blocked by a rule of the mailbox, which wins" in page.text and "ends here" in page.text


def test_spanel_both_lists_count_at_the_same_time(world: World) -> None:
    domain = next(row.name for row in world.wired.inventory.page(ADMIN, query(SP)).rows)
    box = f"anybody@{domain}"
    add(world, SP, domain, "block")
    page = path(world, SP, domain, box)
    assert "100 points are added to its score" in page.text and "our reading" in page.text
    assert "ends here" not in page.text.partition("handed to")[0]
    add(world, SP, domain, "allow", pattern="deadguys.fr")
    page = path(world, SP, domain, box)
    assert "100 points are added" in page.text and "100 points are taken" in page.text
    assert "which wins" not in page.text and "overrides" not in page.text
    assert f"/rules/{SP}/{domain}" in page.links


def test_cleanmail_a_typed_score_is_held_against_the_policy(world: World) -> None:
    domain, box = "nordwind.example", "greta.kuhn@nordwind.example"
    low = path(world, "cleanmail", domain, box, score="0.1", size="0.1")
    assert "A score of 0.1 lets it through" in low.text and "Small enough" in low.text
    high = path(world, "cleanmail", domain, box, score="500")
    assert "A score of 500 makes it spam" in high.text
    large = path(world, "cleanmail", domain, box, size="9999")
    assert "Too large: " in large.text and "A score of" not in large.text
    assert "/named-policies/cleanmail/nordwind.example" in high.links
    add(world, "cleanmail", domain, "allow")
    assert "A score of" not in path(world, "cleanmail", domain, box, score="500").text


def test_spamexperts_a_typed_score_and_the_route(world: World) -> None:
    page = path(world, "spamexperts", "nordwind.example", "x@nordwind.example", score="0.5")
    assert "A score of 0.5 makes it unsure" in page.text and "It is handed to " in page.text
    assert any(link.startswith("/policies/spamexperts/nordwind.example") for link in page.links)
    assert (
        "makes it spam: it is held back"
        in path(world, "spamexperts", "nordwind.example", "x@nordwind.example", score="0.99").text
    )


def test_cleanmail_an_email_alias_leads_on_to_its_mailboxes(world: World) -> None:
    domain = "nordwind.example"
    page = path(world, "cleanmail", domain, f"invoices@{domain}")
    assert f"invoices@{domain} is an e-mail alias" in page.text and "It is handed on to" in page.text
    assert any(link.startswith("/lookup/?") and "to=invoices" not in link for link in page.links)
    assert any("email-aliases" in link for link in page.links)


def query(key: str) -> DomainQuery:
    return DomainQuery(connections=(key,), size=50)


def hornetsecurity_box(world: World) -> tuple[str, str]:
    """A customer of the imitated panel, and the address of one of its users."""
    reads = world.wired.rule_reads
    connection = world.wired.connections.get(ADMIN, HS)
    for row in world.wired.inventory.page(ADMIN, query(HS)).rows:
        for address, _ in reads.reader(connection).rule_mailboxes(row.name):
            return row.name, address
    raise AssertionError("no user has entries")

"""Outside the scope, "exists" and "does not exist" look the same: on every page and every address of the REST interface that
takes a domain, a mailbox, a message, a change, a note or a job. The same status, the same body, and nobody upstream asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.core.actor import Scope, ScopeKind
from app.core.commands import AddRules, parse
from app.core.messages import MailQuery, MailSource
from app.core.ports import NewItem
from app.core.text import msg
from app.features.notes.service import NoteService
from app.features.rules.service import RuleService
from app.sandbox.server import Sandbox
from tests.features.cleanmail_world import CM, OLS, SLUGS, CleanmailWorld, worlds
from tests.features.world import ADMIN, HOME

NOWHERE, ALIAS, NO_ALIAS = "notthere.example", "nordwind.test", "notthere.test"
BOX, NO_BOX = f"greta.kuhn@{HOME}", f"greta.kuhn@{NOWHERE}"
ONE_DOMAIN = (Scope(ScopeKind.DOMAIN, "other.example"),)
OTHER_CONNECTION = (Scope(ScopeKind.CONNECTION, OLS),)
NUMBER = 2_000_000_000

# What needs the right to manage people, or the person's own things: no scope is meant there.
BESIDE = {"person_id", "token_id", "token", "filename"}
_OF_ADDRESS = ("key", "connection", "domain", "change", "change_id", "job", "job_id", "search", "note_id")
_WITH_QUERY = [
    "/lookup/?to=x@{domain}&wait=1",
    "/lookup/?to={box}&from=x@deadguys.fr",
    "/lookup/ticket?to=x@{domain}",
    "/lookup/?to=x@{alias}&wait=1",
    "/lookup/answer?connection={key}&domain={domain}&to=x@{domain}",
    "/lookup/rules?to=x@{domain}&from={domain}",
    "/search/?q={domain}",
    "/search/?q={alias}",
    "/search/?q={box}",
    "/search/?q=%23{number}",
    "/search/below?q={box}",
    "/domains/?q={domain}",
    "/domains/?q={alias}",
    "/domains/export.csv?q={domain}",
    "/rules/?q={domain}",
    "/rules/?domain={domain}",
    "/rules/?sender=guarded.example&domain={domain}",
    "/rules/spread?owners={domain}",
    "/changes/?domain={domain}",
    "/health/?q={domain}",
    "/policies/compare?d={key}/{domain}&d={key}/{domain}",
    "/statistics/?connection={key}&domain={domain}",
    "/quarantine/?domain={domain}",
    "/quarantine/?domain={box}",
    "/quarantine/list/log?domain={domain}&connection={key}",
    "/resources/mailboxes/{key}/mailboxes/?domain={domain}",
    "/resources/mailboxes/{key}/mailboxes/one?domain={domain}&item={box}",
    "/resources/mailboxes/{key}/mailboxes/export.csv?domain={domain}",
    "/resources/mailboxes/{key}/mailboxes/do/remove?domain={domain}&item={box}",
    "/api/v1/lookup?to=x@{domain}&sender=x@deadguys.fr",
    "/api/v1/lookup?to={box}",
    "/api/v1/domains?q={domain}",
    "/api/v1/rules?domain={domain}",
    "/api/v1/rules?q={domain}",
    "/api/v1/changes?domain={domain}",
    "/api/v1/messages/quarantine?domain={domain}",
    "/api/v1/messages/log?domain={domain}&connection={key}",
    "/api/v1/statistics/{key}?domain={domain}",
    "/api/v1/connections/{key}/resources/mailboxes?domain={domain}",
    "/api/v1/connections/{key}/resources/mailboxes/one?domain={domain}&item={box}",
]


@pytest.fixture(scope="module")
def upstreams() -> Iterator[Sandbox]:
    """One sandbox for these tests."""
    sandbox = Sandbox(slugs=SLUGS)
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="module")
def known(
    tmp_path_factory: pytest.TempPathFactory, empty_database: str, upstreams: Sandbox
) -> Iterator[tuple[CleanmailWorld, dict[str, Any]]]:
    """The application with something of everything in a domain that nobody here may see; and what it is called."""
    for world in worlds(upstreams, Path(tmp_path_factory.mktemp("scope")), empty_database):
        rule = {"action": "block", "pattern": "guarded.example", "note": HOME}
        wish = parse(AddRules, {"connection": CM, "domain": HOME, "rules": [rule]})
        with world.app.app_context():
            world.service(RuleService)[0].change(ADMIN, wish, "k")
            note = world.service(NoteService)[0].add(ADMIN, CM, HOME, "secret", "")
        world.wired.beside.read_mailboxes(world.wired.connections.get(ADMIN, CM))
        item = NewItem(HOME, {"command": "refresh", "connection": CM, "domain": HOME})
        job = world.wired.jobs.create(ADMIN, "refresh", msg("Read"), [item], request_key="j")
        query = MailQuery(MailSource.QUARANTINE, HOME, mailbox=BOX)
        connection = world.wired.connections.get(ADMIN, CM)
        mail = world.wired.pool.driver(connection).search_quarantine(query).rows[0]
        yield world, {"change": world.changes()[0].id, "job": job, "note": note.id, "mail": mail.key.ref}


def addresses(world: CleanmailWorld) -> list[tuple[str, Rule]]:
    """Every (method, rule) that names something which a scope can hide."""
    return [
        (method, rule)
        for rule in world.app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if rule.arguments & set(_OF_ADDRESS) and not rule.arguments & BESIDE
    ]


def filled(world: CleanmailWorld, rule: Rule, have: dict[str, Any], *, there: bool, key: str) -> str:
    """The address of what is there, or of what is not."""
    number = {name: have[name] if there else NUMBER for name in ("change", "job", "note")}
    values: dict[str, Any] = {
        "key": key,
        "connection": key,
        "domain": HOME if there else NOWHERE,
        "name": HOME if there else NOWHERE,
        "change": number["change"],
        "change_id": number["change"],
        "job": number["job"],
        "job_id": number["job"],
        "search": number["job"],
        "note_id": number["note"],
        "ref": have["mail"],
        "source": "quarantine",
        "area": "mailboxes",
        "kind": "csv" if ".<kind>" in rule.rule else "mailboxes",
        "address": BOX if there else NO_BOX,
        "login": "moreau",
        "policy": "1",
        "setting": "quarantine_days",
        "part": "1",
        "action": "remove",
        "rule_id": "0123456789abcdef",
        "alias": ALIAS if there else NO_ALIAS,
        "recipient": "x@elsewhere.example",
        "host": "mx.example.net",
        "port": 25,
        "column": "email",
    }
    built = rule.build({name: values[name] for name in rule.arguments})
    assert built is not None
    return built[1]


def send(browser: Any, api: Any, method: str, url: str) -> tuple[int, str]:
    """Asks for it, or posts an empty form or body to it: the status, and what the body says."""
    if url.startswith("/api/"):
        answer = api(method, url.removeprefix("/api/v1"), json=None if method == "GET" else {})
    else:
        answer = browser.get(url) if method == "GET" else browser.send(url)
    return answer.status_code, plain(answer, url)


def plain(answer: TestResponse, url: str) -> str:
    """The body without what names the question, and without what is new in every answer."""
    text = answer.get_data(as_text=True)
    for word in (BOX, NO_BOX, HOME, NOWHERE, ALIAS, NO_ALIAS, url):
        text = text.replace(word, "?").replace(word.replace("@", "%40"), "?").replace(word.upper(), "?")
    text = re.sub(r"\b(1|2|3|2000000000|2,000,000,000)\b", "#", text)
    text = re.sub(r'(csrf[^>]*|X-CSRF[^>]*|nonce="[^"]*")', "", text)
    return re.sub(r"[0-9a-f]{16,}", "", re.sub(r"\d\d:\d\d(:\d\d)?", "", text))


def check(world: CleanmailWorld, pairs: list[tuple[str, str, str]], scopes: tuple[Scope, ...]) -> list[str]:
    """What differs between the pairs (method, address of what is there, of what is not)."""
    browser = world.sign_in("admin", scopes=scopes)
    api = world.api("admin", scopes=scopes)
    wrong = []
    for method, there, nowhere in pairs:
        before = world.upstream_calls()
        (status, body), (other, text) = (send(browser, api, method, url) for url in (there, nowhere))
        if status != other:
            wrong.append(f"{method} {there}: {status} / {other}")
        elif body != text:
            wrong.append(f"{method} {there}: {status}, another body")
        if world.upstream_calls() != before:
            wrong.append(f"{method} {there}: an upstream was asked")
    return wrong


def test_addresses_that_name_a_domain(known: tuple[CleanmailWorld, dict[str, Any]]) -> None:
    world, have = known
    pairs = [
        (
            method,
            filled(world, rule, have, there=True, key=CM),
            filled(world, rule, have, there=False, key=CM),
        )
        for method, rule in addresses(world)
        if rule.arguments & {"domain", "name", "change", "change_id", "job", "job_id", "search", "note_id"}
        and not rule.rule.startswith(("/console", "/api/v1/connections"))
    ]
    assert len(pairs) > 150
    assert check(world, pairs, ONE_DOMAIN) == []


def test_addresses_that_name_a_connection(known: tuple[CleanmailWorld, dict[str, Any]]) -> None:
    world, have = known
    pairs = [
        (
            method,
            filled(world, rule, have, there=True, key=CM),
            filled(world, rule, have, there=True, key="zz"),
        )
        for method, rule in addresses(world)
        if rule.arguments & {"key", "connection"}
    ]
    assert len(pairs) > 150
    wrong = check(world, pairs, OTHER_CONNECTION)
    assert [line for line in wrong if "another body" not in line] == []


def test_searches_and_lists_that_are_asked_for_one(known: tuple[CleanmailWorld, dict[str, Any]]) -> None:
    world, have = known
    here = {"key": CM, "domain": HOME, "alias": ALIAS, "box": BOX, "number": have["change"]}
    gone = {"key": CM, "domain": NOWHERE, "alias": NO_ALIAS, "box": NO_BOX, "number": NUMBER}
    pairs = [("GET", url.format(**here), url.format(**gone)) for url in _WITH_QUERY]
    assert check(world, pairs, ONE_DOMAIN) == []


def test_there_is_something_to_hide(known: tuple[CleanmailWorld, dict[str, Any]]) -> None:
    world, have = known
    everything = (Scope(ScopeKind.CONNECTION, "*"),)
    here = {"key": CM, "domain": HOME, "alias": ALIAS, "box": BOX, "number": have["change"]}
    gone = {"key": CM, "domain": NOWHERE, "alias": NO_ALIAS, "box": NO_BOX, "number": NUMBER}
    pairs = [("GET", url.format(**here), url.format(**gone)) for url in _WITH_QUERY]
    assert len(check(world, pairs, everything)) > len(pairs) * 0.8

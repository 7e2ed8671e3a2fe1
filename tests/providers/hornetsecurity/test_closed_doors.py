"""A session that died and a scope that is closed are called that by every kind of call, read or write: never "not found"."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from app.core.commands import COMMANDS, Command, parse
from app.core.errors import BadCredentials, GatehouseError, NotFound, NotThere
from app.core.messages import MailKey, MailQuery, MailSource
from app.core.plan import Seen, Step
from app.core.resource_values import checked_values
from app.providers.hornetsecurity import calls
from app.providers.hornetsecurity.card import CARD
from app.sandbox.server import Sandbox
from tests.contract.calls import some_of
from tests.contract.resources import examples, target
from tests.contract.resources import wish as wish_for
from tests.providers.conftest import Bench
from tests.providers.hornetsecurity.conftest import FIRST, NEW, SECOND, Connect, again, route, site, wish
from tests.providers.hornetsecurity.panels import headers_of, panel

LOGIN = "POST /auth/login/"
OPEN = {call.name for call in calls.contract().calls if "Needs no sign-in" in call.meaning} | {
    LOGIN,
    "POST /auth/nologin/",
    "POST /auth/logout/",
    "GET /version/",
    "GET /emails/preview/show/",
    "GET /emails/preview/action/",
}
"""Section 2: calls that need no token, and the one that ends a session."""

CLOSED = [call for call in calls.contract().calls if call.name not in OPEN]


def arguments(call: Any, foreign: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a call: the required ones, and what names the object that it is about."""
    given = some_of(call, required=True, shown="7")
    named = {one.name: foreign[one.name] for one in call.arguments if one.name in foreign}
    return given | named


# --- sessions ------------------------------------------------------------------------------------------------------------


def revoke(sandbox: Sandbox) -> None:
    site(sandbox).access_tokens.table.clear()


def kill(sandbox: Sandbox) -> None:
    site(sandbox).table("login_tokens").clear()


def test_every_call_with_a_revoked_token_says_so(bench: Bench, sandbox: Sandbox) -> None:
    revoke(sandbox)
    wrong = []
    for call in CLOSED:
        try:
            bench.driver.call(call.name, arguments(call, {}))
            wrong.append(f"{call.name}: answered")
        except BadCredentials:
            continue
        except GatehouseError as error:
            wrong.append(f"{call.name}: {type(error).__name__} {error}")
    assert wrong == []


def test_every_call_renews_a_session_that_died_and_goes_once_more(signed_in: Bench, sandbox: Sandbox) -> None:
    """Also a write: it was refused before anybody looked at it."""
    signed_in.driver.probe()
    wrong = []
    for call in CLOSED:
        sandbox.reset()  # one of them changes the password
        signed_in.records.clear()
        try:
            signed_in.driver.call(call.name, arguments(call, {}))
        except BadCredentials as error:
            if error.status == 401:
                wrong.append(f"{call.name}: {error}")
        except GatehouseError:
            pass  # what was asked for makes no sense, but it was looked at
        if signed_in.called() != [call.name, LOGIN, call.name]:
            wrong.append(f"{call.name}: {signed_in.called()}")
    assert wrong == []


def test_where_the_new_sign_in_is_refused_that_is_what_is_said(signed_in: Bench, sandbox: Sandbox) -> None:
    signed_in.driver.probe()
    site(sandbox).table("settings")["password"] = "another one"
    for call in CLOSED[:12]:
        kill(sandbox)
        with pytest.raises(BadCredentials):
            signed_in.driver.call(call.name, arguments(call, {}))


def test_user_and_password_go_into_the_sign_in_and_into_no_call_beside_it() -> None:
    """Every call, its session dying before each: the new sign-in is the only place where they are."""
    secret, user = "MARKED-pässword", "marked-user@nordwind.example"

    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        return (200, {"object_id": 1, "token": "b332ec9e19b8"}) if call == LOGIN else (401, {})

    with panel(answers, username=user, password=secret, app_id="7824315218") as (bench, server):
        for call in CLOSED:
            with pytest.raises(BadCredentials):
                bench.driver.call(call.name, arguments(call, {}))
        requests = list(server.requests)
    assert len(requests) > 2 * len(CLOSED)
    for request in requests:
        head, _, body = request.partition(b"\r\n\r\n")
        if b"/auth/login/" in head.split(b"\r\n")[0]:
            assert json.loads(body) == {"username": user, "password": secret}
            assert "authorization" not in headers_of(request) and b"marked" not in head.lower()
        else:
            assert b"marked" not in request.lower()


# --- changes -------------------------------------------------------------------------------------------------------------


def changes(driver: Any) -> Iterator[tuple[str, Command]]:
    """A wish of every kind that the driver plans."""
    held = driver.search_quarantine(MailQuery(MailSource.QUARANTINE, FIRST, size=1)).rows[0].key
    mail = {"source": held.source, "ref": held.ref}
    yield "add a domain", wish("domain.add", NEW, routes=[route("mx.example.net")])
    yield "remove a domain", wish("domain.remove", SECOND)
    yield "routes", wish("routes.set", routes=[route("mx.example.net")])
    yield "aliases", wish("aliases.add", aliases=[NEW])
    yield "remove aliases", wish("aliases.remove", aliases=["hansen-kontor.example"])
    yield "a setting", wish("settings.set", name="spamhandling", value="tag")
    yield "a rule", wish("rules.add", rules=[{"action": "block", "pattern": "bulk.example"}])
    yield (
        "a token",
        parse(COMMANDS["tokens.add"], {"connection": "prod", "login": "it@nordwind.example", "name": "x"}),
    )
    yield "release", wish("mail.release", **mail)
    yield "allow", wish("mail.release_allow", **mail)
    yield "mark", wish("mail.act", action="mark_private", **mail)


def test_a_session_that_dies_between_plan_and_sending_is_called_that(
    connect: Connect, sandbox: Sandbox
) -> None:
    wrong = []
    for name, command in changes(connect().driver):
        sandbox.reset()
        wrong += after_revoking(name, connect().driver, command, sandbox)
    assert wrong == []


@pytest.mark.parametrize("kind", [k for k in CARD.resources if k.actions], ids=lambda kind: kind.name)
def test_so_it_is_with_every_action_on_a_resource(kind: Any, connect: Connect, sandbox: Sandbox) -> None:
    example, wrong = examples("hornetsecurity")[kind.name], []
    for action in kind.actions:
        sandbox.reset()
        it = example.during(action.name)
        it.prepare(sandbox, "hornetsecurity")
        driver = connect().driver
        command = wish_for(it, kind, action.name, target(driver, it, kind, action))
        command = command.model_copy(update={"values": checked_values(action, command.values)})
        wrong += after_revoking(f"{kind.name}.{action.name}", driver, command, sandbox)
    assert wrong == []


def after_revoking(name: str, driver: Any, command: Command, sandbox: Sandbox) -> list[str]:
    """What sending and looking say when the token is revoked after planning, where it is not the truth."""
    steps = driver.plan(command)
    assert steps, name
    revoke(sandbox)
    return [
        f"{name}: {said}" for step in steps[:1] for said in (sent(driver, step), looked(driver, step)) if said
    ]


def sent(driver: Any, step: Step) -> str:
    return refusal(lambda: driver.apply(again(step)))


def looked(driver: Any, step: Step) -> str:
    """A look that cannot be taken says nothing of what is there; most cannot tell anyway."""
    try:
        return "" if driver.observe(again(step)).seen is Seen.CANNOT_TELL else "looked although it cannot"
    except BadCredentials:
        return ""
    except GatehouseError as error:
        return f"{type(error).__name__} {error}"


def refusal(work: Callable[[], Any]) -> str:
    try:
        work()
    except BadCredentials:
        return ""
    except GatehouseError as error:
        return f"{type(error).__name__} {error}"
    return "done"


# --- scope ---------------------------------------------------------------------------------------------------------------


def foreign_ids(sandbox: Sandbox, driver: Any) -> dict[str, Any]:
    """Ids of things that belong to another customer."""
    directory = site(sandbox).directory
    other = directory.object_named(SECOND)
    domain = directory.domain_named(SECOND)
    box = directory.mailboxes_of([other])[0]
    driver.call("PUT /groups/", {"object_id": other["id"], "name": "Team", "members": [box["name"]]})
    found = json.loads(driver.call("GET /groups/", {"object_id": other["id"]}).body)
    return {
        "group_id": found["groups"][0]["id"],
        "object_id": other["id"],
        "domain_id": domain["id"],
        "mailbox_id": box["id"],
        "target_id": other["id"],
    }


ABOUT_OBJECTS = [
    c for c in CLOSED if {a.name for a in c.arguments} & {"object_id", "domain_id", "mailbox_id"}
]


def test_every_call_about_an_object_outside_the_scope_says_so(
    bench: Bench, connect: Connect, sandbox: Sandbox
) -> None:
    """Never that it is not there: a wrong scope is what support looks for first."""
    token = sandbox.upstreams["hornetsecurity"].credentials()["limited_token"]
    foreign = foreign_ids(sandbox, bench.driver)
    driver = connect(api_token=token).driver
    missing = []
    for call in ABOUT_OBJECTS:
        try:
            driver.call(call.name, arguments(call, foreign))
            missing.append(f"{call.name}: done")
        except (NotThere, NotFound) as error:
            missing.append(f"{call.name}: {error}")
        except GatehouseError:
            continue
    assert missing == []


def test_a_message_outside_the_scope_is_refused_and_not_missing(
    bench: Bench, connect: Connect, sandbox: Sandbox
) -> None:
    item = bench.driver.search_quarantine(MailQuery(MailSource.QUARANTINE, SECOND, size=1)).rows[0]
    token = sandbox.upstreams["hornetsecurity"].credentials()["limited_token"]
    driver = connect(api_token=token).driver
    for look in (driver.read_mail, driver.read_mail_content):
        with pytest.raises(BadCredentials):
            look(MailKey(MailSource.QUARANTINE, SECOND, item.key.ref))

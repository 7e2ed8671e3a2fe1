"""The calls as data: complete, in one form, and known to the imitated panel."""

from __future__ import annotations

import re

import pytest

from app.core.capabilities import Capability
from app.core.commands import RemoveDomain
from app.core.errors import NotSupported
from app.core.plan import Step, Verb
from app.providers.hornetsecurity import calls, card
from app.sandbox.hornetsecurity import calls as imitated
from app.sandbox.server import Sandbox
from app.sandbox.state import State
from tests.providers.conftest import Bench

CALLS = {call.name: call for call in calls.contract().calls}
READS_BY_POST = [name for name, call in CALLS.items() if call.method == "POST" and not call.write]


def test_every_imitated_call_is_there_and_no_other() -> None:
    """The sandbox answers what the documents describe; its redirects from deprecated paths are no calls."""
    names = {name for name in imitated.names() if "/spamreport/" not in name}
    assert CALLS.keys() == {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", name) for name in names}


def test_a_name_is_method_and_path() -> None:
    for call in CALLS.values():
        assert call.name == f"{call.method} {call.path.removeprefix('/api/v0')}"
        assert call.path.endswith("/") or call.name == "POST /mailboxes/forward/_export"
        in_path = {argument.name for argument in call.arguments if argument.where == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", call.path))


def test_every_call_and_argument_says_what_it_is() -> None:
    for call in CALLS.values():
        assert call.meaning.endswith(".") and call.answer and call.group
        assert re.fullmatch(r"Hornetsecurity contract sheet, 5\.\d+", call.source)
        assert call.certainty in ("seed", "vendor doc")
        names = [(argument.where, argument.name) for argument in call.arguments]
        assert len(set(names)) == len(names)
        for argument in call.arguments:
            assert argument.meaning and argument.where in ("path", "query", "body")
            assert (argument.kind == "choice") <= bool(argument.choices)


def test_what_writes_is_not_told_by_the_method() -> None:
    assert CALLS["GET /emails/preview/action/"].write
    assert not any(CALLS[name].repeat_safe for name in READS_BY_POST)
    assert {
        "POST /hierarchy/_search/",
        "POST /mailboxes/",
        "POST /emails/_search/",
        "POST /auth/login/",
    } <= set(READS_BY_POST)
    for call in CALLS.values():
        if call.method in ("PUT", "PATCH", "DELETE"):
            assert call.write, call.name
        if call.repeat_safe:
            assert call.write


def test_secrets_are_marked() -> None:
    for call in CALLS.values():
        for argument in call.arguments:
            secret = re.fullmatch(r"(.*_)?(password|token)(_repeat)?", argument.name) is not None
            assert argument.secret is secret, (call.name, argument.name)


@pytest.mark.parametrize("name", ["GET /emails/preview/action/", "PUT /domains/", "POST /environments/"])
def test_a_call_is_sent_as_what_it_is(bench: Bench, name: str) -> None:
    panel = bench.driver._panel
    with pytest.raises(ValueError, match="write"):
        (panel.read if CALLS[name].write else panel.write)(name)
    assert bench.called() == []


def test_no_read_of_the_contract_changes_anything(sandbox: Sandbox, bench: Bench) -> None:
    """Every call that is declared a read leaves the tables of the imitated panel as they are."""
    tables = sandbox.upstreams["hornetsecurity"].state
    ids = {"domain_id": 432, "mailbox_id": 6_213_001, "group_id": 433, "id": 21_001, "size": 192}
    before = _content(tables)
    for call in CALLS.values():
        if not call.write and not call.name.startswith("POST /auth/"):
            query = {"object_id": 2_222_222, "type": 1, "name": "kontor-hansen.example"}
            wanted = {a.name for a in call.arguments if a.where == "query"}
            answer = bench.driver._panel.read(
                call.name,
                ids=ids,
                query={name: value for name, value in query.items() if name in wanted},
                body={"date_from": "2026-01-01T00:00:00Z", "date_to": "2026-01-02T00:00:00Z", "limit": 1},
            )
            assert answer.status != 405 and answer.status < 500, call.name
    assert _content(tables) == before


def _content(state: State) -> dict[str, str]:
    ignored = ("access_tokens", "traffic")  # when a token was last used; mail that came in meanwhile
    tables = {name: repr(dict(table.items())) for name, table in state._tables.items() if len(table)}
    return {name: text for name, text in tables.items() if name not in ignored}


# --- card and driver ---


def test_every_capability_is_there_or_has_a_reason() -> None:
    assert card.CARD.can | card.CARD.gaps.keys() == set(Capability) and card.CARD.domain_fields


def test_settings_have_the_names_of_the_sandbox_s_credentials(sandbox: Sandbox) -> None:
    names = {setting.name for setting in card.CARD.settings}
    assert names - {"app_version"} == sandbox.upstreams["hornetsecurity"].credentials().keys() - {
        "limited_token"
    }


def test_what_the_driver_does_not_know(bench: Bench) -> None:
    step = Step(Verb.DKIM_SET, "x")
    for work in (bench.driver.apply, bench.driver.observe):
        with pytest.raises(NotSupported):
            work(step)

    class Unknown(RemoveDomain):
        command = "unknown"

    with pytest.raises(NotSupported):
        bench.driver.plan(Unknown(connection="prod", domain="a.example"))
    assert bench.called() == []

"""Forms as PHP writes them, and which token goes out with what."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.commands import RemoveDomain
from app.core.errors import BadCredentials, UpstreamError
from app.net.calls import collect
from app.providers.spanel.driver import SPanelDriver
from app.providers.spanel.panel_api import flatten
from app.sandbox.server import Sandbox
from app.sandbox.spanel.php import nest
from tests.net.servers import answering, serve
from tests.providers.spanel.conftest import ACCOUNT, ADDON, MAIN, Connect, make_driver, wish

TOKEN, OTHER = "a" * 40, "b" * 40
LIST = {"result": "success", "data": [{"domain": MAIN, "documentroot": "", "maindomain": "1"}]}


def test_php_encoding() -> None:
    assert flatten({"username": ["a", "b"], "record": {"name": "spanel.io", "ttl": 86400}}) == [
        ("username[0]", "a"),
        ("username[1]", "b"),
        ("record[name]", "spanel.io"),
        ("record[ttl]", "86400"),
    ]
    assert flatten({"permissions": {"domain": ["domains"]}}) == [("permissions[domain][0]", "domains")]


def test_false_is_not_unlimited() -> None:
    """The trap of the documents' examples: false goes out as 0, which switches the feature off."""
    assert flatten({"emails": False, "sso": True, "quota": None}) == [("emails", "0"), ("sso", "1")]


KEYS = st.text("abcdefgh", min_size=1, max_size=5)
VALUES = st.recursive(
    st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=10),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4) | st.dictionaries(KEYS, inner, min_size=1, max_size=4)
    ),
    max_leaves=15,
)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_php_reads_what_we_write(params: dict[str, Any]) -> None:
    assert nest(flatten(params)) == params


# --- tokens ---


def sent_by(act: Any, answer: Any = LIST, **values: str) -> list[dict[str, str]]:
    """The forms that reach a panel which gives every call this answer."""
    with serve(answering(json.dumps(answer).encode(), Content_Type="application/json")) as server:
        act(make_driver(server.url, values))
    for request in server.requests:
        assert request.startswith(
            b"POST /" + values.get("folder", "spanel").encode() + b"/api.php HTTP/1.1\r\n"
        )
        assert b"application/x-www-form-urlencoded" in request
        assert TOKEN.encode() not in request.partition(b"\r\n\r\n")[0]
    return [dict(parse_qsl(request.partition(b"\r\n\r\n")[2].decode())) for request in server.requests]


def names(driver: SPanelDriver) -> list[str]:
    return [domain.name for batch in driver.list_domains() for domain in batch]


def test_a_client_token_names_its_account() -> None:
    [form] = sent_by(names, client_token=TOKEN, account=ACCOUNT)
    assert form == {"token": TOKEN, "action": "domain/listdomains", "accountuser": ACCOUNT}


def test_an_admin_function_names_no_account() -> None:
    [form] = sent_by(names, {"data": []}, admin_token=TOKEN)
    assert form == {"token": TOKEN, "action": "accounts/listaccounts"}


def test_each_token_serves_what_it_is_for() -> None:
    """With both: admin functions by the admin token, the client token's account by its own."""
    accounts = {"data": [{"user": ACCOUNT, "domain": MAIN}, {"user": "other", "domain": "other.example"}]}
    forms = sent_by(names, accounts, admin_token=TOKEN, client_token=OTHER, account=ACCOUNT)
    tokens = {form.get("accountuser"): form["token"] for form in forms}
    assert tokens == {None: TOKEN, ACCOUNT: OTHER, "other": TOKEN}


def test_a_branded_folder() -> None:
    sent_by(names, client_token=TOKEN, account=ACCOUNT, folder="hostpanel")


@pytest.mark.parametrize(
    ("values", "words"),
    [({}, "no token"), ({"client_token": TOKEN}, "enter the account"), ({"account": ACCOUNT}, "no token")],
)
def test_a_connection_without_a_usable_token(values: dict[str, str], words: str) -> None:
    with serve(answering(b"{}")) as server:
        driver = make_driver(server.url, values)
        for act in (driver.probe, lambda: names(driver), lambda: driver.read_domain(MAIN)):
            with pytest.raises(BadCredentials, match=words):
                act()
    assert server.requests == []


def test_no_token_is_shown(sandbox: Sandbox, connect: Connect) -> None:
    known = sandbox.upstreams["spanel"].credentials()
    with collect() as records:
        driver = connect()
        driver.probe()
        driver.read_domain(MAIN)
        driver.plan(wish(RemoveDomain, ADDON))
        with pytest.raises(UpstreamError):
            connect(admin_token="wrong-" + known["admin_token"]).probe()
    shown = json.dumps([record.to_json() for record in records])
    assert known["admin_token"] not in shown
    assert known["client_token"] not in shown
    assert ADDON in shown
    assert {"accounts/listaccounts", "email/getmailroute"} <= {record.call for record in records}

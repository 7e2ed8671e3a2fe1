"""The translation alone, without a socket."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import (
    AlreadyThere,
    BadCredentials,
    Malformed,
    NotThere,
    OutcomeUnknown,
    Rejected,
    Unreachable,
    UpstreamError,
)
from app.core.model import Route, RouteKind
from app.net.answer import Answer
from app.providers.spanel import inferred, wire

PAGE = b"<h1>404 Not Found</h1>"


def answer(value: Any, *, write: bool = False, status: int = 200) -> Answer:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Answer(status, {"Content-Type": "application/json"}, body, 1.0, write)


def refused(value: Any, *, write: bool = False) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        wire.read_answer(answer(value, write=write))
    return caught.value


# --- success or not ---


@pytest.mark.parametrize(
    "value",
    [
        {"result": "success"},
        {"result": "success", "msg": "Suspend successful"},
        {"result": "success", "data": {"msg": ["a", "b"]}},
        {"data": []},
        {"result": "success", "message": "not a refusal"},
    ],
)
def test_shapes_of_success(value: Any) -> None:
    assert wire.read_answer(answer(value)) == value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"result": "error", "message": "text"}, "text"),
        ({"result": "error", "message": ["one", "two"]}, "one; two"),
        ({"result": "error", "message": {"domain": "one", "path": ["two", "three"]}}, "one; two; three"),
        ({"result": "error", "msg": "text"}, "text"),
        ({"result": "error", "errors": ["text"]}, "text"),
        ({"errors": {"x": "text"}}, "text"),
        ({"error": "text"}, "text"),
        ({"message": "text"}, "text"),
        ({"result": "error"}, "no reason given"),
        ({"result": "error", "message": {"error1": {"deep": "text"}}}, "text"),
        ({"result": "error", "message": "", "msg": "text"}, "text"),
        ({"result": "error", "message": "The filter <b>x</b> was <br/>bad"}, "The filter x was bad"),
        ({"result": "error", "message": "same", "msg": "other"}, "same"),
        ({"result": "error", "message": ["same", "same"]}, "same"),
    ],
)
def test_words_of_a_refusal(value: Any, words: str) -> None:
    for write in (False, True):
        error = refused(value, write=write)
        assert type(error) is Rejected
        assert error.words == words


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ({"token": "whatever it says"}, BadCredentials),
        ("Invalid token", BadCredentials),
        ({"accountuser": "whatever it says"}, BadCredentials),
        ({"accountuser": "There is no such account"}, NotThere),
        ({"domain": "token.example already exists"}, AlreadyThere),
        ("token-shop.example already exists", AlreadyThere),
        ("Domain does not exist", NotThere),
        ("already.example is not a valid name here", Rejected),
        ({"limit": "The account has reached its limit"}, Rejected),
    ],
)
def test_how_refusals_are_sorted(message: Any, kind: type[UpstreamError]) -> None:
    assert type(refused({"result": "error", "message": message})) is kind


@pytest.mark.parametrize(
    "value",
    [{}, [], None, "ok", {"data": {}}, {"result": "maybe"}, b"", b"{", b"\xff", PAGE, {"result": None}],
)
def test_what_does_not_confirm_a_change_leaves_its_outcome_open(value: Any) -> None:
    with pytest.raises(OutcomeUnknown):
        wire.read_change(answer(value, write=True))


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (PAGE, 404, Malformed),
        (PAGE, 200, Malformed),
        (b"", 200, Malformed),
        (b"{}", 200, Malformed),
        (b'{"data": []}', 404, Malformed),
        (b"boom", 500, Malformed),
        (b"", 500, Unreachable),
        (PAGE, 502, Unreachable),
        (PAGE, 403, BadCredentials),
    ],
)
def test_answers_that_are_not_the_api(body: bytes, status: int, kind: type[UpstreamError]) -> None:
    with pytest.raises(UpstreamError) as caught:
        wire.read_answer(answer(body, status=status))
    assert type(caught.value) is kind


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["user", "domain"]), inner),
)


@given(JSON, st.sampled_from(["success", "error", None]))
def test_whatever_json_comes_only_upstream_errors_leave(value: Any, result: str | None) -> None:
    whole = {"result": result, "data": value, "message": value}
    for read in (wire.read_accounts, wire.read_sites, wire.read_routes, wire.read_rows, wire.read_change):
        for body in (value, whole):
            try:
                read(answer(body))
            except UpstreamError:
                continue


# --- lists ---


def test_a_list_with_gaps_comes_as_an_object() -> None:
    rows = wire.read_rows(answer({"data": {"0": {"user": "a"}, "2": {"user": "b"}}}))
    assert [row["user"] for row in rows] == ["a", "b"]


@pytest.mark.parametrize("data", [None, "", "none", 5, [1], {"a": 1}])
def test_lists_that_are_none(data: Any) -> None:
    """Above all null: taken for an empty list, it would make domains go missing."""
    with pytest.raises(Malformed):
        wire.read_rows(answer({"result": "success", "data": data}))


def test_accounts() -> None:
    [first, second] = wire.read_accounts(
        answer(
            {
                "data": [
                    {
                        "user": "a",
                        "domain": "A.example",
                        "suspended": "1",
                        "numemails": "3",
                        "emailslimit": "5",
                    },
                    {"user": "b", "domain": "", "suspended": "0", "package": "Custom"},
                ]
            }
        )
    )
    assert first == wire.Account("a", "a.example", suspended=True, mailboxes="3 of 5")
    assert second == wire.Account("b", package="Custom")


@pytest.mark.parametrize("row", [{}, {"user": ""}, {"user": 5}, {"user": "a", "domain": "<b>"}])
def test_accounts_that_are_none(row: Any) -> None:
    with pytest.raises(Malformed):
        wire.read_accounts(answer({"data": [row]}))


def test_sites_under_both_spellings_of_their_keys() -> None:
    rows = [
        {
            "domain": "a.example",
            "documentroot": "/home/a/public_html",
            "maindomain": "1",
            "modsecurity": "enabled",
        },
        {"domain": "Bücher.example", "documentRoot": "/home/a/b", "mainDomain": "0"},
        {"domain": "c.example", "documentroot": None},
    ]
    assert wire.read_sites(answer({"result": "success", "data": rows})) == [
        wire.Site("a.example", "/home/a/public_html", main=True, modsecurity="enabled"),
        wire.Site("xn--bcher-kva.example", "/home/a/b"),
        wire.Site("c.example"),
    ]


@pytest.mark.parametrize("name", [None, 5, "", "a b", "<b>x</b>", "x\u0000", "é" * 300])
def test_names_that_are_none(name: Any) -> None:
    with pytest.raises(Malformed):
        wire.read_sites(answer({"data": [{"domain": name}]}))


# --- routes ---


def routes(**data: Any) -> tuple[Route, ...]:
    return wire.read_routes(answer({"result": "success", "data": data}))


def test_remote_routes_by_priority() -> None:
    found = routes(exchanger="remoteexchanger", mailserver=["B.example.", "a.example"], priority=["20", 10])
    assert found == (Route("a.example", priority=10), Route("b.example", priority=20))


def test_arrays_as_php_may_write_them() -> None:
    found = routes(exchanger="remoteexchanger", mailserver={"1": "a.example"}, priority={"1": "5"})
    assert found == (Route("a.example", priority=5),)
    assert routes(exchanger="remoteexchanger", mailserver="a.example", priority="5") == found


def test_priorities_that_are_missing() -> None:
    found = routes(exchanger="remoteexchanger", mailserver=["b.example", "a.example"])
    assert found == (Route("b.example"), Route("a.example"))


def test_the_local_route() -> None:
    assert routes(exchanger="localexchanger", mailserver=[], priority=[]) == (wire.HERE,)
    assert wire.HERE.kind is RouteKind.LOCAL


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"exchanger": "autoexchanger"},
        {"exchanger": "remoteexchanger", "mailserver": []},
        {"exchanger": "remoteexchanger", "mailserver": ["a b"], "priority": [1]},
    ],
)
def test_routes_that_are_none(data: Any) -> None:
    with pytest.raises(Malformed):
        routes(**data)


def test_routes_on_the_wire_and_back() -> None:
    wanted = (Route("a.example", priority=0), Route("b.example", priority=7))
    sent = wire.routes_to_wire("x.example", wanted)
    assert sent == {
        "domain": "x.example",
        "exchanger": "remoteexchanger",
        "mailserver": ["a.example", "b.example"],
        "priority": [0, 7],
    }
    assert routes(**sent) == wanted
    assert wire.routes_to_wire("x.example", [wire.HERE]) == {
        "domain": "x.example",
        "exchanger": "localexchanger",
    }


def test_whose_rows_are_whose() -> None:
    assert wire.belongs("info@A.example", "a.example")
    assert wire.belongs("bücher.example", "xn--bcher-kva.example")
    assert wire.belongs("Odd Name", "odd name")
    assert not wire.belongs("sub.a.example", "a.example")
    assert not wire.belongs(None, "a.example")


# --- folders ---


def test_folders() -> None:
    assert wire.same_folder("/home/a/public_html/x", "public_html/x")
    assert wire.same_folder("/home/a/public_html/x", "/home/a/public_html/x/")
    assert not wire.same_folder("/home/a/public_html/x", "html/x")
    assert inferred.below_home("/home/a/public_html/x", "a") == "public_html/x"
    assert inferred.below_home("/srv/x", "a") == "srv/x"

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
from app.net.answer import Answer
from app.providers.olspanel import wire

PAGE = b"<!doctype html><title>Page not found</title>"


def answer(value: Any, *, write: bool = False, status: int = 200) -> Answer:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Answer(status, {"Content-Type": "application/json"}, body, 1.0, write)


def domains(value: Any) -> list[str]:
    return [domain.name for domain in wire.read_domains(answer(value), "ols", "exampleuser")]


# --- success or not ---


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"error": "API is currently disabled"}, BadCredentials),
        ({"error": "Username and API key or password required"}, BadCredentials),
        ({"error": "Invalid API key format"}, BadCredentials),
        ({"error": "Something new at the gate"}, BadCredentials),
        ({"success": False, "message": "Something new"}, Rejected),
        ({"success": False, "error": "Database 'acct_x' already exists."}, AlreadyThere),
        ({"success": False, "error": "User already exists."}, AlreadyThere),
        ({"success": False, "message": "Domain 'x.example' not found for this user."}, NotThere),
        ({"success": False, "message": "The domain 'user-not-found.example' already exists."}, AlreadyThere),
        ({"success": False}, Rejected),
        ({"success": False, "message": None, "error": ""}, Rejected),
    ],
)
def test_refusals(value: Any, kind: type[UpstreamError]) -> None:
    for write in (False, True):
        with pytest.raises(UpstreamError) as caught:
            wire.read_answer(answer(value, write=write))
        assert type(caught.value) is kind


@pytest.mark.parametrize(
    "value", [[], {}, {"success": "Cron job deleted successfully!"}, {"error": ""}, {"error": None}]
)
def test_no_refusals(value: Any) -> None:
    assert wire.read_answer(answer(value)) == value


def test_a_text_under_success_confirms_a_change() -> None:
    value = {"success": "Cron job deleted successfully!"}
    assert wire.read_change(answer(value, write=True)) == value


@pytest.mark.parametrize(
    "value", [[], {}, None, "ok", {"result": "?"}, {"success": 0}, b"", b"<html>", b"{", b"\xff"]
)
def test_what_does_not_confirm_a_change_leaves_its_outcome_open(value: Any) -> None:
    with pytest.raises(OutcomeUnknown):
        wire.read_change(answer(value, write=True))


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (PAGE, 200, Malformed),
        (PAGE, 404, Malformed),
        (b"", 200, Malformed),
        (b"not json", 200, Malformed),
        (b"[1]", 418, Malformed),
        (PAGE, 500, Unreachable),
        (PAGE, 403, BadCredentials),
        (b"no", 401, BadCredentials),
    ],
)
def test_answers_that_are_not_the_api(body: bytes, status: int, kind: type[UpstreamError]) -> None:
    with pytest.raises(UpstreamError) as caught:
        wire.read_answer(answer(body, status=status))
    assert type(caught.value) is kind


def test_the_switched_off_api_is_explained() -> None:
    with pytest.raises(BadCredentials, match="api_status = 1"):
        wire.read_answer(answer({"error": "API is currently disabled"}))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_json_comes_only_upstream_errors_leave(value: Any) -> None:
    for read in (
        lambda: wire.read_domains(answer(value), "ols", "a"),
        lambda: wire.read_change(answer(value, write=True)),
        lambda: wire.usage_facts(wire.read_usage(answer(value))),
    ):
        try:
            read()
        except UpstreamError:
            continue


# --- domains ---


def test_domains_are_read_with_folder_and_number() -> None:
    [first, second] = wire.read_domains(
        answer(
            [
                {"id": 1, "domain": "Example.COM", "path": "/home/exampleuser/public_html"},
                {"id": "2", "domain": "b_2.example", "path": None},
            ]
        ),
        "ols",
        "exampleuser",
    )
    assert (first.name, first.account, first.ref) == ("example.com", "exampleuser", {"id": 1})
    assert first.extra == {"folder": "/home/exampleuser/public_html"}
    assert (first.aliases, first.routes, first.mailboxes) == (None, None, None)
    assert (second.name, second.ref, second.extra) == ("b_2.example", None, {})


def test_names_come_in_our_form_or_as_they_are() -> None:
    assert domains([{"domain": "Bücher.example"}]) == ["xn--bcher-kva.example"]
    assert domains([{"domain": "xn--p1ai"}, {"domain": "localhost"}]) == ["xn--p1ai", "localhost"]


@pytest.mark.parametrize(
    "value",
    [
        {"domains": []},
        [1],
        [{"id": 1}],
        [{"domain": 5}],
        [{"domain": ""}],
        [{"domain": "a b"}],
        [{"domain": "<b>x</b>"}],
        [{"domain": "x\u0000y"}],
        [{"domain": "é" * 300}],
    ],
)
def test_lists_that_are_none(value: Any) -> None:
    with pytest.raises(Malformed):
        domains(value)


def test_markup_and_control_characters_of_a_folder_do_no_harm() -> None:
    [domain] = wire.read_domains(
        answer([{"domain": "a.example", "path": "/x\n\u202e" + "y" * 999}]), "ols", "a"
    )
    assert domain.extra["folder"].isprintable()
    assert len(domain.extra["folder"]) <= 300


# --- folders ---


@pytest.mark.parametrize(
    ("typed", "sent"), [("", "public_html"), ("/", "public_html"), ("/shop", "shop"), (" a/b/ ", "a/b")]
)
def test_folders_as_the_panel_takes_them(typed: str, sent: str) -> None:
    assert wire.folder_to_wire(typed) == sent


def test_folders_are_compared_below_the_home_folder() -> None:
    assert wire.same_folder("/home/u/public_html", "public_html")
    assert wire.same_folder("/home/u/sites/a", "sites/a/")
    assert not wire.same_folder("/home/u/public_html/sub", "public_html")
    assert not wire.same_folder("/home/u/my_public_html", "public_html")
    assert not wire.same_folder("", "public_html")


@given(
    st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1).filter(str.strip)
)
def test_a_folder_is_found_again_where_it_was_put(name: str) -> None:
    sent = wire.folder_to_wire(name)
    assert wire.same_folder(f"/home/u/{sent}", sent)


# --- usage ---


def usage(**values: Any) -> tuple[dict[str, str], bool]:
    got = answer({"package_name": "Basic Plan", **values})
    read = wire.read_usage(got)
    return wire.usage_facts(read), wire.domains_used_up(read)


def test_usage_as_documented() -> None:
    facts, used_up = usage(
        disk_limit="10GB", disk_used="2GB", email_disk_used="100MB", domain_limit=2, domain_used=1
    )
    assert facts == {
        "package": "Basic Plan",
        "disk": "2GB of 10GB",
        "mail space": "100MB",
        "domains": "1 of 2",
    }
    assert not used_up


def test_usage_as_the_code_has_it() -> None:
    facts, used_up = usage(
        disk_limit=10240,
        disk_used="512 Bytes",
        email_disk_used=0,
        email_limit="∞",
        email_used=3,
        main_domain=None,
    )
    assert facts["disk"] == "512 Bytes of 10240 MB"
    assert facts["mail space"] == "0"
    assert facts["mailboxes"] == "3 of unlimited"
    assert "main domain" not in facts
    assert not used_up


@pytest.mark.parametrize(
    ("used", "limit", "expected"),
    [
        (2, 2, True),
        ("3", "2", True),
        (1, 2, False),
        (5, 0, False),
        (5, "∞", False),
        (None, 2, False),
        (True, 1, False),
    ],
)
def test_whether_the_domains_are_used_up(used: Any, limit: Any, expected: bool) -> None:
    assert usage(domain_used=used, domain_limit=limit)[1] is expected

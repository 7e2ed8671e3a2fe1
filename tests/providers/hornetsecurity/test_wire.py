"""Translation both ways, with what nobody documented as well: properties over made-up texts and answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Malformed, UpstreamError
from app.core.model import Route, RouteKind
from app.net.answer import Answer
from app.providers.hornetsecurity import wire, wire_domains, wire_tree
from app.providers.hornetsecurity.wire_domains import (
    environment_facts,
    environment_to_wire,
    format_destinations,
    hosted_elsewhere,
    numbered,
    parse_destinations,
    same_routes,
)

hosts = st.one_of(
    st.from_regex(r"[a-z][a-z0-9]{0,8}(\.[a-z][a-z0-9-]{0,8}[a-z0-9]){1,3}", fullmatch=True),
    st.ip_addresses().map(str),
)
ports = st.one_of(st.none(), st.integers(1, 65535))
priorities = st.one_of(st.none(), st.integers(0, 10**9))
routes = st.builds(Route, host=hosts, port=ports, priority=priorities)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "hierarchy",
                    "id",
                    "name",
                    "type",
                    "is_user",
                    "children",
                    "children_count",
                    "path",
                    "domains",
                ]
                + ["domain", "verified", "has_more_elements", "object_id", "parent", "error_id", "error_data"]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)


def answer(value: Any, status: int = 200, write: bool = False) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(value).encode(), 1.0, write)


# --- destination_server ---


@given(st.lists(routes, max_size=6))
def test_what_is_written_is_read_again(wanted: list[Route]) -> None:
    read = parse_destinations(format_destinations(wanted))
    assert sorted(map(repr, read)) == sorted(map(repr, set(wanted)))
    ranks = [route.priority or 0 for route in read]
    assert ranks == sorted(ranks)


@given(st.text(alphabet="abc.:;#[] 0123456789-/\x00\u200b", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = parse_destinations(text)
    except Malformed as error:
        assert "\x00" not in error.excerpt
    else:
        assert parse_destinations(format_destinations(read)) == read


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ()),
        (" ; ;", ()),
        ("mx.example.com", (Route("mx.example.com"),)),
        ("MX.Example.com.:2525", (Route("mx.example.com", 2525),)),
        ("192.0.2.1:26#5", (Route("192.0.2.1", 26, 5),)),
        ("2001:db8::1", (Route("2001:db8::1"),)),
        ("[2001:db8::1]:26", (Route("2001:db8::1", 26),)),
        ("[2001:db8::1]#7", (Route("2001:db8::1", None, 7),)),
        ("b.example#20;a.example#10", (Route("a.example", None, 10), Route("b.example", None, 20))),
        ("a.example;a.example", (Route("a.example"),)),
        ("b.example;a.example", (Route("b.example"), Route("a.example"))),
        ("with_underscore.local", (Route("with_underscore.local"),)),
        ("bücher.example", (Route("xn--bcher-kva.example"),)),
    ],
)
def test_destinations(text: str, wanted: tuple[Route, ...]) -> None:
    assert parse_destinations(text) == wanted


@pytest.mark.parametrize(
    "text",
    ["a.example:", "a.example:0", "a.example:99999", "a.example:smtp", "a.example#", "a.example#x", "#10"]
    + ["a b.example", "[]:25", "<script>", "a.example,b.example", "a.example:+25", "a.example#-1"],
)
def test_no_destinations(text: str) -> None:
    with pytest.raises(Malformed, match="route"):
        parse_destinations(text)


# --- priorities ---


@given(st.lists(routes, max_size=5, unique_by=lambda route: (route.host, route.port)))
def test_numbers_keep_the_order(wanted: list[Route]) -> None:
    found = numbered(wanted)
    assert [(r.host, r.port) for r in found] == [(r.host, r.port) for r in wanted]
    assert numbered(found) == found
    if len(found) > 1:
        ranks = [route.priority for route in found]
        assert None not in ranks and ranks == sorted(ranks, key=lambda rank: rank or 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([None], [None]),
        ([7], [7]),
        ([None, None], [10, 20]),
        ([5, 5], [5, 5]),
        ([10, 20, None], [10, 20, 30]),
        ([10, None, 20], [10, 20, 30]),
        ([20, 10], [10, 20]),
        ([None, 3], [10, 20]),
    ],
)
def test_numbers(before: list[int | None], after: list[int | None]) -> None:
    found = numbered([Route(f"h{i}.example", None, rank) for i, rank in enumerate(before)])
    assert [route.priority for route in found] == after


def test_same_routes() -> None:
    assert same_routes([Route("a.example")], [Route("a.example", 25, 10)])
    assert not same_routes([Route("a.example")], [Route("a.example", 26)])
    assert not same_routes([Route("a.example")], [Route("a.example", kind=RouteKind.INHERITED)])
    assert not same_routes([Route("a.example"), Route("b.example")], [Route("b.example"), Route("a.example")])


# --- the environment is sent whole ---


def test_the_environment_is_kept_but_for_the_change() -> None:
    now = {
        "enabled": True,
        "destination_server": "old.example",
        "dest_type": 1,
        "restrict_email_sending_to_relay_ips": True,
        "bounce": False,
        "dest_pop_size": 1024,
        "relay_check": None,
        "relayserver": "192.0.2.0/24",
        "alternative_server": "",
        "relay_check_type": 4,
        "inherit_primary_domain": False,
        "hornet_email": False,
        "auc_disabled_by_partner": True,
        "something_new": 1,
    }
    assert environment_to_wire(now, {"destination_server": "new.example"}) == {
        "enabled": True,
        "destination_server": "new.example",
        "dest_type": 1,
        "restrict_email_sending_to_relay_ips": True,
        "bounce": False,
        "dest_pop_size": 1024,
        "relayserver": "192.0.2.0/24",
        "relay_check_type": 4,
        "hornet_email": False,
    }


def test_a_deprecated_relay_check_is_not_changed_by_accident() -> None:
    assert "relay_check_type" not in environment_to_wire({"enabled": True, "relay_check_type": 1}, {})
    assert environment_to_wire({"relay_check_type": 0}, {}) == {"relay_check_type": 0, "enabled": False}


def test_what_a_page_shows_of_an_environment() -> None:
    assert environment_facts({"enabled": "true", "relayserver": "192.0.2.1", "alternative_server": None}) == {
        "Spam and Malware Protection": True,
        "relay servers": "192.0.2.1",
    }
    pop = {"enabled": True, "dest_type": 2, "destination_server": "pop.example"}
    assert environment_facts(pop)["delivery"] == "fetched by POP from pop.example" and hosted_elsewhere(pop)
    hosted = {"enabled": True, "hornet_email": True, "destination_server": "smtp-in.example"}
    assert environment_facts(hosted)["delivery"] == "mailboxes on Hornet.email" and hosted_elsewhere(hosted)
    assert not hosted_elsewhere({"dest_type": 1, "hornet_email": False})


# --- answers ---

READERS = (
    wire.read_answer,
    wire.read_login,
    wire.read_version,
    wire.read_caller,
    wire_tree.read_nodes,
    wire_tree.read_object,
    wire_domains.read_domains,
    wire_domains.read_added,
    wire_domains.read_deletion,
    wire_domains.read_count,
    wire_domains.read_settings_object,
)


@given(values, st.sampled_from([200, 201, 400, 401, 402, 403, 404, 405, 409, 422, 500, 503]), st.booleans())
def test_any_answer_is_read_or_refused(value: Any, status: int, write: bool) -> None:
    for read in READERS:
        try:
            read(answer(value, status, write))
        except UpstreamError as error:
            assert str(error)


@given(st.binary(max_size=60), st.sampled_from([200, 400, 403, 500]), st.booleans())
def test_any_bytes_are_read_or_refused(body: bytes, status: int, write: bool) -> None:
    for read in READERS:
        try:
            read(Answer(status, {}, body, 1.0, write))
        except UpstreamError as error:
            assert str(error)


@given(values)
def test_a_change_is_never_malformed(value: Any) -> None:
    """Malformed is for reads: of a change nobody would know whether it was made."""
    for status in (200, 404, 500):
        try:
            wire_domains.read_added(answer(value, status, write=True))
        except UpstreamError as error:
            assert not isinstance(error, Malformed)


def test_the_words_of_a_refusal_can_be_stored() -> None:
    body = (
        b'{"error_id": 2009, "error_message": "bad \\ud800 thing\\u0000", "error_data": {"a": ["b\\u202e"]}}'
    )
    words = str(wire.refusal(Answer(400, {}, body, 1.0)))
    assert words.encode() and words.isprintable()


@pytest.mark.parametrize(
    ("value", "number", "truth"),
    [
        (5, 5, True),
        ("5", 5, False),
        (True, None, True),
        ("true", None, True),
        ("True ", None, True),
        ("1", 1, True),
        (0, 0, False),
        ("", None, False),
        (None, None, False),
        ("٣", None, False),
        ("-5", None, False),
        (2.5, None, True),
    ],
)
def test_numbers_and_truth_values(value: Any, number: int | None, truth: bool) -> None:
    assert wire.number(value) == number
    assert wire.boolean(value) is truth


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("example.com", "customer"),
        ("bücher.example", "customer"),
        ("Partner GmbH", "partner"),
        ("x", "partner"),
    ],
)
def test_a_node_of_the_old_generation_is_what_its_name_says(name: str, kind: str) -> None:
    [node] = wire_tree.read_nodes(answer([{"id": 1, "name": name, "is_user": False}]))
    assert node.kind == kind


def test_a_name_may_come_in_unicode() -> None:
    assert wire_tree.same_name("Bücher.Example", "xn--bcher-kva.example")
    assert not wire_tree.same_name("Partner GmbH", "partner.example")

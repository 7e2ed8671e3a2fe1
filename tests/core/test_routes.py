"""Routes as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.model import Route
from app.core.names import NameProblem
from app.core.routes import format_routes, parse_route, parse_routes


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("mail.example.org", "mail.example.org", 25),
        ("mail.example.org:2525", "mail.example.org", 2525),
        ("mail.example.org::2525", "mail.example.org", 2525),
        ("192.0.2.1:25", "192.0.2.1", 25),
        ("2001:db8::1", "2001:db8::1", 25),
        ("::1", "::1", 25),
        ("[2001:db8::1]", "2001:db8::1", 25),
        ("[2001:db8::1]:587", "2001:db8::1", 587),
        ("[2001:db8::1]::587", "2001:db8::1", 587),
    ],
)
def test_a_route(text: str, host: str, port: int) -> None:
    assert parse_route(text) == Route(host, port)


@pytest.mark.parametrize(
    "text",
    ["", ":25", "host:", "host:0", "host:x", "a:1:2", "[mail.example.org]:25", "[2001:db8::1", "[]:25"],
)
def test_what_is_no_route_is_refused(text: str) -> None:
    with pytest.raises(NameProblem):
        parse_route(text)


def test_the_sample_managers_form_field_is_understood() -> None:
    assert parse_routes("mail.example.com,10.0.0.2:2525") == (
        Route("mail.example.com", 25),
        Route("10.0.0.2", 2525),
    )


def test_lines_blanks_and_semicolons_separate_too() -> None:
    assert parse_routes("a.example\n b.example:26; c.example") == (
        Route("a.example", 25),
        Route("b.example", 26),
        Route("c.example", 25),
    )


hosts = st.sampled_from(["mail.example.org", "192.0.2.7", "2001:db8::5", "::1", "xn--mil-qla.example"])


@given(st.lists(st.tuples(hosts, st.integers(1, 65535)), max_size=6))
def test_what_is_printed_is_read_again(pairs: list[tuple[str, int]]) -> None:
    routes = tuple(Route(host, port) for host, port in pairs)
    assert parse_routes(format_routes(routes)) == routes


@given(st.text(max_size=100))
def test_any_text_is_routes_or_refused(text: str) -> None:
    try:
        routes = parse_routes(text)
    except NameProblem:
        return
    assert all(1 <= (route.port or 0) <= 65535 for route in routes)

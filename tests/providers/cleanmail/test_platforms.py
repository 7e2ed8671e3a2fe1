"""Platforms: whose routes they are, and how all of them are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.model import Route, Transport
from app.providers.cleanmail.platforms import (
    default_of,
    first_platform,
    merged,
    read_platform,
    routes_of,
    same_routes,
)


def platform(identity, *, default=False, **more):
    row = {
        "id": identity,
        "name": f"P {identity}",
        "transportDest": f"{identity}.example",
        "transportType": "SMTP",
        "transportPort": 25,
        "fallbackTransportDest": None,
        "fallbackTransportType": None,
        "fallbackTransportPort": None,
        "apiType": None,
        "apiData": None,
        "authType": "local",
        "authData": None,
        "default": default,
        **more,
    }
    return read_platform(row)


A, B = platform("a"), platform("b")
DEFAULT = platform(
    "d",
    default=True,
    fallbackTransportDest="f.example",
    fallbackTransportType="SMTPS_MAY",
    fallbackTransportPort=2525,
)
MAIN, FALLBACK = Route("d.example", 25, transport=Transport.PLAIN), Route("f.example", 2525)


def test_main_host_and_fallback_are_the_routes():
    assert DEFAULT.routes == (MAIN, FALLBACK)


@pytest.mark.parametrize(
    ("platforms", "named", "chosen"),
    [
        ([], "", None),
        ([A], "", A),
        ([A, DEFAULT], "", DEFAULT),
        ([A, B], "", None),
        ([A, B], "a", None),
        ([DEFAULT, platform("e", default=True)], "", DEFAULT),
        ([platform("e", default=True), DEFAULT], "d", DEFAULT),
        ([DEFAULT, A, platform("e", default=True)], "a", DEFAULT),
    ],
)
def test_the_default_platform(platforms, named, chosen):
    assert default_of(platforms, named) is chosen


def test_routes_without_a_platform_and_without_a_known_default():
    assert routes_of([], None) == () and routes_of([A, B], None) is None


@pytest.mark.parametrize(
    ("wire", "transport"),
    [
        ("SMTP", Transport.PLAIN),
        ("SMTPS_MAY", Transport.TLS_IF_OFFERED),
        ("SMTPS_ENCRYPT", Transport.TLS_ALWAYS),
        ("LMTP", Transport.TLS_IF_OFFERED),
    ],
)
def test_transports(wire, transport):
    assert platform("a", transportType=wire).routes[0].transport is transport


def test_a_fallback_without_a_main_host_is_no_route():
    odd = platform("a", default=True, transportDest="", fallbackTransportDest="f.example")
    assert odd.routes == ()
    [sent] = merged([odd], odd, [MAIN])
    assert (sent["transportDest"], sent["fallbackTransportDest"]) == ("d.example", None)


def test_a_fallback_that_says_nothing_of_its_transport_has_that_of_the_main_host():
    found = platform("a", transportType="SMTPS_ENCRYPT", fallbackTransportDest="f.example").routes[1]
    assert found == Route("f.example", None, transport=Transport.TLS_ALWAYS)


@pytest.mark.parametrize(
    ("more", "sealed"),
    [
        ({}, False),
        ({"authType": None}, False),
        ({"authType": "LOCAL"}, False),
        ({"authType": "ldap"}, True),
        ({"authType": "ldap", "authData": {"host": "x"}}, False),
        ({"apiType": "O365"}, True),
        ({"apiType": "O365", "apiData": {"clientId": "x"}}, False),
    ],
)
def test_settings_that_did_not_come_back(more, sealed):
    assert platform("a", **more).seals is sealed


def test_all_platforms_are_sent_each_with_its_id():
    new = Route("new.example", 587, transport=Transport.TLS_ALWAYS)
    first, second = merged([A, DEFAULT], DEFAULT, [new, FALLBACK])
    assert first == {k: v for k, v in A.raw.items() if v is not None}
    assert second["id"] == "d" and second["default"] is True and second["authType"] == "local"
    assert (second["transportDest"], second["transportType"], second["transportPort"]) == (
        "new.example",
        "SMTPS_ENCRYPT",
        587,
    )
    assert second["fallbackTransportDest"] == "f.example" and "authData" not in second


def test_a_fallback_that_goes_is_sent_as_null():
    [sent] = merged([DEFAULT], DEFAULT, [FALLBACK])
    assert (sent["transportDest"], sent["transportType"]) == ("f.example", "SMTPS_MAY")
    for key in ("fallbackTransportDest", "fallbackTransportType", "fallbackTransportPort"):
        assert sent[key] is None


def test_a_route_that_stays_keeps_a_transport_that_we_do_not_know():
    odd = platform("o", default=True, transportType="LMTP", note="kept")
    [sent] = merged([odd], odd, [*odd.routes, FALLBACK])
    assert (
        sent["transportType"] == "LMTP" and sent["note"] == "kept" and sent["fallbackTransportPort"] == 2525
    )


def test_an_only_platform_becomes_the_default():
    [sent] = merged([A], A, [MAIN])
    assert sent["default"] is True


def test_the_first_platform_of_a_domain():
    assert (
        merged([], None, [MAIN])
        == [first_platform([MAIN])]
        == [
            {
                "name": "Main",
                "transportDest": "d.example",
                "transportType": "SMTP",
                "transportPort": 25,
                "authType": "local",
                "default": True,
            }
        ]
    )


def test_platforms_are_never_written_without_their_default():
    with pytest.raises(ValueError, match="not known"):
        merged([A, B], None, [MAIN])


routes = st.builds(
    Route,
    st.sampled_from(["a.example", "192.0.2.1", "2001:db8::1"]),
    st.integers(1, 65535),
    transport=st.sampled_from(Transport),
)


@given(st.lists(routes, min_size=1, max_size=2))
def test_what_is_written_is_read_back(wanted):
    [sent] = merged([DEFAULT], DEFAULT, wanted)
    assert same_routes(read_platform(sent).routes, wanted)
    assert same_routes(read_platform(first_platform(wanted)).routes, wanted)

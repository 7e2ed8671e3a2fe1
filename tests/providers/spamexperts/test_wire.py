"""Translation without a server: lists of domains in every form, and text that is none."""

import contextlib
import json
import traceback

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import Malformed, UpstreamError
from app.core.model import Domain, Route
from app.net.answer import Answer
from app.net.masking import Masker
from app.providers.spamexperts import inferred
from app.providers.spamexperts.wire import Odd, RawSetting, boolean, read_help, read_setting, read_version
from app.providers.spamexperts.wire_domains import (
    data_to_wire,
    destination_of,
    destinations_to_wire,
    filter_to_wire,
    read_destinations,
    read_domains,
    read_names,
)

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True).filter(
    lambda label: not label.startswith("xn--")
)
NAME = st.builds(
    lambda labels, top: ".".join([*labels, top]),
    st.lists(LABEL, min_size=1, max_size=3),
    st.from_regex(r"[a-z]{2,6}", fullmatch=True),
)
HOST = st.one_of(NAME, st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str))
ROUTE = st.builds(Route, HOST, st.integers(1, 65535))
DOMAIN = st.builds(
    lambda name, aliases, routes: Domain("k", name, tuple(aliases), tuple(routes)),
    NAME,
    st.lists(NAME, unique=True, max_size=4),
    st.lists(ROUTE, unique=True, max_size=4),
)


def answer(body: str, status: int = 200, content_type: str = "text/plain") -> Answer:
    return Answer(status, {"Content-Type": content_type}, body.encode(errors="surrogatepass"), 1.0)


def exported(domains: list[Domain]) -> str:
    """The list as the server prints it (4.3)."""
    lines = []
    for domain in domains:
        lines.append(f"{domain.name}:" + ",".join(f"{r.host}::{r.port}" for r in domain.routes))
        lines += [f"{alias}*:" for alias in domain.aliases]
    return "".join(line + "\n" for line in lines)


@settings(suppress_health_check=[HealthCheck.too_slow])  # names are costly to draw on a busy machine
@given(st.lists(DOMAIN, max_size=8))
def test_a_list_that_is_printed_is_read_back(domains):
    assert list(read_domains(answer(exported(domains)), "k")) == domains


@given(st.text(max_size=200) | st.text(alphabet="ab.:*,\n []1ü", max_size=60))
def test_any_text_is_a_list_or_malformed(text):
    try:
        found = list(read_domains(answer(text), "k"))
    except Malformed as error:
        assert len(error.excerpt) <= 200
    else:
        for domain in found:
            assert domain.name and "*" not in domain.name and ":" not in domain.name
            assert all(route.host for route in domain.routes)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=20),
        lambda c: (
            st.lists(c, max_size=3)
            | st.dictionaries(
                st.sampled_from(["domain", "aliases", "destinations", "host", "port", "x"]), c, max_size=4
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_a_list_or_malformed(value):
    with contextlib.suppress(Malformed):
        list(read_domains(answer(json.dumps([value])), "k"))


@given(st.lists(ROUTE, min_size=1, max_size=5))
def test_routes_are_sent_in_a_form_that_is_read_back(routes):
    assert [destination_of(item) for item in destinations_to_wire(routes).split(",")] == routes


@pytest.mark.parametrize(
    ("item", "route"),
    [
        ("mail.example.com::25", Route("mail.example.com", 25)),
        ("2001:db8::1::25", Route("2001:db8::1", 25)),
        ("::1::2525", Route("::1", 2525)),
        ("2001:DB8::A::25", Route("2001:db8::a", 25)),
        ("[2001:db8::1]:25", Route("2001:db8::1", 25)),
        ("[2001:db8::1]", Route("2001:db8::1")),
        ("2001:db8:0:0:0:0:0:1", Route("2001:db8::1")),
        (" Mail.Example.COM:2525 ", Route("mail.example.com", 2525)),
        ("mail.example.com", Route("mail.example.com")),
        ("bücher.example::25", Route("xn--bcher-kva.example", 25)),
        ("odd_host-.example::25", Route("odd_host-.example", 25)),
        (["mail.example.com", "25"], Route("mail.example.com", 25)),
        ({"host": "mail.example.com", "port": None}, Route("mail.example.com")),
    ],
)
def test_destinations_in_every_form(item, route):
    assert destination_of(item) == route


@pytest.mark.parametrize(
    "item",
    [
        "",
        "::25",
        "a b::25",
        "host::0",
        "host::65536",
        "host:port",
        "[]:25",
        "a:b:c",
        7,
        None,
        ["h"],
        {},
        ["h", True],
    ],
)
def test_what_is_no_destination(item):
    with pytest.raises(Odd, match="cannot be read"):
        destination_of(item)


@pytest.mark.parametrize(
    "text",
    ["alias.example*:\n", "Not Found\n", "It works!", "ok", "a b:mail.example::25", "*:\n", ":mail::25"],
)
def test_what_is_no_list(text):
    with pytest.raises(Malformed):
        list(read_domains(answer(text), "k"))


@pytest.mark.parametrize(
    "value",
    [
        '{"domains": []}',
        "[1]",
        '[{"name": "x"}]',
        '[{"domain": "a b"}]',
        '[{"domain": "a.b", "destinations": [[]]}]',
    ],
)
def test_what_is_no_json_list(value):
    with pytest.raises(Malformed):
        list(read_domains(answer(value), "k"))


def test_what_is_quoted_of_an_odd_answer_holds_no_secret():
    said = Answer(200, {}, b"example.org:mx::25\nAuthorization s3cret\n", 1.0, masker=Masker([], ["s3cret"]))
    with pytest.raises(Malformed) as caught:
        list(read_domains(said, "k"))
    assert caught.value.excerpt == "Authorization ••••••"
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_names_that_a_server_has_and_we_would_refuse_are_kept():
    [domain] = read_domains(answer("LOCALDOMAIN:mx::25\n"), "k")
    assert domain.name == "localdomain"


def test_idn_names_become_punycode():
    [domain] = read_domains(answer("Bücher.example:mx.example::25\nmüller.example*:\n"), "k")
    assert (domain.name, domain.aliases) == ("xn--bcher-kva.example", ("xn--mller-kva.example",))


def test_what_json_does_not_say_is_not_known():
    [domain] = read_domains(answer('[{"domain": "a.example"}]'), "k")
    assert domain.aliases is None and domain.routes is None


def test_the_routes_of_one_domain():
    text = "example.com mail.example.com::25,10.0.0.2::2525\n"
    routes = (Route("mail.example.com", 25), Route("10.0.0.2", 2525))
    assert read_destinations(answer(text), "example.com") == routes
    value = '{"domain": "example.com", "destinations": ["mail.example.com::25", "10.0.0.2::2525"]}'
    assert read_destinations(answer(value), "example.com") == routes
    assert read_destinations(answer("example.com\n"), "example.com") == ()
    with pytest.raises(Malformed, match=r"no line for example\.com"):
        read_destinations(answer("other.example x::25\n"), "example.com")


def test_a_list_of_names():
    assert read_names(answer("b.example\r\n\na.example\n")) == ("b.example", "a.example")
    assert read_names(answer('["b.example"]')) == ("b.example",)
    assert read_names(answer("")) == ()


def test_arguments_with_structure_are_json():
    routes = (Route("mail.example.com", 25), Route("2001:db8::1", None))
    assert data_to_wire("example.com", routes) == (
        '{"example.com":{"destinations":[["mail.example.com",25],["2001:db8::1",25]]}}'
    )
    assert filter_to_wire("example.com") == '[["domain","example.com","is"]]'


@pytest.mark.parametrize("body", ["106752", "106752\n", '"106752"', "106752 (stable)"])
def test_the_version_is_six_digits(body):
    assert read_version(answer(body)) == "106752"


@pytest.mark.parametrize("body", ["", "8.1", "welcome", "{}"])
def test_what_has_no_version_is_no_spamexperts(body):
    with pytest.raises(Malformed, match="no SpamExperts server"):
        read_version(answer(body))


@pytest.mark.parametrize(
    ("body", "status"), [("<html>hello", 200), ("<html>Not Found", 404), ("Not Found", 404)]
)
def test_a_web_server_is_no_spamexperts(body, status):
    with pytest.raises(Malformed, match="address"):
        read_version(answer(body, status))


def test_the_help_page():
    page = '<!DOCTYPE html><code>api_version() -&gt; "".</code> call=api_set_x&domain=DOMAIN not_api_y api_'
    assert read_help(answer(page, content_type="text/html")) == {"api_version", "api_set_x"}


def test_a_setting_of_a_name_that_is_answered_in_unicode():
    assert read_setting(answer("bücher.example 7\n"), "xn--bcher-kva.example") == RawSetting("7", False, "7")


@pytest.mark.parametrize(
    "text", ["", "other.example True\n", "WARNING: x\n", "example.community True\n", "True"]
)
def test_what_is_no_setting(text):
    with pytest.raises(Malformed, match="no line for"):
        read_setting(answer(text), "example.com")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("True", True),
        ("false", False),
        ("1", True),
        ("0", False),
        (True, True),
        ("yes", None),
        ("", None),
        (None, None),
    ],
)
def test_booleans(text, value):
    assert boolean(text) is value


@pytest.mark.parametrize(
    ("warning", "default"),
    [
        ("WARNING: This value is not the default. The default value is: False", "False"),
        ("WARNING: Not the default: bat:btm:exe", "bat:btm:exe"),
        ("WARNING: Not the default. The default value is:", ""),
    ],
)
def test_the_default_in_a_warning(warning, default):
    assert inferred.DEFAULT_IN_WARNING.search(warning).group("default") == default


@given(st.text(max_size=100))
def test_any_text_is_a_setting_or_malformed(text):
    with contextlib.suppress(UpstreamError):
        assert isinstance(read_setting(answer(text), "example.com"), RawSetting)

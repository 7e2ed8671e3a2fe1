"""Names are checked and normalised in one place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.names import (
    NameProblem,
    display,
    domain_name,
    host_name,
    mail_address,
    plain_text,
    port_number,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("example.org", "example.org"),
        ("  Example.ORG. ", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("faß.example", "xn--fa-hia.example"),
        ("a_b.example", "a_b.example"),
        ("a。example", "a.example"),
        ("1.2.3.example", "1.2.3.example"),
    ],
)
def test_domain_names_are_normalised(text: str, name: str) -> None:
    assert domain_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "localhost",
        "-a.example",
        "a-.example",
        "a..example",
        ".example.org",
        "a b.example",
        "x" * 64 + ".example",
        "x" * 300,
        ".".join(["a" * 60] * 5),
        "ü" * 60 + ".example",
        "user@example.org",
        "https://example.org/",
        "192.0.2.1",
        "2001:db8::1",
        "exam\x00ple.org",
        "exam\u200bple.org",
        "💌.example",
        "xn--\u00fc.example",
        "xn--a.example",
        "=cmd|' /C calc'!A0",
        "*.example.org",
        "a\nb.example",
    ],
)
def test_what_is_no_domain_name_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(NameProblem) as problem:
        domain_name(text)
    assert str(problem.value.message).strip()


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("mail.example.org", "mail.example.org"),
        ("localhost", "localhost"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("Mäil.example", "xn--mil-qla.example"),
    ],
)
def test_hosts_are_names_or_addresses(text: str, host: str) -> None:
    assert host_name(text) == host


@pytest.mark.parametrize(
    "text", ["", "300.1.2.3", "1.2.3.4.5", "2001:db8::1::2", "a..b", "-x", "mail.1", "1"]
)
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(NameProblem):
        host_name(text)


@pytest.mark.parametrize("value", [1, 25, "2525", " 65535 "])
def test_ports(value: int | str) -> None:
    assert port_number(value) == int(str(value))


@pytest.mark.parametrize("value", [0, -1, 65536, "", "abc", "2.5", "１２", None])
def test_what_is_no_port_is_refused(value: object) -> None:
    with pytest.raises(NameProblem):
        port_number(value)  # type: ignore[arg-type]


def test_addresses_keep_the_local_part_and_normalise_the_domain() -> None:
    assert mail_address(" Ann.Lee@Bücher.example ") == "Ann.Lee@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "text", ["", "ann", "@example.org", "a@b@c.example", "a@-x.example", "a\x00@example.org"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(NameProblem):
        mail_address(text)


def test_display_shows_what_decodes_and_keeps_the_rest() -> None:
    assert display("xn--bcher-kva.example") == "bücher.example"
    assert display("xn--zzzzzz99999.example") == "xn--zzzzzz99999.example"


def test_plain_text_is_one_line_without_control_characters() -> None:
    assert plain_text(" a\r\n b\tc ") == "a b c"
    with pytest.raises(NameProblem):
        plain_text("a\x00b")


@given(st.text(max_size=400))
def test_any_text_is_a_name_or_refused_and_never_breaks(text: str) -> None:
    try:
        name = domain_name(text)
    except NameProblem:
        return
    assert name.isascii()
    assert len(name) <= 253
    assert domain_name(name) == name
    assert domain_name(display(name)) == name

"""Connections as people describe them, in a form or in a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.core.capabilities import Capability, Card, Setting
from app.core.connections import base_url, build_connection, key_from_name, read_declared, resolver
from app.core.errors import Invalid
from app.core.model import FieldKind
from app.core.names import NameProblem
from app.core.text import msg

CARD = Card(
    kind="filter",
    label="Filter",
    can=frozenset({Capability.DOMAINS_READ}),
    gaps={},
    settings=(
        Setting("username", msg("User"), required=True),
        Setting("password", msg("Password"), FieldKind.SECRET, required=True),
    ),
)
CARDS = {"filter": CARD}
GOOD = {
    "key": "prod",
    "kind": "filter",
    "name": "Filter · prod",
    "base_url": "https://filter.example.org/",
    "values": {"username": "ann", "password": "hunter2"},
}


def test_a_connection_is_built_and_its_secret_is_a_secret() -> None:
    connection = build_connection(GOOD, CARDS)
    assert connection.base_url == "https://filter.example.org"
    assert connection.value("password") == "hunter2"
    assert "hunter2" not in repr(connection)
    assert connection.version


def test_an_empty_secret_keeps_the_one_before() -> None:
    before = build_connection(GOOD, CARDS)
    after = build_connection({**GOOD, "values": {"username": "ann", "password": ""}}, CARDS, before=before)
    assert after.value("password") == "hunter2"
    assert after.version == before.version


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://filter.example.org/other", True),
        ("https://elsewhere.example.org", False),
        ("https://filter.example.org:8443", False),
        ("http://filter.example.org", False),
    ],
)
def test_an_address_that_leads_elsewhere_takes_no_stored_secret_along(url: str, kept: bool) -> None:
    before = build_connection(GOOD, CARDS)
    data = {**GOOD, "base_url": url, "values": {"username": "ann", "password": ""}}
    if kept:
        assert build_connection(data, CARDS, before=before).value("password") == "hunter2"
        return
    with pytest.raises(Invalid) as caught:
        build_connection(data, CARDS, before=before)
    assert list(caught.value.fields) == ["values.password"]
    given = {**data, "values": {"username": "ann", "password": "hunter2"}}
    assert build_connection(given, CARDS, before=before).value("password") == "hunter2"


def test_another_secret_is_another_version() -> None:
    before = build_connection(GOOD, CARDS)
    after = build_connection({**GOOD, "values": {"username": "ann", "password": "other"}}, CARDS)
    assert after.version != before.version


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"base_url": "filter.example.org"}, "base_url"),
        ({"base_url": "https://ann:pw@filter.example.org"}, "base_url"),
        ({"base_url": "https://filter.example.org/?x=1"}, "base_url"),
        ({"base_url": "https://filter.example.org:99999"}, "base_url"),
        ({"kind": "other"}, "kind"),
        ({"key": "Über"}, "key"),
        ({"values": {"username": "ann"}}, "values.password"),
        ({"values": {"username": "a\nb", "password": "x"}}, "values.username"),
        ({"values": {**GOOD["values"], "colour": "red"}}, "values.colour"),  # type: ignore[dict-item]
        ({"tls": "ca_file"}, "ca_file"),
        ({"tls": "ca_file", "ca_file": "/no/such/file"}, "ca_file"),
        ({"read_timeout": "soon"}, "read_timeout"),
        ({"parallel": 0}, "parallel"),
        ({"resolvers": ["ns.example.org"]}, "resolvers.0"),
    ],
)
def test_every_problem_stands_on_its_field(data: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as error:
        build_connection({**GOOD, **data}, CARDS)
    assert field in error.value.fields
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://A.example:8443/path/", "https://a.example:8443/path"),
        ("http://[2001:db8::1]:80", "http://[2001:db8::1]:80"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_addresses_are_normalised(text: str, url: str) -> None:
    assert base_url(text) == url


@pytest.mark.parametrize("text", ["127.0.0.1", "127.0.0.1:8953", "2001:db8::1", "[2001:db8::1]:5353"])
def test_resolvers(text: str) -> None:
    assert resolver(text) == text


def test_a_resolver_is_an_address() -> None:
    with pytest.raises(NameProblem):
        resolver("ns.example.org:53")


def test_keys_are_made_from_names() -> None:
    assert key_from_name("Cleanmail · Prød 2") == "cleanmail-prd-2"
    assert key_from_name("···") == "connection"


def test_a_file_declares_connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pw").write_text("from-file\n")
    monkeypatch.setenv("USER_OF_FILTER", "bob")
    file = tmp_path / "connections.toml"
    file.write_text(
        f"""
        [[connection]]
        kind = "filter"
        name = "Filter · east"
        base_url = "https://east.example.org"
        [connection.values]
        username_env = "USER_OF_FILTER"
        password_file = "{tmp_path}/pw"
        """
    )
    (found,) = read_declared(file, CARDS)
    assert (found.key, found.declared) == ("filter-east", True)
    assert (found.value("username"), found.value("password")) == ("bob", "from-file")


def test_json_works_too(tmp_path: Path) -> None:
    file = tmp_path / "connections.json"
    file.write_text(json.dumps({"connection": [GOOD]}))
    assert read_declared(file, CARDS)[0].key == "prod"


@pytest.mark.parametrize(
    "text",
    [
        "not toml at [ all",
        "connection = 5",
        '[[connection]]\nkind = "filter"',
        '[[connection]]\nkind="filter"\nname="x"\nbase_url="https://x.example"\n[connection.values]\npassword_env="NOT_SET_ANYWHERE"',
    ],
)
def test_a_bad_file_names_what_is_wrong(tmp_path: Path, text: str) -> None:
    file = tmp_path / "connections.toml"
    file.write_text(text)
    with pytest.raises(Invalid) as error:
        read_declared(file, CARDS)
    assert "connections.toml" in str(error.value)


def test_a_key_is_declared_once(tmp_path: Path) -> None:
    file = tmp_path / "connections.json"
    file.write_text(json.dumps({"connection": [GOOD, GOOD]}))
    with pytest.raises(Invalid, match="twice"):
        read_declared(file, CARDS)

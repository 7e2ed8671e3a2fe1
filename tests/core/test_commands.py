"""Commands validate once, name the field of each problem, and survive JSON."""

from __future__ import annotations

import json

import pytest

from app.core.commands import (
    COMMANDS,
    AddAliases,
    AddDomain,
    AddRoute,
    RemoveDomain,
    SetRoutes,
    SetSetting,
    from_json,
    parse,
)
from app.core.errors import Invalid


def test_a_domain_with_routes_and_aliases() -> None:
    command = parse(
        AddDomain,
        {
            "connection": "a",
            "domain": "Bücher.example",
            "routes": [{"host": "mail.example.org"}, {"host": "192.0.2.1", "port": "2525"}],
            "aliases": ["Other.example"],
        },
    )
    assert command.domain == "xn--bcher-kva.example"
    assert [(r.host, r.port) for r in command.routes] == [("mail.example.org", 25), ("192.0.2.1", 2525)]
    assert command.aliases == ["other.example"]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"domain": ""}, "domain"),
        ({"domain": "nodot"}, "domain"),
        ({"routes": [{"host": "a..b"}]}, "routes.0.host"),
        ({"routes": [{"host": "a.example"}, {"host": "b.example", "port": 0}]}, "routes.1.port"),
        ({"routes": [{"host": "a.example"}, {"host": "A.example", "port": 25}]}, "routes"),
        ({"aliases": ["x.example", "-bad.example"]}, "aliases.1"),
        ({"aliases": ["example.org"]}, ""),
        ({"aliases": ["x.example", "x.example"]}, ""),
        ({"connection": ""}, "connection"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_every_problem_stands_on_its_field(data: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as error:
        parse(AddDomain, {"connection": "a", "domain": "example.org", **data})
    assert field in error.value.fields
    assert str(error.value.fields[field])


@pytest.mark.parametrize(
    "command",
    [
        parse(AddDomain, {"connection": "a", "domain": "example.org", "options": {"account": "x"}}),
        parse(AddDomain, {"connection": "a", "domain": "e.example", "routes": [{"host": "2001:db8::1"}]}),
        parse(RemoveDomain, {"connection": "a", "domain": "example.org"}),
        parse(SetRoutes, {"connection": "a", "domain": "example.org", "routes": [{"host": "m.example"}]}),
        parse(AddRoute, {"connection": "a", "domain": "example.org", "route": {"host": "m.example"}}),
        parse(AddAliases, {"connection": "a", "domain": "example.org", "aliases": ["b.example"]}),
        parse(SetSetting, {"connection": "a", "name": "quarantine_days", "value": "30"}),
        parse(SetSetting, {"connection": "a", "domain": "example.org", "name": "x", "value": None}),
    ],
)
def test_commands_survive_json(command) -> None:  # type: ignore[no-untyped-def]
    assert from_json(json.loads(json.dumps(command.to_json()))) == command


def test_an_unknown_command_is_refused() -> None:
    with pytest.raises(Invalid):
        from_json({"command": "domain.explode"})


def test_every_command_has_right_and_capability() -> None:
    for name, model in COMMANDS.items():
        assert model.command == name
        assert model.right
        assert model.capability

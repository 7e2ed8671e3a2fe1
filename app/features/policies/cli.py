"""`flask settings …`."""

from __future__ import annotations

import uuid

import click

from app.cli import command, print_json, print_table, service, shell_actor
from app.core.commands import SetSetting, parse
from app.core.errors import Invalid, Unreachable
from app.core.names import NameProblem, domain_name
from app.features.policies.service import PolicyService

DEFAULTS = "default"


@click.group("settings")
def cli() -> None:
    """Settings of a domain, each with the value that it inherits; “default” is the connection's defaults."""


def _domain(text: str) -> str | None:
    if text == DEFAULTS:
        return None
    try:
        return domain_name(text)
    except NameProblem as problem:
        raise Invalid({"domain": problem.message}) from problem


@cli.command("list")
@click.argument("domain")
@click.argument("connection")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def list_settings(domain: str, connection: str, as_json: bool) -> None:
    """List the settings of a domain, read live: value, where it comes from, and what is inherited."""
    page = service(PolicyService).page(shell_actor(), connection, _domain(domain))
    if page.problem is not None:
        raise Unreachable(page.problem)
    rows = [
        {
            "name": field.name,
            "value": str(field.problem) if field.problem else field.value,
            "from": field.source.value,
            "inherited": field.default,
        }
        for field in page.fields
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(("name", "value", "from", "inherited"), rows)


@cli.command("set")
@click.argument("domain")
@click.argument("connection")
@click.argument("name")
@click.argument("value")
@command
def set_setting(domain: str, connection: str, name: str, value: str) -> None:
    """Give a domain a value of its own."""
    _send(domain, connection, name, value)


@cli.command("reset")
@click.argument("domain")
@click.argument("connection")
@click.argument("name")
@command
def reset_setting(domain: str, connection: str, name: str) -> None:
    """Let a domain follow the inherited value again."""
    _send(domain, connection, name, None)


def _send(domain: str, connection: str, name: str, value: str | None) -> None:
    data = {"connection": connection, "domain": _domain(domain), "name": name, "value": value}
    service(PolicyService).set(shell_actor(), parse(SetSetting, data), uuid.uuid4().hex)

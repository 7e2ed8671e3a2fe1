"""`flask aliases …`."""

from __future__ import annotations

import uuid

import click

from app.cli import command, print_json, service, shell_actor
from app.core.commands import AddAliases, RemoveAliases, parse
from app.core.errors import Invalid
from app.core.names import NameProblem, display, domain_name
from app.features.aliases.service import AliasService


@click.group("aliases")
def cli() -> None:
    """Other names of a domain."""


@cli.command("list")
@click.argument("domain")
@click.argument("connection")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def list_aliases(domain: str, connection: str, as_json: bool) -> None:
    """List the aliases of a domain, read live."""
    try:
        name = domain_name(domain)
    except NameProblem as problem:
        raise Invalid({"domain": problem.message}) from problem
    names = service(AliasService).read(shell_actor(), connection, name).domain.aliases or ()
    if as_json:
        print_json(list(names))
        return
    for alias in names:
        click.echo(display(alias))


@cli.command("add")
@click.argument("domain")
@click.argument("connection")
@click.argument("aliases", nargs=-1, required=True)
@command
def add_aliases(domain: str, connection: str, aliases: tuple[str, ...]) -> None:
    """Add aliases to a domain."""
    data = {"connection": connection, "domain": domain, "aliases": list(aliases)}
    service(AliasService).change(shell_actor(), parse(AddAliases, data), uuid.uuid4().hex)


@cli.command("remove")
@click.argument("domain")
@click.argument("connection")
@click.argument("aliases", nargs=-1, required=True)
@command
def remove_aliases(domain: str, connection: str, aliases: tuple[str, ...]) -> None:
    """Remove aliases of a domain."""
    data = {"connection": connection, "domain": domain, "aliases": list(aliases)}
    service(AliasService).change(shell_actor(), parse(RemoveAliases, data), uuid.uuid4().hex)

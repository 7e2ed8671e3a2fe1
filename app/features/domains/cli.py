"""`flask domains …` and `flask routes …` (an entry point of pyproject.toml: Flask has a “routes” of its own)."""

from __future__ import annotations

import json
import uuid
from typing import Any

import click

from app.cli import command, print_json, print_table, service, shell_actor
from app.core.commands import (
    AddDomain,
    AddRoute,
    DisableDomain,
    EditDomain,
    EnableDomain,
    RemoveDomain,
    RemoveRoute,
    RenameDomain,
    RestoreDomain,
    SetPlatforms,
    SetRoutes,
    parse,
)
from app.core.errors import Invalid
from app.core.model import Verdict
from app.core.names import NameProblem, display, domain_name
from app.core.ports import DomainQuery
from app.core.routes import format_routes, parse_route
from app.core.text import msg
from app.features.domains.details import DetailService, Switch
from app.features.domains.platforms import PlatformService
from app.features.domains.service import DomainService

skip_option = click.option(
    "--skip-mx-check", is_flag=True, help="The upstream shall not look whether the MX records fit."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("domains")
def domains() -> None:
    """Domains of all connections."""


@click.group("routes")
def routes() -> None:
    """Where the mail of a domain is delivered."""


groups = [domains, routes]


def named(text: str) -> str:
    """A domain of the command line, normalised. Raises Invalid."""
    try:
        return domain_name(text)
    except NameProblem as problem:
        raise Invalid({"domain": problem.message}) from problem


def route_of(text: str) -> dict[str, Any]:
    """A route of the command line as the input of a command. Raises Invalid."""
    try:
        route = parse_route(text)
    except NameProblem as problem:
        raise Invalid({"route": problem.message}) from problem
    return {"host": route.host, "port": route.port or 25}


@domains.command("list")
@click.argument("text", default="")
@click.option("--connection", default="", help="Key of one connection.")
@click.option("--status", default="", help="active, disabled, pending, deleted or missing.")
@click.option("--health", type=click.Choice(list(Verdict)), help="The worst that checks found.")
@json_option
@command
def list_domains(text: str, connection: str, status: str, health: str | None, as_json: bool) -> None:
    """List domains from the inventory, those with TEXT in a name, alias or route host."""
    query = DomainQuery(
        text=text,
        connections=(connection,) if connection else (),
        statuses=(status,) if status else (),
        health=Verdict(health) if health else None,
        size=500,
    )
    rows = service(DomainService).export(shell_actor(), query)
    table = (
        {
            "connection": row.connection,
            "domain": row.display,
            "aliases": ", ".join(display(a) for a in row.aliases or ()),
            "routes": format_routes(row.routes),
            "status": row.status.value,
            "health": row.health.value if row.health else "",
        }
        for row in rows
    )
    if as_json:
        print_json(list(table))
    else:
        print_table(("connection", "domain", "aliases", "routes", "status", "health"), table)


@domains.command("show")
@click.argument("domain")
@click.argument("connection")
@json_option
@command
def show_domain(domain: str, connection: str, as_json: bool) -> None:
    """Show one domain, read live."""
    found = service(DomainService).read(shell_actor(), connection, named(domain))
    facts = {
        "connection": connection,
        "domain": display(found.domain.name),
        "status": found.domain.status.value,
        "routes": format_routes(found.domain.routes),
        "aliases": ", ".join(display(a) for a in found.domain.aliases or ()),
        "live": "yes" if found.live else f"no: {found.problem}",
    }
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        click.echo(f"{name:12}{value}")


@domains.command("add")
@click.argument("domain")
@click.argument("connection")
@click.option("--route", "routes_", multiple=True, help="host:port; several in the order to be tried.")
@click.option("--alias", "aliases", multiple=True, help="Another name of the domain.")
@click.option("--option", "options", multiple=True, help="name=value of a field the provider asks for.")
@click.option("--key", default="", help="Request key: the same key sends nothing twice.")
@command
def add_domain(
    domain: str,
    connection: str,
    routes_: tuple[str, ...],
    aliases: tuple[str, ...],
    options: tuple[str, ...],
    key: str,
) -> None:
    """Add a domain with its routes and aliases."""
    data = {
        "connection": connection,
        "domain": domain,
        "routes": [route_of(text) for text in routes_],
        "aliases": list(aliases),
        "options": dict(text.partition("=")[::2] for text in options),
    }
    service(DomainService).add(shell_actor(), parse(AddDomain, data), _key(key))


@domains.command("remove")
@click.argument("domain")
@click.argument("connection")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--key", default="", help="Request key: the same key sends nothing twice.")
@command
def remove_domain(domain: str, connection: str, yes: bool, key: str) -> None:
    """Remove a domain with everything that belongs to it."""
    name = named(domain)
    typed = display(name) if yes else click.prompt(f"Type {display(name)} to remove it from {connection}")
    wish = parse(RemoveDomain, {"connection": connection, "domain": name})
    service(DomainService).remove(shell_actor(), wish, _key(key), typed=typed)


@domains.command("fields")
@click.argument("domain")
@click.argument("connection")
@json_option
@command
def list_fields(domain: str, connection: str, as_json: bool) -> None:
    """List the fields in which a domain can be edited, read live."""
    read = service(DetailService).fields(shell_actor(), connection, named(domain))
    rows = [{"name": f.name, "value": str(f.value or ""), "meaning": str(f.label)} for f in read.fields]
    if as_json:
        print_json(rows)
    else:
        print_table(("name", "value", "meaning"), rows)
    if read.problem is not None:
        click.echo(str(read.problem), err=True)


@domains.command("edit")
@click.argument("domain")
@click.argument("connection")
@click.argument("fields", metavar="NAME=VALUE...", nargs=-1, required=True)
@skip_option
@click.option("--key", default="", help="Request key: the same key sends nothing twice.")
@command
def edit_domain(domain: str, connection: str, fields: tuple[str, ...], skip_mx_check: bool, key: str) -> None:
    """Change fields of a domain; NAME= empties one."""
    data = {
        "connection": connection,
        "domain": domain,
        "fields": dict(text.partition("=")[::2] for text in fields),
        "skip_mx_check": skip_mx_check,
    }
    service(DetailService).edit(shell_actor(), parse(EditDomain, data), _key(key))


@domains.command("rename")
@click.argument("domain")
@click.argument("connection")
@click.argument("new_name")
@skip_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@command
def rename_domain(domain: str, connection: str, new_name: str, skip_mx_check: bool, yes: bool) -> None:
    """Give a domain another name; all that belongs to it stays its own."""
    data = {"connection": connection, "domain": domain, "new_name": new_name}
    wish = parse(RenameDomain, {**data, "skip_mx_check": skip_mx_check})
    if not yes:
        click.confirm(f"Rename {display(wish.domain)} to {display(wish.new_name)}?", abort=True)
    service(DetailService).rename(shell_actor(), wish, _key(""), typed=display(wish.domain))


@domains.command("enable")
@click.argument("domain")
@click.argument("connection")
@skip_option
@command
def enable_domain(domain: str, connection: str, skip_mx_check: bool) -> None:
    """Switch a domain on."""
    _switch(EnableDomain, domain, connection, skip_mx_check)


@domains.command("disable")
@click.argument("domain")
@click.argument("connection")
@skip_option
@command
def disable_domain(domain: str, connection: str, skip_mx_check: bool) -> None:
    """Switch a domain off; it stays with all that belongs to it."""
    _switch(DisableDomain, domain, connection, skip_mx_check)


@domains.command("restore")
@click.argument("domain")
@click.argument("connection")
@skip_option
@command
def restore_domain(domain: str, connection: str, skip_mx_check: bool) -> None:
    """Take a removal back, as long as the upstream keeps the domain."""
    _switch(RestoreDomain, domain, connection, skip_mx_check)


def _switch(model: type[Switch], domain: str, connection: str, skip: bool) -> None:
    wish = parse(model, {"connection": connection, "domain": domain, "skip_mx_check": skip})
    service(DetailService).switch(shell_actor(), wish, _key(""))


@domains.command("platforms")
@click.argument("domain")
@click.argument("connection")
@json_option
@command
def list_platforms(domain: str, connection: str, as_json: bool) -> None:
    """List where mail of a domain goes, and that of single mailboxes, read live."""
    read = service(PlatformService).read(shell_actor(), connection, named(domain))
    if read.failure is not None:
        raise read.failure
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "default": one.default,
            "routes": format_routes(one.routes),
            "mailboxes": "?" if one.mailboxes is None else one.mailboxes,
        }
        for one in read.platforms or ()
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(("id", "name", "default", "routes", "mailboxes"), rows)


@domains.command("set-platforms")
@click.argument("domain")
@click.argument("connection")
@click.argument("file", type=click.File("r"))
@command
def set_platforms(domain: str, connection: str, file: Any) -> None:
    """Replace the platforms of a domain by those of FILE (- for the input): a JSON list with id, name, default, routes."""
    try:
        wanted = json.load(file)
    except ValueError as error:
        raise Invalid({"platforms": msg("The file is not JSON.")}) from error
    data = {"connection": connection, "domain": domain, "platforms": wanted}
    service(PlatformService).change(shell_actor(), parse(SetPlatforms, data), _key(""))


@domains.command("refresh")
@click.argument("connection", default="")
@command
def refresh(connection: str) -> None:
    """Have the worker read all domains again."""
    jobs = service(DomainService).refresh(shell_actor(), connection)
    click.echo("Jobs: " + (", ".join(str(job) for job in jobs) or "none"))


@routes.command("list")
@click.argument("domain")
@click.argument("connection")
@json_option
@command
def list_routes(domain: str, connection: str, as_json: bool) -> None:
    """List the routes of a domain, read live."""
    found = service(DomainService).read(shell_actor(), connection, named(domain))
    rows = [route.to_json() for route in found.domain.routes or ()]
    if as_json:
        print_json(rows)
    else:
        print_table(("host", "port", "priority"), rows)


@routes.command("add")
@click.argument("domain")
@click.argument("connection")
@click.argument("route")
@click.option(
    "--position", type=click.IntRange(0, 50), default=None, help="0 is first; at the end by default."
)
@command
def add_route(domain: str, connection: str, route: str, position: int | None) -> None:
    """Add ROUTE (host:port) to a domain."""
    data = {"connection": connection, "domain": domain, "route": route_of(route), "position": position}
    service(DomainService).change_routes(shell_actor(), parse(AddRoute, data), _key(""))


@routes.command("remove")
@click.argument("domain")
@click.argument("connection")
@click.argument("route")
@command
def remove_route(domain: str, connection: str, route: str) -> None:
    """Remove ROUTE (host:port) from a domain."""
    data = {"connection": connection, "domain": domain, **route_of(route)}
    service(DomainService).change_routes(shell_actor(), parse(RemoveRoute, data), _key(""))


@routes.command("set")
@click.argument("domain")
@click.argument("connection")
@click.argument("routes_", metavar="ROUTE...", nargs=-1, required=True)
@command
def set_routes(domain: str, connection: str, routes_: tuple[str, ...]) -> None:
    """Replace all routes of a domain, in the order given."""
    data = {"connection": connection, "domain": domain, "routes": [route_of(text) for text in routes_]}
    service(DomainService).change_routes(shell_actor(), parse(SetRoutes, data), _key(""))


@routes.command("test")
@click.argument("domain")
@click.argument("connection")
@click.argument("routes_", metavar="[ROUTE]...", nargs=-1)
@json_option
@command
def test_routes(domain: str, connection: str, routes_: tuple[str, ...], as_json: bool) -> None:
    """Try the routes of a domain (or those given) by SMTP; nothing is sent."""
    wanted = service(DomainService)
    name = named(domain)
    if routes_:
        data = {"connection": connection, "domain": name, "routes": [route_of(text) for text in routes_]}
        chosen = [route.to_route() for route in parse(SetRoutes, data).routes]
    else:
        chosen = list(wanted.read(shell_actor(), connection, name).domain.routes or ())
    results = wanted.test_routes(shell_actor(), connection, name, chosen)
    rows = [
        {"route": str(route), "check": r.check, "verdict": r.verdict.value, "found": str(r.found)}
        for route, readings in results
        for r in readings
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(("route", "check", "verdict", "found"), rows)


def _key(given: str) -> str:
    return f"cli-{given}" if given else uuid.uuid4().hex

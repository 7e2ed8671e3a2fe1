"""`flask dkim …`."""

from __future__ import annotations

import uuid
from typing import TextIO

import click

from app.cli import command, print_json, service, shell_actor
from app.core.commands import RemoveDkim, SetDkim, parse
from app.core.errors import Invalid
from app.core.names import NameProblem, display, domain_name
from app.features.dkim.service import DkimService


@click.group("dkim")
def cli() -> None:
    """DKIM keys of a domain."""


def _named(text: str) -> str:
    try:
        return domain_name(text)
    except NameProblem as problem:
        raise Invalid({"domain": problem.message}) from problem


@cli.command("show")
@click.argument("domain")
@click.argument("connection")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def show(domain: str, connection: str, as_json: bool) -> None:
    """Show the records to publish, as lines of a zone file, and whether DNS has them."""
    page = service(DkimService).page(shell_actor(), connection, _named(domain))
    if page.problem is not None:
        click.echo(str(page.problem), err=True)
    rows = [
        {
            "host": key.record.host,
            "value": key.record.value,
            "published": key.published.verdict.value if key.published else None,
            "found": str(key.published.found) if key.published else None,
            "zone_line": key.record.zone_line,
        }
        for key in page.keys
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"; {row['published'] or 'not asked'}: {row['found'] or ''}".rstrip(": "))
        click.echo(row["zone_line"])


@cli.command("set")
@click.argument("domain")
@click.argument("connection")
@click.option("--selector", default="", help="Left out: the present one, else the upstream's own.")
@click.option(
    "--private-key",
    type=click.File("r"),
    help="File with an RSA key in PEM, - for standard input; else one is made.",
)
@click.option("--replace", is_flag=True, help="Replace a key that is there.")
@command
def set_key(domain: str, connection: str, selector: str, private_key: TextIO | None, replace: bool) -> None:
    """Set the DKIM key of a domain."""
    data = {"connection": connection, "domain": domain, "selector": selector, "replace": replace}
    if private_key is not None:
        data["private_key"] = private_key.read(20_000)
    service(DkimService).set(shell_actor(), parse(SetDkim, data), uuid.uuid4().hex)


@cli.command("remove")
@click.argument("domain")
@click.argument("connection")
@click.option("--yes", is_flag=True, help="Do not ask.")
@command
def remove(domain: str, connection: str, yes: bool) -> None:
    """Remove the DKIM key of a domain: its mail is no longer signed."""
    name = display(_named(domain))
    if not yes:
        click.confirm(f"Remove the DKIM key of {name}?", abort=True)
    wish = parse(RemoveDkim, {"connection": connection, "domain": domain})
    service(DkimService).remove(shell_actor(), wish, uuid.uuid4().hex, typed=name)

"""`flask aliases …` and `flask email-aliases …`."""

from __future__ import annotations

import uuid

import click

from app.cli import command, print_json, print_table, service, shell_actor
from app.core.commands import (
    AddAliases,
    AddEmailAlias,
    AddRecipients,
    EditEmailAlias,
    RemoveAliases,
    RemoveEmailAlias,
    RemoveRecipients,
    SetAliases,
    parse,
)
from app.core.email_aliases import EmailAliasQuery
from app.core.errors import Invalid
from app.core.names import NameProblem, display, domain_name
from app.features.aliases.email import EmailAliasService
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
    names = service(AliasService).read(shell_actor(), connection, _named(domain)).domain.aliases or ()
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


@cli.command("set")
@click.argument("domain")
@click.argument("connection")
@click.argument("aliases", nargs=-1)
@command
def set_aliases(domain: str, connection: str, aliases: tuple[str, ...]) -> None:
    """Replace the whole list of aliases; without ALIASES all of them go."""
    data = {"connection": connection, "domain": domain, "aliases": list(aliases)}
    service(AliasService).replace(shell_actor(), parse(SetAliases, data), uuid.uuid4().hex)


# --- e-mail aliases ---


@click.group("email-aliases")
def email() -> None:
    """Addresses of a domain that hand their mail on."""


groups = [cli, email]


@email.command("list")
@click.argument("domain")
@click.argument("connection")
@click.option("--text", default="", help="Part of an address.")
@click.option("--by", type=click.Choice(["address", "recipient"]), default="address", help="Whose address.")
@click.option("--page", type=click.IntRange(1, 100_000), default=1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def list_email(domain: str, connection: str, text: str, by: str, page: int, as_json: bool) -> None:
    """List the e-mail aliases of a domain, read live, 200 at a time."""
    query = EmailAliasQuery(text, by, page, 200)
    found = service(EmailAliasService).page(shell_actor(), connection, _named(domain), query)
    if found.failure is not None:
        raise found.failure
    rows = [
        {"address": alias.address, "recipients": ", ".join(r.address for r in alias.recipients)}
        for alias in (found.page.rows if found.page else ())
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(("address", "recipients"), rows)


@email.command("show")
@click.argument("domain")
@click.argument("connection")
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def show_email(domain: str, connection: str, address: str, as_json: bool) -> None:
    """Show the recipients of an e-mail alias and the aliases that lead to it, read live."""
    one = service(EmailAliasService).one(shell_actor(), connection, _named(domain), address)
    if one.problem is not None:
        raise one.problem
    alias = one.alias
    rows = [
        {"recipient": to.address, "kind": to.kind.value, "name": to.name}
        for to in (alias.recipients if alias else ())
    ]
    if as_json:
        print_json({"address": address, "recipients": rows, "reached_by": one.reached_by})
        return
    print_table(("recipient", "kind", "name"), rows)
    for other in one.reached_by or ():
        click.echo(f"Reached by: {other}")


@email.command("add-recipients")
@click.argument("domain")
@click.argument("connection")
@click.argument("address")
@click.argument("recipients", nargs=-1, required=True)
@command
def add_recipients(domain: str, connection: str, address: str, recipients: tuple[str, ...]) -> None:
    """Add RECIPIENTS to an e-mail alias; the others stay."""
    data = {"connection": connection, "domain": domain, "address": address, "recipients": list(recipients)}
    service(EmailAliasService).change(shell_actor(), parse(AddRecipients, data), uuid.uuid4().hex)


@email.command("remove-recipients")
@click.argument("domain")
@click.argument("connection")
@click.argument("address")
@click.argument("recipients", nargs=-1, required=True)
@command
def remove_recipients(domain: str, connection: str, address: str, recipients: tuple[str, ...]) -> None:
    """Take RECIPIENTS out of an e-mail alias; the others stay."""
    data = {"connection": connection, "domain": domain, "address": address, "recipients": list(recipients)}
    service(EmailAliasService).change(shell_actor(), parse(RemoveRecipients, data), uuid.uuid4().hex)


@email.command("add")
@click.argument("domain")
@click.argument("connection")
@click.argument("address")
@click.argument("recipients", nargs=-1)
@command
def add_email(domain: str, connection: str, address: str, recipients: tuple[str, ...]) -> None:
    """Add an e-mail alias."""
    data = {"connection": connection, "domain": domain, "address": address, "recipients": list(recipients)}
    service(EmailAliasService).change(shell_actor(), parse(AddEmailAlias, data), uuid.uuid4().hex)


@email.command("edit")
@click.argument("domain")
@click.argument("connection")
@click.argument("address")
@click.argument("recipients", nargs=-1)
@click.option("--new-address", default=None, help="Its address from now on.")
@command
def edit_email(
    domain: str, connection: str, address: str, recipients: tuple[str, ...], new_address: str | None
) -> None:
    """Give an e-mail alias these RECIPIENTS instead of those that it has; without any they stay."""
    data = {
        "connection": connection,
        "domain": domain,
        "address": address,
        "new_address": new_address,
        "recipients": list(recipients) or None,
    }
    service(EmailAliasService).change(shell_actor(), parse(EditEmailAlias, data), uuid.uuid4().hex)


@email.command("remove")
@click.argument("domain")
@click.argument("connection")
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@command
def remove_email(domain: str, connection: str, address: str, yes: bool) -> None:
    """Remove an e-mail alias."""
    wish = parse(RemoveEmailAlias, {"connection": connection, "domain": domain, "address": address})
    typed = wish.address if yes else click.prompt(f"Type {wish.address} to remove it")
    service(EmailAliasService).remove(shell_actor(), wish, uuid.uuid4().hex, typed=typed)


def _named(domain: str) -> str:
    """A domain of the command line, normalised. Raises Invalid."""
    try:
        return domain_name(domain)
    except NameProblem as problem:
        raise Invalid({"domain": problem.message}) from problem

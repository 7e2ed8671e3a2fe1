"""`flask people …`: accounts from the shell, also when nobody can sign in any more."""

from __future__ import annotations

import click

from app.cli import command, service, shell_actor
from app.core.actor import EVERYWHERE, Role, Scope, ScopeKind
from app.core.secret import Secret
from app.features.people.service import MadePassword, PeopleService, domain_scopes


@click.group("people")
def cli() -> None:
    """Who can sign in."""


@cli.command("list")
@command
def list_people() -> None:
    """Everybody with an account."""
    for person in service(PeopleService).list_all(shell_actor()):
        state = "" if person.active else "  disabled"
        factor = "  second factor" if person.two_factor else ""
        click.echo(f"{person.email}  {person.role.value}{state}{factor}")


@cli.command("add")
@click.argument("email")
@click.option("--name", default="", help="Their name.")
@click.option(
    "--role", type=click.Choice([r.value for r in Role]), default=Role.SUPPORT.value, show_default=True
)
@command
def add(email: str, name: str, role: str) -> None:
    """Add somebody; prints the password that was made."""
    _print(service(PeopleService).add(shell_actor(), email, name, role))


@cli.command("disable")
@click.argument("email")
@command
def disable(email: str) -> None:
    """Keep somebody out."""
    _switch(email, active=False)


@cli.command("enable")
@click.argument("email")
@command
def enable(email: str) -> None:
    """Let somebody in again."""
    _switch(email, active=True)


@cli.command("role")
@click.argument("email")
@click.argument("role", type=click.Choice([r.value for r in Role]))
@command
def set_role(email: str, role: str) -> None:
    """Give another role."""
    people = service(PeopleService)
    people.set_role(shell_actor(), people.find(shell_actor(), email).id, role)


@cli.command("scopes")
@click.argument("email")
@click.option("--everywhere", is_flag=True, help="On every connection, later ones too.")
@click.option("--connection", "connections", multiple=True, metavar="KEY", help="A whole connection.")
@click.option(
    "--domain", "domains", multiple=True, metavar="PATTERN", help="A domain, or “*.example.org @ key”."
)
@command
def set_scopes(email: str, everywhere: bool, connections: tuple[str, ...], domains: tuple[str, ...]) -> None:
    """Say where somebody acts, in the place of what was said before; without options, show it."""
    people = service(PeopleService)
    person = people.find(shell_actor(), email)
    given = list(EVERYWHERE) if everywhere else [Scope(ScopeKind.CONNECTION, key) for key in connections]
    given += domain_scopes("\n".join(domains))
    if given:
        people.set_scopes(shell_actor(), person.id, given)
        return
    for scope in person.scopes:
        where = f" @ {scope.connection}" if scope.connection else ""
        click.echo(f"{scope.kind.value} {scope.name}{where}")


@cli.command("password")
@click.argument("email")
@click.option("--make", is_flag=True, help="Make one and print it instead of asking.")
@command
def password(email: str, make: bool) -> None:
    """Set a password; also unlocks an account that was locked after wrong tries."""
    people = service(PeopleService)
    person = people.find(shell_actor(), email)
    if make:
        _print(people.reset_password(shell_actor(), person.id))
        return
    typed = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    people.set_password(shell_actor(), person.id, Secret(typed))


@cli.command("reset-second-factor")
@click.argument("email")
@command
def reset_second_factor(email: str) -> None:
    """Take away a second factor that was lost."""
    people = service(PeopleService)
    people.reset_two_factor(shell_actor(), people.find(shell_actor(), email).id)


def _switch(email: str, *, active: bool) -> None:
    people = service(PeopleService)
    people.set_active(shell_actor(), people.find(shell_actor(), email).id, active)


def _print(made: MadePassword) -> None:
    click.echo(f"Password (shown this once): {made.password.reveal()}")

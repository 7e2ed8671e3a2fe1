"""`flask access …`."""

from __future__ import annotations

import uuid
from typing import Any

import click

from app.cli import command, print_json, print_table, service, shell_actor
from app.core.commands import (
    AddUpstreamToken,
    EditUpstreamAdmin,
    RemoveUpstreamAdmin,
    RemoveUpstreamToken,
    RevokeAccess,
    SetAccess,
    SetUsersAccess,
    SwitchOffFactor,
    parse,
)
from app.core.errors import Invalid
from app.core.names import NameProblem, domain_name
from app.features.upstream_access.service import AccessService

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
ours_option = click.option(
    "--may-be-ours", is_flag=True, help="Go on although it may be what the connection itself signs in with."
)


@click.group("access")
def cli() -> None:
    """Administrators, API tokens and accesses of an upstream."""


def _named(text: str) -> str:
    try:
        return domain_name(text)
    except NameProblem as problem:
        raise Invalid({"domain": problem.message}) from problem


def _key() -> str:
    return uuid.uuid4().hex


def _ask(yes: bool, question: str) -> None:
    if not yes:
        click.confirm(question, abort=True)


@cli.command("admins")
@click.argument("connection")
@click.argument("text", default="")
@json_option
@command
def admins(connection: str, text: str, as_json: bool) -> None:
    """List the administrators of an upstream, those with TEXT in a login, name or address."""
    page = service(AccessService).admins(shell_actor(), connection, text, 1, 200)
    if page.problem is not None:
        click.echo(str(page.problem), err=True)
    rows = [
        {
            "login": admin.login,
            "name": admin.name,
            "email": admin.email,
            "enabled": admin.enabled,
            "second_factor": admin.second_factor,
            "permissions": "; ".join(f"{g.name}: {', '.join(g.permissions)}" for g in admin.grants[:5]),
        }
        for admin in (page.found.rows if page.found else ())
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(("login", "name", "email", "enabled", "second_factor", "permissions"), rows)


@cli.command("edit")
@click.argument("connection")
@click.argument("login")
@click.option("--name")
@click.option("--email")
@click.option("--language")
@click.option("--on/--off", "enabled", default=None, help="Whether the account may sign in.")
@ours_option
@command
def edit(connection: str, login: str, **fields: Any) -> None:
    """Change an account."""
    data = {k: v for k, v in fields.items() if v is not None}
    wish = parse(EditUpstreamAdmin, {"connection": connection, "login": login, **data})
    service(AccessService).edit(shell_actor(), wish, _key())


@cli.command("second-factor-off")
@click.argument("connection")
@click.argument("login")
@yes_option
@command
def second_factor_off(connection: str, login: str, yes: bool) -> None:
    """Switch off a second factor that its owner has lost."""
    _ask(yes, f"Switch off the second factor of {login}?")
    wish = parse(SwitchOffFactor, {"connection": connection, "login": login})
    service(AccessService).switch_off_factor(shell_actor(), wish, _key(), typed=login)


@cli.command("remove-admin")
@click.argument("connection")
@click.argument("login")
@yes_option
@ours_option
@command
def remove_admin(connection: str, login: str, yes: bool, may_be_ours: bool) -> None:
    """Remove an account with its permissions and tokens."""
    _ask(yes, f"Remove the account {login} with its permissions and tokens?")
    data = {"connection": connection, "login": login, "may_be_ours": may_be_ours}
    service(AccessService).remove(shell_actor(), parse(RemoveUpstreamAdmin, data), _key(), typed=login)


@cli.command("tokens")
@click.argument("connection")
@click.argument("login")
@json_option
@command
def tokens(connection: str, login: str, as_json: bool) -> None:
    """List the API tokens of an account, without their values."""
    detail = service(AccessService).admin(shell_actor(), connection, login)
    if detail.tokens_problem is not None:
        click.echo(str(detail.tokens_problem), err=True)
    rows = [
        {"id": token.id, "name": token.name, "created": token.created_at, "expires": token.expires_at}
        for token in detail.tokens or ()
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(("id", "name", "created", "expires"), rows)


@cli.command("add-token")
@click.argument("connection")
@click.argument("login")
@click.argument("name")
@click.option("--expires", help="Its last day, YYYY-MM-DD.")
@command
def add_token(connection: str, login: str, name: str, expires: str | None) -> None:
    """Make an API token; its value is printed this once."""
    data = {"connection": connection, "login": login, "name": name, "expires": expires}
    made = service(AccessService).add_token(shell_actor(), parse(AddUpstreamToken, data), _key())
    if made.value is not None:
        click.echo(made.value.reveal())


@cli.command("remove-token")
@click.argument("connection")
@click.argument("login")
@click.argument("token")
@yes_option
@ours_option
@command
def remove_token(connection: str, login: str, token: str, yes: bool, may_be_ours: bool) -> None:
    """Remove the API token with the id TOKEN."""
    _ask(yes, f"Remove the token {token} of {login}?")
    data = {"connection": connection, "login": login, "token": token, "may_be_ours": may_be_ours}
    wish = parse(RemoveUpstreamToken, data)
    service(AccessService).remove_token(shell_actor(), wish, _key(), typed=token, name=token)


@cli.command("show")
@click.argument("domain")
@click.argument("connection")
@click.argument("login", default="")
@json_option
@command
def show(domain: str, connection: str, login: str, as_json: bool) -> None:
    """Show who may manage a domain, or what the account LOGIN may do with it."""
    access = service(AccessService)
    where = (shell_actor(), connection, _named(domain))
    page = access.access_of(*where, login) if login else access.access(*where)
    if page.problem is not None:
        click.echo(str(page.problem), err=True)
    rows = [
        {"login": admin.login, "name": admin.name, "permissions": ", ".join(held)}
        for admin, held in (page.access.admins if page.access else ())
    ]
    if as_json:
        users = page.access.users if page.access else None
        print_json({"admins": rows, "users": None if users is None else {p.name: p.on for p in users}})
    else:
        print_table(("login", "name", "permissions"), rows)


@cli.command("set")
@click.argument("domain")
@click.argument("connection")
@click.argument("login")
@click.argument("permissions", nargs=-1, required=True)
@ours_option
@command
def set_access(
    domain: str, connection: str, login: str, permissions: tuple[str, ...], may_be_ours: bool
) -> None:
    """Let an account manage a domain, with exactly these permissions."""
    data = {"connection": connection, "domain": domain, "login": login, "may_be_ours": may_be_ours}
    wish = parse(SetAccess, {**data, "permissions": list(permissions)})
    service(AccessService).set_access(shell_actor(), wish, _key())


@cli.command("revoke")
@click.argument("domain")
@click.argument("connection")
@click.argument("login")
@yes_option
@ours_option
@command
def revoke(domain: str, connection: str, login: str, yes: bool, may_be_ours: bool) -> None:
    """Take the access to a domain away from an account."""
    _ask(yes, f"Take the access to {domain} away from {login}?")
    data = {"connection": connection, "domain": domain, "login": login, "may_be_ours": may_be_ours}
    service(AccessService).revoke(shell_actor(), parse(RevokeAccess, data), _key(), typed=login)


@cli.command("set-users")
@click.argument("domain")
@click.argument("connection")
@click.argument("permissions", nargs=-1)
@command
def set_users(domain: str, connection: str, permissions: tuple[str, ...]) -> None:
    """Let the users of a domain do exactly this."""
    wish = parse(
        SetUsersAccess, {"connection": connection, "domain": domain, "permissions": list(permissions)}
    )
    service(AccessService).set_users(shell_actor(), wish, _key())

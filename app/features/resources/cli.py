"""`flask resources …`."""

from __future__ import annotations

import base64
import mimetypes
import uuid
from pathlib import Path
from typing import Any

import click

from app.cli import command, print_json, print_table, service, shell_actor
from app.core.errors import Invalid
from app.core.model import FieldKind
from app.core.names import NameProblem, domain_name
from app.core.resources import Action, ResourceQuery
from app.core.text import msg
from app.features.resources import present
from app.features.resources.service import ResourceService, Spot

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
domain_option = click.option("--domain", default="", help="The domain that it belongs to.")
parent_option = click.option("--parent", default=None, help="The key of what it belongs to.")


@click.group("resources")
def cli() -> None:
    """What upstreams keep beside domains: mailboxes, hosting, customers, branding and more."""


def _spot(connection: str, kind: str, domain: str, parent: str | None) -> Spot:
    name = None
    if domain:
        try:
            name = domain_name(domain)
        except NameProblem as problem:
            raise Invalid({"domain": problem.message}) from problem
    return service(ResourceService).spot(shell_actor(), connection, kind, name, parent)


@cli.command("kinds")
@click.argument("connection")
@json_option
@command
def kinds(connection: str, as_json: bool) -> None:
    """List the kinds of a connection with their actions."""
    _, rows = service(ResourceService).kinds(shell_actor(), connection)
    shown = [
        {
            "kind": row.kind.name,
            "label": str(row.kind.label),
            "area": row.kind.area.value,
            "parent": row.kind.parent,
            "actions": ", ".join(action.name for action in row.kind.actions),
            "closed": str(row.closed) if row.closed else "",
        }
        for row in rows
    ]
    if as_json:
        print_json(shown)
    else:
        print_table(["kind", "label", "area", "parent", "actions", "closed"], shown)


@cli.command("list")
@click.argument("connection")
@click.argument("kind")
@click.argument("text", default="")
@domain_option
@parent_option
@click.option("--page", default=1, type=click.IntRange(1, 100_000))
@click.option("--size", default=50, type=click.IntRange(1, 500))
@click.option("--sort", default="", help="A column's name; - before it: descending.")
@click.option("--filter", "filters", multiple=True, metavar="NAME=VALUE")
@json_option
@command
def list_(
    connection: str,
    kind: str,
    text: str,
    domain: str,
    parent: str | None,
    page: int,
    size: int,
    sort: str,
    filters: tuple[str, ...],
    as_json: bool,
) -> None:
    """List resources of a kind, those that hold TEXT."""
    spot = _spot(connection, kind, domain, parent)
    query = ResourceQuery(page, size, text, _pairs(filters), sort)
    listing = service(ResourceService).listing(shell_actor(), spot, query)
    problem = listing.problem or (spot.kind.note if listing.page is None else None)
    if problem is not None:
        click.echo(str(problem), err=True)
    rows = listing.page.rows if listing.page else ()
    if as_json:
        print_json([{"key": row.key, "label": row.title, "values": dict(row.values)} for row in rows])
        return
    columns = ["key", *(column.name for column in present.listed(spot.kind))]
    print_table(columns, [present.row_as_text(spot.kind, row) for row in rows])


@cli.command("show")
@click.argument("connection")
@click.argument("kind")
@click.argument("key", default="")
@domain_option
@parent_option
@json_option
@command
def show(connection: str, kind: str, key: str, domain: str, parent: str | None, as_json: bool) -> None:
    """Show one resource with all its values."""
    spot = _spot(connection, kind, domain, parent)
    found = service(ResourceService).read(shell_actor(), spot, key)
    if as_json:
        print_json({"key": found.key, "label": found.title, "values": dict(found.values)})
        return
    details = present.details(spot.kind, found)
    print_table(["value", "is"], [{"value": c.name, "is": present.as_text(c, v)} for c, v in details])


@cli.command("act")
@click.argument("connection")
@click.argument("kind")
@click.argument("action")
@click.argument("values", nargs=-1)
@click.option("--key", default="", help="Which one; not for “add”.")
@domain_option
@parent_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@command
def act(
    connection: str,
    kind: str,
    action: str,
    values: tuple[str, ...],
    key: str,
    domain: str,
    parent: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Carry out an ACTION with VALUES as NAME=VALUE; NAME=@FILE reads a file. Needed secrets that are left out are asked for."""
    spot = _spot(connection, kind, domain, parent)
    resources = service(ResourceService)
    chosen = resources.action(shell_actor(), spot, action)
    title = key or str(spot.kind.one)
    if chosen.risk and not yes:
        click.confirm(f"{chosen.label}: {title}?", abort=True)
    wish = resources.wish(spot, chosen, key, _values(chosen, _pairs(values)))
    done = resources.act(shell_actor(), spot, wish, uuid.uuid4().hex, title=key, typed=title)
    if as_json:
        print_json({"key": done.key, "value": done.secret.reveal() if done.secret else None})
    elif done.secret is not None:
        click.echo(done.secret.reveal())


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    for text in texts:
        if "=" not in text:
            raise Invalid({text[:40]: msg("Give it as NAME=VALUE.")})
    return dict(text.split("=", 1) for text in texts)


def _values(action: Action, given: dict[str, str]) -> dict[str, Any]:
    """The values as commands take them: files read, needed secrets asked for."""
    values: dict[str, Any] = dict(given)
    for field in action.fields:
        text = given.get(field.name)
        if text is not None and text.startswith("@"):
            values[field.name] = _from_file(Path(text[1:]), field.kind is FieldKind.FILE)
        if text is None and field.required and field.kind is FieldKind.SECRET and action.name != "edit":
            values[field.name] = click.prompt(str(field.label), hide_input=True)
    return values


def _from_file(path: Path, whole: bool) -> Any:
    try:
        data = path.read_bytes()
        if not whole:
            return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid({str(path): msg("The file cannot be read: {why}", why=str(error)[:200])}) from error
    media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return {"name": path.name, "media_type": media, "base64": base64.b64encode(data).decode("ascii")}

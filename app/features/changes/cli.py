"""`flask changes …`."""

from __future__ import annotations

import uuid

import click

from app.cli import command, print_json, print_table, service, shell_actor
from app.core.names import display
from app.core.ports import ChangeQuery
from app.features.changes.service import ChangeService


@click.group("changes")
def cli() -> None:
    """The journal of every write."""


@cli.command("list")
@click.option("--connection", default="", help="Key of one connection.")
@click.option("--domain", default="", help="One domain.")
@click.option("--state", default="", help="intended, done, rejected, unreachable, unknown or skipped.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def list_changes(connection: str, domain: str, state: str, as_json: bool) -> None:
    """The last fifty changes."""
    query = ChangeQuery(connection=connection, domain=domain, states=(state,) if state else ())
    rows = [
        {
            "id": change.id,
            "at": change.at.isoformat(timespec="seconds"),
            "who": change.actor_name,
            "connection": change.connection,
            "verb": change.step.verb.value,
            "object": display(change.step.subject),
            "state": change.state.value,
        }
        for change in service(ChangeService).page(shell_actor(), query).rows
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(("id", "at", "who", "connection", "verb", "object", "state"), rows)


@cli.command("undo")
@click.argument("change_id", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@command
def undo(change_id: int, yes: bool) -> None:
    """Undo a change, unless somebody changed it since."""
    changes = service(ChangeService)
    plan = changes.undo_plan(shell_actor(), change_id)
    for text in plan.lost:
        click.echo(f"cannot be brought back: {text}", err=True)
    typed = plan.typed
    if plan.typed and not yes:
        typed = click.prompt(f"Undoing removes {plan.typed}. Type its name")
    changes.undo(shell_actor(), change_id, uuid.uuid4().hex, typed=typed)

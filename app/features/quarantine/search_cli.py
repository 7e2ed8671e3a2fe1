"""`flask mail searches …`."""

from __future__ import annotations

import uuid

import click

from app.cli import command, print_json, print_table, service, shell_actor
from app.core.messages import MailSource, Operator
from app.features.quarantine.forms import query_from
from app.features.quarantine.present import FOUND, found_row
from app.features.quarantine.searches import BoxSearchService

_MOST = 500


@click.group("searches")
def searches() -> None:
    """Searches over all mailboxes of a domain, done by the worker."""


@searches.command("start")
@click.argument("connection")
@click.argument("domain")
@click.option("--sender", default="")
@click.option("--recipient", default="")
@click.option("--cc", default="", help="A part of the copy recipients.")
@click.option("--subject", default="")
@click.option("--message-id", default="")
@click.option("--text", default="", help="A part of the content.")
@click.option("--folder", default="", help="A folder that the mailboxes have.")
@click.option("--operator", type=click.Choice([one.value for one in Operator]), default="and")
@click.option("--since", default="", help="A day or a time, ISO 8601.")
@click.option("--until", default="", help="The same; a bare day is included.")
@command
def start(connection: str, **texts: str) -> None:
    """Start one; its number is printed."""
    query = query_from(texts, MailSource.QUARANTINE, 1)
    click.echo(service(BoxSearchService).start(shell_actor(), connection, query, uuid.uuid4().hex))


@searches.command("show")
@click.argument("number", type=int)
@click.option("--page", default=1, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def show(number: int, page: int, as_json: bool) -> None:
    """How far it is, and what it found so far."""
    view = service(BoxSearchService).view(shell_actor(), number, page, _MOST)
    rows = [found_row(row) for row in view.rows]
    if as_json:
        print_json({"state": view.job.state.value, "text": str(view.boxes.text), "messages": rows})
        return
    click.echo(f"{view.job.state.value}: {view.boxes.text} {view.found.total} messages found.", err=True)
    for gap in view.failures:
        click.echo(f"{gap.subject}: {gap.result}", err=True)
    print_table(FOUND, rows)


@searches.command("stop")
@click.argument("number", type=int)
@command
def stop(number: int) -> None:
    """Begin no further mailbox."""
    service(BoxSearchService).stop(shell_actor(), number)


@searches.command("resume")
@click.argument("number", type=int)
@command
def resume(number: int) -> None:
    """Go on with a stopped one."""
    service(BoxSearchService).resume(shell_actor(), number)


@searches.command("retry")
@click.argument("number", type=int)
@command
def retry(number: int) -> None:
    """Read the mailboxes that did not answer once more."""
    service(BoxSearchService).retry(shell_actor(), number)


@searches.command("forget")
@click.argument("number", type=int)
@command
def forget(number: int) -> None:
    """Stop it and take out what it found."""
    service(BoxSearchService).forget(shell_actor(), number)

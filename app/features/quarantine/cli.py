"""`flask mail …`."""

from __future__ import annotations

import sys
import uuid
from typing import Any

import click

from app.cli import command, print_json, print_table, service, shell_actor
from app.core.errors import Invalid
from app.core.messages import MailKey, MailSource, Operator
from app.core.names import NameProblem, domain_name
from app.features.quarantine.forms import fields_given, query_from
from app.features.quarantine.present import FOUND, found_row
from app.features.quarantine.search_cli import searches
from app.features.quarantine.service import COMMANDS, Chosen, QuarantineService

SOURCES = click.Choice([source.value for source in MailSource])


@click.group("mail")
def cli() -> None:
    """Single messages in quarantine, log and delivery queue."""


cli.add_command(searches)


@cli.command("find")
@click.argument("source", type=SOURCES)
@click.option("--domain", default="", help="A domain, an alias of one, or a mailbox.")
@click.option("--connection", "connections", multiple=True, help="Only these connections.")
@click.option("--sender", default="")
@click.option("--recipient", default="")
@click.option("--cc", default="", help="A part of the copy recipients.")
@click.option("--subject", default="")
@click.option("--message-id", default="")
@click.option("--text", default="", help="A part of the content.")
@click.option("--folder", default="", help="A folder of the mailbox.")
@click.option(
    "--operator",
    type=click.Choice([operator.value for operator in Operator]),
    default="and",
    show_default=True,
    help="How the texts are joined; “not” needs exactly one.",
)
@click.option("--since", default="", help="A day or a time, ISO 8601.")
@click.option("--until", default="", help="The same; a bare day is included.")
@click.option("--class", "class_", default="", help="spam, virus, phishing, …")
@click.option("--outgoing", is_flag=True, help="Mail that the domain sends.")
@click.option("--state", default="", help="delivered, deferred, rejected, …")
@click.option(
    "--field", "fields", multiple=True, help="A further field of the upstream's search, name=value."
)
@click.option("--page", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def find(
    source: str,
    connections: tuple[str, ...],
    class_: str,
    outgoing: bool,
    fields: tuple[str, ...],
    page: int,
    as_json: bool,
    **texts: str,
) -> None:
    """Search all connections that serve a domain, newest first."""
    values = {**texts, "class": class_, "direction": "out" if outgoing else "", **fields_given(fields)}
    query = query_from(values, MailSource(source), max(1, page))
    found = service(QuarantineService).find(shell_actor(), query, connections)
    for answer in found.answers:
        if answer.problem is not None:
            click.echo(f"{answer.connection.key}: {answer.problem}", err=True)
        elif answer.page is not None and answer.page.cut is not None:
            click.echo(f"{answer.connection.key}: {answer.page.cut}", err=True)
    rows = [found_row(row) for row in found.rows]
    if as_json:
        print_json(rows)
    else:
        print_table(FOUND, rows)


def _where(call: Any) -> Any:
    """What names one message: as `find` prints it."""
    for option in (
        click.option("--folder", default="", help="Its folder, where the upstream has such."),
        click.option("--mailbox", default="", help="Its mailbox, where the upstream keeps mail by mailbox."),
        click.argument("ref"),
        click.argument("source", type=SOURCES),
        click.argument("domain"),
        click.argument("connection"),
    ):
        call = option(call)
    return call


def _key(domain: str, source: str, ref: str, mailbox: str, folder: str) -> MailKey:
    try:
        return MailKey(MailSource(source), domain_name(domain), ref, mailbox, folder)
    except NameProblem as problem:
        raise Invalid({"domain": problem.message}) from problem


@cli.command("show")
@_where
@command
def show(connection: str, domain: str, source: str, ref: str, mailbox: str, folder: str) -> None:
    """Show what is known of a message, and its headers."""
    key = _key(domain, source, ref, mailbox, folder)
    view = service(QuarantineService).show(shell_actor(), connection, key)
    detail = view.detail
    click.echo(f"{detail.item.title}\n{detail.item.mail_class.label}, {detail.item.state.label}")
    if detail.headers_problem is not None:
        click.echo(str(detail.headers_problem), err=True)
    for name, value in detail.headers or ():
        click.echo(f"{name}: {value}")
    for file in detail.attachments or ():
        click.echo(f"attachment {file.part}: {file.name}")
    for one in view.further(shell_actor()):
        click.echo(f"can be done: {one.name} ({one.label})")


@cli.command("source")
@_where
@click.option("--reason", default="", help="Why; it stands in the journal.")
@command
def source_of(
    connection: str, domain: str, source: str, ref: str, mailbox: str, folder: str, reason: str
) -> None:
    """Write the whole message to standard output; the journal keeps who read it."""
    key = _key(domain, source, ref, mailbox, folder)
    found = service(QuarantineService).source(shell_actor(), connection, key, reason, uuid.uuid4().hex)
    sys.stdout.buffer.write(found.data)
    sys.stdout.buffer.flush()


@cli.command("act")
@click.argument("action", type=click.Choice([*COMMANDS, "block"]))
@_where
@click.option("--days", type=click.IntRange(1, 3650), help="release_allow, block: the rule expires then.")
@click.option("--reason", default="", help="Why; it stands in the journal.")
@click.option("--confirm-virus", is_flag=True, help="Release it although it may do harm.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@command
def act(
    action: str,
    connection: str,
    domain: str,
    source: str,
    ref: str,
    mailbox: str,
    folder: str,
    days: int | None,
    reason: str,
    confirm_virus: bool,
    yes: bool,
) -> None:
    """Release a message, allow or block its sender, delete it, try to deliver it or take it out of the queue."""
    if action in ("delete", "unqueue") and not yes:
        click.confirm("Nobody can bring it back. Go on?", abort=True)
    chosen = Chosen(connection, _key(domain, source, ref, mailbox, folder))
    desk, key = service(QuarantineService), uuid.uuid4().hex
    if action == "release_allow":
        desk.release_and_allow(
            shell_actor(), chosen, key, days=days, confirm_virus=confirm_virus, reason=reason
        )
    elif action == "block":
        desk.block(shell_actor(), chosen, key, days=days, reason=reason)
    else:
        desk.act(shell_actor(), action, chosen, key, confirm_virus=confirm_virus, reason=reason)


@cli.command("do")
@click.argument("name")
@_where
@click.option("--reason", default="", help="Why; it stands in the journal.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@command
def do(
    name: str,
    connection: str,
    domain: str,
    source: str,
    ref: str,
    mailbox: str,
    folder: str,
    reason: str,
    yes: bool,
) -> None:
    """Do one of the connection's further actions with a message, which `show` names: mark_spam, …"""
    chosen, desk = Chosen(connection, _key(domain, source, ref, mailbox, folder)), service(QuarantineService)
    action = desk.further_action(shell_actor(), name, chosen)
    if action.risk and not yes:
        click.confirm("Nobody can bring it back. Go on?", abort=True)
    desk.act_by_name(shell_actor(), name, chosen, uuid.uuid4().hex, reason)

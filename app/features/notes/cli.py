"""`flask notes …`."""

from __future__ import annotations

import click

from app.cli import command, print_json, print_table, service, shell_actor
from app.core.errors import Invalid
from app.core.names import NameProblem, domain_name
from app.features.notes.service import NoteService


@click.group("notes")
def cli() -> None:
    """Notes about domains and mailboxes."""


def _named(text: str) -> str:
    try:
        return domain_name(text)
    except NameProblem as problem:
        raise Invalid({"domain": problem.message}) from problem


@cli.command("list")
@click.argument("domain")
@click.argument("connection")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def list_notes(domain: str, connection: str, as_json: bool) -> None:
    """The notes of a domain and its mailboxes."""
    notes = service(NoteService).page(shell_actor(), connection, _named(domain)).notes
    columns = ("id", "at", "author", "mailbox", "text")
    rows = [{column: getattr(note, column) for column in columns} for note in notes]
    print_json(rows) if as_json else print_table(columns, rows)


@cli.command("add")
@click.argument("domain")
@click.argument("connection")
@click.argument("text")
@click.option("--mailbox", default="", help="About this address.")
@command
def add(domain: str, connection: str, text: str, mailbox: str) -> None:
    """Write a note."""
    service(NoteService).add(shell_actor(), connection, _named(domain), text, mailbox)


@cli.command("remove")
@click.argument("domain")
@click.argument("connection")
@click.argument("note", type=int)
@command
def remove(domain: str, connection: str, note: int) -> None:
    """Take out a note."""
    service(NoteService).remove(shell_actor(), connection, _named(domain), note)

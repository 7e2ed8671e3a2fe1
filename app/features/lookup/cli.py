"""`flask lookup …`."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from app.cli import command, service, shell_actor
from app.features.lookup.service import PERIODS, LookupService, Question
from app.features.lookup.ticket import Words, ticket


@click.command("lookup")
@click.argument("recipient")
@click.option("--from", "sender", default="", help="Address or domain of the sender.")
@click.option("--days", type=click.Choice(list(PERIODS)), default="7", show_default=True)
@click.option("--subject", default="", help="Words of the subject.")
@click.option("--message-id", default="", help="Message id of the headers.")
@click.option("--score", type=float, help="A score, for the way of a new message.")
@click.option("--size", type=int, help="Bytes, for the way of a new message.")
@click.option("--markdown", is_flag=True, help="Print Markdown.")
@command
def cli(
    recipient: str,
    sender: str,
    days: str,
    subject: str,
    message_id: str,
    score: float | None,
    size: int | None,
    markdown: bool,
) -> None:
    """Where is the mail to RECIPIENT? Prints what every connection that serves it says, as a text for a ticket."""
    question = Question(recipient, sender, days, subject, message_id.strip("<>"), score, size)
    found = service(LookupService).ask_all(shell_actor(), question)
    words = Words(str, lambda when: f"{when.astimezone():%Y-%m-%d %H:%M %Z}")
    click.echo(ticket(found, datetime.now(UTC), words, markdown=markdown), nl=False)

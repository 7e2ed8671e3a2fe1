"""`flask bulk …`."""

from __future__ import annotations

import uuid

import click

from app.cli import command, print_table, service, shell_actor
from app.core.errors import Invalid
from app.core.names import NameProblem, display, domain_name
from app.core.text import msg
from app.features.bulk.forms import FIELDS
from app.features.bulk.service import ACTIONS, BulkService, Selection

_ACTIONS = "; ".join(f"{name} ({', '.join(FIELDS[name])})" if FIELDS[name] else name for name in ACTIONS)


@click.command(
    "bulk",
    epilog=f"Actions with their values: {_ACTIONS}. “what” is kind and action of a rule, such as sender:block.",
)
@click.argument("action", type=click.Choice(list(ACTIONS)), metavar="ACTION")
@click.argument("domains", metavar="CONNECTION/DOMAIN...", nargs=-1, required=True)
@click.option("--set", "pairs", metavar="NAME=VALUE", multiple=True, help="A value of the action.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@command
def cli(action: str, domains: tuple[str, ...], pairs: tuple[str, ...], dry_run: bool, yes: bool) -> None:
    """Do one thing to many domains, in a job: show what it would do, then start it."""
    bulk, actor = service(BulkService), shell_actor()
    selection, values = _selection(domains), _values(action, pairs)
    preview = bulk.preview(actor, action, selection, values)
    rows = [
        {
            "domain": f"{row.connection}/{display(row.name)}",
            "now": row.old,
            "then": str(row.skipped) if row.skipped else row.new,
        }
        for row in preview.rows
    ]
    print_table(("domain", "now", "then"), rows)
    if dry_run:
        return
    if not yes:
        click.confirm(f"Start this for {len(preview.todo)} domains?", abort=True)
    job_id = bulk.start(
        actor,
        action,
        selection,
        values,
        request_key=uuid.uuid4().hex,
        confirmed=preview.checksum,
        typed=preview.typed,
    )
    click.echo(f"Job: {job_id}")


def _selection(texts: tuple[str, ...]) -> Selection:
    names = []
    for text in texts:
        key, slash, name = text.partition("/")
        try:
            names.append((key, domain_name(name)))
        except NameProblem as problem:
            wrong = problem.message if slash else msg("Name each domain as connection/domain.")
            raise Invalid({"domains": wrong}) from problem
    return Selection(tuple(dict.fromkeys(names)))


def _values(action: str, pairs: tuple[str, ...]) -> dict[str, str]:
    """The values by name. Raises Invalid for one that the action does not take."""
    values = dict.fromkeys(FIELDS[action], "")
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or name not in values:
            known = ", ".join(values) or "none"
            raise Invalid(
                {
                    "set": msg(
                        "“{pair}” is no value of this action; there are: {known}.", pair=pair, known=known
                    )
                }
            )
        values[name] = value
    return values

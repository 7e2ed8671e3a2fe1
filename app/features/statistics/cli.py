"""`flask statistics …`."""

from __future__ import annotations

import click

from app.cli import command, print_json, service, shell_actor
from app.core.statistics import PERIODS
from app.features.statistics.service import StatisticsService


@click.group("statistics")
def cli() -> None:
    """How much mail of which class there was."""


@cli.command("show")
@click.argument("connection")
@click.option("--domain", default="", help="Of one domain; left out: of the whole connection.")
@click.option("--days", type=click.Choice([str(days) for days in PERIODS]), default="7", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def show(connection: str, domain: str, days: str, as_json: bool) -> None:
    """Show the numbers by class and by user, and with --json by time too."""
    counted = service(StatisticsService).read(shell_actor(), connection, domain, int(days))
    if counted.found is None:
        click.echo(str(counted.problem), err=True)
        raise SystemExit(1)
    found = counted.found
    for why in found.problems.values():
        click.echo(str(why), err=True)
    if as_json:
        print_json(
            {
                "total": found.total,
                "classes": dict(found.classes),
                "times": {one.name: {at.isoformat(): n for at, n in one.points} for one in found.times},
                "users": [{"user": u.user, "total": u.total, **u.by_class} for u in found.users],
            }
        )
        return
    for name, count in found.classes.items():
        click.echo(f"{name}\t{count}")
    for user in found.users:
        click.echo(f"{user.user}\t{user.total}")

"""`flask health …`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

import click

from app.cli import command, print_json, print_table, service, shell_actor
from app.core.errors import Invalid
from app.core.health import HealthQuery
from app.core.model import Reading, Verdict
from app.core.names import NameProblem, display, domain_name
from app.core.routes import parse_routes
from app.features.health.service import HealthService

_COLUMNS = ("verdict", "domain", "connection", "check", "subject", "found", "source", "seen_at")


@click.group("health")
def cli() -> None:
    """Health of domains."""


def _named(text: str) -> str:
    try:
        return domain_name(text)
    except NameProblem as problem:
        raise Invalid({"domain": problem.message}) from problem


def _row(reading: Reading, **more: str) -> dict[str, object]:
    return {
        "verdict": reading.verdict.value,
        **more,
        "check": reading.check,
        "subject": reading.subject,
        "found": str(reading.found),
        "advice": str(reading.advice) if reading.advice else None,
        "record": reading.record or None,
        "source": reading.source,
        "seen_at": reading.seen_at.isoformat(timespec="seconds") if reading.seen_at else None,
    }


def _show(rows: list[dict[str, object]], as_json: bool, columns: Iterable[str] = _COLUMNS) -> None:
    if as_json:
        print_json(rows)
        return
    print_table(tuple(columns), rows)
    for row in rows:
        if row["advice"]:
            click.echo(f"\n{row['check']} {row['subject']}: {row['advice']}")
        if row["record"]:
            click.echo(str(row["record"]))


@cli.command("list")
@click.option(
    "--verdict", type=click.Choice([v.value for v in Verdict]), help="Left out: all that is not a pass."
)
@click.option("--connection", default="", help="Of one connection only.")
@click.option("--check", "check_name", default="", help="One check only, for example mx.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with advice and records.")
@command
def list_health(verdict: str | None, connection: str, check_name: str, as_json: bool) -> None:
    """Stored findings, worst first."""
    verdicts = (Verdict(verdict),) if verdict else (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN)
    query = HealthQuery(verdicts=verdicts, check=check_name, connections=(connection,) if connection else ())
    rows = [
        _row(row.reading, domain=display(row.domain), connection=row.connection)
        for row in service(HealthService).export(shell_actor(), query)
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(_COLUMNS, rows)


@cli.command("run")
@click.argument("domain")
@click.argument("connection")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def run(domain: str, connection: str, as_json: bool) -> None:
    """Check one domain now; what to do, and the records to publish, stand below the table."""
    health = service(HealthService).run_now(shell_actor(), connection, _named(domain))
    rows = [_row(row.reading) for row in health.readings]
    _show(rows, as_json, ("verdict", "check", "subject", "found", "source"))


@cli.command("check")
@click.option("--connection", default="", help="Of one connection only.")
@command
def check(connection: str) -> None:
    """Check all domains in a job."""
    service(HealthService).check_all(shell_actor(), connection, uuid.uuid4().hex)


@cli.command("failures")
@click.argument("connection")
@command
def failures(connection: str) -> None:
    """Read all failures that an upstream knows, in a job."""
    service(HealthService).read_failures(shell_actor(), connection, uuid.uuid4().hex)


@cli.command("try-relay")
@click.argument("domain")
@click.argument("connection")
@click.argument("routes")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def try_relay(domain: str, connection: str, routes: str, as_json: bool) -> None:
    """Try ROUTES (host:port, separated by commas) before they are saved; nothing is sent."""
    try:
        wanted = parse_routes(routes)
    except NameProblem as problem:
        raise Invalid({"routes": problem.message}) from problem
    found = service(HealthService).try_relay(shell_actor(), connection, _named(domain), wanted)
    rows = [_row(reading, asked=name) for name, readings in found.items() for reading in readings]
    _show(rows, as_json, ("verdict", "asked", "check", "found"))

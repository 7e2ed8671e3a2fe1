"""The command-line door: how reports are shown, exit codes, who the shell is, and the commands of no feature."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core.actor import Actor, Role
from app.core.errors import (
    BadCredentials,
    Conflict,
    Forbidden,
    GatehouseError,
    Invalid,
    Malformed,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unreachable,
    UnsafePlan,
)
from app.core.plan import Report, State, Tone

T = TypeVar("T")

# 0 is "done"; 2 is also what click answers to a wrong command line. The first type that fits counts.
EXIT_CODES: tuple[tuple[type[GatehouseError], int], ...] = (
    (Invalid, 2),
    (UnsafePlan, 2),
    (NotSupported, 2),
    (Forbidden, 2),
    (NotFound, 3),
    (Conflict, 3),
    (OutcomeUnknown, 6),
    (Unreachable, 5),
    (RateLimited, 5),
    (Malformed, 5),
    (BadCredentials, 4),
    (Rejected, 4),
    (GatehouseError, 1),
)


# What a command ends with when some of its steps were done and this became of the one that failed.
_STATE_CODES = {State.REJECTED: 4, State.UNREACHABLE: 5, State.UNKNOWN: 6, State.INTENDED: 6}
_FAILED = "gatehouse.failed"


class EchoFeedback:
    """Prints each report: what went well to standard output, the rest to standard error."""

    def show(self, report: Report) -> None:
        """Prints the report's sentence and the warnings of the upstreams; notes a step that failed for the exit code."""
        click.echo(str(report.text), err=report.tone is not Tone.OK)
        context = click.get_current_context(silent=True)
        code = next((_STATE_CODES[o.state] for o in report.outcomes if o.state in _STATE_CODES), None)
        if context is not None and code is not None:
            context.meta[_FAILED] = code
        for outcome in report.outcomes:
            for warning in outcome.warnings:
                click.echo(f"  {warning}", err=True)


def shell_actor() -> Actor:
    """Whoever has a shell on this machine may do everything; the journal names their login."""
    return Actor(user_id=None, name=f"shell:{getpass.getuser()}", role=Role.ADMIN, door="cli")


def service(cls: type[T]) -> T:
    """The service of this class, which prints its reports."""
    return cast(T, wired().factories[cls](EchoFeedback()))


def wired() -> Any:
    """Everything that wiring joined for this application."""
    return current_app.extensions["gatehouse"]


def exit_code(error: GatehouseError) -> int:
    """The exit code of an error."""
    return next(code for cls, code in EXIT_CODES if isinstance(error, cls))


def print_json(data: Any) -> None:
    """Prints data as JSON."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def print_table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Prints rows in columns as wide as their longest text. Terminal control characters are left out."""
    texts = [[_plain(row.get(column, "")) for column in columns] for row in rows]
    widths = [max(len(line[i]) for line in [list(columns), *texts]) for i in range(len(columns))]
    for line in [[column.upper() for column in columns], *texts]:
        cells = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _plain(value: Any) -> str:
    return "".join(c if c.isprintable() else " " for c in str("" if value is None else value))


def command(function: Callable[..., Any]) -> Callable[..., Any]:
    """Runs a command inside the application and turns our errors into a sentence and an exit code."""

    @wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            result = function(*args, **kwargs)
        except GatehouseError as error:
            click.echo(str(error.message), err=True)
            sys.exit(exit_code(error))
        except (OperationalError, ProgrammingError, PoolTimeout) as error:
            click.echo(_database_trouble(error), err=True)
            sys.exit(1)
        failed = click.get_current_context().meta.get(_FAILED)
        if failed is not None:
            sys.exit(failed)
        return result

    return with_appcontext(guarded)


def _database_trouble(error: Exception) -> str:
    """The database's own words, without the statement and its values, and what to do."""
    said = str(getattr(error, "orig", None) or error).splitlines()[0][:300]
    return (
        f"Gatehouse cannot read or write its own data: {said}\n"
        "If this installation is new or its code was just replaced, run: flask --app wsgi init\n"
        "Otherwise see whether the database of GATEHOUSE_DATABASE_URL answers. "
        "Look under changes before you repeat a command that writes."
    )


@click.command("init")
@command
def init() -> None:
    """Prepare the data: bring the database up to date, make the first administrator. May be run again."""
    wired().migrate()
    first = wired().first_admin()
    if first is None:
        click.echo("The data is ready.")
        return
    click.echo("The data is ready. The first administrator:\n")
    click.echo(f"    address   {first.person.email}")
    if first.made:
        click.echo(f"    password  {first.made.reveal()}    (shown this once)\n")
    else:
        click.echo("    password  as GATEHOUSE_ADMIN_PASSWORD says\n")
    if first.weak:
        click.echo(
            f"That password is weak: {first.weak} Change it before others can reach this server.", err=True
        )


@click.command("worker")
@command
def worker() -> None:
    """Run jobs, syncs and schedules until a signal comes; one worker per installation."""
    wired().run_worker()


@click.command("backup")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@command
def backup(target: Path) -> None:
    """Write database, keys and settings into the archive TARGET. Keep it as safe as the keys."""
    counts = wired().back_up(target)
    click.echo(f"{target}: {sum(counts.values())} rows of {len(counts)} tables, keys and settings.")


@click.command("restore")
@click.argument("source", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@command
def restore(source: Path) -> None:
    """Read the archive SOURCE into an empty installation; start the dashboard afterwards."""
    done = wired().restore(source)
    click.echo(f"{sum(done.rows.values())} rows of {len(done.rows)} tables are back.")
    click.echo("Keys put back: " + (", ".join(done.keys) or "none; this installation gets them by settings"))
    click.echo("The settings it was made under:\n" + done.settings)


@click.command("rotate-keys")
@command
def rotate_keys() -> None:
    """Encrypt all stored secrets with a new key; restart dashboard and worker afterwards."""
    click.echo(f"{wired().rotate_keys()} stored secrets are under a new key. Restart dashboard and worker.")


def register(app: Flask) -> None:
    """Registers the commands that belong to no feature."""
    for each in (init, worker, backup, restore, rotate_keys):
        app.cli.add_command(each)

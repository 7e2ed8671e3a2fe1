"""`flask console …`."""

from __future__ import annotations

import base64
import mimetypes
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from app.cli import command, print_json, print_table, service, shell_actor
from app.core.contract import Argument, Call
from app.core.errors import Invalid
from app.core.placing import read_text
from app.core.text import msg
from app.features.console.service import ConsoleService


@click.group("console")
def cli() -> None:
    """Every documented call of an upstream."""


@cli.command("calls")
@click.argument("connection")
@click.option("--search", default="", help="Words in name, group or meaning.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def list_calls(connection: str, search: str, as_json: bool) -> None:
    """List the documented calls of a connection."""
    rows = [
        {
            "name": row.call.name,
            "group": row.call.group,
            "kind": "write" if row.call.write else "read",
            "open": "" if row.reason else "yes",
            "meaning": row.call.meaning,
            "reason": str(row.reason) if row.reason else "",
        }
        for row in service(ConsoleService).calls(shell_actor(), connection, search).rows
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(("name", "kind", "open", "meaning"), rows)


@cli.command("show")
@click.argument("connection")
@click.argument("name")
@command
def show_call(connection: str, name: str) -> None:
    """Describe one call and its arguments."""
    row = service(ConsoleService).call(shell_actor(), connection, name)[1]
    call = row.call
    click.echo(f"{call.method} {call.path}\n{call.meaning}\n{call.source}")
    if row.reason:
        click.echo(str(row.reason), err=True)
    rows = [
        {"argument": a.name, "kind": a.kind, "needed": "yes" if a.required else "", "meaning": a.meaning}
        for a in call.arguments
    ]
    print_table(("argument", "kind", "needed", "meaning"), rows)


@cli.command("call")
@click.argument("connection")
@click.argument("name")
@click.argument("arguments", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--yes", is_flag=True, help="Confirm a call that changes something.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the answer to a file.")
@command
def send_call(connection: str, name: str, arguments: tuple[str, ...], yes: bool, output: Path | None) -> None:
    """Send one call. NAME=@FILE takes a value, such as a secret or a file, from FILE; a name may stand several times for a
    list. The answer goes to standard output."""
    if output is not None and not output.parent.is_dir():
        raise Invalid({"--output": msg("There is no folder {name}.", name=str(output.parent))})
    console = service(ConsoleService)
    call = console.call(shell_actor(), connection, name)[1].call
    values = _values(call, arguments)
    sent = console.send(shell_actor(), connection, name, values, request_key=uuid.uuid4().hex, confirmed=yes)
    answer = sent.answer
    if answer is None:
        return
    click.echo(f"{answer.status} {answer.media_type}, {len(answer.body)} bytes, {answer.ms:.0f} ms", err=True)
    if output is not None:
        output.write_bytes(answer.body if answer.binary else answer.text().encode("utf-8", "replace"))
    elif answer.binary:
        click.echo("This is no text: use --output.", err=True)
        sys.exit(2)
    elif answer.body:
        click.echo(_plain(answer.text()))


def _values(call: Call, pairs: Sequence[str]) -> dict[str, Any]:
    """The arguments of the command line as values. Raises Invalid."""
    known = call.by_name()
    texts: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise Invalid({pair: msg("Write it as NAME=VALUE.")})
        texts.setdefault(name, []).append(text)
    return {name: _value(known.get(name) or Argument(name=name), given) for name, given in texts.items()}


def _value(argument: Argument, given: Sequence[str]) -> Any:
    if argument.kind == "file":
        path = Path(given[-1].removeprefix("@"))
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        data = base64.b64encode(_read(argument, path)).decode()
        return {"name": path.name, "type": kind, "base64": data}
    texts = [
        _read(argument, Path(text[1:])).decode("utf-8", "replace").strip() if text.startswith("@") else text
        for text in given
    ]
    return read_text(argument, "\n".join(texts))


def _read(argument: Argument, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Invalid({argument.name: msg("The file cannot be read: {why}", why=str(error)[:200])}) from error


def _plain(text: str) -> str:
    """The text without control characters, which a terminal would obey."""
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)

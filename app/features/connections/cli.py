"""`flask connections …`."""

from __future__ import annotations

import sys

import click

from app.cli import command, print_json, print_table, service, shell_actor
from app.features.connections.service import ConnectionService


@click.group("connections")
def cli() -> None:
    """The configured upstreams."""


@cli.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def list_connections(as_json: bool) -> None:
    """All connections with the state of their last test."""
    rows = [
        {
            "key": view.connection.key,
            "kind": view.connection.kind,
            "address": view.connection.base_url,
            "state": view.state,
            "domains": view.sync.domains if view.sync else "",
        }
        for view in service(ConnectionService).visible(shell_actor())
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(("key", "kind", "address", "state", "domains"), rows)


@cli.command("test")
@click.argument("key", default="")
@command
def test_connections(key: str) -> None:
    """Test one connection, or all of them at once."""
    connections = service(ConnectionService)
    if key:
        results = {key: connections.test(shell_actor(), key)}
    else:
        results = connections.test_all(shell_actor())
        for name, result in results.items():
            found = result.found.version if result.found else ""
            click.echo(f"{name:24}{'ok  ' + found if result.ok else result.problem}")
    sys.exit(0 if all(result.ok for result in results.values()) else 5)

"""`flask rules …`."""

from __future__ import annotations

import uuid
from typing import Any

import click

from app.cli import command, print_json, print_table, service, shell_actor
from app.core.commands import AddRules, RemoveRules, SpreadRule, parse
from app.core.errors import Invalid
from app.core.names import NameProblem, display, domain_name
from app.core.rule_ports import RuleQuery, RuleRow
from app.core.rules import RuleAction, RuleKind
from app.core.text import msg
from app.features.rules.lines import moment_in
from app.features.rules.owners import withdrawals
from app.features.rules.service import RuleService

KINDS = click.Choice([kind.value for kind in RuleKind])
ACTIONS = click.Choice([action.value for action in RuleAction if action is not RuleAction.PROTECTED])
COLUMNS = ("connection", "for", "kind", "action", "pattern", "expires", "note")


@click.group("rules")
def cli() -> None:
    """Senders, recipients, attachments and links that are allowed or blocked."""


@cli.command("list")
@click.argument("domain")
@click.argument("connection")
@click.option("--mailbox", default="", help="The rules of this mailbox.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def list_rules(domain: str, connection: str, mailbox: str, as_json: bool) -> None:
    """List the rules of a domain, read live; “default” is the whole connection."""
    found = service(RuleService).owned(shell_actor(), connection, _domain(domain) or "", mailbox.lower())
    for text in (*found.problems, *found.shared):
        click.echo(str(text), err=True)
    _show(found.rows, as_json)


@cli.command("find")
@click.argument("sender")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def find_rules(sender: str, as_json: bool) -> None:
    """List the stored rules of all connections that name a sender."""
    _show(
        service(RuleService).list_page(shell_actor(), RuleQuery(sender=sender, size=500)).page.rows, as_json
    )


@cli.command("add")
@click.argument("domain")
@click.argument("connection")
@click.argument("action", type=ACTIONS)
@click.argument("patterns", nargs=-1, required=True)
@click.option("--kind", type=KINDS, default="sender", show_default=True)
@click.option("--part", default="", help="What it looks at.")
@click.option("--mailbox", default="", help="For this mailbox only.")
@click.option("--note", default="")
@click.option("--expires", default="", help="Last day, such as 2026-12-31.")
@click.option("--spf/--no-spf", default=None, help="For allowed senders: only if SPF passes.")
@command
def add_rules(domain: str, connection: str, action: str, patterns: tuple[str, ...], **more: Any) -> None:
    """Add rules to a domain; “default” is the whole connection."""
    try:
        more["expires"] = moment_in(more["expires"])
    except ValueError as error:
        raise Invalid({"expires": msg("Enter a day, such as 2026-12-31.")}) from error
    said = {name: value for name, value in more.items() if value not in ("", None)}
    rules = [{"action": action, "pattern": pattern, **said} for pattern in patterns]
    data = {"connection": connection, "domain": _domain(domain), "rules": rules}
    service(RuleService).change(shell_actor(), parse(AddRules, data), uuid.uuid4().hex)


@cli.command("remove")
@click.argument("domain")
@click.argument("connection")
@click.argument("action", type=ACTIONS)
@click.argument("patterns", nargs=-1, required=True)
@click.option("--kind", type=KINDS, default="sender", show_default=True)
@click.option("--part", default="", help="What it looks at.")
@click.option("--mailbox", default="")
@command
def remove_rules(
    domain: str, connection: str, action: str, patterns: tuple[str, ...], kind: str, part: str, mailbox: str
) -> None:
    """Remove rules of a domain."""
    base = {"kind": kind, "action": action, "part": part, **({"mailbox": mailbox.lower()} if mailbox else {})}
    rules = [{**base, "pattern": pattern} for pattern in patterns]
    data = {"connection": connection, "domain": _domain(domain), "rules": rules}
    service(RuleService).change(shell_actor(), parse(RemoveRules, data), uuid.uuid4().hex)


@cli.command("spread")
@click.argument("connection")
@click.argument("action", type=click.Choice(["allow", "block"]))
@click.argument("pattern")
@click.argument("owners", nargs=-1, required=True)
@click.option("--note", default="")
@click.option("--expires", default="", help="Last day, such as 2026-12-31.")
@click.option("--spf/--no-spf", default=None, help="For allowed senders: only if SPF passes.")
@command
def spread_rule(connection: str, action: str, pattern: str, owners: tuple[str, ...], **more: Any) -> None:
    """Add one sender rule to several domains and mailboxes by one call."""
    try:
        more["expires"] = moment_in(more["expires"])
    except ValueError as error:
        raise Invalid({"expires": msg("Enter a day, such as 2026-12-31.")}) from error
    said = {name: value for name, value in more.items() if value not in ("", None)}
    rule = {"action": action, "pattern": pattern, **said}
    data = {"connection": connection, "owners": list(owners), "rule": rule}
    service(RuleService).spread(shell_actor(), parse(SpreadRule, data), uuid.uuid4().hex)


@cli.command("withdraw")
@click.argument("connection")
@click.argument("action", type=click.Choice(["allow", "block"]))
@click.argument("pattern")
@click.argument("owners", nargs=-1, required=True)
@command
def withdraw_rule(connection: str, action: str, pattern: str, owners: tuple[str, ...]) -> None:
    """Remove a sender rule of several domains and mailboxes, one call for each."""
    commands = withdrawals(connection, owners, {"action": action, "pattern": pattern})
    service(RuleService).withdraw(shell_actor(), commands, uuid.uuid4().hex)


def _domain(name: str) -> str | None:
    if name == "default":
        return None
    try:
        return domain_name(name)
    except NameProblem as problem:
        raise Invalid({"domain": problem.message}) from problem


def _show(rows: Any, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {**row.rule.to_json(), "connection": row.rule.connection, "domain": row.rule.domain}
                for row in rows
            ]
        )
        return
    print_table(COLUMNS, [dict(zip(COLUMNS, _cells(row), strict=True)) for row in rows])


def _cells(row: RuleRow) -> tuple[str, ...]:
    rule = row.rule
    owner = rule.mailbox or (display(rule.domain) if rule.domain else "default")
    expires = rule.expires.date().isoformat() if rule.expires else ""
    return (rule.connection, owner, rule.kind.value, rule.action.value, rule.pattern, expires, rule.note)

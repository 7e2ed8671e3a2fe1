"""`flask rules …`."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TextIO

import click

from app.cli import command, print_json, print_table, service, shell_actor
from app.core.commands import AddRules, EditRule, RemoveRules, ReplaceRules, SpreadRule, parse
from app.core.errors import Invalid, NotFound, Unreachable
from app.core.names import NameProblem, display, domain_name
from app.core.rule_plans import difference
from app.core.rule_ports import RuleQuery, RuleRow
from app.core.rules import Rule, RuleAction, RuleKind
from app.core.text import msg
from app.features.rules.lines import lines_of, moment_in, rules_in
from app.features.rules.owners import withdrawals
from app.features.rules.service import OwnedRules, RuleService

KINDS = click.Choice([kind.value for kind in RuleKind])
ACTIONS = click.Choice([action.value for action in RuleAction if action is not RuleAction.PROTECTED])
COLUMNS = ("connection", "for", "kind", "action", "pattern", "expires", "mark", "note")


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
    _show([replace(row, mark=found.marks.get(row.rule.id)) for row in found.rows], as_json)


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
    more["expires"] = _day(more["expires"])
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


@cli.command("edit")
@click.argument("domain")
@click.argument("connection")
@click.argument("action", type=ACTIONS)
@click.argument("pattern")
@click.option("--kind", type=KINDS, default="sender", show_default=True)
@click.option("--part", default="", help="What it looks at, where two rules differ in that alone.")
@click.option("--mailbox", default="", help="The rule of this mailbox.")
@click.option("--new-action", type=ACTIONS, default=None)
@click.option("--new-pattern", default=None)
@click.option("--note", default=None, help="“” empties it.")
@click.option("--expires", default=None, help="Last day, such as 2026-12-31; “” for none.")
@click.option("--spf/--no-spf", default=None, help="For allowed senders: only if SPF passes.")
@command
def edit_rule(
    domain: str, connection: str, action: str, pattern: str, kind: str, part: str, mailbox: str, **new: Any
) -> None:
    """Change one rule of a domain; what is not said stays."""
    rules, name = service(RuleService), _domain(domain)
    found = rules.owned(shell_actor(), connection, name or "", mailbox.lower())
    fits = [
        row.rule
        for row in found.rows
        if (row.rule.kind.value, row.rule.action.value, row.rule.pattern) == (kind, action, pattern)
        and part in ("", row.rule.part)
    ]
    if len(fits) != 1:
        raise NotFound(msg("There are {count} such rules. Nothing was sent.", count=len(fits)))
    old = fits[0].to_json()
    changed = {
        "action": new["new_action"],
        "pattern": new["new_pattern"],
        "note": new["note"],
        "spf": new["spf"],
    }
    wanted = {**old, **{field: value for field, value in changed.items() if value is not None}}
    if new["expires"] is not None:
        wanted["expires"] = _day(new["expires"])
    if wanted["action"] != "allow":
        wanted.pop("spf", None)
    data = {"connection": connection, "domain": name, "old": old, "new": wanted}
    rules.change(shell_actor(), parse(EditRule, data), uuid.uuid4().hex)


@cli.command("export")
@click.argument("domain")
@click.argument("connection")
@click.option("--kind", type=KINDS, default="sender", show_default=True)
@click.option("--mailbox", default="", help="The rules of this mailbox.")
@command
def export_rules(domain: str, connection: str, kind: str, mailbox: str) -> None:
    """Print the rules of one kind as lines of CSV, as `replace` reads them; protected ones are left out."""
    found = service(RuleService).owned(shell_actor(), connection, _domain(domain) or "", mailbox.lower())
    click.echo(lines_of(_editable(found, kind)), nl=False)


@cli.command("replace")
@click.argument("domain")
@click.argument("connection")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.option("--kind", type=KINDS, default="sender", show_default=True)
@click.option("--mailbox", default="", help="The rules of this mailbox.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@command
def replace_rules(domain: str, connection: str, file: TextIO, kind: str, mailbox: str, yes: bool) -> None:
    """Let the rules of one kind be the lines of FILE (- is standard input); what would change is shown first."""
    rules, name, mailbox = service(RuleService), _domain(domain), mailbox.lower()
    lines = rules_in(file.read(), RuleKind(kind), mailbox)
    found = rules.owned(shell_actor(), connection, name or "", mailbox)
    now = _editable(found, kind)
    data = {"connection": connection, "domain": name, "kind": kind, "mailbox": mailbox or None}
    seen = [rule.to_json() for rule in now]
    wish = parse(ReplaceRules, {**data, "rules": lines, "expected": seen})
    plan = rules.plan(shell_actor(), wish)
    way = difference(rules.filled(shell_actor(), wish), now)
    for sign, these in (("-", way.gone), ("±", [old for old, _ in way.changed]), ("+", way.new)):
        for rule in these:
            click.echo(f"{sign} {rule.action.value} {rule.pattern}")
    if not yes:
        click.confirm("Replace the rules?", abort=True)
    rules.change(shell_actor(), wish, uuid.uuid4().hex, plan.checksum)


@cli.command("read")
@click.argument("connection", default="")
@command
def read_rules(connection: str) -> None:
    """Have the worker read the rules of every domain of a connection (of all), with their mailboxes."""
    job_id = service(RuleService).read_everywhere(shell_actor(), connection, uuid.uuid4().hex)
    click.echo(f"Job: {job_id}")


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
    more["expires"] = _day(more["expires"])
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


def _day(text: str) -> datetime | None:
    """The end of a day, None for none. Raises Invalid."""
    try:
        return moment_in(text)
    except ValueError as error:
        raise Invalid({"expires": msg("Enter a day, such as 2026-12-31.")}) from error


def _editable(found: OwnedRules, kind: str) -> list[Rule]:
    """The rules of one kind that can be changed. Raises Unreachable where they could not be read just now."""
    if found.problems:
        raise Unreachable(found.problems[0])
    return [row.rule for row in found.rows if row.rule.kind.value == kind and not row.rule.read_only]


def _show(rows: Any, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    **row.rule.to_json(),
                    "connection": row.rule.connection,
                    "domain": row.rule.domain,
                    "mark": _mark(row),
                }
                for row in rows
            ]
        )
        return
    print_table(COLUMNS, [dict(zip(COLUMNS, _cells(row), strict=True)) for row in rows])


def _cells(row: RuleRow) -> tuple[str, ...]:
    rule = row.rule
    owner = rule.mailbox or (display(rule.domain) if rule.domain else "default")
    expires = rule.expires.date().isoformat() if rule.expires else ""
    words = (rule.kind.value, rule.action.value, rule.pattern, expires, _mark(row), rule.note)
    return (rule.connection, owner, *words)


def _mark(row: RuleRow) -> str:
    """What is odd about a rule: expired, shadowed by another one, or in conflict with one."""
    if row.rule.expired(datetime.now(UTC)):
        return "expired"
    return row.mark.value if row.mark else ""

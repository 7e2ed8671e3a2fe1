"""`flask policies …`."""

from __future__ import annotations

import json
import uuid
from typing import Any

import click

from app.cli import command, print_json, print_table, service, shell_actor
from app.core.commands import CreatePolicy, EditPolicy, RemovePolicy, SetDomainPolicy, parse
from app.core.errors import Invalid
from app.core.names import NameProblem, display, domain_name
from app.core.policies import PolicyQuery
from app.core.text import msg
from app.features.named_policies.service import NamedPolicyService

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
set_option = click.option("--set", "pairs", multiple=True, help="field=value, e.g. spamScore=4.5.")


@click.group("policies")
def cli() -> None:
    """Policies with names."""


def _named(text: str) -> str:
    try:
        return domain_name(text)
    except NameProblem as problem:
        raise Invalid({"domain": problem.message}) from problem


def _values(pairs: tuple[str, ...]) -> dict[str, Any]:
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise Invalid({"set": msg("field=value is expected, not “{text}”.", text=pair[:80])})
        found[name.strip()] = value
    return found


def _shown(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


@cli.command("list")
@click.argument("text", default="")
@click.option("--connection", default="", help="Key of one connection.")
@json_option
@command
def list_policies(text: str, connection: str, as_json: bool) -> None:
    """List policies as they were last read, those with TEXT in their name or domain."""
    wanted = service(NamedPolicyService)
    page, rows = 1, []
    while True:
        query = PolicyQuery(text=text, connection=connection, page=page, size=500)
        found = wanted.list_page(shell_actor(), query).found
        rows += [
            {
                "connection": row.connection,
                "domain": display(row.domain),
                "id": row.id,
                "policy": row.name,
                "default": "yes" if row.default else "",
            }
            for row in found.rows
        ]
        if not found.rows or len(rows) >= found.total:
            break
        page += 1
    if as_json:
        print_json(rows)
    else:
        print_table(("connection", "domain", "id", "policy", "default"), rows)


@cli.command("of")
@click.argument("domain")
@click.argument("connection")
@json_option
@command
def of_domain(domain: str, connection: str, as_json: bool) -> None:
    """List the policies of a domain, read live."""
    found = service(NamedPolicyService).of_domain(shell_actor(), connection, _named(domain))
    if found.problem is not None:
        click.echo(str(found.problem), err=True)
    rows = [
        {"id": p.id, "policy": p.name, "default": "yes" if p.default else "", "what": str(p.summary or "")}
        for p in found.policies
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(("id", "policy", "default", "what"), rows)


@cli.command("show")
@click.argument("domain")
@click.argument("connection")
@click.argument("policy")
@json_option
@command
def show_policy(domain: str, connection: str, policy: str, as_json: bool) -> None:
    """Show the policy with the id POLICY and who uses it, read live."""
    page = service(NamedPolicyService).read(shell_actor(), connection, _named(domain), policy)
    if as_json:
        use = page.use
        used = {"default": use.default, "mailboxes": list(use.mailboxes), "total": use.total} if use else None
        print_json(
            {"id": page.policy.id, "name": page.policy.name, "values": page.policy.values, "use": used}
        )
        return
    rows = [
        {"field": f.name, "value": _shown(f.value), "unit": str(f.unit or ""), "meaning": str(f.label)}
        for f in page.policy.fields
    ]
    print_table(("field", "value", "unit", "meaning"), rows)
    for note in page.policy.notes:
        click.echo(str(note))
    if page.use is not None:
        who = "the domain's default, " if page.use.default else ""
        click.echo(f"Used by: {who}{page.use.total} mailboxes")


@cli.command("create")
@click.argument("domain")
@click.argument("connection")
@click.argument("name")
@click.option("--copy", "source", default="", help="Id of a policy of the domain whose values are taken.")
@set_option
@command
def create_policy(domain: str, connection: str, name: str, source: str, pairs: tuple[str, ...]) -> None:
    """Add a policy called NAME to a domain, or copy one."""
    wanted, values = service(NamedPolicyService), _values(pairs)
    if source:
        values = wanted.copy_values(shell_actor(), connection, _named(domain), source, values)
    data = {"connection": connection, "domain": domain, "name": name, "values": values}
    wanted.create(shell_actor(), parse(CreatePolicy, data), uuid.uuid4().hex)


@cli.command("edit")
@click.argument("domain")
@click.argument("connection")
@click.argument("policy")
@click.option("--name", default=None, help="A new name.")
@set_option
@command
def edit_policy(domain: str, connection: str, policy: str, name: str | None, pairs: tuple[str, ...]) -> None:
    """Change fields of the policy with the id POLICY; the rest stays."""
    data = {"connection": connection, "domain": domain, "policy": policy, "name": name}
    command_ = parse(EditPolicy, {**data, "values": _values(pairs)})
    service(NamedPolicyService).edit(shell_actor(), command_, uuid.uuid4().hex)


@cli.command("remove")
@click.argument("domain")
@click.argument("connection")
@click.argument("policy")
@command
def remove_policy(domain: str, connection: str, policy: str) -> None:
    """Remove the policy with the id POLICY, once nobody uses it."""
    data = {"connection": connection, "domain": domain, "policy": policy}
    service(NamedPolicyService).remove(shell_actor(), parse(RemovePolicy, data), uuid.uuid4().hex)


@cli.command("assign")
@click.argument("domain")
@click.argument("connection")
@click.argument("policy")
@command
def assign_policy(domain: str, connection: str, policy: str) -> None:
    """Make the policy with the id POLICY the default of its domain."""
    data = {"connection": connection, "domain": domain, "policy": policy}
    service(NamedPolicyService).assign(shell_actor(), parse(SetDomainPolicy, data), uuid.uuid4().hex)


@cli.command("read")
@click.argument("connection")
@command
def read_policies(connection: str) -> None:
    """Have the worker read the policies of every domain of a connection."""
    job_id = service(NamedPolicyService).read_everywhere(shell_actor(), connection, uuid.uuid4().hex)
    click.echo(f"Job: {job_id}")

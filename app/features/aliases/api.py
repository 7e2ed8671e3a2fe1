"""Domain aliases and e-mail aliases over REST."""

from __future__ import annotations

from typing import Literal

from flask import Response
from pydantic import BaseModel, Field

from app.core.actor import Actor, Right
from app.core.commands import (
    AddAliases,
    AddEmailAlias,
    AddRecipients,
    EditEmailAlias,
    RemoveAliases,
    RemoveEmailAlias,
    RemoveRecipients,
    SetAliases,
    parse,
)
from app.core.email_aliases import EmailAlias, EmailAliasQuery
from app.core.errors import Unreachable
from app.core.text import msg
from app.features.aliases.email import EmailAliasCommand, EmailAliasService
from app.features.aliases.service import AliasService
from app.web.api import Body, Paged, ReportOut, api_right, blueprint, request_key, text_out, written
from app.web.feedback import CollectFeedback
from app.web.services import service_with
from app.web.texts import name_from_address

api = blueprint("aliases", "Aliases")


class AliasesOut(BaseModel):
    """The aliases of a domain; null where the upstream does not say. `live`: read just now."""

    aliases: list[str] | None
    live: bool
    problem: str | None = None


class AliasesIn(Body):
    """Aliases to add."""

    aliases: list[str]


class AllAliasesIn(Body):
    """The whole list. `expected`: refuse when the aliases are no longer these."""

    aliases: list[str]
    expected: list[str] | None = None


class RecipientOut(BaseModel):
    """Where the mail of an e-mail alias goes. `kind`: mailbox, alias, external or unknown."""

    address: str
    kind: str
    name: str = ""


class EmailAliasOut(BaseModel):
    """An address that hands its mail on."""

    address: str
    recipients: list[RecipientOut]


class OneEmailAliasOut(EmailAliasOut):
    """One with the aliases of the domain that lead to it; null where these could not be read."""

    reached_by: list[str] | None


class RecipientsIn(Body):
    """Recipients to add to an e-mail alias."""

    recipients: list[str]


class EmailAliasesOut(BaseModel):
    """One page of the e-mail aliases of a domain. `total` null: the upstream does not say. `next`: the page after this one."""

    items: list[EmailAliasOut]
    total: int | None
    page: int
    size: int
    next: int | None


class EmailAliasesQuery(Paged):
    """Which e-mail aliases."""

    q: str = Field(default="", max_length=200, description="Part of an address.")
    by: Literal["address", "recipient"] = Field(default="address", description="Whose address that is.")


class AddEmailAliasIn(Body):
    """An e-mail alias to add."""

    address: str = Field(examples=["team@example.org"])
    recipients: list[str] = []


class EditEmailAliasIn(Body):
    """What to change: another address, all recipients, or both. `expected`: refuse when the recipients are not these."""

    address: str | None = None
    recipients: list[str] | None = None
    expected: list[str] | None = None


@api.get("/domains/<connection>/<domain>/aliases")
@api_right(Right.VIEW_DOMAINS)
@api.output(AliasesOut)
def list_aliases(actor: Actor, connection: str, domain: str) -> AliasesOut:
    """Read the aliases of a domain live."""
    found = service_with(AliasService, CollectFeedback()).read(actor, connection, name_from_address(domain))
    names = found.domain.aliases
    return AliasesOut(
        aliases=None if names is None else list(names),
        live=found.live,
        problem=text_out(found.problem),
    )


@api.post("/domains/<connection>/<domain>/aliases")
@api_right(Right.CHANGE_DOMAINS)
@api.input(AliasesIn, location="json")
@api.output(ReportOut)
def add_aliases(actor: Actor, connection: str, domain: str, json_data: AliasesIn) -> Response:
    """Add aliases, one step each."""
    base = {"connection": connection, "domain": name_from_address(domain)}
    return _changed(actor, parse(AddAliases, {**base, "aliases": json_data.aliases}))


@api.put("/domains/<connection>/<domain>/aliases")
@api_right(Right.CHANGE_DOMAINS)
@api.input(AllAliasesIn, location="json")
@api.output(ReportOut)
def set_aliases(actor: Actor, connection: str, domain: str, json_data: AllAliasesIn) -> Response:
    """Replace the whole list of aliases; those that stay are not touched."""
    feedback = CollectFeedback()
    data = {"connection": connection, "domain": name_from_address(domain), **json_data.model_dump()}
    execution = service_with(AliasService, feedback).replace(actor, parse(SetAliases, data), request_key())
    return written(feedback.reports, execution.outcomes)


@api.delete("/domains/<connection>/<domain>/aliases/<alias>")
@api_right(Right.CHANGE_DOMAINS)
@api.output(ReportOut)
def remove_alias(actor: Actor, connection: str, domain: str, alias: str) -> Response:
    """Remove one alias."""
    base = {"connection": connection, "domain": name_from_address(domain)}
    return _changed(actor, parse(RemoveAliases, {**base, "aliases": [alias]}))


def _changed(actor: Actor, command: AddAliases | RemoveAliases) -> Response:
    feedback = CollectFeedback()
    execution = service_with(AliasService, feedback).change(actor, command, request_key())
    return written(feedback.reports, execution.outcomes)


# --- e-mail aliases ---


@api.get("/domains/<connection>/<domain>/email-aliases")
@api_right(Right.VIEW_MAILBOXES)
@api.input(EmailAliasesQuery, location="query")
@api.output(EmailAliasesOut)
def list_email_aliases(
    actor: Actor, connection: str, domain: str, query_data: EmailAliasesQuery
) -> EmailAliasesOut:
    """Read one page of the e-mail aliases of a domain live."""
    query = EmailAliasQuery(query_data.q, query_data.by, query_data.page, query_data.size)
    found = service_with(EmailAliasService, CollectFeedback()).page(
        actor, connection, name_from_address(domain), query
    )
    if found.page is None:
        raise found.failure or Unreachable(msg("The e-mail aliases could not be read."))
    return EmailAliasesOut(
        items=[email_alias_out(alias) for alias in found.page.rows],
        total=found.page.total,
        page=query.page,
        size=query.size,
        next=query.page + 1 if found.page.more else None,
    )


@api.post("/domains/<connection>/<domain>/email-aliases")
@api_right(Right.CHANGE_MAILBOXES)
@api.input(AddEmailAliasIn, location="json")
@api.output(ReportOut, status_code=201)
def add_email_alias(actor: Actor, connection: str, domain: str, json_data: AddEmailAliasIn) -> Response:
    """Add an e-mail alias."""
    data = {"connection": connection, "domain": name_from_address(domain), **json_data.model_dump()}
    return _email_changed(actor, parse(AddEmailAlias, data), 201)


@api.get("/domains/<connection>/<domain>/email-aliases/<path:address>")
@api_right(Right.VIEW_MAILBOXES)
@api.output(OneEmailAliasOut)
def get_email_alias(actor: Actor, connection: str, domain: str, address: str) -> OneEmailAliasOut:
    """Read one e-mail alias with the kind and name of each recipient, live."""
    service = service_with(EmailAliasService, CollectFeedback())
    one = service.one(actor, connection, name_from_address(domain), address)
    if one.alias is None:
        raise one.problem or Unreachable(msg("The e-mail alias could not be read."))
    reached_by = None if one.reached_by is None else list(one.reached_by)
    return OneEmailAliasOut(**email_alias_out(one.alias).model_dump(), reached_by=reached_by)


@api.post("/domains/<connection>/<domain>/email-alias-recipients/<address>")
@api_right(Right.CHANGE_MAILBOXES)
@api.input(RecipientsIn, location="json")
@api.output(ReportOut)
def add_recipients(
    actor: Actor, connection: str, domain: str, address: str, json_data: RecipientsIn
) -> Response:
    """Add recipients to an e-mail alias; the others stay."""
    data = {"connection": connection, "domain": name_from_address(domain), "address": address}
    return _email_changed(actor, parse(AddRecipients, {**data, "recipients": json_data.recipients}))


@api.delete("/domains/<connection>/<domain>/email-alias-recipients/<address>/<recipient>")
@api_right(Right.CHANGE_MAILBOXES)
@api.output(ReportOut)
def remove_recipient(actor: Actor, connection: str, domain: str, address: str, recipient: str) -> Response:
    """Take one recipient out of an e-mail alias; the others stay."""
    data = {"connection": connection, "domain": name_from_address(domain), "address": address}
    return _email_changed(actor, parse(RemoveRecipients, {**data, "recipients": [recipient]}))


@api.patch("/domains/<connection>/<domain>/email-aliases/<path:address>")
@api_right(Right.CHANGE_MAILBOXES)
@api.input(EditEmailAliasIn, location="json")
@api.output(ReportOut)
def edit_email_alias(
    actor: Actor, connection: str, domain: str, address: str, json_data: EditEmailAliasIn
) -> Response:
    """Change the address or the recipients of an e-mail alias."""
    data = {
        "connection": connection,
        "domain": name_from_address(domain),
        "address": address,
        "new_address": json_data.address,
        "recipients": json_data.recipients,
        "expected": json_data.expected,
    }
    return _email_changed(actor, parse(EditEmailAlias, data))


@api.delete("/domains/<connection>/<domain>/email-aliases/<path:address>")
@api_right(Right.CHANGE_MAILBOXES)
@api.output(ReportOut)
def remove_email_alias(actor: Actor, connection: str, domain: str, address: str) -> Response:
    """Remove an e-mail alias; its recipients stay what they are."""
    data = {"connection": connection, "domain": name_from_address(domain), "address": address}
    return _email_changed(actor, parse(RemoveEmailAlias, data))


def _email_changed(actor: Actor, command: EmailAliasCommand, status: int = 200) -> Response:
    feedback = CollectFeedback()
    service = service_with(EmailAliasService, feedback)
    if isinstance(command, RemoveEmailAlias):
        execution = service.remove(actor, command, request_key(), typed=command.address)
    else:
        execution = service.change(actor, command, request_key())
    return written(feedback.reports, execution.outcomes, status)


def email_alias_out(alias: EmailAlias) -> EmailAliasOut:
    """An e-mail alias as JSON."""
    recipients = [RecipientOut(address=r.address, kind=r.kind.value, name=r.name) for r in alias.recipients]
    return EmailAliasOut(address=alias.address, recipients=recipients)

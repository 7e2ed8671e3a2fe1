"""Domain aliases over REST."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel

from app.core.actor import Actor, Right
from app.core.commands import AddAliases, RemoveAliases, parse
from app.features.aliases.service import AliasService
from app.web.api import Body, ReportOut, api_right, blueprint, request_key, text_out, written
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

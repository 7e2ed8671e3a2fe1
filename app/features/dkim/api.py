"""DKIM keys over REST."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel, Field

from app.core.actor import Actor, Right
from app.core.commands import RemoveDkim, SetDkim, parse
from app.core.names import display
from app.features.dkim.service import DkimService, Key
from app.web.api import Body, ReportOut, api_right, blueprint, request_key, text_out, written
from app.web.feedback import CollectFeedback
from app.web.services import service_with
from app.web.texts import name_from_address

api = blueprint("dkim", "DKIM")


class DkimRecordOut(BaseModel):
    """A DNS record to publish. `published`: pass, fail, unknown, or null where DNS was not asked."""

    domain: str
    selector: str
    host: str
    value: str
    pieces: list[str] = Field(description="The value, cut so that each piece fits a string of a TXT record.")
    zone_line: str
    published: str | None
    found: str | None = None


class DkimOut(BaseModel):
    """The records of a domain's key; none where it has no key. `problem`: why they could not be read."""

    items: list[DkimRecordOut]
    problem: str | None = None


class DkimIn(Body):
    """A key to set. Without `private_key` one is made; it is shown to nobody."""

    selector: str = Field(default="", max_length=63)
    private_key: str | None = Field(
        default=None, max_length=10_000, description="RSA, PEM, without a password."
    )
    replace: bool = Field(default=False, description="Whether a key that is there may be replaced.")


@api.get("/domains/<connection>/<domain>/dkim")
@api_right(Right.VIEW_DOMAINS)
@api.output(DkimOut)
def get_dkim(actor: Actor, connection: str, domain: str) -> DkimOut:
    """Read the DKIM key of a domain live, and look it up in DNS."""
    page = service_with(DkimService, CollectFeedback()).page(actor, connection, name_from_address(domain))
    return DkimOut(items=[key_out(key) for key in page.keys], problem=text_out(page.problem))


@api.put("/domains/<connection>/<domain>/dkim")
@api_right(Right.CHANGE_DOMAINS)
@api.input(DkimIn, location="json")
@api.output(ReportOut)
def set_dkim(actor: Actor, connection: str, domain: str, json_data: DkimIn) -> Response:
    """Set the DKIM key of a domain."""
    base = {"connection": connection, "domain": name_from_address(domain)}
    command = parse(SetDkim, {**base, **json_data.model_dump(exclude_none=True)})
    feedback = CollectFeedback()
    execution = service_with(DkimService, feedback).set(actor, command, request_key())
    return written(feedback.reports, execution.outcomes)


@api.delete("/domains/<connection>/<domain>/dkim")
@api_right(Right.CHANGE_DOMAINS)
@api.output(ReportOut)
def remove_dkim(actor: Actor, connection: str, domain: str) -> Response:
    """Remove the DKIM key of a domain: its mail is no longer signed."""
    name = name_from_address(domain)
    command = parse(RemoveDkim, {"connection": connection, "domain": name})
    feedback = CollectFeedback()
    execution = service_with(DkimService, feedback).remove(actor, command, request_key(), typed=display(name))
    return written(feedback.reports, execution.outcomes)


def key_out(key: Key) -> DkimRecordOut:
    """A key as JSON."""
    record, published = key.record, key.published
    return DkimRecordOut(
        domain=record.domain,
        selector=record.selector,
        host=record.host,
        value=record.value,
        pieces=list(record.pieces),
        zone_line=record.zone_line,
        published=published.verdict.value if published else None,
        found=text_out(published.found) if published else None,
    )

"""One thing done to many domains, over REST."""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.core.actor import Actor, Right
from app.core.errors import Invalid
from app.core.text import msg
from app.features.bulk.forms import FIELDS
from app.features.bulk.service import ACTIONS, BulkService, Preview, Selection
from app.web.api import Body, api_right, blueprint, request_key, text_out
from app.web.feedback import CollectFeedback
from app.web.services import service_with
from app.web.texts import name_from_address

api = blueprint("bulk", "Bulk work")

_VALUES = "; ".join(f"{name}: {', '.join(fields)}" for name, fields in FIELDS.items() if fields)


class BulkDomainIn(Body):
    """A domain of a connection."""

    connection: str
    domain: str


class BulkIn(Body):
    """What to do, and to which domains. Without `confirmed` nothing is started: the answer says what would be done, and the
    `checksum` to confirm it with."""

    action: str = Field(examples=["add_rule"])
    domains: list[BulkDomainIn]
    values: dict[str, str] = Field(
        default_factory=dict,
        description=f"By action: {_VALUES}. “what” is kind and action of a rule.",
        examples=[{"what": "sender:block", "pattern": "prize.example"}],
    )
    confirmed: str = Field(default="", description="The checksum of what you saw.")


class BulkRowOut(BaseModel):
    """What it means for one domain; `skipped`: why the domain is left alone."""

    connection: str
    domain: str
    now: str
    then: str
    skipped: str | None


class BulkOut(BaseModel):
    """What is done, and the job that does it; null while it is not confirmed."""

    job: int | None
    checksum: str
    domains: list[BulkRowOut]


@api.post("/bulk")
@api_right(Right.BULK)
@api.input(BulkIn, location="json")
@api.output(BulkOut)
def bulk(actor: Actor, json_data: BulkIn) -> BulkOut:
    """Do one thing to many domains, as a job: first without `confirmed`, to see what it would do, then with it."""
    work = service_with(BulkService, CollectFeedback())
    action, values = json_data.action, _values(json_data)
    names = [(one.connection, name_from_address(one.domain)) for one in json_data.domains]
    selection = Selection(tuple(dict.fromkeys(names)))
    preview = work.preview(actor, action, selection, values)
    job = None
    if json_data.confirmed:
        job = work.start(
            actor,
            action,
            selection,
            values,
            request_key=request_key(),
            confirmed=json_data.confirmed,
            typed=preview.typed,
        )
    return _out(preview, job)


def _values(data: BulkIn) -> dict[str, str]:
    """The values that the action takes. Raises Invalid for an action that there is not, and for other values."""
    if data.action not in ACTIONS:
        raise Invalid({"action": msg("Choose one of {choices}.", choices=", ".join(ACTIONS))})
    unknown = sorted(set(data.values) - set(FIELDS[data.action]))
    if unknown:
        raise Invalid({f"values.{name}": msg("There is no such field.") for name in unknown})
    return {name: data.values.get(name, "") for name in FIELDS[data.action]}


def _out(preview: Preview, job: int | None) -> BulkOut:
    rows = [
        BulkRowOut(
            connection=row.connection,
            domain=row.name,
            now=row.old,
            then=row.new,
            skipped=text_out(row.skipped),
        )
        for row in preview.rows
    ]
    return BulkOut(job=job, checksum=preview.checksum, domains=rows)

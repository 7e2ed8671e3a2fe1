"""Health over REST."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from app.core.actor import Actor, Right
from app.core.commands import RouteInput
from app.core.health import DomainHealth, HealthQuery, HealthRow
from app.core.model import Reading, Verdict
from app.core.names import DomainName
from app.features.health.service import HealthService
from app.web.api import Body, Paged, api_right, blueprint, request_key, text_out
from app.web.feedback import CollectFeedback
from app.web.services import service_with
from app.web.texts import name_from_address

api = blueprint("health", "Health")


class FindingOut(BaseModel):
    """One finding. `record`: the lines of a zone file to publish. `source`: DNS, SMTP, or the upstream's name."""

    check: str
    verdict: Literal["pass", "warn", "fail", "unknown"]
    subject: str
    found: str | None
    expected: str | None
    advice: str | None
    record: str
    source: str
    seen_at: datetime | None


class HealthRowOut(FindingOut):
    """A stored finding. `since`: when the verdict became this one."""

    connection: str
    domain: str
    since: datetime


class HealthListOut(BaseModel):
    """One page of findings, worst first; `total_capped`: there are more than `total`. `next`: the next page, null at the
    end."""

    items: list[HealthRowOut]
    total: int
    total_capped: bool
    next: int | None


class HealthListQuery(Paged):
    """Which findings."""

    verdict: Literal["", "pass", "warn", "fail", "unknown"] = ""
    check: str = Field(default="", max_length=64)
    connection: str = Field(default="", max_length=64)
    source: Literal["", "DNS", "SMTP", "upstream"] = ""
    q: str = Field(default="", max_length=253)


class DomainHealthOut(BaseModel):
    """The health of one domain as it is stored; `checked_at` null: it was never checked."""

    items: list[HealthRowOut]
    worst: Literal["pass", "warn", "fail", "unknown"] | None
    checked_at: datetime | None


class CheckIn(Body):
    """Which connection to check; left out: all of them."""

    connection: str = Field(default="", max_length=64)


class FailuresIn(Body):
    """Whose failures to read."""

    connection: str = Field(min_length=1, max_length=64)


class HealthJobOut(BaseModel):
    """The job that was started."""

    job: int


class RelayIn(Body):
    """Routes to try for a domain, which need not exist yet."""

    connection: str = Field(min_length=1, max_length=64)
    domain: DomainName
    routes: list[RouteInput] = Field(min_length=1, max_length=6)


class TriedOut(BaseModel):
    """What was found by one side: a route tried from here, or all of them by the upstream."""

    asked: str
    items: list[FindingOut]


class RelayOut(BaseModel):
    """What was found, by who was asked."""

    results: list[TriedOut]


def _service() -> HealthService:
    return service_with(HealthService, CollectFeedback())


@api.get("/health")
@api_right(Right.VIEW_HEALTH)
@api.input(HealthListQuery, location="query")
@api.output(HealthListOut)
def list_health(actor: Actor, query_data: HealthListQuery) -> HealthListOut:
    """List stored findings of all domains, worst first."""
    query = HealthQuery(
        verdicts=(Verdict(query_data.verdict),) if query_data.verdict else (),
        check=query_data.check,
        connections=(query_data.connection,) if query_data.connection else (),
        source=query_data.source,
        text=query_data.q,
        page=query_data.page,
        size=query_data.size,
    )
    page = _service().list_page(actor, query).page
    more = len(page.rows) == query.size and (page.total_capped or query.page * query.size < page.total)
    return HealthListOut(
        items=[row_out(row) for row in page.rows],
        total=page.total,
        total_capped=page.total_capped,
        next=query.page + 1 if more else None,
    )


@api.get("/domains/<connection>/<domain>/health")
@api_right(Right.VIEW_HEALTH)
@api.output(DomainHealthOut)
def get_health(actor: Actor, connection: str, domain: str) -> DomainHealthOut:
    """Read the stored findings of one domain."""
    return health_out(_service().domain_page(actor, connection, name_from_address(domain)).health)


@api.post("/domains/<connection>/<domain>/health")
@api_right(Right.RUN_HEALTH)
@api.output(DomainHealthOut)
def run_health(actor: Actor, connection: str, domain: str) -> DomainHealthOut:
    """Check one domain now; takes up to half a minute."""
    return health_out(_service().run_now(actor, connection, name_from_address(domain)))


@api.post("/domains/<connection>/<domain>/health/report")
@api_right(Right.RUN_HEALTH)
@api.output(DomainHealthOut)
def read_health_report(actor: Actor, connection: str, domain: str) -> DomainHealthOut:
    """Read the upstream's last report on a domain again, without a new test."""
    return health_out(_service().read_report(actor, connection, name_from_address(domain)))


@api.post("/health/check")
@api_right(Right.BULK)
@api.input(CheckIn, location="json")
@api.output(HealthJobOut, status_code=202)
def check_health(actor: Actor, json_data: CheckIn) -> HealthJobOut:
    """Check every domain of a connection, or of all, in a job."""
    return HealthJobOut(job=_service().check_all(actor, json_data.connection, request_key()))


@api.post("/health/failures")
@api_right(Right.BULK)
@api.input(FailuresIn, location="json")
@api.output(HealthJobOut, status_code=202)
def read_failures(actor: Actor, json_data: FailuresIn) -> HealthJobOut:
    """Read all failures that an upstream knows, in a job."""
    return HealthJobOut(job=_service().read_failures(actor, json_data.connection, request_key()))


@api.post("/health/try-relay")
@api_right(Right.CHECK_ROUTES)
@api.input(RelayIn, location="json")
@api.output(RelayOut)
def try_relay(actor: Actor, json_data: RelayIn) -> RelayOut:
    """Try routes by SMTP before they are saved; nothing is sent. Takes up to half a minute."""
    routes = [route.to_route() for route in json_data.routes]
    found = _service().try_relay(actor, json_data.connection, json_data.domain, routes)
    return RelayOut(
        results=[TriedOut(asked=name, items=_readings(readings)) for name, readings in found.items()]
    )


def health_out(health: DomainHealth) -> DomainHealthOut:
    """The health of a domain as JSON."""
    return DomainHealthOut(
        items=[row_out(row) for row in health.readings],
        worst=health.worst.value if health.worst else None,
        checked_at=health.checked_at,
    )


def row_out(row: HealthRow) -> HealthRowOut:
    """A stored finding as JSON."""
    return HealthRowOut(
        connection=row.connection,
        domain=row.domain,
        since=row.since,
        **reading_out(row.reading).model_dump(),
    )


def _readings(readings: Sequence[Reading]) -> list[FindingOut]:
    return [reading_out(reading) for reading in readings]


def reading_out(reading: Reading) -> FindingOut:
    """A finding as JSON."""
    return FindingOut(
        check=reading.check,
        verdict=reading.verdict.value,
        subject=reading.subject,
        found=text_out(reading.found),
        expected=text_out(reading.expected),
        advice=text_out(reading.advice),
        record=reading.record,
        source=reading.source,
        seen_at=reading.seen_at,
    )

"""Statistics over REST."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from app.core.actor import Actor, Right
from app.features.statistics.service import Counted, StatisticsService
from app.web.api import api_right, blueprint, text_out
from app.web.feedback import CollectFeedback
from app.web.services import service_with

api = blueprint("statistics", "Statistics")


class StatisticsQueryIn(BaseModel):
    """What is counted: the mail of a domain (empty: of the whole connection) of the last days."""

    domain: str = Field(default="", max_length=300)
    days: int = Field(default=7, description="1, 7, 30 or 90.")


class PointOut(BaseModel):
    """How many messages began at a time (UTC)."""

    at: datetime
    count: int


class SeriesOut(BaseModel):
    """The points of one class, oldest first."""

    name: str
    points: list[PointOut]


class UserOut(BaseModel):
    """The messages of one user."""

    user: str
    total: int
    by_class: dict[str, int]


class StatisticsOut(BaseModel):
    """What was counted. `problem`: why nothing could be read; `problems`: by part ("classes", "times", "users")."""

    connection: str
    domain: str | None
    days: int
    total: int | None = None
    classes: dict[str, int] = Field(default_factory=dict)
    times: list[SeriesOut] = Field(default_factory=list)
    users: list[UserOut] = Field(default_factory=list)
    users_note: str | None = None
    problem: str | None = None
    problems: dict[str, str] = Field(default_factory=dict)


@api.get("/statistics/<connection>")
@api_right(Right.VIEW_DOMAINS)
@api.input(StatisticsQueryIn, location="query")
@api.output(StatisticsOut)
def get_statistics(actor: Actor, connection: str, query_data: StatisticsQueryIn) -> StatisticsOut:
    """Count mail by class, by time and by user; read live."""
    statistics = service_with(StatisticsService, CollectFeedback())
    return statistics_out(statistics.read(actor, connection, query_data.domain, query_data.days))


def statistics_out(counted: Counted) -> StatisticsOut:
    """The numbers as JSON."""
    base = StatisticsOut(connection=counted.connection.key, domain=counted.domain, days=counted.days)
    found = counted.found
    if found is None:
        return base.model_copy(update={"problem": text_out(counted.problem)})
    return base.model_copy(
        update={
            "total": found.total,
            "classes": dict(found.classes),
            "times": [
                SeriesOut(name=one.name, points=[PointOut(at=at, count=n) for at, n in one.points])
                for one in found.times
            ],
            "users": [UserOut(user=u.user, total=u.total, by_class=dict(u.by_class)) for u in found.users],
            "users_note": text_out(found.users_note),
            "problems": {part: str(text_out(why)) for part, why in found.problems.items()},
        }
    )

"""Numbers of mail that an upstream counts: by class, by time and by user, in one form for every provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from app.core.text import Message, msg

PERIODS = (1, 7, 30, 90)
"""Days that are offered."""

CLASSES: Mapping[str, tuple[Message, str]] = {
    "clean": (msg("Clean"), "green"),
    "info": (msg("Infomail"), "blue"),
    "spam": (msg("Spam"), "orange"),
    "content": (msg("Content"), "yellow"),
    "threat": (msg("Threats"), "red"),
    "advthreat": (msg("Advanced threats"), "purple"),
    "rejected": (msg("Rejected"), "grey"),
    "delivered": (msg("Delivered by hand"), "teal"),
    "deleted": (msg("Deleted"), "grey"),
    "allowed": (msg("Sender allowed"), "teal"),
    "unsure": (msg("Unsure"), "yellow"),
    "phishing": (msg("Phishing"), "red"),
    "virus": (msg("Virus"), "purple"),
    "blocked": (msg("Sender blocked"), "grey"),
    "error": (msg("Error"), "grey"),
    "rescanned": (msg("Looked at again"), "blue"),
    "other": (msg("Other"), "grey"),
    "all": (msg("All messages"), "blue"),
}
"""By the word of a class: its name for people and the colour of its chart. Other words stand as they are."""


@dataclass(frozen=True, slots=True)
class StatisticsShape:
    """What an upstream counts at all; stands on the card. `whole`: why it does not count a whole connection, None where it
    does. `days`: the periods that it has numbers of."""

    whole: Message | None = None
    days: tuple[int, ...] = PERIODS


@dataclass(frozen=True, slots=True)
class StatisticsQuery:
    """What is counted: the mail of a domain, or (None) of the whole connection, between two moments (UTC)."""

    since: datetime
    until: datetime
    domain: str | None = None

    @property
    def length(self) -> timedelta:
        """How long the period is."""
        return self.until - self.since


@dataclass(frozen=True, slots=True)
class TimeSeries:
    """How many mails of one class there were, by the begin of each bucket, oldest first."""

    name: str
    points: Sequence[tuple[datetime, int]]


@dataclass(frozen=True, slots=True)
class UserCount:
    """How many mails one user had, in all and by class."""

    user: str
    total: int
    by_class: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What was counted. `problems` by part ("classes", "times", "users"): why it could not be read, or is not offered;
    `users_note`: what period the users are counted in, where the upstream chooses it."""

    total: int | None = None
    classes: Mapping[str, int] = field(default_factory=dict)
    times: Sequence[TimeSeries] = ()
    users: Sequence[UserCount] = ()
    problems: Mapping[str, Message] = field(default_factory=dict)
    users_note: Message | None = None


@runtime_checkable
class StatisticsReader(Protocol):
    """STATISTICS_READ."""

    def read_statistics(self, query: StatisticsQuery) -> Statistics:
        """All parts in one round of calls. A part that could not be read is a problem in the answer; only when nothing could
        be read an error is raised. Raises NotFound for an unknown domain."""
        ...

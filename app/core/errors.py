"""What can go wrong, by what the caller may do about it.

    GatehouseError
    ├── Invalid          correct the field (carries one problem per field)
    ├── NotSupported     this connection cannot do that; nothing was sent
    ├── Forbidden        this person may not; nothing was sent
    ├── NotFound         it is gone, or outside the person's scope
    ├── Conflict         already there, or changed since the person saw it
    ├── UnsafePlan       confirm first
    └── UpstreamError    said by, or about, an upstream
        ├── Rejected         upstream said no, in its own words; surely not done
        ├── BadCredentials   an administrator must act; surely not done
        ├── RateLimited      later; surely not done
        ├── Unreachable      surely not done
        ├── OutcomeUnknown   a write that may have been done
        └── Malformed        upstream talks nonsense (only ever for a read)

`web/errors.py` holds the one table from these to HTTP statuses and flashes, `cli.py` that to exit codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.core.text import Message, msg

if TYPE_CHECKING:
    from app.core.calls import CallAnswer


class GatehouseError(Exception):
    """Base of all errors we raise on purpose. `message` says what happened, in a person's words."""

    message: Message

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


class Invalid(GatehouseError):
    """Input that a person can correct. `fields` maps a field's name ("routes.0.port", "" for the whole) to its problem."""

    def __init__(self, fields: Mapping[str, Message]) -> None:
        self.fields = dict(fields)
        first = next(iter(self.fields.items()), ("", msg("The input is not valid.")))
        super().__init__(
            first[1] if not first[0] else msg("{field}: {problem}", field=first[0], problem=first[1])
        )


class NotSupported(GatehouseError):
    """The connection cannot express the wish. Nothing was sent."""

    def __init__(self, capability: str, reason: Message) -> None:
        super().__init__(reason)
        self.capability = capability


class Forbidden(GatehouseError):
    """The actor's role lacks the right. Nothing was sent."""


class NotFound(GatehouseError):
    """The object does not exist, or is outside the actor's scope: both look the same."""


class Conflict(GatehouseError):
    """The object is already there, or is no longer what the person saw. `now` is what is there, where known."""

    def __init__(self, message: Message, now: Any = None) -> None:
        super().__init__(message)
        self.now = now


class UnsafePlan(GatehouseError):
    """The plan needs a person's confirmation first. `checksum` names the plan that would be confirmed."""

    def __init__(self, message: Message, checksum: str) -> None:
        super().__init__(message)
        self.checksum = checksum


class UpstreamError(GatehouseError):
    """Base of everything said by, or about, an upstream. `sent` tells whether the request went out.

    `answer`: the answer that it judges, kept for those who asked for just this call.
    """

    sent = True
    answer: CallAnswer | None = None

    def __init__(
        self, message: Message, *, status: int | None = None, upstream_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.upstream_id = upstream_id


class Rejected(UpstreamError):
    """Upstream refused. `words` is its own text, shortened, never markup."""

    def __init__(self, words: str, *, status: int | None = None, upstream_id: str | None = None) -> None:
        text = msg("The upstream refused: “{words}”", words=words)
        super().__init__(text, status=status, upstream_id=upstream_id)
        self.words = words


class AlreadyThere(Rejected):
    """Upstream refused because the effect is already there; the runner compares before it calls that a conflict."""


class NotThere(Rejected):
    """Upstream refused because the object does not exist (any more)."""


class BadCredentials(UpstreamError):
    """Upstream does not accept the connection's credentials, or not for this call."""


class RateLimited(UpstreamError):
    """Upstream, or our own cap, asks to come back later; `retry_after` in seconds where it says so."""

    def __init__(
        self, message: Message, retry_after: float | None = None, *, status: int | None = None
    ) -> None:
        super().__init__(message, status=status)
        self.retry_after = retry_after


class Unreachable(UpstreamError):
    """No answer and surely nothing done: not connected, name not found, certificate refused, breaker open."""

    sent = False


class OutcomeUnknown(UpstreamError):
    """A write went out and nobody knows whether it was done: time-out, cut connection, 5xx, garbled answer."""


class Malformed(UpstreamError):
    """A read was answered with something that is not this API. `excerpt` is its beginning, made harmless."""

    def __init__(self, message: Message, excerpt: str = "", *, status: int | None = None) -> None:
        super().__init__(message, status=status)
        self.excerpt = excerpt

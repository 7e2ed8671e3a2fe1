"""What all writes about a domain share: the look just before, and the call itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.core.errors import Conflict, Malformed, NotFound, NotThere, Unreachable
from app.core.names import display
from app.core.plan import Applied, Step
from app.core.text import msg
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.wire_domains import Record

Json = Any


class Writes:
    """Sends the steps that are one call about one domain."""

    def __init__(self, reads: Reads, client: Client) -> None:
        self._reads = reads
        self._client = client

    def create(self, step: Step) -> Applied:
        """Sends a step that needs no domain yet."""
        self._client.ask(step.args["call"], step.args["arguments"])
        return Applied()

    def send(self, step: Step) -> Applied:
        """Finds the domain (its id by the step's hint, checked by name) and sends the step's call with it."""
        with just_before(step):
            record = self._reads.record(step.domain or "", step.ref)
        self._client.ask(step.args["call"], {"domainId": record.id, **step.args["arguments"]})
        return Applied()

    def remove(self, step: Step) -> Applied:
        """As `send`, but nothing for a domain that is marked as deleted already."""
        with just_before(step):
            record = self._reads.record(step.domain or "", step.ref)
        if not record.deleted:
            self._client.ask(step.args["call"], {"domainId": record.id, **step.args["arguments"]})
        return Applied()


@contextmanager
def just_before(step: Step) -> Iterator[None]:
    """Around the look before a write: what fails there is surely not done, so it is never an unknown outcome."""
    try:
        yield
    except NotFound as gone:
        raise NotThere(str(gone.message)) from gone
    except Malformed as nonsense:
        text = msg(
            "{problem} Nothing was sent for {subject}.", problem=nonsense.message, subject=step.subject
        )
        raise Unreachable(text, status=nonsense.status) from nonsense


def alive(record: Record) -> Record:
    """The record; raises Conflict for a domain that is marked as deleted: it must be restored first."""
    if record.deleted:
        text = msg(
            "{domain} is marked as deleted at Cleanmail. Restore it first. Nothing was sent.",
            domain=display(record.name),
        )
        raise Conflict(text, {"status": record.status.value})
    return record

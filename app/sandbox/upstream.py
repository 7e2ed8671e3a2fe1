"""What every imitated upstream is: a slug, a state, switches, and answers to requests."""

from __future__ import annotations

import abc
import threading
from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from app.sandbox.state import State


class Upstream(abc.ABC):
    """One imitated upstream: answers requests over its own state.

    ``handle`` is called by many threads at once: changes run under ``self.lock``, and so do reads that could
    otherwise see half a change.
    """

    slug: ClassVar[str]
    defaults: ClassVar[dict[str, Any]] = {}
    """The profile's switches with their default values; ``PUT /profile/<slug>`` changes them."""
    choices: ClassVar[dict[str, tuple[Any, ...]]] = {}
    """For switches that know only a few values: those values. The control port refuses others."""

    smtp_port: int = 25
    """The SMTP sink's port, which the demo's routes carry. The server sets it before it calls ``seed``."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.profile: dict[str, Any] = dict(self.defaults)
        self.lock = threading.RLock()

    @abc.abstractmethod
    def handle(self, request: Request) -> Response:
        """Answer one request."""

    @abc.abstractmethod
    def call_name(self, request: Request) -> str:
        """Return the name by which faults and the call log know this request, such as ``api_list_domains``."""

    @abc.abstractmethod
    def seed(self, domains: int | None = None) -> None:
        """Fill the EMPTY state: with the demo company (None), or with that many generated domains."""

    def reset(self) -> None:  # noqa: B027 - most have nothing to do
        """Forget what an upstream remembers outside its state; the state itself is put back by the server."""

    @abc.abstractmethod
    def credentials(self) -> dict[str, str]:
        """Return the demo credentials for ``GET /`` of the control port."""

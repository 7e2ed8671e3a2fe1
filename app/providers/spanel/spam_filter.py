"""SpamAssassin of an account: switched and tuned blindly, for no call reads it (SPanel contract sheet, 5.2, quirk 11)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from functools import partial
from typing import Any

from app.core.resources import Resource
from app.net.answer import Answer
from app.providers.spanel import inferred
from app.providers.spanel.panel_api import PanelApi
from app.providers.spanel.parallel import in_order
from app.providers.spanel.wire import read_data, read_rows, shown

Json = Any

_LISTS = ("whitelist", "blacklist")
_ACTIONS = ("email/togglespamassassin", "email/setspamassassinscore")


class SpamFilter:
    """Remembers what the panel's answer to a change told, until the next change goes out: then nobody knows again."""

    def __init__(self, api: PanelApi) -> None:
        self._api = api
        self._told: dict[str, dict[str, Json]] = {}
        self._lock = threading.Lock()

    def read(self, account: str) -> Resource:
        """The senders' lists, and what was told of the rest: "unknown" when nothing was."""
        reads = [
            partial(self._api.read, "email/listspamassassinsenders", {"type": name}, account=account)
            for name in _LISTS
        ]
        allowed, blocked = (
            sorted(filter(None, (shown(row.get("sender"), 320) for row in read_rows(answer))))
            for answer in in_order(reads, len(reads))
        )
        with self._lock:
            told = self._told.get(account, {"status": "unknown", "score": ""})
        return Resource("", {**told, "allowed": allowed, "blocked": blocked}, account)

    def about_to_change(self, account: str, action: str) -> None:
        """A change goes out: until its answer is read nothing is known."""
        if action in _ACTIONS:
            with self._lock:
                self._told.pop(account, None)

    def learn(self, account: str, action: str, answer: Answer) -> None:
        """Keeps what the answer to a change tells."""
        if action not in _ACTIONS:
            return
        state, score = inferred.spam_state(read_data(answer))
        if state:
            told = {"status": state, "score": score, "told_at": datetime.now(UTC).isoformat()}
            with self._lock:
                self._told[account] = told

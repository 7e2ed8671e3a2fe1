"""Bodies of messages that were read a moment ago, kept in memory so that the parts of one page need no second reading."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from app.core.messages import MailContent, MailKey

SECONDS = 60.0
MOST_HELD = 16
MOST_CHARACTERS = 4_000_000

Key = tuple[str, str, MailKey]
"""Who read it, on which connection, and what."""


class Opened:
    """A few bodies for a minute; a long one is not kept. Used by many threads at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, tuple[float, MailContent]] = OrderedDict()

    def keep(self, key: Key, content: MailContent) -> None:
        """Keeps what was just read; the oldest goes when there are too many."""
        if sum(len(part) for part in (content.source, content.html, content.text) if part) > MOST_CHARACTERS:
            return
        with self._lock:
            self._kept[key] = self._clock() + SECONDS, content
            self._kept.move_to_end(key)
            self._forget_old()

    def get(self, key: Key) -> MailContent | None:
        """What this person read there within the last minute."""
        with self._lock:
            self._forget_old()
            found = self._kept.get(key)
        return None if found is None else found[1]

    def _forget_old(self) -> None:
        now = self._clock()
        while self._kept:
            until, _ = next(iter(self._kept.values()))
            if until > now and len(self._kept) <= MOST_HELD:
                return
            self._kept.popitem(last=False)

"""Answers of the Control Panel API (contract sheet, 7.2), and the list of its actions."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.sandbox.spamexperts.cluster import Cluster

if TYPE_CHECKING:
    from app.sandbox.spamexperts.panel.paths import Asked


class PanelError(Exception):
    """An action that failed, with one or more sentences."""

    def __init__(self, *texts: str) -> None:
        super().__init__("\n".join(texts))
        self.texts = texts


@dataclass(frozen=True)
class Outcome:
    """What an action answers: success sentences for a change, a result for a read."""

    success: tuple[str, ...] = ()
    result: Any = None

    def plain(self) -> str:
        """Return ``SUCCESS:`` lines, or the bare value."""
        if self.success:
            return "".join(f"SUCCESS: {text}\n" for text in self.success)
        if self.result is None:
            return ""
        return self.result if isinstance(self.result, str) else json.dumps(self.result)

    def envelope(self) -> dict[str, Any]:
        """Return messages and result; ``messages`` never holds an empty list, which clients take for a failure."""
        return {"messages": {"success": list(self.success)} if self.success else [], "result": self.result}


Run = Callable[[Cluster, "Asked"], Outcome]


@dataclass(frozen=True)
class Action:
    """One action; ``changes`` empties the panel's cache."""

    run: Run
    changes: bool


ACTIONS: dict[str, Action] = {}
"""All actions by ``controller/action``."""


def reads(*names: str) -> Callable[[Run], Run]:
    """Declare an action that changes nothing."""
    return _declare(names, changes=False)


def changes(*names: str) -> Callable[[Run], Run]:
    """Declare an action that changes something."""
    return _declare(names, changes=True)


def _declare(names: tuple[str, ...], *, changes: bool) -> Callable[[Run], Run]:
    def declare(run: Run) -> Run:
        ACTIONS.update(dict.fromkeys(names, Action(run, changes)))
        return run

    return declare


def done(*texts: str, **values: object) -> Outcome:
    """Return the outcome of a change, its sentences filled in."""
    return Outcome(tuple(text.format(**values) for text in texts))


def refuse(*texts: str, **values: object) -> PanelError:
    """Return the error with these sentences filled in."""
    return PanelError(*(text.format(**values) for text in texts))

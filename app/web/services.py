"""How a view gets its service: made for the request, with the feedback of its door."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from flask import current_app

from app.core.ports import Feedback
from app.web.feedback import FlashFeedback

T = TypeVar("T")


def service(cls: type[T]) -> T:
    """The service of this class, which flashes its reports."""
    return service_with(cls, FlashFeedback())


def service_with(cls: type[T], feedback: Feedback) -> T:
    """The service of this class, which hands its reports to `feedback`."""
    return cast(T, wired().factories[cls](feedback))


def wired() -> Any:
    """Everything that wiring joined for this application."""
    return current_app.extensions["gatehouse"]

"""Gatehouse: a dashboard for the people who run mail domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apiflask import APIFlask

    from config import Config

__version__ = "0.1.0"


def create_app(config: Config) -> APIFlask:
    """The application with these settings. Raises core.errors.Invalid for a connections file that cannot be used."""
    # Here and not above: the sandbox and every module of core would load the whole dashboard otherwise.
    from app.factory import build_app

    return build_app(config, __version__)

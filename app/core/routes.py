"""Routes as people write them: `host`, `host:port`, `[IPv6]:port`, several separated by commas or lines."""

from __future__ import annotations

import re

from app.core.model import Route
from app.core.names import NameProblem, host_name, port_number
from app.core.text import msg

DEFAULT_PORT = 25


def parse_route(text: str, default_port: int | None = DEFAULT_PORT) -> Route:
    """One route from `host`, `host:port`, `host::port` (as SpamExperts exports it), `[IPv6]` or `[IPv6]:port`.

    Raises NameProblem with the reason.
    """
    text = text.strip()
    bracket = re.fullmatch(r"\[([^\]]*)\](?:::?(.*))?", text)
    if bracket:
        host, port = bracket.group(1), bracket.group(2)
        if ":" not in host:
            raise NameProblem(msg("“{text}”: brackets are for IPv6 addresses only.", text=text[:80]))
    elif "::" in text and text.count(":") == 2 and not text.startswith("::"):
        host, port = text.split("::")
    elif text.count(":") == 1:
        host, port = text.split(":")
    else:
        host, port = text, None
    if port == "":
        raise NameProblem(msg("“{text}”: the port is missing after the colon.", text=text[:80]))
    return Route(host=host_name(host), port=default_port if port is None else port_number(port))


def parse_routes(text: str, default_port: int | None = DEFAULT_PORT) -> tuple[Route, ...]:
    """All routes of a text, separated by commas, semicolons, blanks or lines. Raises NameProblem for the first bad one."""
    return tuple(parse_route(part, default_port) for part in re.split(r"[,;\s]+", text.strip()) if part)


def format_routes(routes: tuple[Route, ...] | None) -> str:
    """The routes as one line that `parse_routes` reads again."""
    return ", ".join(str(route) for route in routes or ())

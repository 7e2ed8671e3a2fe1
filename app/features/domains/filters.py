"""Text and filters of a list of domains, as its address names them."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict

from app.core.model import DomainStatus, Verdict
from app.core.ports import DomainQuery


def filters(args: MultiDict[str, str]) -> DomainQuery:
    """The text and the filters of a query string, with everything else at its default. What makes no sense is left out."""
    return DomainQuery(
        text=_text(args.get("q", "")),
        connections=tuple(c for c in args.getlist("connection") if c)[:100],
        health=Verdict(args["health"]) if args.get("health") in set(Verdict) else None,
        statuses=tuple(s for s in args.getlist("status") if s in set(DomainStatus)),
        route_host=_text(args.get("route", "")),
    )


def _text(text: str) -> str:
    return text.replace("\x00", "").strip()[:253]

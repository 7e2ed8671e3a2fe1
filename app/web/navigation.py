"""Addresses to go back to, checked so that no link can lead people elsewhere."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask, current_app, request, url_for

_MOST_KNOWN = 2000


def register(app: Flask) -> None:
    """Lets templates find the addresses that every page asks for by `page_url`."""
    app.jinja_env.globals["url_for"] = page_url


def page_url(endpoint: str, **values: Any) -> str:
    """`url_for`; addresses without arguments, and those of static files, are worked out once per place the site lives at."""
    file = values.get("filename")
    if endpoint.startswith(".") or len(values) > (endpoint == "static" and file is not None):
        return url_for(endpoint, **values)
    known: dict[tuple[str, str, Any], str] = current_app.extensions.setdefault("gatehouse_page_urls", {})
    key = (request.script_root, endpoint, file)
    address = known.get(key)
    if address is None:
        address = url_for(endpoint, **values)
        if len(known) < _MOST_KNOWN:  # the place comes from a proxy's header, so there is a bound
            known[key] = address
    return address


def safe_path(url: str | None, default: str = "/") -> str:
    """`url` if it is a path on this site ("/domains/?q=x"), else `default`.

    Refused are other hosts in every spelling that browsers accept: "//evil.example", "/\\evil.example", control
    characters, schemes.
    """
    if not url or not url.startswith("/") or "\\" in url or any(ord(c) < 33 for c in url):
        return default
    if url.startswith("//") or urlsplit(url).netloc or urlsplit(url).scheme:
        return default
    return url


def came_from(default: str = "/") -> str:
    """The path of the page that the form was on: its field `next`, else the Referer where that is ours."""
    wanted = request.form.get("next")
    if wanted:
        return safe_path(wanted, default)
    parts = urlsplit(request.referrer or "")
    if parts.netloc != request.host:
        return default
    return safe_path(parts.path + (f"?{parts.query}" if parts.query else ""), default)


def with_query(changes: dict[str, str | None]) -> str:
    """This page's address with other values in its query; None takes one out."""
    pairs = [(name, value) for name, value in request.args.items(multi=True) if name not in changes]
    pairs += [(name, value) for name, value in changes.items() if value is not None]
    path = request.script_root + request.path
    return f"{path}?{urlencode(pairs)}" if pairs else path


def keep_query(endpoint: str, **values: Any) -> str:
    """The address of an endpoint with this page's query behind it, e.g. of the export of the list that is shown.

    The query goes through no `url_for`: there `_scheme`, or the name of an argument, would mean something.
    """
    address = page_url(endpoint, **values)
    pairs = list(request.args.items(multi=True))
    return f"{address}?{urlencode(pairs)}" if pairs else address

"""From the parts of a call to the request that goes out, and to what is shown of it."""

from __future__ import annotations

import base64
import json as jsonlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import requests
from requests.structures import CaseInsensitiveDict

from app.core.errors import Unreachable
from app.core.model import Connection
from app.core.secret import Secret
from app.core.text import msg
from app.net.calls import curl
from app.net.masking import Masker

Pairs = Mapping[str, str] | Sequence[tuple[str, str]]
Credentials = tuple[str, str | Secret]


@dataclass(frozen=True)
class Parts:
    """A call as a driver words it; see `Http.read` for each part."""

    call: str
    method: str
    path: str
    query: Pairs | None = None
    form: Pairs | None = None
    json: Any = None
    headers: Mapping[str, str] | None = None
    auth: Credentials | None = None
    mask: Iterable[str] = ()
    accept: str | None = None
    content: tuple[str, bytes] | None = None


@dataclass(frozen=True)
class Outgoing:
    """A request ready to be sent, and how it is shown: `url` and `curl` hold no secret."""

    call: str
    request: requests.PreparedRequest = field(repr=False)
    masker: Masker = field(repr=False)
    url: str
    curl: str

    @property
    def method(self) -> str:
        """GET, POST, …"""
        return self.request.method or ""


def build(connection: Connection, base: str, session: requests.Session, parts: Parts) -> Outgoing:
    """The request to `base` + path. Raises Unreachable when it cannot be built, e.g. with a line break in a token."""
    masker = Masker(parts.mask, (v.reveal() for v in connection.values.values() if isinstance(v, Secret)))
    headers, data, shown_body = _content(parts, masker)
    shown_headers = [(name, masker.header(name, value)) for name, value in headers.items()]
    if parts.auth is not None:
        headers["Authorization"] = _basic(parts.auth, masker)
    request = _prepared(session, parts.method, _url(base, parts), headers, data)
    shown_url = masker.url(request.url or "")
    command = curl(
        connection, parts.method, shown_url, shown_headers, shown_body, masker, basic=parts.auth is not None
    )
    return Outgoing(parts.call, request, masker, masker.plain(shown_url), command)


def _url(base: str, parts: Parts) -> str:
    url = base + "/" + parts.path.lstrip("/")
    if not parts.query:
        return url
    return url + ("&" if "?" in url else "?") + urlencode(_pairs(parts.query), quote_via=quote, safe="")


def _content(parts: Parts, masker: Masker) -> tuple[dict[str, str], bytes | None, str | None]:
    """Headers, body, and the body as it is shown."""
    headers: dict[str, str] = {}
    data = shown = None
    if parts.form is not None:
        pairs = _pairs(parts.form)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        data, shown = urlencode(pairs).encode(), masker.form(pairs)
    elif parts.json is not None:
        headers["Content-Type"] = "application/json"
        data = jsonlib.dumps(parts.json, ensure_ascii=False, separators=(",", ":")).encode()
        shown = masker.json(parts.json)
    elif parts.content is not None:
        headers["Content-Type"], data = parts.content
        shown = f"({len(data)} bytes)"
    if parts.accept:
        headers["Accept"] = parts.accept
    return {**headers, **(parts.headers or {})}, data, shown


def _prepared(
    session: requests.Session, method: str, url: str, headers: Mapping[str, str], data: bytes | None
) -> requests.PreparedRequest:
    try:
        for value in headers.values():
            value.encode("latin-1")  # all that a header can carry
        request = (
            requests.PreparedRequest()
        )  # nothing but headers is the session's own: no cookies, no sign-in
        request.prepare(method, url, CaseInsensitiveDict({**session.headers, **headers}), data=data)
        return request
    except (requests.RequestException, ValueError):
        pass  # their texts hold the URL or the header, so they go no further
    raise Unreachable(
        msg(
            "The request cannot be built: a user name, password or token holds characters that do not belong there. "
            "Nothing was sent."
        )
    )


def _pairs(pairs: Pairs) -> list[tuple[str, str]]:
    return list(pairs.items()) if isinstance(pairs, Mapping) else list(pairs)


def _basic(auth: Credentials, masker: Masker) -> str:
    """The header of RFC 7617, in UTF-8; requests would write Latin-1."""
    user, password = auth
    word = password.reveal() if isinstance(password, Secret) else password
    token = base64.b64encode(f"{user}:{word}".encode()).decode()
    masker.learn(word)
    masker.learn(token)
    return f"Basic {token}"
